"""Which points each frame sees: project, round, look the depth up, compare."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.naive.projection import Floats, camera_points, pixels


def visible_points(
    points: Floats,
    cam_from_world: Floats,
    intrinsics: Floats,
    depth: NDArray[np.uint16],
    depth_scale: float,
    behind_rel: float = 0.02,
    near: float = 1e-3,
) -> NDArray[np.bool_]:
    """Return one mask over the points per frame."""
    height, width = depth.shape[1:]
    masks = np.zeros((len(depth), len(points)), dtype=bool)
    for mask, pose, matrix, image in zip(masks, cam_from_world, intrinsics, depth, strict=True):
        camera = camera_points(points, pose)
        u, v = pixels(camera, matrix)
        z = camera[:, 2]
        inside = (z > near) & (u >= -0.5) & (u < width - 0.5) & (v >= -0.5) & (v < height - 0.5)
        column = np.round(u[inside]).astype(int).clip(0, width - 1)
        row = np.round(v[inside]).astype(int).clip(0, height - 1)
        reading = image[row, column] * depth_scale
        known = image[row, column] < 65535
        mask[inside] = known & (z[inside] < reading * (1 + behind_rel))
    return masks
