"""Light of a room, prepared once: lamps with shadow maps, and how open the space is around each point."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from spatialgeom.apps.datagen.synthetic.solids import BOX, ELLIPSOID, SHELL, Floats, Solids
from spatialgeom.apps.datagen.synthetic.trace import cast, make_view

_MAP_SIZE = 256
_CELL_M = 0.08
_PADDING = 4  # cells of wall around the room


class Lighting(NamedTuple):
    """What the shading kernel needs to light a point."""

    lamps: Floats  # (L, 6) position and colour
    reach: NDArray[np.float32]  # (L, 6, M, M) distance to the first solid along each axis of a cube
    space: NDArray[np.float32]  # (2, X, Y, Z) share of free space close to each cell, and farther around it
    corner: Floats  # (3,) world position of the first cell's centre


def light_room(solids: Solids, lamps: Floats) -> Lighting:
    """Render the shadow maps of all lamps (L, 6) and blur the occupied space."""
    reach = np.stack([_shadow_cube(solids, lamp) for lamp in lamps[:, :3]])
    free, corner = _free_space(solids)
    space = np.stack([gaussian_filter(free, width / _CELL_M).astype(np.float32) for width in (0.07, 0.28)])
    return Lighting(lamps, reach, space, corner)


def _shadow_cube(solids: Solids, lamp: Floats) -> NDArray[np.float32]:
    lens = np.array(
        [[_MAP_SIZE / 2, 0, (_MAP_SIZE - 1) / 2], [0, _MAP_SIZE / 2, (_MAP_SIZE - 1) / 2], [0, 0, 1]]
    )
    faces = np.empty((6, _MAP_SIZE, _MAP_SIZE), dtype=np.float32)
    for face in range(6):
        axis, sign = face // 2, 1 - 2 * (face % 2)
        pose = np.eye(4)
        # columns: the map's right and down are the next two world axes, as `shadow` reads them
        pose[:3, :3] = np.eye(3)[:, [(axis + 1) % 3, (axis + 2) % 3, axis]] * [1, 1, sign]
        pose[:3, 3] = lamp
        view = make_view(solids, pose, lens, (_MAP_SIZE, _MAP_SIZE))
        faces[face] = cast(solids, view, (_MAP_SIZE, _MAP_SIZE), skip=~solids.shadow)[0]
    return faces


def _free_space(solids: Solids) -> tuple[Floats, Floats]:
    """Return the share (X, Y, Z) of free space per cell, and where the first cell is."""
    room = solids.half[0]
    shape = np.ceil(2 * room / _CELL_M).astype(int) + 2 * _PADDING
    corner = solids.centre[0] - _CELL_M * (shape - 1) / 2
    free = np.zeros(shape)
    outside = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), axis=-1) * _CELL_M + corner
    # cells that a wall cuts count in part, so that all walls are alike wherever the grid falls
    depth = room - np.abs(outside - solids.centre[0])
    free = np.clip(depth / _CELL_M + 0.5, 0, 1).prod(axis=-1)
    for i in np.flatnonzero(solids.shadow & (solids.kind != SHELL)):
        radius = np.abs(solids.rotation[i] * solids.half[i]).sum(axis=1) + _CELL_M
        low = np.floor((solids.centre[i] - radius - corner) / _CELL_M).astype(int).clip(0)
        high = np.ceil((solids.centre[i] + radius - corner) / _CELL_M).astype(int) + 1
        block = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        points = (outside[block] - solids.centre[i]) @ solids.rotation[i]
        half = solids.half[i]
        # parts thinner than a cell fill it by the share that they take up
        room_left = np.clip((half - np.abs(points)) / _CELL_M + 0.5, 0, np.minimum(1, 2 * half / _CELL_M))
        filled = room_left.prod(axis=-1)
        if solids.kind[i] == ELLIPSOID:
            filled *= ((points / (half + 0.5 * _CELL_M)) ** 2).sum(axis=-1) <= 1
        elif solids.kind[i] != BOX:
            filled *= ((points / (half + 0.5 * _CELL_M))[..., :2] ** 2).sum(axis=-1) <= 1
        free[block] *= 1 - filled
    return free, corner


@njit(cache=True, error_model="numpy", fastmath=True)
def openness(space, n, x, y, z):
    """Return the value of field ``n`` between its cells; positions count cells from the first."""
    i = min(max(int(x), 0), space.shape[1] - 2)
    j = min(max(int(y), 0), space.shape[2] - 2)
    k = min(max(int(z), 0), space.shape[3] - 2)
    x, y, z = x - i, y - j, z - k
    low = (space[n, i, j, k] * (1 - x) + space[n, i + 1, j, k] * x) * (1 - y)
    low += (space[n, i, j + 1, k] * (1 - x) + space[n, i + 1, j + 1, k] * x) * y
    high = (space[n, i, j, k + 1] * (1 - x) + space[n, i + 1, j, k + 1] * x) * (1 - y)
    high += (space[n, i, j + 1, k + 1] * (1 - x) + space[n, i + 1, j + 1, k + 1] * x) * y
    return low * (1 - z) + high * z


@njit(cache=True, error_model="numpy", fastmath=True)
def lit_share(reach, lamp, x, y, z):
    """Return the share of a soft lamp that reaches the point (x, y, z) from it, by its shadow cube."""
    if abs(x) >= abs(y) and abs(x) >= abs(z):
        face, right, down, along = (0 if x > 0 else 1), y, z, abs(x)
    elif abs(y) >= abs(z):
        face, right, down, along = (2 if y > 0 else 3), z, x, abs(y)
    else:
        face, right, down, along = (4 if z > 0 else 5), x, y, abs(z)
    size = reach.shape[2]
    u = (right / along + 1.0) * 0.5 * size - 0.5
    v = (down / along + 1.0) * 0.5 * size - 0.5
    limit = along - 0.03 - 0.01 * along
    i = min(max(math.floor(u), 1), size - 3)
    j = min(max(math.floor(v), 1), size - 3)
    # most points see all of the lamp or nothing of it, and six texels tell
    seen = (reach[lamp, face, j - 1, i - 1] > limit) + (reach[lamp, face, j - 1, i + 2] > limit)
    seen += (reach[lamp, face, j + 2, i - 1] > limit) + (reach[lamp, face, j + 2, i + 2] > limit)
    seen += (reach[lamp, face, j, i] > limit) + (reach[lamp, face, j + 1, i + 1] > limit)
    if seen == 0 or seen == 6:
        return seen / 6.0
    fu, fv = min(max(u - i, 0.0), 1.0), min(max(v - j, 0.0), 1.0)
    total = 0.0
    # a tent over 4 by 4 texels: bilinear steps of a 3 by 3 mean
    for dj in range(-1, 3):
        weight_v = (1.0 - fv) if dj == -1 else (fv if dj == 2 else 1.0)
        for di in range(-1, 3):
            weight_u = (1.0 - fu) if di == -1 else (fu if di == 2 else 1.0)
            if reach[lamp, face, j + dj, i + di] > limit:
                total += weight_u * weight_v
    return total / 9.0


@njit(cache=True, error_model="numpy", fastmath=True)
def light_at(lamps, reach, space, corner, px, py, pz, nx, ny, nz, ex, ey, ez, gloss):
    """Return light received (r, g, b) and mirrored, at a point with its normal, seen from direction ``e``."""
    cx, cy, cz = (px - corner[0]) / _CELL_M, (py - corner[1]) / _CELL_M, (pz - corner[2]) / _CELL_M
    near, far = 0.07 / _CELL_M, 0.3 / _CELL_M
    dim = min(openness(space, 0, cx + near * nx, cy + near * ny, cz + near * nz) / 0.84, 1.0)
    dim *= min(openness(space, 1, cx + far * nx, cy + far * ny, cz + far * nz) / 0.86, 1.0) ** 1.5
    ambient = dim * (0.36 + 0.1 * nz + 0.05 * nx)
    red, green, blue, mirrored = ambient * 0.98, ambient, ambient * 1.04, 0.0
    for i in range(len(lamps)):
        lx, ly, lz = lamps[i, 0] - px, lamps[i, 1] - py, lamps[i, 2] - pz
        square = lx * lx + ly * ly + lz * lz
        inverse = 1.0 / math.sqrt(square)
        cosine = (nx * lx + ny * ly + nz * lz) * inverse
        if cosine <= 0.0:
            continue
        # a little off the surface, against a surface's shadow on itself
        share = lit_share(reach, i, 0.02 * nx - lx, 0.02 * ny - ly, 0.02 * nz - lz)
        strength = share * (0.15 + 0.85 * cosine) * min(cosine * 8.0, 1.0) / (0.6 + 0.22 * square)
        red += strength * lamps[i, 3]
        green += strength * lamps[i, 4]
        blue += strength * lamps[i, 5]
        if gloss > 0.0 and share > 0.0:
            hx, hy, hz = lx * inverse + ex, ly * inverse + ey, lz * inverse + ez
            half = max((nx * hx + ny * hy + nz * hz) / math.sqrt(hx * hx + hy * hy + hz * hz), 0.0)
            mirrored += share * gloss * half**48
    return red, green, blue, mirrored
