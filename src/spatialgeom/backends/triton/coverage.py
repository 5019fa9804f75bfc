"""Extents of visible points: a lane a frame, which skips every word whose box its extents hold already."""

import torch
import triton
import triton.language as tl
from torch import Tensor

from spatialgeom.backends.triton._language import EMULATE, launch

_FRAMES = 32  # a warp's
_CHUNK = 4  # words in a row that a program takes: a sector of memory
_PROGRAMS = 4096
_NONE = tl.constexpr(-1)
_MIXED = tl.constexpr(-2)


@triton.jit
def _least(values, usable):
    return tl.min(tl.where(usable & (values == values), values, float("inf")), 1)


@triton.jit
def _most(values, usable):
    return tl.max(tl.where(usable & (values == values), values, float("-inf")), 1)


@triton.jit(do_not_specialize=["count", "words", "groups"])
def _word_kernel(
    points_ptr,  # (N, 3)
    labels_ptr,  # (N,) int64, or None
    box_ptr,  # (W, 6): low, high
    member_ptr,  # (W, 2) int64: bits of the points that have a label; the label that they share
    count,
    words,
    groups,
    point,
    axis,
    label,
    BLOCK: tl.constexpr,
):
    word = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    bit = tl.arange(0, 64)[None, :]
    n = word[:, None].to(tl.int64) * 64 + bit
    usable = n < count
    if labels_ptr is not None:
        group = tl.load(labels_ptr + n * label, mask=usable, other=-1)
        usable = (group >= 0) & (group < groups)
    else:
        group = tl.zeros_like(n)
    at = points_ptr + n * point
    x = tl.load(at, mask=usable, other=0.0)
    y = tl.load(at + axis, mask=usable, other=0.0)
    z = tl.load(at + 2 * axis, mask=usable, other=0.0)
    live = word < words
    box = box_ptr + word * 6
    tl.store(box, _least(x, usable), mask=live)
    tl.store(box + 1, _least(y, usable), mask=live)
    tl.store(box + 2, _least(z, usable), mask=live)
    tl.store(box + 3, _most(x, usable), mask=live)
    tl.store(box + 4, _most(y, usable), mask=live)
    tl.store(box + 5, _most(z, usable), mask=live)
    first = tl.min(tl.where(usable, group, groups), 1)
    last = tl.max(tl.where(usable, group, _NONE), 1)
    tl.store(member_ptr + word * 2, tl.sum(usable.to(tl.int64) << bit, 1), mask=live)
    tl.store(member_ptr + word * 2 + 1, tl.where(last > first, _MIXED, last), mask=live)


@triton.jit
def _either(a, b):
    return a | b


@triton.jit
def _load3(pointer, stride, mask=None, other=None):
    return (
        tl.load(pointer, mask=mask, other=other),
        tl.load(pointer + stride, mask=mask, other=other),
        tl.load(pointer + 2 * stride, mask=mask, other=other),
    )


@triton.jit
def _merge(extents, low, high, wanted):
    """Return the extents, widened where ``wanted`` by a box or a point; NaN widens nothing."""
    widened = ()
    for a in tl.static_range(3):
        widened += (tl.where(wanted & (low[a] < extents[a]), low[a], extents[a]),)
    for a in tl.static_range(3):
        widened += (tl.where(wanted & (high[a] > extents[3 + a]), high[a], extents[3 + a]),)
    return widened


@triton.jit
def _read(extent_ptr, at, live):
    """Return the extents found so far, or some that were: they only grow."""
    return _load3(extent_ptr[0] + at, 1, live, float("inf")) + _load3(
        extent_ptr[1] + at, 1, live, float("-inf")
    )


@triton.jit
def _write(extent_ptr, at, live, extents, before):
    for a in tl.static_range(3):
        # compared as integers, which is right for floats of one sign bit: no zero may be negative
        low, high = extents[a] + 0.0, extents[3 + a] + 0.0
        tl.atomic_min(extent_ptr[0] + at + a, low, mask=live & (low < before[a]), sem="relaxed")
        tl.atomic_max(extent_ptr[1] + at + a, high, mask=live & (high > before[3 + a]), sem="relaxed")


@triton.jit
def _change(extent_ptr, group, frames, frame, at, live, extents, before):
    """Write the extents of one object down, and go on with those of ``group``."""
    _write(extent_ptr, at, live, extents, before)
    at = (group * frames + frame) * 3
    return at, _read(extent_ptr, at, live)


@triton.jit(do_not_specialize=["frames", "count", "words", "chunks"])
def _extents_kernel(  # noqa: C901
    points_ptr,  # (N, 3)
    visible_ptr,  # (F, W) int64
    labels_ptr,  # (N,) int64, or None
    box_ptr,  # (W, 6)
    member_ptr,  # (W, 2) int64
    low_ptr,  # (K, F, 3)
    high_ptr,  # (K, F, 3)
    frames,
    count,
    words,
    chunks,
    point,
    axis,
    frame_stride,
    word_stride,
    label,
    CHUNK: tl.constexpr,
    FRAMES: tl.constexpr,
):
    frame = (tl.program_id(1) * FRAMES + tl.arange(0, FRAMES)).to(tl.int64)
    live = frame < frames
    seen_ptr = visible_ptr + frame * frame_stride
    extent_ptr = (low_ptr, high_ptr)
    group = tl.full((), 0, tl.int64)
    at = frame * 3
    extents = _read(extent_ptr, at, live)
    before = extents
    step = 0
    while step < chunks * CHUNK:
        chunk = step // CHUNK
        if labels_ptr is None:
            # far apart, so that the extents are soon wide and hold most boxes
            word = (chunk * tl.num_programs(0) + tl.program_id(0)) * CHUNK + step % CHUNK
        else:
            # side by side, where labels seldom change
            word = (tl.program_id(0) * chunks + chunk) * CHUNK + step % CHUNK
        step += 1
        # the last word does no harm twice
        word = tl.minimum(word, words - 1)
        member, shared = tl.load(member_ptr + word * 2), tl.load(member_ptr + word * 2 + 1)
        seen = tl.load(seen_ptr + word.to(tl.int64) * word_stride, mask=live, other=0) & member
        if (shared >= 0) & (shared != group):
            group = shared
            at, before = _change(extent_ptr, group, frames, frame, at, live, extents, before)
            extents = before
        low, high = _load3(box_ptr + word * 6, 1), _load3(box_ptr + word * 6 + 3, 1)
        outside = (low[0] < extents[0]) | (low[1] < extents[1]) | (low[2] < extents[2])
        outside |= (high[0] > extents[3]) | (high[1] > extents[4]) | (high[2] > extents[5])
        mixed = tl.zeros_like(seen) + shared == _MIXED
        extents = _merge(extents, low, high, outside & (seen == member) & (seen != 0) & ~mixed)
        seen = tl.where((outside & (seen != member)) | mixed, seen, 0)
        left = tl.reduce(seen, 0, _either)
        n = word.to(tl.int64) * 64
        if labels_ptr is not None:
            while (left != 0) & (shared == _MIXED):
                if (left & 1) != 0:
                    own = tl.load(labels_ptr + n * label)
                    if own != group:
                        group = own
                        at, before = _change(extent_ptr, group, frames, frame, at, live, extents, before)
                        extents = before
                    xyz = _load3(points_ptr + n * point, axis)
                    extents = _merge(extents, xyz, xyz, (seen & 1) != 0)
                seen >>= 1
                left = (left >> 1) & 0x7FFFFFFFFFFFFFFF
                n += 1
        while left != 0:
            if (left & 255) != 0:
                for p in tl.static_range(8):
                    xyz = _load3(points_ptr + (n + p) * point, axis, n + p < count, 0.0)
                    extents = _merge(extents, xyz, xyz, ((seen >> p) & 1) != 0)
            seen >>= 8
            left = (left >> 8) & 0x00FFFFFFFFFFFFFF
            n += 8
    _write(extent_ptr, at, live, extents, before)


def axis_extents(
    points: Tensor, visible: Tensor, labels: Tensor | None, groups: int
) -> tuple[Tensor, Tensor]:
    frames, words = visible.shape
    low = points.new_full((groups, frames, 3), torch.inf)
    high = torch.full_like(low, -torch.inf)
    if not low.numel() or not words:
        return low, high
    count, label = points.shape[0], 0 if labels is None else labels.stride(0)
    box, member = points.new_empty((words, 6)), visible.new_empty((words, 2))
    block = 64 if EMULATE else 4
    launch(
        _word_kernel,
        (triton.cdiv(words, block),),
        points,
        labels,
        box,
        member,
        count,
        words,
        groups,
        *points.stride(),
        label,
        warps=4,
        BLOCK=block,
    )
    warps = triton.cdiv(frames, _FRAMES)
    chunks = triton.cdiv(words, _CHUNK * max(1, _PROGRAMS // warps))
    launch(
        _extents_kernel,
        (triton.cdiv(words, _CHUNK * chunks), warps),
        points,
        visible,
        labels,
        box,
        member,
        low,
        high,
        frames,
        count,
        words,
        chunks,
        *points.stride(),
        *visible.stride(),
        label,
        warps=1,
        CHUNK=_CHUNK,
        FRAMES=_FRAMES,
    )
    return low, high
