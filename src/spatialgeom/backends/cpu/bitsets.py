"""Operations on packed bits, a word at a time."""

import math
from typing import Any

import numpy as np
import torch
from numba import njit, prange
from numpy.typing import NDArray
from torch import Tensor

from spatialgeom.backends.cpu._popcount import popcount

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]
Ints = NDArray[np.int64]

_UNION_WORDS = 256  # words of one task: two rows of it stay in the first-level cache
_DRAWS = 4096  # draws of one task


def pack_bits(mask: Tensor) -> Tensor:
    *batch, count = mask.shape
    words = torch.empty((math.prod(batch), -(-count // 64)), dtype=torch.int64)
    bits = mask.contiguous().view(torch.uint8).reshape(math.prod(batch), count).numpy()
    _pack_kernel(bits, _words(words))
    return words.reshape(*batch, words.shape[1])


def unpack_bits(words: Tensor, count: int) -> Tensor:
    *batch, width = words.shape
    mask = torch.empty((math.prod(batch), count), dtype=torch.bool)
    _unpack_kernel(_words(words.reshape(math.prod(batch), width)), mask.view(torch.uint8).numpy())
    return mask.reshape(*batch, count)


def count_bits(words: Tensor) -> Tensor:
    *batch, width = words.shape
    counts = torch.empty(math.prod(batch), dtype=torch.int64)
    _count_kernel(_words(words.reshape(math.prod(batch), width)), counts.numpy())
    return counts.reshape(batch)


def union_bits(words: Tensor, groups: Tensor, count: int) -> Tensor:
    union = torch.zeros((count, words.shape[1]), dtype=torch.int64)
    _union_kernel(_words(words), groups.contiguous().numpy(), _words(union))
    return union


def select_bits(words: Tensor, index: Tensor) -> Tensor:
    selected = torch.empty((words.shape[0], -(-index.shape[0] // 64)), dtype=torch.int64)
    _select_kernel(_words(words), index.contiguous().numpy(), _words(selected))
    return selected


def nth_bit(words: Tensor, k: Tensor, rows: Tensor) -> Tensor:
    found = torch.empty_like(k)
    _nth_kernel(_words(words), k.contiguous().numpy(), rows.contiguous().numpy(), found.numpy())
    return found


def _words(tensor: Tensor) -> Words:
    return tensor.contiguous().numpy().view(np.uint64)


@njit(cache=True, parallel=True, nogil=True)
def _pack_kernel(mask: Bytes, words: Words) -> None:
    whole = mask.shape[1] // 64
    for row in prange(words.shape[0]):
        eights = mask[row, : 64 * whole].view(np.uint64)
        for w in range(whole):
            word = np.uint64(0)
            for octet in range(8):
                # the product moves byte i's lowest bit to bit 56 + i; no two of its 64 terms meet
                bits = (eights[8 * w + octet] * np.uint64(0x0102040810204080)) >> np.uint64(56)
                word |= bits << np.uint64(8 * octet)
            words[row, w] = word
        for w in range(whole, words.shape[1]):
            word = np.uint64(0)
            for bit in range(mask.shape[1] - 64 * whole):
                word |= np.uint64(mask[row, 64 * whole + bit]) << np.uint64(bit)
            words[row, w] = word


@njit(cache=True, parallel=True, nogil=True)
def _unpack_kernel(words: Words, mask: Bytes) -> None:
    for row in prange(words.shape[0]):
        for w in range(words.shape[1]):
            _unpack_word(words[row, w], mask[row, 64 * w : 64 * w + 64])


@njit(cache=True, nogil=True)
def _unpack_word(word: np.uint64, mask: Bytes) -> None:
    for bit in range(mask.size):
        mask[bit] = np.uint8((word >> np.uint64(bit)) & np.uint64(1))


@njit(cache=True, parallel=True, nogil=True)
def _count_kernel(words: Words, counts: Ints) -> None:
    for row in prange(words.shape[0]):
        counts[row] = _count_row(words[row])


@njit(cache=True, nogil=True)
def _count_row(row: Words) -> np.int64:
    total = np.uint64(0)
    for w in range(row.size):
        total += popcount(row[w])
    return np.int64(total)


@njit(cache=True, parallel=True, nogil=True)
def _union_kernel(words: Words, groups: Ints, union: Words) -> None:
    frames, width = words.shape
    for task in prange((width + _UNION_WORDS - 1) // _UNION_WORDS):
        first = np.int64(task) * _UNION_WORDS
        last = min(width, first + _UNION_WORDS)
        for frame in range(frames):
            group = groups[frame]
            if group >= 0:
                for w in range(first, last):
                    union[group, w] |= words[frame, w]


@njit(cache=True, parallel=True, nogil=True)
def _select_kernel(words: Words, index: Ints, selected: Words) -> None:
    width = selected.shape[1]
    for row in prange(words.shape[0]):
        for w in range(width):
            first = 64 * w
            word = np.uint64(0)
            for bit in range(min(64, index.size - first)):
                p = index[first + bit]
                chosen = (words[row, p >> 6] >> np.uint64(p & 63)) & np.uint64(1)
                word |= chosen << np.uint64(bit)
            selected[row, w] = word


@njit(cache=True, parallel=True, nogil=True)
def _nth_kernel(words: Words, k: Ints, rows: Ints, found: Ints) -> None:
    order, ranks, ends = _sort_by_row(k, rows, words.shape[0])
    for task in prange((k.size + _DRAWS - 1) // _DRAWS):
        before = np.empty(words.shape[1] + 1, np.int64)
        # signed, since Numba's loop variable is not, and a mixed sum is a float
        first: Any = np.int64(task) * _DRAWS
        row, counted = np.searchsorted(ends, first, side="right"), -1
        for item in range(first, min(k.size, first + _DRAWS)):
            while ends[row] <= item:
                row += 1
            if row != counted:
                _count_before(words[row], before)
                counted = row
            found[order[item]] = _nth_of_row(words[row], before, ranks[item])


@njit(cache=True, nogil=True)
def _sort_by_row(k: Ints, rows: Ints, count: int) -> tuple[Ints, Ints, Ints]:
    """Sort draws by row, by counting, so that a row's cumulative counts are made once.

    Returns:
        The draw at each place, its rank, and where each row's draws end.
    """
    cursor = np.zeros(count + 1, np.int64)
    for draw in range(rows.size):
        cursor[rows[draw] + 1] += 1
    for row in range(count):
        cursor[row + 1] += cursor[row]
    order, ranks = np.empty_like(rows), np.empty_like(k)
    for draw in range(rows.size):
        place = cursor[rows[draw]]
        cursor[rows[draw]] += 1
        order[place], ranks[place] = draw, k[draw]
    return order, ranks, cursor


@njit(cache=True, nogil=True)
def _count_before(row: Words, before: Ints) -> None:
    total = np.int64(0)
    for w in range(row.size):
        before[w] = total
        total += np.int64(popcount(row[w]))
    before[row.size] = total


@njit(cache=True, nogil=True)
def _nth_of_row(row: Words, before: Ints, k: int) -> np.int64:
    if k < 0 or k >= before[row.size]:
        return np.int64(-1)
    # sums in place of branches, which would go either way as often
    w, span = np.int64(0), np.int64(row.size)
    while span > 1:
        half = span >> 1
        w += half * np.int64(before[w + half] <= k)
        span -= half
    rank, bit, half_word = np.uint64(k - before[w]), np.uint64(0), np.uint64(32)
    while half_word > 0:
        lower = popcount((row[w] >> bit) & ((np.uint64(1) << half_word) - np.uint64(1)))
        upper = np.uint64(rank >= lower)
        rank -= lower * upper
        bit += half_word * upper
        half_word >>= np.uint64(1)
    return 64 * w + np.int64(bit)
