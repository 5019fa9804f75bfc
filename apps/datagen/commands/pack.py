"""``spatialgeom datagen pack``: a dataset with its images inside."""

from collections.abc import Sequence
from pathlib import Path

from spatialgeom.apps.datagen.commands._parsers import dataset_parser, open_dataset

_EXAMPLES = """examples:
  spatialgeom datagen pack rooms --out rooms_with_images

Images of scenes whose licence forbids to pass them on stay where they are, and rows point to them.
"""


def main(arguments: Sequence[str]) -> int:
    """Write a dataset with its images."""
    from spatialgeom.apps.datagen.pack import pack_dataset
    from spatialgeom.apps.progress import Progress

    parser = dataset_parser("pack", "Copy a dataset with its images, where licences allow.", _EXAMPLES)
    parser.add_argument("--quiet", action="store_true", help="no progress")
    asked = parser.parse_args(list(arguments))
    print(pack_dataset(open_dataset(asked), Path(asked.out), Progress(asked.quiet)))
    return 0
