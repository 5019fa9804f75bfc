"""Where in Image-2 is the surface point at a pixel of Image-1?"""

from spatialgeom.apps.datagen.task import Columns, Context, Description, Task
from spatialgeom.apps.datagen.tasks._pixels import as_text, coordinates
from spatialgeom.apps.datagen.tasks._shared_points import draw_shared_points, shares_a_point
from spatialgeom.apps.datagen.tasks._words_correspondence_coord import WORDING
from spatialgeom.apps.records import Pixel


def _describe(context: Context, units: Columns) -> Description:
    named = coordinates(units["pixels"], context.geometry.camera)
    source, target = as_text(named[:, 0]), as_text(named[:, 1])
    names = ("u1_px", "v1_px", "u2_px", "v2_px")
    return Description(
        frames=units["frames"],
        fields={"point": source, "target": target},
        truth=target,
        measured={
            **dict(zip(names, units["pixels"].reshape(-1, 4).T, strict=True)),
            "overlap_percent": context.geometry.overlap_percent[units["pair"]],
        },
    )


TASKS = (
    Task(
        name="correspondence_coord",
        family="correspondence",
        unit="frame_pair",
        keep=shares_a_point,
        draw=draw_shared_points,
        describe=_describe,
        scoring=Pixel("target"),
        wording=WORDING,
        in_coordinates=True,
    ),
)
