"""The vertices of a PLY mesh: binary or ascii, whatever properties and elements lie beside them."""

import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np

from spatialgeom.apps.errors import InputError

_ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
_SHORT = {"char": "i1", "uchar": "u1", "short": "i2", "ushort": "u2", "int": "i4", "uint": "u4"}
_SIZED = {"int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2", "int32": "i4", "uint32": "u4"}
_TYPES = _SHORT | _SIZED | {"float": "f4", "float32": "f4", "double": "f8", "float64": "f8"}
_LONGEST_HEADER = 65_536  # bytes
_MOST_VERTICES = 20_000_000
_LARGEST_ASCII = 64 << 20  # a line may be as long as its file


@dataclass(frozen=True)
class _Header:
    """What a file says of its vertices."""

    order: str
    count: int
    types: list[str]
    names: list[str]
    size: int  # bytes


def read_vertices(path: Path) -> np.ndarray:
    """Return the vertices of a PLY file whose first element they are.

    Returns:
        Positions as the file has them, NaN and infinity included, ``(N, 3)`` float64.

    Raises:
        InputError: The file is missing, is no PLY, or does not hold as many vertices as it declares.
    """
    try:
        # a pipe would wait for ever
        if not path.is_file():
            raise ValueError("it is no file")
        with path.open("rb") as file:
            header = _read_header(file)
            room = path.stat().st_size - header.size
            return _read_ascii(file, header, room) if not header.order else _read_binary(path, header, room)
    except (OSError, ValueError) as fault:
        raise InputError(f"{path} must be a PLY mesh, but {_sentence(fault)}; fetch the file again") from None


def _sentence(fault: OSError | ValueError) -> str:
    return fault.strerror or "it cannot be read" if isinstance(fault, OSError) else str(fault)


def _read_header(file: BinaryIO) -> _Header:
    text = file.read(_LONGEST_HEADER)
    end = re.search(rb"\nend_header\r?\n", text)
    if not re.match(rb"ply\r?\n", text) or end is None:
        raise ValueError("it has no PLY header")
    lines = [line.split() for line in text[: end.start()].decode("latin-1").splitlines()]
    file.seek(end.end())
    formats = [words[1] for words in lines if words[:1] == ["format"] and len(words) > 1]
    elements = [index for index, words in enumerate(lines) if words[:1] == ["element"]]
    if not formats or formats[0] not in _ORDERS:
        raise ValueError("its format is unknown")
    if not elements or lines[elements[0]][1:2] != ["vertex"]:
        raise ValueError("its first element is not 'vertex'")
    count = " ".join(lines[elements[0]][2:])
    if not re.fullmatch(r"[0-9]{1,18}", count) or int(count) > _MOST_VERTICES:
        raise ValueError(f"its number of vertices is {count[:30]!r} (at most {_MOST_VERTICES} are read)")
    rows = lines[elements[0] + 1 : elements[1] if len(elements) > 1 else None]
    types, names = _properties([words for words in rows if words[:1] == ["property"]])
    return _Header(_ORDERS[formats[0]], int(count), types, names, end.end())


def _properties(rows: list[list[str]]) -> tuple[list[str], list[str]]:
    if any(len(words) != 3 or words[1] not in _TYPES for words in rows):
        raise ValueError("a property of its vertices has a type that is not read")
    names = [words[2] for words in rows]
    if any(names.count(axis) != 1 for axis in "xyz"):
        raise ValueError("its vertices have no x, y and z")
    return [_TYPES[words[1]] for words in rows], names


def _read_binary(path: Path, header: _Header, room: int) -> np.ndarray:
    # names are given by place: two properties of a file may have one name
    dtype = np.dtype([(f"p{i}", header.order + kind) for i, kind in enumerate(header.types)])
    if header.count * dtype.itemsize > room:
        raise ValueError(f"its {header.count} vertices need {header.count * dtype.itemsize} bytes of {room}")
    if not header.count:
        return np.zeros((0, 3))
    rows = np.memmap(path, dtype, "r", header.size, (header.count,))
    places = [header.names.index(axis) for axis in "xyz"]
    return np.stack([rows[f"p{place}"].astype(float) for place in places], axis=1)


def _read_ascii(file: BinaryIO, header: _Header, room: int) -> np.ndarray:
    if room > _LARGEST_ASCII:
        raise ValueError(f"it is ascii of more than {_LARGEST_ASCII >> 20} MB")
    # a number and what parts it from the next take two bytes; the last line may have no end
    if header.count * 2 * len(header.types) > room + 1:
        raise ValueError(f"its {header.count} vertices cannot be in {room} bytes")
    if not header.count:
        return np.zeros((0, 3))
    lines = [line for line in islice(file, header.count) if line.strip()]
    if len(lines) < header.count:
        raise ValueError(f"{len(lines)} of its {header.count} vertices are there")
    places = [header.names.index(axis) for axis in "xyz"]
    return np.loadtxt(lines, float, comments=None, usecols=places, ndmin=2, encoding="latin-1")
