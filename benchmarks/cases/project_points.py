"""Projection of a scene's points into its frames."""

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.case import GPU_SCENES, Case, Inputs, Size, as_arrays
from benchmarks.goals import GpuGoal
from benchmarks.inputs import scene
from benchmarks.naive.projection import project_points as loops
from benchmarks.parity import assert_decisions, assert_within, depth_slack, pixel_slack, project
from benchmarks.parts import by_frame
from spatialgeom import Projection, project_points

_NEAR = 1e-3


def _inputs(size: Size, scratch: Path) -> Inputs:
    view = scene(size["frames"], size["points"], scratch)
    image_size = (view.depth.shape[1], view.depth.shape[2])
    return Inputs((view.points, view.cam_from_world, view.intrinsics, image_size), view.source)


def _arrays(found: Projection) -> tuple[Any, ...]:
    return found.uv.numpy(), found.depth.numpy(), found.valid.numpy()


def _compare(arguments: tuple[Any, ...], expected: Any, actual: Any) -> None:
    points, poses, cameras, _ = as_arrays(arguments)
    for frame, (pose, camera) in enumerate(zip(poses, cameras, strict=True)):
        (uv, depth, valid), (uv_found, depth_found, valid_found) = (
            [array[frame] for array in result] for result in (expected, actual)
        )
        shot = project(points, pose, camera)
        assert_decisions(valid, valid_found, np.minimum(pixel_slack(shot), depth_slack(shot, _NEAR)))
        assert_within(depth, depth_found, shot.camera_error[:, 2])
        both = valid & valid_found
        assert_within(uv[both], uv_found[both], shot.uv_error[both])
        assert_within(np.full((int((~valid_found).sum()), 2), np.nan), uv_found[~valid_found], 0)


CASES = (
    Case(
        operation="project_points",
        sizes={"frames": (4, 50), "points": (20_000, 150_000)},
        inputs=_inputs,
        call=lambda arguments, backend: project_points(*arguments, near=_NEAR, backend=backend),
        naive=loops,
        compare=_compare,
        units=lambda size: size["frames"] * size["points"],
        unit="(frame, point)",
        # read x, y, z once; write u, v and depth as float32, and a byte of validity
        least_bytes=lambda size: size["points"] * (12 + size["frames"] * 13),
        as_naive=_arrays,
        gpu_sizes=GPU_SCENES,
        gpu_goals=tuple(GpuGoal(size, of_floor=0.85) for size in GPU_SCENES),
        part=by_frame(1, 2),
    ),
)
