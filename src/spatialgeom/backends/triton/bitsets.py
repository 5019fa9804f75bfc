"""Packed bits: counts of rows, and unions of groups of rows."""

import math

import torch
import triton
import triton.language as tl
from torch import Tensor

from spatialgeom.backends.triton._language import EMULATE, launch, popcount
from spatialgeom.backends.triton._split import multiprocessors

_BLOCK = 1 << 15 if EMULATE else 2048  # words that a program holds
_UNION_BLOCK = 1 << 12 if EMULATE else 512
_PROGRAMS = 8  # on each multiprocessor


def count_bits(words: Tensor) -> Tensor:
    batch = words.shape[:-1]
    # repeated rows are counted once
    distinct = words[tuple(slice(0, 1) if step == 0 else slice(None) for step in words.stride()[:-1])]
    rows = distinct.reshape(math.prod(distinct.shape[:-1]), words.shape[-1])
    counts = _count_rows(rows, _PROGRAMS * multiprocessors(words.device))
    return counts.reshape(distinct.shape[:-1]).expand(batch).contiguous()


def _count_rows(rows: Tensor, programs: int) -> Tensor:
    counts = torch.zeros(rows.shape[0], dtype=torch.int64, device=rows.device)
    if rows.numel() == 0:
        return counts
    width = min(_BLOCK, triton.next_power_of_2(rows.shape[1]))
    height = _BLOCK // width
    blocks = triton.cdiv(rows.shape[0], height)
    splits = max(1, min(triton.cdiv(rows.shape[1], width), programs // blocks))
    stretch = triton.cdiv(triton.cdiv(rows.shape[1], splits), width) * width
    launch(
        _count_kernel,
        (blocks, triton.cdiv(rows.shape[1], stretch)),
        rows,
        counts,
        *rows.shape,
        *rows.stride(),
        stretch,
        warps=4,
        ROWS=height,
        WORDS=width,
    )
    return counts


@triton.jit(do_not_specialize=["rows", "width", "stretch"])
def _count_kernel(
    words_ptr,  # (R, W) int64
    counts_ptr,  # (R,) int64, zero
    rows,
    width,
    row_stride,
    word_stride,
    stretch,
    ROWS: tl.constexpr,
    WORDS: tl.constexpr,
):
    row = tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    start = tl.program_id(1) * stretch
    stop = tl.minimum(start + stretch, width)
    total = tl.zeros((ROWS, WORDS), tl.int32)
    while start < stop:
        word = start + tl.arange(0, WORDS)
        live = (row < rows)[:, None] & (word < stop)[None, :]
        at = row[:, None] * row_stride + word.to(tl.int64)[None, :] * word_stride
        x = tl.load(words_ptr + at, mask=live, other=0)
        total += popcount(x.to(tl.int32)) + popcount((x >> 32).to(tl.int32))
        start += WORDS
    tl.atomic_add(counts_ptr + row, tl.sum(total.to(tl.int64), 1), mask=row < rows, sem="relaxed")


def union_bits(words: Tensor, groups: Tensor, count: int) -> Tensor:
    frames, width = words.shape
    union = torch.zeros((count, width), dtype=torch.int64, device=words.device)
    if union.numel() == 0 or frames == 0:
        return union
    blocks = triton.cdiv(width, _UNION_BLOCK)
    splits = max(1, _PROGRAMS * multiprocessors(words.device) // blocks)
    stretch = triton.cdiv(frames, splits)
    launch(
        _union_kernel,
        (blocks, triton.cdiv(frames, stretch)),
        words,
        groups,
        union,
        frames,
        width,
        count,
        *words.stride(),
        groups.stride(0),
        stretch,
        warps=4,
        BLOCK=_UNION_BLOCK,
        AHEAD=4,
    )
    return union


@triton.jit(do_not_specialize=["frames", "width", "count", "stretch"])
def _union_kernel(
    words_ptr,  # (F, W) int64
    groups_ptr,  # (F,) int64
    union_ptr,  # (G, W) int64, zero
    frames,
    width,
    count,
    row_stride,
    word_stride,
    group_stride,
    stretch,
    BLOCK: tl.constexpr,
    AHEAD: tl.constexpr,
):
    word = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    frame = tl.program_id(1).to(tl.int64) * stretch
    stop = tl.minimum(frame + stretch, frames)
    column_ptr = words_ptr + word.to(tl.int64) * word_stride
    union_ptr += word
    held = tl.zeros((BLOCK,), tl.int64)
    owner = tl.zeros((), tl.int64) - 1
    while frame < stop:
        rows, labels = (), ()
        for k in tl.static_range(AHEAD):  # loads first, so that they are under way together
            at = tl.minimum(frame + k, stop - 1)  # the last set once more changes nothing
            label = tl.load(groups_ptr + at * group_stride)
            label = tl.where(label < count, label, -1)
            labels += (label,)
            rows += (
                tl.load(column_ptr + at * row_stride, mask=word < tl.where(label < 0, 0, width), other=0),
            )
        for k in tl.static_range(AHEAD):
            # a set in no group adds nothing, and does not end the run of another
            new = (labels[k] >= 0) & (labels[k] != owner)
            written = tl.where(new & (owner >= 0), width, 0)
            tl.atomic_or(union_ptr + owner * width, held, mask=word < written, sem="relaxed")
            held = tl.where(new, rows[k], held | rows[k])
            owner = tl.where(new, labels[k], owner)
        frame += AHEAD
    written = tl.where(owner >= 0, width, 0)
    tl.atomic_or(union_ptr + owner * width, held, mask=word < written, sem="relaxed")
