"""What parsers of subcommands share."""

import argparse
from collections.abc import Sequence
from dataclasses import fields

from jsonargparse import ActionConfigFile, ArgumentParser, DefaultHelpFormatter, Namespace

from spatialgeom.apps.parsers import command_parser, parse_arguments
from spatialgeom.apps.train.config import TrainConfig


class _Defaults(DefaultHelpFormatter, argparse.RawDescriptionHelpFormatter):  # type: ignore[misc]
    """Shows defaults, and examples as they are written."""


def config_parser(command: str, title: str, examples: str) -> ArgumentParser:
    """Return a parser of everything that a run is told."""
    parser = command_parser(command, title, examples)
    parser.add_argument("--config", action=ActionConfigFile, help="YAML file with any of these options")
    parser.add_class_arguments(TrainConfig, skip={"quiet"})
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.formatter_class = _Defaults
    return parser


def read_config(parser: ArgumentParser, arguments: Sequence[str]) -> tuple[TrainConfig, Namespace]:
    """Return the configuration that is asked for, and all that was asked.

    Raises:
        UsageError: It does not fit.
    """
    asked, built = parse_arguments(parser, arguments)
    told = {item.name: built[item.name] for item in fields(TrainConfig)}
    return TrainConfig(**told), asked
