"""An image by reference: where its encoded bytes lie, its size from the header alone, its pixels."""

import io
import struct
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from spatialgeom.apps.errors import InputError

# the rest of what Pillow knows is no scan's, and fails in ways of its own
_FORMATS = ("JPEG", "PNG", "PPM")
_FAULTS = (
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    LookupError,
    OverflowError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


@dataclass(frozen=True)
class ImageRef:
    """An encoded image: a whole file, or ``length`` bytes from ``offset`` of one."""

    path: str
    width: int
    height: int
    offset: int | None = None
    length: int | None = None


def read_size(path: Path) -> tuple[int, int]:
    """Return (height, width) from an image file's header, decoding no pixel.

    Raises:
        InputError: The file is missing or is no image.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=_FORMATS) as image:
                width, height = image.size
    except FileNotFoundError:
        raise InputError(f"{path} is missing") from None
    except _FAULTS as fault:
        raise InputError(f"{path} must be an image, but {fault}") from None
    return height, width


def is_complete(path: Path) -> bool:
    """Tell whether a JPEG or PNG file has its end, decoding no pixel; padding after it is allowed."""
    with path.open("rb") as file:
        begin = file.read(8)
        file.seek(max(0, path.stat().st_size - 64))
        end = file.read()
    return (b"\xff\xd9" if begin[:2] == b"\xff\xd8" else b"IEND") in end


def read_bytes(image: ImageRef) -> bytes:
    """Return the encoded bytes."""
    with Path(image.path).open("rb") as file:
        if image.offset is None:
            return file.read()
        file.seek(image.offset)
        return file.read(image.length or 0)


def open_image(image: ImageRef) -> Image.Image:
    """Return the decoded image, RGB.

    Raises:
        InputError: The file is missing, truncated, or not of the recorded size.
    """
    try:
        picture = Image.open(io.BytesIO(read_bytes(image)), formats=_FORMATS).convert("RGB")
    except FileNotFoundError:
        raise InputError(f"{image.path} is missing; name the folder it moved to with --root") from None
    except _FAULTS as fault:
        raise InputError(f"{image.path} must be an image, but {fault}") from None
    if picture.size != (image.width, image.height):
        raise InputError(
            f"{image.path} must be {image.width}x{image.height}, got {picture.width}x{picture.height}; "
            "it is not the image that the dataset was made from"
        )
    return picture
