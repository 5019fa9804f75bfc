"""A z-buffer of square splats: every offset of every point, the nearest kept."""

import numpy as np

from benchmarks.naive.projection import Floats, camera_points, pixels


def render_depth(
    points: Floats,
    cam_from_world: Floats,
    intrinsics: Floats,
    image_size: tuple[int, int],
    radius: int,
    near: float = 1e-3,
) -> Floats:
    """Return depth maps, inf where nothing was drawn; a splat is drawn as far as it is inside the image."""
    height, width = image_size
    images = np.full((len(cam_from_world), height, width), np.inf)
    for image, pose, matrix in zip(images, cam_from_world, intrinsics, strict=True):
        camera = camera_points(points, pose)
        u, v = pixels(camera, matrix)
        reach_u = (u > -radius - 1) & (u < width + radius)
        reach_v = (v > -radius - 1) & (v < height + radius)
        drawn = reach_u & reach_v & (camera[:, 2] > near)
        column, row = np.round(u[drawn]).astype(int), np.round(v[drawn]).astype(int)
        z = camera[drawn, 2]
        for dy in range(-radius, radius + 1):
            for dx in range(-radius, radius + 1):
                x, y = column + dx, row + dy
                inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
                # one index instead of two: NumPy is several times faster so
                np.minimum.at(image.reshape(-1), y[inside] * width + x[inside], z[inside])
    return images
