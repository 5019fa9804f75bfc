"""InternVL's annotations, one conversation per line, and mix files that name several of them."""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.train.data.entry import SourceConfig
from spatialgeom.apps.train.data.sources._conversations import parse
from spatialgeom.apps.train.data.sources._files import first_record, identity
from spatialgeom.apps.train.data.sources._format import Format
from spatialgeom.apps.train.data.sources._records import fill_from_records
from spatialgeom.apps.train.data.sources._turns import field_of

_LARGEST_MIX = 1 << 26  # bytes


def _recognises(path: Path) -> bool:
    kind, record = first_record(path) if path.is_file() else ("none", {})
    return "conversations" in record if kind == "lines" else _is_mix(path)


def _is_mix(path: Path) -> bool:
    return path.suffix == ".json" and path.is_file() and first_record(path)[0] == "object"


def _identity(config: SourceConfig, path: Path) -> Any:
    return [identity(path), config.root]


def _expand(config: SourceConfig, path: Path) -> list[SourceConfig]:
    if not _is_mix(path):
        return _FILE.expand(config, path)
    if config.root is not None:
        raise UsageError(f"root is for annotation files, but {path} is a mix file, which names its own")
    entries = []
    for name, entry in _read_mix(path).items():
        where = f"{path}, entry {name!r}"
        if not isinstance(entry, dict):
            raise InputError(f"{where} must be an object with 'annotation', got {type(entry).__name__}")
        root = field_of(where, entry, "root", str, "a folder") if "root" in entry else None
        entries.append(
            replace(
                config,
                path=_found(path, field_of(where, entry, "annotation", str, "a path")),
                format=None,
                root=None if root is None else _found(path, root),
                repeat=config.repeat * _repeat(where, entry.get("repeat_time", 1)),
                name=f"{config.name}/{name}" if config.name else name,
            )
        )
    return entries


def _read_mix(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > _LARGEST_MIX:
            raise InputError(f"{path} must be a mix file, but is larger than 64 MiB")
        value = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as fault:
        raise InputError(f"{path} must be a mix file in JSON, but {fault}") from None
    if not isinstance(value, dict) or not value or not all(name.strip() for name in value):
        raise InputError(f"{path} must name at least one annotation file, as {{name: {{annotation: ...}}}}")
    return value


def _found(mix: Path, name: str) -> str:
    """Return a path of a mix file, relative to where the command runs or else to the mix file."""
    path = Path(name)
    try:
        here = path.is_absolute() or path.exists()
    except OSError:  # a name that no file can have
        here = False
    return str(path if here else mix.absolute().parent / path)


def _repeat(where: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise InputError(f"{where}: 'repeat_time' must be a positive number, got {value!r}")
    return float(value)


_FILE = Format("internvl", _recognises, _identity, partial(fill_from_records, parse))
FORMAT = replace(_FILE, expand=_expand)
