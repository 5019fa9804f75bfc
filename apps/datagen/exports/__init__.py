"""Every export format is the ``FORMAT`` of some module of this folder; there is no other list.

Modules whose names begin with an underscore hold what formats share.
"""

import importlib
import pkgutil

from spatialgeom.apps.datagen.exports._format import Format


def load_formats() -> dict[str, Format]:
    """Return all formats by name, sorted."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
    return {name: importlib.import_module(f"{__name__}.{name}").FORMAT for name in names}
