"""ScanNet's ``.sens``: colour, depth and poses in one file, indexed without reading it through."""

import io
import struct
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from isal import isal_zlib
from PIL import Image

from spatialgeom.apps.errors import InputError

_VERSIONS = (3, 4)  # 3 lacks the inertial part at the end, which is never read
_LONGEST_NAME = 65_536  # bytes of the sensor's name
_MOST_FRAMES = 1_000_000  # nine hours at 30 a second
_MOST_PIXELS = 1 << 24  # of a depth map
_IMAGE_HEADER_BYTES = 1 << 18
_MOST_RATIO = 1032  # of deflate

_START = struct.Struct("<IQ")  # version, length of the sensor's name
_MATRIX = ("<f4", (4, 4))
_HEADER = np.dtype(
    [
        ("intrinsic_color", *_MATRIX),
        ("extrinsic_color", *_MATRIX),
        ("intrinsic_depth", *_MATRIX),
        ("extrinsic_depth", *_MATRIX),
        ("color_codec", "<i4"),
        ("depth_codec", "<i4"),
        ("color_size", "<u4", 2),  # width, height
        ("depth_size", "<u4", 2),
        ("depth_shift", "<f4"),
        ("frames", "<u8"),
    ]
)
_FRAME = np.dtype(
    [
        ("world_from_camera", *_MATRIX),
        ("times", "<u8", 2),
        ("color_bytes", "<u8"),
        ("depth_bytes", "<u8"),
    ]
)
# a frame's image follows its header at once, so one read shows what kind it is
_MAGIC_BYTES = 8
_ENTRY = np.dtype([("frame", _FRAME), ("magic", "u1", _MAGIC_BYTES)])
_LENGTHS = struct.Struct("<QQ")
_LENGTHS_AT = _FRAME.fields["color_bytes"][1]  # type: ignore[index]

_MAGIC = {"jpeg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n"}
_COLOUR_CODECS = {-1: "unknown", 0: "raw", 1: "png", 2: "jpeg"}
_DEPTH_CODECS = {-1: "unknown", 0: "raw", 1: "zlib", 2: "occi"}


@dataclass(frozen=True)
class SensHeader:
    """What a file says of its frames; sizes are height, width."""

    intrinsic_colour: np.ndarray  # (4, 4) float64, as all matrices
    extrinsic_colour: np.ndarray
    intrinsic_depth: np.ndarray
    extrinsic_depth: np.ndarray
    colour_codec: str
    depth_codec: str
    colour_size: tuple[int, int]
    depth_size: tuple[int, int]
    depth_shift: float  # units of the depth maps in a metre
    frames: int
    first: int  # byte at which the first frame begins
    raw: bytes  # all of the above as the file has it


@dataclass(frozen=True)
class SensIndex:
    """Where the frames that lie wholly in a file are; there may be fewer than its header declares."""

    header: SensHeader
    size: int  # bytes of the file
    poses: np.ndarray  # (F, 4, 4) float64, world from depth camera
    colour_offset: np.ndarray  # (F,) int64
    colour_bytes: np.ndarray  # (F,) int64
    depth_offset: np.ndarray  # (F,) int64
    depth_bytes: np.ndarray  # (F,) int64
    magic: np.ndarray  # (F, 8) uint8, with which the colour image begins

    def is_colour(self) -> np.ndarray:
        """Tell of each frame whether its colour image begins as its codec's images do, (F,) bool."""
        expected = np.frombuffer(_MAGIC[self.header.colour_codec], np.uint8)
        begins: np.ndarray = (self.magic[:, : len(expected)] == expected).all(axis=1)
        return begins & (self.colour_bytes > _MAGIC_BYTES)

    def may_be_depth(self) -> np.ndarray:
        """Tell of each frame whether so many bytes can be a depth map of the declared size, (F,) bool."""
        map_bytes = _map_bytes(self.header.depth_size)
        if self.header.depth_codec == "raw":
            return self.depth_bytes == map_bytes
        # fixed Huffman codes, which small encoders use, take up to 9 bits for a byte
        least, most = map_bytes / _MOST_RATIO, map_bytes + map_bytes // 4 + 1024
        return (self.depth_bytes >= least) & (self.depth_bytes <= most)


def _map_bytes(size: tuple[int, int]) -> int:
    return 2 * size[0] * size[1]


def read_index(path: Path) -> SensIndex:
    """Read a file's header and those of its frames: one short read a frame, nothing between them.

    Raises:
        InputError: It is no ``.sens`` file, or of a kind that cannot be read.
    """
    # a pipe or a device would wait for ever
    if not path.is_file():
        raise InputError(f"{path} must be a file; fetch it again")
    try:
        # unbuffered: a buffer would read 8 KB for each header
        with path.open("rb", buffering=0) as file:
            return index_frames(file, path)
    except OSError as fault:
        raise InputError(f"{path} must be readable, but {fault}") from None


def index_frames(file: BinaryIO, path: Path) -> SensIndex:
    """Index an open, unbuffered file; ``path`` is for messages.

    Raises:
        InputError: It is no ``.sens`` file, or of a kind that cannot be read.
    """
    size = file.seek(0, io.SEEK_END)
    header = _read_header(file, size, path)
    entries = bytearray()
    at = header.first
    for _ in range(header.frames):
        entry = _read_at(file, at, _ENTRY.itemsize)
        if len(entry) < _FRAME.itemsize:
            break
        end = at + _FRAME.itemsize + sum(_LENGTHS.unpack_from(entry, _LENGTHS_AT))
        if end > size:
            break
        entries += entry.ljust(_ENTRY.itemsize, b"\0")
        at = end
    table = np.frombuffer(bytes(entries), _ENTRY)
    frames = table["frame"]
    colour, depth = (frames[name].astype(np.int64) for name in ("color_bytes", "depth_bytes"))
    ends = header.first + np.cumsum(_FRAME.itemsize + colour + depth)
    return SensIndex(
        header=header,
        size=size,
        poses=_widened(frames["world_from_camera"]),
        colour_offset=ends - depth - colour,
        colour_bytes=colour,
        depth_offset=ends - depth,
        depth_bytes=depth,
        magic=table["magic"],
    )


def _widened(matrices: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):  # a signalling NaN warns
        return matrices.astype(np.float64)


def _read_at(file: BinaryIO, offset: int, count: int) -> bytes:
    file.seek(offset)
    return file.read(count)


def _read_header(file: BinaryIO, size: int, path: Path) -> SensHeader:
    start = _read_at(file, 0, _START.size)
    version, name_bytes = _START.unpack(start) if len(start) == _START.size else (0, 0)
    if version not in _VERSIONS or name_bytes > _LONGEST_NAME:
        raise InputError(f"{path} must be a .sens file of version 3 or 4, and does not begin as one")
    raw = _read_at(file, _START.size + name_bytes, _HEADER.itemsize)
    if len(raw) < _HEADER.itemsize:
        raise InputError(f"{path} must be a .sens file, but ends within its header; fetch it again")
    fields = np.frombuffer(raw, _HEADER)[0]
    header = SensHeader(
        intrinsic_colour=_widened(fields["intrinsic_color"]),
        extrinsic_colour=_widened(fields["extrinsic_color"]),
        intrinsic_depth=_widened(fields["intrinsic_depth"]),
        extrinsic_depth=_widened(fields["extrinsic_depth"]),
        colour_codec=_COLOUR_CODECS.get(int(fields["color_codec"]), "unknown"),
        depth_codec=_DEPTH_CODECS.get(int(fields["depth_codec"]), "unknown"),
        colour_size=(int(fields["color_size"][1]), int(fields["color_size"][0])),
        depth_size=(int(fields["depth_size"][1]), int(fields["depth_size"][0])),
        depth_shift=float(fields["depth_shift"]),
        frames=int(fields["frames"]),
        first=_START.size + name_bytes + _HEADER.itemsize,
        raw=raw,
    )
    _check_header(header, path)
    return header


def _check_header(header: SensHeader, path: Path) -> None:
    if header.colour_codec not in _MAGIC:
        raise InputError(
            f"{path} must hold colour as JPEG or PNG, got {header.colour_codec}; write it again as JPEG"
        )
    if header.depth_codec not in ("raw", "zlib"):
        raise InputError(
            f"{path} must hold depth as zlib or raw, got {header.depth_codec}; write it again as zlib"
        )
    height, width = header.depth_size
    if not 0 < height * width <= _MOST_PIXELS:
        raise InputError(f"{path} must have depth maps of up to {_MOST_PIXELS} pixels, got {width}x{height}")
    if not (0 < header.depth_shift < float("inf")):
        raise InputError(f"{path} must have a positive depth shift, got {header.depth_shift:g}")
    if header.frames > _MOST_FRAMES:
        raise InputError(
            f"{path} must have at most {_MOST_FRAMES} frames, but its header says {header.frames}; "
            "fetch it again"
        )


def read_colour_size(path: Path, offset: int, length: int) -> tuple[int, int] | None:
    """Return (height, width) from the header of an encoded image, or None where it is none."""
    try:
        with path.open("rb", buffering=0) as file:
            begin = _read_at(file, offset, min(length, _IMAGE_HEADER_BYTES))
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(begin), formats=("JPEG", "PNG")) as image:
                width, height = image.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
    return height, width


@dataclass(frozen=True)
class SensDepth:
    """The depth maps of a file's frames; it can be sent to other processes."""

    path: Path
    offsets: np.ndarray  # (F,)
    lengths: np.ndarray  # (F,) bytes, bounded as ``may_be_depth`` tells
    size: tuple[int, int]
    codec: str

    def __call__(self, frame: int) -> np.ndarray:
        """Return an (H, W) uint16 depth map.

        Raises:
            InputError: It cannot be read, or is not a map of the declared size.
        """
        try:
            with self.path.open("rb", buffering=0) as file:
                data = _read_at(file, int(self.offsets[frame]), int(self.lengths[frame]))
        except OSError as fault:
            raise InputError(f"depth file cannot be read ({fault})") from None
        expected = _map_bytes(self.size)
        if self.codec == "zlib":
            data = _inflate(data, expected)
        if len(data) != expected:
            raise InputError("depth file cannot be decoded (its map is not of the declared size)")
        return np.frombuffer(data, "<u2").reshape(self.size)


def _inflate(data: bytes, expected: int) -> bytes:
    """Return what a zlib stream holds, at most a byte more than expected."""
    stream = isal_zlib.decompressobj()
    try:
        # the byte more makes it check the sum at the end, and tells a map that is too large
        inflated: bytes = stream.decompress(data, expected + 1)
    except isal_zlib.IsalError as fault:  # type: ignore[misc]  # its stub says it is no class
        raise InputError(f"depth file cannot be decoded ({fault})") from None
    if not stream.eof and len(inflated) <= expected:
        raise InputError("depth file cannot be decoded (its data is truncated)")
    return inflated
