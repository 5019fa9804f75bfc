"""A page to look at: a few items of each task with dots, questions, answers and measured values."""

import base64
import io
import json
import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from PIL import Image

from spatialgeom.apps.datagen import _page
from spatialgeom.apps.datagen._page import Item, Picture, Ring
from spatialgeom.apps.datagen._shards import count_tasks, pick_rows
from spatialgeom.apps.datagen.writer import write_atomically
from spatialgeom.apps.errors import UsageError
from spatialgeom.apps.images import open_image
from spatialgeom.apps.marks import draw_marks
from spatialgeom.apps.records import Dataset

_WIDTH_PX = 480
_QUALITY = 84
_PAIR = re.compile(r"\[(\d{1,3}), (\d{1,3})\]")
_ORIGIN = (0, 0)  # named in questions as where coordinates start; no point there is ever asked about


def write_page(
    dataset: Dataset, out: Path, *, per_task: int = 6, tasks: Sequence[str] = (), seed: int = 0
) -> int:
    """Write one self-contained HTML page and return how many items it shows.

    Args:
        dataset: What to show.
        out: File to write; it is written beside its place and renamed.
        per_task: Items per task, at most.
        tasks: Tasks to show; empty for all.
        seed: Which items are drawn.

    Raises:
        InputError: A shard or an image cannot be read.
        UsageError: A task is not in the dataset, ``out`` or ``per_task`` makes no sense, or ``out`` is there
            and no page of ours.
    """
    out = Path(out)
    if per_task < 1:
        raise UsageError(f"per-task must be at least 1, got {per_task}")
    if out.is_dir():
        raise UsageError(
            f"the page must be a file, but {out} is a folder; name a file in it, such as page.html"
        )
    if out.exists() and not _is_page(out):
        raise UsageError(f"{out} exists and is no page of ours; choose another name")
    counts = count_tasks(dataset, tasks)
    rows = sorted(pick_rows(dataset, counts, per_task, seed), key=lambda row: (row["family"], row["task"]))
    families: dict[str, dict[str, list[Item]]] = {}
    for (family, task), group in groupby(rows, key=lambda row: (row["family"], row["task"])):
        families.setdefault(family, {})[task] = [_item(dataset, row) for row in group]
    title = dataset.folder.resolve().name
    write_atomically(out, _page.render(title, dataset.manifest, counts, families).encode())
    return len(rows)


def _is_page(path: Path) -> bool:
    if not path.is_file():  # opening a pipe would wait for its other end
        return False
    with path.open("rb") as file:
        return _page.MARK.encode() in file.read(256)


def _item(dataset: Dataset, row: Mapping[str, Any]) -> Item:
    rings = _rings(row)
    return Item(
        id=row["id"],
        scene=row["scene"],
        source=row["source"],
        pictures=[
            _picture(dataset, row, index, [ring for image, ring in rings if image == index])
            for index in range(len(row["images"]))
        ],
        question=row["question"],
        answer=row["answer"],
        truth=json.loads(row["truth"]),
        scoring=row["scoring"],
        measured=json.loads(row["measured"]) if row["measured"] else {},
    )


def _picture(dataset: Dataset, row: Mapping[str, Any], index: int, rings: list[Ring]) -> Picture:
    """Draw an image's dots at the size at which the page shows it."""
    source = dataset.image(dict(row), index)
    picture = open_image(source)
    width = min(_WIDTH_PX, picture.width)
    height = max(round(picture.height * width / picture.width), 1)
    marks = [
        {
            **mark,
            "u": int((mark["u"] + 0.5) * width / source.width),
            "v": int((mark["v"] + 0.5) * height / source.height),
        }
        for mark in row["marks"]
        if mark["image"] == index
    ]
    small = draw_marks(picture.resize((width, height), Image.Resampling.LANCZOS), marks)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=_QUALITY, subsampling=0)
    name = row["images"][index]["path"]
    if source.offset is not None:
        name = f"{name} @ {source.offset}"
    data = base64.b64encode(buffer.getvalue()).decode()
    return Picture(name, width, height, (source.width, source.height), data, rings)


def _rings(row: Mapping[str, Any]) -> list[tuple[int, Ring]]:
    """Return by image the places that the question names in coordinates, and the place of the true answer.

    A question's coordinates are always those of Image-1. A dot with a letter needs no ring.
    """
    asked = dict.fromkeys((int(x), int(y)) for x, y in _PAIR.findall(row["question"]))
    rings = [(0, _permille(*pair)) for pair in asked if pair != _ORIGIN]
    truth, kind = json.loads(row["truth"]), row["scoring"]["kind"]
    if kind == "pixel":
        rings.append((len(row["images"]) - 1, _permille(truth[0], truth[1], answer=True)))
    elif kind == "choice" and (pair := _PAIR.fullmatch(truth)):
        rings.append((0, _permille(int(pair[1]), int(pair[2]), answer=True)))
    return rings


def _permille(x: int, y: int, answer: bool = False) -> Ring:
    # coordinates are rounded down, so the middle of their thousandth is the best guess
    return Ring((x + 0.5) / 1000, (y + 0.5) / 1000, answer)
