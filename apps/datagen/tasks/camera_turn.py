"""Which way, and how far, did the camera turn about the vertical or tilt against the horizon?"""

from collections.abc import Callable
from functools import partial

import numpy as np

from spatialgeom.apps.datagen.geometry import SceneGeometry
from spatialgeom.apps.datagen.rules import Rules
from spatialgeom.apps.datagen.task import Columns, Context, Description, Task
from spatialgeom.apps.datagen.tasks._pairs import both_orders, coin_order, draw_order, in_order
from spatialgeom.apps.datagen.tasks._words_camera_pitch_angle import WORDING as PITCH_ANGLE_WORDING
from spatialgeom.apps.datagen.tasks._words_camera_pitch_direction import WORDING as PITCH_DIRECTION_WORDING
from spatialgeom.apps.datagen.tasks._words_camera_yaw_angle import WORDING as YAW_ANGLE_WORDING
from spatialgeom.apps.datagen.tasks._words_camera_yaw_direction import WORDING as YAW_DIRECTION_WORDING
from spatialgeom.apps.datagen.wording import Wording
from spatialgeom.apps.records import Choice, Number

Drawn = tuple[Columns, np.ndarray]

# angle -> words for a negative and a positive turn: yaw is counted from x to y about the upward axis
_SIDES = {"yaw": ("right", "left"), "pitch": ("down", "up")}


def _keep(geometry: SceneGeometry, rules: Rules, *, angle: str) -> np.ndarray:
    """Keep pairs whose turn can be seen, and whose cameras do not look so steeply that yaw exaggerates it."""
    turn = np.abs(both_orders(geometry, f"{angle}_deg"))
    steepest = np.abs(geometry.pitch_deg[geometry.pairs]).max(axis=1, initial=0.0)
    return (turn > 0) & (turn >= rules.turn_deg) & (steepest <= rules.steepest_deg)[:, None]


def _draw_direction(
    context: Context, units: Columns, slots: np.ndarray, *, angle: str
) -> tuple[Columns, np.ndarray]:
    pair = units["pair"]
    turn = both_orders(context.geometry, f"{angle}_deg")[pair]
    allowed = _keep(context.geometry, context.rules, angle=angle)[pair]
    swap, ok = draw_order(context, slots, allowed, turn > 0)
    chosen = turn[np.arange(len(pair)), swap.astype(int)]
    return {**units, "swap": swap, "turn": chosen, "label": chosen > 0}, ok


def _draw_size(
    context: Context, units: Columns, slots: np.ndarray, *, angle: str
) -> tuple[Columns, np.ndarray]:
    swap = coin_order(context, len(slots))
    turn = both_orders(context.geometry, f"{angle}_deg")[units["pair"], swap.astype(int)]
    return {**units, "swap": swap, "turn": turn}, np.ones(len(slots), bool)


def _describe(context: Context, units: Columns, *, angle: str, field: str) -> Description:
    turn = units["turn"]
    if field == "side":
        said = np.where(turn > 0, _SIDES[angle][1], _SIDES[angle][0]).tolist()
    else:
        said = Number(field, "degree").truth(np.abs(turn)).astype(str).tolist()
    overlap = context.geometry.overlap_percent[units["pair"]]
    return Description(
        frames=in_order(context.geometry, units["pair"], units["swap"]),
        fields={field: said},
        truth=said,
        measured={f"{angle}_deg": turn, "overlap_percent": overlap},
    )


def _task(
    angle: str, kind: str, draw: Callable[..., Drawn], scoring: Choice | Number, wording: Wording
) -> Task:
    return Task(
        name=f"camera_{angle}_{kind}",
        family="camera",
        unit="frame_pair",
        keep=partial(_keep, angle=angle),
        draw=partial(draw, angle=angle),
        describe=partial(_describe, angle=angle, field=scoring.field),
        scoring=scoring,
        wording=wording,
        needs_up=True,
    )


TASKS = (
    _task("yaw", "direction", _draw_direction, Choice("side", ("left", "right")), YAW_DIRECTION_WORDING),
    _task("pitch", "direction", _draw_direction, Choice("side", ("up", "down")), PITCH_DIRECTION_WORDING),
    _task("yaw", "angle", _draw_size, Number("angle", "degree"), YAW_ANGLE_WORDING),
    _task("pitch", "angle", _draw_size, Number("angle", "degree"), PITCH_ANGLE_WORDING),
)
