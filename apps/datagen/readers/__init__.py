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


def choose_reader(source: str, name: str | None) -> Reader:
    """Return the reader called ``name``, or the one that recognises ``source``.

    Raises:
        UsageError: There is no reader of that name, or several recognise the path.
        InputError: The path does not exist, or no reader recognises it.
    """
    readers = load_readers()
    if name is not None:
        if name not in readers:
            raise UsageError(f"there is no reader {name!r}; there are {', '.join(readers)}")
        return readers[name]
    if source in readers:
        return readers[source]
    path = Path(source)
    if not path.exists():
        raise InputError(f"{source} does not exist; name a scene folder, or 'synthetic' for rendered rooms")
    knowing = [reader for reader in readers.values() if reader.recognises(path)]
    if len(knowing) == 1:
        return knowing[0]
    if knowing:
        names = " and ".join(reader.name for reader in knowing)
        raise UsageError(f"{source} has files of more than one layout ({names}); name one with --reader")
    raise InputError(
        f"{source} is not a scene in a layout that is known here; expected one of: "
        + "; ".join(f"{reader.name} ({reader.title})" for reader in readers.values())
    )
