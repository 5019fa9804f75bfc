"""Which way, and how far, did the camera turn about the vertical or tilt against the horizon?"""

from collections.abc import Callable
from functools import partial

import numpy as np

from spatialgeom.apps.datagen.geometry import SceneGeometry
from spatialgeom.apps.datagen.rules import Rules
from spatialgeom.apps.datagen.task import Columns, Context, Description, Task
from spatialgeom.apps.datagen.tasks._pairs import balanced_order, both_orders, coin_order, in_order
from spatialgeom.apps.datagen.tasks._words_camera_pitch_angle import WORDING as PITCH_ANGLE_WORDING
from spatialgeom.apps.datagen.tasks._words_camera_pitch_direction import WORDING as PITCH_DIRECTION_WORDING
from spatialgeom.apps.datagen.tasks._words_camera_yaw_angle import WORDING as YAW_ANGLE_WORDING
from spatialgeom.apps.datagen.tasks._words_camera_yaw_direction import WORDING as YAW_DIRECTION_WORDING
from spatialgeom.apps.datagen.wording import Wording
from spatialgeom.apps.records import Choice, Number

# angle -> words for a negative and a positive turn: yaw is counted from x to y about the upward axis
_SIDES = {"yaw": ("right", "left"), "pitch": ("down", "up")}


def _keep(geometry: SceneGeometry, rules: Rules, *, angle: str) -> np.ndarray:
    """Keep pairs whose turn can be seen, and whose cameras do not look so steeply that yaw exaggerates it."""
    turn = np.abs(both_orders(geometry, f"{angle}_deg"))
    steepest = np.abs(geometry.pitch_deg[geometry.pairs]).max(axis=1, initial=0.0)
    return (turn >= rules.turn_deg) & (steepest <= rules.steepest_deg)[:, None]


def _describe_direction(context: Context, units: Columns, *, angle: str) -> Description:
    turn = both_orders(context.geometry, f"{angle}_deg")[units["pair"]]
    allowed = _keep(context.geometry, context.rules, angle=angle)[units["pair"]]
    swap = balanced_order(context, allowed, turn > 0)
    turn = turn[np.arange(len(turn)), swap.astype(int)]
    side = np.where(turn > 0, _SIDES[angle][1], _SIDES[angle][0]).tolist()
    return _description(context, units, swap, {"side": side}, side, {f"{angle}_deg": turn})


def _describe_size(context: Context, units: Columns, *, angle: str) -> Description:
    turn = both_orders(context.geometry, f"{angle}_deg")[units["pair"]]
    swap = coin_order(context, len(turn))
    turn = turn[np.arange(len(turn)), swap.astype(int)]
    size = Number("angle", "degree").truth(np.abs(turn)).astype(str).tolist()
    return _description(context, units, swap, {"angle": size}, size, {f"{angle}_deg": turn})


def _description(
    context: Context,
    units: Columns,
    swap: np.ndarray,
    fields: dict[str, list[str]],
    truth: list[str],
    measured: dict[str, np.ndarray],
) -> Description:
    overlap = context.geometry.overlap_percent[units["pair"]]
    frames = in_order(context.geometry, units["pair"], swap)
    return Description(frames, fields, truth, {**measured, "overlap_percent": overlap})


def _task(
    angle: str, kind: str, describe: Callable[..., Description], scoring: Choice | Number, wording: Wording
) -> Task:
    return Task(
        name=f"camera_{angle}_{kind}",
        family="camera",
        unit="frame_pair",
        keep=partial(_keep, angle=angle),
        describe=partial(describe, angle=angle),
        scoring=scoring,
        wording=wording,
        needs_up=True,
    )


TASKS = (
    _task("yaw", "direction", _describe_direction, Choice("side", ("left", "right")), YAW_DIRECTION_WORDING),
    _task("pitch", "direction", _describe_direction, Choice("side", ("up", "down")), PITCH_DIRECTION_WORDING),
    _task("yaw", "angle", _describe_size, Number("angle", "degree"), YAW_ANGLE_WORDING),
    _task("pitch", "angle", _describe_size, Number("angle", "degree"), PITCH_ANGLE_WORDING),
)
