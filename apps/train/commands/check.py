"""``spatialgeom train check``: look at data and chat template before a run."""

from collections.abc import Sequence

from jsonargparse.typing import PositiveInt

from spatialgeom.apps.train.commands._parser import config_parser, read_config

_EXAMPLES = """examples:
  spatialgeom train check --config my.yaml --out run
  spatialgeom train check --config my.yaml --out run --processes 8 --steps 100

It reads sources and configuration, no image and no weight, and writes the prepared sources alone: the run
finds them done. Exit codes: 0 nothing is dropped; 3 something is; 1 it cannot be trained on.
"""


def main(arguments: Sequence[str]) -> int:
    """Look."""
    parser = config_parser("train check", "Look at data and chat template before a run.", _EXAMPLES)
    parser.add_argument("--processes", type=PositiveInt, default=1, help="processes that the run will have")
    parser.add_argument("--steps", type=PositiveInt, default=20, help="steps to look at, evenly spaced")
    config, asked = read_config(parser, arguments)

    from spatialgeom.apps.cli import DONE, SKIPPED
    from spatialgeom.apps.progress import Progress
    from spatialgeom.apps.train.inputs import load_inputs
    from spatialgeom.apps.train.survey import survey

    inputs = load_inputs(config, tells=True)
    print(inputs.summary(asked.processes))
    found = survey(
        inputs, steps=asked.steps, processes=asked.processes, progress=Progress(quiet=config.quiet)
    )
    print("\n".join(found.lines()))
    return SKIPPED if found.dropped or any(source.dropped for source in inputs.sources) else DONE
