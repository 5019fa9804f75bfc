"""Change of pairwise distances: a warp holds a tile of pairs in registers and walks through time."""

import torch
import triton
import triton.language as tl
from torch import Tensor

from spatialgeom.backends.triton._language import EMULATE, bits_of, launch, popcount, real

_LEAST = tl.constexpr(2.0**-126)  # the smallest normal float32
_WORD = tl.constexpr(8)  # frames in a word of the recount


@triton.jit
def _lesser(a, b, EMULATE: tl.constexpr):
    """Return the lesser of two, of which only the first may be NaN, and then is left out."""
    # one instruction for the compiler; the interpreter of some versions lets NaN through
    return tl.where(a < b, a, b) if EMULATE else tl.minimum(a, b)


@triton.jit
def _greater(a, b, EMULATE: tl.constexpr):
    """Return the greater of two, of which only the first may be NaN, and then is left out."""
    return tl.where(a > b, a, b) if EMULATE else tl.maximum(a, b)


@triton.jit
def _root(square):
    """Return the correctly rounded square root."""
    return tl.sqrt(square) if square.dtype == tl.float64 else tl.sqrt_rn(square)


@triton.jit
def _positions(pointers, points, frame, steps, layout):
    """Return x, y and z of ``points`` in ``frame``, of which x is NaN where a point is not seen."""
    at, seen_at, live = points
    step, axis, seen_step = layout
    frame = tl.minimum(frame, steps - 1).to(tl.int64)
    track = pointers[0] + frame * step + at
    x = tl.load(track, mask=live, other=float("nan"))
    y = tl.load(track + axis, mask=live, other=0.0)
    z = tl.load(track + 2 * axis, mask=live, other=0.0)
    # infinity times 0 is NaN as well
    x += x * 0.0 + y * 0.0 + z * 0.0
    if pointers[1] is not None:
        seen = tl.load(pointers[1] + frame * seen_step + seen_at, mask=live, other=0)
        x = tl.where(seen != 0, x, float("nan"))
    return x, y, z


@triton.jit
def _advance(first, second, low, high, ignored, PATH: tl.constexpr, EMULATE: tl.constexpr):
    """Return the state of all pairs after one more frame."""
    x = first[0][:, None] - second[0][None, :]
    y = first[1][:, None] - second[1][None, :]
    z = first[2][:, None] - second[2][None, :]
    if not PATH:
        square = tl.fma(z, z, tl.fma(y, y, x * x))
        return _lesser(square, low, EMULATE), _greater(square, high, EMULATE)
    if EMULATE or x.dtype == tl.float64:
        distance = _root(tl.fma(z, z, tl.fma(y, y, x * x)))
    else:
        # Newton's correction of an approximate root is exact for squares of numbers, in half of the
        # instructions; the smallest number is lost in any sum but 0, whose inverse root would be infinite
        square = tl.fma(z, z, tl.fma(y, y, tl.fma(x, x, tl.full(x.shape, _LEAST, tl.float32))))
        inverse = tl.rsqrt(square)
        root = square * inverse
        distance = tl.fma(0.5 * inverse, tl.fma(-root, root, square), root)
    moved = tl.abs(distance - low)
    # a step from or to an unseen frame is NaN and fails the comparison
    return distance, tl.where(moved > ignored, high + moved, high)


@triton.jit
def _seen_words(pointers, points, frame, steps, layout):
    """Return for each point an int32 word of the frames, from ``frame`` on, in which it is seen."""
    at, seen_at, live = points
    late = frame + tl.arange(0, _WORD)[:, None]
    points = at[None, :], seen_at[None, :], (late < steps) & live[None, :]
    x, _, _ = _positions(pointers, points, late, steps, layout)
    return tl.sum((x == x).to(tl.int32) << (late - frame), 0)


@triton.jit(do_not_specialize=["steps", "ignore_below"])
def _distance_change_kernel(
    tracks_ptr,  # (T, N, 3)
    visible_ptr,  # (T, N), or None
    change_ptr,  # (N, N)
    steps,
    count,
    step,
    point,
    axis,
    seen_step,
    seen_point,
    ignore_below,
    PATH: tl.constexpr,
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
    EMULATE: tl.constexpr,
):
    row, column = tl.program_id(0) * ROWS, tl.program_id(1) * COLUMNS
    if row >= column + COLUMNS:
        return
    TYPE: tl.constexpr = tracks_ptr.dtype.element_ty
    pointers, layout = (tracks_ptr, visible_ptr), (step, axis, seen_step)
    i, j = (row + tl.arange(0, ROWS)).to(tl.int64), (column + tl.arange(0, COLUMNS)).to(tl.int64)
    rows, columns = (i * point, i * seen_point, i < count), (j * point, j * seen_point, j < count)
    ignored = real(ignore_below, TYPE)
    # least and greatest square; of the path the distance before, and the sum of steps
    low = tl.full((ROWS, COLUMNS), float("nan") if PATH else float("inf"), TYPE)
    high = tl.full((ROWS, COLUMNS), 0.0 if PATH else -1.0, TYPE)
    i0 = _positions(pointers, rows, 0, steps, layout)
    j0 = _positions(pointers, columns, 0, steps, layout)
    i1 = _positions(pointers, rows, 1, steps, layout)
    j1 = _positions(pointers, columns, 1, steps, layout)
    t = 0
    while t < steps:
        t += 2
        # under way while those before are used; the last frame does no harm twice
        i2 = _positions(pointers, rows, t, steps, layout)
        j2 = _positions(pointers, columns, t, steps, layout)
        i3 = _positions(pointers, rows, t + 1, steps, layout)
        j3 = _positions(pointers, columns, t + 1, steps, layout)
        low, high = _advance(i0, j0, low, high, ignored, PATH, EMULATE)
        low, high = _advance(i1, j1, low, high, ignored, PATH, EMULATE)
        i0, j0, i1, j1 = i2, j2, i3, j3
    change = high
    if not PATH:
        # where nothing was seen, low is infinite and high is -1
        change = _root(tl.where(high < 0, 0.0, high)) - _root(tl.where(high < 0, 0.0, low))
    wanted = (i[:, None] <= j[None, :]) & columns[2][None, :]
    # a change above zero took two frames already
    doubtful = wanted & (change == 0)
    if tl.max(tl.max(doubtful.to(tl.int32), 1), 0) != 0:
        joint = tl.zeros((ROWS, COLUMNS), tl.int32)
        t = 0
        while t < steps:
            seen_i = _seen_words(pointers, rows, t, steps, layout)
            seen_j = _seen_words(pointers, columns, t, steps, layout)
            joint += popcount(seen_i[:, None] & seen_j[None, :])
            t += _WORD
        change = tl.where(doubtful & (joint < 2), float("nan"), change)
    tl.store(change_ptr + i[:, None] * count + j[None, :], change, mask=wanted)
    tl.store(change_ptr + j[None, :] * count + i[:, None], change, mask=wanted)


def distance_change(tracks: Tensor, visible: Tensor | None, measure: str, ignore_below: float) -> Tensor:
    steps, count, _ = tracks.shape
    change = tracks.new_empty((count, count))
    if steps < 2 or not count:
        return change.fill_(torch.nan)
    rows, columns = _tile(count, tracks.dtype)
    launch(
        _distance_change_kernel,
        (triton.cdiv(count, rows), triton.cdiv(count, columns)),
        tracks,
        None if visible is None else visible.view(torch.uint8),
        change,
        steps,
        count,
        *tracks.stride(),
        *((0, 0) if visible is None else visible.stride()),
        bits_of(ignore_below),
        # one warp: exchanging positions waits for no other
        warps=1,
        PATH=measure == "path",
        ROWS=rows,
        COLUMNS=columns,
        EMULATE=EMULATE,
    )
    return change


def _tile(count: int, dtype: torch.dtype) -> tuple[int, int]:
    """Return rows and columns of a tile: the largest that registers hold and that busies all processors."""
    if EMULATE:
        # each operation costs the interpreter the same, whatever its size
        return min(128, triton.next_power_of_2(count)), min(512, triton.next_power_of_2(count))
    if count <= 1024:
        return 8, 32
    return (16 if dtype is torch.float64 else 32), 32
