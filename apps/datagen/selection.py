"""Which scenes a run takes: those of its sources, of its split, and none that is held out."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from spatialgeom.apps.datagen.config import RunConfig
from spatialgeom.apps.datagen.doctor.neighbours import unread_folders
from spatialgeom.apps.datagen.reader import SceneHandle
from spatialgeom.apps.datagen.readers import choose_reader, load_readers
from spatialgeom.apps.errors import InputError
from spatialgeom.apps.splits import HeldOut, in_split

_SHOWN = 5


class Selection(NamedTuple):
    """The scenes of a run, by name, and sentences about what its sources hold besides."""

    scenes: list[SceneHandle]
    notes: list[str]


def select_scenes(config: RunConfig) -> Selection:
    """Return the scenes of a run; nothing but names is read.

    Raises:
        InputError: There is none, two share a name, one is missing, or one is held out.
    """
    handles: list[SceneHandle] = []
    notes = []
    for source in config.sources:
        reader, path = choose_reader(source, config.reader)
        found = reader.scenes(path, config.reader_options(reader.name, reader.options))
        handles += found
        # who names a reader leaves the rest out on purpose
        named = config.reader is not None or source.startswith(f"{reader.name}:")
        if not named and (unread := unread_folders(path, found)):
            notes.append(f"nothing was read of {', '.join(unread)} in {source}; name these folders, too")
    handles.sort(key=lambda handle: handle.name)
    for one, other in pairwise(handles):
        if one.name == other.name:
            raise InputError(
                f"two scenes are called {one.name!r}, {one.path} and {other.path}; "
                "name one of them, or rename its folder"
            )
    taken = [scene for scene in _named(handles, config.scenes) if _in(config.split, scene)]
    if not taken:
        raise InputError(
            f"none of {len(handles)} scenes is in the split {config.split!r}; take another, or --split all"
        )
    HeldOut.of(config.hold_out).refuse({scene.name: (scene.source, scene.space) for scene in taken})
    return Selection(taken, notes)


def _in(split: str, scene: SceneHandle) -> bool:
    return in_split(split, scene.source, scene.space)


def _named(handles: Sequence[SceneHandle], names: Sequence[str]) -> list[SceneHandle]:
    """Return the scenes of these names; all of them where none is given."""
    missing = sorted(set(names) - {handle.name for handle in handles})
    if missing:
        shown = ", ".join(missing[:_SHOWN]) + (", ..." if len(missing) > _SHOWN else "")
        raise InputError(f"{len(missing)} of {len(names)} scenes are not in the sources: {shown}; name more")
    return [handle for handle in handles if not names or handle.name in names]


def without_effect(config: RunConfig) -> list[str]:
    """Return the readers whose options were given though they read no source."""
    used = {choose_reader(source, config.reader)[0].name for source in config.sources}
    return [
        name
        for name, reader in load_readers().items()
        if reader.options
        and name not in used
        and config.options.get(name, reader.options()) != reader.options()
    ]
