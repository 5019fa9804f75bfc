"""Ray casting: the nearest solid along the ray of every pixel, exactly."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from spatialgeom.apps.datagen.synthetic.solids import BOX, ELLIPSOID, SHELL, Floats, Solids

_NEAR_M = 1e-3
_ROWS = 8  # of a band, the unit of parallel work


# columns of a view's table: numbers of a solid lie together, and kernels pass one array
KIND, TAPER, ORIGIN, TURN, HALF, TO_WORLD, COLUMNS = 0, 1, 2, 5, 14, 17, 26


class View(NamedTuple):
    """A camera as the kernels want it: each solid scaled to half size one, rays through it as linear maps.

    The ray of pixel (u, v) in solid ``i`` is ``origin + t * turn @ ((u - cx) / fx, (v - cy) / fy, 1)``,
    and ``t`` is the depth along the optical axis.
    """

    table: Floats  # (S, 26) kind, taper, origin (3), turn (3 x 3), half size (3), world_from_solid (3 x 3)
    window: NDArray[np.int64]  # (S, 4) first and last column and row that can see the solid
    camera: Floats  # (16,) fx, fy, cx, cy, centre (3) in the world, world_from_cam (3 x 3)


def make_view(
    solids: Solids, world_from_cam: Floats, intrinsics: Floats, image_size: tuple[int, int]
) -> View:
    """Prepare the solids of a room for one camera."""
    rotation, centre = world_from_cam[:3, :3], world_from_cam[:3, 3]
    local = np.swapaxes(solids.rotation, 1, 2) / solids.half[:, :, None]  # unit solid from world axes
    table = np.empty((len(solids.kind), COLUMNS))
    table[:, KIND], table[:, TAPER] = solids.kind, solids.taper
    table[:, ORIGIN:TURN] = np.einsum("sij,sj->si", local, centre - solids.centre)
    table[:, TURN:HALF] = (local @ rotation).reshape(-1, 9)
    table[:, HALF:TO_WORLD] = solids.half
    table[:, TO_WORLD:] = solids.rotation.reshape(-1, 9)
    lens = np.array([intrinsics[0, 0], intrinsics[1, 1], intrinsics[0, 2], intrinsics[1, 2]])
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float64)
    reach = signs * (solids.half * np.where(solids.taper > 1, solids.taper, 1.0)[:, None])[:, None, :]
    corners = solids.centre[:, None] + np.einsum("sij,scj->sci", solids.rotation, reach)  # (S, 8, 3)
    window = _windows((corners - centre) @ rotation, lens, image_size)
    window[solids.kind == SHELL] = (0, image_size[1] - 1, 0, image_size[0] - 1)
    return View(table, window, np.concatenate([lens, centre, rotation.ravel()]))


def _windows(corners: Floats, lens: Floats, image_size: tuple[int, int]) -> NDArray[np.int64]:
    """Return the columns and rows that boxes with these corners (S, 8, 3) in camera axes can cover."""
    # corner c and corner c + step differ in one coordinate: the twelve edges of a box
    first = np.array([c for step in (1, 2, 4) for c in range(8) if not c & step])
    second = np.array([c + step for step in (1, 2, 4) for c in range(8) if not c & step])
    a, b = corners[:, first], corners[:, second]
    rise = b[..., 2] - a[..., 2]
    crosses = (a[..., 2] > _NEAR_M) != (b[..., 2] > _NEAR_M)
    share = (_NEAR_M - a[..., 2]) / np.where(crosses, rise, 1.0)
    points = np.concatenate([corners, a + share[..., None] * (b - a)], axis=1)
    seen = np.concatenate([corners[..., 2] > _NEAR_M, crosses], axis=1)
    depth = np.where(seen, np.maximum(points[..., 2], 0.5 * _NEAR_M), 1.0)
    height, width = image_size
    result = np.empty((len(corners), 4), dtype=np.int64)
    for axis, size in ((0, width), (1, height)):
        at = points[..., axis] / depth * lens[axis] + lens[2 + axis]
        low = np.where(seen, at, np.inf).min(axis=1)
        high = np.where(seen, at, -np.inf).max(axis=1)
        # a pixel of margin: subsamples and rounding
        result[:, 2 * axis] = np.clip(np.floor(np.where(np.isfinite(low), low, size)) - 1, 0, size)
        result[:, 2 * axis + 1] = np.clip(np.ceil(np.where(np.isfinite(high), high, -2)) + 1, -1, size - 1)
    return result


@njit(cache=True, error_model="numpy")
def hit_box(ox, oy, oz, dx, dy, dz, leaving):
    """Return where a ray enters (or leaves) the cube of half size one; inf where it does not."""
    ix, iy, iz = 1.0 / dx, 1.0 / dy, 1.0 / dz
    x0, x1 = (-1.0 - ox) * ix, (1.0 - ox) * ix
    y0, y1 = (-1.0 - oy) * iy, (1.0 - oy) * iy
    z0, z1 = (-1.0 - oz) * iz, (1.0 - oz) * iz
    enter = max(min(x0, x1), min(y0, y1), min(z0, z1))
    leave = min(max(x0, x1), max(y0, y1), max(z0, z1))
    if leaving:
        return leave
    return enter if enter <= leave and enter > _NEAR_M else np.inf


@njit(cache=True, error_model="numpy")
def hit_ellipsoid(ox, oy, oz, dx, dy, dz):
    """Return where a ray from outside enters the unit sphere; inf where it does not."""
    a = dx * dx + dy * dy + dz * dz
    b = ox * dx + oy * dy + oz * dz
    c = ox * ox + oy * oy + oz * oz - 1.0
    root = b * b - a * c
    if root < 0.0:
        return np.inf
    t = (-b - math.sqrt(root)) / a
    return t if t > _NEAR_M else np.inf


@njit(cache=True, error_model="numpy")
def hit_cone(ox, oy, oz, dx, dy, dz, taper):
    """Return where a ray enters the capped cone of radius 1 at z = -1 and ``taper`` at z = 1."""
    mean, slope = 0.5 * (taper + 1.0), 0.5 * (taper - 1.0)
    best = np.inf
    radius, grow = mean + slope * oz, slope * dz
    a = dx * dx + dy * dy - grow * grow
    b = ox * dx + oy * dy - radius * grow
    c = ox * ox + oy * oy - radius * radius
    root = b * b - a * c
    if root >= 0.0:
        root = math.sqrt(root)
        for t in ((-b - root) / a, (-b + root) / a):
            if _NEAR_M < t < best and abs(oz + t * dz) <= 1.0:
                best = t
    for cap, reach in ((-1.0, 1.0), (1.0, taper)):
        t = (cap - oz) / dz
        x, y = ox + t * dx, oy + t * dy
        if _NEAR_M < t < best and x * x + y * y <= reach * reach:
            best = t
    return best


@njit(cache=True, error_model="numpy")
def point_on(table, i, t, x, y):
    """Return the point of unit solid ``i`` at depth ``t`` on the ray of normalised position (x, y)."""
    return (
        table[i, ORIGIN] + t * (table[i, TURN] * x + table[i, TURN + 1] * y + table[i, TURN + 2]),
        table[i, ORIGIN + 1] + t * (table[i, TURN + 3] * x + table[i, TURN + 4] * y + table[i, TURN + 5]),
        table[i, ORIGIN + 2] + t * (table[i, TURN + 6] * x + table[i, TURN + 7] * y + table[i, TURN + 8]),
    )


@njit(cache=True, error_model="numpy")
def hit_solid(table, i, x, y):
    """Return the depth at which the ray of normalised position (x, y) meets solid ``i``."""
    kind = table[i, KIND]
    ox, oy, oz = table[i, ORIGIN], table[i, ORIGIN + 1], table[i, ORIGIN + 2]
    dx = table[i, TURN] * x + table[i, TURN + 1] * y + table[i, TURN + 2]
    dy = table[i, TURN + 3] * x + table[i, TURN + 4] * y + table[i, TURN + 5]
    dz = table[i, TURN + 6] * x + table[i, TURN + 7] * y + table[i, TURN + 8]
    if kind in (BOX, SHELL):
        return hit_box(ox, oy, oz, dx, dy, dz, kind == SHELL)
    if kind == ELLIPSOID:
        return hit_ellipsoid(ox, oy, oz, dx, dy, dz)
    return hit_cone(ox, oy, oz, dx, dy, dz, table[i, TAPER])


@njit(cache=True, parallel=True, nogil=True, error_model="numpy")
def _cast_kernel(table, window, camera, skip, depth, owner):
    height, _width = depth.shape
    fx, fy, cx, cy = camera[0], camera[1], camera[2], camera[3]
    for band in prange((height + _ROWS - 1) // _ROWS):
        top, bottom = band * _ROWS, min(band * _ROWS + _ROWS, height) - 1
        for i in range(len(skip)):
            if skip[i]:
                continue
            for v in range(max(top, window[i, 2]), min(bottom, window[i, 3]) + 1):
                y = (v - cy) / fy
                for u in range(window[i, 0], window[i, 1] + 1):
                    t = hit_solid(table, i, (u - cx) / fx, y)
                    if t < depth[v, u]:
                        depth[v, u] = t
                        owner[v, u] = i


def cast(
    solids: Solids, view: View, image_size: tuple[int, int], skip: NDArray[np.bool_] | None = None
) -> tuple[Floats, NDArray[np.int32]]:
    """Return depth (H, W) along the optical axis and the index (H, W) of the solid seen, -1 for none."""
    depth = np.full(image_size, np.inf)
    owner = np.full(image_size, -1, dtype=np.int32)
    skip = np.zeros(len(solids.kind), dtype=np.bool_) if skip is None else skip
    _cast_kernel(*view, skip, depth, owner)
    return depth, owner
