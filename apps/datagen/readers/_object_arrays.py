"""Byte strings from a pickled NumPy object array, with nothing run that the pickle names."""

import io
import pickle
import pickletools
from collections.abc import Callable
from typing import Any

# tables, sets, instances, extensions and persistent ids have no place in an array of byte strings
_OPCODES = frozenset(
    (
        *("PROTO", "FRAME", "STOP", "MARK", "GLOBAL", "STACK_GLOBAL", "REDUCE", "BUILD"),
        *("NONE", "NEWTRUE", "NEWFALSE", "BININT", "BININT1", "BININT2"),
        *("EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "EMPTY_LIST", "APPEND", "APPENDS"),
        *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BINUNICODE", "SHORT_BINUNICODE"),
        *("BINPUT", "LONG_BINPUT", "BINGET", "LONG_BINGET", "MEMOIZE"),
    )
)
_DECLARING = ("FRAME", "LONG_BINPUT", "LONG_BINGET")  # a size or place that is made room for
_OVERHEAD = 256  # opcodes of an array without elements, generously
_PER_ELEMENT = 40  # an element that is a small array takes 37
_SHARED = 1 << 26  # bytes: a few frames that are one object are no harm
MOST_STRINGS = 100_000


def unpickle_byte_strings(content: bytes, count: int) -> list[bytes]:
    """Return the elements of a pickled one-dimensional object array of ``count`` byte strings.

    An element may also be a NumPy byte string or a one-dimensional uint8 array.

    Raises:
        ValueError: The content is anything else.
    """
    if not 0 < count <= MOST_STRINGS:
        raise ValueError(f"an array of {count} elements")
    _check_opcodes(content, _OVERHEAD + _PER_ELEMENT * count)
    try:
        array = _Unpickler(content).load()
    except Exception as fault:  # noqa: BLE001 - an ill-formed stream may raise anything
        raise ValueError(f"no pickled array ({type(fault).__name__})") from None
    if not isinstance(array, _Array) or array.shape != (count,) or not isinstance(array.content, list):
        raise ValueError(f"no object array of {count} elements")
    if len(array.content) != count:
        raise ValueError(f"{len(array.content)} elements instead of {count}")
    strings = [_bytes(element) for element in array.content]
    # an element that is referred to again and again would fill a disk
    if sum(map(len, strings)) > len(content) + _SHARED:
        raise ValueError("elements that share too much content")
    return strings


def _check_opcodes(content: bytes, most: int) -> None:
    """Refuse a stream by its opcodes alone.

    What an opcode declares is allocated (gigabytes for one memo index) before any name is looked up, so
    refusing names is not enough; a scan that builds nothing has to come first.
    """
    try:
        for number, (opcode, argument, _) in enumerate(pickletools.genops(content)):
            if opcode.name not in _OPCODES or number >= most:
                raise ValueError(f"opcode {opcode.name} as number {number}")
            if opcode.name in _DECLARING and int(argument or 0) > max(len(content), most):
                raise ValueError(f"opcode {opcode.name} of {argument}")
    except ValueError:
        raise
    except Exception as fault:  # noqa: BLE001 - an ill-formed stream may raise anything
        raise ValueError(f"no pickle ({type(fault).__name__})") from None


def _bytes(element: object) -> bytes:
    if type(element) is bytes:
        return element
    if isinstance(element, _Array) and element.code in ("u1", "|u1") and type(element.content) is bytes:
        if element.shape != (len(element.content),):
            raise ValueError("an element whose size is not its content's")
        return element.content
    raise ValueError("an element that is no byte string")


class _DType:
    """Stands for ``numpy.dtype``: its code, and a state that does not matter to byte strings."""

    def __init__(self, code: object, align: object = False, copy: object = False) -> None:
        self.code = code

    def __setstate__(self, state: object) -> None:
        pass


class _Array:
    """Stands for ``numpy.ndarray``, so that no hostile shape or type ever reaches NumPy."""

    shape: object = None
    code: object = None
    content: object = None

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, tuple) or len(state) != 5:
            raise ValueError("state of no array")
        _, self.shape, dtype, _, self.content = state
        if not isinstance(dtype, _DType):
            raise ValueError("array without a type")
        self.code = dtype.code


def _empty() -> bytes:
    """Return what protocol 2 has no other word for."""
    return b""


class _Unpickler(pickle.Unpickler):
    """Resolves the names that an array of byte strings needs, each to a stand-in of this file."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content))
        self._left = len(content)  # bytes that may be made from text: each character came once

    def find_class(self, module: str, name: str) -> Any:
        named: dict[str, Callable[..., object]] = {"numpy.ndarray": _Array, "numpy.dtype": _DType}
        for core in ("numpy._core.multiarray", "numpy.core.multiarray"):
            named |= {f"{core}._reconstruct": self._reconstruct, f"{core}.scalar": self._scalar}
        named |= {"_codecs.encode": self._encode, "__builtin__.bytes": _empty}
        if f"{module}.{name}" not in named:
            raise pickle.UnpicklingError("a name that is not part of an array")
        return named[f"{module}.{name}"]

    def _reconstruct(self, kind: object, shape: object, code: object) -> _Array:
        return _Array()

    def _scalar(self, dtype: _DType, content: bytes) -> bytes:
        if type(dtype.code) is not str or dtype.code.lstrip("|")[:1] != "S" or type(content) is not bytes:
            raise ValueError("a scalar that is no byte string")
        return content

    def _encode(self, text: str, encoding: str) -> bytes:
        """Return what protocol 2 holds as text."""
        self._left -= len(text)
        if encoding != "latin1" or self._left < 0:
            raise ValueError("text that is no byte string")
        return text.encode("latin-1")
