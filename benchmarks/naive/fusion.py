"""A point cloud from depth maps: all points, sorted by voxel, averaged."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.naive.projection import Floats, unproject_frame

_OFFSET = 1 << 20  # makes the numbers of voxels positive


def fuse_depth(
    depth: NDArray[np.uint16],
    intrinsics: Floats,
    world_from_cam: Floats,
    depth_scale: float,
    voxel: float = 0.02,
    min_count: int = 5,
) -> tuple[Floats, NDArray[np.int64]]:
    """Return the mean point of every voxel that ``min_count`` frames have a reading in, and how many have."""
    clouds, keys, seen = [], [], []
    for image, matrix, pose in zip(depth, intrinsics, world_from_cam, strict=True):
        points, valid = unproject_frame(image, matrix, pose, depth_scale)
        points = points[valid]
        cell = np.floor(points / voxel).astype(np.int64) + _OFFSET
        key = cell[:, 0] << 42 | cell[:, 1] << 21 | cell[:, 2]
        clouds.append(points)
        keys.append(key)
        seen.append(np.unique(key))
    cloud = np.concatenate(clouds)
    _, member, readings = np.unique(np.concatenate(keys), return_inverse=True, return_counts=True)
    _, frames = np.unique(np.concatenate(seen), return_counts=True)
    sums = np.stack([np.bincount(member, weights=cloud[:, axis]) for axis in range(3)], axis=1)
    kept = frames >= min_count
    return sums[kept] / readings[kept, None], frames[kept]
