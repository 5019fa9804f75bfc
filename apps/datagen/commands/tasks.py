"""``spatialgeom datagen tasks``: list the tasks."""

import argparse
from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Print the tasks."""
    from spatialgeom.apps.datagen.tasks import load_tasks

    argparse.ArgumentParser(prog="spatialgeom datagen tasks", description="List the tasks.").parse_args(
        arguments
    )
    for name, task in load_tasks().items():
        print(f"{name:28} {task.family:16} {task.scoring.kind:8} {task.wording.questions[0]}")
    return 0
