"""``spatialgeom datagen run | view | export | tasks``."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from jsonargparse import ActionConfigFile, ArgumentParser, Namespace

from spatialgeom.apps.errors import UsageError

_RUN_EXAMPLES = """examples:
  spatialgeom datagen run synthetic --out rooms --synthetic.scenes 8
  spatialgeom datagen run scans/redkitchen --config configs/redkitchen.yaml --out kitchen
  spatialgeom datagen run scans/ --out data --tasks depth_value_dot camera_distance --workers 8
  spatialgeom datagen run scans/ --out data --rgbd_folder.up '[0, 0, 1]' --print_config > my.yaml

The same command on the same folder goes on after an interruption. Exit codes: 0 all done; 3 done, but
something was skipped, as the summary says; 1 nothing written; 2 usage.
"""
_VIEW_EXAMPLES = """examples:
  spatialgeom datagen view rooms --out page.html
  spatialgeom datagen view rooms --out page.html --per-task 20 --tasks correspondence_choice depth_order_dot
"""
_EXPORT_EXAMPLES = """examples:
  spatialgeom datagen export rooms --format internvl --out rooms_internvl
"""


def main(arguments: Sequence[str]) -> int:
    """Run a subcommand and return its exit code."""
    parser = argparse.ArgumentParser(prog="spatialgeom datagen", description=__doc__.replace("``", ""))
    commands: dict[str, tuple[Callable[[Sequence[str]], int], str]] = {
        "run": (_run, "make a dataset, or go on with an interrupted one"),
        "view": (_view, "write a page with images, dots, questions and answers"),
        "export": (_export, "write a dataset for a trainer, with dots drawn"),
        "tasks": (_tasks, "list the tasks"),
    }
    parser.add_argument(
        "command",
        choices=commands,
        metavar="COMMAND",
        help="; ".join(f"{name}: {title}" for name, (_, title) in commands.items()),
    )
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="...", help="see COMMAND --help")
    asked = parser.parse_args(arguments)
    return commands[asked.command][0](asked.rest)


def _run_parser() -> ArgumentParser:
    from spatialgeom.apps.datagen.readers import load_readers

    parser = ArgumentParser(
        prog="spatialgeom datagen run",
        description="Turn posed RGB-D scenes into question-answer rows.",
        epilog=_RUN_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("sources", nargs="*", help="scene folders, or 'synthetic' for rendered rooms")
    parser.add_argument("--config", action=ActionConfigFile, help="YAML file with any of these options")
    parser.add_argument("--out", type=str, required=True, help="folder of the dataset")
    parser.add_argument(
        "--reader", type=str, default=None, help="reader; default: the one that knows the layout"
    )
    parser.add_argument("--tasks", type=str, nargs="*", default=[], help="tasks to make; default: all")
    parser.add_argument(
        "--rules", type=str, default="default", help="'default', or 'paper' for the paper's labels"
    )
    parser.add_argument("--seed", type=int, default=0, help="everything random follows from it")
    parser.add_argument(
        "--max-per-task", type=int, default=1000, help="most questions per task over all scenes"
    )
    parser.add_argument(
        "--workers", type=int, default=0, help="processes; 0: one per core; see the page on the data engine"
    )
    parser.add_argument(
        "--device", type=str, default="cpu", help="where geometry is computed: cpu, cuda, cuda:N"
    )
    parser.add_argument(
        "--cache", type=str, default=None, help="folder of the geometry cache; default: OUT/cache"
    )
    parser.add_argument(
        "--strict", action="store_true", help="stop at the first scene or frame to be skipped"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress")
    for reader in load_readers().values():
        if reader.options is not None:
            parser.add_class_arguments(reader.options, reader.name)
    return parser


def _run(arguments: Sequence[str]) -> int:
    from spatialgeom.apps.datagen.config import RunConfig
    from spatialgeom.apps.datagen.readers import load_readers

    parser = _run_parser()
    try:
        asked = parser.parse_args(_configs_first(arguments))
        built = parser.instantiate(asked)
    except (TypeError, AttributeError) as fault:  # a section that is no mapping reaches the parser's own code
        raise UsageError(f"--config does not fit the options of --help: {fault}") from None
    options = {name: built[name] for name, reader in load_readers().items() if reader.options is not None}
    config = RunConfig(
        sources=tuple(asked.sources or _configured_sources(asked.config or ())),
        options=options,
        tasks=tuple(asked.tasks),
        **{name: getattr(asked, name) for name in _PLAIN},
    )
    return _finish(config)


def _configs_first(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with config files in front, so that the command line overrides them anywhere."""
    configs: list[str] = []
    others: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument == "--config":
            configs += [argument, next(rest, "")]
        elif argument.startswith("--config="):
            configs.append(argument)
        else:
            others.append(argument)
    return configs + others


def _configured_sources(configs: Sequence[Any]) -> list[str]:
    """Return the sources of config files: the parser takes no positionals from them."""
    import yaml

    found: list[str] = []
    for config in configs:
        listed = (yaml.safe_load(Path(str(config)).read_text(encoding="utf-8")) or {}).get("sources") or []
        found = [listed] if isinstance(listed, str) else listed
        if not isinstance(found, list) or not all(isinstance(source, str) for source in found):
            raise UsageError(f"sources in {config} must be a list of folders, got {listed!r}")
    return found


_PLAIN = ("out", "reader", "rules", "seed", "max_per_task", "workers", "device", "cache", "strict", "quiet")


def _finish(config: Any) -> int:
    from spatialgeom.apps.cli import DONE, SKIPPED
    from spatialgeom.apps.datagen.engine import run
    from spatialgeom.apps.datagen.summary import summarise

    result = run(config)
    print(summarise(result, config.out))
    return SKIPPED if result.skipped else DONE


def _dataset_parser(command: str, title: str, examples: str) -> ArgumentParser:
    parser = ArgumentParser(
        prog=f"spatialgeom datagen {command}",
        description=title,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("dataset", type=str, help="folder that datagen run wrote")
    parser.add_argument("--out", type=str, required=True, help="where to write")
    parser.add_argument("--seed", type=int, default=0, help="which rows are shown, or in which order")
    parser.add_argument(
        "--root", type=str, nargs="*", default=[], help="SCENE=FOLDER where a scene's images moved to"
    )
    return parser


def _open(asked: Namespace) -> Any:
    from spatialgeom.apps.records import Dataset

    wrong = [text for text in asked.root if "=" not in text]
    if wrong:
        raise UsageError(f"--root must be SCENE=FOLDER, got {wrong[0]!r}")
    return Dataset.open(asked.dataset, dict(text.split("=", 1) for text in asked.root))


def _view(arguments: Sequence[str]) -> int:
    from spatialgeom.apps.datagen.viewer import write_page

    parser = _dataset_parser(
        "view", "Write a page to look at: images, dots, questions, answers.", _VIEW_EXAMPLES
    )
    parser.add_argument("--per-task", type=int, default=6, help="items per task")
    parser.add_argument("--tasks", type=str, nargs="*", default=[], help="tasks to show; default: all")
    asked = parser.parse_args(list(arguments))
    shown = write_page(
        _open(asked), Path(asked.out), per_task=asked.per_task, tasks=tuple(asked.tasks), seed=asked.seed
    )
    print(f"{shown} items -> {asked.out}")
    return 0


def _export(arguments: Sequence[str]) -> int:
    from spatialgeom.apps.datagen.export import export_dataset

    parser = _dataset_parser("export", "Write a dataset for a trainer, with dots drawn.", _EXPORT_EXAMPLES)
    parser.add_argument("--format", type=str, default="internvl", help="internvl, llava or messages")
    parser.add_argument("--quality", type=int, default=92, help="JPEG quality of images with dots")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.add_argument("--tasks", type=str, nargs="*", default=[], help="tasks to export; default: all")
    parser.add_argument("--workers", type=int, default=0, help="processes that draw; 0: one per core")
    asked = parser.parse_args(list(arguments))
    summary = export_dataset(
        _open(asked),
        Path(asked.out),
        format=asked.format,
        seed=asked.seed,
        quality=asked.quality,
        tasks=tuple(asked.tasks),
        workers=asked.workers,
        progress=not asked.quiet,
    )
    print(summary)
    return 0


def _tasks(arguments: Sequence[str]) -> int:
    from spatialgeom.apps.datagen.tasks import load_tasks

    argparse.ArgumentParser(prog="spatialgeom datagen tasks", description="List the tasks.").parse_args(
        arguments
    )
    for name, task in load_tasks().items():
        print(f"{name:28} {task.family:16} {task.scoring.kind:8} {task.wording.questions[0]}")
    return 0
