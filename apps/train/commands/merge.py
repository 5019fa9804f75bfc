"""``spatialgeom train merge``: make one plain checkpoint of base and adapter."""

from collections.abc import Sequence
from pathlib import Path

from spatialgeom.apps.parsers import command_parser, parse_arguments
from spatialgeom.apps.train.config import DTYPES

_EXAMPLES = """examples:
  spatialgeom train merge run --out merged                        the best checkpoint of a run, else its last
  spatialgeom train merge run/step-0001000 --out merged
  spatialgeom train merge run --out merged --model moved/InternVL3-8B-hf --dtype float32
"""


def main(arguments: Sequence[str]) -> int:
    """Merge."""
    parser = command_parser("train merge", "Make one plain checkpoint of base and adapter.", _EXAMPLES)
    parser.add_argument("checkpoint", type=str, help="a run's folder, or one of its checkpoints")
    parser.add_argument("--out", type=str, required=True, help="new folder of the merged checkpoint")
    parser.add_argument("--model", type=str, default=None, help="base; default: the one that was trained on")
    parser.add_argument("--dtype", choices=DTYPES, default=DTYPES[0], help="of the weights")
    asked, _ = parse_arguments(parser, arguments)

    from spatialgeom.apps.train.merge import choose_checkpoint, merge

    checkpoint = choose_checkpoint(Path(asked.checkpoint))
    out = merge(checkpoint, Path(asked.out), model=asked.model, dtype=asked.dtype)
    print(f"{checkpoint.name} merged into its base -> {out}")
    return 0
