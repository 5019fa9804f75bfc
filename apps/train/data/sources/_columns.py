"""Columns of a dataset, checked against the row's schema, and codes of what recurs in them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from spatialgeom.apps.errors import InputError
from spatialgeom.apps.records import SCHEMA

_RECURRING = ("task", "family", "source", "space", "scene")
_NEEDED = ("id", *_RECURRING, "images", "marks", "question", "answer")
_BATCH_ROWS = 1 << 15


def read_columns(shard: Path) -> Iterator[pa.Table]:
    """Yield a shard's rows with the columns that training needs, in the types of ``SCHEMA``.

    Raises:
        InputError: The file is missing or damaged, or lacks a column, or has another type in it.
    """
    try:
        names = pq.read_schema(shard).names
        if missing := [name for name in _NEEDED if name not in names]:
            raise InputError(f"{shard} must have a column {missing[0]!r}; run datagen again")
        with pq.ParquetFile(shard, read_dictionary=list(_RECURRING)) as file:
            for batch in file.iter_batches(_BATCH_ROWS, columns=list(_NEEDED)):
                yield pa.table({name: _typed(shard, name, batch.column(name)) for name in _NEEDED})
    except FileNotFoundError:
        raise InputError(f"{shard} is missing though the manifest names it; run datagen again") from None
    except (OSError, pa.ArrowException) as fault:
        reason = str(fault).partition("\n")[0]
        raise InputError(f"{shard} must be a Parquet shard, but {reason}; run datagen again") from None


def _typed(shard: Path, name: str, column: pa.Array) -> pa.Array:
    kind, given = SCHEMA.field(name).type, column.type
    words = given.value_type if pa.types.is_dictionary(given) else given
    fits = words == kind or kind != pa.string() or words in (pa.large_string(), pa.string_view())
    try:
        if not fits:
            raise TypeError("numbers could be cast to text")
        column = column if words == kind else column.cast(kind)
        if name in _RECURRING and not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
    except (pa.ArrowException, TypeError):
        raise InputError(f"{shard}: column {name!r} must be {kind}, got {given}; run datagen again") from None
    if name not in ("images", "marks") and column.null_count:
        raise InputError(f"{shard}: column {name!r} must not be null, but is in a row; run datagen again")
    return column


def codes(column: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """Return the codes of a dictionary column, int64, and what they stand for."""
    whole = column.combine_chunks()
    whole = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
    return whole.indices.to_numpy().astype(np.int64), whole.dictionary.to_pylist()


def distinct(*columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct rows of integer columns, (k, c) int64, and which of them each row is."""
    rows = np.ascontiguousarray(np.stack(columns, axis=1), np.int64)
    width = rows.shape[1] * 8
    encoded = pa.Array.from_buffers(
        pa.binary(width), len(rows), [None, pa.py_buffer(rows)]
    ).dictionary_encode()
    where = encoded.indices.to_numpy()
    first = np.zeros(len(encoded.dictionary), np.int64)
    first[where[::-1]] = np.arange(len(rows))[::-1]
    return rows[first], where


def flat(column: pa.ChunkedArray) -> tuple[pa.Array, np.ndarray]:
    """Return the elements of all lists, and the number of them in each; a null list has none."""
    whole = column.combine_chunks()
    whole = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
    return whole.flatten(), pc.fill_null(pc.list_value_length(whole), 0).to_numpy()


def integers(elements: pa.Array, name: str, absent: int) -> np.ndarray:
    """Return a field of the elements of a list as int64, ``absent`` where it is null."""
    return pc.fill_null(pc.struct_field(elements, name), absent).to_numpy().astype(np.int64)
