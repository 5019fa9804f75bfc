"""Visibility in stages of 64 points: project them as vectors, gather their readings, compare and pack.

Where no point of a word can be in view, judged by the box around them, its stages are skipped.
"""

import numpy as np
import torch
from numba import njit, prange
from torch import Tensor

_CHUNK = 256  # words of one task
_NO_READING = 65535  # largest uint16, beside 0
# no sum of the projection is off by more than 12 roundings of its terms' magnitudes
_SLACK = 32 * 2.0**-24


def visible_points(
    points: Tensor,
    cam_from_world: Tensor,
    intrinsics: Tensor,
    depth: Tensor,
    depth_scale: float,
    image_size: tuple[int, int],
    tolerances: tuple[float, float, float, float],
    half_open: bool,
) -> Tensor:
    words = torch.empty((depth.shape[0], -(-points.shape[0] // 64)), dtype=torch.int64)
    if not words.numel():
        return words
    xyz = points.new_full((3, 64 * words.shape[1]), torch.nan)  # what fills up the last word is never visible
    xyz[:, : points.shape[0]] = points.mT
    flat, strides = _flat(depth)
    blank = _NO_READING if depth.dtype is torch.uint16 else np.nan
    behind_rel, behind_m, front_m, near = tolerances
    low = 0.0 if half_open else -0.5
    real = xyz.numpy().dtype.type
    _sweep(
        xyz.numpy(),
        _boxes(xyz),
        cam_from_world.contiguous().numpy(),
        intrinsics.contiguous().numpy(),
        tuple(map(real, (near, low, image_size[1] + low, image_size[0] + low))),
        tuple(map(real, _to_map(image_size[1], depth.shape[2]))),
        tuple(map(real, _to_map(image_size[0], depth.shape[1]))),
        flat.numpy(),
        strides,
        tuple(map(real, (depth_scale, 1 + behind_rel, behind_m, front_m, blank))),
        real is np.float64,
        words.numpy().view(np.uint64),
    )
    return words


def _boxes(xyz: Tensor) -> np.ndarray:
    """Return centre, half extent and greatest distance from 0 of each word's finite points, (7, words)."""
    broken = ~xyz.isfinite().all(0)
    low = xyz.masked_fill(broken, torch.inf).view(3, -1, 64).amin(-1).double()
    high = xyz.masked_fill(broken, -torch.inf).view(3, -1, 64).amax(-1).double()
    centre, half = (low + high) / 2, (high - low) / 2
    reach = (centre.abs() + half).square().sum(0, keepdim=True).sqrt()
    boxes: np.ndarray = torch.cat((centre, half, reach)).numpy()
    return boxes


def _to_map(size: int, size_of_map: int) -> tuple[float, float, float]:
    """Return scale and shift from a pixel of the image to one of the map, and the last of the latter."""
    return size_of_map / size, 0.5 * size_of_map / size - 0.5, size_of_map - 1.0


def _flat(depth: Tensor) -> tuple[Tensor, tuple[int, ...]]:
    """Return the memory of ``depth`` as one axis, and its strides; an expanded map is not copied."""
    if _last(depth[0]) >= 2**31:
        depth = depth.contiguous()
    return depth.as_strided((1 + _last(depth),), (1,)), depth.stride()


def _last(tensor: Tensor) -> int:
    return sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride(), strict=True))


@njit(cache=True, parallel=True, nogil=True, error_model="numpy")
def _sweep(xyz, boxes, pose, camera, borders, to_u, to_v, depth, strides, reading, exact, words):
    """Fill words (F, W) from xyz (3, 64 W)."""
    frames, width = words.shape
    chunks = (width + _CHUNK - 1) // _CHUNK
    for task in prange(frames * chunks):
        f = task // chunks
        first = (task - f * chunks) * _CHUNK
        here = depth[f * strides[0] :]
        index, z = np.empty(64, np.int32), np.empty(64, xyz.dtype)
        raw = np.empty(64, depth.dtype)
        # where points enough read most of a map, fetching it in order beats missing the cache one by one
        if first == 0 and strides[0] < 512 * width:
            raw[0] = _touch(here[: strides[0]])
        keep = _cull(boxes, first, pose[f].astype(np.float64), camera[f], borders)
        for w in range(keep.size):
            word = np.uint64(0)
            if keep[w]:
                k = 64 * (first + w)
                some = xyz[0, k : k + 64], xyz[1, k : k + 64], xyz[2, k : k + 64]
                if exact:
                    seen = _project_exact(some, pose[f], camera[f], borders, to_u, to_v, strides, index, z)
                else:
                    seen = _project_fused(some, pose[f], camera[f], borders, to_u, to_v, strides, index, z)
                if seen:
                    for k in range(64):
                        raw[k] = here[np.uint32(index[k])]
                    word = _compare(raw, z, reading)
            words[f, first + w] = word


def _project(xyz, m, camera, borders, to_u, to_v, strides, index, depth):
    """Fill 64 depths, NaN where out of view, and indices into the map; return whether any is in view."""
    xs, ys, zs = xyz
    m00, m01, m02, m03 = m[0, 0], m[0, 1], m[0, 2], m[0, 3]
    m10, m11, m12, m13 = m[1, 0], m[1, 1], m[1, 2], m[1, 3]
    m20, m21, m22, m23 = m[2, 0], m[2, 1], m[2, 2], m[2, 3]
    fx, cx, fy, cy = camera[0, 0], camera[0, 2], camera[1, 1], camera[1, 2]
    near, low, right, bottom = borders
    scale_u, shift_u, last_u = to_u
    scale_v, shift_v, last_v = to_v
    per_row, per_column = np.int32(strides[1]), np.int32(strides[2])
    zero, nan = depth.dtype.type(0), depth.dtype.type(np.nan)
    some = np.int32(0)
    for k in range(64):
        x, y, z = xs[k], ys[k], zs[k]
        pz = m20 * x + m21 * y + m22 * z + m23
        u = fx * (m00 * x + m01 * y + m02 * z + m03) / pz + cx
        v = fy * (m10 * x + m11 * y + m12 * z + m13) / pz + cy
        seen = (pz > near) & (u >= low) & (u < right) & (v >= low) & (v < bottom)
        u = min(max(np.rint(u * scale_u + shift_u), zero), last_u)
        v = min(max(np.rint(v * scale_v + shift_v), zero), last_v)
        index[k] = np.int32(v if seen else zero) * per_row + np.int32(u if seen else zero) * per_column
        depth[k] = pz if seen else nan
        some |= np.int32(seen)
    return some


# float64 decisions are exact, so its sums keep their order and their roundings; neither is cached by itself,
# since one function compiled in two ways would share its cache
_project_exact = njit(nogil=True, error_model="numpy")(_project)
_project_fused = njit(nogil=True, error_model="numpy", fastmath={"contract", "arcp", "nsz"})(_project)


@njit(nogil=True, error_model="numpy")
def _touch(array):
    """Read one entry of every cache line; the sum is there to keep the loop."""
    total = array.dtype.type(0)
    for i in range(0, array.size, 64 // array.itemsize):
        total += array[i]
    return total


@njit(nogil=True, error_model="numpy")
def _compare(raw, z, reading):
    scale, beyond, behind, front, blank = reading
    zero = z.dtype.type(0)
    word = np.uint64(0)
    for k in range(64):
        value = z.dtype.type(raw[k])
        limit = value * scale
        seen = (z[k] < limit * beyond + behind) & (value > zero) & (value != blank)
        # inf - inf is NaN: an infinite reading is not too far behind an infinite tolerance
        seen &= not z[k] <= limit - front
        word |= np.uint64(seen) << np.uint64(k)
    return word


@njit(nogil=True, error_model="numpy")
def _cull(boxes, first, m, camera, borders):
    """Return which boxes reach the view, widened by the rounding of the projection of their points."""
    keep = np.ones(min(_CHUNK, boxes.shape[1] - first), np.bool_)
    near, low, right, bottom = borders
    _cut(boxes, first, m, 0, 0.0, 1.0, -np.float64(near), 1.0, keep)
    for axis, high in ((0, right), (1, bottom)):
        focal, centre = np.float64(camera[axis, axis]), np.float64(camera[axis, 2])
        _cut(boxes, first, m, axis, focal, centre - low, 0.0, abs(centre) + abs(low), keep)
        _cut(boxes, first, m, axis, -focal, high - centre, 0.0, abs(centre) + abs(high), keep)
    return keep


@njit(nogil=True, error_model="numpy")
def _cut(boxes, first, m, axis, focal, edge, shift, magnitude, keep):
    """Drop boxes wholly where ``focal * p[axis] + edge * p[2] + shift`` is negative."""
    plane = focal * m[axis] + edge * m[2]
    a, b, c, offset = plane[0], plane[1], plane[2], plane[3] + shift
    across, along = abs(focal) * _SLACK, magnitude * _SLACK
    offset += across * abs(m[axis, 3]) + along * abs(m[2, 3])
    slope = across * _norm(m[axis]) + along * _norm(m[2])
    x, y, z, reach = boxes[0, first:], boxes[1, first:], boxes[2, first:], boxes[6, first:]
    dx, dy, dz = boxes[3, first:], boxes[4, first:], boxes[5, first:]
    for w in range(keep.size):
        middle = a * x[w] + b * y[w] + c * z[w] + offset
        half = abs(a) * dx[w] + abs(b) * dy[w] + abs(c) * dz[w]
        keep[w] &= middle + half + slope * reach[w] >= 0


@njit(nogil=True, error_model="numpy")
def _norm(row):
    return np.sqrt(row[0] * row[0] + row[1] * row[1] + row[2] * row[2])
