"""What a reader makes of a video with tracked 3D points."""

from dataclasses import dataclass, field

import numpy as np

from spatialgeom.apps.datagen.scene import Camera
from spatialgeom.apps.images import ImageRef


@dataclass(frozen=True)
class Clip:
    """Posed frames of one video and the places of tracked points in the world.

    Poses are finite but need not be exactly rigid. A point is ``visible`` in a frame where the source says so
    and its position is finite, in front of the camera and inside the image.
    """

    name: str
    space: str  # the place and occasion that splits are by: an activity, a recording
    source: str
    frames: tuple[str, ...]
    images: tuple[ImageRef, ...]  # paths relative to root
    root: str
    world_from_camera: np.ndarray  # (T, 4, 4) float64, metres
    camera: Camera
    tracks: np.ndarray  # (T, N, 3) float64, world, metres; NaN where unknown
    visible: np.ndarray  # (T, N) bool
    fingerprint: str  # of everything that the labels depend on
    dropped: dict[str, int] = field(default_factory=dict)  # reason -> frames that were left out
    licence: str = "unknown"
