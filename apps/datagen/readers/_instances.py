"""Instance images, one PNG file a frame, as numbers of objects."""

from dataclasses import dataclass
from pathlib import Path

import kornia_rs.io
import numpy as np

from spatialgeom.apps.errors import InputError
from spatialgeom.apps.images import read_size


@dataclass(frozen=True, eq=False)
class InstanceFiles:
    """A scene's instance images; it can be sent to other processes.

    Args:
        paths: A 16-bit grey PNG a frame.
        size: Height and width that each must have.
        number: (65536,) int32, index of the object + 1 that each value stands for, 0 for none.
    """

    paths: tuple[Path, ...]
    size: tuple[int, int]
    number: np.ndarray

    def __call__(self, frame: int) -> np.ndarray:
        path = self.paths[frame]
        try:
            size = read_size(path)
        except (InputError, OSError):
            raise InputError("instance file is not an image, so it names no points") from None
        if size != self.size:
            raise InputError("instance file is not of the depth image's size, so it names no points")
        try:
            values: np.ndarray = kornia_rs.io.read_image_png_u16(str(path), "mono")[..., 0]
        except Exception:  # noqa: BLE001 - the decoder raises bare Exception for every fault
            raise InputError("instance file cannot be decoded, so it names no points") from None
        shown: np.ndarray = self.number[values]
        return shown


def numbers_of(ids: list[int]) -> np.ndarray:
    """Return the ``number`` of ``InstanceFiles`` for objects with these values."""
    number = np.zeros(1 << 16, np.int32)
    number[ids] = np.arange(1, len(ids) + 1)
    return number
