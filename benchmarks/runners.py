"""One size of one case: what is started to measure it, and the rows that come of it."""

from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

from benchmarks import card_worker, child, rows, worker
from benchmarks.case import Case, Size
from benchmarks.floor import Limits
from benchmarks.rows import Row
from benchmarks.worker import Options


class CpuRunner:
    """Times all implementations in one process, and weighs each in a process of its own."""

    def __init__(self, options: Options, scratch: Path, limits: Limits, memory: bool) -> None:
        self._options, self._scratch, self._limits, self._memory = options, scratch, limits, memory

    def __call__(self, case: Case, size: Size) -> Sequence[Row]:
        """Return rows; raises AssertionError if a result is wrong."""
        shared = (self._options, self._scratch)
        try:
            timed = child.in_child(worker.time_case, case.name, size, *shared)
        except (MemoryError, BrokenProcessPool) as error:
            return [rows.too_large(case, size, self._options, error)]
        if self._memory:
            who = [each.implementation for each in timed]
            peaks = [child.in_child(worker.weigh_case, case.name, size, each, *shared) for each in who]
            timed = [replace(each, peak_bytes=peak) for each, peak in zip(timed, peaks, strict=True)]
        return list(rows.rows_of(case, timed, self._options, self._limits))

    def close(self) -> None:
        """Nothing lasts."""


class CardRunner:
    """Times and weighs in one process that lasts, after comparing each case with its loops."""

    def __init__(self, options: Options, scratch: Path, limits: Limits) -> None:
        self._options, self._scratch, self._limits = options, scratch, limits
        self._child = child.LastingChild()
        self._compared: set[str] = set()

    def __call__(self, case: Case, size: Size) -> Sequence[Row]:
        """Return rows; raises AssertionError if a result is wrong or a kernel fails."""
        shared = (self._options, self._scratch)
        try:
            if case.name not in self._compared:
                self._child(card_worker.check_loops, case.name, *shared)
                self._compared.add(case.name)
            timed = self._child(card_worker.time_case, case.name, size, *shared)
        except MemoryError as error:
            return [rows.too_large(case, size, self._options, error)]
        except RuntimeError as error:
            first = str(error).partition("\n")[0]
            raise AssertionError(f"{case.name}: failed, not timed: {first}") from error
        return list(rows.rows_of(case, timed, self._options, self._limits))

    def close(self) -> None:
        """End the process."""
        self._child.close()
