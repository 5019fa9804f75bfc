"""Rates of calls on a GPU: medians between events."""

import statistics
import time
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import torch


class Rate(NamedTuple):
    """How much of something is done per second."""

    name: str
    per_second: float
    unit: str
    note: str = ""


class Found(NamedTuple):
    """What an experiment measured, and which fields of ``Ceilings`` it settles."""

    rates: tuple[Rate, ...]
    ceilings: dict[str, float]


def median_seconds(call: Callable[[], object], device: str, repeats: int = 9, warm_up: int = 3) -> float:
    """Return the median duration of ``call``; the host's clock serves where there is no GPU."""
    for _ in range(warm_up):
        call()
    if device != "cuda":
        return statistics.median(_host_seconds(call) for _ in range(repeats))
    marks = [torch.cuda.Event(enable_timing=True) for _ in range(repeats + 1)]
    for mark in marks[:-1]:
        mark.record()
        call()
    marks[-1].record()
    torch.cuda.synchronize()
    return statistics.median(a.elapsed_time(b) / 1e3 for a, b in pairwise(marks))


def processors(device: str) -> int:
    """Return the number of multiprocessors, 1 where there is no GPU."""
    return torch.cuda.get_device_properties(0).multi_processor_count if device == "cuda" else 1


def _host_seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
