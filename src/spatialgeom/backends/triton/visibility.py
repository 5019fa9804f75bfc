"""Visibility: a warp decides about 256 points for up to 32 frames, and a vote packs 32 decisions into a word.

Each of a thread's points is a neighbour of the other threads', so that a gather touches few sectors.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

from spatialgeom.backends.reference import visibility as reference
from spatialgeom.backends.triton._culling import CAMERA, FRAMES, boxes, reached, views
from spatialgeom.backends.triton._language import (
    EMULATE,
    ballot,
    bits_of,
    launch,
    nearest,
    popcount,
    product,
    real,
    reciprocal,
)

# sizes and bits of scalars: code made for a value of theirs is no faster, and is compiled for each
_VARIES = (
    "count frames width last_u last_v near left right top bottom scale_u shift_u scale_v "
    "shift_v scale beyond behind front"
)
_LANES, _EACH = (32768, 1) if EMULATE else (32, 8)  # threads, and points of each: 8 words fill a sector
_LARGEST_MAP = 1 << 22  # rows or columns that positions are rounded to


@triton.jit
def _project(camera, x, y, z, EMULATE: tl.constexpr):
    """Return u, v and depth; in float64 by the sums and roundings of the reference, else folded and fused."""
    a, b, c, d = tl.load(camera), tl.load(camera + 1), tl.load(camera + 2), tl.load(camera + 3)
    e, f, g, h = tl.load(camera + 4), tl.load(camera + 5), tl.load(camera + 6), tl.load(camera + 7)
    q, r, s, t = tl.load(camera + 8), tl.load(camera + 9), tl.load(camera + 10), tl.load(camera + 11)
    cx, cy = tl.load(camera + 12), tl.load(camera + 13)
    if x.dtype == tl.float64:
        depth = q * x + r * y + s * z + t
        u = (a * x + b * y + c * z + d) * tl.load(camera + 14) / depth + cx
        v = (e * x + f * y + g * z + h) * tl.load(camera + 15) / depth + cy
    else:
        depth = q * x + (r * y + (s * z + t))
        inverse = reciprocal(depth, EMULATE)
        u = (a * x + (b * y + (c * z + d))) * inverse + cx
        v = (e * x + (f * y + (g * z + h))) * inverse + cy
    return u, v, depth


@triton.jit
def _pixel(position, scale, shift, last, RESIZE: tl.constexpr, CLAMP: tl.constexpr):
    if RESIZE and position.dtype == tl.float64:
        position = position * scale + shift
    pixel = nearest(position)
    if CLAMP:
        pixel = tl.minimum(tl.maximum(pixel, 0), last)
    return pixel.to(tl.int32)


@triton.jit
def _up_to(pixel, last):
    return pixel.to(tl.uint32, bitcast=True) <= last


@triton.jit
def _unoccluded(
    depth, raw, scale, beyond, behind, front, BEHIND: tl.constexpr, FRONT: tl.constexpr, EMULATE: tl.constexpr
):
    reading = product(raw.to(depth.dtype), scale, EMULATE)
    seen = depth < reading * beyond + behind if BEHIND else depth < reading * beyond
    if BEHIND:
        seen &= raw > 0  # otherwise a depth, which is positive, cannot be less
    if FRONT:
        seen &= (depth <= reading - front) == 0
    return seen


@triton.jit
def _clear(words_ptr, width, start, first, frames, todo, WORDS: tl.constexpr, LANES: tl.constexpr):
    """Write zeros where nothing else will be written: each word is written once."""
    for i in tl.static_range(FRAMES * WORDS // LANES):
        cell = i * LANES + tl.arange(0, LANES)
        frame, word = cell // WORDS, start + cell % WORDS
        empty = (((todo >> frame) & 1) == 0) & (first + frame < frames) & (word < width)
        tl.store(words_ptr + (first + frame).to(tl.int64) * width + word, 0, mask=empty)


@triton.jit(do_not_specialize=_VARIES.split())
def _visible_kernel(
    points_ptr,  # (N, 3)
    per_point,
    per_axis,
    count,
    box_ptr,  # (7, blocks)
    camera_ptr,  # (F, 16)
    plane_ptr,  # (25, F)
    frames,
    depth_ptr,  # (F, Hd, Wd)
    per_frame,
    per_row,
    per_column,
    words_ptr,  # (F, width)
    width,
    near,
    left,
    right,
    top,
    bottom,
    scale_u,
    shift_u,
    scale_v,
    shift_v,
    last_u,
    last_v,
    scale,
    beyond,
    behind,
    front,
    RESIZE: tl.constexpr,
    CLAMP: tl.constexpr,
    EVEN: tl.constexpr,
    BEHIND: tl.constexpr,
    FRONT: tl.constexpr,
    LANES: tl.constexpr,
    EACH: tl.constexpr,
    EMULATE: tl.constexpr,
):
    block, first = tl.program_id(0), tl.program_id(1) * FRAMES
    TYPE: tl.constexpr = points_ptr.dtype.element_ty
    WORDS: tl.constexpr = LANES * EACH // 32
    lane = tl.arange(0, LANES)
    some = tl.arange(0, FRAMES)
    kept = reached(box_ptr, block, tl.num_programs(0), plane_ptr, first + some, frames)
    todo = tl.sum(tl.where(kept, 1 << some, 0), 0)
    _clear(words_ptr, width, block * WORDS, first, frames, todo, WORDS, LANES)
    points = ()
    for i in tl.static_range(EACH):
        n = block.to(tl.int64) * (EACH * LANES) + (lane // 32) * (EACH * 32) + i * 32 + lane % 32
        point = points_ptr + n * per_point
        # what fills up the last word is never visible
        x = tl.load(point, mask=n < count, other=float("nan"))
        y = tl.load(point + per_axis, mask=n < count, other=float("nan"))
        z = tl.load(point + 2 * per_axis, mask=n < count, other=float("nan"))
        points += ((x, y, z),)
    near, left, right = real(near, TYPE), real(left, TYPE), real(right, TYPE)
    top, bottom = real(top, TYPE), real(bottom, TYPE)
    scale_u, shift_u = real(scale_u, TYPE), real(shift_u, TYPE)
    scale_v, shift_v = real(scale_v, TYPE), real(shift_v, TYPE)
    scale, beyond = real(scale, TYPE), real(beyond, TYPE)
    behind, front = real(behind, TYPE), real(front, TYPE)
    word = block * WORDS + (lane // 32) * EACH + lane % 32
    there = (lane % 32 < EACH) & (word < width)
    while todo != 0:
        frame = first + popcount((todo & -todo) - 1)
        todo &= todo - 1
        camera = camera_ptr + frame.to(tl.int64) * CAMERA
        image = depth_ptr + frame.to(tl.int64) * per_frame
        words = tl.zeros((LANES,), tl.int32)
        for i in tl.static_range(EACH):
            x, y, z = points[i]
            u, v, depth = _project(camera, x, y, z, EMULATE)
            column = _pixel(u, scale_u, shift_u, last_u, RESIZE, CLAMP)
            row = _pixel(v, scale_v, shift_v, last_v, RESIZE, CLAMP)
            if EVEN:
                inside = (depth > near) & _up_to(column, last_u) & _up_to(row, last_v)
            else:
                inside = (depth > near) & (u >= left) & (u < right) & (v >= top) & (v < bottom)
            place = image + (row * per_row + column * per_column)
            if depth_ptr.dtype.element_ty == tl.uint16:
                raw = tl.load(place, mask=inside, other=65535).to(tl.int32)
                inside = raw != 65535
            else:
                raw = tl.load(place, mask=inside, other=0.0)
            seen = inside & _unoccluded(depth, raw, scale, beyond, behind, front, BEHIND, FRONT, EMULATE)
            words = tl.where(lane % 32 == i, ballot(seen, LANES, EMULATE), words)
        tl.store(words_ptr + frame.to(tl.int64) * width + word, words, mask=there)


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
    frames, *size_of_map = depth.shape
    words = torch.empty((frames, -(-points.shape[0] // 64)), dtype=torch.int64, device=points.device)
    if not words.numel():
        return words
    if _span(depth) > 2**31:
        depth = depth.contiguous()
    if _span(depth) > 2**31 or max(size_of_map) > _LARGEST_MAP:
        return reference.visible_points(
            points, cam_from_world, intrinsics, depth, depth_scale, image_size, tolerances, half_open
        )
    behind_rel, behind_m, front_m, near = tolerances
    resize = tuple(size_of_map) != tuple(image_size)
    exact = points.dtype is torch.float64
    maps = _to_map(image_size[1], size_of_map[1]), _to_map(image_size[0], size_of_map[0])
    borders = [
        border if exact else border * scale + shift
        for size, (scale, shift) in zip(image_size[::-1], maps, strict=True)
        for border in ((0.0, size) if half_open else (-0.5, size - 0.5))
    ]
    cameras, planes = views(cam_from_world, intrinsics, (near, *borders), maps, folded=not exact)
    launch(
        _visible_kernel,
        (triton.cdiv(points.shape[0], _EACH * _LANES), triton.cdiv(frames, FRAMES.value)),
        points,
        *points.stride(),
        points.shape[0],
        boxes(points, _EACH * _LANES),
        cameras,
        planes,
        frames,
        depth,
        *depth.stride(),
        words.view(torch.int32),
        2 * words.shape[1],
        *map(bits_of, (near, *borders, *maps[0], *maps[1])),
        size_of_map[1] - 1,
        size_of_map[0] - 1,
        *map(bits_of, (depth_scale, 1 + behind_rel, behind_m, front_m)),
        RESIZE=resize,
        CLAMP=resize or half_open,
        # the border at W - 0.5 then rounds to W, and all that lies inside to a pixel
        EVEN=not (exact or resize or half_open or image_size[0] % 2 or image_size[1] % 2),
        BEHIND=behind_m != 0,
        FRONT=front_m != float("inf"),
        LANES=_LANES,
        EACH=_EACH,
        EMULATE=EMULATE,
        warps=_LANES // 32,
        # in float64 each rounding is the reference's, so that its decisions are exact
        fused=not exact,
    )
    return words


def _to_map(size: int, size_of_map: int) -> tuple[float, float]:
    """Return scale and shift from a pixel of the image to one of the map."""
    return size_of_map / size, 0.5 * size_of_map / size - 0.5


def _span(depth: Tensor) -> int:
    """Return how many elements lie between the first and the last of a frame, with both."""
    return 1 + sum(
        (size - 1) * stride for size, stride in zip(depth.shape[1:], depth.stride()[1:], strict=True)
    )
