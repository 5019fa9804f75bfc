"""Relative poses: a table of what each frame brings to its pairs, then one pass over the pairs."""

import torch
import triton
import triton.language as tl
from torch import Tensor

from spatialgeom.backends.triton._angles import atan2_degrees
from spatialgeom.backends.triton._language import EMULATE, launch

_BLOCK_EMULATED = 64
_NEWTON_STEPS = tl.constexpr(8)
_ENTRIES = tl.constexpr(18)  # of a frame: inverse rotation 9, centre 3, quaternion 4, yaw, pitch


@triton.jit
def _cross(a, b):
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


@triton.jit
def _dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@triton.jit
def _times(a, scale):
    return a[0] * scale, a[1] * scale, a[2] * scale


@triton.jit
def _newton(a, inverse, grow):
    """Return the mean of a row times ``grow`` and its inverse transposed over ``grow``."""
    shrink = 1 / grow
    return (
        0.5 * (a[0] * grow + inverse[0] * shrink),
        0.5 * (a[1] * grow + inverse[1] * shrink),
        0.5 * (a[2] * grow + inverse[2] * shrink),
    )


@triton.jit
def _nearest_rotation(a, b, c):
    """Return the rows of the orthogonal polar factor, by Newton's iteration; NaN for a reflection."""
    whole = tl.where(_dot(a, _cross(b, c)) > 0, 1.0, float("nan")).to(a[0].dtype)
    a = _times(a, whole)
    step = 0
    while step < _NEWTON_STEPS:
        u, v, w = _cross(b, c), _cross(c, a), _cross(a, b)
        over = 1 / _dot(a, u)
        u, v, w = _times(u, over), _times(v, over), _times(w, over)
        # both to one size, which a matrix of any scale needs to converge
        ratio = (_dot(u, u) + _dot(v, v) + _dot(w, w)) / (_dot(a, a) + _dot(b, b) + _dot(c, c))
        grow = tl.sqrt(tl.sqrt(ratio))
        a, b, c = _newton(a, u, grow), _newton(b, v, grow), _newton(c, w, grow)
        step += 1
    return a, b, c


@triton.jit
def _larger(size, row, other_size, other):
    """Return the larger of two sizes, and the row of four that goes with it."""
    more = size > other_size
    return tl.where(more, size, other_size), (
        tl.where(more, row[0], other[0]),
        tl.where(more, row[1], other[1]),
        tl.where(more, row[2], other[2]),
        tl.where(more, row[3], other[3]),
    )


@triton.jit
def _unit_quaternion(a, b, c):
    """Return w, x, y, z of a rotation of these rows: the largest row of 4 q q^T, normalised."""
    wx, wy, wz = c[1] - b[2], a[2] - c[0], b[0] - a[1]
    xy, xz, yz = b[0] + a[1], a[2] + c[0], c[1] + b[2]
    trace = a[0] + b[1] + c[2]
    largest, most = _larger(
        b[1], (wy, xy, 1 + 2 * b[1] - trace, yz), c[2], (wz, xz, yz, 1 + 2 * c[2] - trace)
    )
    largest, most = _larger(a[0], (wx, 1 + 2 * a[0] - trace, xy, xz), largest, most)
    _, most = _larger(trace, (1 + trace, wx, wy, wz), largest, most)
    w, x, y, z = most
    over = 1 / tl.sqrt(w * w + x * x + y * y + z * z)
    return w * over, x * over, y * over, z * over


@triton.jit
def _frame_kernel(
    pose_ptr,  # (F, 4, 4)
    table_ptr,  # (18, F)
    frames,
    stride,
    row,
    column,
    BLOCK: tl.constexpr,
):
    TYPE: tl.constexpr = table_ptr.dtype.element_ty
    frame = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    live = frame < frames
    pose = pose_ptr + frame.to(tl.int64) * stride
    rows = ()
    centre = ()
    for r in tl.static_range(3):
        line = ()
        for c in tl.static_range(3):
            line += (tl.load(pose + r * row + c * column, mask=live, other=0.0).to(TYPE),)
        rows += (line,)
        centre += (tl.load(pose + r * row + 3 * column, mask=live, other=0.0).to(TYPE),)
    a, b, c = rows
    u, v, w = _cross(b, c), _cross(c, a), _cross(a, b)
    determinant = _dot(a, u)
    over = 1 / tl.where(determinant == 0, float("nan"), determinant)
    u, v, w = _times(u, over), _times(v, over), _times(w, over)
    near_a, near_b, near_c = _nearest_rotation(a, b, c)
    turn = _unit_quaternion(near_a, near_b, near_c)
    yaw = atan2_degrees(b[2], a[2])
    pitch = atan2_degrees(c[2], tl.sqrt(a[2] * a[2] + b[2] * b[2]))
    inverse = (u[0], v[0], w[0], u[1], v[1], w[1], u[2], v[2], w[2])
    entries = inverse + centre + turn + (yaw, pitch)
    for n in tl.static_range(_ENTRIES):
        tl.store(table_ptr + tl.cast(frames, tl.int64) * n + frame, entries[n], mask=live)


@triton.jit
def _difference(a, b, c, d):
    """Return a * b - c * d without cancellation (Kahan): 0 where the products are equal."""
    product = c * d
    return tl.fma(a, b, -product) + tl.fma(-c, d, product)


@triton.jit
def _angle(first, second):
    """Return the angle of the rotation between two unit quaternions, in degrees."""
    a, b, c, d = first
    w, x, y, z = second
    cosine = a * w + b * x + c * y + d * z
    u = _difference(a, x, b, w) - _difference(c, z, d, y)
    v = _difference(a, y, c, w) - _difference(d, x, b, z)
    t = _difference(a, z, d, w) - _difference(b, y, c, x)
    return 2 * atan2_degrees(tl.sqrt(u * u + v * v + t * t), tl.abs(cosine))


@triton.jit
def _wrap(degrees):
    degrees = tl.where(degrees >= 180, degrees - 360, degrees)
    return tl.where(degrees < -180, degrees + 360, degrees)


@triton.jit
def _entries(table_ptr, frames, frame, live, FIRST: tl.constexpr):
    """Return what ``frame`` brings to its pairs from entry ``FIRST`` on; NaN where there is no such frame."""
    values = ()
    for n in tl.static_range(FIRST, _ENTRIES):
        values += (tl.load(table_ptr + tl.cast(frames, tl.int64) * n + frame, mask=live, other=float("nan")),)
    return values


@triton.jit
def _pair_kernel(
    table_ptr,  # (18, F)
    pairs_ptr,  # (P, 2) int64: written where all pairs are taken, else read
    translation_ptr,  # (P, 3)
    distance_ptr,  # (P,)
    yaw_ptr,  # (P,)
    pitch_ptr,  # (P,)
    angle_ptr,  # (P,)
    frames,
    count,
    ALL: tl.constexpr,
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
):
    if ALL:
        row, column = tl.program_id(0) * ROWS, tl.program_id(1) * COLUMNS
        if row >= column + COLUMNS - 1:
            return
        i, j = row + tl.arange(0, ROWS)[:, None], column + tl.arange(0, COLUMNS)[None, :]
        live = (i < j) & (j < frames)
        live_i, live_j = i < frames, j < frames
        wide = i.to(tl.int64)
        # of the rows before, the first i of F - 1, F - 2, ... pairs
        pair = wide * (2 * frames - wide - 1) // 2 + (j - i - 1)
        tl.store(pairs_ptr + pair * 2, wide + tl.zeros_like(pair), mask=live)
        tl.store(pairs_ptr + pair * 2 + 1, j + tl.zeros_like(pair), mask=live)
    else:
        pair = tl.program_id(0).to(tl.int64) * COLUMNS + tl.arange(0, COLUMNS)[None, :]
        live = pair < count
        i = tl.load(pairs_ptr + pair * 2, mask=live, other=-1)
        j = tl.load(pairs_ptr + pair * 2 + 1, mask=live, other=-1)
        live_i, live_j = (i >= 0) & (i < frames), (j >= 0) & (j < frames)
    first = _entries(table_ptr, frames, i, live_i, 0)
    x1, y1, z1, w, x, y, z, yaw, pitch = _entries(table_ptr, frames, j, live_j, 9)
    offset = x1 - first[9], y1 - first[10], z1 - first[11]
    right, down, ahead = _dot(first[0:3], offset), _dot(first[3:6], offset), _dot(first[6:9], offset)
    tl.store(translation_ptr + pair * 3, right, mask=live)
    tl.store(translation_ptr + pair * 3 + 1, down, mask=live)
    tl.store(translation_ptr + pair * 3 + 2, ahead, mask=live)
    tl.store(distance_ptr + pair, tl.sqrt(right * right + down * down + ahead * ahead), mask=live)
    tl.store(yaw_ptr + pair, _wrap(yaw - first[16]), mask=live)
    tl.store(pitch_ptr + pair, _wrap(pitch - first[17]), mask=live)
    tl.store(angle_ptr + pair, _angle(first[12:16], (w, x, y, z)), mask=live)


def relative_poses(world_from_cam: Tensor, pairs: Tensor | None) -> tuple[Tensor, ...]:
    frames = world_from_cam.shape[0]
    every, size = pairs is None, frames * (frames - 1) // 2 if pairs is None else 0
    made = torch.empty((size, 2), dtype=torch.int64, device=world_from_cam.device)
    pairs = made if pairs is None else pairs
    count = pairs.shape[0]
    columns = [world_from_cam.new_empty((count, 3)), *(world_from_cam.new_empty(count) for _ in range(4))]
    if not count:
        return made, *columns
    exact = world_from_cam.dtype is torch.float64
    table = world_from_cam.new_empty((18, frames), dtype=torch.float64 if exact else torch.float32)
    block = _BLOCK_EMULATED if EMULATE else 32
    strides = world_from_cam.stride()
    launch(
        _frame_kernel,
        (triton.cdiv(frames, block),),
        world_from_cam,
        table,
        frames,
        *strides,
        warps=1,
        BLOCK=block,
    )
    rows, width = _tile(every, frames)
    grid = (triton.cdiv(frames, rows), triton.cdiv(frames, width)) if every else (triton.cdiv(count, width),)
    launch(
        _pair_kernel,
        grid,
        table,
        pairs.contiguous(),
        *columns,
        frames,
        count,
        warps=4,
        ALL=every,
        ROWS=rows,
        COLUMNS=width,
    )
    return made, *columns


def _tile(every: bool, frames: int) -> tuple[int, int]:
    if EMULATE:
        return (64, 64) if every else (1, 1024)
    return (4, 128) if every else (1, 128)
