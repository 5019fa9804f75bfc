"""Time and memory of a call: medians of interleaved runs, and the peak over what was held before."""

import ctypes
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

Call = Callable[[], Any]

_SHORTEST_SAMPLE_NS = 20_000_000
_FEWEST_SAMPLES = 3
# a call this short is made once untimed before each sample, to find caches and memory as it leaves them
_SHORT_S = 1.0


class Spread(NamedTuple):
    """Nanoseconds of one call."""

    p20: float
    median: float
    p80: float
    repeats: int


def use_threads(count: int) -> None:
    """Run Torch and Numba on ``count`` threads; NumPy's are set by the environment of the process."""
    import numba

    torch.set_num_threads(count)
    numba.set_num_threads(count)


def time_interleaved(
    calls: Mapping[str, Call], device: str, repeats: int, budget_s: float = 20.0
) -> dict[str, Spread]:
    """Time the calls in turn, so that whatever else the machine does falls on all of them alike.

    Each is called once beforehand. A sample averages as many calls as fill 20 ms. A call stops being
    sampled, after the third sample, when it has taken ``budget_s`` in all.
    """
    numbers = {name: _calls_per_sample(call, device) for name, call in calls.items()}
    samples: dict[str, list[float]] = {name: [] for name in calls}
    spent, last_s = dict.fromkeys(calls, 0.0), dict.fromkeys(calls, 0.0)
    for turn in range(repeats):
        for name, call in calls.items():
            if turn < _FEWEST_SAMPLES or spent[name] < budget_s:
                if last_s[name] < _SHORT_S:
                    call()
                elapsed = _elapsed_ns(call, numbers[name], device)
                last_s[name] = elapsed / numbers[name] / 1e9
                samples[name].append(elapsed / numbers[name])
                spent[name] += elapsed / 1e9
    return {name: _spread(values) for name, values in samples.items()}


def peak_bytes(call: Call, device: str) -> int:
    """Return how far memory rises during one call above what is held before it; results count."""
    if device == "cuda":
        held = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        _elapsed_ns(call, 1, device)
        return torch.cuda.max_memory_allocated() - held
    _give_back_freed()
    _forget_peak()
    before = _resident("VmRSS")
    result = call()
    peak = _resident("VmHWM")
    del result
    return max(0, peak - before)


def copy_bandwidth(device: str) -> float:
    """Return bytes read and written per second by a plain copy, far larger than the caches."""
    source = torch.ones(64 << 20, dtype=torch.float32, device=device)
    target = torch.empty_like(source)
    spread = time_interleaved({"copy": lambda: target.copy_(source)}, device, repeats=5)["copy"]
    return 2 * source.nbytes / (spread.median / 1e9)


def _spread(values: list[float]) -> Spread:
    p20, median, p80 = np.percentile(values, (20, 50, 80)).tolist()
    return Spread(p20, median, p80, len(values))


def _calls_per_sample(call: Call, device: str) -> int:
    """Warm up; return how many calls fill a sample."""
    once = _elapsed_ns(call, 1, device)
    if once < 10 * _SHORTEST_SAMPLE_NS:
        once = _elapsed_ns(call, 1, device)
    return max(1, round(_SHORTEST_SAMPLE_NS / max(1, once)))


def _elapsed_ns(call: Call, number: int, device: str) -> int:
    synchronise(device)
    start = time.perf_counter_ns()
    for _ in range(number):
        call()
    synchronise(device)
    return time.perf_counter_ns() - start


def synchronise(device: str) -> None:
    """Wait until the device has done all that was asked of it."""
    if device == "cuda":
        torch.cuda.synchronize()


def _give_back_freed() -> None:
    """Return freed memory to the system, where it can be asked to: else its reuse would not show."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)


def _forget_peak() -> None:
    """Make the kernel forget the highest memory so far, of this process alone, where it can."""
    marker = Path("/proc/self/clear_refs")
    if marker.exists() and os.access(marker, os.W_OK):
        marker.write_text("5")


def _resident(field: str) -> int:
    """Return resident bytes, now or at their highest; without /proc both are the highest so far."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(row for row in status.read_text().splitlines() if row.startswith(field))
        return int(line.split()[1]) * 1024
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest if sys.platform == "darwin" else highest * 1024
