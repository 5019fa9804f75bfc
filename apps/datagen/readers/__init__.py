"""Every reader is ``READER`` in some module of this folder; there is no other list."""

import importlib
import pkgutil
from pathlib import Path

from spatialgeom.apps.datagen.reader import Reader
from spatialgeom.apps.errors import InputError, UsageError


def load_readers() -> dict[str, Reader]:
    """Return all readers by name, sorted."""
    names = sorted(
        module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")
    )
    readers = [importlib.import_module(f"{__name__}.{name}").READER for name in names]
    return {reader.name: reader for reader in readers}


def choose_reader(source: str, name: str | None) -> tuple[Reader, Path]:
    """Return the reader of a source, and its path.

    A source may name its reader, as in ``tapvid3d:clips/adt``. Otherwise it is the one called ``name``, or
    the one that recognises the path.

    Raises:
        UsageError: There is no reader of that name, or several recognise the path.
        InputError: The path does not exist, or no reader recognises it.
    """
    readers = load_readers()
    own, colon, rest = source.partition(":")
    if colon and own in readers:
        name, source = own, rest
    if name is not None and name not in readers:
        raise UsageError(f"there is no reader {name!r}; there are {', '.join(readers)}")
    path = Path(source)
    if name is not None or source in readers:
        return readers[name or source], path
    if not path.exists():
        raise InputError(f"{source} does not exist; name a scene folder, or 'synthetic' for rendered rooms")
    knowing = [reader for reader in readers.values() if reader.recognises(path)]
    if len(knowing) > 1:
        names = " and ".join(reader.name for reader in knowing)
        raise UsageError(
            f"{source} has files of more than one layout ({names}); "
            f"name one, as in {knowing[0].name}:{source}"
        )
    if not knowing:
        raise InputError(
            f"{source} is not a scene in a layout that is known here ({', '.join(readers)}); "
            f"'spatialgeom datagen doctor {source}' says what is near"
        )
    return knowing[0], path
