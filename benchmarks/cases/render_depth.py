"""Depth maps rendered from a scene's points, as squares of 5 x 5 pixels and as single pixels."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.case import GPU_SCENES, Case, Inputs, Size, as_arrays
from benchmarks.floor import Work
from benchmarks.goals import GpuGoal
from benchmarks.inputs import readings, scene
from benchmarks.naive.occlusion import render_depth as loops
from benchmarks.parity import ROUNDING, Projected, depth_slack, pixel_slack, project, require
from benchmarks.parts import by_frame
from spatialgeom import render_depth

_NEAR = 1e-3

Floats = NDArray[np.float64]


def _inputs(size: Size, scratch: Path, radius: int) -> Inputs:
    view = scene(size["frames"], size["points"], scratch)
    image_size = (view.depth.shape[1], view.depth.shape[2])
    return Inputs((view.points, view.cam_from_world, view.intrinsics, image_size, radius), view.source)


def _call(arguments: tuple[Any, ...], backend: str | None) -> Any:
    *posed, radius = arguments
    return render_depth(*posed, radius=radius, near=_NEAR, backend=backend)


def _compare(arguments: tuple[Any, ...], expected: Floats, actual: Floats) -> None:
    """Require equal maps, but for pixels where a point that rounding may move is the nearest."""
    points, poses, cameras, _, radius = as_arrays(arguments)
    for frame, (wanted, found) in enumerate(zip(expected, actual, strict=True)):
        shot = project(points, poses[frame], cameras[frame])
        tolerance = float(shot.camera_error[:, 2].max()) + ROUNDING
        with np.errstate(invalid="ignore"):
            off = (wanted != found) & ~(np.abs(wanted - found) <= tolerance)
        nearer = np.minimum(wanted, found)
        unstable = _unstable(shot)
        for row, column in np.argwhere(off):
            distance = np.abs(unstable.uv - (column, row)).max(axis=1)
            depth_off = np.abs(unstable.camera[:, 2] - nearer[row, column])
            explained = (distance <= radius + 1) & (depth_off <= tolerance)
            require(bool(explained.any()), f"pixel {row}, {column} of frame {frame} differs beyond rounding")


def _unstable(shot: Projected) -> Projected:
    """Return the points whose pixel, or whether they are drawn at all, rounding may change."""
    unstable = np.minimum(pixel_slack(shot), depth_slack(shot, _NEAR)) <= 1
    return Projected(*(values[unstable] for values in shot))


def _least_bytes(size: Size) -> int:
    # read the points once, write the maps
    return size["points"] * 12 + size["frames"] * 640 * 480 * 4


CASES = tuple(
    Case(
        operation="render_depth",
        variant=variant,
        sizes={"frames": (4, 50, 200), "points": (20_000, 150_000)},
        inputs=partial(_inputs, radius=radius),
        call=_call,
        naive=loops,
        compare=_compare,
        units=lambda size: size["frames"] * size["points"],
        unit="(frame, point)",
        least_bytes=_least_bytes,
        work=lambda size, source: Work(_least_bytes(size), atomics=readings(size, source)),
        as_naive=lambda depth: depth.numpy(),
        goal=goal,
        gpu_sizes=GPU_SCENES,
        gpu_goals=tuple(map(GpuGoal, GPU_SCENES, gpu_us)),
        part=by_frame(1, 2),
    )
    for variant, radius, goal, gpu_us in (("", 2, 20, (450, 3000)), ("single pixels", 0, None, (300, 2000)))
)
