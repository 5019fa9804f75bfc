"""``spatialgeom COMMAND``: each command's module is imported when it is asked for."""

import argparse
import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from importlib.metadata import version

_COMMANDS = {
    "datagen": (
        "spatialgeom.apps.datagen.cli",
        "make question-answer data from posed RGB-D scenes; look at it; export it",
    ),
    "train": (
        "spatialgeom.apps.train.cli",
        "fine-tune a vision-language model on such data with LoRA; merge the result",
    ),
    "info": ("spatialgeom.apps.info", "versions, devices, backends, and why one is not available"),
}

DONE, NOTHING, USAGE, SKIPPED = 0, 1, 2, 3

_EXAMPLES = """examples:
  spatialgeom datagen run synthetic --out rooms     a dataset from rendered rooms
  spatialgeom datagen run scans/ --out data         one from posed RGB-D folders
  spatialgeom datagen view data --out page.html     a page of its images, questions and answers
  spatialgeom train --config my.yaml --out run      fine-tune a model on it
  spatialgeom info                                  what this machine can run
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; faults become one sentence on stderr and an exit code."""
    parser = argparse.ArgumentParser(
        prog="spatialgeom",
        description="Spatial question-answering data, and the multi-view geometry behind it.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"spatialgeom {version('spatialgeom')}")
    parser.add_argument("command", choices=_COMMANDS, metavar="COMMAND", help=_listing())
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="...", help="see COMMAND --help")
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] not in _COMMANDS and not given[0].startswith("-"):
        print(f"spatialgeom: there is no command {given[0]!r}; {_nearest(given[0])}", file=sys.stderr)
        return USAGE
    asked = parser.parse_args(given)
    module = importlib.import_module(_COMMANDS[asked.command][0])
    return guarded(lambda: module.main(asked.rest))


def _nearest(name: str) -> str:
    from spatialgeom.apps.datagen.cli import COMMANDS

    if name in COMMANDS:
        return f"it is 'spatialgeom datagen {name}'"
    return f"there are {', '.join(_COMMANDS)}"


def _listing() -> str:
    return "; ".join(f"{name}: {title}" for name, (_, title) in _COMMANDS.items())


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def guarded(command: Callable[[], int]) -> int:
    """Return the command's exit code, or that of its fault after saying it in one sentence."""
    from concurrent.futures.process import BrokenProcessPool

    from spatialgeom.apps.errors import InputError, UsageError

    # a batch system's way to stop a run ends it like an interrupt: workers stop, nothing is half-written
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _interrupt)
    try:
        return command()
    except UsageError as fault:
        print(f"spatialgeom: {fault}", file=sys.stderr)
        return USAGE
    except BrokenProcessPool:
        print("spatialgeom: a worker was killed (out of memory?); the same command goes on", file=sys.stderr)
        return NOTHING
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOTHING
    except (InputError, OSError) as fault:
        print(f"spatialgeom: {fault}", file=sys.stderr)
        return NOTHING
    except KeyboardInterrupt:
        print("spatialgeom: interrupted; the same command goes on where it stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
