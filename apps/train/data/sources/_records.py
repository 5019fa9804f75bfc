"""From records of an annotation file to rows of a store; what cannot be trained on is counted."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from spatialgeom.apps.progress import Progress
from spatialgeom.apps.train.data.entry import SourceConfig
from spatialgeom.apps.train.data.sources._files import Record, content, read_records
from spatialgeom.apps.train.data.sources._images import Images
from spatialgeom.apps.train.data.sources._turns import check_turns, is_unicode
from spatialgeom.apps.train.data.store import ROWS, StoreWriter
from spatialgeom.apps.train.encoding import DroppedError

_BATCH = 4096  # rows that wait as Python objects
_LONGEST_ID = 200
_SAY_EVERY = 200_000  # records: their number is not known beforehand

T = TypeVar("T")

# where a record stands, the record and the source's images -> numbers of images, turns
Parse = Callable[[str, Record, Images], tuple[list[int], list[tuple[str, str]]]]


def fill_from_records(
    parse: Parse, config: SourceConfig, path: Path, writer: StoreWriter, progress: Progress
) -> Mapping[str, Any]:
    """Read all records into a store; return what to note about them.

    Raises:
        InputError: The file cannot be read, or a record lacks a field or has another type there.
    """
    folder = path.absolute() if path.is_dir() else path.absolute().parent
    images = Images(Path(config.root).absolute() if config.root else folder, writer)
    rows = _Rows(writer)
    for where, record in _say(read_records(path), f"prepare {config.name or path.name}", progress):
        try:
            numbers, turns = parse(where, record, images)
            system, texts = check_turns(turns, len(numbers))
        except DroppedError as reason:
            writer.dropped[str(reason)] += 1
            continue
        rows.add(record.get("id"), where, numbers, system, texts)
    rows.flush()
    return {"tasks": None, "scenes": None, "prompted": True, "content": content(path)}


def _say(records: Iterator[T], title: str, progress: Progress) -> Iterator[T]:
    for number, record in enumerate(records):
        if number % _SAY_EVERY == 0:
            progress.say(f"{title}: {number:,} records" if number else title)
        yield record


class _Rows:
    """Rows on their way to a store; each gets an id of its own."""

    def __init__(self, writer: StoreWriter) -> None:
        self._writer = writer
        self._waiting: list[tuple[Any, ...]] = []
        self._seen: set[str] = set()

    def add(self, given: object, where: str, images: list[int], system: bool, texts: list[str]) -> None:
        own = where.rpartition(" ")[2]
        text = str(given)[:_LONGEST_ID] if isinstance(given, str | int) else own
        if not text or not is_unicode(text):
            text = own
        while text in self._seen:  # public files repeat ids: one for each question about an image
            text = f"{text}#{own}"
        self._seen.add(text)
        self._waiting.append((text, -1, images, [], system, texts))
        if len(self._waiting) == _BATCH:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            self._writer.add(pa.table(list(map(list, zip(*self._waiting, strict=True))), schema=ROWS))
        self._waiting = []
