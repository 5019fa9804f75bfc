"""A camera in a room: its path, its lens, and what it sees."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spatialgeom.apps.datagen.synthetic import walk
from spatialgeom.apps.datagen.synthetic.room import Room
from spatialgeom.apps.datagen.synthetic.shade import colour_image
from spatialgeom.apps.datagen.synthetic.solids import Floats
from spatialgeom.apps.datagen.synthetic.trace import cast, make_view

_DULL = ("curtain", "radiator", "socket")  # not looked at for their own sake


@dataclass(frozen=True)
class SyntheticOptions:
    """How much to render.

    Args:
        scenes: Number of spaces, each another room.
        frames: Frames per scan.
        width: Image width in pixels.
        height: Image height in pixels.
        rescans: Scans of each space, with paths of their own.
        seed: Sets one set of rooms apart from another.
        fov_deg: Horizontal field of view in degrees.
    """

    scenes: int = 4
    frames: int = 40
    width: int = 640
    height: int = 480
    rescans: int = 1
    seed: int = 0
    fov_deg: float = 66.0


class Rendered(NamedTuple):
    """What a camera sees."""

    colour: NDArray[np.uint8]  # (H, W, 3)
    depth_m: NDArray[np.float32]  # (H, W) along the optical axis, at pixel centres
    instance: NDArray[np.uint16]  # (H, W) 0 is structure


def pinhole(options: SyntheticOptions) -> Floats:
    """Return intrinsics (3, 3) in pixels, with pixel centres at whole numbers."""
    focal = options.width / 2 / np.tan(np.radians(options.fov_deg) / 2)
    return np.array([[focal, 0, (options.width - 1) / 2], [0, focal, (options.height - 1) / 2], [0, 0, 1]])


def camera_path(room: Room, frames: int, seed: int) -> Floats:
    """Return world_from_cam (F, 4, 4) of a smooth walk through the room at about eye height.

    The camera stays about 0.4 m away from everything, looks at one thing after another, and pitches
    between -35 and 15 degrees. Another seed gives another walk.
    """
    rng = np.random.default_rng([seed, 13])
    boxes = [(np.array(item.centre), np.array(item.size), item.yaw_deg) for item in room.instances]
    track = walk.loop(walk.clearance(room.size, boxes), rng)
    positions, stride = walk.camera_positions(track, frames, rng)
    positions[:, :2] -= np.array(room.size[:2]) / 2
    targets = np.array(
        [item.centre for item in room.instances if max(item.size) > 0.3 and item.category not in _DULL]
    )
    return walk.poses(positions, *walk.camera_angles(positions, stride, targets, rng))


def render(room: Room, world_from_cam: Floats, intrinsics: Floats, image_size: tuple[int, int]) -> Rendered:
    """Render one view.

    Args:
        room: What to render.
        world_from_cam: Rigid transform (4, 4), float64; camera axes x right, y down, z forward, metres.
        intrinsics: Pinhole matrix (3, 3) in pixels; the ray of pixel (u, v) is ``K^-1 (u, v, 1)``.
        image_size: Height and width in pixels.
    """
    view = make_view(room.solids, world_from_cam, intrinsics, image_size)
    depth, owner = cast(room.solids, view, image_size)
    colour = colour_image(room.solids, view, room.lighting, depth, owner)
    return Rendered(colour, depth.astype(np.float32), room.solids.instance[owner].astype(np.uint16))
