"""How high, wide or long is an object that one image, or two together, show whole along that axis?"""

from functools import partial

import numpy as np

from spatialgeom.apps.datagen.object_table import HEIGHT, LENGTH, WIDTH
from spatialgeom.apps.datagen.task import Columns, Context, Description, Task
from spatialgeom.apps.datagen.tasks._object_views import covered, shuffled, views
from spatialgeom.apps.datagen.tasks._words_object_size import WORDING
from spatialgeom.apps.records import Number

_SIZE = Number("size", "mm")
_MEANINGS = {
    "height": (HEIGHT, "its vertical extent"),
    "width": (WIDTH, "the shorter of its two horizontal sides"),
    "length": (LENGTH, "the longer of its two horizontal sides"),
}


def _describe(context: Context, units: Columns, *, dimension: str) -> Description:
    axis, meaning = _MEANINGS[dimension]
    table, owner = context.geometry.objects, units["object"]
    size = table.size[owner, axis]
    text = _SIZE.truth(size * 1000).astype(str).tolist()
    names = np.array(table.categories, object)[owner].tolist()
    return Description(
        frames=shuffled(context, units["frames"]),
        fields={
            "object": names,
            "dimension": [dimension] * len(text),
            "meaning": [meaning] * len(text),
            "views": views(units["frames"]),
            "size": text,
        },
        truth=text,
        measured={
            "size_m": size,
            "covered_m": covered(context, units)[:, axis],
            "category": np.array(names),
            "object": np.array(table.ids)[owner],
        },
    )


TASKS = tuple(
    Task(
        name=f"object_{dimension}",
        family="size",
        unit=f"object_views_{dimension}",
        describe=partial(_describe, dimension=dimension),
        scoring=_SIZE,
        wording=WORDING,
        needs_up=True,
    )
    for dimension in _MEANINGS
)
