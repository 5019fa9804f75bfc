"""``spatialgeom datagen export``: a dataset for a trainer, with dots drawn."""

from collections.abc import Sequence
from pathlib import Path

from spatialgeom.apps.datagen.commands._parsers import dataset_parser, open_dataset

_EXAMPLES = """examples:
  spatialgeom datagen export rooms --format internvl --out rooms_internvl
"""


def main(arguments: Sequence[str]) -> int:
    """Write an export."""
    from spatialgeom.apps.datagen.export import export_dataset

    parser = dataset_parser("export", "Write a dataset for a trainer, with dots drawn.", _EXAMPLES)
    parser.add_argument("--seed", type=int, default=0, help="the order of rows")
    parser.add_argument("--format", type=str, default="internvl", help="internvl, llava or messages")
    parser.add_argument("--quality", type=int, default=92, help="JPEG quality of images with dots")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.add_argument("--tasks", type=str, nargs="*", default=[], help="tasks to export; default: all")
    parser.add_argument("--workers", type=int, default=0, help="processes that draw; 0: one per core")
    asked = parser.parse_args(list(arguments))
    summary = export_dataset(
        open_dataset(asked),
        Path(asked.out),
        format=asked.format,
        seed=asked.seed,
        quality=asked.quality,
        tasks=tuple(asked.tasks),
        workers=asked.workers,
        progress=not asked.quiet,
    )
    print(summary)
    return 0
