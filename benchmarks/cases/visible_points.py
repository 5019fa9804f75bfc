"""Which points each frame sees: a ScanNet scene has about 150k points and 200 to 300 frames."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.case import GPU_SCENES, Case, Inputs, Size, as_arrays
from benchmarks.floor import Work
from benchmarks.goals import GpuGoal
from benchmarks.inputs import DEPTH_SCALE, SECTORS_PER_READING, in_view, readings, scene
from benchmarks.naive.visibility import visible_points as loops
from benchmarks.parity import assert_decisions, depth_slack, pixel_slack, project, require
from benchmarks.parts import by_frame
from spatialgeom import VisibilityRule, visible_points

_RULE = VisibilityRule()
_SIZES = {"frames": (4, 50, 200), "points": (20_000, 150_000)}
_IN_ORDER = tuple(GpuGoal(size, us, x_eager=20) for size, us in zip(GPU_SCENES, (180, 1250), strict=True))
# 100 G pairs/s
_UNSORTED = tuple(map(GpuGoal, GPU_SCENES, (555, 5000)))


def _millimetres(size: Size, scratch: Path) -> Inputs:
    view = scene(size["frames"], size["points"], scratch)
    arguments = (view.points, view.cam_from_world, view.intrinsics, view.depth, DEPTH_SCALE)
    return Inputs(arguments, view.source)


def _metres(size: Size, scratch: Path) -> Inputs:
    """Return the same readings as float32 metres, 0 where there is none."""
    (*posed, depth, scale), source = _millimetres(size, scratch)
    readings = depth.int()
    return Inputs((*posed, readings.where(readings < 65535, 0) * scale, 1.0), source)


def _shuffled(size: Size, scratch: Path) -> Inputs:
    """Return the points in no order: neighbours in memory look at pixels far apart."""
    (points, *rest), source = _millimetres(size, scratch)
    order = torch.from_numpy(np.random.default_rng(6).permutation(len(points)))
    return Inputs((points[order], *rest), source)


def _call(arguments: tuple[Any, ...], backend: str | None) -> Tensor:
    *posed, depth_scale = arguments
    words: Tensor = visible_points(*posed, depth_scale=depth_scale, rule=_RULE, backend=backend)
    return words


def _unpacked(words: Tensor) -> NDArray[np.bool_]:
    return np.unpackbits(words.numpy().view(np.uint8), axis=1, bitorder="little").astype(bool)


def _compare(arguments: tuple[Any, ...], expected: NDArray[np.bool_], actual: NDArray[np.bool_]) -> None:
    points, poses, cameras, depth, scale = as_arrays(arguments)
    require(not actual[:, len(points) :].any(), "spare bits are set")
    actual, expected = actual[:, : len(points)], expected[:, : len(points)]
    for frame in np.flatnonzero((actual != expected).any(axis=1)):
        differ = np.flatnonzero(actual[frame] != expected[frame])
        shot = project(points[differ], poses[frame], cameras[frame])
        column, row = (
            np.nan_to_num(shot.uv[:, axis]).round().clip(0, depth.shape[2 - axis] - 1).astype(int)
            for axis in (0, 1)
        )
        limit = depth[frame, row, column] * scale * (1 + _RULE.behind_rel)
        thresholds = (pixel_slack(shot), depth_slack(shot, _RULE.near), depth_slack(shot, limit))
        assert_decisions(expected[frame, differ], actual[frame, differ], np.min(thresholds, axis=0))


def _least_bytes(size: Size) -> int:
    # read the points, write the bits; the depth under a point differs for each, so count one reading each
    return size["points"] * 12 + size["frames"] * size["points"] * 2 + size["frames"] * size["points"] // 8


def _work(size: Size, source: str, bytes_per_reading: int, sorted_points: bool) -> Work:
    maps = size["frames"] * 640 * 480 * bytes_per_reading
    moved = size["points"] * 12 + maps + size["frames"] * size["points"] // 8
    seen = in_view(size, source)
    # in no order, each reading is a sector of its own
    gathers = readings(size, source) if sorted_points else seen / SECTORS_PER_READING
    # of the instructions for a pair, those that culling blocks out of view leaves
    return Work(moved, gathers=gathers, instructions=66 * seen)


CASES = tuple(
    Case(
        operation="visible_points",
        variant=variant,
        sizes=_SIZES,
        inputs=inputs,
        call=_call,
        naive=loops,
        compare=_compare,
        units=lambda size: size["frames"] * size["points"],
        unit="(frame, point)",
        least_bytes=_least_bytes,
        as_naive=_unpacked,
        goal=goal,
        work=partial(_work, bytes_per_reading=2 if inputs is not _metres else 4, sorted_points=ordered),
        gpu_sizes=GPU_SCENES,
        gpu_goals=gpu_goals,
        part=by_frame(1, 2, 3),
    )
    for variant, inputs, goal, ordered, gpu_goals in (
        ("", _millimetres, 50, True, _IN_ORDER),
        ("float depth", _metres, None, True, ()),
        ("unsorted", _shuffled, None, False, _UNSORTED),
    )
)
