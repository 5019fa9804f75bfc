"""What a benchmark is: an operation, its inputs, the loops it is measured against, the least it could do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from benchmarks.floor import Work
from benchmarks.goals import GpuGoal

Size = Mapping[str, int]
Arguments = tuple[Any, ...]
Part = Callable[[Arguments, int], tuple[Arguments, Callable[[Any], Any]]]

# (frame, point) of a large indoor scene and of a whole floor: what goals on a GPU are about
GPU_SCENES: tuple[Size, ...] = ({"frames": 370, "points": 150_000}, {"frames": 1000, "points": 500_000})


class Inputs(NamedTuple):
    """The arguments of one call, tensors on the CPU, and where they came from."""

    arguments: tuple[Any, ...]
    source: str  # "redkitchen" or "synthetic"


def as_arrays(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the arguments as NumPy would hold them: floating point in float64."""
    return tuple(_as_array(value) if isinstance(value, Tensor) else value for value in arguments)


def _as_array(value: Tensor) -> Any:
    array = value.numpy()
    return array.astype(np.float64) if array.dtype == np.float32 else array


@dataclass(frozen=True)
class Case:
    """One operation, timed for every backend that implements it, beside its NumPy loops.

    Args:
        operation: Name in ``spatialgeom._operation.OPERATIONS``.
        sizes: Values to sweep, by name, ascending; the last of each make the size that ``goal`` is about.
        inputs: Makes the arguments for one size, seeded, on the CPU. The path is a folder of this run, where
            something slow to make may be kept for the next child.
        call: Calls the operation with those arguments and a backend.
        naive: The NumPy loops, on ``naive_arguments`` of the same arguments.
        compare: Raises AssertionError unless two results agree, both as ``naive`` gives them: takes the
            arguments, the expected result and the actual one.
        units: Number of units of work in one size.
        unit: What a unit is, such as ``"(frame, point)"``.
        least_bytes: Bytes that any implementation must read and write, for the roofline.
        work: The least work on a GPU of one size and source of inputs; ``least_bytes`` alone if None.
        as_naive: Turns a result of ``call`` into what ``naive`` gives.
        naive_arguments: Turns arguments into those of ``naive``; not timed.
        naive_at_most: Sizes at which the loops are timed instead where they would take minutes.
        variant: Tells the cases of one operation apart.
        goal: How many times faster than the loops the cpu backend is to be, per unit, on one thread.
        gpu_sizes: Sizes on a GPU, ascending; those of ``sizes`` if empty.
        gpu_goals: What the triton backend is to reach, by size.
        part: Takes arguments and a number; returns the arguments of about so many frames or points, and what
            takes the same part of a result. Large results are compared with the reference in part.
    """

    operation: str
    sizes: Mapping[str, tuple[int, ...]]
    inputs: Callable[[Size, Path], Inputs]
    call: Callable[[tuple[Any, ...], str | None], Any]
    naive: Callable[..., Any]
    compare: Callable[[tuple[Any, ...], Any, Any], None]
    units: Callable[[Size], int]
    unit: str
    least_bytes: Callable[[Size], int]
    as_naive: Callable[[Any], Any]
    naive_arguments: Callable[[tuple[Any, ...]], tuple[Any, ...]] = as_arrays
    naive_at_most: Size | None = None
    variant: str = ""
    goal: float | None = None
    work: Callable[[Size, str], Work] | None = None
    gpu_sizes: Sequence[Size] = ()
    gpu_goals: tuple[GpuGoal, ...] = ()
    part: Part | None = None

    @property
    def name(self) -> str:
        """The operation, and the variant if there is one."""
        return f"{self.operation}/{self.variant}" if self.variant else self.operation

    def swept(self, device: str = "cpu") -> list[dict[str, int]]:
        """Return the sizes on a device, every combination on the CPU; the largest is last."""
        if device == "cuda" and self.gpu_sizes:
            return [dict(size) for size in self.gpu_sizes]
        return [dict(zip(self.sizes, values, strict=True)) for values in product(*self.sizes.values())]

    def naive_size(self, size: Size) -> dict[str, int]:
        """Return the size at which the loops stand in for ``size``."""
        most = self.naive_at_most or {}
        return {name: min(value, most.get(name, value)) for name, value in size.items()}

    def least_work(self, size: Size, source: str, device: str) -> Work:
        """Return what no implementation can do without: on the CPU, bytes alone."""
        if device == "cuda" and self.work is not None:
            return self.work(size, source)
        return Work(bytes=self.least_bytes(size))

    def run(self, arguments: tuple[Any, ...], backend: str | None) -> Any:
        """Call the operation without recording a gradient."""
        with torch.no_grad():
            return self.call(arguments, backend)
