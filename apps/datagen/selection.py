"""Which scenes a run takes: those of its sources, of its split, and none that is held out."""

from collections.abc import Sequence
from itertools import pairwise

from spatialgeom.apps.datagen.config import RunConfig
from spatialgeom.apps.datagen.reader import SceneHandle
from spatialgeom.apps.datagen.readers import choose_reader
from spatialgeom.apps.errors import InputError
from spatialgeom.apps.splits import HeldOut, in_split

_SHOWN = 5


def select_scenes(config: RunConfig) -> list[SceneHandle]:
    """Return the scenes of a run, by name; nothing but names is read.

    Raises:
        InputError: There is none, two share a name, one is missing, or one is held out.
    """
    handles: list[SceneHandle] = []
    for source in config.sources:
        reader, path = choose_reader(source, config.reader)
        handles += reader.scenes(path, config.reader_options(reader.name, reader.options))
    handles.sort(key=lambda handle: handle.name)
    for one, other in pairwise(handles):
        if one.name == other.name:
            raise InputError(f"two scenes are called {one.name!r}; give their folders different names")
    taken = [scene for scene in _named(handles, config.scenes) if _in(config.split, scene)]
    if not taken:
        raise InputError(
            f"none of {len(handles)} scenes is in the split {config.split!r}; take another, or --split all"
        )
    HeldOut.of(config.hold_out).refuse({scene.name: (scene.source, scene.space) for scene in taken})
    return taken


def _in(split: str, scene: SceneHandle) -> bool:
    return in_split(split, scene.source, scene.space)


def _named(handles: Sequence[SceneHandle], names: Sequence[str]) -> list[SceneHandle]:
    """Return the scenes of these names; all of them where none is given."""
    missing = sorted(set(names) - {handle.name for handle in handles})
    if missing:
        shown = ", ".join(missing[:_SHOWN]) + (", ..." if len(missing) > _SHOWN else "")
        raise InputError(f"{len(missing)} of {len(names)} scenes are not in the sources: {shown}; name more")
    return [handle for handle in handles if not names or handle.name in names]
