"""Every task is a member of ``TASKS`` in some module of this folder; there is no other list.

Modules whose names begin with an underscore hold sentences and steps that several tasks share.
"""

import importlib
import pkgutil

from spatialgeom.apps.datagen.task import Task


def load_tasks() -> dict[str, Task]:
    """Return all tasks by name, sorted.

    Raises:
        ValueError: Two tasks share a name.
    """
    names = sorted(
        module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")
    )
    tasks = [task for name in names for task in importlib.import_module(f"{__name__}.{name}").TASKS]
    by_name = {task.name: task for task in tasks}
    if len(by_name) != len(tasks):
        raise ValueError(f"two tasks share a name: {sorted(task.name for task in tasks)}")
    return dict(sorted(by_name.items()))
