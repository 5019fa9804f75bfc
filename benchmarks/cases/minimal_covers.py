"""Sets of images that show all of an object along each of its axes, from its points and what each frame sees.

Ours makes extents from packed bits and searches those; the loops search masks over the scene's points, as
the paper's listing 2 does. With 5,000 points the scene is the object alone, which is kind to the loops.
"""

from pathlib import Path
from typing import Any, Literal

import numpy as np

from benchmarks.case import Case, Inputs, Size, as_arrays
from benchmarks.inputs import middle_object, scene, visible_in
from benchmarks.naive.bitsets import unpack_bits
from benchmarks.naive.coverage import minimal_covers as search
from benchmarks.parity import assert_equal
from spatialgeom import Covers, Extents, axis_extents, minimal_covers, select_bits

_SCENE_POINTS = 150_000
_OBJECT_POINTS = 5000
_AXES: tuple[Literal[0, 1, 2], ...] = (0, 1, 2)


def _inputs(size: Size, scratch: Path) -> Inputs:
    """Return points, packed bits, labels that are 0 on the object and -1 elsewhere, and its dimensions."""
    view = scene(size["frames"], _SCENE_POINTS, scratch)
    points, visible = view.points, visible_in(view)
    labels = middle_object(points, _OBJECT_POINTS)
    members = (labels == 0).nonzero().flatten()
    target = points[members].amax(0) - points[members].amin(0)
    if size["points"] == _OBJECT_POINTS:
        points, visible, labels = points[members], select_bits(visible, members), labels[members]
    return Inputs((points, visible, labels, target), view.source)


def _call(arguments: tuple[Any, ...], backend: str | None) -> tuple[Covers, ...]:
    points, visible, labels, target = arguments
    low, high = axis_extents(points, visible, labels, backend=backend)
    extents = Extents(low[0], high[0])
    return tuple(minimal_covers(extents, target, axis, backend=backend) for axis in _AXES)


def _loops(points: Any, visible: Any, labels: Any, target: Any) -> list[list[tuple[int, ...]]]:
    return [search(points, visible, labels == 0, target[axis], axis) for axis in _AXES]


def _naive_arguments(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    points, visible, labels, target = as_arrays(arguments)
    return points, unpack_bits(visible, len(points)), labels, target.tolist()


def _listed(covers: tuple[Covers, ...]) -> list[list[tuple[int, ...]]]:
    return [[tuple(i for i in row if i >= 0) for row in found.sets.tolist()] for found in covers]


def _compare(arguments: tuple[Any, ...], expected: Any, actual: Any) -> None:
    """Require the very same sets: all is decided in float64 on the same coordinates."""
    for axis in _AXES:
        assert_equal(_padded(expected[axis]), _padded(actual[axis]))


def _padded(sets: list[tuple[int, ...]]) -> Any:
    return np.array([(*images, -1)[:2] for images in sets]).reshape(-1, 2)


CASES = (
    Case(
        operation="minimal_covers",
        sizes={"frames": (20, 200), "points": (_OBJECT_POINTS, _SCENE_POINTS)},
        inputs=_inputs,
        call=_call,
        naive=_loops,
        naive_arguments=_naive_arguments,
        naive_at_most={"frames": 40},
        compare=_compare,
        units=lambda size: len(_AXES) * size["frames"] * (size["frames"] + 1) // 2,
        unit="set of images",
        least_bytes=lambda size: size["points"] * 20 + size["frames"] * size["points"] // 8,
        as_naive=_listed,
        goal=1000,
    ),
)
