"""Chat messages with ``images``, as TRL and chat templates take them, in JSON or Parquet."""

from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from spatialgeom.apps.errors import InputError
from spatialgeom.apps.prompts import IMAGE
from spatialgeom.apps.train.data.entry import SourceConfig
from spatialgeom.apps.train.data.sources._files import Record, first_record, identity, parquet_files
from spatialgeom.apps.train.data.sources._format import Format
from spatialgeom.apps.train.data.sources._images import MISSING, Images
from spatialgeom.apps.train.data.sources._records import fill_from_records
from spatialgeom.apps.train.data.sources._turns import field_of
from spatialgeom.apps.train.encoding import DroppedError


def _recognises(path: Path) -> bool:
    if files := parquet_files(path):
        try:
            return "messages" in pq.read_schema(files[0]).names
        except (OSError, pa.ArrowException):
            return False
    kind, record = first_record(path) if path.is_file() else ("none", {})
    return kind in ("lines", "list") and "messages" in record


def _identity(config: SourceConfig, path: Path) -> Any:
    return [identity(path), config.root]


def _parse(where: str, record: Record, images: Images) -> tuple[list[int], list[tuple[str, str]]]:
    turns = [
        _turn(f"{where}, message {number}", message)
        for number, message in enumerate(field_of(where, record, "messages", list, "a list"), 1)
    ]
    given = record.get("images")
    if given is not None and not isinstance(given, list):
        raise InputError(f"{where}: 'images' must be a list, got {type(given).__name__}")
    return [_image(where, image, images) for image in given or ()], turns


def _image(where: str, image: Any, images: Images) -> int:
    path, content = (image.get("path"), image.get("bytes")) if isinstance(image, dict) else (image, None)
    if isinstance(content, bytes):
        return images.given(content)
    if content is not None or not isinstance(path, str | None):
        raise InputError(f"{where}: 'images' must be paths, or objects with 'path' or 'bytes'")
    if not path:
        raise DroppedError(MISSING)
    return images.named(path)


def _turn(where: str, message: Any) -> tuple[str, str]:
    if not isinstance(message, dict):
        raise InputError(f"{where} must be an object with 'role' and 'content', got {type(message).__name__}")
    said = message.get("content")
    text = said if isinstance(said, str) else "".join(_piece(where, piece) for piece in _pieces(where, said))
    return field_of(where, message, "role", str, "text"), text


def _pieces(where: str, said: Any) -> list[Any]:
    if not isinstance(said, list):
        raise InputError(f"{where}: 'content' must be text or a list of pieces, got {type(said).__name__}")
    return said


def _piece(where: str, piece: Any) -> str:
    kind = piece.get("type") if isinstance(piece, dict) else None
    if kind == "image":
        return IMAGE
    if kind == "text" and isinstance(piece.get("text"), str):
        return str(piece["text"])
    if isinstance(kind, str) and kind != "text":
        raise DroppedError("content is neither text nor image")
    raise InputError(f"{where}: a piece of 'content' must have 'type' image or text, and then 'text'")


FORMAT = Format("messages", _recognises, _identity, partial(fill_from_records, _parse))
