"""A few frames of a scene, decoded: spread evenly, in pairs that see much of the same."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

import spatialgeom as sg
from spatialgeom.apps.datagen.scene import Camera, Scene
from spatialgeom.apps.errors import InputError

_PAIRS = 6
_WITHIN = 30  # frames in which a partner is looked for
_TURN_DEG = 25.0  # that two partners differ at most
_COLUMNS = 96  # of pixels that are lifted, about
_NO_READING = (0, 65535)


@dataclass(frozen=True)
class Sample:
    """Decoded depth images of a scene.

    Args:
        scene: All of it.
        frames: (n,) the frames that were decoded.
        depth: (n, H, W) uint16.
        pairs: (P, 2) indices into ``frames``.
        faults: Reason -> frames that could not be decoded.
        asked: How many frames were to be decoded.
    """

    scene: Scene
    frames: np.ndarray
    depth: np.ndarray
    pairs: np.ndarray
    faults: dict[str, int]
    asked: int

    @property
    def read(self) -> np.ndarray:
        """(n, H, W) bool: is there a reading?"""
        return ~np.isin(self.depth, _NO_READING)

    @property
    def step(self) -> int:
        """Every how many pixels of a row and column one is lifted."""
        return max(1, round(self.depth.shape[2] / _COLUMNS))

    @cached_property
    def camera(self) -> Camera:
        """The depth camera of the decoded frames, one matrix a frame."""
        camera = self.scene.depth_camera.of(self.frames)
        matrices = np.broadcast_to(camera.intrinsics, (len(self.frames), 3, 3))
        return Camera(np.array(matrices, np.float64), camera.size)

    @cached_property
    def poses(self) -> np.ndarray:
        """(n, 4, 4) depth camera to world."""
        return self.scene.world_from_depth[self.frames]

    @cached_property
    def local(self) -> tuple[Tensor, Tensor]:
        """Points (n, h, w, 3) of every ``step``-th pixel in its camera's axes, metres, and which have one."""
        coarse = self.camera.intrinsics.copy()
        coarse[:, :2] /= self.step  # pixel k of the coarse image is pixel k * step of the image
        return sg.unproject_depth(
            torch.from_numpy(np.ascontiguousarray(self.depth[:, :: self.step, :: self.step])),
            torch.from_numpy(coarse),
            torch.eye(4, dtype=torch.float64).repeat(len(self.frames), 1, 1),
            depth_scale=self.scene.depth_scale,
        )

    @cached_property
    def world(self) -> np.ndarray:
        """(n, h, w, 3) the same points in the world, NaN where there is no reading."""
        points, valid = self.local
        xyz = np.where(valid.numpy()[..., None], points.numpy(), np.nan)
        rotation, centre = self.poses[:, None, None, :3, :3], self.poses[:, None, None, :3, 3]
        moved: np.ndarray = (rotation @ xyz[..., None])[..., 0] + centre
        return moved


def take_sample(scene: Scene) -> Sample:
    """Decode at most a dozen frames of a scene."""
    count = len(scene.frames)
    anchors = np.unique(np.linspace(0, max(count - 2, 0), _PAIRS).astype(int))
    couples = [(first, _partner(scene.world_from_depth, first)) for first in anchors.tolist()]
    wanted = sorted({frame for couple in couples for frame in couple})
    faults: Counter[str] = Counter()
    maps: dict[int, np.ndarray] = {}
    for frame in wanted:
        try:
            depth = scene.depth(frame)
            if depth.shape != scene.depth_camera.size:
                raise InputError("depth image is not of the size that its header says")
            maps[frame] = depth
        except InputError as fault:
            faults[str(fault)] += 1
    place = {frame: k for k, frame in enumerate(maps)}
    pairs = [(place[a], place[b]) for a, b in couples if a != b and a in place and b in place]
    return Sample(
        scene=scene,
        frames=np.array(list(maps), int),
        depth=np.stack(list(maps.values())) if maps else np.zeros((0, *scene.depth_camera.size), np.uint16),
        pairs=np.array(pairs, int).reshape(-1, 2),
        faults=dict(faults),
        asked=len(wanted),
    )


def _partner(poses: np.ndarray, first: int) -> int:
    """Return the farthest of the next frames that has turned little; it holds for inverted poses, too."""
    later = poses[first + 1 : first + 1 + _WITHIN, :3, :3]
    turned = np.flatnonzero(turn_deg(poses[first, :3, :3], later) > _TURN_DEG)
    near = int(turned[0]) if len(turned) else len(later)
    return min(first + max(near, 1), len(poses) - 1)


def turn_deg(first: np.ndarray, later: np.ndarray) -> np.ndarray:
    """Return the angles (n,) between a rotation (3, 3) and others (n, 3, 3)."""
    cosine = (np.einsum("ij,nij->n", first, later) - 1) / 2
    degrees: np.ndarray = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    return degrees
