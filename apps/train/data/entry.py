"""One entry of the list of sources, as configurations write it."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from spatialgeom.apps.errors import UsageError


@dataclass(frozen=True)
class SourceConfig:
    """One entry of the list of sources.

    Args:
        path: A dataset's folder, an annotation file, an export's folder, or a mix file.
        format: ``spatialgeom``, ``internvl``, ``llava`` or ``messages``; None: recognised from the path.
        repeat: How often its conversations are seen per epoch; below 1, a random share of them is drawn. It
            multiplies the ``repeat_time`` of a mix file's entries.
        samples: Conversations drawn per epoch, instead of ``repeat``; a mix file's entries share them.
        root: The folder that image paths of an annotation file are relative to; None: the file's own.
        roots: Folders that replace those of a dataset's manifest, by scene, where images have moved.
        tasks: Tasks, families or subtasks of a dataset to take; empty: all.
        questions: Most questions on one set of images that are asked in one conversation (datasets only).
        name: What it is called in figures and ids; None: after the path.

    Raises:
        UsageError: A value is out of range.
    """

    path: str
    format: str | None = None
    repeat: float = 1.0
    samples: int | None = None
    root: str | None = None
    roots: dict[str, str] = field(default_factory=dict)
    tasks: tuple[str, ...] = ()
    questions: int = 1
    name: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.path, str) or not self.path.strip() or "\0" in self.path:
            raise UsageError(f"path of a source must name a file or folder, got {self.path!r}")
        where = f"of the source {self.path}"
        if not _is_number(self.repeat) or not 0 < self.repeat < math.inf:
            raise UsageError(f"repeat {where} must be a positive number, got {self.repeat!r}")
        if self.samples is not None and not _is_count(self.samples):
            raise UsageError(f"samples {where} must be at least 1, got {self.samples!r}")
        if not _is_count(self.questions):
            raise UsageError(f"questions {where} must be at least 1, got {self.questions!r}")
        if isinstance(self.tasks, str) or not all(isinstance(task, str) and task for task in self.tasks):
            raise UsageError(f"tasks {where} must be a list of names, got {self.tasks!r}")
        if self.name is not None and not (isinstance(self.name, str) and self.name.strip()):
            raise UsageError(f"name {where} must not be empty, got {self.name!r}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def named(config: SourceConfig, name: str) -> SourceConfig:
    """Return the entry under the name that it has or is given."""
    return config if config.name else replace(config, name=name)


def entries(sources: Sequence[Any], option: str) -> list[SourceConfig]:
    """Return a list of sources, each as an entry.

    Args:
        sources: Entries, mappings with their keys, or paths alone.
        option: Name of the option that they are given by.

    Raises:
        UsageError: One is neither, or has a key that does not exist, or a value that does not fit.
    """
    if isinstance(sources, str | Mapping) or not isinstance(sources, Sequence):
        raise UsageError(f"{option} must be a list of paths or entries, got {sources!r}; write '[rooms]'")
    return [_entry(source, option) for source in sources]


def _entry(source: Any, option: str) -> SourceConfig:
    if isinstance(source, SourceConfig):
        return source
    told = {"path": source} if isinstance(source, str) else source
    if not isinstance(told, Mapping) or "path" not in told:
        raise UsageError(f"each of {option} must be a path, or an entry with the key path, got {source!r}")
    keys = [item.name for item in dataclasses.fields(SourceConfig)]
    if unknown := [key for key in told if key not in keys]:
        raise UsageError(f"an entry of {option} has no key {unknown[0]!r}; there are {', '.join(keys)}")
    tasks = told.get("tasks", ())
    return SourceConfig(**{**told, "tasks": tuple(tasks) if isinstance(tasks, list) else tasks})
