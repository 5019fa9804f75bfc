"""Projection of points, and points from depth maps, one frame after another."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def camera_points(points: Floats, cam_from_world: Floats) -> Floats:
    """Return the points in one camera's axes, by homogeneous coordinates."""
    homogeneous = np.concatenate([points, np.ones((len(points), 1))], axis=1)
    return (homogeneous @ cam_from_world.T)[:, :3]


def pixels(camera: Floats, intrinsics: Floats) -> tuple[Floats, Floats]:
    """Return the pixel coordinates u and v of points in one camera's axes."""
    projected = camera @ intrinsics.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return projected[:, 0] / projected[:, 2], projected[:, 1] / projected[:, 2]


def project_points(
    points: Floats,
    cam_from_world: Floats,
    intrinsics: Floats,
    image_size: tuple[int, int],
    near: float = 1e-3,
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    height, width = image_size
    all_uv, all_depth, all_valid = [], [], []
    for pose, matrix in zip(cam_from_world, intrinsics, strict=True):
        camera = camera_points(points, pose)
        u, v = pixels(camera, matrix)
        depth = camera[:, 2]
        valid = (depth > near) & (u >= -0.5) & (u < width - 0.5) & (v >= -0.5) & (v < height - 0.5)
        uv = np.stack([u, v], axis=1)
        uv[~valid] = np.nan
        all_uv.append(uv)
        all_depth.append(depth)
        all_valid.append(valid)
    return np.stack(all_uv), np.stack(all_depth), np.stack(all_valid)


def unproject_frame(
    depth: NDArray[np.uint16], intrinsics: Floats, world_from_cam: Floats, depth_scale: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the world points of one depth map, (H, W, 3), and which pixels have a reading."""
    height, width = depth.shape
    valid = (depth > 0) & (depth < 65535)
    z = depth * depth_scale
    u, v = np.meshgrid(np.arange(width), np.arange(height))
    x = (u - intrinsics[0, 2]) * z / intrinsics[0, 0]
    y = (v - intrinsics[1, 2]) * z / intrinsics[1, 1]
    homogeneous = np.stack([x, y, z, np.ones_like(z)], axis=-1)
    return (homogeneous @ world_from_cam.T)[..., :3], valid


def unproject_depth(
    depth: NDArray[np.uint16], intrinsics: Floats, world_from_cam: Floats, depth_scale: float
) -> tuple[Floats, NDArray[np.bool_]]:
    all_points, all_valid = [], []
    for image, matrix, pose in zip(depth, intrinsics, world_from_cam, strict=True):
        points, valid = unproject_frame(image, matrix, pose, depth_scale)
        points[~valid] = np.nan
        all_points.append(points)
        all_valid.append(valid)
    return np.stack(all_points), np.stack(all_valid)
