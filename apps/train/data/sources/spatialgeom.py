"""Our dataset folder: Parquet shards, column by column."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.images import ImageRef
from spatialgeom.apps.progress import Progress
from spatialgeom.apps.prompts import IMAGE
from spatialgeom.apps.provenance import fingerprint
from spatialgeom.apps.records import MANIFEST, Dataset, subtask
from spatialgeom.apps.splits.held_out import scenes_of
from spatialgeom.apps.train.data.entry import SourceConfig
from spatialgeom.apps.train.data.grouping import hash_lists, join_hashes
from spatialgeom.apps.train.data.sources._columns import codes, distinct, flat, integers, read_columns
from spatialgeom.apps.train.data.sources._format import Format
from spatialgeom.apps.train.data.sources._images import MISSING
from spatialgeom.apps.train.data.sources._turns import EMPTY_ANSWER, WRONG_COUNT
from spatialgeom.apps.train.data.store import ROWS, StoreWriter

_NO_SIZE = "image has no size"
_NO_MARK = "a mark lies in no image"
_REASONS = ("", EMPTY_ANSWER, "empty question", WRONG_COUNT, MISSING, _NO_SIZE, _NO_MARK)
_WHOLE_FILE = -1
_LARGEST = np.iinfo(np.int32).max


def _open(config: SourceConfig, path: Path) -> Dataset:
    try:
        dataset = Dataset.open(path, config.roots)
        if not all(shard.suffix for shard in dataset.shards):
            raise TypeError("a shard has no path")
    except (KeyError, TypeError, AttributeError, OSError) as fault:
        raise InputError(
            f"{path / MANIFEST} must be the manifest of a finished run, but does not fit ({fault!s:.80}); "
            "run datagen again into a new folder"
        ) from None
    if unknown := sorted(set(config.roots) - set(dataset.manifest["roots"])):
        raise UsageError(f"roots names the scene {unknown[0]!r}, which is not in {path}")
    return dataset


def _identity(config: SourceConfig, path: Path) -> Any:
    dataset = _open(config, path)
    states = [shard.stat() for shard in dataset.shards if shard.is_file()]
    shards = [[state.st_size, state.st_mtime_ns] for state in states]
    folder = str(path.absolute())
    return [folder, fingerprint(dataset.manifest), shards, dict(config.roots), sorted(set(config.tasks))]


def _fill(config: SourceConfig, path: Path, writer: StoreWriter, progress: Progress) -> Mapping[str, Any]:
    dataset = _open(config, path)
    filling = _Filling(dataset, frozenset(config.tasks), writer)
    title = f"prepare {config.name or path.name}"
    for shard in progress.track(dataset.shards, len(dataset.shards), title):
        for table in read_columns(shard):
            filling.add(shard, table)
    filling.check_tasks()
    scenes = scenes_of({"scenes": filling.scenes}, str(path)) if writer.rows else {}
    return {
        "tasks": list(filling.tasks),
        "scenes": {name: list(said) for name, said in scenes.items()},
        "prompted": False,
        "content": fingerprint([dataset.manifest["shards"], sorted(set(config.tasks))]),
    }


class _Filling:
    """Rows of a dataset on their way to a store; what recurs is numbered over all shards."""

    def __init__(self, dataset: Dataset, wanted: frozenset[str], writer: StoreWriter) -> None:
        self.tasks: dict[str, int] = {}
        self.scenes: dict[str, dict[str, str]] = {}
        self._dataset = dataset
        self._wanted = wanted
        self._writer = writer
        self._known: set[str] = set()  # names that a filter could have
        self._scene_codes: dict[str, int] = {}
        self._labels: dict[str | None, int] = {}
        self._images: dict[tuple[Any, ...], tuple[int, int]] = {}
        self._sizes: dict[str, int] = {}  # bytes of files; -1: there is none

    def check_tasks(self) -> None:
        """Refuse a filter that names what is not there."""
        if missing := sorted(self._wanted - self._known):
            there = ", ".join(sorted(self._known))
            raise UsageError(f"task {missing[0]!r} is not in {self._dataset.folder}; it has {there}")

    def add(self, shard: Path, table: pa.Table) -> None:
        task = self._task_codes(table)
        if (task < 0).any():
            table, task = table.filter(pa.array(task >= 0)), task[task >= 0]
        if not len(table):
            return
        scene = self._note_scenes(shard, table)
        images, shown = flat(table["images"])
        numbers, fault = self._image_numbers(images, np.repeat(scene, shown))
        marks, dots = flat(table["marks"])
        reason = self._faults(table, fault, shown, images, marks, dots)
        rows = pa.table(
            [
                table["id"],
                pa.array(task, pa.int32()),
                _lists(pa.array(numbers, pa.int32()), shown),
                _lists(marks, dots),
                pa.repeat(False, len(table)),
                _turns(table),
            ],
            schema=ROWS,
        )
        hashes = join_hashes(
            hash_lists(scene[:, None], np.ones(len(scene), np.int64)),
            hash_lists(numbers[:, None], shown),
            hash_lists(self._mark_codes(marks), dots),
        )
        if reason.any():
            found, counts = np.unique(reason[reason > 0], return_counts=True)
            self._writer.dropped.update({_REASONS[k]: int(n) for k, n in zip(found, counts, strict=True)})
            rows, hashes = rows.filter(pa.array(reason == 0)), hashes[reason == 0]
        self._writer.add(rows, hashes)

    def _task_codes(self, table: pa.Table) -> np.ndarray:
        """Return the code of each row's subtask; -1 for those not asked for."""
        columns = [codes(table[name]) for name in ("task", "family", "source")]
        kinds, which = distinct(*(column for column, _ in columns))
        found = np.full(len(kinds), -1)
        for place, kind in enumerate(kinds.tolist()):
            task, family, source = (names[code] for code, (_, names) in zip(kind, columns, strict=True))
            names = {task, family, subtask(task, family, source)}
            self._known |= names
            if not self._wanted or names & self._wanted:
                found[place] = self.tasks.setdefault(subtask(task, family, source), len(self.tasks))
        return found[which]

    def _note_scenes(self, shard: Path, table: pa.Table) -> np.ndarray:
        """Return the code of each row's scene, and note where it is."""
        columns = [codes(table[name]) for name in ("scene", "source", "space")]
        places, which = distinct(*(column for column, _ in columns))
        found = np.zeros(len(places), np.int64)
        for place, row in enumerate(places.tolist()):
            scene, source, space = (names[code] for code, (_, names) in zip(row, columns, strict=True))
            said = {"source": source, "space": space}
            if self.scenes.setdefault(scene, said) != said:
                raise InputError(f"{shard} gives the scene {scene!r} another space or source than before")
            found[place] = self._scene_codes.setdefault(scene, len(self._scene_codes))
        return found[which]

    def _image_numbers(self, images: pa.Array, scene: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the number of each image in the store, and what is wrong with it (of ``_REASONS``)."""
        path = pc.fill_null(pc.struct_field(images, "path"), "").dictionary_encode()
        fields = [integers(images, name, _WHOLE_FILE) for name in ("offset", "length", "width", "height")]
        kinds, which = distinct(scene, path.indices.to_numpy(), *fields)
        scenes, paths = list(self._scene_codes), path.dictionary.to_pylist()
        found = np.zeros((len(kinds), 2), np.int64)
        for place, (code, name, *rest) in enumerate(kinds.tolist()):
            key = (scenes[code], paths[name], *rest)
            if key not in self._images:
                self._images[key] = self._image(*key)
            found[place] = self._images[key]
        return found[which, 0], found[which, 1]

    def _image(
        self, scene: str, name: str, offset: int, length: int, width: int, height: int
    ) -> tuple[int, int]:
        root = self._dataset.roots.get(scene, str(self._dataset.folder))
        path = str(Path(root).absolute() / name)
        if not (0 < width <= _LARGEST and 0 < height <= _LARGEST):
            return 0, _REASONS.index(_NO_SIZE)
        whole = offset == _WHOLE_FILE and length == _WHOLE_FILE
        size = self._size(path)
        if not name or size < 0 or not (whole or (offset >= 0 and length > 0 and offset + length <= size)):
            return 0, _REASONS.index(MISSING)
        own = (None, None) if whole else (offset, length)
        return self._writer.image(ImageRef(path, width, height, *own)), 0

    def _size(self, path: str) -> int:
        if path not in self._sizes:
            try:
                file = Path(path)
                self._sizes[path] = file.stat().st_size if file.is_file() else -1
            except (OSError, ValueError):  # a name that no file can have
                self._sizes[path] = -1
        return self._sizes[path]

    def _mark_codes(self, marks: pa.Array) -> np.ndarray:
        label = pc.struct_field(marks, "label").dictionary_encode(null_encoding="encode")
        own = [self._labels.setdefault(name, len(self._labels)) for name in label.dictionary.to_pylist()]
        code = np.array(own, np.int64)[label.indices.to_numpy()]
        return np.stack([*(integers(marks, name, -1) for name in ("image", "u", "v")), code], axis=1)

    def _faults(
        self,
        table: pa.Table,
        fault: np.ndarray,
        shown: np.ndarray,
        images: pa.Array,
        marks: pa.Array,
        dots: np.ndarray,
    ) -> np.ndarray:
        """Return why each row cannot be used, as an index into ``_REASONS``; 0 if it can."""
        reason = np.zeros(len(table), np.int64)

        def note(rows: np.ndarray, why: str) -> None:
            reason[rows & (reason == 0)] = _REASONS.index(why)

        note(_blank(table["answer"]), EMPTY_ANSWER)
        note(_blank(table["question"]), "empty question")
        note(_has_image(table["question"]) | _has_image(table["answer"]), WRONG_COUNT)
        owner = np.repeat(np.arange(len(table)), shown)
        for code in (_REASONS.index(MISSING), _REASONS.index(_NO_SIZE)):
            note(np.bincount(owner[fault == code], minlength=len(table)) > 0, _REASONS[code])
        return _mark_faults(reason, images, shown, marks, dots)


def _mark_faults(
    reason: np.ndarray, images: pa.Array, shown: np.ndarray, marks: pa.Array, dots: np.ndarray
) -> np.ndarray:
    owner = np.repeat(np.arange(len(reason)), dots)
    image, u, v = (integers(marks, name, -1) for name in ("image", "u", "v"))
    inside = (image >= 0) & (image < shown[owner])
    place = np.where(inside, (np.cumsum(shown) - shown)[owner] + image, 0)
    width, height = (np.append(integers(images, name, 0), 0)[place] for name in ("width", "height"))
    inside &= (u >= 0) & (u < width) & (v >= 0) & (v < height)
    outside = np.bincount(owner[~inside], minlength=len(reason)) > 0
    return np.where((reason == 0) & outside, _REASONS.index(_NO_MARK), reason)


def _blank(texts: pa.ChunkedArray) -> np.ndarray:
    return pc.equal(pc.utf8_trim_whitespace(texts), "").to_numpy()


def _has_image(texts: pa.ChunkedArray) -> np.ndarray:
    return pc.match_substring(texts, IMAGE).to_numpy()


def _lists(elements: pa.Array, lengths: np.ndarray) -> pa.Array:
    ends = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(ends), elements)


def _turns(table: pa.Table) -> pa.Array:
    """Return [question, answer] of each row."""
    both = pa.concat_arrays([*table["question"].chunks, *table["answer"].chunks])
    count = len(table)
    by_turns = np.arange(2 * count).reshape(2, count).T.ravel()
    return _lists(both.take(pa.array(by_turns)), np.full(count, 2))


def _recognises(path: Path) -> bool:
    try:
        return path.is_dir() and "schema_version" in json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return False


FORMAT = Format("spatialgeom", _recognises, _identity, _fill, is_dataset=True)
