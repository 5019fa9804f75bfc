"""Records with ``image`` and ``conversations``, as InternVL's and LLaVA's trainers take them."""

from itertools import repeat
from typing import Any

from spatialgeom.apps.errors import InputError
from spatialgeom.apps.train.data.sources._files import Record
from spatialgeom.apps.train.data.sources._images import Images
from spatialgeom.apps.train.data.sources._turns import field_of


def parse(where: str, record: Record, images: Images) -> tuple[list[int], list[tuple[str, str]]]:
    """Return a record's images and turns."""
    turns = [
        _turn(f"{where}, turn {number}", turn)
        for number, turn in enumerate(field_of(where, record, "conversations", list, "a list"), 1)
    ]
    paths = _paths(where, record.get("image"))
    sizes = zip(_sides(record, "height", len(paths)), _sides(record, "width", len(paths)), strict=True)
    return [images.named(path, size) for path, size in zip(paths, sizes, strict=True)], turns


def _turn(where: str, turn: Any) -> tuple[str, str]:
    if not isinstance(turn, dict):
        raise InputError(f"{where} must be an object with 'from' and 'value', got {type(turn).__name__}")
    return field_of(where, turn, "from", str, "text"), field_of(where, turn, "value", str, "text")


def _paths(where: str, value: Any) -> list[str]:
    paths = [] if value is None or value == "" else value if isinstance(value, list) else [value]
    if not all(isinstance(path, str) and path for path in paths):
        raise InputError(f"{where}: 'image' must be a path or a list of paths")
    return paths


def _sides(record: Record, key: str, images: int) -> list[Any]:
    """Return a size of each image; None where the record does not say it in a way that fits."""
    listed = record.get(f"{key}_list", record.get(key))
    sides = listed if isinstance(listed, list) else [listed]
    return sides if len(sides) == images else list(repeat(None, images))
