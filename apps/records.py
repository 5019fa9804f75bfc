"""The dataset's row, in which the applications meet: its schema, its scoring, reading it back."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from spatialgeom.apps.errors import InputError
from spatialgeom.apps.images import ImageRef

SCHEMA_VERSION = 1
MANIFEST = "manifest.json"

IMAGE = pa.struct(
    [
        ("path", pa.string()),  # relative to the scene's root in the manifest, else to the dataset's folder
        ("offset", pa.int64()),  # of the encoded image inside the file; null: the whole file
        ("length", pa.int64()),
        ("width", pa.int32()),
        ("height", pa.int32()),
    ]
)
MARK = pa.struct([("image", pa.int8()), ("u", pa.int32()), ("v", pa.int32()), ("label", pa.string())])
SCORING = pa.struct(
    [
        ("kind", pa.string()),
        ("options", pa.list_(pa.string())),
        ("unit", pa.string()),
        ("tolerance", pa.float64()),
    ]
)
SCHEMA = pa.schema(
    [
        ("schema_version", pa.int16()),
        ("id", pa.string()),
        ("task", pa.string()),
        ("family", pa.string()),
        ("source", pa.string()),
        ("space", pa.string()),
        ("scene", pa.string()),
        ("images", pa.list_(IMAGE)),
        ("marks", pa.list_(MARK)),
        ("question", pa.string()),
        ("answer", pa.string()),
        ("truth", pa.string()),  # JSON: the value as worded
        ("scoring", SCORING),
        ("measured", pa.string()),  # JSON: the same quantities, unrounded
        ("rules", pa.string()),
        ("fingerprint", pa.string()),
    ]
)


# families whose sources are each a subtask of their own
PER_SOURCE = ("motion",)


def subtask(task: str, family: str, source: str) -> str:
    """Return what is counted and scored as one: a task, or a task on one source."""
    return f"{task}@{source}" if family in PER_SOURCE else task


def round_half_away(values: np.ndarray) -> np.ndarray:
    """Return int64 nearest integers, halves away from zero; there is no -0 among integers."""
    return (np.sign(values) * np.floor(np.abs(values) + 0.5)).astype(np.int64)


@dataclass(frozen=True)
class Choice:
    """One of a few words, held in column ``field``; ``options`` is empty if each row has its own."""

    kind: ClassVar[str] = "choice"
    field: str
    options: tuple[str, ...] = ()
    unit: None = None
    tolerance: None = None

    def truth(self, column: np.ndarray) -> np.ndarray:
        return column


@dataclass(frozen=True)
class Number:
    """A magnitude, worded as an integer, right within ``tolerance`` times the truth."""

    kind: ClassVar[str] = "number"
    field: str
    unit: str
    tolerance: float = 0.2
    options: tuple[str, ...] = ()

    def truth(self, column: np.ndarray) -> np.ndarray:
        return round_half_away(column)


@dataclass(frozen=True)
class Vector(Number):
    """Three components, worded as integers, right if the error's norm is within ``tolerance`` of theirs."""

    kind: ClassVar[str] = "vector"


@dataclass(frozen=True)
class Pixel:
    """A pixel in 0..999 of width and height, right within ``tolerance`` times the image's width."""

    kind: ClassVar[str] = "pixel"
    field: str
    unit: str = "permille"
    tolerance: float = 0.05
    options: tuple[str, ...] = ()

    def truth(self, column: np.ndarray) -> np.ndarray:
        return column.astype(np.int64)


Scoring = Choice | Number | Vector | Pixel


@dataclass(frozen=True)
class Dataset:
    """A finished dataset folder: its manifest, its shards, and where its images are.

    Args:
        folder: The folder that ``spatialgeom datagen run --out`` wrote.
        roots: Folders that replace those of the manifest, by scene, where images have moved.
    """

    folder: Path
    roots: dict[str, str]
    manifest: dict[str, Any]

    @classmethod
    def open(cls, folder: str | Path, roots: dict[str, str] | None = None) -> "Dataset":
        """Read the manifest.

        Raises:
            InputError: The folder holds no finished dataset, or one of another schema version.
        """
        folder = Path(folder)
        path = folder / MANIFEST
        if not path.is_file():
            raise InputError(
                f"{folder} holds no finished dataset: {MANIFEST} is missing; finish it with datagen run"
            )
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as fault:
            raise InputError(
                f"{path} must be JSON, but {fault}; run datagen again into a new folder"
            ) from None
        if manifest.get("schema_version") != SCHEMA_VERSION:
            raise InputError(
                f"{path} has schema version {manifest.get('schema_version')}, expected {SCHEMA_VERSION}; "
                "generate it again with this version"
            )
        own = {scene: str(folder / root) for scene, root in manifest["roots"].items()}
        return cls(folder, {**own, **(roots or {})}, manifest)

    @cached_property
    def shards(self) -> list[Path]:
        """Paths of the Parquet files, in the manifest's order."""
        return [self.folder / shard["path"] for shard in self.manifest["shards"]]

    def rows(self, tasks: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
        """Yield rows as dictionaries, shard by shard, of the named tasks or of all."""
        for shard in self.shards:
            table = pq.read_table(shard, filters=[("task", "in", list(tasks))] if tasks else None)
            for batch in table.to_batches(1024):
                yield from batch.to_pylist()

    def image(self, row: dict[str, Any], index: int) -> ImageRef:
        """Return where image ``index`` of a row lies, with an absolute path."""
        image = row["images"][index]
        root = Path(self.roots.get(row["scene"], self.folder))
        return ImageRef(
            str(root / image["path"]), image["width"], image["height"], image["offset"], image["length"]
        )
