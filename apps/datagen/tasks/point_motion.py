"""How far, or where, did a tracked point move in the world between two images?"""

from collections.abc import Callable
from functools import partial

import numpy as np

from spatialgeom.apps.datagen.task import Columns, Context, Description, Task
from spatialgeom.apps.datagen.tasks._motion import moved_in_view, named_point
from spatialgeom.apps.datagen.tasks._pairs import coin_order
from spatialgeom.apps.datagen.tasks._pixels import as_text
from spatialgeom.apps.datagen.tasks._words_point_displacement import WORDING as DISPLACEMENT_WORDING
from spatialgeom.apps.datagen.tasks._words_point_distance import WORDING as DISTANCE_WORDING
from spatialgeom.apps.records import Number, Vector

_DISTANCE = Number("distance", "mm")
_DISPLACEMENT = Vector("displacement", "mm")


def _describe(
    context: Context, units: Columns, *, dot: bool, word: Callable[[np.ndarray], list[str]], field: str
) -> Description:
    geometry, point = context.geometry, units["point"]
    frames = np.stack((units["first"], units["second"]), axis=1)
    swap = coin_order(context, len(frames))
    frames = np.where(swap[:, None], frames[:, ::-1], frames)
    moved = moved_in_view(context, point, *frames.T)
    named, marks = named_point(context, frames[:, 0], point, dot)
    said = word(moved)
    centres = geometry.world_from_camera[frames, :3, 3]
    return Description(
        frames=frames,
        fields={"point": named, field: said},
        truth=said,
        measured={
            **{f"{axis}_m": moved[:, k] for k, axis in enumerate("xyz")},
            "distance_m": np.linalg.norm(moved, axis=1),
            "camera_moved_m": np.linalg.norm(centres[:, 1] - centres[:, 0], axis=1),
            "part": geometry.tracks.part[point],
            "point": point,
        },
        marks=marks,
        unmoved=(moved == 0).all(axis=1),
    )


def _distance_text(moved: np.ndarray) -> list[str]:
    return _DISTANCE.truth(np.linalg.norm(moved, axis=1) * 1000).astype(str).tolist()


def _displacement_text(moved: np.ndarray) -> list[str]:
    return as_text(_DISPLACEMENT.truth(moved * 1000))


TASKS = tuple(
    Task(
        name=f"point_{scoring.field}_{variant}",
        family="motion",
        unit="track_pair",
        describe=partial(_describe, dot=variant == "dot", word=word, field=scoring.field),
        scoring=scoring,
        wording=wording,
        in_coordinates=variant == "coord",
    )
    for scoring, word, wording in (
        (_DISTANCE, _distance_text, DISTANCE_WORDING),
        (_DISPLACEMENT, _displacement_text, DISPLACEMENT_WORDING),
    )
    for variant in ("dot", "coord")
)
