"""Which way did the camera move along each of the first camera's axes?"""

from functools import partial

import numpy as np

from spatialgeom.apps.datagen.geometry import SceneGeometry
from spatialgeom.apps.datagen.rules import Rules
from spatialgeom.apps.datagen.task import Columns, Context, Description, Task
from spatialgeom.apps.datagen.tasks import _words_camera_x_direction as x_words
from spatialgeom.apps.datagen.tasks import _words_camera_y_direction as y_words
from spatialgeom.apps.datagen.tasks import _words_camera_z_direction as z_words
from spatialgeom.apps.datagen.tasks._pairs import both_orders, draw_order, in_order
from spatialgeom.apps.records import Choice

# axis -> words for a negative and a positive component; camera y points down
_SIDES = (("left", "right"), ("up", "down"), ("backward", "forward"))


def _keep(geometry: SceneGeometry, rules: Rules, *, axis: int) -> np.ndarray:
    """Keep orders in which the images settle the direction."""
    component = np.abs(both_orders(geometry, "translation")[..., axis])
    distance = both_orders(geometry, "distance")
    return (component > 0) & (component >= rules.component_m) & (component >= rules.component_rel * distance)


def _draw(context: Context, units: Columns, slots: np.ndarray, *, axis: int) -> tuple[Columns, np.ndarray]:
    pair = units["pair"]
    component = both_orders(context.geometry, "translation")[pair, :, axis]
    allowed = _keep(context.geometry, context.rules, axis=axis)[pair]
    swap, ok = draw_order(context, slots, allowed, component > 0)
    chosen = component[np.arange(len(pair)), swap.astype(int)]
    return {**units, "swap": swap, "component": chosen, "label": chosen > 0}, ok


def _describe(context: Context, units: Columns, *, axis: int) -> Description:
    geometry, pair, component = context.geometry, units["pair"], units["component"]
    side = np.where(component > 0, _SIDES[axis][1], _SIDES[axis][0]).tolist()
    return Description(
        frames=in_order(geometry, pair, units["swap"]),
        fields={"side": side},
        truth=side,
        measured={"component_m": component, "overlap_percent": geometry.overlap_percent[pair]},
    )


TASKS = tuple(
    Task(
        name=f"camera_{name}_direction",
        family="camera",
        unit="frame_pair",
        keep=partial(_keep, axis=axis),
        draw=partial(_draw, axis=axis),
        describe=partial(_describe, axis=axis),
        scoring=Choice("side", options=_SIDES[axis]),
        wording=words.WORDING,
    )
    for axis, (name, words) in enumerate((("x", x_words), ("y", y_words), ("z", z_words)))
)
