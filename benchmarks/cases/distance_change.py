"""How distances between tracked points change: TAPVid-3D clips have up to 300 frames and some 1000 tracks."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.case import Case, Inputs, Size, as_arrays
from benchmarks.inputs import seen_steps, tracks
from benchmarks.naive import rigid_clusters as loops
from benchmarks.parity import ROUNDING, assert_within
from spatialgeom import distance_change

Floats = NDArray[np.float64]
_IGNORE_BELOW = 0.01


def _inputs(size: Size, scratch: Path, occluded: bool = False) -> Inputs:
    positions = tracks(size["steps"], size["points"])
    seen = (seen_steps(size["steps"], size["points"]),) if occluded else ()
    return Inputs((positions, *seen), "synthetic")


def _compare_range(arguments: tuple[Any, ...], expected: Floats, actual: Floats) -> None:
    assert_within(expected, actual, tolerance=2 * ROUNDING * _largest_distance(as_arrays(arguments)[0]))


def _compare_path(arguments: tuple[Any, ...], expected: Floats, actual: Floats) -> None:
    """Allow each step its rounding, and the whole step where rounding decides whether it counts."""
    positions = as_arrays(arguments)[0]
    step_error = 2 * ROUNDING * _largest_distance(positions)
    doubtful = loops.distance_path(positions, _IGNORE_BELOW - step_error) - loops.distance_path(
        positions, _IGNORE_BELOW + step_error
    )
    total = len(positions) * (step_error + 2.0**-24 * expected)
    assert_within(expected, actual, tolerance=doubtful + total)


def _largest_distance(positions: Floats) -> float:
    span = positions.reshape(-1, 3).max(axis=0) - positions.reshape(-1, 3).min(axis=0)
    return float(np.linalg.norm(span))


def _call(arguments: tuple[Any, ...], backend: str | None, measure: Any) -> Any:
    return distance_change(*arguments, measure=measure, ignore_below=_IGNORE_BELOW, backend=backend)


def _case(
    variant: str, naive: Callable[..., Any], measure: str, goal: float | None, occluded: bool = False
) -> Case:
    return Case(
        operation="distance_change",
        variant=variant,
        sizes={"steps": (30, 300), "points": (100, 1024)},
        inputs=partial(_inputs, occluded=occluded),
        call=partial(_call, measure=measure),
        naive=naive,
        compare=_compare_path if measure == "path" else _compare_range,
        units=lambda size: size["points"] * (size["points"] - 1) // 2 * (size["steps"] - 1),
        unit="(pair, step)",
        # read the tracks, write the matrix
        least_bytes=lambda size: size["steps"] * size["points"] * 12 + size["points"] ** 2 * 4,
        as_naive=lambda change: change.double().numpy(),
        goal=goal,
    )


CASES = (
    _case("path", loops.distance_path, "path", goal=60),
    _case("range", loops.distance_range, "range", goal=60),
    _case("range, occluded", loops.distance_range_seen, "range", goal=None, occluded=True),
)
