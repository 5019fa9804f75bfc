"""Visibility by words of 64 points, 16 words a stage: project as vectors, gather readings, compare and pack.

Words none of whose points can be in view, judged by the box around them, go through no stage.
"""

import numpy as np
import torch
from numba import njit, prange
from torch import Tensor

from spatialgeom.backends.cpu._pack import pack
from spatialgeom.backends.cpu._popcount import widest_vectors

_CHUNK = 256  # words of one task
_BATCH = 16  # words that go through a stage together, so that no stage waits for what the last one stores
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
    xyz = _by_word(points).numpy()
    boxes = np.empty((7, words.shape[1]))
    _bound(xyz, boxes)
    flat, (per_frame, per_row, per_column) = _flat(depth)
    blank = _NO_READING if depth.dtype is torch.uint16 else np.nan
    behind_rel, behind_m, front_m, near = tolerances
    low = 0.0 if half_open else -0.5
    maps = [_to_map(image_size[1 - axis], depth.shape[2 - axis]) for axis in (0, 1)]
    borders = (near, low, image_size[1] + low, image_size[0] + low)
    real = xyz.dtype.type
    _sweep(
        xyz,
        boxes,
        *_folded(cam_from_world, intrinsics, maps, borders),
        cam_from_world.contiguous().numpy(),
        intrinsics.contiguous().numpy(),
        tuple(map(real, (*borders, *maps[0], *maps[1]))),
        flat.numpy(),
        (per_frame, np.int32(per_row), np.int32(per_column)),
        tuple(map(real, (depth_scale, 1 + behind_rel, behind_m, front_m, blank))),
        real is np.float64,
        words.numpy().view(np.uint64),
    )
    return words


def _by_word(points: Tensor) -> Tensor:
    """Return (words, 3, 64); what fills up the last word is never visible."""
    count = points.shape[0]
    whole = count // 64
    xyz = points.new_full((-(-count // 64), 3, 64), torch.nan)
    xyz[:whole] = points[: 64 * whole].unflatten(0, (whole, 64)).mT
    xyz[whole:, :, : count - 64 * whole] = points[64 * whole :].mT
    return xyz


def _to_map(size: int, size_of_map: int) -> tuple[float, float, float]:
    """Return scale and shift from a pixel of the image to one of the map, and the last of the latter."""
    return size_of_map / size, 0.5 * size_of_map / size - 0.5, size_of_map - 1.0


def _folded(
    pose: Tensor, camera: Tensor, maps: list[tuple[float, float, float]], borders: tuple[float, ...]
) -> tuple[np.ndarray, tuple[float, ...]]:
    """Return float64 rows of poses in pixels of the map, then the centre, (F, 3, 5); and near and borders.

    Pixel ``u`` of the map is ``(row_0 . (x, y, z, 1)) / p_z + centre``; rounded once to float32, the row is
    no further off than the sum of its own products.
    """
    rows = torch.zeros((pose.shape[0], 3, 5), dtype=torch.float64)
    rows[..., :4] = pose[:, :3]
    near, low, *ends = borders
    limits = [near]
    for axis, (scale, shift, last) in enumerate(maps):
        rows[:, axis] *= (camera[:, axis, axis].double() * scale)[:, None]
        rows[:, axis, 4] = camera[:, axis, 2].double() * scale + shift
        limits += [low * scale + shift, ends[axis] * scale + shift, last]
    return rows.numpy(), tuple(limits)


def _flat(depth: Tensor) -> tuple[Tensor, tuple[int, ...]]:
    """Return the memory of ``depth`` as one axis, and its strides; an expanded map is not copied."""
    if _last(depth[0]) >= 2**31:
        depth = depth.contiguous()
    return depth.as_strided((1 + _last(depth),), (1,)), depth.stride()


def _last(tensor: Tensor) -> int:
    return sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride(), strict=True))


@njit(cache=True, nogil=True, error_model="numpy")
def _bound(xyz, boxes):
    """Fill centre, half extent and greatest distance from 0 of each word's finite points, (7, words)."""
    inf = xyz.dtype.type(np.inf)
    for w in range(boxes.shape[1]):
        x, y, z = xyz[w, 0], xyz[w, 1], xyz[w, 2]
        x0 = y0 = z0 = inf
        x1 = y1 = z1 = -inf
        for k in range(64):
            finite = (abs(x[k]) < inf) & (abs(y[k]) < inf) & (abs(z[k]) < inf)
            x0, x1 = min(x0, x[k] if finite else inf), max(x1, x[k] if finite else -inf)
            y0, y1 = min(y0, y[k] if finite else inf), max(y1, y[k] if finite else -inf)
            z0, z1 = min(z0, z[k] if finite else inf), max(z1, z[k] if finite else -inf)
        reach = 0.0
        for axis, low, high in ((0, x0, x1), (1, y0, y1), (2, z0, z1)):
            low, high = np.float64(low), np.float64(high)
            boxes[axis, w], boxes[3 + axis, w] = (low + high) / 2, (high - low) / 2
            reach += max(abs(low), abs(high)) ** 2
        boxes[6, w] = np.sqrt(reach)


@njit(cache=True, parallel=True, nogil=True, error_model="numpy")
def _sweep(xyz, boxes, rows, limits, pose, camera, image, depth, strides, reading, exact, words):
    """Fill words (F, W) from xyz (W, 3, 64)."""
    frames, width = words.shape
    per_frame, per_row, per_column = strides
    chunks = (width + _CHUNK - 1) // _CHUNK
    for task in prange(frames * chunks):
        f = task // chunks
        first = (task - f * chunks) * _CHUNK
        here = depth[f * per_frame :]
        index, z = np.empty(64 * _BATCH, np.int32), np.empty(64 * _BATCH, xyz.dtype)
        raw, seen = np.empty(64 * _BATCH, depth.dtype), np.empty(64 * _BATCH, np.bool_)
        # where points enough read most of a map, fetching it in order beats missing the cache one by one
        if first == 0 and per_frame < 512 * width:
            raw[0] = _touch(here[:per_frame])
        chunk, row = xyz[first : first + _CHUNK], words[f, first : first + _CHUNK]
        row[:] = 0
        kept = _cull(boxes, first, rows[f], limits, row.size)
        for start in range(0, kept.size, _BATCH):
            batch = kept[start : start + _BATCH]
            if exact:
                _project_exact(chunk, batch, pose[f], camera[f], image, per_row, per_column, index, z)
            else:
                _project_fused(chunk, batch, rows[f], limits, per_row, per_column, index, z)
            for k in range(64 * batch.size):
                raw[k] = here[np.uint32(index[k])]
            _compare(raw, z, reading, batch, seen, row)


@njit(nogil=True, error_model="numpy")
def _project_exact(xyz, batch, m, camera, image, per_row, per_column, index, depth):
    """Fill depths, NaN where out of view, and indices into the map, by the reference's sums and roundings."""
    m00, m01, m02, m03 = m[0, 0], m[0, 1], m[0, 2], m[0, 3]
    m10, m11, m12, m13 = m[1, 0], m[1, 1], m[1, 2], m[1, 3]
    m20, m21, m22, m23 = m[2, 0], m[2, 1], m[2, 2], m[2, 3]
    fx, cx, fy, cy = camera[0, 0], camera[0, 2], camera[1, 1], camera[1, 2]
    near, low, right, bottom, scale_u, shift_u, last_u, scale_v, shift_v, last_v = image
    zero, nan = depth.dtype.type(0), depth.dtype.type(np.nan)
    for j in range(batch.size):
        xs, ys, zs = xyz[batch[j], 0], xyz[batch[j], 1], xyz[batch[j], 2]
        places, depths = index[64 * j : 64 * j + 64], depth[64 * j : 64 * j + 64]
        for k in range(64):
            x, y, z = xs[k], ys[k], zs[k]
            pz = m20 * x + m21 * y + m22 * z + m23
            u = fx * (m00 * x + m01 * y + m02 * z + m03) / pz + cx
            v = fy * (m10 * x + m11 * y + m12 * z + m13) / pz + cy
            seen = (pz > near) & (u >= low) & (u < right) & (v >= low) & (v < bottom)
            u = min(max(np.rint(u * scale_u + shift_u), zero), last_u)
            v = min(max(np.rint(v * scale_v + shift_v), zero), last_v)
            places[k] = np.int32(v if seen else zero) * per_row + np.int32(u if seen else zero) * per_column
            depths[k] = pz if seen else nan


@njit(nogil=True, error_model="numpy", fastmath={"contract", "arcp", "nsz"})
def _project_fused(xyz, batch, m, limits, per_row, per_column, index, depth):
    """Fill the same in fewer operations and roundings, the camera being part of the pose."""
    widest_vectors()
    real = depth.dtype.type
    m00, m01, m02, m03, cx = real(m[0, 0]), real(m[0, 1]), real(m[0, 2]), real(m[0, 3]), real(m[0, 4])
    m10, m11, m12, m13, cy = real(m[1, 0]), real(m[1, 1]), real(m[1, 2]), real(m[1, 3]), real(m[1, 4])
    m20, m21, m22, m23 = real(m[2, 0]), real(m[2, 1]), real(m[2, 2]), real(m[2, 3])
    near, left, right, last_u = real(limits[0]), real(limits[1]), real(limits[2]), real(limits[3])
    top, bottom, last_v = real(limits[4]), real(limits[5]), real(limits[6])
    zero, one, nan = real(0), real(1), real(np.nan)
    for j in range(batch.size):
        xs, ys, zs = xyz[batch[j], 0], xyz[batch[j], 1], xyz[batch[j], 2]
        places, depths = index[64 * j : 64 * j + 64], depth[64 * j : 64 * j + 64]
        for k in range(64):
            x, y, z = xs[k], ys[k], zs[k]
            pz = m20 * x + (m21 * y + (m22 * z + m23))
            inverse = one / pz
            u = (m00 * x + (m01 * y + (m02 * z + m03))) * inverse + cx
            v = (m10 * x + (m11 * y + (m12 * z + m13))) * inverse + cy
            seen = (pz > near) & (u >= left) & (u < right) & (v >= top) & (v < bottom)
            column = np.int32(min(max(np.rint(u), zero), last_u))
            line = np.int32(min(max(np.rint(v), zero), last_v))
            place = line * per_row + column * per_column
            places[k] = place if seen else 0
            depths[k] = pz if seen else nan


@njit(nogil=True, error_model="numpy")
def _touch(array):
    """Read one entry of every cache line; the sum is there to keep the loop."""
    total = array.dtype.type(0)
    for i in range(0, array.size, 64 // array.itemsize):
        total += array[i]
    return total


@njit(nogil=True, error_model="numpy")
def _compare(raw, z, reading, batch, seen, row):
    widest_vectors()
    scale, beyond, behind, front, blank = reading
    zero = z.dtype.type(0)
    for k in range(64 * batch.size):
        value = z.dtype.type(raw[k])
        limit = value * scale
        nearer = (z[k] < limit * beyond + behind) & (value > zero) & (value != blank)
        # inf - inf is NaN: an infinite reading is not too far behind an infinite tolerance
        seen[k] = nearer & (not z[k] <= limit - front)
    for j in range(batch.size):
        row[batch[j]] = pack(seen, 64 * j)


@njit(nogil=True, error_model="numpy", fastmath={"contract"})
def _cull(boxes, first, m, limits, count):
    """Return which of ``count`` boxes reach the view, widened by the rounding of their points' projection."""
    near, left, right, _, top, bottom, _ = limits
    a = _plane(m, 0, 0.0, 1.0, -near, 1.0)
    b = _plane(m, 0, 1.0, m[0, 4] - left, 0.0, abs(m[0, 4]) + abs(left))
    c = _plane(m, 0, -1.0, right - m[0, 4], 0.0, abs(m[0, 4]) + abs(right))
    d = _plane(m, 1, 1.0, m[1, 4] - top, 0.0, abs(m[1, 4]) + abs(top))
    e = _plane(m, 1, -1.0, bottom - m[1, 4], 0.0, abs(m[1, 4]) + abs(bottom))
    x, y, z, reach = boxes[0, first:], boxes[1, first:], boxes[2, first:], boxes[6, first:]
    dx, dy, dz = boxes[3, first:], boxes[4, first:], boxes[5, first:]
    keep = np.empty(count, np.bool_)
    for w in range(count):
        box = x[w], y[w], z[w], dx[w], dy[w], dz[w], reach[w]
        keep[w] = _above(a, box) & _above(b, box) & _above(c, box) & _above(d, box) & _above(e, box)
    kept = np.empty(count, np.int32)
    size = 0
    for w in range(count):
        kept[size] = w  # overwritten unless kept: no branch to mispredict
        size += keep[w]
    return kept[:size]


@njit(nogil=True, error_model="numpy")
def _plane(m, axis, sign, edge, shift, magnitude):
    """Return where ``sign * p[axis] + edge * p[2] + shift`` is 0: normal, offset, slack per metre from 0."""
    plane = sign * m[axis] + edge * m[2]
    across, along = abs(sign) * _SLACK, magnitude * _SLACK
    offset = plane[3] + shift + across * abs(m[axis, 3]) + along * abs(m[2, 3])
    return plane[0], plane[1], plane[2], offset, across * _norm(m[axis]) + along * _norm(m[2])


@njit(nogil=True, error_model="numpy", fastmath={"contract"})
def _above(plane, box):
    a, b, c, offset, slope = plane
    x, y, z, dx, dy, dz, reach = box
    half = abs(a) * dx + abs(b) * dy + abs(c) * dz
    return a * x + b * y + c * z + offset + half + slope * reach >= 0


@njit(nogil=True, error_model="numpy")
def _norm(row):
    return np.sqrt(row[0] * row[0] + row[1] * row[1] + row[2] * row[2])
