"""What are all three dimensions of an object that up to three images together show whole?"""

import numpy as np

from spatialgeom.apps.datagen.object_table import HEIGHT, LENGTH, WIDTH
from spatialgeom.apps.datagen.task import Columns, Context, Description, Task
from spatialgeom.apps.datagen.tasks._object_views import covered, shuffled, views
from spatialgeom.apps.datagen.tasks._pixels import as_text
from spatialgeom.apps.datagen.tasks._words_object_dimensions import WORDING
from spatialgeom.apps.records import Vector

_DIMENSIONS = Vector("dimensions", "mm")
_ORDER = {"height": HEIGHT, "width": WIDTH, "length": LENGTH}


def _describe(context: Context, units: Columns) -> Description:
    table, owner, shown = context.geometry.objects, units["object"], covered(context, units)
    text = as_text(_DIMENSIONS.truth(table.size[owner][:, list(_ORDER.values())] * 1000))
    names = np.array(table.categories)[owner]
    measured = {f"{name}_m": table.size[owner, axis] for name, axis in _ORDER.items()}
    measured |= {f"covered_{name}_m": shown[:, axis] for name, axis in _ORDER.items()}
    return Description(
        frames=shuffled(context, units["frames"]),
        fields={
            "object": names.tolist(),
            "views": views(units["frames"]),
            "dimensions": text,
        },
        truth=text,
        measured=measured
        | {
            "sets_truncated": units["truncated"],
            "category": names,
            "object": np.array(table.ids)[owner],
        },
    )


TASKS = (
    Task(
        name="object_dimensions",
        family="size",
        unit="object_views_joint",
        describe=_describe,
        scoring=_DIMENSIONS,
        wording=WORDING,
        needs_up=True,
        in_paper=False,
    ),
)
