"""Overlap of packed sets: bit counts of a register tile of 4 x 2 pairs, in blocks that stay in cache."""

import numpy as np
import torch
from numba import njit, prange
from numpy.typing import NDArray
from torch import Tensor

from spatialgeom.backends.cpu._popcount import popcount, widest_vectors
from spatialgeom.backends.cpu.bitsets import count_bits

Words = NDArray[np.uint64]
Ints = NDArray[np.int64]

_TILE = 32  # sets on each side of one task
_BLOCK_WORDS = 1280  # words of a pass, at most: four rows stay in the first-level cache, a tile in the second


def overlap_matrix(visible: Tensor, other: Tensor | None) -> tuple[Tensor, Tensor]:
    left = visible.contiguous()
    right = left if other is None else other.contiguous()
    intersection = torch.zeros((left.shape[0], right.shape[0]), dtype=torch.int64)
    iou = torch.empty(intersection.shape, dtype=torch.float64)
    tiles = np.argwhere(np.ones([-(-size // _TILE) for size in intersection.shape], dtype=bool))
    if other is None:
        tiles = tiles[tiles[:, 0] <= tiles[:, 1]]
    passes = max(1, -(-left.shape[1] // _BLOCK_WORDS))
    _intersection_kernel(
        left.numpy().view(np.uint64),
        right.numpy().view(np.uint64),
        tiles,
        other is None,
        # passes of one length, in whole vectors
        max(16, -(-left.shape[1] // (16 * passes)) * 16),
        intersection.numpy(),
    )
    # the counts of sets with themselves are on the diagonal: no pass over the words of their own
    counts = intersection.diagonal().clone() if other is None else count_bits(left)
    right_counts = counts if other is None else count_bits(right)
    _ratio_kernel(intersection.numpy(), counts.numpy(), right_counts.numpy(), iou.numpy())
    return intersection, iou


@njit(cache=True, parallel=True, nogil=True)
def _intersection_kernel(
    left: Words, right: Words, tiles: Ints, symmetric: bool, block: int, intersection: Ints
) -> None:
    for task in prange(tiles.shape[0]):
        i0, j0 = _TILE * tiles[task, 0], _TILE * tiles[task, 1]
        i1, j1 = min(left.shape[0], i0 + _TILE), min(right.shape[0], j0 + _TILE)
        diagonal = symmetric and i0 == j0
        for start in range(0, left.shape[1], block):
            stop = min(left.shape[1], start + block)
            for i in range(i0, i1, 4):
                for j in range(i if diagonal else j0, j1, 2):
                    _add_register_tile(left, right, i, j, start, stop, intersection)
        if symmetric:
            for i in range(i0, i1):
                for j in range(i if diagonal else j0, j1):
                    intersection[j, i] = intersection[i, j]


@njit(cache=True, parallel=True, nogil=True, error_model="numpy")
def _ratio_kernel(
    intersection: Ints, left_counts: Ints, right_counts: Ints, iou: NDArray[np.float64]
) -> None:
    for row in prange(iou.shape[0]):
        for j in range(iou.shape[1]):
            shared = intersection[row, j]
            iou[row, j] = shared / max(1, left_counts[row] + right_counts[j] - shared)


@njit(cache=True, nogil=True)
def _add_register_tile(
    left: Words, right: Words, i: int, j: int, start: int, stop: int, intersection: Ints
) -> None:
    """Add the pairs of four rows with two: six loads for eight counts."""
    # LLVM holds back from 512 bits on most processors that have them; here they gain a third
    widest_vectors()
    last_i, last_j = left.shape[0] - 1, right.shape[0] - 1
    # beyond the last row it is read again, and the count dropped
    a0, a1 = left[i, start:stop], left[min(i + 1, last_i), start:stop]
    a2, a3 = left[min(i + 2, last_i), start:stop], left[min(i + 3, last_i), start:stop]
    b0, b1 = right[j, start:stop], right[min(j + 1, last_j), start:stop]
    s00 = s01 = s10 = s11 = s20 = s21 = s30 = s31 = np.uint64(0)
    for w in range(a0.size):
        s00 += popcount(a0[w] & b0[w])
        s01 += popcount(a0[w] & b1[w])
        s10 += popcount(a1[w] & b0[w])
        s11 += popcount(a1[w] & b1[w])
        s20 += popcount(a2[w] & b0[w])
        s21 += popcount(a2[w] & b1[w])
        s30 += popcount(a3[w] & b0[w])
        s31 += popcount(a3[w] & b1[w])
    sums = ((s00, s01), (s10, s11), (s20, s21), (s30, s31))
    for di in range(min(4, last_i + 1 - i)):
        for dj in range(min(2, last_j + 1 - j)):
            intersection[i + di, j + dj] += np.int64(sums[di][dj])
