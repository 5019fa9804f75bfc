"""What a reader is: one module that recognises a layout on disk and turns it into scenes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spatialgeom.apps.datagen.clip import Clip
from spatialgeom.apps.datagen.scene import Scene


@dataclass(frozen=True)
class SceneHandle:
    """A scene that can be loaded in another process: plain values only.

    Source and space are those of the scene, so that a split takes it or not before anything is read.
    """

    reader: str
    name: str
    path: str
    options: Any
    source: str
    space: str


@dataclass(frozen=True)
class Reader:
    """One source format.

    Args:
        name: What ``--reader`` takes; the module's name.
        title: One line for ``--help``.
        options: A frozen dataclass of options with defaults, or None; the command line shows them as
            ``--NAME.OPTION``.
        recognises: Tells whether a path has this layout, from names alone.
        scenes: Lists the scenes under a path; raises ``InputError`` with what it expected.
        load: Reads one scene's headers and poses. Its second argument is a folder in which it may keep
            what it has to make (rendered or extracted images), its own across runs.
    """

    name: str
    title: str
    options: type | None
    recognises: Callable[[Path], bool]
    scenes: Callable[[Path, Any], list[SceneHandle]]
    load: Callable[[SceneHandle, Path], Scene | Clip]
