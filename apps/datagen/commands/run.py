"""``spatialgeom datagen run``: make a dataset, or go on with an interrupted one."""

import sys
from collections.abc import Sequence

from jsonargparse import ActionConfigFile, ArgumentParser

from spatialgeom.apps.datagen.commands._parsers import (
    add_reader_options,
    configured_sources,
    parse,
)
from spatialgeom.apps.parsers import command_parser

_EXAMPLES = """examples:
  spatialgeom datagen run synthetic --out rooms --synthetic.scenes 8
  spatialgeom datagen run scans/redkitchen --config configs/redkitchen.yaml --out kitchen
  spatialgeom datagen run scans/ --out data --tasks depth_value_dot camera_distance --workers 8
  spatialgeom datagen run scans/ --out data --rgbd_folder.up '[0, 0, 1]' --print_config > my.yaml
  spatialgeom datagen run scannet/scans clips/adt --out train --split train --hold-out vsi_bench

The same command on the same folder goes on after an interruption. Exit codes: 0 all done; 3 done, but
something was skipped, as the summary says; 1 nothing written; 2 usage.
"""
_PLAIN = (
    "out", "reader", "rules", "seed", "max_per_task", "max_per_space", "split", "workers", "device", "cache",
    "strict", "quiet",
)  # fmt: skip


def _run_parser() -> ArgumentParser:
    parser = command_parser("datagen run", "Turn scenes and clips into question-answer rows.", _EXAMPLES)
    parser.add_argument("sources", nargs="*", help="scene folders, or 'synthetic' for rendered rooms")
    parser.add_argument("--config", action=ActionConfigFile, help="YAML file with any of these options")
    parser.add_argument("--out", type=str, required=True, help="folder of the dataset")
    parser.add_argument(
        "--reader", type=str, default=None, help="reader; default: the one that knows the layout"
    )
    parser.add_argument(
        "--tasks", type=str, nargs="*", default=[], help="tasks to make, or 'paper' for its own; default: all"
    )
    parser.add_argument(
        "--rules", type=str, default="default", help="'default', or 'paper' for the paper's labels"
    )
    parser.add_argument("--seed", type=int, default=0, help="everything random follows from it")
    parser.add_argument(
        "--max-per-task", type=int, default=1000, help="most questions per subtask over all scenes"
    )
    parser.add_argument(
        "--max-per-space",
        type=int,
        default=0,
        help="most questions per subtask and space where there are spaces enough; 0: no limit",
    )
    parser.add_argument(
        "--split", type=str, default="all", help="take scenes of this split: train, val, test or all"
    )
    parser.add_argument(
        "--hold-out",
        type=str,
        nargs="*",
        default=[],
        help="refuse scenes of these lists, manifests or recipes; see 'datagen splits'",
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
    add_reader_options(parser)
    return parser


def main(arguments: Sequence[str]) -> int:
    """Make a dataset."""
    from spatialgeom.apps.cli import DONE, SKIPPED
    from spatialgeom.apps.datagen.config import RunConfig
    from spatialgeom.apps.datagen.engine import run
    from spatialgeom.apps.datagen.selection import without_effect
    from spatialgeom.apps.datagen.summary import summarise

    asked, options = parse(_run_parser(), arguments)
    config = RunConfig(
        sources=tuple(asked.sources or configured_sources(asked.config or ())),
        options=options,
        tasks=tuple(asked.tasks),
        hold_out=tuple(asked.hold_out),
        **{name: getattr(asked, name) for name in _PLAIN},
    )
    result = run(config)
    print(summarise(result, config.out))
    for reader in without_effect(config):
        print(f"note: options of {reader} have no effect: no source is read by it", file=sys.stderr)
    return SKIPPED if result.skipped else DONE
