"""Instructions of PTX that compute registers from registers, thread by thread."""

from collections.abc import Callable
from functools import partial

import numpy as np
import ptx_values as values
from numpy import ndarray

Compute = Callable[..., ndarray]

_COMPARE: dict[str, Compute] = {
    "eq": np.equal,
    "ne": lambda a, b: (a < b) | (a > b),
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "num": lambda a, b: (a == a) & (b == b),
    "nan": lambda a, b: (a != a) | (b != b),
    "equ": lambda a, b: ~((a < b) | (a > b)),
    "neu": np.not_equal,
    "ltu": lambda a, b: ~(a >= b),
    "leu": lambda a, b: ~(a > b),
    "gtu": lambda a, b: ~(a <= b),
    "geu": lambda a, b: ~(a < b),
}


def _shift_left(a: ndarray, count: ndarray) -> ndarray:
    width = 8 * a.itemsize
    return np.where(count < width, a << (count % width).astype(a.dtype), 0).astype(a.dtype)


def _shift_right(a: ndarray, count: ndarray) -> ndarray:
    return (
        a >> np.minimum(count, 8 * a.itemsize - 1).astype(a.dtype)
        if a.dtype.kind == "i"
        else (
            np.where(count < 8 * a.itemsize, a >> (count % (8 * a.itemsize)).astype(a.dtype), 0).astype(
                a.dtype
            )
        )
    )


def _quotient(a: ndarray, b: ndarray) -> ndarray:
    """Divide integers towards zero."""
    size = np.abs(a.astype(np.int64)) // np.abs(b.astype(np.int64))
    return np.where((a < 0) ^ (b < 0), -size, size).astype(a.dtype)


def _popcount(a: ndarray) -> ndarray:
    octets = a.view(np.uint8).reshape(a.size, a.itemsize)
    return np.unpackbits(octets, 1).sum(1).astype(np.uint32)


def _bits_from(a: ndarray, position: ndarray, length: ndarray) -> ndarray:
    """Extract a field of bits, with its sign if the type has one."""
    width = np.minimum(length & 255, 32).astype(np.int64)
    field = (values.bits(a).astype(np.int64) >> (position & 255)) & ((1 << width) - 1)
    if a.dtype.kind == "i":
        top = np.minimum((position & 255).astype(np.int64) + width - 1, 31)
        negative = (values.bits(a).astype(np.int64) >> top) & 1
        field = np.where((width > 0) & (negative == 1), field | (-1 << width), field)
    return field.astype(a.dtype)


def _permute(a: ndarray, b: ndarray, selector: ndarray) -> ndarray:
    """Pick four octets of the eight of b (high) and a (low), or repeat their signs."""
    pair = a.astype(np.uint64) | (b.astype(np.uint64) << np.uint64(32))
    result = np.zeros_like(a)
    for i in range(4):
        choice = (selector >> (4 * i)) & 15
        octet = ((pair >> (8 * (choice & 7)).astype(np.uint64)) & np.uint64(255)).astype(np.uint32)
        octet = np.where(choice & 8, (octet >> 7) * np.uint32(255), octet)
        result |= octet << np.uint32(8 * i)
    return result


_WHOLE = {"rzi": np.trunc, "rni": np.rint, "rmi": np.floor, "rpi": np.ceil}


def _convert(a: ndarray, kind: np.dtype, mode: str) -> ndarray:
    if a.dtype.kind == "f" and mode in _WHOLE:
        a = _WHOLE[mode](a)
    if a.dtype.kind == "f" and kind.kind != "f":
        # what is too large becomes the largest, and NaN becomes 0
        limits = np.iinfo(kind)
        high, low = a >= float(limits.max), a <= float(limits.min)
        inside = np.where(high | low | (a != a), 0, a).astype(kind)
        return np.where(high, limits.max, np.where(low, limits.min, inside)).astype(kind)
    return a.astype(kind)


def _wide(a: ndarray) -> ndarray:
    return a.astype(f"{a.dtype.kind}{2 * a.itemsize}")


_OF_FLOATS: dict[str, Compute] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "fma": values.fused,
    "min": values.lesser,
    "max": values.greater,
    "div": np.divide,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "neg": np.negative,
}
_OF_INTEGERS: dict[str, Compute] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "mad": lambda a, b, c: a * b + c,
    "min": np.minimum,
    "max": np.maximum,
    "div": _quotient,
    "rem": lambda a, b: a - _quotient(a, b) * b,
    "abs": np.abs,
    "neg": np.negative,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "not": np.invert,
}
# with the types of their operands, where not all are of the instruction's
_MIXED: dict[str, tuple[Compute, tuple[str, ...]]] = {
    "shl": (_shift_left, ("", "u32")),
    "shr": (_shift_right, ("", "u32")),
    "bfe": (_bits_from, ("", "u32", "u32")),
    "prmt": (_permute, ("", "", "u32")),
    "selp": (lambda a, b, p: np.where(p, a, b), ("", "", "pred")),
    "popc": (_popcount, ("",)),
    "mov": (lambda a: a, ("",)),
}
_EXACT = {"rn", "lo", "b32", "b64"}


def meaning(opcode: str, count: int, seed: int) -> tuple[Compute, list[np.dtype]]:
    """Return what an instruction of ``count`` operands computes, and the types of these."""
    name, *modifiers, last = opcode.split(".")
    if (compute := values.approximation(opcode, seed)) is not None:
        return compute, [np.dtype(np.float32)] * count
    kind = values.type_of(last)
    if name == "setp":
        return _COMPARE[modifiers[0]], [kind, kind]
    if name == "cvt":
        return partial(_convert, kind=values.type_of(modifiers[-1]), mode=modifiers[0]), [kind]
    if name in _MIXED:
        compute, types = _MIXED[name]
        return compute, [values.type_of(t) if t else kind for t in types]
    if modifiers == ["wide"]:
        if name == "mul":
            return lambda a, b: _wide(a) * _wide(b), [kind, kind]
        return lambda a, b, c: _wide(a) * _wide(b) + c, [kind, kind, _wide(np.zeros(1, kind)).dtype]
    if modifiers not in ([], ["rn"], ["lo"]) or (kind.kind == "f" and modifiers == ["lo"]):
        raise NotImplementedError(opcode)
    return (_OF_FLOATS if kind.kind == "f" else _OF_INTEGERS)[name], [kind] * count
