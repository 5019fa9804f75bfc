"""What the cases of packed bits share: rows of words as a scene's visible points are."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.case import Case, Inputs, Size
from benchmarks.inputs import random_words
from benchmarks.parity import assert_equal

_GPU_SIZES = ({"rows": 370, "points": 150_000}, {"rows": 1000, "points": 500_000})


def bits_case(
    operation: str,
    arguments: Callable[[Tensor, Size], tuple[Any, ...]],
    call: Callable[..., Any],
    naive: Callable[..., Any],
    least_bytes: Callable[[Size], int],
    units: Callable[[Size], int] = lambda size: size["rows"] * size["points"],
    unit: str = "bit",
) -> Case:
    """Return a case of one operation on packed rows, a fifth of whose bits are set."""

    def inputs(size: Size, scratch: Path) -> Inputs:
        return Inputs(arguments(random_words(size["rows"], size["points"], density=0.2), size), "synthetic")

    return Case(
        operation=operation,
        sizes={"rows": (20, 200), "points": (20_000, 150_000)},
        inputs=inputs,
        call=lambda values, backend: call(*values, backend=backend),
        naive=naive,
        compare=lambda values, expected, actual: assert_equal(expected, actual),
        units=units,
        unit=unit,
        least_bytes=least_bytes,
        gpu_sizes=_GPU_SIZES,
        as_naive=lambda result: result.numpy(),
    )


def word_bytes(size: Size) -> int:
    """Return the bytes of the packed rows."""
    return size["rows"] * -(-size["points"] // 64) * 8


def integers(below: Any, count: int) -> Tensor:
    """Return ``count`` integers from 0 to under ``below``, seeded."""
    return torch.from_numpy(np.random.default_rng(0).integers(below, size=count))
