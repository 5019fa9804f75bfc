"""Overlap of all pairs of frames, of sets seen in a real or made-up scene."""

from pathlib import Path
from typing import Any

from benchmarks.case import GPU_SCENES, Case, Inputs, Size
from benchmarks.floor import Work
from benchmarks.goals import GpuGoal
from benchmarks.inputs import scene, visible_in
from benchmarks.naive.bitsets import unpack_bits
from benchmarks.naive.overlap import overlap_matrix as loops
from benchmarks.parity import assert_equal, assert_within
from spatialgeom import overlap_matrix

_TILE = 128  # frames on a side of what tensor cores multiply at a time


def _inputs(size: Size, scratch: Path) -> Inputs:
    view = scene(size["frames"], size["points"], scratch)
    return Inputs((visible_in(view), size["points"]), view.source)


def _compare(arguments: tuple[Any, ...], expected: Any, actual: Any) -> None:
    assert_equal(expected[0], actual[0])
    assert_within(expected[1], actual[1], tolerance=1e-15)


def _least_bytes(size: Size) -> int:
    # read the bits once, write both matrices
    return size["frames"] * size["points"] // 8 + size["frames"] ** 2 * 16


def _work(size: Size, source: str) -> Work:
    # tiles on and above the diagonal, a multiplication and an addition for each bit of each pair
    across = -(-size["frames"] // _TILE)
    pairs = across * (across + 1) // 2 * _TILE**2
    return Work(_least_bytes(size), bit_ops=2 * pairs * size["points"])


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
        least_bytes=_least_bytes,
        work=_work,
        gpu_sizes=GPU_SCENES,
        gpu_goals=(GpuGoal(GPU_SCENES[0], 20, x_eager=5), GpuGoal(GPU_SCENES[1], 250, x_eager=5)),
        as_naive=lambda overlap: (overlap.intersection.numpy(), overlap.iou.numpy()),
        goal=600,
    ),
)
