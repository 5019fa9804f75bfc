"""``spatialgeom train [COMMAND]``: without a command's name, it trains."""

import importlib
from collections.abc import Sequence

COMMANDS = {
    "run": "train, or go on with an interrupted run",
    "check": "look at data and model before a run: lengths, batches, padding, what is dropped",
    "merge": "make one plain checkpoint of base and adapter",
}


def main(arguments: Sequence[str]) -> int:
    """Run a subcommand and return its exit code."""
    named = arguments and arguments[0] in COMMANDS
    command, rest = (arguments[0], arguments[1:]) if named else ("run", arguments)
    module = importlib.import_module(f"spatialgeom.apps.train.commands.{command}")
    return int(module.main(rest))
