"""Processes to measure in."""

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def in_child(work: Callable[..., Any], *arguments: Any) -> Any:
    """Do ``work`` in a fresh process: no memory, cache or compiled code of an earlier measurement."""
    with _one_process() as pool:
        return pool.submit(work, *arguments).result()


class LastingChild:
    """One process for many measurements; a fresh one after any that failed.

    On a GPU, starting takes longer than measuring, and memory is counted by the allocator, not by process.
    """

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    def __call__(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Do ``work`` there."""
        self._pool = self._pool or _one_process()
        try:
            return self._pool.submit(work, *arguments).result()
        except BaseException:
            self.close()  # a kernel that wrote astray leaves its process unable to use the GPU
            raise

    def close(self) -> None:
        """End the process."""
        if self._pool is not None:
            self._pool.shutdown()
        self._pool = None


class Threads:
    """Let children start with this many threads, in libraries that read the environment when loaded."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._before: dict[str, str | None] = {}

    def __enter__(self) -> None:
        self._before = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
        os.environ.update(dict.fromkeys(_THREAD_VARIABLES, str(self._count)))

    def __exit__(self, *_: object) -> None:
        for name, value in self._before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _one_process() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
