"""A source on disk: rows and images as memory-mapped Arrow files in a folder that is whole or not there."""

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from spatialgeom.apps.errors import InputError
from spatialgeom.apps.images import ImageRef
from spatialgeom.apps.records import MARK
from spatialgeom.apps.train.data.grouping import group

VERSION = 1  # of what is written here; another number is prepared again
ROWS = pa.schema(
    [
        ("id", pa.string()),
        ("task", pa.int32()),  # of the note's tasks; -1: the source's own name
        ("images", pa.list_(pa.int32())),  # rows of the table of images
        ("marks", pa.list_(MARK)),
        ("system", pa.bool_()),  # is the first text the system's?
        ("texts", pa.list_(pa.string())),  # then the user's and the assistant's by turns
    ]
)
_IMAGES = pa.schema(
    [
        ("path", pa.string()),  # empty: the store's own file of images
        ("offset", pa.int64()),
        ("length", pa.int64()),
        ("width", pa.int32()),
        ("height", pa.int32()),
    ]
)
_ROWS_FILE, _IMAGES_FILE, _NOTE, _BLOB = "rows.arrow", "images.arrow", "note.json", "images.bin"
_ORDER, _STARTS = "order.npy", "starts.npy"
_BATCH_ROWS = 1 << 16
_BATCH_BYTES = 1 << 28
_OPEN_ARRAYS = 8
_BESIDE = ".beside"
_ABANDONED_S = 6 * 3600.0  # an unfinished folder in which nothing was written for so long


class Row(NamedTuple):
    """What the store knows of a row."""

    id: str
    task: int
    images: list[int]
    marks: list[dict[str, Any]]
    system: bool
    texts: list[str]


@dataclass
class StoreWriter:
    """Takes rows in any number and writes them in batches.

    Args:
        folder: An empty folder.
    """

    folder: Path
    dropped: Counter[str] = field(default_factory=Counter)
    rows: int = 0

    def __post_init__(self) -> None:
        self._waiting: list[pa.Table] = []
        self._batches: list[int] = []
        self._images: dict[ImageRef, int] = {}
        self._hashes: list[np.ndarray] = []
        self._copied: dict[bytes, ImageRef] = {}
        self._open = ExitStack()
        self._blob = self._open.enter_context((self.folder / _BLOB).open("wb"))
        sink = self._open.enter_context(pa.OSFile(str(self.folder / _ROWS_FILE), "wb"))
        self._writer = self._open.enter_context(pa.ipc.new_file(sink, ROWS))

    def image(self, image: ImageRef) -> int:
        """Return the number of an image, equal ones under one."""
        return self._images.setdefault(image, len(self._images))

    def copy_image(self, content: bytes, measure: Callable[[bytes], tuple[int, int]]) -> int:
        """Return the number of an image whose bytes are copied into the store, once.

        Args:
            content: The encoded image.
            measure: Returns its (height, width).
        """
        digest = hashlib.sha256(content).digest()
        if digest not in self._copied:
            height, width = measure(content)
            self._copied[digest] = ImageRef("", width, height, self._blob.tell(), len(content))
            self._blob.write(content)
        return self.image(self._copied[digest])

    def add(self, table: pa.Table, hashes: np.ndarray | None = None) -> None:
        """Append rows in the schema ``ROWS``; those of equal (n, 2) hashes may share a conversation."""
        self.rows += len(table)
        self._waiting.append(table)
        if hashes is not None:
            self._hashes.append(hashes)
        waiting = sum(map(len, self._waiting))
        if waiting >= _BATCH_ROWS or sum(table.nbytes for table in self._waiting) > _BATCH_BYTES:
            self._flush()

    def _flush(self) -> None:
        if not self._waiting:
            return
        table = pa.concat_tables(self._waiting).combine_chunks()
        for batch in table.to_batches():
            self._writer.write_batch(batch)
            self._batches.append(len(batch))
        self._waiting = []

    def close(self) -> None:
        """Close the files, whether or not what they hold is whole."""
        self._open.close()

    def finish(self, note: Mapping[str, Any]) -> None:
        """Write what is still waiting, the images, the groups and the note."""
        self._flush()
        self.close()
        self._write_images()
        sizes: dict[str, int] = {}
        if self._hashes:
            order, starts = group(np.concatenate(self._hashes))
            np.save(self.folder / _ORDER, order)
            np.save(self.folder / _STARTS, starts)
            found, counts = np.unique(np.diff(starts), return_counts=True)
            sizes = {str(size): int(count) for size, count in zip(found, counts, strict=True)}
        own = {"batches": self._batches, "group_sizes": sizes, "dropped": dict(self.dropped)}
        (self.folder / _NOTE).write_text(json.dumps({**note, **own}), encoding="utf-8")

    def _write_images(self) -> None:
        images = list(self._images)
        with pa.OSFile(str(self.folder / _IMAGES_FILE), "wb") as sink, pa.ipc.new_file(sink, _IMAGES) as file:
            for begin in range(0, len(images), _BATCH_ROWS):
                some = images[begin : begin + _BATCH_ROWS]
                columns = [[getattr(image, name) for image in some] for name in _IMAGES.names]
                file.write_table(pa.table(columns, schema=_IMAGES))


class Store:
    """A prepared source, read by random access; a copy in another process opens the files again.

    Raises:
        InputError: The folder is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._arrays: dict[str, np.ndarray] = {}
        try:
            self.note: dict[str, Any] = json.loads((folder / _NOTE).read_text(encoding="utf-8"))
            self._ends = np.cumsum(self.note["batches"], dtype=np.int64)
        except (OSError, ValueError, KeyError, TypeError) as fault:
            raise self._damaged(fault) from None

    def __reduce__(self) -> tuple[type["Store"], tuple[Path]]:
        return Store, (self.folder,)

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def row(self, index: int) -> Row:
        """Return one row."""
        if not 0 <= index < len(self):
            raise IndexError(f"row must be 0 to {len(self) - 1}, got {index}")
        number = int(np.searchsorted(self._ends, index, side="right"))
        batch = self._rows.batch(number)
        place = index - int(self._ends[number]) + len(batch)
        return Row(*(column[place].as_py() for column in batch.columns))

    def tasks(self) -> np.ndarray:
        """Return the task of each row, (n,) int32."""
        parts = [self._rows.batch(k).column("task").to_numpy() for k in range(len(self._ends))]
        return np.concatenate(parts) if parts else np.zeros(0, np.int32)

    def image(self, number: int) -> ImageRef:
        """Return where an image lies."""
        batch = self._pictures.batch(number // _BATCH_ROWS)
        path, offset, length, width, height = (
            column[number % _BATCH_ROWS].as_py() for column in batch.columns
        )
        return ImageRef(path or str(self.folder / _BLOB), width, height, offset, length)

    @property
    def order(self) -> np.ndarray:
        """Rows, group after group."""
        return self.array(_ORDER, lambda: np.arange(len(self)))

    @property
    def starts(self) -> np.ndarray:
        """Where groups start in the order."""
        return self.array(_STARTS, lambda: np.arange(len(self) + 1))

    def array(self, name: str, make: Callable[[], np.ndarray]) -> np.ndarray:
        """Return an array that lies in the store, memory-mapped; the first who asks makes it.

        Raises:
            InputError: It cannot be written, or is damaged.
        """
        if name not in self._arrays:
            path = self.folder / name
            try:
                if not path.is_file():
                    _save_array(path, make())
                found = np.load(path, mmap_mode="r")
            except (OSError, ValueError, EOFError) as fault:
                raise self._damaged(fault) from None
            if len(self._arrays) >= _OPEN_ARRAYS:
                del self._arrays[next(iter(self._arrays))]
            self._arrays[name] = found
        return self._arrays[name]

    @cached_property
    def _rows(self) -> "_Batches":
        return self._open(_ROWS_FILE)

    @cached_property
    def _pictures(self) -> "_Batches":
        return self._open(_IMAGES_FILE)

    def _open(self, name: str) -> "_Batches":
        try:
            return _Batches(pa.ipc.open_file(pa.memory_map(str(self.folder / name))))
        except (OSError, pa.ArrowInvalid) as fault:
            raise self._damaged(fault) from None

    def _damaged(self, fault: Exception) -> InputError:
        reason = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
        return InputError(f"the prepared source {self.folder} cannot be used: {reason}; remove that folder")


def _save_array(path: Path, array: np.ndarray) -> None:
    handle, beside = tempfile.mkstemp(dir=path.parent, suffix=_BESIDE)
    try:
        with os.fdopen(handle, "wb") as file:
            np.save(file, array)
        Path(beside).chmod(0o666 & ~_umask())
        Path(beside).replace(path)
    finally:
        Path(beside).unlink(missing_ok=True)


class _Batches:
    """Batches of an Arrow file, each of which is looked up once; their bytes stay on disk."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._found: dict[int, Any] = {}

    def batch(self, number: int) -> Any:
        if number not in self._found:
            self._found[number] = self._file.get_batch(number)
        return self._found[number]


def make_store(place: Path, fill: Callable[[StoreWriter], Mapping[str, Any]]) -> Store:
    """Return the store at ``place``, made by ``fill`` if it is not there.

    Several processes may make the same at once: each fills a folder of its own, and the first to finish
    gives it its name.

    Args:
        place: The folder; it exists only when it is whole.
        fill: Adds the rows, and returns what to note about them.

    Raises:
        InputError: The folder cannot be written, or is damaged.
    """
    if not place.is_dir():
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            _sweep(place)
            _make(place, fill)
        except OSError as fault:
            raise InputError(
                f"{place.parent} must take prepared data, but {fault.strerror or fault}; "
                "make room there or name another folder for the cache"
            ) from None
    return Store(place)


def _make(place: Path, fill: Callable[[StoreWriter], Mapping[str, Any]]) -> None:
    beside = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=_BESIDE, dir=place.parent))
    try:
        writer = StoreWriter(beside)
        try:
            writer.finish(fill(writer))
        finally:
            writer.close()
        beside.chmod(0o777 & ~_umask())
        try:
            beside.rename(place)
        except OSError:
            if not place.is_dir():  # otherwise another process was first
                raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _sweep(place: Path) -> None:
    """Remove what killed processes left beside the place."""
    for folder in place.parent.glob(f".{place.name}.*{_BESIDE}"):
        try:
            newest = max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
        except FileNotFoundError:  # its owner has just finished
            continue
        if time.time() - newest > _ABANDONED_S:
            shutil.rmtree(folder, ignore_errors=True)
