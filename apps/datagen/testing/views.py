"""Views of a rendered room, each at a time and with a camera of its own, with exact depth."""

from dataclasses import dataclass

import numpy as np

from spatialgeom.apps.datagen.synthetic import Room, SyntheticOptions, camera_path, pinhole, render

FRAMES = 36  # a walk on which views overlap, and every question finds its images


@dataclass(frozen=True)
class View:
    """What a camera sees at some time."""

    time: float  # seconds
    pose: np.ndarray  # (4, 4) camera to world
    matrix: np.ndarray  # (3, 3), first pixel centre at 0
    colour: np.ndarray  # (H, W, 3) uint8
    depth_m: np.ndarray  # (H, W) float64


def room_views(
    room: Room,
    frames: int,
    size: tuple[int, int] = (192, 256),
    rate: float = 10.0,
    breathing: float = 0.0,
) -> list[View]:
    """Render a walk through a room.

    Args:
        room: What is seen.
        frames: How many views.
        size: Height and width.
        rate: Views per second.
        breathing: Part of the focal length by which it swings to either side, as focus does.
    """
    matrix = pinhole(SyntheticOptions(width=size[1], height=size[0]))
    views = []
    for number, pose in enumerate(camera_path(room, frames, 0)):
        own = matrix.copy()
        own[[0, 1], [0, 1]] *= 1 + breathing * (-1) ** number
        picture = render(room, pose, own, size)
        depth_m = picture.depth_m.astype(float)
        views.append(View(1000 + number / rate, pose, own, picture.colour, depth_m))
    return views
