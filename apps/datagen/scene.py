"""What a reader makes of a folder: posed frames in metres and the axes of the conventions."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from spatialgeom.apps.datagen.objects import Objects
from spatialgeom.apps.images import ImageRef


@dataclass(frozen=True)
class Camera:
    """The pinhole camera of a scene's frames."""

    intrinsics: np.ndarray  # (3, 3), or (F, 3, 3) where focus moves; float64, pixels, first centre at 0
    size: tuple[int, int]  # height, width

    def of(self, frames: np.ndarray) -> "Camera":
        """Return the camera of some frames."""
        return self if self.intrinsics.ndim == 2 else replace(self, intrinsics=self.intrinsics[frames])


@dataclass(frozen=True)
class Scene:
    """Posed RGB-D frames of one scan; nothing is decoded until ``depth`` is called.

    Poses are finite but need not be exactly rigid. ``depth(i)`` returns the reading of frame ``i``, uint16
    (times ``depth_scale`` gives metres; 0 and 65535 are no reading), and raises ``InputError`` where a
    frame's file is at fault. It must be picklable: other processes decode, too.

    Which object a point belongs to is told by ``labels``, else by ``instances(i)``, which returns the (H, W)
    number of the object + 1 that each pixel of depth image ``i`` shows (0: none), else by the objects' boxes.
    """

    name: str
    space: str  # the place that was scanned; rescans share it, and splits are by it
    source: str
    frames: tuple[str, ...]
    images: tuple[ImageRef, ...]  # paths relative to root
    root: str
    world_from_depth: np.ndarray  # (F, 4, 4) float64, depth camera to world, metres
    depth_camera: Camera
    colour_camera: Camera
    colour_from_depth: np.ndarray  # (4, 4)
    depth: Callable[[int], np.ndarray]
    fingerprint: str  # of everything that the labels depend on: file sizes, headers, poses, options
    depth_scale: float = 0.001
    up_known: bool = True  # is world z up, along gravity?
    points: np.ndarray | None = None  # (N, 3) of a mesh; None: fuse the depth maps
    objects: Objects | None = None
    labels: np.ndarray | None = None  # (N,) int32 index into objects of each of points, -1: of none
    instances: Callable[[int], np.ndarray] | None = None
    dropped: dict[str, int] = field(default_factory=dict)  # reason -> frames that were left out
    licence: str = "unknown"

    def keep_frames(self, keep: np.ndarray, reason: str) -> "Scene":
        """Return the scene with only the frames in the mask ``keep``; the others count under ``reason``."""
        lost = int((~keep).sum())
        if not lost:
            return self
        index = np.flatnonzero(keep)
        return replace(
            self,
            frames=tuple(self.frames[i] for i in index),
            images=tuple(self.images[i] for i in index),
            world_from_depth=self.world_from_depth[index],
            depth_camera=self.depth_camera.of(index),
            colour_camera=self.colour_camera.of(index),
            depth=_Kept(self.depth, index),
            instances=self.instances and _Kept(self.instances, index),
            dropped={**self.dropped, reason: self.dropped.get(reason, 0) + lost},
        )


@dataclass(frozen=True)
class _Kept:
    """The maps of some of a scene's frames."""

    maps: Callable[[int], np.ndarray]
    index: np.ndarray

    def __call__(self, frame: int) -> np.ndarray:
        return self.maps(int(self.index[frame]))


def rotation_to_z(up: np.ndarray) -> np.ndarray:
    """Return the (4, 4) transform that turns the vector ``up`` to +z by the shortest rotation (Rodrigues)."""
    up = up / np.linalg.norm(up)
    axis = np.cross(up, [0.0, 0.0, 1.0])
    sine, cosine = np.linalg.norm(axis), up[2]
    transform = np.eye(4)
    if sine < 1e-12:
        transform[:3, :3] = np.eye(3) if cosine > 0 else np.diag([1.0, -1.0, -1.0])
        return transform
    x, y, z = axis / sine
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    transform[:3, :3] = np.eye(3) + sine * cross + (1 - cosine) * cross @ cross
    return transform
