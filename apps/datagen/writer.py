"""What a run leaves on disk, each file written beside its place and renamed."""

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from spatialgeom.apps.errors import UsageError
from spatialgeom.apps.records import MANIFEST, SCHEMA

RUN = "run.json"
_DATA = "data"
CACHE = "cache"
IMAGES = "images"  # what readers render or extract
OURS = (_DATA, CACHE, IMAGES)
BESIDE = ".beside"  # ends the name of what is not whole yet
_NOTE = b"spatialgeom"  # key of our entry in a shard's metadata


@dataclass(frozen=True)
class Shard:
    """One scene's rows on disk."""

    path: str  # relative to the dataset's folder
    rows: int
    sha256: str
    tasks: dict[str, dict[str, int]]  # rows, replaced, short


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file beside its place and rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}{BESIDE}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    write_atomically(path, (json.dumps(value, indent=1, sort_keys=True) + "\n").encode())


def write_shard(
    folder: Path, scene: str, plan: str, tables: Sequence[pa.Table], tasks: dict[str, dict[str, int]]
) -> Shard:
    """Write a scene's rows with a note of the plan that they fulfil."""
    table = pa.concat_tables(tables) if tables else SCHEMA.empty_table()
    note = json.dumps({"plan": plan, "tasks": tasks}, sort_keys=True).encode()
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata({_NOTE: note}), sink, compression="zstd")
    content = sink.getvalue().to_pybytes()
    write_atomically(folder / _DATA / f"{scene}.parquet", content)
    return Shard(f"{_DATA}/{scene}.parquet", len(table), hashlib.sha256(content).hexdigest(), tasks)


def find_shard(folder: Path, scene: str, plan: str) -> Shard | None:
    """Return a shard that an interrupted run finished under the same plan."""
    path = folder / _DATA / f"{scene}.parquet"
    if not path.is_file():
        return None
    content = path.read_bytes()
    try:
        metadata = pq.read_metadata(pa.BufferReader(content))
        note = json.loads((metadata.metadata or {})[_NOTE])
    except (pa.ArrowInvalid, OSError, KeyError, ValueError):
        return None
    if note["plan"] != plan:
        return None
    return Shard(
        f"{_DATA}/{scene}.parquet", metadata.num_rows, hashlib.sha256(content).hexdigest(), note["tasks"]
    )


@dataclass(frozen=True)
class Claim:
    """A folder that belongs to this run: new, interrupted, or with the manifest of its end."""

    fresh: bool
    manifest: dict[str, Any] | None = None


def claim_folder(folder: Path, identity: dict[str, Any]) -> Claim:
    """Make the folder this run's own.

    Raises:
        UsageError: The path is no folder, or holds another run or foreign files.
    """
    below = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not below.is_dir():
        raise UsageError(f"--out must be a folder, but {below} is a file; choose another place")
    _sweep(folder)
    note = folder / RUN
    if note.is_file():
        if (before := _read_json(note)) != identity:
            raise UsageError(
                f"--out {folder} holds another run, which differs in {_difference(before, identity)}; "
                "choose an empty folder, or repeat that run's options"
            )
        path = folder / MANIFEST
        manifest = _read_json(path) if path.is_file() else None
        whole = manifest is not None and all(
            (folder / shard["path"]).is_file() for shard in manifest["shards"]
        )
        return Claim(False, manifest if whole else None)
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"--out {folder} is not empty and holds no run; choose an empty folder")
    write_json(note, identity)
    return Claim(True)


def _difference(before: dict[str, Any], now: dict[str, Any]) -> str:
    """Return the names of what differs, and values that are short."""
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    return ", ".join(
        f"{name} ({before.get(name)}, now {now.get(name)})" if isinstance(now.get(name), int | str) else name
        for name in names
    )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as fault:
        raise UsageError(f"{path} must be JSON, but {fault}; choose an empty folder for --out") from None


def _sweep(folder: Path) -> None:
    """Remove what an interrupted run left beside its place."""
    for path in folder.glob(f"**/.*{BESIDE}") if folder.is_dir() else ():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def abandon_folder(folder: Path, claim: Claim) -> None:
    """Take back what a run without a result has made; an earlier run's work stays, to be resumed."""
    if not claim.fresh:
        return
    (folder / RUN).unlink(missing_ok=True)
    for name in OURS:
        shutil.rmtree(folder / name, ignore_errors=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
