"""Reference fusion: a frame at a time, voxels by sorting, sums as whole numbers."""

import torch
import torch.nn.functional
from torch import Tensor

from spatialgeom._morton import BITS, morton_codes

STEPS = 4096  # of a voxel's side, in which places within it are summed
REACH = 1 << (BITS - 1)  # voxels on either side of the origin
NO_READING = 65535  # largest uint16, beside 0

_BATCH = 1 << 22  # voxels of single frames that wait to be merged

Voxels = tuple[Tensor, Tensor]
"""Keys (V,) and what is summed (V, 5): steps along x, y, z, readings, frames; int64."""


def fuse_depth(
    depth: Tensor,
    intrinsics: Tensor,
    world_from_cam: Tensor,
    depth_scale: float,
    voxel: float,
    min_count: int,
    max_depth: float,
) -> tuple[Tensor, Tensor]:
    parts: list[Voxels] = [no_voxels(depth.device)]
    for raw, camera, pose in zip(depth, intrinsics.double(), world_from_cam.double(), strict=True):
        grid = _grid(raw, camera, pose, depth_scale, voxel, max_depth)
        if not (grid.floor().abs() < REACH).all():
            refuse_beyond(voxel)
        parts.append(_fuse_frame(grid))
        if sum(len(keys) for keys, _ in parts) > _BATCH:
            parts = [merge(parts)]
    return cloud(merge(parts), voxel, min_count, intrinsics.dtype)


def no_voxels(device: torch.device) -> Voxels:
    keys = torch.zeros(0, dtype=torch.int64, device=device)
    return keys, keys.new_zeros(0, 5)


def merge(parts: list[Voxels]) -> Voxels:
    """Add up the sums of equal keys."""
    keys, index = torch.unique(torch.cat([keys for keys, _ in parts]), return_inverse=True)
    sums = torch.zeros(len(keys), 5, dtype=torch.int64, device=keys.device)
    return keys, sums.index_add_(0, index, torch.cat([sums for _, sums in parts]))


def cloud(voxels: Voxels, voxel: float, min_count: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Return the means and the numbers of frames of the voxels that enough frames saw, in Morton order."""
    keys, sums = voxels
    seen = sums[:, 4] >= min_count
    keys, sums = keys[seen], sums[seen]
    cells = torch.stack((keys >> 2 * BITS, keys >> BITS, keys), -1) & (1 << BITS) - 1
    order = morton_codes(cells).argsort()
    cells, sums = cells[order] - REACH, sums[order]
    points = (cells + sums[:, :3].double() / (STEPS * sums[:, 3:4])) * voxel
    return points.to(dtype), sums[:, 4].clone()


def refuse_beyond(voxel: float) -> None:
    raise ValueError(
        f"fuse_depth: readings must be finite and within {REACH} voxels of {voxel} m from the origin; "
        "check depth_scale and world_from_cam"
    )


def _grid(
    raw: Tensor, camera: Tensor, pose: Tensor, depth_scale: float, voxel: float, max_depth: float
) -> Tensor:
    """Return the frame's readings in the world, in voxels, (readings, 3)."""
    height, width = raw.shape
    z = raw.double() * depth_scale
    known = (z > 0) & (z < torch.inf) & (z <= max_depth)
    if raw.dtype is torch.uint16:
        known &= raw.int() != NO_READING
    columns = torch.arange(width, dtype=torch.float64, device=raw.device)
    rows = torch.arange(height, dtype=torch.float64, device=raw.device)
    x = ((columns - camera[0, 2]) / camera[0, 0] * z)[known]
    y = (((rows - camera[1, 2]) / camera[1, 1])[:, None] * z)[known]
    # sums in this order, no product fused into them: every backend's voxels are the same
    world = [m[0] * x + m[1] * y + m[2] * z[known] + m[3] for m in pose[:3]]
    return torch.stack(world, -1) / voxel


def _fuse_frame(grid: Tensor) -> Voxels:
    corner = grid.floor()
    cells = corner.long() + REACH
    steps = ((grid - corner) * STEPS).round().long()
    keys = cells[:, 0] << 2 * BITS | cells[:, 1] << BITS | cells[:, 2]
    keys, index = torch.unique(keys, return_inverse=True)
    sums = torch.zeros(len(keys), 5, dtype=torch.int64, device=keys.device)
    sums[:, :4].index_add_(0, index, torch.nn.functional.pad(steps, (0, 1), value=1))
    sums[:, 4] = 1
    return keys, sums
