"""Overlap of all pairs of frames, of sets seen in a real or made-up scene."""

from pathlib import Path
from typing import Any

from benchmarks.case import Case, Inputs, Size
from benchmarks.inputs import scene, visible_in
from benchmarks.naive.bitsets import unpack_bits
from benchmarks.naive.overlap import overlap_matrix as loops
from benchmarks.parity import assert_equal, assert_within
from spatialgeom import overlap_matrix


def _inputs(size: Size, scratch: Path) -> Inputs:
    view = scene(size["frames"], size["points"], scratch)
    return Inputs((visible_in(view), size["points"]), view.source)


def _compare(arguments: tuple[Any, ...], expected: Any, actual: Any) -> None:
    assert_equal(expected[0], actual[0])
    assert_within(expected[1], actual[1], tolerance=1e-15)


CASES = (
    Case(
        operation="overlap_matrix",
        sizes={"frames": (20, 200), "points": (20_000, 150_000)},
        inputs=_inputs,
        call=lambda arguments, backend: overlap_matrix(arguments[0], backend=backend),
        naive=loops,
        naive_arguments=lambda arguments: (unpack_bits(arguments[0].numpy(), arguments[1]),),
        compare=_compare,
        units=lambda size: size["frames"] * (size["frames"] - 1) // 2,
        unit="pair",
        # read the bits once, write both matrices
        least_bytes=lambda size: size["frames"] * size["points"] // 8 + size["frames"] ** 2 * 16,
        as_naive=lambda overlap: (overlap.intersection.numpy(), overlap.iou.numpy()),
        goal=600,
    ),
)
