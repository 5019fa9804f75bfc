"""Records of annotation files, one after another: JSON lines, one JSON list, or Parquet."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from spatialgeom.apps.errors import InputError

Record = dict[str, Any]

_CHUNK = 1 << 20  # characters of a JSON list that are read at once
_HEAD = 1 << 16  # bytes that tell what a file holds
_BATCH_ROWS = 64  # of Parquet, which may hold images
_LONGEST = 1 << 26  # characters of one record of a list
_GAP = re.compile(r"[ \t\r\n,]*")


def parquet_files(path: Path) -> list[Path]:
    """Return a Parquet file itself, or those of a folder, sorted; none if it is something else."""
    if path.is_dir():
        return sorted(path.glob("*.parquet")) or sorted(path.glob("data/*.parquet"))
    return [path] if path.suffix == ".parquet" else []


def first_record(path: Path) -> tuple[str, Record]:
    """Return how a JSON file holds its records, and its first record.

    Returns:
        ``list``, ``lines``, ``object`` (one value in all) or ``none``; and the record, or of one that is
        longer than what is read here its keys as far as they are known.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            head = file.read(_HEAD).lstrip()
    except OSError:
        return "none", {}
    if head[:1] == "[":
        return "list", _first_value(head[1:])
    if head[:1] != "{":
        return "none", {}
    value = _first_value(head.partition("\n")[0])
    is_lines = path.suffix == ".jsonl" or bool(value.keys() & {"conversations", "messages"})
    return ("lines", value) if is_lines else ("object", {})


def _first_value(text: str) -> Record:
    try:
        value, _ = json.JSONDecoder().raw_decode(text.lstrip())
    except (ValueError, RecursionError):
        # cut off within its first record: what can be told is which key comes first
        keys = [key for key in ("conversations", "messages") if f'"{key}"' in text]
        return dict.fromkeys(keys[:1])
    return value if isinstance(value, dict) else {}


def identity(path: Path) -> list[list[Any]]:
    """Return name, size and time of the last change of each file.

    Raises:
        InputError: There is none.
    """
    files = parquet_files(path) or [path]
    if not all(file.is_file() for file in files):
        raise InputError(f"{path} must be an annotation file; name one, or a folder of Parquet files")
    states = [(file, file.stat()) for file in files]
    return [[str(file.absolute()), state.st_size, state.st_mtime_ns] for file, state in states]


def content(path: Path) -> str:
    """Return a fingerprint of what the files hold: of Parquet, which is large, of size and footer alone."""
    digest = hashlib.sha256()
    for file in parquet_files(path) or [path]:
        with file.open("rb") as stream:
            if file.suffix == ".parquet":
                size = file.stat().st_size
                stream.seek(max(0, size - _HEAD))
                digest.update(str(size).encode() + stream.read())
            else:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def read_records(path: Path) -> Iterator[tuple[str, Record]]:
    """Yield where each record stands, in words, and the record.

    Raises:
        InputError: The file cannot be read or parsed; the message names the line or record.
    """
    if files := parquet_files(path):
        for file in files:
            yield from _parquet(file)
    elif first_record(path)[0] == "list":
        yield from _list(path)
    else:
        yield from _lines(path)


def _lines(path: Path) -> Iterator[tuple[str, Record]]:
    with _open(path) as file:
        for number, line in enumerate(file, 1):
            where = f"{path}, line {number}"
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
                value = json.loads(text) if text else None
            except (ValueError, RecursionError) as fault:
                raise InputError(f"{where} must be JSON in UTF-8, but {_short(fault)}") from None
            if text:
                yield where, _object(where, value)


def _open(path: Path) -> Any:
    try:
        return path.open("rb")
    except OSError as fault:
        raise InputError(f"{path} must be an annotation file, but {fault.strerror}") from None


def _list(path: Path) -> Iterator[tuple[str, Record]]:
    number = 1
    try:
        with path.open(encoding="utf-8-sig") as file:
            for value in _values(file):
                where = f"{path}, record {number}"
                yield where, _object(where, value)
                number += 1
    except (OSError, ValueError, RecursionError) as fault:
        raise InputError(f"{path}, record {number} must be JSON in UTF-8, but {_short(fault)}") from None


def _values(file: TextIO) -> Iterator[Any]:
    """Yield the objects of a JSON list that may be larger than what should be held at once."""
    decoder = json.JSONDecoder()
    text, place = file.read(_CHUNK).lstrip(), 1
    while True:
        place = _GAP.match(text, place).end()  # type: ignore[union-attr]
        if text[place : place + 1] == "]":
            if (text[place + 1 :] + file.read(_CHUNK)).strip():
                raise ValueError("something follows the list")
            return
        try:
            value, place = decoder.raw_decode(text, place)
        except ValueError:
            more = file.read(max(_CHUNK, len(text) - place)) if len(text) - place < _LONGEST else ""
            if not more:
                raise
            text, place = text[place:] + more, 0
        else:
            yield value


def _parquet(path: Path) -> Iterator[tuple[str, Record]]:
    number = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_BATCH_ROWS):
                for value in batch.to_pylist():
                    number += 1
                    yield f"{path}, row {number}", value
    except (OSError, ValueError, pa.ArrowException) as fault:
        raise InputError(f"{path}, row {number + 1} must be Parquet, but {_short(fault)}") from None


def _object(where: str, value: Any) -> Record:
    if not isinstance(value, dict):
        raise InputError(f"{where} must be a JSON object, got {type(value).__name__}")
    return value


def _short(fault: Exception) -> str:
    if isinstance(fault, json.JSONDecodeError):
        return fault.msg.removesuffix(" at")
    if isinstance(fault, UnicodeDecodeError):
        return f"byte {fault.object[fault.start]:#04x} is none"
    return str(fault).partition("\n")[0][:200] or type(fault).__name__
