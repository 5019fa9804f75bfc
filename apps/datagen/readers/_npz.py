"""Members of an ``.npz`` read within bounds: declared sizes are compared with the file's before reading."""

import io
import math
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from spatialgeom.apps.datagen.readers._object_arrays import MOST_STRINGS, unpickle_byte_strings
from spatialgeom.apps.errors import InputError

_HEADER_BYTES = 10_000
_PREFIX_BYTES = _HEADER_BYTES + 12
# true masks shrink a thousandfold, so a ratio alone tells nothing where sizes are small
_ALWAYS_FINE = 1 << 26
_RATIO = 64
_ENCRYPTED = 0x1
_READERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,  # of which NotImplementedError
    OverflowError,
    MemoryError,
)


@dataclass(frozen=True)
class Header:
    """What a member's own header says of it."""

    dtype: np.dtype
    shape: tuple[int, ...]
    fortran: bool
    length: int  # bytes of the header itself


class Npz:
    """An open ``.npz``; ``open_npz`` makes it.

    Its methods raise ``InputError`` for a member that is missing, damaged or of another kind than asked for.
    """

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path = path
        self.size = path.stat().st_size
        self._archive = archive
        self._entries = {
            info.filename.removesuffix(".npy"): info
            for info in archive.infolist()
            if info.filename.endswith(".npy")
        }

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def header(self, name: str) -> Header:
        """Return a member's type and shape, reading no further."""
        with self._member(name) as stream:
            return _parse(stream.read(_PREFIX_BYTES))

    def array(self, name: str, kinds: str, shape: tuple[int | None, ...]) -> np.ndarray:
        """Return a member as an array of one of ``kinds``; None in ``shape`` is any size but 0."""
        header = self.header(name)
        if not _fits(header, kinds, shape):
            raise InputError(
                f"{self.path}: {name} must be an array of {_by(shape)} of kind {' or '.join(kinds)}, got "
                f"{_by(header.shape)} of kind {header.dtype.kind}; make or download the file again"
            )
        with self._member(name) as stream:
            stream.read(header.length)
            count = math.prod(header.shape) * header.dtype.itemsize
            if count != self._entries[name].file_size - header.length:
                raise ValueError("size that the shape does not fill")
            content = _read_exactly(stream, count)
            # a byte other than 0 and 1 is no bool to NumPy, but no reason to stop either
            boolean = header.dtype.kind == "b"
            array = np.frombuffer(content, np.uint8 if boolean else header.dtype)
            array = array.reshape(header.shape, order="F" if header.fortran else "C")
            return array != 0 if boolean else array

    def byte_strings(self, name: str) -> list[bytes]:
        """Return a member that holds byte strings, as fixed-width strings or as pickled objects."""
        header = self.header(name)
        if header.shape[0:1] > (MOST_STRINGS,):
            raise InputError(f"{self.path}: {name} must be at most {MOST_STRINGS} byte strings")
        if header.dtype.kind != "O":
            strings: list[bytes] = self.array(name, "S", (None,)).tolist()
            return strings
        if len(header.shape) != 1:
            raise InputError(
                f"{self.path}: {name} must be a list of byte strings, got {_by(header.shape)} objects"
            )
        with self._member(name) as stream:
            stream.read(header.length)
            content = _read_exactly(stream, self._entries[name].file_size - header.length)
            return unpickle_byte_strings(content, header.shape[0])

    def first_string(self, name: str) -> bytes:
        """Return the first of the byte strings; of fixed-width ones no other is read."""
        header = self.header(name)
        if not _fits(header, "S", (None,)):
            return self.byte_strings(name)[0]
        with self._member(name) as stream:
            stream.read(header.length)
            width = min(header.dtype.itemsize, self._entries[name].file_size)
            return _read_exactly(stream, width).rstrip(b"\0")

    @contextmanager
    def _member(self, name: str) -> Iterator[IO[bytes]]:
        """Open a member whose declared sizes are plausible; what goes wrong with it is one sentence."""
        if name not in self._entries:
            raise InputError(f"{self.path} has no {name}; make or download it again")
        try:
            entry = self._entries[name]
            _check_entry(entry, self.size)
            with self._archive.open(entry) as stream:
                yield stream
        except _FAULTS:
            raise InputError(
                f"{self.path}: {name} is damaged or holds more than numbers and byte strings; "
                "make or download the file again"
            ) from None


@contextmanager
def open_npz(path: Path) -> Iterator[Npz]:
    """Open an ``.npz``, reading its table of contents alone.

    Raises:
        InputError: The file is missing, no regular file, or no zip archive.
    """
    if not path.is_file():
        raise InputError(f"{path} must be an .npz file; none is there")
    try:
        archive = zipfile.ZipFile(path)
    except _FAULTS:
        raise InputError(
            f"{path} must be an .npz file, but it is damaged; make or download it again"
        ) from None
    with archive:
        yield Npz(path, archive)


def _check_entry(entry: zipfile.ZipInfo, archive_bytes: int) -> None:
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or entry.flag_bits & _ENCRYPTED:
        raise ValueError("a way of packing that NumPy does not write")
    if entry.header_offset + entry.compress_size > archive_bytes:
        raise ValueError("an entry longer than the file")
    if entry.compress_type == zipfile.ZIP_STORED and entry.file_size != entry.compress_size:
        raise ValueError("an entry of two sizes")
    if entry.file_size > max(_ALWAYS_FINE, _RATIO * entry.compress_size):
        raise ValueError("an entry that grows out of proportion")


def _parse(prefix: bytes) -> Header:
    """Return what the header at the begin of a member says.

    Raises:
        ValueError: It is no header of an array.
    """
    stream = io.BytesIO(prefix)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python 2 wrote its integers with an L
            read = _READERS[npy.read_magic(stream)]
            shape, fortran, dtype = read(stream, max_header_size=_HEADER_BYTES)
    except Exception as fault:  # noqa: BLE001 - NumPy lets whatever Python's parser raises through
        raise ValueError(f"no header ({type(fault).__name__})") from None
    return Header(dtype, shape, fortran, stream.tell())


def _fits(header: Header, kinds: str, shape: tuple[int | None, ...]) -> bool:
    given = header.shape
    return (
        header.dtype.kind in kinds
        and header.dtype.itemsize > 0
        and len(given) == len(shape)
        and all(size > 0 for size in given)
        and all(expected in (None, size) for size, expected in zip(given, shape, strict=True))
    )


def _by(shape: tuple[int | None, ...]) -> str:
    return " x ".join("N" if size is None else str(size) for size in shape[:8]) or "one value"


def _read_exactly(stream: IO[bytes], count: int) -> bytes:
    content = stream.read(count)
    if len(content) != count:
        raise EOFError
    return content
