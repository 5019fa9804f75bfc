"""Overlap of packed sets: a matrix product on tensor cores, and the ratios of its counts."""

from collections.abc import Callable
from functools import cache

import torch
import triton
import triton.language as tl
from torch import Tensor

from spatialgeom.backends.triton._int8 import add_int8_products
from spatialgeom.backends.triton._language import EMULATE, launch
from spatialgeom.backends.triton._one_bit import add_one_bit_products
from spatialgeom.backends.triton.bitsets import count_bits

_BLOCK = 256 if EMULATE else 32
_NO_ONE_BIT_CORES = (10, 0)  # from Blackwell on, the instruction is emulated

AddProducts = Callable[[Tensor, Tensor | None, Tensor], None]


def overlap_matrix(visible: Tensor, other: Tensor | None) -> tuple[Tensor, Tensor]:
    return overlap_by(_products(visible.device), visible, other)


def overlap_by(add_products: AddProducts, visible: Tensor, other: Tensor | None) -> tuple[Tensor, Tensor]:
    """Return counts and ratios by one of the two products, so that both can be timed on one GPU."""
    left = _with_whole_rows(visible)
    right = None if other is None else _with_whole_rows(other)
    shape = (left.shape[0], left.shape[0] if right is None else right.shape[0])
    intersection = torch.zeros(shape, dtype=torch.int64, device=left.device)
    if intersection.numel() and left.shape[1]:
        add_products(left, right, intersection)
    if right is None:
        return intersection, _complete(intersection, intersection.diagonal(), intersection.diagonal(), True)
    return intersection, _complete(intersection, count_bits(left), count_bits(right), False)


@cache
def _products(device: torch.device) -> AddProducts:
    if EMULATE or torch.cuda.get_device_capability(device) < _NO_ONE_BIT_CORES:
        return add_one_bit_products
    return add_int8_products


def _with_whole_rows(words: Tensor) -> Tensor:
    """Return the words with those of a row side by side; rows may lie anywhere, and repeat."""
    return words if words.stride(1) == 1 else words.contiguous()


def _complete(intersection: Tensor, counts: Tensor, right_counts: Tensor, symmetric: bool) -> Tensor:
    """Mirror the upper triangle of a symmetric matrix, and return the ratios."""
    iou = torch.empty(intersection.shape, dtype=torch.float64, device=intersection.device)
    if iou.numel():
        launch(
            _complete_kernel,
            tuple(triton.cdiv(size, _BLOCK) for size in iou.shape),
            intersection,
            counts,
            right_counts,
            iou,
            *iou.shape,
            counts.stride(0),
            right_counts.stride(0),
            warps=4,
            SYMMETRIC=symmetric,
            BLOCK=_BLOCK,
        )
    return iou


@triton.jit(do_not_specialize=["rows", "columns", "count_stride", "right_count_stride"])
def _complete_kernel(
    intersection_ptr,  # (F, G) int64
    counts_ptr,  # (F,) int64
    right_counts_ptr,  # (G,) int64
    iou_ptr,  # (F, G) float64
    rows,
    columns,
    count_stride,
    right_count_stride,
    SYMMETRIC: tl.constexpr,
    BLOCK: tl.constexpr,
):
    if SYMMETRIC and tl.program_id(1) < tl.program_id(0):
        return
    row = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    column = tl.program_id(1).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    count = tl.load(counts_ptr + row * count_stride, mask=row < rows, other=0)
    right_count = tl.load(right_counts_ptr + column * right_count_stride, mask=column < columns, other=0)
    row, column = row[:, None], column[None, :]
    live = (row < rows) & (column < columns)
    if SYMMETRIC:
        live &= row <= column
    shared = tl.load(intersection_ptr + row * columns + column, mask=live, other=0)
    union = tl.maximum(count[:, None] + right_count[None, :] - shared, 1)
    iou = shared.to(tl.float64) / union.to(tl.float64)
    tl.store(iou_ptr + row * columns + column, iou, mask=live)
    if SYMMETRIC:
        # the diagonal, which other programs read, is left alone
        below = live & (row < column)
        tl.store(intersection_ptr + column * columns + row, shared, mask=below)
        tl.store(iou_ptr + column * columns + row, iou, mask=below)
