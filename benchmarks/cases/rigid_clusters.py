"""Rigid parts of tracked points: average linkage of how their distances change."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.case import Case, Inputs, Size
from benchmarks.inputs import tracks
from benchmarks.naive.rigid_clusters import rigid_clusters as loops
from benchmarks.parity import assert_equal
from spatialgeom import rigid_clusters


def _inputs(size: Size, scratch: Path) -> Inputs:
    return Inputs((tracks(size["steps"], size["points"]),), "synthetic")


def _compare(arguments: object, expected: NDArray[np.int64], actual: NDArray[np.int64]) -> None:
    """Require the same parts, whatever their numbers; the bodies are too far apart for rounding to matter."""
    assert_equal(_first_members(expected), _first_members(actual))


def _first_members(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    _, first, member = np.unique(labels, return_index=True, return_inverse=True)
    return np.where(labels < 0, -1, first[member])


CASES = (
    Case(
        operation="rigid_clusters",
        sizes={"steps": (30, 150), "points": (100, 512)},
        inputs=_inputs,
        call=lambda arguments, backend: rigid_clusters(*arguments, backend=backend),
        naive=loops,
        compare=_compare,
        units=lambda size: size["points"] * (size["points"] - 1) // 2 * (size["steps"] - 1),
        unit="(pair, step)",
        least_bytes=lambda size: size["steps"] * size["points"] * 12 + size["points"] * 8,
        as_naive=lambda labels: labels.numpy(),
    ),
)
