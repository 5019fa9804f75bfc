"""Folders beside those that a reader reads, which another reader would know."""

import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from spatialgeom.apps.datagen.reader import Reader, SceneHandle
from spatialgeom.apps.datagen.readers import load_readers

_FOLDERS = 50  # that nothing is read of and that are looked into
_BELOW = 10  # folders of each of them


def unread_folders(path: Path, handles: Sequence[SceneHandle]) -> list[str]:
    """Return the direct subfolders that hold scenes of some layout, but none of those listed.

    Only names are looked at. A subfolder that no reader would know, and in which none would know a folder,
    is not returned.

    Args:
        path: The source.
        handles: The scenes that its reader lists.
    """
    read = {str(way(Path(handle.path))) for handle in handles for way in (Path.absolute, Path.resolve)}
    if not path.is_dir() or not read.isdisjoint((str(path.absolute()), str(path.resolve()))):
        return []  # the path is a scene itself: what it holds is its own
    parents = {str(parent) for place in read for parent in (Path(place), *Path(place).parents)}
    unread = (
        folder
        for folder in _folders(path)
        if str(folder.absolute()) not in parents and str(folder.resolve()) not in parents
    )
    return [folder.name for folder in itertools.islice(unread, _FOLDERS) if _holds_scenes(folder)]


def _folders(path: Path) -> Iterator[Path]:
    try:
        with os.scandir(path) as entries:
            names = sorted(entry.name for entry in entries if entry.name[0] != ".")
    except OSError:
        return
    yield from (path / name for name in names if (path / name).is_dir())


def _holds_scenes(folder: Path) -> bool:
    readers = load_readers().values()
    places = (folder, *itertools.islice(_folders(folder), _BELOW))
    return any(_knows(reader, place) for place in places for reader in readers)


def _knows(reader: Reader, place: Path) -> bool:
    try:
        return reader.recognises(place)
    except OSError:  # may not be looked into
        return False
