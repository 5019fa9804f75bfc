"""Z-buffer of square splats: scatter of their centres, then a separable minimum filter of their width."""

import numpy as np
import torch
from numba import get_num_threads, njit, prange
from torch import Tensor

from spatialgeom.backends.cpu._memory import empty
from spatialgeom.backends.cpu._popcount import widest_vectors

_BLOCK = 1024  # points projected as vectors before they are scattered one by one


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz"})
def _scatter(xyz, m, k, near, bounds, nearest, pixels, depths):
    """Lower ``nearest``, an image padded by the splat's radius, to the depths of points at their pixels."""
    widest_vectors()
    m00, m01, m02, m03 = m[0, 0], m[0, 1], m[0, 2], m[0, 3]
    m10, m11, m12, m13 = m[1, 0], m[1, 1], m[1, 2], m[1, 3]
    m20, m21, m22, m23 = m[2, 0], m[2, 1], m[2, 2], m[2, 3]
    fx, cx, fy, cy = k[0, 0], k[0, 2], k[1, 1], k[1, 2]
    low, right, bottom = bounds[0], bounds[1], bounds[2]
    flat, width = nearest.reshape(-1), pixels.dtype.type(nearest.shape[1])
    for start in range(0, xyz.shape[1], _BLOCK):
        stop = min(start + _BLOCK, xyz.shape[1])
        xs, ys, zs = xyz[0, start:stop], xyz[1, start:stop], xyz[2, start:stop]
        for n in range(stop - start):
            x, y, z = xs[n], ys[n], zs[n]
            q = m20 * x + m21 * y + m22 * z + m23
            u = np.rint(fx * (m00 * x + m01 * y + m02 * z + m03) / q + cx)
            v = np.rint(fy * (m10 * x + m11 * y + m12 * z + m13) / q + cy)
            drawn = (q > near) & (u >= low) & (u < right) & (v >= low) & (v < bottom)
            # a pixel far outside, or NaN, must not reach the cast
            column = np.int32((u if drawn else low) - low)
            row = np.int32((v if drawn else low) - low)
            pixels[n] = row * width + column if drawn else -1
            depths[n] = q
        kept = 0
        # without a branch: which points are in view is a coin flip to the predictor
        for n in range(stop - start):
            pixel, depth = pixels[n], depths[n]
            pixels[kept], depths[kept] = pixel, depth
            kept += pixel >= 0
        for n in range(kept):
            if depths[n] < flat[pixels[n]]:
                flat[pixels[n]] = depths[n]


@njit(cache=True, nogil=True, error_model="numpy")
def _spread(nearest, lines, image):
    """Write to ``image`` the minimum of ``nearest`` over as many rows and columns as ``lines`` has rows."""
    widest_vectors()
    side, width = lines.shape
    for y in range(nearest.shape[0]):
        line = lines[y % side]
        line[:] = nearest[y, :width]
        for k in range(1, side):
            _lower(line, nearest[y, k : k + width])
        if y >= side - 1:
            target = image[y - side + 1]
            target[:] = lines[0]
            for k in range(1, side):
                _lower(target, lines[k])


@njit(cache=True, nogil=True, inline="always")
def _lower(values, to):
    for x in range(len(values)):
        values[x] = to[x] if to[x] < values[x] else values[x]


@njit(cache=True, parallel=True, nogil=True, error_model="numpy")
def _render(xyz, pose, camera, near, bounds, radius, tasks, index, images):
    # a task keeps its buffers from frame to frame: fresh ones cost a page fault every 4 KiB
    _, height, width = images.shape
    for task in prange(tasks):
        nearest = np.empty((height + 2 * radius, width + 2 * radius), images.dtype)
        lines = np.empty((2 * radius + 1, width), images.dtype)
        pixels, depths = np.empty(_BLOCK, index.dtype), np.empty(_BLOCK, images.dtype)
        for f in range(task, images.shape[0], tasks):
            nearest[:] = np.inf
            _scatter(xyz, pose[f], camera[f], near, bounds, nearest, pixels, depths)
            _spread(nearest, lines, images[f])


def render_depth(
    points: Tensor,
    cam_from_world: Tensor,
    intrinsics: Tensor,
    image_size: tuple[int, int],
    radius: int,
    near: float,
) -> Tensor:
    images = empty((cam_from_world.shape[0], *image_size), points.dtype)
    if images.numel():
        xyz = torch.stack(points.detach().unbind(-1)).numpy()
        real = xyz.dtype.type
        pixels = (image_size[0] + 2 * radius) * (image_size[1] + 2 * radius)
        _render(
            xyz,
            cam_from_world.detach().contiguous().numpy(),
            intrinsics.detach().contiguous().numpy(),
            real(near),
            np.array([-radius, image_size[1] + radius, image_size[0] + radius], real),
            radius,
            min(get_num_threads(), len(images)),
            np.empty(0, np.int32 if pixels < 2**31 else np.int64),
            images.numpy(),
        )
    return images
