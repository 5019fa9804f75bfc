"""The encoded images of a clip: their headers, and files made of them once."""

import io
import os
import shutil
import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from spatialgeom.apps.datagen.writer import BESIDE

_SUFFIX = {"JPEG": ".jpg", "PNG": ".png"}
_END = {".jpg": b"\xff\xd9", ".png": b"IEND\xaeB`\x82"}


@dataclass(frozen=True)
class ImageHeader:
    """What the begin and the end of an encoded image say."""

    size: tuple[int, int]  # height, width
    suffix: str


def image_header(content: bytes) -> ImageHeader | str:
    """Return the header of a JPEG or PNG, or what is wrong with it; no pixel is decoded."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as image:
                (width, height), suffix = image.size, _SUFFIX.get(image.format or "", ".jpg")
    except Exception:  # noqa: BLE001 - chunks of a damaged file raise whatever their parser meets
        return "image is no JPEG or PNG"
    return ImageHeader((height, width), suffix) if _END[suffix] in content[-64:] else "image is truncated"


def usual_size(headers: Iterable[ImageHeader | str]) -> tuple[int, int] | None:
    """Return the size that most images have, or None without an image."""
    sizes = Counter(header.size for header in headers if isinstance(header, ImageHeader))
    return max(sizes, key=lambda size: sizes[size]) if sizes else None


def extract(place: Path, files: dict[str, bytes]) -> None:
    """Write images beside their place and rename the folder, unless they are there."""
    if _is_there(place, files):
        return
    beside = place.with_name(f".{place.name}.{os.getpid()}{BESIDE}")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    for name, content in files.items():
        (beside / name).write_bytes(content)
    try:
        beside.replace(place)
    except OSError:
        # another process was faster, or other images of this name were there
        if _is_there(place, files):
            shutil.rmtree(beside)
            return
        shutil.rmtree(place)
        beside.replace(place)


def _is_there(place: Path, files: dict[str, bytes]) -> bool:
    return all(
        (place / name).is_file() and (place / name).read_bytes() == content for name, content in files.items()
    )
