"""Relative motion of all pairs of frames; the loops leave out the angle of the whole rotation."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.case import Case, Inputs, Size, as_arrays
from benchmarks.goals import GpuGoal
from benchmarks.inputs import recording
from benchmarks.naive.relative_pose import relative_poses as loops
from benchmarks.parity import ROUNDING, assert_equal, assert_within
from spatialgeom import RelativePoses, relative_poses

Floats = NDArray[np.float64]


def _inputs(size: Size, scratch: Path) -> Inputs:
    shot = recording(size["frames"], scratch)
    return Inputs((shot.world_from_cam.float(),), shot.source)


def _all_pairs(frames: int) -> NDArray[np.int64]:
    return np.stack(np.triu_indices(frames, 1), axis=1)


def _naive_arguments(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    (poses,) = as_arrays(arguments)
    return poses, _all_pairs(len(poses))


def _columns(found: RelativePoses) -> Floats:
    assert_equal(_all_pairs(int(found.pairs.max()) + 1), found.pairs.numpy())
    columns = (found.translation, found.distance[:, None], found.yaw_deg[:, None], found.pitch_deg[:, None])
    return np.concatenate([column.double().numpy() for column in columns], axis=1)


def _compare(arguments: tuple[Any, ...], expected: Floats, actual: Floats) -> None:
    poses, pairs = _naive_arguments(arguments)
    reach = np.abs(poses[:, :3, 3]).sum(axis=1)[pairs].sum(axis=1)
    assert_within(expected[:, :4], actual[:, :4], tolerance=ROUNDING * reach[:, None])
    # an angle of the forward axis turns by its rounding over the length that it is taken from
    forward = poses[:, :3, 2]
    level = np.linalg.norm(forward[:, :2], axis=1)[pairs].min(axis=1)
    turn = (actual[:, 4:] - expected[:, 4:] + 180) % 360 - 180
    degrees = np.degrees(ROUNDING) / level + ROUNDING * 360
    assert_within(np.zeros_like(turn), turn, tolerance=degrees[:, None])


CASES = (
    Case(
        operation="relative_poses",
        sizes={"frames": (20, 200)},
        inputs=_inputs,
        call=lambda arguments, backend: relative_poses(*arguments, backend=backend),
        naive=loops,
        naive_arguments=_naive_arguments,
        compare=_compare,
        units=lambda size: size["frames"] * (size["frames"] - 1) // 2,
        unit="pair",
        # write two int64 and seven float32
        least_bytes=lambda size: size["frames"] * (size["frames"] - 1) // 2 * 44,
        as_naive=_columns,
        goal=1000,
        gpu_sizes=({"frames": 370}, {"frames": 1000}),
        gpu_goals=(GpuGoal({"frames": 1000}, 15),),
    ),
)
