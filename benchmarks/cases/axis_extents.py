"""How far the points that each frame sees reach along each axis, of the scene and of 20 objects in it."""

from pathlib import Path
from typing import Any

from benchmarks.case import GPU_SCENES, Case, Inputs, Size, as_arrays
from benchmarks.floor import Work
from benchmarks.goals import GpuGoal
from benchmarks.inputs import in_view, nearest_objects, scene, visible_in
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


def _least_bytes(size: Size) -> int:
    # read the points and the bits once
    return size["points"] * 12 + size["frames"] * size["points"] // 8


def _work(size: Size, source: str) -> Work:
    # where bytes of unset bits are skipped, six minima and maxima for each point that is likely seen
    return Work(bytes=_least_bytes(size), instructions=6 * in_view(size, source))


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
        least_bytes=_least_bytes,
        work=_work,
        gpu_sizes=GPU_SCENES,
        gpu_goals=goals,
        as_naive=lambda extents: (extents.low.double().numpy(), extents.high.double().numpy()),
    )
    for variant, inputs, naive, goals in (
        ("", _inputs, loops.axis_extents, tuple(map(GpuGoal, GPU_SCENES, (30, 120)))),
        (f"{_OBJECTS} objects", _inputs_with_labels, loops.axis_extents_by_label, ()),
    )
)
