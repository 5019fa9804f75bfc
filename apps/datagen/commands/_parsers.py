"""What parsers of subcommands share."""

import argparse
import difflib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from jsonargparse import ArgumentParser, Namespace

from spatialgeom.apps.errors import UsageError

_LONGEST = 300  # characters of a parser's own message


class _Parser(ArgumentParser):  # type: ignore[misc]
    """A parser that says in one line what is wrong."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Raise what the command line prints."""
        said = " ".join(message.split())
        said = re.sub(r"are required: (\w+)", r"are required: --\1", said)
        said = re.sub(r'Parser key "([\w.]+)": ', r"--\1: ", said)
        said = re.sub(r"<class '(\w+)'>", r"\1", said)
        raise UsageError(f"{said[:_LONGEST]}{self._nearest(said)}; see {self.prog} --help")

    def _nearest(self, said: str) -> str:
        """Return the option that is meant where one that does not exist is close to it."""
        unknown = re.search(r"(?:unrecognized arguments: |Option ')(?:--)?([\w.-]+)", said)
        known = {option.lstrip("-") for option in self._option_string_actions}
        close = difflib.get_close_matches(unknown[1].replace("_", "-"), known, 1) if unknown else []
        close = close or (difflib.get_close_matches(unknown[1], known, 1) if unknown else [])
        return f" (did you mean --{close[0]}?)" if close else ""


def command_parser(command: str, title: str, examples: str) -> ArgumentParser:
    """Return an empty parser whose help ends in examples."""
    return _Parser(
        allow_abbrev=False,
        prog=f"spatialgeom datagen {command}",
        description=title,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def dataset_parser(command: str, title: str, examples: str) -> ArgumentParser:
    """Return a parser of a command that reads a dataset and writes something."""
    parser = command_parser(command, title, examples)
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

    try:
        asked = parser.parse_args(_with_dashes(parser, configs_first(arguments)))
        built = parser.instantiate(asked)
    except (TypeError, AttributeError) as fault:  # a section that is no mapping reaches the parser's own code
        raise UsageError(f"--config does not fit the options of --help: {fault}") from None
    return asked, {name: built[name] for name, reader in load_readers().items() if reader.options is not None}


def _with_dashes(parser: ArgumentParser, arguments: Sequence[str]) -> list[str]:
    """Return arguments in which options may be spelt as config files spell them: ``--max_per_task``."""
    known = parser._option_string_actions
    heads = [argument.partition("=")[0] for argument in arguments]
    return [
        head.replace("_", "-") + argument[len(head) :]
        if head not in known and head.replace("_", "-") in known
        else argument
        for head, argument in zip(heads, arguments, strict=True)
    ]


def configs_first(arguments: Sequence[str]) -> list[str]:
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
