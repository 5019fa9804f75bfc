"""Reference pinhole projection and its inverse."""

from collections.abc import Sequence

import torch
from torch import Tensor

_NO_READING = 65535  # largest uint16, beside 0


def transform(matrix: Tensor, x: Tensor, y: Tensor, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return ``A p + t`` for a matrix ``(..., F, 4, 4)`` and coordinates ``(..., F or 1, N)``."""
    m = matrix[..., None]
    # sums of products, not matmul: TF32 would cost the reference 13 bits
    first, second, third = (
        m[..., i, 0, :] * x + m[..., i, 1, :] * y + m[..., i, 2, :] * z + m[..., i, 3, :] for i in range(3)
    )
    return first, second, third


def to_pixels(x: Tensor, y: Tensor, z: Tensor, intrinsics: Tensor) -> tuple[Tensor, Tensor]:
    """Return u and v of camera coordinates ``(..., F, N)`` through matrices ``(..., F, 3, 3)``."""
    k = intrinsics[..., None]
    return k[..., 0, 0, :] * x / z + k[..., 0, 2, :], k[..., 1, 1, :] * y / z + k[..., 1, 2, :]


def project_points(
    points: Tensor, cam_from_world: Tensor, intrinsics: Tensor, image_size: tuple[int, int], near: float
) -> tuple[Tensor, Tensor, Tensor]:
    height, width = image_size
    x, y, z = transform(cam_from_world, *points[..., None, :, :].unbind(-1))  # (..., F, N) each
    u, v = to_pixels(x, y, z, intrinsics)
    valid = (z > near) & (u >= -0.5) & (u < width - 0.5) & (v >= -0.5) & (v < height - 0.5)
    return torch.stack((u, v), -1).masked_fill_(~valid[..., None], torch.nan), z, valid


def project_points_gradient(
    points: Tensor,
    cam_from_world: Tensor,
    intrinsics: Tensor,
    valid: Tensor,
    grad_uv: Tensor,
    grad_depth: Tensor,
) -> Sequence[Tensor]:
    """Return gradients of points, poses and intrinsics; invalid pixels and non-finite points give none."""
    known = points.isfinite().all(-1)

    def formula(points: Tensor, cam_from_world: Tensor, intrinsics: Tensor) -> tuple[Tensor, Tensor]:
        finite = torch.where(known[..., None], points, 0)
        x, y, z = transform(cam_from_world, *finite[..., None, :, :].unbind(-1))
        # a divisor of one where the pixel is unused: zero times infinity would be NaN
        return torch.stack(to_pixels(x, y, torch.where(valid, z, 1), intrinsics), -1), z

    pull_back = torch.func.vjp(formula, points, cam_from_world, intrinsics)[1]
    used_uv = torch.where(valid[..., None], grad_uv, 0)
    gradients: Sequence[Tensor] = pull_back((used_uv, torch.where(known[..., None, :], grad_depth, 0)))
    return gradients


def _from_pixels(metres: Tensor, intrinsics: Tensor, world_from_cam: Tensor) -> Tensor:
    *batch, height, width = metres.shape
    k = intrinsics[..., None]
    column = torch.arange(width, device=metres.device, dtype=metres.dtype)
    row = torch.arange(height, device=metres.device, dtype=metres.dtype)
    ray_x = (column - k[..., 0, 2, :]) / k[..., 0, 0, :]  # (..., F, W)
    ray_y = (row - k[..., 1, 2, :]) / k[..., 1, 1, :]  # (..., F, H)
    x, y = ray_x[..., None, :] * metres, ray_y[..., :, None] * metres
    world = transform(world_from_cam, x.flatten(-2), y.flatten(-2), metres.flatten(-2))
    return torch.stack(world, -1).reshape(*batch, height, width, 3)


def unproject_depth(
    depth: Tensor, intrinsics: Tensor, world_from_cam: Tensor, depth_scale: float
) -> tuple[Tensor, Tensor]:
    reading = depth.to(intrinsics.dtype)
    limit = _NO_READING if depth.dtype is torch.uint16 else torch.inf
    valid = (reading > 0) & (reading < limit)
    points = _from_pixels(reading * depth_scale, intrinsics, world_from_cam)
    return points.masked_fill_(~valid[..., None], torch.nan), valid


def unproject_depth_gradient(
    depth: Tensor,
    intrinsics: Tensor,
    world_from_cam: Tensor,
    depth_scale: float,
    valid: Tensor,
    grad_points: Tensor,
) -> Sequence[Tensor]:
    """Return gradients of readings, intrinsics and poses; pixels without a reading contribute none."""
    reading = torch.where(valid, depth.to(intrinsics.dtype), 1)

    def formula(reading: Tensor, intrinsics: Tensor, world_from_cam: Tensor) -> Tensor:
        return _from_pixels(reading * depth_scale, intrinsics, world_from_cam)

    pull_back = torch.func.vjp(formula, reading, intrinsics, world_from_cam)[1]
    gradients: Sequence[Tensor] = pull_back(torch.where(valid[..., None], grad_points, 0))
    return gradients
