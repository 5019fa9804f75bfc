"""How far the points that each frame sees reach along each axis, of the scene and of 20 objects in it."""

from pathlib import Path
from typing import Any

from benchmarks.case import Case, Inputs, Size, as_arrays
from benchmarks.inputs import nearest_objects, scene, visible_in
from benchmarks.naive import coverage as loops
from benchmarks.naive.bitsets import unpack_bits
from benchmarks.parity import assert_equal
from spatialgeom import axis_extents

_OBJECTS = 20
_SIZES = {"frames": (20, 200), "points": (20_000, 150_000)}


def _inputs(size: Size, scratch: Path) -> Inputs:
    view = scene(size["frames"], size["points"], scratch)
    return Inputs((view.points, visible_in(view)), view.source)


def _inputs_with_labels(size: Size, scratch: Path) -> Inputs:
    (points, visible), source = _inputs(size, scratch)
    return Inputs((points, visible, nearest_objects(points, _OBJECTS)), source)


def _naive_arguments(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    points, visible, *labels = as_arrays(arguments)
    return (points, unpack_bits(visible, len(points)), *labels)


def _compare(arguments: tuple[Any, ...], expected: Any, actual: Any) -> None:
    assert_equal(expected[0], actual[0])
    assert_equal(expected[1], actual[1])


CASES = tuple(
    Case(
        operation="axis_extents",
        variant=variant,
        sizes=_SIZES,
        inputs=inputs,
        call=lambda arguments, backend: axis_extents(*arguments, backend=backend),
        naive=naive,
        naive_arguments=_naive_arguments,
        compare=_compare,
        units=lambda size: size["frames"] * size["points"],
        unit="(frame, point)",
        # read the points and the bits once
        least_bytes=lambda size: size["points"] * 12 + size["frames"] * size["points"] // 8,
        as_naive=lambda extents: (extents.low.double().numpy(), extents.high.double().numpy()),
    )
    for variant, inputs, naive in (
        ("", _inputs, loops.axis_extents),
        (f"{_OBJECTS} objects", _inputs_with_labels, loops.axis_extents_by_label),
    )
)
