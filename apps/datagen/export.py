"""Writing a dataset for a trainer: dots drawn, rows shuffled, one folder that needs nothing else."""

import json
import multiprocessing
import os
import shutil
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from spatialgeom.apps.datagen._export_images import place_image
from spatialgeom.apps.datagen._shards import count_tasks
from spatialgeom.apps.datagen._shuffle import Shuffle
from spatialgeom.apps.datagen.exports import load_formats
from spatialgeom.apps.datagen.exports._format import Format, Sample
from spatialgeom.apps.errors import UsageError
from spatialgeom.apps.images import ImageRef
from spatialgeom.apps.progress import Progress
from spatialgeom.apps.provenance import fingerprint
from spatialgeom.apps.records import Dataset

NOTE = "export.json"  # written last: what an export was made from
_BATCH = 64  # rows that a worker takes at once

_Row = tuple[dict[str, Any], list[ImageRef]]


@dataclass(frozen=True)
class ExportSummary:
    """What an export holds."""

    folder: str
    format: str
    samples: int
    frames: int  # image files without dots
    drawn: int  # image files with dots

    def __str__(self) -> str:
        """Return a line for people."""
        return (
            f"{self.samples:,} samples in {self.format} format, {self.frames:,} images as they are, "
            f"{self.drawn:,} with dots drawn -> {self.folder}"
        )


@dataclass(frozen=True)
class _Job:
    folder: Path
    format: str
    quality: int
    link: bool


@dataclass(frozen=True)
class _Done:
    line: bytes
    frames: list[str]
    drawn: int


def export_dataset(
    dataset: Dataset,
    out: Path,
    *,
    format: str,
    seed: int = 0,
    quality: int = 92,
    tasks: Sequence[str] = (),
    workers: int = 1,
    link: bool = True,
    progress: bool = True,
) -> ExportSummary:
    """Write annotations and images into a new folder; an interrupted export leaves nothing under its name.

    The same dataset, format, seed, quality and tasks give the same bytes with any number of workers.
    An export that is already there, made from the same, is left as it is.

    Args:
        dataset: What to export.
        out: Folder to make; it may exist if it is empty.
        format: Name of a module in ``exports``.
        seed: Order of the samples.
        quality: JPEG quality of images with dots; images without are never encoded again.
        tasks: Tasks to export; empty for all.
        workers: Processes; 0 for one per core.
        link: May images be hard links to the source's files, where the file system can?
        progress: Say how far it is.

    Raises:
        InputError: A shard or an image cannot be read.
        UsageError: The format or a task does not exist, or ``out`` holds something else.
    """
    formats = load_formats()
    _check_options(formats, format, quality, workers)
    out = Path(out).resolve()
    identity = {"dataset": fingerprint(dataset.manifest), "format": format, "seed": seed}
    identity |= {"quality": quality, "tasks": sorted(tasks)}
    if (before := _find_earlier(out, identity)) is not None:
        return before
    total = sum(count_tasks(dataset, tasks).values())
    beside = _make_beside(out)
    try:
        job = _Job(beside, format, quality, link)
        done = _work(_rows(dataset, tasks), job, workers or os.cpu_count() or 1)
        done = Progress(quiet=not progress).track(done, total, "export")
        frames, drawn = _write_annotations(done, beside, formats[format], total, seed)
        for name, value in formats[format].beside(out, dataset.folder.resolve().name, total).items():
            _write_json(beside / name, value)
        note = {"made_from": identity, "samples": total, "frames": frames, "drawn": drawn}
        _write_json(beside / NOTE, note)
        if out.is_dir():
            out.rmdir()
        beside.replace(out)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return ExportSummary(str(out), format, total, frames, drawn)


def _check_options(formats: dict[str, Format], format: str, quality: int, workers: int) -> None:
    if format not in formats:
        raise UsageError(f"format must be one of {', '.join(formats)}, got {format!r}")
    if not 1 <= quality <= 100:
        raise UsageError(f"quality must be 1 to 100, got {quality}; 92 is a good choice")
    if workers < 0:
        raise UsageError(f"workers must be 0 (one per core) or more, got {workers}")


def _find_earlier(out: Path, identity: dict[str, Any]) -> ExportSummary | None:
    """Return the summary of the same export, finished before; None if the folder is free."""
    if not out.exists():
        return None
    if not out.is_dir():
        raise UsageError(f"--out must be a folder, but {out} is a file; choose another place")
    note = out / NOTE
    if note.is_file():
        earlier = json.loads(note.read_text(encoding="utf-8"))
        if earlier["made_from"] == identity:
            counts = (earlier[name] for name in ("samples", "frames", "drawn"))
            return ExportSummary(str(out), identity["format"], *counts)
        raise UsageError(f"--out {out} holds another export; choose an empty folder, or remove that one")
    if any(out.iterdir()):
        raise UsageError(f"--out {out} is not empty and holds no export; choose an empty folder")
    return None


def _make_beside(out: Path) -> Path:
    """Make the folder in which an export grows, without what an interrupted one left there."""
    beside = out.with_name(f".{out.name}.partial")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        beside.mkdir(parents=True)
    except OSError as fault:
        raise UsageError(f"--out {out} cannot be made: {fault.strerror}; choose another place") from None
    return beside


def _rows(dataset: Dataset, tasks: Sequence[str]) -> Iterator[_Row]:
    for row in dataset.rows(tuple(tasks)):
        yield row, [dataset.image(row, index) for index in range(len(row["images"]))]


def _work(rows: Iterator[_Row], job: _Job, workers: int) -> Iterator[_Done]:
    """Place images and word lines, in the rows' order; few batches are under way at any time."""
    batches = iter(lambda: list(islice(rows, _BATCH)), [])
    if workers == 1:
        for batch in batches:
            yield from _work_batch(batch, job)
        return
    waiting: deque[Future[list[_Done]]] = deque()
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawn) as pool:
        try:
            for batch in batches:
                waiting.append(pool.submit(_work_batch, batch, job))
                if len(waiting) > 3 * workers:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def _work_batch(rows: list[_Row], job: _Job) -> list[_Done]:
    record = load_formats()[job.format].record
    done = []
    for row, sources in rows:
        images = [
            place_image(row, index, source, job.folder, job.quality, job.link)
            for index, source in enumerate(sources)
        ]
        sample = Sample(row["id"], images, row["question"], row["answer"])
        dotted = {mark["image"] for mark in row["marks"]}
        frames = [image.path for index, image in enumerate(images) if index not in dotted]
        line = json.dumps(record(sample), ensure_ascii=False).encode()
        done.append(_Done(line, frames, len(images) - len(frames)))
    return done


def _write_annotations(
    done: Iterator[_Done], folder: Path, form: Format, total: int, seed: int
) -> tuple[int, int]:
    """Write the shuffled samples; return how many images there are without dots, and with."""
    frames: set[str] = set()
    drawn = 0
    with Shuffle(folder / "buckets", total, seed) as shuffle:
        for sample in done:
            shuffle.add(sample.line)
            frames.update(sample.frames)
            drawn += sample.drawn
        with (folder / form.annotations).open("wb") as file:
            file.write(b"[\n" if form.as_list else b"")
            for number, line in enumerate(shuffle.lines()):
                file.write(
                    (b",\n" if form.as_list and number else b"") + line + (b"" if form.as_list else b"\n")
                )
            file.write(b"\n]\n" if form.as_list else b"")
    return len(frames), drawn


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n", encoding="utf-8")
