"""The image files of an export: frames linked or copied once, and drawn copies where a question has dots."""

import hashlib
import io
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from PIL import Image

from spatialgeom.apps.datagen.exports._format import ExportedImage
from spatialgeom.apps.errors import InputError
from spatialgeom.apps.images import ImageRef, open_image, read_bytes, read_size
from spatialgeom.apps.marks import draw_marks

_ENDINGS = {"JPEG": ".jpg", "PNG": ".png"}


def place_image(
    row: Mapping[str, Any], index: int, source: ImageRef, folder: Path, quality: int, link: bool
) -> ExportedImage:
    """Put image ``index`` of a row into the export's folder, with its dots if it has any.

    Raises:
        InputError: The image is missing, damaged, or not of the recorded size.
    """
    place = PurePath(_safe(row["source"]), _safe(row["scene"]))
    marks = [mark for mark in row["marks"] if mark["image"] == index]
    if marks:
        path = PurePath("images", "dots", place, f"{_safe(row['id'])}-{index + 1}.jpg")
        _write(folder / path, _draw(source, marks, quality))
    elif source.offset is None:
        parts = PurePath(row["images"][index]["path"]).parts
        path = PurePath("images", "frames", place, *map(_safe, parts))
        _copy(source, folder / path, link)
    else:
        inside = PurePath("images", "frames", place, _safe(row["images"][index]["path"]), str(source.offset))
        path = _extract(source, folder, inside)
    return ExportedImage(path.as_posix(), source.width, source.height)


def _safe(name: str) -> str:
    """Return a file name that is safe everywhere; one that had to change ends in a hash of what it was."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    if plain == name and not name.startswith("."):
        return name
    return f"{plain.lstrip('.')}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _draw(source: ImageRef, marks: list[Mapping[str, Any]], quality: int) -> bytes:
    buffer = io.BytesIO()
    # colour at full resolution: half of it would blur a dot of a few pixels
    draw_marks(open_image(source), marks).save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()


def _copy(source: ImageRef, target: Path, link: bool) -> None:
    if target.exists():
        return
    original = Path(source.path).resolve()
    if not original.is_file():
        raise InputError(f"{source.path} is missing; name the folder it moved to with --root")
    height, width = read_size(original)
    _check_size(source, width, height)
    target.parent.mkdir(parents=True, exist_ok=True)
    if link:
        try:
            target.hardlink_to(original)
        except FileExistsError:
            return
        except OSError:  # another file system, or one without links
            pass
        else:
            return
    beside = _beside(target)
    shutil.copyfile(original, beside)
    beside.replace(target)


def _extract(source: ImageRef, folder: Path, inside: PurePath) -> PurePath:
    """Write an image that lies in a container as it is, byte for byte; return its path with an ending."""
    for ending in _ENDINGS.values():
        if (folder / inside).with_suffix(ending).exists():
            return inside.with_suffix(ending)
    try:
        content = read_bytes(source)
        with Image.open(io.BytesIO(content)) as picture:
            kind, size = picture.format or "", picture.size
    except FileNotFoundError:
        raise InputError(f"{source.path} is missing; name the folder it moved to with --root") from None
    except (OSError, SyntaxError, Image.DecompressionBombError) as fault:
        raise InputError(f"{source.path} must hold an image at byte {source.offset}, but {fault}") from None
    if len(content) != source.length or kind not in _ENDINGS:
        raise InputError(
            f"{source.path} must hold a whole JPEG or PNG at byte {source.offset}; fetch it again"
        )
    _check_size(source, *size)
    path = inside.with_suffix(_ENDINGS[kind])
    _write(folder / path, content)
    return path


def _check_size(source: ImageRef, width: int, height: int) -> None:
    if (width, height) != (source.width, source.height):
        raise InputError(
            f"{source.path} must be {source.width}x{source.height}, got {width}x{height}; "
            "it is not the image that the dataset was made from"
        )


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = _beside(target)
    beside.write_bytes(content)
    beside.replace(target)


def _beside(target: Path) -> Path:
    # workers may make the same file at once: each has its own name for the unfinished one
    return target.with_name(f".{target.name}.{os.getpid()}")
