"""``spatialgeom datagen COMMAND``: each is a module of ``commands``, imported when it is asked for."""

import argparse
import importlib
from collections.abc import Sequence

COMMANDS = {
    "doctor": "look at data before a run: layout, cameras, poses, depth, labels",
    "run": "make a dataset, or go on with an interrupted one",
    "view": "write a page with images, dots, questions and answers",
    "export": "write a dataset for a trainer, with dots drawn",
    "recipe": "write down how to make a dataset again, with fingerprints and without pixels",
    "regenerate": "make a recipe's dataset from data of your own, and compare",
    "pack": "copy a dataset with its images, where licences allow",
    "tasks": "list the tasks",
    "splits": "list the splits and what can be held out",
}


def main(arguments: Sequence[str]) -> int:
    """Run a subcommand and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="spatialgeom datagen", description="Make question-answer data from scenes and clips."
    )
    parser.add_argument(
        "command",
        choices=COMMANDS,
        metavar="COMMAND",
        help="; ".join(f"{name}: {title}" for name, title in COMMANDS.items()),
    )
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="...", help="see COMMAND --help")
    asked = parser.parse_args(arguments)
    module = importlib.import_module(f"spatialgeom.apps.datagen.commands.{asked.command}")
    return int(module.main(asked.rest))
