"""Reading a dataset's shards column by column: what each task has, and which rows a seed picks."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.records import Dataset


def read_shard(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Read a shard, or a few of its columns.

    Raises:
        InputError: The file is missing or damaged.
    """
    try:
        return pq.read_table(path, columns=columns)
    except FileNotFoundError:
        raise InputError(f"{path} is missing though the manifest names it; run datagen again") from None
    except (OSError, pa.ArrowInvalid, pa.ArrowNotImplementedError) as fault:
        reason = str(fault).splitlines()[0]
        raise InputError(f"{path} must be a Parquet shard, but {reason}; run datagen again") from None


def count_tasks(dataset: Dataset, tasks: Sequence[str] = ()) -> dict[str, int]:
    """Return how many rows each task has, sorted by name; of ``tasks`` alone if any are named.

    Raises:
        InputError: A shard cannot be read, or there are no rows at all.
        UsageError: A named task is not in the dataset.
    """
    counts: Counter[str] = Counter()
    for shard in dataset.shards:
        counts.update(read_shard(shard, ["task"])["task"].to_pylist())
    if not counts:
        raise InputError(
            f"{dataset.folder} must hold questions, but it has none; run datagen with other options"
        )
    if missing := sorted(set(tasks) - set(counts)):
        raise UsageError(
            f"task {missing[0]!r} is not in {dataset.folder}; it has {', '.join(sorted(counts))}"
        )
    return {name: counts[name] for name in sorted(counts) if not tasks or name in tasks}


def pick_rows(dataset: Dataset, counts: dict[str, int], per_task: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield up to ``per_task`` rows of each task, evenly drawn from all shards, in the shards' order.

    A task's draw depends on the seed, its name and its count, not on which other tasks are asked for.
    """
    waiting = {
        name: np.sort(
            np.random.default_rng([seed, *name.encode()]).choice(count, min(per_task, count), replace=False)
        )
        for name, count in counts.items()
    }
    for shard in dataset.shards:
        task = read_shard(shard, ["task"])["task"].to_numpy()
        chosen = []
        for name, ranks in waiting.items():
            rows = np.flatnonzero(task == name)
            chosen.append(rows[ranks[ranks < len(rows)]])
            waiting[name] = ranks[ranks >= len(rows)] - len(rows)
        if indices := sorted(np.concatenate(chosen).tolist()):
            yield from read_shard(shard).take(indices).to_pylist()
