"""``spatialgeom datagen recipe``: how to make a dataset again, without its pixels."""

from collections.abc import Sequence
from pathlib import Path

from spatialgeom.apps.datagen.commands._parsers import dataset_parser, open_dataset

_EXAMPLES = """examples:
  spatialgeom datagen run scans/ clips/ --config configs/evaluation.yaml --out evaluation
  spatialgeom datagen recipe evaluation --out evaluation.json

A recipe holds ids, seeds and fingerprints of questions, answers, dots and source bytes, and no pixels.
Whoever has the same data makes the same set of it with 'datagen regenerate'.
"""


def main(arguments: Sequence[str]) -> int:
    """Write a recipe."""
    from spatialgeom.apps.datagen.recipe import write_recipe
    from spatialgeom.apps.progress import Progress

    parser = dataset_parser("recipe", "Write down how to make a dataset again.", _EXAMPLES)
    parser.add_argument("--quiet", action="store_true", help="no progress")
    asked = parser.parse_args(list(arguments))
    recipe = write_recipe(open_dataset(asked), Path(asked.out), Progress(asked.quiet))
    print(f"{len(recipe['items']):,} items of {len(recipe['scenes']):,} scenes -> {asked.out}")
    return 0
