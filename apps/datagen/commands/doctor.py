"""``spatialgeom datagen doctor``: look at data before a run."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import fields

from jsonargparse import ActionConfigFile, ArgumentParser

from spatialgeom.apps.datagen.commands._parsers import (
    add_reader_options,
    configured_sources,
    parse,
)
from spatialgeom.apps.errors import UsageError
from spatialgeom.apps.parsers import command_parser

_EXAMPLES = """examples:
  spatialgeom datagen doctor scans/redkitchen
  spatialgeom datagen doctor scans/redkitchen --config configs/redkitchen.yaml
  spatialgeom datagen doctor scannet/scans clips/adt --scenes 20 --quiet
  spatialgeom datagen doctor scans/ --rgbd_folder.depth_scale 0.0002 --json > report.json

Nothing is written but the report. Options and config files of 'run' are taken, too; what concerns a run alone
is ignored. Exit codes: 0 nothing wrong; 3 usable, with warnings; 1 a run would make nothing from it; 2 usage.
What each finding means is on the page docs/doctor.md.
"""


_OWN = ("--scenes", "--json", "--verbose", "--quiet")


def _parser() -> ArgumentParser:
    parser = command_parser("datagen doctor", "Look at data before a run.", _EXAMPLES)
    parser.add_argument("sources", nargs="*", help="scene folders, clips, or 'synthetic'")
    parser.add_argument("--config", action=ActionConfigFile, help="YAML file with options of readers")
    parser.add_argument(
        "--reader", type=str, default=None, help="reader; default: the one that knows the layout"
    )
    parser.add_argument(
        "--scenes", type=int, default=8, help="scenes to look at in each source, spread evenly"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--verbose", action="store_true", help="name what is as it should be, too")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    _take_run_options(parser)
    add_reader_options(parser)
    return parser


def _take_run_options(parser: ArgumentParser) -> None:
    """Accept and hide what only a run needs, so that its config files and command lines serve here."""
    from spatialgeom.apps.datagen.config import RunConfig

    for option in fields(RunConfig):
        if option.name in ("sources", "options", "reader", "scenes", "quiet", "repeats"):
            continue
        flag = "--" + option.name.replace("_", "-")
        if option.type in (bool, "bool"):
            parser.add_argument(flag, action="store_true", help=argparse.SUPPRESS)
        else:
            several = "*" if "tuple" in str(option.type) else None
            parser.add_argument(flag, nargs=several, default=None, help=argparse.SUPPRESS)


def main(arguments: Sequence[str]) -> int:
    """Examine sources and print what was found."""
    from spatialgeom.apps.datagen.doctor.examine import examine
    from spatialgeom.apps.datagen.doctor.report import exit_code, to_json, to_text
    from spatialgeom.apps.progress import Progress

    asked, options = parse(_parser(), arguments)
    sources = asked.sources or configured_sources(asked.config or ())
    if not sources:
        raise UsageError("name at least one source: a scene folder, a clip, or 'synthetic'")
    if asked.scenes < 1:
        raise UsageError(f"--scenes must be at least 1, got {asked.scenes}")
    progress = Progress(asked.quiet)
    found = [examine(source, asked.reader, options, asked.scenes, progress) for source in sources]
    if asked.json:
        print(json.dumps(to_json(found), indent=1, allow_nan=False))
    else:
        print(to_text(found, asked.verbose, any(map(_concerns_a_run, arguments))))
    return exit_code(found)


def _concerns_a_run(argument: str) -> bool:
    return argument.startswith("--") and argument.partition("=")[0] not in _OWN
