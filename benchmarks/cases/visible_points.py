"""Which points each frame sees: a ScanNet scene has about 150k points and 200 to 300 frames."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.case import Case, Inputs, Size, as_arrays
from benchmarks.inputs import DEPTH_SCALE, scene
from benchmarks.naive.visibility import visible_points as loops
from benchmarks.parity import assert_decisions, depth_slack, pixel_slack, project, require
from spatialgeom import VisibilityRule, visible_points

_RULE = VisibilityRule()
_SIZES = {"frames": (4, 50, 200), "points": (20_000, 150_000)}


def _millimetres(size: Size, scratch: Path) -> Inputs:
    view = scene(size["frames"], size["points"], scratch)
    arguments = (view.points, view.cam_from_world, view.intrinsics, view.depth, DEPTH_SCALE)
    return Inputs(arguments, view.source)


def _metres(size: Size, scratch: Path) -> Inputs:
    """Return the same readings as float32 metres, 0 where there is none."""
    (*posed, depth, scale), source = _millimetres(size, scratch)
    readings = depth.int()
    return Inputs((*posed, readings.where(readings < 65535, 0) * scale, 1.0), source)


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
    )
    for variant, inputs, goal in (("", _millimetres, 50), ("float depth", _metres, None))
)
