"""Z-buffer of square splats: atomic minimum at their centres, then a separable minimum filter of their width.

Bits of positive floats are in the order of the numbers, so that an integer minimum decides. Where splats are
wider than a pixel, a few frames at a time go through a padded buffer that stays in the second-level cache.
"""

from collections.abc import Callable

import torch
import triton
import triton.language as tl
from torch import Tensor

from spatialgeom.backends.reference import occlusion as reference
from spatialgeom.backends.triton._culling import CAMERA, FRAMES, boxes, reached, views
from spatialgeom.backends.triton._language import (
    EMULATE,
    bits_of,
    launch,
    nearest,
    popcount,
    real,
    reciprocal,
)

_LANES, _EACH = (32768, 1) if EMULATE else (32, 8)  # threads of a program, and points of each
_ROWS, _FILTER = (64, 2048) if EMULATE else (1, 128)  # of a filter's program, the latter in vectors of four
_GROUP = 32  # frames that go through the buffers together: 40 MB of depth maps in VGA
_SMALL = 4  # radius of splats up to which one pass takes the minimum of a square
_SPREAD = 16  # entries that one pass along rows looks ahead; wider windows take several
_ALIGNED = 16  # entries: what the compiler takes to know that rows start on vectors
_LARGEST_IMAGE = 1 << 22  # rows or columns that positions are rounded to
_NO_MAP = ((1.0, 0.0), (1.0, 0.0))


@triton.jit
def _below(pixel, size):
    """Return whether 0 <= pixel < size, by one comparison without sign."""
    if pixel.dtype == tl.int64:
        below = pixel.to(tl.uint64, bitcast=True) < size
    else:
        below = pixel.to(tl.uint32, bitcast=True) < size
    return below


@triton.jit(do_not_specialize=["count", "frames", "start", "stop", "radius", "near"])
def _scatter_kernel(
    points_ptr,  # (N, 3)
    per_point,
    per_axis,
    count,
    box_ptr,  # (7, blocks)
    camera_ptr,  # (F, 16)
    plane_ptr,  # (25, F)
    frames,
    start,
    stop,
    nearest_ptr,  # (stop - start, height, pitch), bits of depths
    height,
    width,
    pitch,
    radius,
    near,
    LANES: tl.constexpr,
    EACH: tl.constexpr,
    EMULATE: tl.constexpr,
):
    block, first = tl.program_id(0), start + tl.program_id(1) * FRAMES
    TYPE: tl.constexpr = points_ptr.dtype.element_ty
    BITS: tl.constexpr = nearest_ptr.dtype.element_ty
    some = tl.arange(0, FRAMES)
    kept = reached(box_ptr, block, tl.num_programs(0), plane_ptr, first + some, frames) & (
        first + some < stop
    )
    todo = tl.sum(tl.where(kept, 1 << some, 0), 0)
    points = ()
    for i in tl.static_range(EACH):
        n = block.to(tl.int64) * (EACH * LANES) + i * LANES + tl.arange(0, LANES)
        point = points_ptr + n * per_point
        x = tl.load(point, mask=n < count, other=float("nan"))
        y = tl.load(point + per_axis, mask=n < count, other=float("nan"))
        z = tl.load(point + 2 * per_axis, mask=n < count, other=float("nan"))
        points += ((x, y, z),)
    near = real(near, TYPE)
    while todo != 0:
        frame = first + popcount((todo & -todo) - 1)
        todo &= todo - 1
        camera = camera_ptr + frame.to(tl.int64) * CAMERA
        image = nearest_ptr + (frame - start).to(tl.int64) * (height * pitch)
        a, b, c, d = tl.load(camera), tl.load(camera + 1), tl.load(camera + 2), tl.load(camera + 3)
        e, f, g, h = tl.load(camera + 4), tl.load(camera + 5), tl.load(camera + 6), tl.load(camera + 7)
        q, r, s, t = tl.load(camera + 8), tl.load(camera + 9), tl.load(camera + 10), tl.load(camera + 11)
        cx, cy = tl.load(camera + 12), tl.load(camera + 13)
        for i in tl.static_range(EACH):
            x, y, z = points[i]
            depth = q * x + (r * y + (s * z + t))
            inverse = reciprocal(depth, EMULATE)
            column = nearest((a * x + (b * y + (c * z + d))) * inverse + cx) + radius
            row = nearest((e * x + (f * y + (g * z + h))) * inverse + cy) + radius
            drawn = (depth > near) & _below(column, width) & _below(row, height)
            place = image + (row.to(tl.int32) * pitch + column.to(tl.int32))
            tl.atomic_min(place, depth.to(BITS, bitcast=True), mask=drawn, sem="relaxed")


@triton.jit
def _quarters(vectors, BLOCK: tl.constexpr):
    """Return the four columns of (BLOCK, 4), each thread keeping what it has."""
    even, odd = tl.split(tl.reshape(vectors, (BLOCK, 2, 2)))
    first, third = tl.split(even)
    second, fourth = tl.split(odd)
    return first, second, third, fourth


@triton.jit
def _windows(entries, SPREAD: tl.constexpr, BLOCK: tl.constexpr):
    """Return (BLOCK, 4): the minimum of each of four entries and ``SPREAD`` ones after it."""
    least = ()
    for i in tl.static_range(4):
        value = entries[i]
        for k in tl.static_range(i + 1, i + SPREAD + 1):
            value = tl.minimum(value, entries[k])
        least += (value,)
    pairs = tl.join(tl.join(least[0], least[2]), tl.join(least[1], least[3]))
    return tl.reshape(pairs, (BLOCK, 4))


@triton.jit
def _square_kernel(
    source_ptr,  # (frames, height + SPREAD, pitch)
    image_ptr,  # (frames, height, width)
    height,
    width,
    pitch,
    SPREAD: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Write the minimum over a square that begins at each entry: columns first, whose minima are shared."""
    frame, y = tl.program_id(2).to(tl.int64), tl.program_id(0)
    x = tl.program_id(1) * (4 * BLOCK) + 4 * tl.arange(0, BLOCK)[:, None] + tl.arange(0, 4)[None, :]
    source = source_ptr + (frame * (height + SPREAD) + y) * pitch + x
    entries = ()
    for k in tl.static_range(0, SPREAD + 4, 4):
        column = tl.load(source + k, mask=x + k < pitch, other=float("inf"))
        for dy in tl.static_range(1, SPREAD + 1):
            below = tl.load(source + dy * pitch + k, mask=x + k < pitch, other=float("inf"))
            column = tl.minimum(column, below)
        entries += _quarters(column, BLOCK)
    place = image_ptr + (frame * height + y) * width + x
    tl.store(place, _windows(entries, SPREAD, BLOCK), mask=x < width)


@triton.jit
def _along_rows_kernel(source_ptr, target_ptr, count, SPREAD: tl.constexpr, BLOCK: tl.constexpr):
    """Write the minimum of each entry and ``SPREAD`` ones after it, four entries a thread.

    Rows follow each other: what the last entries take from the next row falls on the padding.
    """
    n = (
        tl.program_id(0).to(tl.int64) * (4 * BLOCK)
        + 4 * tl.arange(0, BLOCK)[:, None]
        + tl.arange(0, 4)[None, :]
    )
    entries = _quarters(tl.load(source_ptr + n, mask=n < count, other=float("inf")), BLOCK)
    for k in tl.static_range(4, SPREAD + 4, 4):
        entries += _quarters(tl.load(source_ptr + n + k, mask=n + k < count, other=float("inf")), BLOCK)
    tl.store(target_ptr + n, _windows(entries, SPREAD, BLOCK), mask=n < count)


@triton.jit
def _along_columns_kernel(
    source_ptr,  # (frames, height + spread, pitch)
    image_ptr,  # (frames, height, width)
    height,
    width,
    pitch,
    spread,
    ROWS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Write the minimum of each entry and ``spread`` ones below it."""
    frame = tl.program_id(2).to(tl.int64)
    y = tl.program_id(0) * ROWS + tl.arange(0, ROWS)[:, None]
    x = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)[None, :]
    there = (y < height) & (x < width)
    source = source_ptr + frame * ((height + spread) * pitch) + (y * pitch + x)
    least = tl.load(source, mask=there, other=float("inf"))
    k = 0
    while k < spread:
        k += 1
        least = tl.minimum(least, tl.load(source + k * pitch, mask=there, other=float("inf")))
    tl.store(image_ptr + frame * (height * width) + (y * width + x), least, mask=there)


def render_depth(
    points: Tensor,
    cam_from_world: Tensor,
    intrinsics: Tensor,
    image_size: tuple[int, int],
    radius: int,
    near: float,
) -> Tensor:
    frames, (height, width) = cam_from_world.shape[0], image_size
    pitch = _ALIGNED * triton.cdiv(width + 2 * radius, _ALIGNED) if radius else width
    padded = (height + 2 * radius) * pitch
    # bits of numbers below 0 are in the opposite order
    if near < 0 or padded >= 2**31 or max(image_size) + 2 * radius > _LARGEST_IMAGE:
        return reference.render_depth(points, cam_from_world, intrinsics, image_size, radius, near)
    if not (points.shape[0] and frames and height * width):
        return points.new_full((frames, height, width), torch.inf)
    scatter = _scatter(points, cam_from_world, intrinsics, image_size, radius, near)
    if radius == 0:
        images = points.new_full((frames, height, width), torch.inf)
        scatter(images, 0, frames)
        return images
    images = points.new_empty((frames, height, width))
    count = 1 if radius <= _SMALL else 2
    group = max(1, min(_GROUP // count, images.numel() // (5 * count * padded)))
    buffers = points.new_empty((count, group, height + 2 * radius, pitch))
    for start in range(0, frames, group):
        some = images[start : start + group]
        centres, *spread = buffers[:, : len(some)]
        centres.fill_(torch.inf)
        scatter(centres, start, start + len(some))
        if spread:
            _filter(centres, spread[0], some, radius)
        else:
            _filter_small(centres, some, radius)
    return images


def _scatter(
    points: Tensor,
    cam_from_world: Tensor,
    intrinsics: Tensor,
    image_size: tuple[int, int],
    radius: int,
    near: float,
) -> Callable[[Tensor, int, int], None]:
    """Return what lowers an image of each frame from the second argument to the third to depths of points."""
    height, width = image_size
    edge = radius + 0.5
    borders = (near, -edge, width - 1 + edge, -edge, height - 1 + edge)
    cameras, planes = views(cam_from_world, intrinsics, borders, _NO_MAP, folded=True)
    bounds = boxes(points, _EACH * _LANES)
    bits = torch.int32 if points.dtype is torch.float32 else torch.int64

    def scatter(images: Tensor, start: int, stop: int) -> None:
        launch(
            _scatter_kernel,
            (bounds.shape[1], triton.cdiv(stop - start, FRAMES.value)),
            points,
            *points.stride(),
            points.shape[0],
            bounds,
            cameras,
            planes,
            cameras.shape[0],
            start,
            stop,
            images.view(bits),
            images.shape[1],
            width + 2 * radius,
            images.shape[2],
            radius,
            bits_of(near),
            warps=_LANES // 32,
            LANES=_LANES,
            EACH=_EACH,
            EMULATE=EMULATE,
        )

    return scatter


def _filter_small(source: Tensor, images: Tensor, radius: int) -> None:
    """Write to ``images`` the minimum of ``source`` over squares, in one pass."""
    frames, height, width = images.shape
    launch(
        _square_kernel,
        (height, triton.cdiv(width, 4 * _FILTER), frames),
        source,
        images,
        height,
        width,
        source.shape[2],
        warps=4,
        SPREAD=2 * radius,
        BLOCK=_FILTER,
    )


def _filter(source: Tensor, target: Tensor, images: Tensor, radius: int) -> None:
    """Write to ``images`` the minimum of ``source`` over squares; overwrites ``source`` and ``target``."""
    frames, height, width = images.shape
    left = 2 * radius
    while left:
        spread = min(left, _SPREAD)
        grid = (triton.cdiv(source.numel(), 4 * _FILTER),)
        launch(
            _along_rows_kernel, grid, source, target, source.numel(), warps=4, SPREAD=spread, BLOCK=_FILTER
        )
        source, target, left = target, source, left - spread
    launch(
        _along_columns_kernel,
        (triton.cdiv(height, _ROWS), triton.cdiv(width, 4 * _FILTER), frames),
        source,
        images,
        height,
        width,
        source.shape[2],
        2 * radius,
        warps=4,
        ROWS=_ROWS,
        BLOCK=4 * _FILTER,
    )
