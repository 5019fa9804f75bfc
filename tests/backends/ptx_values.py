"""Numbers of PTX: types, sums and products rounded once, and instructions that approximate."""

import re
from collections.abc import Callable

import numpy as np
from numpy import ndarray

_WORDS = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}
_KINDS = {"b": "u", "u": "u", "s": "i", "f": "f"}
_SMALLEST = np.float32(2.0**-126)  # normal float32


def type_of(name: str) -> np.dtype:
    """Return the NumPy type of ``s32``, ``b64``, ``f32``, ``pred``."""
    if name == "pred":
        return np.dtype(bool)
    return np.dtype(f"{_KINDS[name[0]]}{int(name[1:]) // 8}")


def bits(values: ndarray) -> ndarray:
    """Return values as words without sign, of their size."""
    return values if values.dtype == bool else values.view(_WORDS[values.itemsize])


def narrowed(word: ndarray, kind: np.dtype) -> ndarray:
    """Return the low part of the words of a register as numbers of a type."""
    if word.itemsize != kind.itemsize:
        word = word.astype(_WORDS[kind.itemsize])
    return word.view(kind)


def widened(values: ndarray, register: np.dtype) -> ndarray:
    """Return values as words of a register, extended by their sign if they have one."""
    if values.dtype == bool or values.itemsize == register.itemsize:
        return bits(values)
    signed = np.dtype(f"i{register.itemsize}")
    return values.astype(signed if values.dtype.kind == "i" else register).view(register)


def constant(text: str, kind: np.dtype) -> ndarray:
    """Return the number that an instruction has instead of a register, of shape (1,)."""
    if match := re.fullmatch("0[fd]([0-9A-F]+)", text):
        return np.array([int(match[1], 16)], _WORDS[kind.itemsize]).view(kind)
    value = int(text.rstrip("U"), 0)
    if kind.kind == "b":
        return np.array([value != 0])
    return np.array([value & (256**kind.itemsize - 1)], _WORDS[kind.itemsize]).view(kind)


def _two_sum(x: ndarray, y: ndarray) -> tuple[ndarray, ndarray]:
    total = x + y
    part = total - x
    return total, (x - (total - part)) + (y - part)


def _two_product(x: ndarray, y: ndarray) -> tuple[ndarray, ndarray]:
    product = x * y
    (a, b), (c, d) = _halves(x), _halves(y)
    return product, b * d - (((product - a * c) - b * c) - a * d)


def _halves(x: ndarray) -> tuple[ndarray, ndarray]:
    scaled = x * 134217729.0  # 2**27 + 1
    high = scaled - (scaled - x)
    return high, x - high


def _sum_to_odd(x: ndarray, y: ndarray) -> ndarray:
    """Return float64 sums whose last bit is 1 unless they are exact: rounding them once more does no harm."""
    total, rest = _two_sum(x, y)
    word = total.view(np.int64)
    away = np.where((rest > 0) == (total > 0), 1, -1)
    inexact = (rest != 0) & np.isfinite(rest) & (word & 1 == 0)
    return (word + np.where(inexact, away, 0)).view(np.float64)


def fused(a: ndarray, b: ndarray, c: ndarray) -> ndarray:
    """Return a * b + c, rounded once.

    Exact in float32. In float64, after Boldo and Melquiond, unless the product is above 2**996 or what is
    lost of it below 2**-1074.
    """
    if a.dtype == np.float32:
        return _sum_to_odd(a.astype(np.float64) * b.astype(np.float64), c.astype(np.float64)).astype(a.dtype)
    product, lost = _two_product(a, b)
    total, rest = _two_sum(c, lost)
    total, more = _two_sum(product, total)
    exact = total + _sum_to_odd(rest, more)
    return np.where(np.isfinite(exact) & (lost != 0), exact, a * b + c)


def lesser(a: ndarray, b: ndarray) -> ndarray:
    """Return the minimum; a number before NaN, and -0 before 0."""
    return np.where((a == b) & np.signbit(b), b, np.fmin(a, b))


def greater(a: ndarray, b: ndarray) -> ndarray:
    return np.where((a == b) & np.signbit(a), b, np.fmax(a, b))


def _flushed(x: ndarray) -> ndarray:
    return np.where(np.abs(x) < _SMALLEST, np.copysign(np.float32(0), x), x)


# what each computes, and by how many units in the last place it may be off
_APPROXIMATE: dict[str, tuple[Callable[..., ndarray], int]] = {
    "rcp.approx.ftz.f32": (lambda x: 1 / x, 1),
    "rsqrt.approx.ftz.f32": (lambda x: 1 / np.sqrt(x), 1),
    "sqrt.approx.ftz.f32": (np.sqrt, 1),
    "div.full.f32": (np.divide, 2),
}


def approximation(opcode: str, seed: int) -> Callable[..., ndarray] | None:
    """Return what an instruction computes: rounded, then off by as much as it may be, or not at all.

    The operands and the seed decide which, so that equal operands have equal results. What is representable,
    as the inverse of a power of two, is left alone: not promised by the ISA, but tests of halves rely on it.
    """
    if opcode not in _APPROXIMATE:
        return None
    exact, most = _APPROXIMATE[opcode]

    def compute(*operands: ndarray) -> ndarray:
        if ".ftz" in opcode:
            operands = tuple(map(_flushed, operands))
        result = exact(*(x.astype(np.float64) for x in operands))
        rounded = result.astype(np.float32)
        mixed = sum((x.view(np.uint32) + np.uint32(seed)) * np.uint32(2654435761) for x in operands)
        error = (mixed >> np.uint32(16)).astype(np.int32) % 3 - 1
        moved = (rounded.view(np.int32) + error * np.int32(most)).view(np.float32)
        result = np.where(np.isfinite(rounded) & (rounded != result), moved, rounded)
        return _flushed(result) if ".ftz" in opcode else result

    return compute
