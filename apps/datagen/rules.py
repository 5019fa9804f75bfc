"""The rules behind the labels: the paper's, and ours, under which every question can be answered."""

from dataclasses import dataclass
from typing import Literal

from spatialgeom import PAPER_RULE, VisibilityRule

Measure = Literal["range", "path"]

_EQUAL_EDGES_M = tuple(round(0.2 * k, 1) for k in range(1, 10))  # ten bins, the last open


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
        upright_boxes: An object's box is its source's, else the upright one of least area; otherwise boxes
            are along the world's axes.
        object_share: An image shows an object if it shows this part of the object's points.
        unique_category: An object is asked about where no image shows another of its category.
        not_objects: Categories that are no objects.
        least_dimension_m: Objects that are smaller along some axis are not asked about.
        cover_tolerance: Images show all of an object along an axis if they show its size within this part.
        set_overlap_percent: Images of a set overlap at least this much.
        part_measure: How the change of two points' distance is measured, for rigid parts.
        part_gap_m: Rigid parts are split where they have a gap wider than this; None: they are not.
        still_m: A point that moves less did not move.
        motion_edges_m: Lower edges of bins of displacement but the first, which begins at 0.
        chain_lead_rel, chain_lead_m: An image of a chain stands out where it leads by this much.
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
    upright_boxes: bool = False
    object_share: float = 0.05
    unique_category: bool = False
    not_objects: tuple[str, ...] = ("wall", "floor", "ceiling", "window", "object")
    least_dimension_m: float = 0.0
    cover_tolerance: float = 0.1
    set_overlap_percent: float = 0.0
    part_measure: Measure = "path"
    part_gap_m: float | None = None
    still_m: float = 0.01
    motion_edges_m: tuple[float, ...] = _EQUAL_EDGES_M
    chain_lead_rel: float = 0.0
    chain_lead_m: float = 0.0


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
    upright_boxes=True,
    unique_category=True,
    least_dimension_m=0.02,
    set_overlap_percent=6.0,
    part_measure="range",
    part_gap_m=0.3,
    # what does not move has a bin of its own, or it would be nearly all of the first
    motion_edges_m=(0.01, *_EQUAL_EDGES_M),
    chain_lead_rel=0.1,
    chain_lead_m=0.05,
)
RULES = {rules.name: rules for rules in (DEFAULT, PAPER)}
