"""``spatialgeom datagen view``: a page with images, dots, questions and answers."""

from collections.abc import Sequence
from pathlib import Path

from spatialgeom.apps.datagen.commands._parsers import dataset_parser, open_dataset

_EXAMPLES = """examples:
  spatialgeom datagen view rooms --out page.html
  spatialgeom datagen view rooms --out page.html --per-task 20 --tasks correspondence_choice depth_order_dot
"""


def main(arguments: Sequence[str]) -> int:
    """Write a page."""
    from spatialgeom.apps.datagen.viewer import write_page

    parser = dataset_parser("view", "Write a page to look at: images, dots, questions, answers.", _EXAMPLES)
    parser.add_argument("--seed", type=int, default=0, help="which rows are shown")
    parser.add_argument("--per-task", type=int, default=6, help="items per task")
    parser.add_argument("--tasks", type=str, nargs="*", default=[], help="tasks to show; default: all")
    asked = parser.parse_args(list(arguments))
    shown = write_page(
        open_dataset(asked),
        Path(asked.out),
        per_task=asked.per_task,
        tasks=tuple(asked.tasks),
        seed=asked.seed,
    )
    print(f"{shown} items -> {asked.out}")
    return 0
