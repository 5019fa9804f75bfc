"""Instructions of PTX by which the 32 threads of a warp work together, after the tables of the PTX ISA."""

import re
from collections.abc import Callable

import numpy as np
from numpy import ndarray

_REDUCE: dict[str, Callable[..., ndarray]] = {
    "add": np.add.reduce,
    "min": np.minimum.reduce,
    "max": np.maximum.reduce,
    "and": np.bitwise_and.reduce,
    "or": np.bitwise_or.reduce,
    "xor": np.bitwise_xor.reduce,
}


def ballot(flags: ndarray) -> ndarray:
    """Return to all lanes the flags of their warp, lane 0 lowest."""
    words = (flags.reshape(-1, 32).astype(np.uint64) << np.arange(32, dtype=np.uint64)).sum(1)
    return np.repeat(words.astype(np.uint32), 32)


def reduce(values: ndarray, operation: str) -> ndarray:
    """Return to all lanes the sum, minimum or maximum of their warp, or bits that all or any has."""
    found = _REDUCE[operation](values.reshape(-1, 32), axis=1, dtype=values.dtype)
    return np.repeat(found, 32)


def shuffle(values: ndarray, mode: str, b: ndarray, c: ndarray) -> tuple[ndarray, ndarray]:
    """Return the value of the lane that each lane names, and whether that is within bounds."""
    lane = np.arange(len(values)) % 32
    b, clamp, segment = b.astype(np.int64) & 31, c.astype(np.int64) & 31, c.astype(np.int64) >> 8 & 31
    last, first = (lane & segment) | (clamp & ~segment & 31), lane & segment
    source, inside = {
        "up": (lane - b, lane - b >= last),
        "down": (lane + b, lane + b <= last),
        "bfly": (lane ^ b, (lane ^ b) <= last),
        "idx": (first | (b & ~segment), (first | (b & ~segment)) <= last),
    }[mode]
    source = np.where(inside, source, lane)
    return values[np.arange(len(values)) - lane + source], inside


def multiply(a: list[ndarray], b: list[ndarray], c: list[ndarray], one_bit: bool) -> list[ndarray]:
    """Return c + a b of the fragments of ``mma.m16n8k256`` of bits or of ``mma.m16n8k32`` of bytes.

    With g = lane / 4 and t = lane % 4, in columns of 32 bits: the four registers of ``a`` are (g, t),
    (g + 8, t), (g, t + 4) and (g + 8, t + 4) of 16 rows; the two of ``b`` are rows t and t + 4 of column g of
    8; those of ``c`` and of the result are (g, 2 t), (g, 2 t + 1), (g + 8, 2 t) and (g + 8, 2 t + 1).
    """
    warps = len(c[0]) // 32
    warp, g, t = np.arange(warps)[:, None], np.arange(32) // 4, np.arange(32) % 4
    left, right = np.empty((warps, 16, 8), np.uint32), np.empty((warps, 8, 8), np.uint32)
    for i, register in enumerate(a):
        left[warp, g + 8 * (i % 2), t + 4 * (i // 2)] = register.reshape(warps, 32)
    for i, register in enumerate(b):
        right[warp, g, t + 4 * i] = register.reshape(warps, 32)
    if one_bit:
        x, y = (np.unpackbits(words.view(np.uint8), -1).astype(np.int64) for words in (left, right))
    else:
        x, y = (words.view(np.int8).astype(np.int64) for words in (left, right))
    product = x @ y.swapaxes(1, 2)  # (warps, 16, 8)
    return [
        (register.view(np.int32) + product[warp, g + 8 * (i // 2), 2 * t + i % 2].reshape(-1))
        .astype(np.int32)
        .view(np.uint32)
        for i, register in enumerate(c)
    ]


def load_matrices(load: Callable[[ndarray], ndarray], addresses: ndarray, count: int) -> list[ndarray]:
    """Return registers of ``ldmatrix``: lanes 8 i to 8 i + 7 point at rows, of 16 octets, of matrix i.

    A lane gets four octets of each matrix: the lane % 4-th of row lane / 4.
    """
    lane = np.arange(len(addresses)) % 32
    start = np.arange(len(addresses)) - lane
    return [
        load(addresses[start + 8 * i + lane // 4] + (4 * (lane % 4)).astype(addresses.dtype))
        for i in range(count)
    ]


def is_one_bit(opcode: str) -> bool:
    """Return whether a product on tensor cores is one of bits; refuse those that are not emulated."""
    if re.fullmatch(r"mma\.sync\.aligned\.m16n8k256\.row\.col\.s32\.b1\.b1\.s32\.and\.popc", opcode):
        return True
    if re.fullmatch(r"mma\.sync\.aligned\.m16n8k32\.row\.col(\.satfinite)?\.s32\.s8\.s8\.s32", opcode):
        return False
    raise NotImplementedError(opcode)
