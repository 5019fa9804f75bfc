"""What a GPU reaches at most: copies, matrix products, gathers and atomics, measured on random data."""

import importlib
import importlib.util
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.experiments.timing import median_seconds

_LARGEST_COPY = 1 << 30  # bytes, on a GPU; a sixteenth of its memory if that is less
_COPY_ON_CPU = 256 << 20
_PAIRS = 3  # of buffers, taken in turn: none is in the cache when its turn comes
_SIDE = 8192  # of square matrices: enough for the full rate
_EXPERIMENTS = ("matrix_instructions", "gathers", "atomics")


@dataclass(frozen=True)
class Ceilings:
    """Rates per second; None where one was not measured.

    Args:
        copy_bytes_per_s: Bytes read plus bytes written by a plain copy in the device's memory.
        int8_ops_per_s: Multiplications plus additions of int8 matrix products with int32 sums.
        fp16_flops_per_s: The same of float16 matrix products.
        one_bit_ops_per_s: The same of one-bit matrix instructions whose operands are in registers.
        gathers_per_s: uint16 readings of 32 depth maps by neighbours of a Morton curve, 0.62 sectors each.
        atomics_per_s: int32 minima into 32 z-buffers by neighbours of a Morton curve, a sector each.
    """

    copy_bytes_per_s: float
    int8_ops_per_s: float | None = None
    fp16_flops_per_s: float | None = None
    one_bit_ops_per_s: float | None = None
    gathers_per_s: float | None = None
    atomics_per_s: float | None = None

    def to_json(self, path: Path) -> None:
        """Write the rates to a file."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def from_json(cls, path: Path) -> "Ceilings":
        """Read what :meth:`to_json` wrote."""
        found = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{field.name: found.get(field.name) for field in fields(cls)})


def measure_ceilings(device: str) -> Ceilings:
    """Measure every rate; on a CPU, the copy alone."""
    ceilings = library_ceilings(device)
    if device != "cuda" or importlib.util.find_spec("triton") is None:
        return ceilings
    for name in _EXPERIMENTS:
        found = importlib.import_module(f"benchmarks.experiments.{name}").run(device)
        ceilings = replace(ceilings, **found.ceilings)
    return ceilings


def library_ceilings(device: str) -> Ceilings:
    """Measure the rates that need PyTorch alone: the copy and, on a GPU, the matrix products."""
    copied = _copy_rate(device)
    if device != "cuda":
        return Ceilings(copied)
    return Ceilings(copied, _int8_rate(_SIDE, device), _fp16_rate(_SIDE, device))


def _copy_rate(device: str) -> float:
    size = _COPY_ON_CPU
    if device == "cuda":
        size = min(_LARGEST_COPY, torch.cuda.get_device_properties(0).total_memory // 16)
    words = size // 8
    pairs = [(_random_words(words, device), torch.empty(words, dtype=torch.int64, device=device))]
    pairs += [(pairs[0][0].clone(), torch.empty_like(pairs[0][1])) for _ in range(_PAIRS - 1)]
    calls = [partial(target.copy_, source) for source, target in pairs]
    rate = 2 * 8 * words / median_seconds(_in_turn(calls), device)
    if not all(torch.equal(source, target) for source, target in pairs):
        raise AssertionError("a copy differs from its source")
    return rate


def _int8_rate(side: int, device: str) -> float:
    """Return the operations per second of the library's int8 product, checked on some rows."""
    a, b = (_random_words(side * side // 8, device).view(torch.int8).view(side, side) for _ in range(2))
    exact = a[:4].cpu().double() @ b.cpu().double().T
    found = torch._int_mm(a, b.T)
    if not torch.equal(found[:4].cpu().double(), exact):
        raise AssertionError("the library's int8 product is wrong")
    return 2 * side**3 / median_seconds(lambda: torch._int_mm(a, b.T), device)


def _fp16_rate(side: int, device: str) -> float:
    a, b = (torch.rand(side, side, device=device, dtype=torch.float16) - 0.5 for _ in range(2))
    exact = a[:4].cpu().double() @ b.cpu().double()
    error = ((a @ b)[:4].cpu().double() - exact).norm() / exact.norm()
    if not error < 1e-2:
        raise AssertionError(f"the library's float16 product is off by {error:.1e}")
    return 2 * side**3 / median_seconds(lambda: a @ b, device)


def _random_words(count: int, device: str) -> Tensor:
    full = torch.iinfo(torch.int64)
    return torch.randint(full.min, full.max, (count,), device=device)


def _in_turn(calls: Iterable[Callable[[], Any]]) -> Callable[[], Any]:
    turns = cycle(calls)
    return lambda: next(turns)()


if __name__ == "__main__":
    library_ceilings("cuda").to_json(Path(sys.argv[1]))
