"""The GPU as measurements see it: a clock on the device, caches to empty, an allocator that counts."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from benchmarks.floor import Limits

Call = Callable[[], Any]

_LANES_PER_PROCESSOR = 128  # FP32 lanes, of every generation that Triton's kernels run on but sm_80


class Card:
    """The current CUDA device."""

    device = "cuda"

    def __init__(self) -> None:
        self.cache_bytes: int = torch.cuda.get_device_properties().L2_cache_size
        self._eraser = torch.empty(2 * self.cache_bytes + (64 << 20), dtype=torch.int8, device=self.device)

    def captured(self, call: Call) -> Call | None:
        """Return a replay of what ``call`` launches, or None if it waits for the device, which forbids it."""
        try:
            # a capture that fails can spoil the process; a refused wait does not
            with _waiting_refused():
                call()
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                call()
        except torch.OutOfMemoryError:
            raise
        except RuntimeError:
            return None
        return graph.replay

    def elapsed_ns(self, call: Call) -> float:
        """Return the time on the device of one call that finds the caches empty."""
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        # read, not written: what is written stays in the cache to be written back in the call's time
        self._eraser.amax()  # it also keeps the device busy until the call is launched
        start.record()
        call()
        end.record()
        end.synchronize()
        return start.elapsed_time(end) * 1e6

    def peak_bytes(self, call: Call) -> int:
        """Return how far memory rises during one call above what is held before it; results count."""
        held = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        call()
        torch.cuda.synchronize()
        return torch.cuda.max_memory_allocated() - held

    def give_back(self) -> None:
        """Return freed memory to the device."""
        torch.cuda.empty_cache()


@contextmanager
def _waiting_refused() -> Iterator[None]:
    before = torch.cuda.get_sync_debug_mode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it does not notice every wait is known
        torch.cuda.set_sync_debug_mode("error")
        try:
            yield
        finally:
            torch.cuda.set_sync_debug_mode(before)


def limits_of(device: str, ceilings: Path | None) -> Limits:
    """Return the ceilings of the CPU's memory, or of the GPU, measured unless there is a file of them."""
    from benchmarks.ceilings import Ceilings, measure_ceilings
    from benchmarks.measure import copy_bandwidth

    found = Ceilings.from_json(ceilings) if ceilings else None
    if device != "cuda":
        return Limits(found or Ceilings(copy_bytes_per_s=copy_bandwidth(device)))
    return Limits(found or measure_ceilings(device), instructions_per_s())


def instructions_per_s() -> float | None:
    """Return the FP32 instructions that all lanes of the GPU issue per second at its highest clock."""
    properties = torch.cuda.get_device_properties()
    clock_khz = getattr(properties, "clock_rate", None)
    lanes = _LANES_PER_PROCESSOR if (properties.major, properties.minor) != (8, 0) else 64
    return properties.multi_processor_count * lanes * clock_khz * 1e3 if clock_khz else None
