"""Reference relative poses, headings and pitches."""

import torch
from torch import Tensor

_BLOCK_PAIRS = 1 << 16
_NEWTON_STEPS = 8  # a matrix whose axes differ in scale by 100 has converged


def relative_poses(world_from_cam: Tensor, pairs: Tensor | None) -> tuple[Tensor, ...]:
    poses = _at_least_float32(world_from_cam)
    frames = poses.shape[0]
    made = torch.empty((0, 2), dtype=torch.int64, device=poses.device)
    if pairs is None:
        made = pairs = torch.triu_indices(frames, frames, 1, device=poses.device).T.contiguous()
    translation = poses.new_empty((pairs.shape[0], 3))
    angle = poses.new_empty(pairs.shape[0])
    rotation, centre = poses[:, :3, :3], poses[:, :3, 3]
    inverse = _inverse(rotation)
    nearest = _nearest_rotation(rotation)
    for start in range(0, pairs.shape[0], _BLOCK_PAIRS):
        block = slice(start, start + _BLOCK_PAIRS)
        first, second = pairs[block].unbind(1)
        offset = centre[second] - centre[first]
        # sums of products, not matmul, which may run in TF32
        translation[block] = (inverse[first] * offset[:, None, :]).sum(-1)
        relative = (nearest[first][:, :, :, None] * nearest[second][:, :, None, :]).sum(1)
        angle[block] = _rotation_angle(relative)
    yaw, pitch = heading_and_pitch(poses)
    yaw_change, pitch_change = (_wrap(a[pairs[:, 1]] - a[pairs[:, 0]]) for a in (yaw, pitch))
    columns = (translation, torch.linalg.vector_norm(translation, dim=-1), yaw_change, pitch_change, angle)
    return made, *(column.to(world_from_cam.dtype) for column in columns)


def heading_and_pitch(world_from_cam: Tensor) -> tuple[Tensor, Tensor]:
    forward = _at_least_float32(world_from_cam)[..., :3, 2]
    x, y, z = forward.unbind(-1)
    yaw = torch.rad2deg(torch.atan2(y, x))
    pitch = torch.rad2deg(torch.atan2(z, torch.hypot(x, y)))
    return yaw.to(world_from_cam.dtype), pitch.to(world_from_cam.dtype)


def _at_least_float32(tensor: Tensor) -> Tensor:
    return tensor if tensor.dtype is torch.float64 else tensor.float()


def _cofactors(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Return the matrices of cofactors, and determinants ``(..., 1, 1)``."""
    a, b, c = matrix.unbind(-2)
    cross = torch.linalg.cross
    cofactors = torch.stack((cross(b, c), cross(c, a), cross(a, b)), -2)
    return cofactors, (a * cofactors[..., 0, :]).sum(-1)[..., None, None]


def _inverse(matrix: Tensor) -> Tensor:
    # unlike linalg.inv, a matrix without inverse spoils its own entry alone
    cofactors, determinant = _cofactors(matrix)
    return cofactors.mT / torch.where(determinant == 0, torch.nan, determinant)


def _nearest_rotation(matrix: Tensor) -> Tensor:
    """Newton's iteration for the orthogonal polar factor: the mean of a matrix and its inverse transposed."""
    _, determinant = _cofactors(matrix)
    rotation = matrix / torch.where(determinant > 0, determinant, torch.nan) ** (1 / 3)
    for _ in range(_NEWTON_STEPS):
        cofactors, determinant = _cofactors(rotation)
        rotation = (rotation + cofactors / determinant) / 2
    return rotation


def _rotation_angle(rotation: Tensor) -> Tensor:
    skew = rotation - rotation.mT
    sine_twice = torch.stack((skew[..., 2, 1], skew[..., 0, 2], skew[..., 1, 0]), -1).norm(dim=-1)
    cosine_twice = rotation.diagonal(dim1=-2, dim2=-1).sum(-1) - 1
    return torch.rad2deg(torch.atan2(sine_twice, cosine_twice))


def _wrap(degrees: Tensor) -> Tensor:
    """Bring a difference of two angles into [-180, 180), exactly."""
    degrees = torch.where(degrees >= 180, degrees - 360, degrees)
    return torch.where(degrees < -180, degrees + 360, degrees)
