"""Pinhole projection and its inverse, each one pass over the output, which is what binds them."""

import torch
import triton
import triton.language as tl
from torch import Tensor

from spatialgeom.backends.triton._language import EMULATE, bits_of, launch, real

_WARPS = 4
_POINTS = 4096 if EMULATE else 1024  # of a program
_FRAMES = 8  # of a program at most: points are loaded once for all of them
_PROGRAMS = 2048  # enough for every multiprocessor to have several
_COLUMNS = 64  # pixels of a program across


@triton.jit
def _quotient(a, b, inverse, EMULATE: tl.constexpr):
    """Return a / b, exact where that is representable, from 1 / b to within a few roundings."""
    if EMULATE:
        # the interpreter rounds twice in a fused product and sum, and the remainder is lost
        return a / b
    estimate = a * inverse
    return tl.fma(tl.fma(-estimate, b, a), inverse, estimate)


@triton.jit
def _focal_length(camera):
    """Return fx of a pinhole matrix, NaN if it has skew: nothing is valid in such a frame."""
    return tl.where(tl.load(camera + 1) == 0, tl.load(camera), float("nan"))


@triton.jit
def _row_times(m, x, y, z):
    return tl.load(m) * x + (tl.load(m + 1) * y + (tl.load(m + 2) * z + tl.load(m + 3)))


@triton.jit(do_not_specialize=["frames", "units", "blocks", "groups", "size"])
def _project_kernel(
    points_ptr,  # (B, N, 3)
    pose_ptr,  # (B, F, 4, 4)
    camera_ptr,  # (B, F, 3, 3)
    uv_ptr,  # (B, F, N, 2)
    depth_ptr,  # (B, F, N)
    valid_ptr,  # (B, F, N)
    frames,
    units,  # N / UNIT
    blocks,  # programs along the points
    groups,  # programs along the frames of an item of the batch
    size,  # frames of a group
    near,
    right,
    bottom,
    UNIT: tl.constexpr,  # neighbours that a thread owns: 2 make 16 bytes of uv, if rows are aligned to them
    BLOCK: tl.constexpr,
    EMULATE: tl.constexpr,
):
    TYPE = points_ptr.dtype.element_ty
    near, right, bottom = real(near, TYPE), real(right, TYPE), real(bottom, TYPE)
    group = tl.program_id(0) // blocks
    block = tl.program_id(0) % blocks
    item = (group // groups).to(tl.int64)
    f = (group % groups) * size
    stop = tl.minimum(f + size, frames)

    row = tl.arange(0, BLOCK // UNIT)[:, None]
    n = row * UNIT + tl.arange(0, UNIT)[None, :]
    pair = row * (2 * UNIT) + tl.arange(0, 2 * UNIT)[None, :]
    live = block * (BLOCK // UNIT) + row < units
    first = block.to(tl.int64) * BLOCK
    point = points_ptr + (item * units * UNIT + first) * 3 + n * 3
    x = tl.load(point, mask=live)
    y = tl.load(point + 1, mask=live)
    z = tl.load(point + 2, mask=live)

    while f < stop:
        frame = item * frames + f
        m = pose_ptr + frame * 16
        camera = camera_ptr + frame * 9
        depth = _row_times(m + 8, x, y, z)
        inverse = 1.0 / depth
        u = _quotient(_focal_length(camera) * _row_times(m, x, y, z), depth, inverse, EMULATE)
        v = _quotient(tl.load(camera + 4) * _row_times(m + 4, x, y, z), depth, inverse, EMULATE)
        u += tl.load(camera + 2)
        v += tl.load(camera + 5)
        # two steps: from one conjunction of five the compiler makes vectors of bits, a quarter slower
        v = tl.where((depth > near) & (u >= -0.5) & (u < right), v, float("nan"))
        valid = (v >= -0.5) & (v < bottom)
        uv = tl.join(tl.where(valid, u, float("nan")), tl.where(valid, v, float("nan")))

        out = frame * units * UNIT + first
        tl.store(uv_ptr + out * 2 + pair, tl.reshape(uv, (BLOCK // UNIT, 2 * UNIT)), mask=live)
        tl.store(depth_ptr + out + n, depth, mask=live)
        tl.store(valid_ptr + out + n, valid, mask=live)
        f += 1


def project_points(
    points: Tensor, cam_from_world: Tensor, intrinsics: Tensor, image_size: tuple[int, int], near: float
) -> tuple[Tensor, Tensor, Tensor]:
    *batch, frames, _, _ = cam_from_world.shape
    count = points.shape[-2]
    height, width = image_size
    uv = points.new_empty((*batch, frames, count, 2))
    depth = points.new_empty((*batch, frames, count))
    valid = torch.empty(depth.shape, dtype=torch.bool, device=points.device)
    if depth.numel():
        unit = 2 if count % 2 == 0 and points.dtype is torch.float32 else 1
        blocks = triton.cdiv(count, _POINTS)
        items = depth.numel() // (frames * count)
        size = min(_FRAMES, max(1, items * frames * blocks // _PROGRAMS))
        groups = triton.cdiv(frames, size)
        launch(
            _project_kernel,
            (items * groups * blocks,),
            points.contiguous(),
            cam_from_world.contiguous(),
            intrinsics.contiguous(),
            uv,
            depth,
            valid,
            frames,
            count // unit,
            blocks,
            groups,
            size,
            bits_of(near),
            bits_of(width - 0.5),
            bits_of(height - 0.5),
            warps=_WARPS,
            UNIT=unit,
            BLOCK=_POINTS,
            EMULATE=EMULATE,
        )
    return uv, depth, valid


@triton.jit
def _load_reading(pointer, straight, TYPE: tl.constexpr):
    """Return readings in ``TYPE``, and which of them exist: none does in a frame with skew."""
    reading = tl.load(pointer)
    # in one comparison: less one and unsigned, bits of 0, negative numbers, infinity and NaN are too large
    if reading.dtype == tl.uint16:
        bits, limit = reading.to(tl.uint32), 65534
    elif reading.dtype == tl.float32:
        bits, limit = reading.to(tl.uint32, bitcast=True), 0x7F7FFFFF
    else:
        bits, limit = reading.to(tl.uint64, bitcast=True), 0x7FEFFFFFFFFFFFFF
    return reading.to(TYPE), bits - 1 < tl.where(straight, limit, 0).to(bits.dtype)


@triton.jit(do_not_specialize=["frames", "height", "units", "down", "across", "batch_stride", "frame_stride"])
def _unproject_kernel(
    depth_ptr,  # (B, F, H, W), any strides
    camera_ptr,  # (B, F, 3, 3)
    pose_ptr,  # (B, F, 4, 4)
    points_ptr,  # (B, F, H, W, 3)
    valid_ptr,  # (B, F, H, W)
    frames,
    height,
    units,  # W / UNIT
    down,  # programs along a column
    across,  # programs along a row
    batch_stride,
    frame_stride,
    row_stride,
    column_stride,
    scale,
    UNIT: tl.constexpr,  # what W is known to be a multiple of
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
    EMULATE: tl.constexpr,
):
    TYPE = points_ptr.dtype.element_ty
    width = units * UNIT
    tile = tl.program_id(0) // across
    first = (tl.program_id(0) % across) * COLUMNS
    item = (tile // down).to(tl.int64)
    # a row of numbers, not a table: Triton 3.6 lays tables out by columns where a load is not contiguous
    cell = tl.arange(0, ROWS * COLUMNS)
    pixel = cell % COLUMNS
    # beyond the edge the last row or column again: every load is legal
    row = tl.minimum((tile % down) * ROWS + cell // COLUMNS, height - 1)
    line = depth_ptr + (item // frames) * batch_stride + (item % frames) * frame_stride
    line += row.to(tl.int64) * row_stride
    out = (item * height + row) * width + first

    camera = camera_ptr + item * 9
    straight = tl.load(camera + 1) == 0
    valid = _load_reading(line + tl.minimum(first + pixel, width - 1) * column_stride, straight, TYPE)[1]
    tl.store(valid_ptr + out + pixel, valid, mask=first + pixel < width)

    fx, fy = tl.load(camera), tl.load(camera + 4)
    ray_y = _quotient(row.to(TYPE) - tl.load(camera + 5), fy, 1.0 / fy, EMULATE)
    # by coordinate, not by pixel: neighbours in memory are neighbours in a thread, and stores are wide
    for part in tl.static_range(3):
        element = part * COLUMNS + pixel
        column = tl.minimum(first + element // 3, width - 1)
        ray_x = _quotient(column.to(TYPE) - tl.load(camera + 2), fx, 1.0 / fx, EMULATE)
        m = pose_ptr + item * 16 + (element % 3) * 4
        across_row = tl.load(m) * ray_x + tl.load(m + 2)
        reading, known = _load_reading(line + column * column_stride, straight, TYPE)
        z = tl.where(known, reading * real(scale, TYPE), float("nan"))
        world = z * (tl.load(m + 1) * ray_y + across_row) + tl.load(m + 3)
        tl.store(points_ptr + out * 3 + element, world, mask=first * 3 + element < width * 3)


def unproject_depth(
    depth: Tensor, intrinsics: Tensor, world_from_cam: Tensor, depth_scale: float
) -> tuple[Tensor, Tensor]:
    frames, height, width = depth.shape[-3:]
    points = intrinsics.new_empty((*depth.shape, 3))
    valid = torch.empty(depth.shape, dtype=torch.bool, device=depth.device)
    if depth.numel():
        # no copy of a map that is expanded over frames or batch
        maps = depth.reshape(-1, frames, height, width)
        if (width - 1) * maps.stride(3) >= 2**31:
            maps = maps.contiguous()
        unit = 16 // points.element_size()  # elements of a wide store
        unit = unit if width % unit == 0 else 1
        # rows of a program share what depends on the column, as far as registers reach
        rows = 64 if unit == 4 or EMULATE else 32
        down, across = triton.cdiv(height, rows), triton.cdiv(width, _COLUMNS)
        launch(
            _unproject_kernel,
            (len(maps) * frames * down * across,),
            maps,
            intrinsics.contiguous(),
            world_from_cam.contiguous(),
            points,
            valid,
            frames,
            height,
            width // unit,
            down,
            across,
            *maps.stride(),
            bits_of(depth_scale),
            warps=_WARPS,
            UNIT=unit,
            ROWS=rows,
            COLUMNS=_COLUMNS,
            EMULATE=EMULATE,
        )
    return points, valid
