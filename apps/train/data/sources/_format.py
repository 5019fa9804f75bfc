"""What a format of training data is: how its files are recognised, told apart and read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spatialgeom.apps.progress import Progress
from spatialgeom.apps.train.data.entry import SourceConfig, named
from spatialgeom.apps.train.data.store import StoreWriter

_SAYS_NOTHING = ("annotations", "annotation", "train", "data")  # names of files whose folder tells more


def _itself(config: SourceConfig, path: Path) -> list[SourceConfig]:
    place = path.absolute()
    if path.is_dir():
        return [named(config, place.name)]
    return [named(config, place.parent.name if path.stem in _SAYS_NOTHING else path.stem)]


@dataclass(frozen=True)
class Format:
    """A layout of files.

    Args:
        name: How it is named.
        recognises: Is the file or folder at this path of this layout?
        identity: Returns JSON values that change when the files do, or what is asked of them.
        fill: Reads the files into a store; returns the ``tasks``, ``scenes``, ``prompted`` (do texts have
            their placeholders?) and ``content`` (fingerprint, the same wherever the files lie) to note.
        expand: Returns the entries that one entry stands for.
        is_dataset: Does it have scenes and tasks?
    """

    name: str
    recognises: Callable[[Path], bool]
    identity: Callable[[SourceConfig, Path], Any]
    fill: Callable[[SourceConfig, Path, StoreWriter, Progress], Mapping[str, Any]]
    expand: Callable[[SourceConfig, Path], list[SourceConfig]] = _itself
    is_dataset: bool = False
