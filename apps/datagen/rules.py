"""The rules behind the labels: the paper's, and ours, under which every question can be answered."""

from dataclasses import dataclass

from spatialgeom import PAPER_RULE, VisibilityRule


@dataclass(frozen=True)
class Rules:
    """Thresholds that decide which units may be asked about; lengths in metres, angles in degrees.

    Args:
        name: What ``--rules`` takes.
        visible: When a point counts as seen, for overlap.
        askable: When a point may be shown or asked about, in the depth camera; None: where it is visible.
        one_camera: Colour intrinsics with the depth pose serve for everything, as in the paper.
        balanced: Answers are balanced per task; otherwise each is a coin.
        overlap_percent: Lowest and highest overlap of an image pair.
        component_m, component_rel: A direction is asked where its component is at least this long, and
            this part of the distance.
        turn_deg: An angle is asked where it is at least this large.
        steepest_deg: No angle is asked where a camera looks further up or down.
        order_m, order_rel: Two depths are compared where they differ at least this much.
        apart: Smallest distance of two dots, in image widths.
        easy_apart: Easy distractors are at least this far from the answer and from one another.
        hard_apart: Hard distractors are this far from the answer, at least and at most.
    """

    name: str
    visible: VisibilityRule
    askable: VisibilityRule | None
    one_camera: bool
    balanced: bool
    overlap_percent: tuple[int, int] = (6, 35)
    component_m: float = 0.0
    component_rel: float = 0.0
    turn_deg: float = 0.0
    steepest_deg: float = 90.0
    order_m: float = 0.0
    order_rel: float = 0.0
    apart: float = 0.0
    easy_apart: float = 0.0
    hard_apart: tuple[float, float] = (0.0, 0.1)


PAPER = Rules(name="paper", visible=PAPER_RULE, askable=None, one_camera=True, balanced=False)
DEFAULT = Rules(
    name="default",
    visible=VisibilityRule(),
    askable=VisibilityRule(front_m=0.05),
    one_camera=False,
    balanced=True,
    component_m=0.03,
    component_rel=0.1,
    turn_deg=3.0,
    steepest_deg=60.0,
    order_m=0.05,
    order_rel=0.05,
    apart=0.05,
    easy_apart=0.1,
    hard_apart=(0.03, 0.1),
)
RULES = {rules.name: rules for rules in (DEFAULT, PAPER)}
