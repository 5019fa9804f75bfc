"""Where did the camera get over several images, which was farthest, how far did it turn in all?"""

import numpy as np

from spatialgeom.apps.datagen.task import Columns, Context, Description, Task
from spatialgeom.apps.datagen.tasks._chains import (
    as_wanted,
    last_names,
    lengths,
    listed,
    stands_out,
)
from spatialgeom.apps.datagen.tasks._pixels import as_text
from spatialgeom.apps.datagen.tasks._words_camera_chain_displacement import WORDING as DISPLACEMENT_WORDING
from spatialgeom.apps.datagen.tasks._words_camera_chain_farthest import WORDING as FARTHEST_WORDING
from spatialgeom.apps.datagen.tasks._words_camera_chain_turn import WORDING as TURN_WORDING
from spatialgeom.apps.records import Choice, Number, Vector

Drawn = tuple[Columns, np.ndarray]

_DISPLACEMENT = Vector("displacement", "mm")
_TURN = Number("angle", "degree")


def _centres(context: Context, frames: np.ndarray) -> np.ndarray:
    """Return (n, k, 3) camera centres in the first camera's axes; NaN where there is no image."""
    geometry = context.geometry
    world = geometry.world_from_camera[frames, :3, 3]
    first = geometry.camera_from_world[frames[:, 0]]
    seen = np.einsum("nij,nkj->nki", first[:, :3, :3], world) + first[:, None, :3, 3]
    return np.where((frames >= 0)[..., None], seen, np.nan)


def _distances(context: Context, frames: np.ndarray) -> np.ndarray:
    """Return (n, k - 1) distances of the other centres from the first, -inf where there is no image."""
    centres = _centres(context, frames)
    distance = np.linalg.norm(centres[:, 1:] - centres[:, :1], axis=2)
    return np.where(np.isnan(distance), -np.inf, distance)


def _draw_displacement(context: Context, units: Columns, slots: np.ndarray) -> Drawn:
    distance = _distances(context, units["frames"])
    ends = distance[np.arange(len(slots)), lengths(units["frames"]) - 2]
    return units, ends >= context.rules.component_m


def _describe_displacement(context: Context, units: Columns) -> Description:
    frames = units["frames"]
    centres = _centres(context, frames)
    moved = centres[np.arange(len(frames)), lengths(frames) - 1] - centres[:, 0]
    text = as_text(_DISPLACEMENT.truth(moved * 1000))
    measured = {f"{axis}_m": moved[:, k] for k, axis in enumerate("xyz")}
    return Description(frames, {"displacement": text, "last": last_names(frames)}, text, measured)


def _draw_farthest(context: Context, units: Columns, slots: np.ndarray) -> Drawn:
    answer, leads = stands_out(context, _distances(context, units["frames"]))
    options = lengths(units["frames"]) - 1
    return {**units, "place": answer, "places": options}, leads & as_wanted(context, slots, options, answer)


def _describe_farthest(context: Context, units: Columns) -> Description:
    frames, said = units["frames"], [f"Image-{k + 2}" for k in units["place"].tolist()]
    options = [[f"Image-{k}" for k in range(2, count + 1)] for count in lengths(frames).tolist()]
    distance = _distances(context, frames)
    return Description(
        frames=frames,
        fields={"answer": said, "options": [listed(names) for names in options]},
        truth=said,
        measured={"distance_m": distance[np.arange(len(frames)), units["place"]]},
        options=options,
    )


def _turn(context: Context, frames: np.ndarray) -> np.ndarray:
    """Return (n,) the steps' turns about the vertical, added up with their signs, in degrees."""
    yaw = context.geometry.yaw_deg[frames]
    steps = (np.diff(yaw, axis=1) + 180) % 360 - 180
    total: np.ndarray = np.where(frames[:, 1:] >= 0, steps, 0.0).sum(axis=1)
    return total


def _draw_turn(context: Context, units: Columns, slots: np.ndarray) -> Drawn:
    frames, rules = units["frames"], context.rules
    steepest = np.where(frames >= 0, np.abs(context.geometry.pitch_deg[frames]), 0.0).max(axis=1)
    turn = np.abs(_turn(context, frames))
    return units, (turn > 0) & (turn >= rules.turn_deg) & (steepest <= rules.steepest_deg)


def _describe_turn(context: Context, units: Columns) -> Description:
    frames = units["frames"]
    turn = _turn(context, frames)
    said = _TURN.truth(np.abs(turn)).astype(str).tolist()
    return Description(frames, {"angle": said, "last": last_names(frames)}, said, {"yaw_deg": turn})


TASKS = (
    Task(
        name="camera_chain_displacement",
        family="camera",
        unit="frame_chain",
        draw=_draw_displacement,
        describe=_describe_displacement,
        scoring=_DISPLACEMENT,
        wording=DISPLACEMENT_WORDING,
        in_paper=False,
    ),
    Task(
        name="camera_chain_farthest",
        family="camera",
        unit="frame_chain",
        draw=_draw_farthest,
        describe=_describe_farthest,
        scoring=Choice("answer"),
        wording=FARTHEST_WORDING,
        in_paper=False,
        spare=32,
    ),
    Task(
        name="camera_chain_turn",
        family="camera",
        unit="frame_chain",
        draw=_draw_turn,
        describe=_describe_turn,
        scoring=_TURN,
        wording=TURN_WORDING,
        needs_up=True,
        in_paper=False,
    ),
)
