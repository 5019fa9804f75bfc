"""How distances between tracked points change: TAPVid-3D clips have up to 300 frames and some 1000 tracks."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.case import Case, Inputs, Size, as_arrays
from benchmarks.floor import Work
from benchmarks.goals import GpuGoal
from benchmarks.inputs import seen_steps, tracks
from benchmarks.naive import rigid_clusters as loops
from benchmarks.parity import ROUNDING, assert_within
from benchmarks.parts import by_track
from spatialgeom import distance_change

Floats = NDArray[np.float64]
_IGNORE_BELOW = 0.01
_GPU_SIZES = ({"steps": 150, "points": 512}, {"steps": 300, "points": 2048})
# FP32 instructions per pair and step: difference, squares and their sum, then minimum and maximum, or a root,
# its change, a comparison and a sum
_INSTRUCTIONS = {"range": 8, "path": 12}


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


def _least_bytes(size: Size) -> int:
    # read the tracks, write the matrix
    return size["steps"] * size["points"] * 12 + size["points"] ** 2 * 4


def _units(size: Size) -> int:
    return size["points"] * (size["points"] - 1) // 2 * (size["steps"] - 1)


def _case(
    variant: str,
    naive: Callable[..., Any],
    measure: str,
    goal: float | None,
    gpu_us: tuple[float, ...] = (),
    occluded: bool = False,
) -> Case:
    return Case(
        operation="distance_change",
        variant=variant,
        sizes={"steps": (30, 300), "points": (100, 1024)},
        inputs=partial(_inputs, occluded=occluded),
        call=partial(_call, measure=measure),
        naive=naive,
        compare=_compare_path if measure == "path" else _compare_range,
        units=_units,
        unit="(pair, step)",
        least_bytes=_least_bytes,
        work=lambda size, source: Work(
            _least_bytes(size), instructions=_INSTRUCTIONS[measure] * _units(size)
        ),
        gpu_sizes=_GPU_SIZES,
        gpu_goals=tuple(map(GpuGoal, _GPU_SIZES, gpu_us)),
        part=by_track,
        as_naive=lambda change: change.double().numpy(),
        goal=goal,
    )


CASES = (
    _case("path", loops.distance_path, "path", goal=60, gpu_us=(20, 500)),
    _case("range", loops.distance_range, "range", goal=60, gpu_us=(20, 340)),
    _case("range, occluded", loops.distance_range_seen, "range", goal=None, occluded=True),
)
