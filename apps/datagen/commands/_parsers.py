"""What parsers of subcommands share."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jsonargparse import ArgumentParser, Namespace

from spatialgeom.apps.errors import UsageError
from spatialgeom.apps.parsers import command_parser, parse_arguments


def dataset_parser(command: str, title: str, examples: str) -> ArgumentParser:
    """Return a parser of a command that reads a dataset and writes something."""
    parser = command_parser(f"datagen {command}", title, examples)
    parser.add_argument("dataset", type=str, help="folder that datagen run wrote")
    parser.add_argument("--out", type=str, required=True, help="where to write")
    parser.add_argument(
        "--root", type=str, nargs="*", default=[], help="SCENE=FOLDER where a scene's images moved to"
    )
    return parser


def open_dataset(asked: Namespace) -> Any:
    """Return the dataset that a command names."""
    from spatialgeom.apps.records import Dataset

    wrong = [text for text in asked.root if "=" not in text]
    if wrong:
        raise UsageError(f"--root must be SCENE=FOLDER, got {wrong[0]!r}")
    dataset = Dataset.open(asked.dataset, dict(text.split("=", 1) for text in asked.root))
    unknown = sorted(set(dataset.roots) - set(dataset.manifest["roots"]))
    if unknown:
        raise UsageError(
            f"--root names {unknown[0]!r}, which {asked.dataset} has no scene of; correct the name"
        )
    return dataset


def add_reader_options(parser: ArgumentParser) -> None:
    """Add each reader's options as ``--READER.OPTION``."""
    from spatialgeom.apps.datagen.readers import load_readers

    for reader in load_readers().values():
        if reader.options is not None:
            parser.add_class_arguments(reader.options, reader.name)


def parse(parser: ArgumentParser, arguments: Sequence[str]) -> tuple[Namespace, dict[str, Any]]:
    """Return what was asked, and the options of readers by their names.

    Raises:
        UsageError: A config file does not fit.
    """
    from spatialgeom.apps.datagen.readers import load_readers

    asked, built = parse_arguments(parser, arguments)
    return asked, {name: built[name] for name, reader in load_readers().items() if reader.options is not None}


def configured_sources(configs: Sequence[Any]) -> list[str]:
    """Return the sources of config files: the parser takes no positionals from them."""
    import yaml

    found: list[str] = []
    for config in configs:
        listed = (yaml.safe_load(Path(str(config)).read_text(encoding="utf-8")) or {}).get("sources") or []
        found = [listed] if isinstance(listed, str) else listed
        if not isinstance(found, list) or not all(isinstance(source, str) for source in found):
            raise UsageError(f"sources in {config} must be a list of folders, got {listed!r}")
    return found
