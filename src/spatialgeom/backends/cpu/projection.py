"""Pinhole projection and its inverse, one pass over the output."""

import numpy as np
import torch
from numba import njit, prange
from torch import Tensor

from spatialgeom.backends.cpu._memory import empty

_BLOCK = 4096  # points a task takes; its rows of coordinates stay in the first-level cache
_NO_READING = 65535  # largest uint16, beside 0


@njit(cache=True, parallel=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz"})
def _project(xyz, pose, camera, low, right, bottom, near, nan, uv, depth, valid):
    """Fill uv (B * F, N, 2), depth and valid (B * F, N) from xyz (B, 3, N), pose and camera (B * F, ...)."""
    count = xyz.shape[2]
    blocks = (count + _BLOCK - 1) // _BLOCK
    frames = pose.shape[0] // xyz.shape[0]
    for task in prange(pose.shape[0] * blocks):
        f = task // blocks
        start = (task - f * blocks) * _BLOCK
        stop = min(start + _BLOCK, count)
        m, k = pose[f], camera[f]
        m00, m01, m02, m03 = m[0, 0], m[0, 1], m[0, 2], m[0, 3]
        m10, m11, m12, m13 = m[1, 0], m[1, 1], m[1, 2], m[1, 3]
        m20, m21, m22, m23 = m[2, 0], m[2, 1], m[2, 2], m[2, 3]
        fx, cx, fy, cy = k[0, 0], k[0, 2], k[1, 1], k[1, 2]
        xs, ys, zs = (
            xyz[f // frames, 0, start:stop],
            xyz[f // frames, 1, start:stop],
            xyz[f // frames, 2, start:stop],
        )
        to_uv, to_depth, to_valid = uv[f, start:stop], depth[f, start:stop], valid[f, start:stop]
        # interleaving in a loop of its own keeps the arithmetic vectorised: twice as fast
        us, vs = np.empty(_BLOCK, xyz.dtype), np.empty(_BLOCK, xyz.dtype)
        for n in range(stop - start):
            x, y, z = xs[n], ys[n], zs[n]
            q = m20 * x + m21 * y + m22 * z + m23
            u = fx * (m00 * x + m01 * y + m02 * z + m03) / q + cx
            v = fy * (m10 * x + m11 * y + m12 * z + m13) / q + cy
            inside = (q > near) & (u >= low) & (u < right) & (v >= low) & (v < bottom)
            us[n] = u if inside else nan
            vs[n] = v if inside else nan
            to_depth[n] = q
            to_valid[n] = inside
        for n in range(stop - start):
            to_uv[n, 0] = us[n]
            to_uv[n, 1] = vs[n]


def project_points(
    points: Tensor, cam_from_world: Tensor, intrinsics: Tensor, image_size: tuple[int, int], near: float
) -> tuple[Tensor, Tensor, Tensor]:
    *batch, frames, _, _ = cam_from_world.shape
    count = points.shape[-2]
    height, width = image_size
    uv = empty((*batch, frames, count, 2), points.dtype)
    depth = empty((*batch, frames, count), points.dtype)
    valid = empty(tuple(depth.shape), torch.bool)
    if depth.numel():
        xyz = _array(torch.stack(points.reshape(-1, count, 3).unbind(-1), 1))
        real = xyz.dtype.type
        _project(
            xyz,
            _array(cam_from_world.reshape(-1, 4, 4)),
            _array(intrinsics.reshape(-1, 3, 3)),
            real(-0.5),
            real(width - 0.5),
            real(height - 0.5),
            real(near),
            real(np.nan),
            uv.view(-1, count, 2).numpy(),
            depth.view(-1, count).numpy(),
            valid.view(-1, count).numpy(),
        )
    return uv, depth, valid


@njit(cache=True, parallel=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz"})
def _unproject(depth, limit, scale, nan, camera, pose, pixels, points, valid):
    """Fill points (F, H, W, 3) and valid (F, H, W) from depth (F, H, W); pixels are 0, 1, 2 and so on."""
    frames, height, width = depth.shape
    for task in prange(frames * height):
        f = task // height
        row = task - f * height
        m, k = pose[f], camera[f]
        m00, m01, m02, m03 = m[0, 0], m[0, 1], m[0, 2], m[0, 3]
        m10, m11, m12, m13 = m[1, 0], m[1, 1], m[1, 2], m[1, 3]
        m20, m21, m22, m23 = m[2, 0], m[2, 1], m[2, 2], m[2, 3]
        fx, cx = k[0, 0], k[0, 2]
        ray_y = (pixels[row] - k[1, 2]) / k[1, 1]
        xs, ys, zs = (
            np.empty(width, pixels.dtype),
            np.empty(width, pixels.dtype),
            np.empty(width, pixels.dtype),
        )
        readings, to_points, to_valid = depth[f, row], points[f, row], valid[f, row]
        for column in range(width):
            reading = readings[column]
            known = (reading > 0) & (reading < limit)
            z = reading * scale if known else nan
            x, y = (pixels[column] - cx) / fx * z, ray_y * z
            xs[column] = m00 * x + m01 * y + m02 * z + m03
            ys[column] = m10 * x + m11 * y + m12 * z + m13
            zs[column] = m20 * x + m21 * y + m22 * z + m23
            to_valid[column] = known
        for column in range(width):
            to_points[column, 0] = xs[column]
            to_points[column, 1] = ys[column]
            to_points[column, 2] = zs[column]


def unproject_depth(
    depth: Tensor, intrinsics: Tensor, world_from_cam: Tensor, depth_scale: float
) -> tuple[Tensor, Tensor]:
    height, width = depth.shape[-2:]
    points = empty((*depth.shape, 3), intrinsics.dtype)
    valid = empty(tuple(depth.shape), torch.bool)
    if depth.numel():
        readings = _array(depth.reshape(-1, height, width))
        pixels = np.arange(max(height, width), dtype=points.numpy().dtype)
        real = pixels.dtype.type
        limit = readings.dtype.type(_NO_READING if depth.dtype is torch.uint16 else np.inf)
        _unproject(
            readings,
            limit,
            real(depth_scale),
            real(np.nan),
            _array(intrinsics.reshape(-1, 3, 3)),
            _array(world_from_cam.reshape(-1, 4, 4)),
            pixels,
            points.view(-1, height, width, 3).numpy(),
            valid.view(-1, height, width).numpy(),
        )
    return points, valid


def _array(tensor: Tensor) -> np.ndarray:
    array: np.ndarray = tensor.detach().contiguous().numpy()
    return array
