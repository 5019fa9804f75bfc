"""The guard: scenes that show a held-out place are refused."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeGuard

from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.splits.lists import named_list, named_lists
from spatialgeom.apps.splits.places import Place, place_of

LARGEST_FILE = 1 << 30  # of a recipe of a million items
_LONGEST_NAME = 255
_ENDINGS = (".sens", ".npz", ".mp4", ".zip", ".txt")


@dataclass(frozen=True)
class Entry:
    """What one list, manifest or text file holds out."""

    label: str
    places: frozenset[Place] = frozenset()
    lines: frozenset[str] = frozenset()  # names or spaces whose source is not known

    def covers(self, name: str, source: str, space: str) -> bool:
        own = {place_of(source, space), place_of(source, name)}
        return not own.isdisjoint(self.places) or not own.isdisjoint(_read_as(self.lines, source))


@lru_cache(maxsize=64)
def _read_as(lines: frozenset[str], source: str) -> frozenset[Place]:
    return frozenset(place_of(source, line) for line in lines)


@dataclass(frozen=True)
class HeldOut:
    """Places that must not be trained on, and who says so."""

    entries: tuple[Entry, ...] = ()

    @classmethod
    def of(cls, items: Iterable[str | Path]) -> "HeldOut":
        """Read what to hold out.

        Args:
            items: Names of lists; JSON files with ``scenes``, such as a dataset's ``manifest.json`` or a
                recipe; folders of datasets; text files with one scene or space per line (``#`` begins a
                comment).

        Raises:
            UsageError: An item is neither the name of a list nor a file.
            InputError: A file cannot be read, or names nothing.
        """
        return cls(tuple(_entry(item) for item in items))

    def overlap(self, scenes: Mapping[str, tuple[str, str]]) -> dict[str, list[str]]:
        """Return the names of the scenes that each entry holds out, by its label, where there are any.

        Args:
            scenes: Source and space of each scene, by its name.

        Raises:
            InputError: A scene does not say its source and space, so that nothing is known about it.
        """
        unknown = [name for name, said in scenes.items() if not all(said)]
        if self.entries and unknown:
            raise InputError(
                f"a guard needs source and space of every scene, but lacks those of {_some(unknown)}; "
                "hold nothing out, or give scenes whose reader tells them"
            )
        found = {
            entry.label: [name for name, said in scenes.items() if entry.covers(name, *said)]
            for entry in self.entries
        }
        return {label: names for label, names in found.items() if names}

    def refuse(self, scenes: Mapping[str, tuple[str, str]]) -> None:
        """Refuse scenes of which any shows a held-out place.

        Args:
            scenes: Source and space of each scene, by its name.

        Raises:
            InputError: Some do; the message names the list or file, how many scenes, and the first five. Or
                a scene does not say its source and space.
        """
        found = self.overlap(scenes)
        if found:
            parts = "; ".join(f"{label} holds out {_some(names)}" for label, names in found.items())
            raise InputError(f"{parts}; take --split train, or name the folders of other scenes")


def scenes_of(manifest: Mapping[str, Any], label: str = "the manifest") -> dict[str, tuple[str, str]]:
    """Return source and space of each scene of a dataset's manifest or of a recipe, by its name.

    Raises:
        InputError: It has no scenes, or a scene does not say its source and space.
    """
    scenes = manifest.get("scenes")
    if not isinstance(scenes, dict) or not scenes:
        raise InputError(
            f'{label} must have "scenes" with at least one scene; give the manifest of a finished run'
        )
    found: dict[str, tuple[str, str]] = {}
    for name, entry in scenes.items():
        source, space = (entry.get("source"), entry.get("space")) if isinstance(entry, dict) else (None, None)
        if not (_is_name(name) and _is_name(source) and _is_name(space)):
            raise InputError(
                f'{label} must give "source" and "space" of each scene as text of at most {_LONGEST_NAME} '
                f"characters, but does not for {name[:80]!r}; write both"
            )
        found[name] = (source, space)
    return found


def _is_name(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    return f"{len(names)} scene{'s' if len(names) > 1 else ''} ({shown})"


def _entry(item: str | Path) -> Entry:
    if isinstance(item, str) and item in named_lists():
        chosen = named_list(item)
        return Entry(f"{item} ({chosen.title})", chosen.places)
    path = _file(item)
    text = _read(path)
    if text.lstrip().startswith(("{", "[")):
        scenes = scenes_of(_parse(path, text), str(path))
        return Entry(str(path), frozenset(place_of(*said) for said in scenes.values()))
    return Entry(str(path), lines=_lines(path, text))


def _file(item: str | Path) -> Path:
    path = Path(item)
    try:
        path = path / "manifest.json" if path.is_dir() else path
        if path.is_file():
            return path
    except OSError:  # a name that no file can have
        pass
    raise UsageError(f"{item} is neither a file nor a list; the lists are {', '.join(named_lists())}")


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InputError(f"{path} must be a list of scenes, but is larger than 1 GiB; name another file")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        raise InputError(f"{path} must be a text file in UTF-8, but {fault}; name another file") from None


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise InputError(f"{path} must be JSON, but {fault}; name another file") from None
    if not isinstance(value, dict):
        raise InputError(
            f'{path} must be a JSON object with "scenes"; write one scene per line for a plain list'
        )
    return value


def _lines(path: Path, text: str) -> frozenset[str]:
    found = set()
    for number, line in enumerate(text.splitlines(), start=1):
        name = line.partition("#")[0].strip()
        if len(name) > _LONGEST_NAME or any(mark.isspace() or mark in ",;\0" for mark in name):
            raise InputError(
                f"{path} must have one scene or space per line, but line {number} is {name[:80]!r}; "
                "write only names"
            )
        if name := _without_path(name):
            found.add(name)
    if not found:
        raise InputError(f"{path} must name at least one scene or space, but names none; fill it or drop it")
    return frozenset(found)


def _without_path(line: str) -> str:
    """Return the scene of a line such as ``scannet/scene0011_00.mp4``: lists of files are common."""
    name = line.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return next((name.removesuffix(end) for end in _ENDINGS if name.endswith(end)), name)
