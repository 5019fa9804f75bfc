"""How far apart are the two cameras, and where is the second in the first one's axes?"""

import numpy as np

from spatialgeom.apps.datagen.geometry import SceneGeometry
from spatialgeom.apps.datagen.rules import Rules
from spatialgeom.apps.datagen.task import Columns, Context, Description, Task
from spatialgeom.apps.datagen.tasks._pairs import both_orders, coin_order, in_order
from spatialgeom.apps.datagen.tasks._pixels import as_text
from spatialgeom.apps.datagen.tasks._words_camera_displacement import WORDING as DISPLACEMENT_WORDING
from spatialgeom.apps.datagen.tasks._words_camera_distance import WORDING as DISTANCE_WORDING
from spatialgeom.apps.records import Number, Vector

_DISTANCE = Number("distance", "mm")
_DISPLACEMENT = Vector("displacement", "mm")


def _keep(geometry: SceneGeometry, rules: Rules) -> np.ndarray:
    """Keep pairs whose cameras are apart: below that, poses hold more error than movement."""
    return both_orders(geometry, "distance") >= rules.component_m


def _moved(context: Context, units: Columns) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Return frames in order, the translation (n, 3) in metres, and what is recorded of it."""
    pair = units["pair"]
    swap = coin_order(context, len(pair))
    translation = both_orders(context.geometry, "translation")[pair, swap.astype(int)]
    measured = {f"{axis}_m": translation[:, k] for k, axis in enumerate("xyz")}
    measured |= {"distance_m": np.linalg.norm(translation, axis=1)}
    measured |= {"overlap_percent": context.geometry.overlap_percent[pair]}
    return in_order(context.geometry, pair, swap), translation, measured


def _describe_distance(context: Context, units: Columns) -> Description:
    frames, _, measured = _moved(context, units)
    text = _DISTANCE.truth(measured["distance_m"] * 1000).astype(str).tolist()
    return Description(frames, {"distance": text}, text, measured)


def _describe_displacement(context: Context, units: Columns) -> Description:
    frames, translation, measured = _moved(context, units)
    text = as_text(_DISPLACEMENT.truth(translation * 1000))
    return Description(frames, {"displacement": text}, text, measured)


TASKS = (
    Task(
        name="camera_distance",
        family="camera",
        unit="frame_pair",
        keep=_keep,
        describe=_describe_distance,
        scoring=_DISTANCE,
        wording=DISTANCE_WORDING,
    ),
    Task(
        name="camera_displacement",
        family="camera",
        unit="frame_pair",
        keep=_keep,
        describe=_describe_displacement,
        scoring=_DISPLACEMENT,
        wording=DISPLACEMENT_WORDING,
    ),
)
