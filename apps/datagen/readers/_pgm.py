"""16-bit PGM depth images: what a decoder for pictures would stretch to its own range is kept as it is."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spatialgeom.apps.errors import InputError

# words are parted by space or by a comment to the end of its line; one space ends the header
_HEADER = re.compile(rb"P5" + 3 * rb"\s(?:\s|#[^\r\n]*[\r\n])*([0-9]{1,9})" + rb"\s")
_LONGEST_HEADER = 1024
_MOST_PIXELS = 1 << 26


def read_pgm_size(path: Path) -> tuple[int, int]:
    """Return (height, width) of a 16-bit PGM file that has all its pixels, from its header and size.

    Raises:
        InputError: The file is missing, is no 16-bit PGM, or is truncated.
    """
    height, width, _ = _read_header(path)
    return height, width


def _read_header(path: Path) -> tuple[int, int, int]:
    """Return height, width and where the pixels begin."""
    try:
        with path.open("rb") as file:
            match = _HEADER.match(file.read(_LONGEST_HEADER))
        room = path.stat().st_size
    except OSError:
        raise InputError("depth file cannot be read") from None
    width, height, most = map(int, match.groups()) if match else (0, 0, 0)
    # up to 255 a pixel has one byte
    if match is None or not 0 < height * width <= _MOST_PIXELS or not 255 < most < 65536:
        raise InputError("depth file is not a 16-bit PGM image")
    if match.end() + 2 * height * width > room:
        raise InputError("depth file is truncated")
    return height, width, match.end()


@dataclass(frozen=True)
class PgmFiles:
    """A scene's depth images, one PGM file a frame; it can be sent to other processes."""

    paths: tuple[Path, ...]
    size: tuple[int, int]

    def __call__(self, frame: int) -> np.ndarray:
        path = self.paths[frame]
        height, width, begin = _read_header(path)
        if (height, width) != self.size:
            raise InputError("depth file has changed its size")
        pixels = np.fromfile(path, ">u2", height * width, offset=begin)
        if pixels.size < height * width:
            raise InputError("depth file is truncated")
        return pixels.astype(np.uint16).reshape(height, width)
