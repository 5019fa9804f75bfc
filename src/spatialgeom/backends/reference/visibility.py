"""Reference visibility: frames and points in blocks, in place, one gather from the depth maps."""

import torch
from torch import Tensor

from spatialgeom.backends.reference.bitsets import pack_bits
from spatialgeom.backends.reference.projection import focal_lengths

_NO_READING = 65535  # largest uint16, beside 0


def visible_points(
    points: Tensor,
    cam_from_world: Tensor,
    intrinsics: Tensor,
    depth: Tensor,
    depth_scale: float,
    image_size: tuple[int, int],
    tolerances: tuple[float, float, float, float],
    half_open: bool,
) -> Tensor:
    frames, count = depth.shape[0], points.shape[0]
    xyz = points.mT.contiguous()
    words = torch.zeros((frames, -(-count // 64)), dtype=torch.int64, device=points.device)
    # on the CPU a block's temporaries stay in the second-level cache
    block = 1 << 17 if points.device.type == "cpu" else 1 << 22
    step = min(block, max(64, 64 * words.shape[1]))
    rows = max(1, block // step)
    for first in range(0, frames, rows):
        some = slice(first, first + rows)
        for start in range(0, count, step):
            u, v, z = _project(xyz[:, start : start + step], cam_from_world[some], intrinsics[some])
            seen = _in_view(u, v, z, image_size, tolerances[3], half_open)
            raw = _read(depth[some], u, v, seen, image_size)
            seen &= _unoccluded(z, raw, depth_scale, tolerances)
            words[some, start // 64 : (start + step) // 64] = pack_bits(seen)
    return words


def _project(xyz: Tensor, pose: Tensor, camera: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    # the order of the sums is part of the meaning: float64 decisions are exact
    px, py, pz = (
        (pose[:, row, 0, None] * xyz[0])
        .add_(pose[:, row, 1, None] * xyz[1])
        .add_(pose[:, row, 2, None] * xyz[2])
        .add_(pose[:, row, 3, None])
        for row in range(3)
    )
    fx, fy = (focal[:, None] for focal in focal_lengths(camera))
    u = px.mul_(fx).div_(pz).add_(camera[:, 0, 2, None])
    v = py.mul_(fy).div_(pz).add_(camera[:, 1, 2, None])
    return u, v, pz  # (rows, step) each


def _in_view(
    u: Tensor, v: Tensor, z: Tensor, image_size: tuple[int, int], near: float, half_open: bool
) -> Tensor:
    low = 0.0 if half_open else -0.5
    height, width = image_size
    seen = z > near
    for axis, size in ((u, width), (v, height)):
        seen &= axis >= low
        seen &= axis < size + low
    return seen


def _read(depth: Tensor, u: Tensor, v: Tensor, seen: Tensor, image_size: tuple[int, int]) -> Tensor:
    """Return what ``depth`` holds at the nearest pixel, 0 for no reading; anything where not ``seen``."""
    frames, rows, columns = depth.shape
    flat, (per_frame, per_row, per_column) = _flat(depth)
    integer = torch.int32 if flat.numel() < 2**31 else torch.int64
    unseen = ~seen
    column = _nearest(u, image_size[1], columns).masked_fill_(unseen, 0).to(integer).mul_(per_column)
    index = _nearest(v, image_size[0], rows).masked_fill_(unseen, 0).to(integer).mul_(per_row).add_(column)
    index += torch.arange(frames, dtype=integer, device=u.device)[:, None] * per_frame
    raw = flat.index_select(0, index.view(-1)).view(u.shape)
    if depth.dtype is torch.uint16:
        raw = raw.int().bitwise_and_(0xFFFF)  # the view called the bits signed
        return raw.masked_fill_(raw == _NO_READING, 0).to(u.dtype)
    return raw


def _nearest(position: Tensor, size: int, size_of_map: int) -> Tensor:
    if size_of_map != size:
        position = position * (size_of_map / size) + (0.5 * size_of_map / size - 0.5)
    return position.round().clamp_(0, size_of_map - 1)


def _flat(depth: Tensor) -> tuple[Tensor, tuple[int, ...]]:
    """Return the memory of ``depth`` as one axis, and its strides; an expanded map is not copied."""
    strides = depth.stride()
    span = 1 + sum((size - 1) * stride for size, stride in zip(depth.shape, strides, strict=True))
    if depth.dtype is torch.uint16:
        depth = depth.view(torch.int16)  # torch gathers no unsigned integers on the CPU
    return depth.as_strided((span,), (1,)), strides


def _unoccluded(z: Tensor, raw: Tensor, scale: float, tolerances: tuple[float, ...]) -> Tensor:
    behind_rel, behind_m, front_m, _ = tolerances
    reading = raw * scale
    seen = z < reading * (1 + behind_rel) + behind_m
    # inf - inf is NaN: an infinite reading is not too far behind an infinite tolerance
    seen &= (z <= reading - front_m).logical_not_()
    seen &= reading > 0
    return seen
