"""How well the depth of one frame predicts that of another, under changed poses, scale or focal length."""

from dataclasses import dataclass

import numpy as np
import torch

import spatialgeom as sg
from spatialgeom.apps.datagen.doctor.sample import Sample

_WITHIN = 0.03  # of the reading, by which two depths agree
_LEAST_POINTS = 200  # of a pair that must fall on readings
_LEAST_SHARE = 0.2  # of a frame's points that must
POSES = ("given", "inverse", "opengl", "opengl inverse", "transposed")
_FLIP = np.diag([1.0, -1.0, -1.0, 1.0])  # OpenGL's camera axes: y up, z backwards


@dataclass(frozen=True)
class Change:
    """What is done to a scene before its depths are compared.

    Args:
        poses: One of ``POSES``.
        scale: By which depth is multiplied.
        focal: By which the focal length is.
    """

    poses: str = "given"
    scale: float = 1.0
    focal: float = 1.0


def agreement(sample: Sample, change: Change) -> float:
    """Return the mean share of readings that agree, over pairs that overlap; 0 where none does."""
    poses = changed_poses(sample.poses, change.poses)
    matrices = sample.camera.intrinsics.copy()
    matrices[:, [0, 1], [0, 1]] *= change.focal
    shares = [
        share
        for one, other in sample.pairs.tolist()
        for a, b in ((one, other), (other, one))
        if (share := _share(sample, a, b, poses, matrices, change)) is not None
    ]
    # a change that turns most pairs away from one another explains nothing
    return float(np.mean(shares)) if len(shares) >= len(sample.pairs) else 0.0


def changed_poses(poses: np.ndarray, change: str) -> np.ndarray:
    """Return poses (n, 4, 4) under one of ``POSES``."""
    if change == "transposed":
        turned = poses.copy()
        turned[:, :3, :3] = poses[:, :3, :3].transpose(0, 2, 1)
        return turned
    if change.endswith("inverse"):
        poses = np.linalg.inv(poses)
    return poses @ _FLIP if change.startswith("opengl") else poses


def _share(
    sample: Sample, a: int, b: int, poses: np.ndarray, matrices: np.ndarray, change: Change
) -> float | None:
    points, valid = sample.local
    lifted = points[a][valid[a]] * change.scale
    lifted[:, :2] /= change.focal
    if len(lifted) < _LEAST_POINTS:
        return None
    b_from_a = torch.from_numpy(np.linalg.inv(poses[b]) @ poses[a])
    hit = sg.project_points(lifted, b_from_a[None], torch.from_numpy(matrices[b])[None], sample.camera.size)
    inside = hit.valid[0]
    u, v = hit.uv[0, inside].round().long().unbind(-1)
    read = torch.from_numpy(sample.depth[b].astype(np.float64))[v, u]
    known = (read > 0) & (read < 65535)
    if int(known.sum()) < max(_LEAST_POINTS, _LEAST_SHARE * len(lifted)):
        return None
    read_m = read[known] * sample.scene.depth_scale * change.scale
    found: float = ((hit.depth[0, inside][known] / read_m - 1).abs() < _WITHIN).double().mean().item()
    return found
