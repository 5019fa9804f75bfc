"""A dataset that carries its images, as far as the licences of its sources allow."""

import hashlib
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from spatialgeom.apps.datagen.manifest import write_card
from spatialgeom.apps.datagen.writer import BESIDE, IMAGES, write_atomically, write_json
from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.images import ImageRef, read_bytes
from spatialgeom.apps.progress import Progress
from spatialgeom.apps.records import IMAGE, MANIFEST, Dataset

# terms under which anyone may pass unchanged images on
_FREE = re.compile(r"apache-2\.0|mit|cc0(-1\.0)?|cc[ -]by(-(nc|sa|nd))*([ -]\d\.\d)?", re.IGNORECASE)
_NAMED = re.compile(r"[^()]*\(([^()]+)\)")  # as in "ARKitScenes (CC BY-NC-SA 4.0)"
_ENDINGS = {b"\xff\xd8": ".jpg", b"\x89P": ".png"}


@dataclass(frozen=True)
class Packed:
    """What a packed dataset holds."""

    folder: str
    rows: int
    images: int
    carried: tuple[str, ...]  # scenes whose images are inside
    pointing: tuple[str, ...]  # scenes whose images stay where they are

    def __str__(self) -> str:
        """Return lines for people."""
        lines = [f"{self.rows:,} rows, {self.images:,} images of {len(self.carried)} scenes -> {self.folder}"]
        if self.pointing:
            lines.append(
                f"{len(self.pointing)} scenes may not be passed on by their licences: their rows point to "
                "files that are elsewhere (--root SCENE=FOLDER)"
            )
        return "\n".join(lines)


def may_be_passed_on(licence: str) -> bool:
    """Tell whether a licence, as a reader names it, lets anyone redistribute unchanged images."""
    named = _NAMED.fullmatch(licence.strip())
    return bool(_FREE.fullmatch(named[1] if named else licence.strip()))


def pack_dataset(dataset: Dataset, out: Path, progress: Progress) -> Packed:
    """Write a copy of a dataset with the images of each scene whose licence allows it.

    Raises:
        UsageError: ``out`` exists.
        InputError: An image cannot be read.
    """
    if out.exists():
        raise UsageError(f"--out {out} exists; choose a new folder")
    scenes = dataset.manifest["scenes"]
    carried = tuple(name for name, scene in scenes.items() if may_be_passed_on(scene["licence"]))
    beside = out.with_name(f".{out.name}.{os.getpid()}{BESIDE}")
    beside.mkdir(parents=True)
    try:
        packer = _Packer(dataset, beside, frozenset(carried))
        shards = [
            packer.shard(path) for path in progress.track(dataset.shards, len(dataset.shards), "shards")
        ]
        roots = {
            name: f"{IMAGES}/{name}" if name in carried else str(Path(root).resolve())
            for name, root in dataset.roots.items()
        }
        manifest = {**dataset.manifest, "roots": roots, "shards": shards}
        write_card(beside, manifest, len(carried))
        write_json(beside / MANIFEST, manifest)
        beside.replace(out)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    pointing = tuple(name for name in scenes if name not in carried)
    return Packed(str(out), sum(shard["rows"] for shard in shards), len(packer.written), carried, pointing)


class _Packer:
    """Copies shards, and each image of theirs once."""

    def __init__(self, dataset: Dataset, folder: Path, carried: frozenset[str]) -> None:
        self._dataset, self._folder, self._carried = dataset, folder, carried
        self.written: dict[tuple[str, ImageRef], str] = {}

    def shard(self, path: Path) -> dict[str, Any]:
        table = pq.read_table(path)
        rows = table.select(["scene", "images"]).to_pylist()
        images = [self._row(row) if row["scene"] in self._carried else row["images"] for row in rows]
        column = pa.array(images, pa.list_(IMAGE))
        table = table.set_column(table.schema.get_field_index("images"), "images", column)
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd")
        place = path.relative_to(self._dataset.folder)
        content = sink.getvalue().to_pybytes()
        write_atomically(self._folder / place, content)
        return {"path": place.as_posix(), "rows": len(table), "sha256": hashlib.sha256(content).hexdigest()}

    def _row(self, row: dict[str, Any]) -> Sequence[dict[str, Any]]:
        return [self._image(row, k) for k in range(len(row["images"]))]

    def _image(self, row: dict[str, Any], index: int) -> dict[str, Any]:
        ref = self._dataset.image(row, index)
        key = (row["scene"], ref)
        if key not in self.written:
            try:
                content = read_bytes(ref)
            except OSError as fault:
                raise InputError(
                    f"{ref.path} cannot be read ({fault}); say where it is with --root"
                ) from None
            self.written[key] = self._place(row["scene"], row["images"][index], content)
        return {**row["images"][index], "path": self.written[key], "offset": None, "length": None}

    def _place(self, scene: str, image: dict[str, Any], content: bytes) -> str:
        """Write an image and return its path below the scene's root."""
        path = PurePosixPath(image["path"])
        if path.is_absolute() or ".." in path.parts:
            raise InputError(f"{path} of {scene} must lie below its scene's folder; make the dataset again")
        if image["offset"] is not None:
            path = path / f"{image['offset']}{_ENDINGS.get(content[:2], '')}"
        write_atomically(self._folder / IMAGES / scene / path, content)
        return path.as_posix()
