"""How deep is one point, shown as a dot or named by its coordinates?"""

from functools import partial

from spatialgeom.apps.datagen.task import Columns, Context, Description, Marks, Task
from spatialgeom.apps.datagen.tasks._pixels import as_text, coordinates, nearest_pixel
from spatialgeom.apps.datagen.tasks._words_depth_value import WORDING
from spatialgeom.apps.records import Number

_DEPTH = Number("depth", "mm")


def _describe(context: Context, units: Columns, *, dot: bool) -> Description:
    camera = context.geometry.camera
    uv, xyz = context.geometry.project(units["frame"], units["point"])
    pixels = nearest_pixel(uv, camera)
    named = [f"the point at {text}" for text in as_text(coordinates(pixels, camera))]
    truth = _DEPTH.truth(xyz[:, 2] * 1000).astype(str).tolist()
    return Description(
        frames=units["frame"][:, None],
        fields={"point": ["the marked point"] * len(truth) if dot else named, "depth": truth},
        truth=truth,
        measured={"depth_m": xyz[:, 2], "u_px": uv[:, 0], "v_px": uv[:, 1]},
        marks=Marks((0,), ("",), pixels[:, None]) if dot else None,
    )


TASKS = tuple(
    Task(
        name=f"depth_value_{variant}",
        family="depth",
        unit="frame_point",
        describe=partial(_describe, dot=variant == "dot"),
        scoring=_DEPTH,
        wording=WORDING,
        in_coordinates=variant == "coord",
    )
    for variant in ("dot", "coord")
)
