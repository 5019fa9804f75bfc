"""``spatialgeom datagen regenerate``: make a recipe's dataset from data of one's own, and compare."""

from collections.abc import Sequence
from pathlib import Path

from jsonargparse import ArgumentParser

from spatialgeom.apps.datagen.commands._parsers import add_reader_options, parse
from spatialgeom.apps.errors import UsageError
from spatialgeom.apps.parsers import command_parser

_EXAMPLES = """examples:
  spatialgeom datagen regenerate evaluation.json scans/ clips/ --out evaluation
  spatialgeom datagen regenerate evaluation.json scans/ --out evaluation --scannet.label_table labels.tsv

Options of readers are the recipe's unless given. Exit codes: 0 every item is the same, bit for bit; 3 some
differ, as the last lines say; 1 nothing written; 2 usage.
"""


def _parser(recipe: str) -> ArgumentParser:
    from spatialgeom.apps.datagen.recipe import read_recipe, reader_options

    parser = command_parser(
        "datagen regenerate", "Make a recipe's dataset from your data, and compare.", _EXAMPLES
    )
    parser.add_argument("recipe", type=str, help="file that datagen recipe wrote")
    parser.add_argument("sources", nargs="+", help="where the data lies")
    parser.add_argument("--out", type=str, required=True, help="folder of the dataset")
    parser.add_argument("--workers", type=int, default=0, help="processes; 0: one per core")
    parser.add_argument("--device", type=str, default="cpu", help="where geometry is computed")
    parser.add_argument("--cache", type=str, default=None, help="folder of the geometry cache")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    add_reader_options(parser)
    if recipe:
        parser.set_defaults(
            {
                f"{name}.{option}": value
                for name, options in reader_options(read_recipe(Path(recipe))).items()
                for option, value in options.items()
            }
        )
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run a recipe and compare."""
    from spatialgeom.apps.cli import DONE, SKIPPED
    from spatialgeom.apps.datagen.engine import run
    from spatialgeom.apps.datagen.recipe import compare, config_of, other_versions, read_recipe
    from spatialgeom.apps.datagen.summary import summarise
    from spatialgeom.apps.progress import Progress
    from spatialgeom.apps.records import Dataset

    given = list(arguments)
    if given and given[0].startswith("-") and given[0] not in ("-h", "--help"):
        raise UsageError(f"name the recipe first, before {given[0]}")
    parser = _parser(given[0] if given and not given[0].startswith("-") else "")
    asked, options = parse(parser, given)
    recipe = read_recipe(Path(asked.recipe))
    config = config_of(
        recipe,
        asked.sources,
        asked.out,
        options=options,
        **{name: getattr(asked, name) for name in ("workers", "device", "cache", "quiet")},
    )
    result = run(config)
    print(summarise(result, config.out))
    comparison = compare(recipe, Dataset.open(asked.out), Progress(asked.quiet))
    print(comparison)
    if not comparison.agrees and (others := other_versions(recipe)):
        print(f"the recipe was written with other versions: {', '.join(others)}")
    return DONE if comparison.agrees else SKIPPED
