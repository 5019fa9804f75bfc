"""Reference pinhole projection and its inverse."""

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
    fx, fy = focal_lengths(intrinsics)
    centre = intrinsics[..., None, :2, 2]
    return fx[..., None] * x / z + centre[..., 0], fy[..., None] * y / z + centre[..., 1]


def focal_lengths(intrinsics: Tensor) -> tuple[Tensor, Tensor]:
    """Return fx and fy, NaN where there is skew: only on the CPU are such matrices refused beforehand."""
    plain = intrinsics[..., 0, 1] == 0
    fx, fy = (intrinsics[..., i, i].where(plain, torch.nan) for i in range(2))
    return fx, fy


def project_points(
    points: Tensor, cam_from_world: Tensor, intrinsics: Tensor, image_size: tuple[int, int], near: float
) -> tuple[Tensor, Tensor, Tensor]:
    height, width = image_size
    x, y, z = transform(cam_from_world, *points[..., None, :, :].unbind(-1))  # (..., F, N) each
    u, v = to_pixels(x, y, z, intrinsics)
    valid = (z > near) & (u >= -0.5) & (u < width - 0.5) & (v >= -0.5) & (v < height - 0.5)
    return torch.stack((u, v), -1).masked_fill_(~valid[..., None], torch.nan), z, valid


def _from_pixels(metres: Tensor, intrinsics: Tensor, world_from_cam: Tensor) -> Tensor:
    *batch, height, width = metres.shape
    fx, fy = focal_lengths(intrinsics)
    column = torch.arange(width, device=metres.device, dtype=metres.dtype)
    row = torch.arange(height, device=metres.device, dtype=metres.dtype)
    ray_x = (column - intrinsics[..., 0, 2, None]) / fx[..., None]  # (..., F, W)
    ray_y = (row - intrinsics[..., 1, 2, None]) / fy[..., None]  # (..., F, H)
    x, y = ray_x[..., None, :] * metres, ray_y[..., :, None] * metres
    world = transform(world_from_cam, x.flatten(-2), y.flatten(-2), metres.flatten(-2))
    return torch.stack(world, -1).reshape(*batch, height, width, 3)


def unproject_depth(
    depth: Tensor, intrinsics: Tensor, world_from_cam: Tensor, depth_scale: float
) -> tuple[Tensor, Tensor]:
    reading = depth.to(intrinsics.dtype)
    limit = _NO_READING if depth.dtype is torch.uint16 else torch.inf
    valid = (reading > 0) & (reading < limit) & (intrinsics[..., 0, 1] == 0)[..., None, None]
    points = _from_pixels(reading * depth_scale, intrinsics, world_from_cam)
    return points.masked_fill_(~valid[..., None], torch.nan), valid
