"""World points of whole depth maps, 640 x 480 in millimetres."""

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.case import Case, Inputs, Size, as_arrays
from benchmarks.goals import GpuGoal
from benchmarks.inputs import DEPTH_SCALE, recording
from benchmarks.naive.projection import unproject_depth as loops
from benchmarks.parity import ROUNDING, assert_equal, assert_within
from benchmarks.parts import by_frame
from spatialgeom import unproject_depth

_PIXELS = 640 * 480
_GPU_SIZES = ({"frames": 370}, {"frames": 1000})


def _inputs(size: Size, scratch: Path) -> Inputs:
    shot = recording(size["frames"], scratch)
    return Inputs((shot.depth, shot.intrinsics, shot.world_from_cam.float(), DEPTH_SCALE), shot.source)


def _call(arguments: tuple[Any, ...], backend: str | None) -> Any:
    *posed, depth_scale = arguments
    return unproject_depth(*posed, depth_scale=depth_scale, backend=backend)


def _compare(arguments: tuple[Any, ...], expected: Any, actual: Any) -> None:
    depth, _, poses, scale = as_arrays(arguments)
    assert_equal(expected[1], actual[1])
    # with this field of view no coordinate of a ray is above its z
    reach = 3 * float(depth[depth < 65535].max()) * scale + np.abs(poses[:, :3, 3]).max()
    assert_within(expected[0], actual[0], tolerance=ROUNDING * reach)


CASES = (
    Case(
        operation="unproject_depth",
        sizes={"frames": (2, 40)},
        inputs=_inputs,
        call=_call,
        naive=loops,
        compare=_compare,
        units=lambda size: size["frames"] * _PIXELS,
        unit="pixel",
        # read a uint16, write three float32 and a byte
        least_bytes=lambda size: size["frames"] * _PIXELS * 15,
        as_naive=lambda found: (found.points.numpy(), found.valid.numpy()),
        gpu_sizes=_GPU_SIZES,
        gpu_goals=tuple(GpuGoal(size, of_floor=0.85) for size in _GPU_SIZES),
        part=by_frame(0, 1, 2),
    ),
)
