"""Command lines with config files: parsers that say in one line what is wrong."""

import argparse
import difflib
import re
from collections.abc import Sequence
from typing import NoReturn

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
        prog=f"spatialgeom {command}",
        description=title,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def parse_arguments(parser: ArgumentParser, arguments: Sequence[str]) -> tuple[Namespace, Namespace]:
    """Return what was asked, as plain values and with its classes built.

    Raises:
        UsageError: A config file does not fit.
    """
    try:
        asked = parser.parse_args(_with_dashes(parser, _configs_first(arguments)))
        return asked, parser.instantiate(asked)
    except (TypeError, AttributeError) as fault:  # a section that is no mapping reaches the parser's own code
        raise UsageError(f"--config does not fit the options of --help: {fault}") from None


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
