"""A point cloud from posed depth maps, 640 x 480 in millimetres, in voxels of 2 cm."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from benchmarks.case import Case, Inputs, Size, as_arrays
from benchmarks.floor import Work
from benchmarks.goals import GpuGoal
from benchmarks.inputs import DEPTH_SCALE, recording
from benchmarks.naive.fusion import fuse_depth as loops
from benchmarks.naive.projection import unproject_depth
from benchmarks.parity import require
from spatialgeom import fuse_depth

_PIXELS = 640 * 480
_VOXEL = 0.02
_MIN_COUNT = 5
_VOXELS_IN_VIEW = 19_600  # of a frame of the kitchen, counted
_GPU_SIZES = ({"frames": 40}, {"frames": 200})
_GPU_GOALS = tuple(GpuGoal(size, 60 * size["frames"], x_eager=10) for size in _GPU_SIZES)

Floats = NDArray[np.float64]
Cloud = tuple[Floats, NDArray[np.int64]]  # points, and how many frames saw each


def _inputs(size: Size, scratch: Path) -> Inputs:
    shot = recording(size["frames"], scratch, consecutive=True)
    return Inputs((shot.depth, shot.intrinsics, shot.world_from_cam.float(), DEPTH_SCALE), shot.source)


def _call(arguments: tuple[Any, ...], backend: str | None) -> Any:
    *posed, depth_scale = arguments
    return fuse_depth(*posed, depth_scale=depth_scale, voxel=_VOXEL, min_count=_MIN_COUNT, backend=backend)


def _compare(arguments: tuple[Any, ...], expected: Cloud, actual: Cloud) -> None:
    """Require the same points of as many frames, but near a reading on the side of its voxel.

    All is computed in float64; a place within a voxel is kept to 1/4096 of its side, the result as float32.
    """
    close = _VOXEL / 4096 + 2.0**-23 * np.abs(expected[0]).max(initial=0.0)
    doubtful = _doubtful(arguments, error=1e-12)
    for some, others in ((expected, actual), (actual, expected)):
        require(len(others[0]) > 0, "there are no points")
        distance, nearest = cKDTree(others[0]).query(some[0])
        alone = (distance > 2 * close) | (others[1][nearest] != some[1])
        near = cKDTree(doubtful).query(some[0][alone])[0] if len(doubtful) else np.full(alone.sum(), np.inf)
        wrong = int((near > 2 * _VOXEL).sum())
        require(wrong == 0, f"{wrong} of {len(some[0])} points have no counterpart, far from any close call")


def _doubtful(arguments: tuple[Any, ...], error: float) -> Floats:
    """Return the readings that are nearer to a voxel's side than ``error``, in metres."""
    points, valid = unproject_depth(*as_arrays(arguments))
    readings = points[valid]
    cells = readings / _VOXEL
    return readings[(np.abs(cells - np.round(cells)) * _VOXEL <= error).any(axis=1)]


def _least_bytes(size: Size) -> int:
    return size["frames"] * _PIXELS * 2


def _work(size: Size, source: str) -> Work:
    # three sums and two counts of each voxel that a frame sees
    return Work(_least_bytes(size), atomics=size["frames"] * _VOXELS_IN_VIEW * 5)


CASES = (
    Case(
        operation="fuse_depth",
        sizes={"frames": (5, 40)},
        inputs=_inputs,
        call=_call,
        naive=loops,
        compare=_compare,
        units=lambda size: size["frames"] * _PIXELS,
        unit="pixel",
        least_bytes=_least_bytes,
        work=_work,
        as_naive=lambda cloud: (cloud.points.double().numpy(), cloud.counts.numpy()),
        gpu_sizes=_GPU_SIZES,
        gpu_goals=_GPU_GOALS,
    ),
)
