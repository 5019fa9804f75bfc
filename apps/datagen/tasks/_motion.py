"""How tracked points moved, as a first image's camera sees it."""

import numpy as np

from spatialgeom.apps.datagen.task import Context, Marks
from spatialgeom.apps.datagen.tasks._pixels import as_text, coordinates, nearest_pixel


def moved_in_view(context: Context, point: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return movements in the world along the axes of the first times' cameras, (n, 3) metres.

    What moved less than a point at rest may seem to is exactly zero.
    """
    geometry, still_m = context.geometry, context.rules.still_m
    x, y, z = geometry.tracks.between(point, first, second).T
    # summed as displacement_counts does, so that a bin's edge and this threshold agree
    still = x * x + y * y + z * z < still_m * still_m
    axes = geometry.camera_from_world[first, :3, :3]
    in_view = np.einsum("nij,jn->ni", axes, np.stack((x, y, z)))
    return np.where(still[:, None], 0.0, in_view)


def named_point(
    context: Context, frames: np.ndarray, points: np.ndarray, dot: bool
) -> tuple[list[str], Marks | None]:
    """Return what wordings call points of Image-1, and their dots."""
    camera = context.geometry.camera
    uv, _ = context.geometry.project_track(frames, points)
    pixels = nearest_pixel(uv, camera)
    if dot:
        return ["the marked point in Image-1"] * len(pixels), Marks((0,), ("",), pixels[:, None])
    return [f"the point at {text} in Image-1" for text in as_text(coordinates(pixels, camera))], None
