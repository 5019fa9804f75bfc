"""LLaVA's annotations: one JSON list of conversations, without sizes of images."""

from functools import partial
from pathlib import Path
from typing import Any

from spatialgeom.apps.train.data.entry import SourceConfig
from spatialgeom.apps.train.data.sources._conversations import parse
from spatialgeom.apps.train.data.sources._files import first_record, identity
from spatialgeom.apps.train.data.sources._format import Format
from spatialgeom.apps.train.data.sources._records import fill_from_records


def _recognises(path: Path) -> bool:
    kind, record = first_record(path) if path.is_file() else ("none", {})
    return kind == "list" and "conversations" in record


def _identity(config: SourceConfig, path: Path) -> Any:
    return [identity(path), config.root]


FORMAT = Format("llava", _recognises, _identity, partial(fill_from_records, parse))
