"""Every format of training data is the ``FORMAT`` of some module of this folder; there is no other list.

Modules whose names begin with an underscore hold what formats share.
"""

import importlib
import pkgutil
from pathlib import Path

from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.train.data.sources._format import Format

__all__ = ["Format", "choose_format", "load_formats"]

_INSIDE = ("annotations.jsonl", "annotations.json")  # what a folder that is an export holds


def load_formats() -> dict[str, Format]:
    """Return all formats by name, sorted."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
    formats = [importlib.import_module(f"{__name__}.{name}").FORMAT for name in names]
    return {form.name: form for form in formats}


def choose_format(source: str, name: str | None) -> tuple[Format, Path]:
    """Return the format of a source, and the file or folder that it is read from.

    Raises:
        UsageError: There is no format of that name.
        InputError: The path does not exist, or no format recognises it.
    """
    formats = load_formats()
    if name is not None and name not in formats:
        raise UsageError(f"there is no format {name!r}; there are {', '.join(formats)}")
    path = _inside(Path(source))
    if name is not None:
        return formats[name], path
    knowing = [form for form in formats.values() if form.recognises(path)]
    if len(knowing) != 1:
        raise InputError(
            f"{source} is not training data in a format that is known here ({', '.join(formats)}); "
            "name its format if it is one of them"
        )
    return knowing[0], path


def _inside(path: Path) -> Path:
    """Return the annotations of an export's folder, or else the path itself."""
    try:
        if path.is_dir():
            return next((path / name for name in _INSIDE if (path / name).is_file()), path)
        if path.exists():
            return path
    except OSError:  # a name that no file can have
        pass
    raise InputError(f"{path} does not exist; name a dataset's folder or an annotation file")
