"""Sets of points as packed bytes, by NumPy's own packing."""

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.int64]
Masks = NDArray[np.bool_]


def pack_bits(mask: Masks) -> Words:
    padded = np.pad(mask, ((0, 0), (0, -mask.shape[1] % 64)))
    words: Words = np.packbits(padded, axis=1, bitorder="little").view(np.int64)
    return words


def unpack_bits(words: Words, count: int) -> Masks:
    return np.unpackbits(words.view(np.uint8), axis=1, count=count, bitorder="little").view(bool)


def count_bits(words: Words) -> NDArray[np.int64]:
    counts: NDArray[np.int64] = np.unpackbits(words.view(np.uint8), axis=1).sum(axis=1)
    return counts


def union_bits(words: Words, groups: NDArray[np.int64]) -> Words:
    rows = [np.bitwise_or.reduce(words[groups == group], axis=0) for group in range(groups.max() + 1)]
    return np.stack(rows)


def select_bits(words: Words, index: NDArray[np.int64]) -> Words:
    return pack_bits(np.take(unpack_bits(words, words.shape[1] * 64), index, axis=1))


def nth_bit(words: Words, k: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the position of each row's k-th set bit."""
    masks = unpack_bits(words, words.shape[1] * 64)
    return np.array([np.flatnonzero(mask)[rank] for mask, rank in zip(masks, k, strict=True)])
