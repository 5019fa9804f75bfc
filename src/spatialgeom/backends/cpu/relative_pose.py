"""Relative poses: a table of what each frame brings to its pairs, then vector loops over the pairs."""

import math

import numpy as np
import torch
from numba import njit, prange
from numpy.typing import NDArray
from torch import Tensor

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Vector = tuple[float, float, float]
Affine = tuple[Vector, Vector, Vector, Vector]  # rows of an inverse rotation, and a centre
Quaternion = tuple[float, float, float, float]  # w, x, y, z
Table = NDArray[np.float64]  # (18, F): inverse rotation 9, centre 3, quaternion 4, yaw, pitch

_NEWTON_STEPS = 8
_EIGHTH_TURN = math.tan(math.pi / 8)

# atan(r) / r as a polynomial of r * r for r up to tan(pi / 8): Chebyshev's fit, off by less than 4e-17
_C = (
    1.0,
    -0.3333333333332844,
    0.1999999999885511,
    -0.14285714180976467,
    0.11111106180455946,
    -0.09090773074808414,
    0.07689953496306857,
    -0.06640233930429408,
    0.056883492268090106,
    -0.04348052215716462,
    0.021135373157693246,
)


def relative_poses(world_from_cam: Tensor, pairs: Tensor | None) -> tuple[Tensor, ...]:
    poses = _numba_floats(world_from_cam)
    frames = poses.shape[0]
    kernel, made = _given_pairs_kernel, torch.empty((0, 2), dtype=torch.int64)
    if pairs is None:
        kernel = _all_pairs_kernel
        made = pairs = torch.empty((frames * (frames - 1) // 2, 2), dtype=torch.int64)
    count = pairs.shape[0]
    columns = [poses.new_empty((count, 3)), *(poses.new_empty(count) for _ in range(4))]
    table = _frame_table(poses.numpy())
    kernel(table, pairs.contiguous().numpy(), *(column.numpy() for column in columns))
    return made, *(column.to(world_from_cam.dtype) for column in columns)


def heading_and_pitch(world_from_cam: Tensor) -> tuple[Tensor, Tensor]:
    poses = _numba_floats(world_from_cam)
    batch = poses.shape[:-2]
    yaw, pitch = poses.new_empty(math.prod(batch)), poses.new_empty(math.prod(batch))
    _heading_kernel(poses.reshape(math.prod(batch), 4, 4).numpy(), yaw.numpy(), pitch.numpy())
    dtype = world_from_cam.dtype
    return yaw.reshape(batch).to(dtype), pitch.reshape(batch).to(dtype)


def _numba_floats(tensor: Tensor) -> Tensor:
    """Return a contiguous tensor of a type that Numba has: float64, else float32."""
    return (tensor if tensor.dtype is torch.float64 else tensor.float()).contiguous()


@njit(cache=True, parallel=True, nogil=True, error_model="numpy")
def _all_pairs_kernel(
    table: Table,
    pairs: Ints,
    translation: Floats,
    distance: Floats,
    yaw: Floats,
    pitch: Floats,
    angle: Floats,
) -> None:
    frames = table.shape[1]
    for task in prange((frames + 1) // 2):
        row = np.int64(task)
        # a long row with a short one, so that tasks are alike
        for i in range(row, frames - row, max(1, frames - 1 - 2 * row)):
            start, stop = i * (2 * frames - i - 1) // 2, (i + 1) * (2 * frames - i - 2) // 2
            for p in range(start, stop):
                pairs[p, 0] = i
                pairs[p, 1] = p - start + i + 1
            # a loop for each quantity: with more arrays in it the compiler makes no vector code
            _translations(table, i, translation[start:stop].reshape(-1), distance[start:stop])
            _changes(table[16], i, yaw[start:stop])
            _changes(table[17], i, pitch[start:stop])
            _angles(table, i, angle[start:stop])


@njit(cache=True, parallel=True, nogil=True, error_model="numpy")
def _given_pairs_kernel(
    table: Table,
    pairs: Ints,
    translation: Floats,
    distance: Floats,
    yaw: Floats,
    pitch: Floats,
    angle: Floats,
) -> None:
    for p in prange(pairs.shape[0]):
        i, j = pairs[p, 0], pairs[p, 1]
        x, y, z = _turn(_inverse(table, i), table[9, j], table[10, j], table[11, j])
        translation[p, 0] = x
        translation[p, 1] = y
        translation[p, 2] = z
        distance[p] = math.sqrt(x * x + y * y + z * z)
        yaw[p] = _wrap(table[16, j] - table[16, i])
        pitch[p] = _wrap(table[17, j] - table[17, i])
        angle[p] = _angle(_quaternion(table, i), table[12, j], table[13, j], table[14, j], table[15, j])


@njit(cache=True, parallel=True, nogil=True, error_model="numpy")
def _heading_kernel(poses: Floats, yaw: Floats, pitch: Floats) -> None:
    for frame in prange(poses.shape[0]):
        yaw[frame], pitch[frame] = _heading(poses[frame, 0, 2], poses[frame, 1, 2], poses[frame, 2, 2])


@njit(cache=True, nogil=True, error_model="numpy")
def _translations(table: Table, i: int, translation: Floats, distance: Floats) -> None:
    first = _inverse(table, i)
    xs, ys, zs = table[9, i + 1 :], table[10, i + 1 :], table[11, i + 1 :]
    for n in range(distance.size):
        x, y, z = _turn(first, xs[n], ys[n], zs[n])
        translation[3 * n] = x
        translation[3 * n + 1] = y
        translation[3 * n + 2] = z
        distance[n] = math.sqrt(x * x + y * y + z * z)


@njit(cache=True, nogil=True, error_model="numpy")
def _changes(degrees: Floats, i: int, change: Floats) -> None:
    before, after = degrees[i], degrees[i + 1 :]
    for n in range(change.size):
        change[n] = _wrap(after[n] - before)


@njit(cache=True, nogil=True, error_model="numpy")
def _angles(table: Table, i: int, angle: Floats) -> None:
    first = _quaternion(table, i)
    ws, xs, ys, zs = table[12, i + 1 :], table[13, i + 1 :], table[14, i + 1 :], table[15, i + 1 :]
    for n in range(angle.size):
        angle[n] = _angle(first, ws[n], xs[n], ys[n], zs[n])


@njit(cache=True, nogil=True, error_model="numpy")
def _inverse(t: Table, i: int) -> Affine:
    return (
        (t[0, i], t[1, i], t[2, i]),
        (t[3, i], t[4, i], t[5, i]),
        (t[6, i], t[7, i], t[8, i]),
        (t[9, i], t[10, i], t[11, i]),
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _turn(first: Affine, x: float, y: float, z: float) -> Vector:
    """Bring a point of the world into the axes of a camera."""
    a, b, c, centre = first
    x, y, z = x - centre[0], y - centre[1], z - centre[2]
    return (
        a[0] * x + a[1] * y + a[2] * z,
        b[0] * x + b[1] * y + b[2] * z,
        c[0] * x + c[1] * y + c[2] * z,
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _quaternion(t: Table, i: int) -> Quaternion:
    return t[12, i], t[13, i], t[14, i], t[15, i]


@njit(cache=True, nogil=True, error_model="numpy")
def _angle(first: Quaternion, w: float, x: float, y: float, z: float) -> float:
    """Return the angle of the first unit quaternion's conjugate times the second, in degrees."""
    aw, ax, ay, az = first
    cosine = aw * w + ax * x + ay * y + az * z
    # no fused products here, so that equal rotations give zero
    u = aw * x - w * ax - (ay * z - az * y)
    v = aw * y - w * ay - (az * x - ax * z)
    t = aw * z - w * az - (ax * y - ay * x)
    return math.degrees(2.0) * _arctangent(math.sqrt(u * u + v * v + t * t), abs(cosine))


@njit(cache=True, nogil=True, error_model="numpy")
def _wrap(degrees: float) -> float:
    degrees = degrees - 360.0 if degrees >= 180.0 else degrees
    return degrees + 360.0 if degrees < -180.0 else degrees


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _arctangent(y: float, x: float) -> float:
    """Return atan2(y, x) of numbers that are not negative, without branches, to two units of rounding."""
    low, high = min(x, y), max(x, y)
    turned = low > _EIGHTH_TURN * high
    # atan(r) = pi / 4 - atan((1 - r) / (1 + r))
    r = (high - low if turned else low) / (high + low if turned else high)
    q = r * r
    # by pairs, since a chain of ten products would wait for each
    q2 = q * q
    low_terms = (_C[0] + _C[1] * q) + q2 * (_C[2] + _C[3] * q)
    middle_terms = (_C[4] + _C[5] * q) + q2 * (_C[6] + _C[7] * q)
    high_terms = (_C[8] + _C[9] * q) + q2 * _C[10]
    q4 = q2 * q2
    p = low_terms + q4 * (middle_terms + q4 * high_terms)
    part = math.pi / 4 - r * p if turned else r * p
    return math.pi / 2 - part if y > x else part


@njit(cache=True, nogil=True, error_model="numpy")
def _heading(x: float, y: float, z: float) -> tuple[float, float]:
    x, y, z = np.float64(x), np.float64(y), np.float64(z)
    return math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.sqrt(x * x + y * y)))


@njit(cache=True, nogil=True, error_model="numpy")
def _frame_table(poses: Floats) -> Table:
    frames = poses.shape[0]
    table = np.empty((18, frames))
    matrix, cofactors = np.empty((3, 3)), np.empty((3, 3))
    for f in range(frames):
        matrix[:] = poses[f, :3, :3]
        determinant = _cofactors(matrix, cofactors)
        divisor = determinant if determinant != 0 else np.nan
        for row in range(3):
            for column in range(3):
                table[3 * row + column, f] = cofactors[column, row] / divisor
            table[9 + row, f] = poses[f, row, 3]
        table[16, f], table[17, f] = _heading(matrix[0, 2], matrix[1, 2], matrix[2, 2])
        _make_rotation(matrix, cofactors, determinant)
        table[12, f], table[13, f], table[14, f], table[15, f] = _unit_quaternion(matrix)
    return table


@njit(cache=True, nogil=True, error_model="numpy")
def _cofactors(m: Floats, out: Floats) -> float:
    """Fill in the cofactors and return the determinant."""
    for row in range(3):
        a, b = (row + 1) % 3, (row + 2) % 3
        out[row, 0] = m[a, 1] * m[b, 2] - m[a, 2] * m[b, 1]
        out[row, 1] = m[a, 2] * m[b, 0] - m[a, 0] * m[b, 2]
        out[row, 2] = m[a, 0] * m[b, 1] - m[a, 1] * m[b, 0]
    determinant: float = m[0, 0] * out[0, 0] + m[0, 1] * out[0, 1] + m[0, 2] * out[0, 2]
    return determinant


@njit(cache=True, nogil=True, error_model="numpy")
def _make_rotation(matrix: Floats, cofactors: Floats, determinant: float) -> None:
    """Replace a matrix by its orthogonal polar factor, by Newton's iteration."""
    scale = determinant ** (1 / 3) if determinant > 0 else np.nan
    matrix /= scale
    for _ in range(_NEWTON_STEPS):
        determinant = _cofactors(matrix, cofactors)
        change = 0.0
        for row in range(3):
            for column in range(3):
                step = 0.5 * (cofactors[row, column] / determinant - matrix[row, column])
                matrix[row, column] += step
                change = max(change, abs(step))
        # the error squares with each step, so the next is below rounding
        if change < 1e-9:
            break


@njit(cache=True, nogil=True, error_model="numpy")
def _unit_quaternion(m: Floats) -> Quaternion:
    """Return a rotation's unit quaternion (w, x, y, z): the largest row of 4 q q^T, normalised."""
    wx, wy, wz = m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]
    xy, xz, yz = m[1, 0] + m[0, 1], m[0, 2] + m[2, 0], m[2, 1] + m[1, 2]
    trace = m[0, 0] + m[1, 1] + m[2, 2]
    largest = max(trace, m[0, 0], m[1, 1], m[2, 2])
    if largest == trace:
        w, x, y, z = 1 + trace, wx, wy, wz
    elif largest == m[0, 0]:
        w, x, y, z = wx, 1 + 2 * m[0, 0] - trace, xy, xz
    elif largest == m[1, 1]:
        w, x, y, z = wy, xy, 1 + 2 * m[1, 1] - trace, yz
    else:
        w, x, y, z = wz, xz, yz, 1 + 2 * m[2, 2] - trace
    norm = math.sqrt(w * w + x * x + y * y + z * z)
    return w / norm, x / norm, y / norm, z / norm
