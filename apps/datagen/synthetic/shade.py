"""Colour of pixels: patterns under light, smooth edges.

Light on smooth faces is computed at every fourth pixel and interpolated; edges of solids get four rays.
Kernels take plain arrays: passing tuples of arrays costs reference counts at each call, here half of the
time. After a change to a module that this one calls, delete its compiled code from ``__pycache__``: Numba's
cache looks at the calling file alone.
"""

import math

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from spatialgeom.apps.datagen.synthetic.light import Lighting, light_at
from spatialgeom.apps.datagen.synthetic.solids import Floats, Solids
from spatialgeom.apps.datagen.synthetic.surface import (
    bevelled,
    face_of,
    material_row,
    normal_at,
    surface_colour,
)
from spatialgeom.apps.datagen.synthetic.trace import KIND, TO_WORLD, View, hit_solid, point_on

_STEP = 4  # pixels between the nodes at which light is computed


@njit(cache=True, error_model="numpy", fastmath=True)
def light_on(table, materials, camera, lamps, reach, space, corner, i, row, face, q, t, x, y):
    """Return light (r, g, b) and mirrored light at point ``q`` of unit solid ``i``, and the ray's slant."""
    gloss = materials[row, 9]
    mx, my, mz = normal_at(table, i, face, materials[row, 11], q[0], q[1], q[2])
    nx = table[i, TO_WORLD] * mx + table[i, TO_WORLD + 1] * my + table[i, TO_WORLD + 2] * mz
    ny = table[i, TO_WORLD + 3] * mx + table[i, TO_WORLD + 4] * my + table[i, TO_WORLD + 5] * mz
    nz = table[i, TO_WORLD + 6] * mx + table[i, TO_WORLD + 7] * my + table[i, TO_WORLD + 8] * mz
    rx = camera[7] * x + camera[8] * y + camera[9]
    ry = camera[10] * x + camera[11] * y + camera[12]
    rz = camera[13] * x + camera[14] * y + camera[15]
    norm = 1.0 / math.sqrt(rx * rx + ry * ry + rz * rz)
    slant = max(abs(nx * rx + ny * ry + nz * rz) * norm, 0.12)
    px, py, pz = camera[4] + t * rx, camera[5] + t * ry, camera[6] + t * rz
    ex, ey, ez = -rx * norm, -ry * norm, -rz * norm
    red, green, blue, mirrored = light_at(
        lamps, reach, space, corner, px, py, pz, nx, ny, nz, ex, ey, ez, gloss
    )
    return red, green, blue, 0.5 * mirrored + 0.12 * gloss * (1.0 - slant) ** 3, slant


@njit(cache=True, error_model="numpy", fastmath=True)
def reflect(table, materials, focal, i, row, face, q, t, lit):
    """Return what a surface makes of the light on it."""
    red, green, blue, mirrored, slant = lit
    albedo = surface_colour(table, materials, i, row, face, q[0], q[1], q[2], t / (focal * slant))
    glow = materials[row, 10]
    return (
        albedo[0] * (red + glow) + mirrored,
        albedo[1] * (green + glow) + mirrored,
        albedo[2] * (blue + glow) + mirrored,
    )


@njit(cache=True, error_model="numpy", fastmath=True)
def shade_hit(table, materials, camera, lamps, reach, space, corner, i, t, x, y):
    """Return the light that a ray of normalised position (x, y) brings from solid ``i`` at depth ``t``."""
    q = point_on(table, i, t, x, y)
    face = face_of(table[i, KIND], q[0], q[1], q[2])
    row = material_row(table, i, face)
    lit = light_on(table, materials, camera, lamps, reach, space, corner, i, row, face, q, t, x, y)
    return reflect(table, materials, camera[0], i, row, face, q, t, lit)


@njit(cache=True, error_model="numpy", fastmath=True)
def nearest_around(table, owner, u, v, x, y):
    """Return depth and index of the nearest of the solids seen at pixel (u, v) and its neighbours."""
    height, width = owner.shape
    best, nearest, last, other = np.inf, -1, -1, -1
    for row in range(max(v - 1, 0), min(v + 2, height)):
        for column in range(max(u - 1, 0), min(u + 2, width)):
            i = owner[row, column]
            if i in (last, other) or i < 0:
                continue
            last, other = i, last
            t = hit_solid(table, i, x, y)
            if t < best:
                best, nearest = t, i
    return best, nearest


@njit(cache=True, error_model="numpy", fastmath=True)
def shade_edge(table, materials, camera, lamps, reach, space, corner, owner, u, v):
    """Return the mean of four rays within a pixel; rays that meet the same solid in turn share its shade."""
    red, green, blue, before = 0.0, 0.0, 0.0, -1
    shared = (0.0, 0.0, 0.0)
    for k in range(4):
        x = (u + (k & 1) * 0.5 - 0.25 - camera[2]) / camera[0]
        y = (v + (k >> 1) * 0.5 - 0.25 - camera[3]) / camera[1]
        t, i = nearest_around(table, owner, u, v, x, y)
        if i < 0:
            continue
        if i != before:
            r, g, b = shade_hit(table, materials, camera, lamps, reach, space, corner, i, t, x, y)
            shared, before = (min(r, 2.0), min(g, 2.0), min(b, 2.0)), i
        red, green, blue = red + 0.25 * shared[0], green + 0.25 * shared[1], blue + 0.25 * shared[2]
    return red, green, blue


@njit(cache=True, error_model="numpy", fastmath=True)
def light_node(table, materials, camera, lamps, reach, space, corner, i, t, u, v):
    """Return the face seen at a node of the coarse grid and the light on it; -1 where light is not smooth."""
    x, y = (u - camera[2]) / camera[0], (v - camera[3]) / camera[1]
    q = point_on(table, i, t, x, y)
    face = face_of(table[i, KIND], q[0], q[1], q[2])
    row = material_row(table, i, face)
    if bevelled(table, i, face, materials[row, 11], q):
        return -1, (0.0, 0.0, 0.0, 0.0, 1.0)
    lit = light_on(table, materials, camera, lamps, reach, space, corner, i, row, face, q, t, x, y)
    return i * 8 + face, lit


@njit(cache=True, error_model="numpy", fastmath=True)
def weights_at(keys, key, u, v):
    """Return bilinear weights of the four nodes around a pixel, zero for other faces, and their sum."""
    r, c = v // _STEP, u // _STEP
    if r + 1 >= keys.shape[0] or c + 1 >= keys.shape[1]:
        return 0.0, 0.0, 0.0, 0.0, 0.0
    down, right = (v - r * _STEP) / _STEP, (u - c * _STEP) / _STEP
    a = (1 - down) * (1 - right) if keys[r, c] == key else 0.0
    b = (1 - down) * right if keys[r, c + 1] == key else 0.0
    d = down * (1 - right) if keys[r + 1, c] == key else 0.0
    e = down * right if keys[r + 1, c + 1] == key else 0.0
    return a, b, d, e, a + b + d + e


@njit(cache=True, error_model="numpy", fastmath=True)
def mean_of(nodes, k, r, c, weights):
    a, b, d, e, total = weights
    upper = a * nodes[r, c, k] + b * nodes[r, c + 1, k]
    return (upper + d * nodes[r + 1, c, k] + e * nodes[r + 1, c + 1, k]) / total


@njit(cache=True, error_model="numpy", fastmath=True)
def shade_inner(table, materials, camera, lamps, reach, space, corner, i, t, u, v, nodes, keys):
    """Shade a pixel whose neighbours see the same solid, with light from the coarse grid if that will do."""
    x, y = (u - camera[2]) / camera[0], (v - camera[3]) / camera[1]
    q = point_on(table, i, t, x, y)
    face = face_of(table[i, KIND], q[0], q[1], q[2])
    row = material_row(table, i, face)
    w = weights_at(keys, i * 8 + face, u, v)
    if w[4] > 0.99 or (w[4] > 0.2 and not bevelled(table, i, face, materials[row, 11], q)):
        r, c = v // _STEP, u // _STEP
        lit = (
            mean_of(nodes, 0, r, c, w),
            mean_of(nodes, 1, r, c, w),
            mean_of(nodes, 2, r, c, w),
            mean_of(nodes, 3, r, c, w),
            mean_of(nodes, 4, r, c, w),
        )
    else:
        lit = light_on(table, materials, camera, lamps, reach, space, corner, i, row, face, q, t, x, y)
    return reflect(table, materials, camera[0], i, row, face, q, t, lit)


@njit(cache=True, error_model="numpy", fastmath=True)
def display(value):
    """Return the byte for an amount of light: a soft shoulder, then a display exponent of 2."""
    value *= 1.6
    return np.uint8(255.0 * math.sqrt(min(value * (1.0 + 0.25 * value) / (1.0 + value), 1.0)) + 0.5)


@njit(cache=True, parallel=True, nogil=True, error_model="numpy", fastmath=True)
def shade(table, materials, camera, lamps, reach, space, corner, depth, owner, nodes, keys, colour):
    """Fill ``colour`` (H, W, 3) from depth and owner (H, W); nodes (h, w, 5), keys (h, w) are space."""
    height, width = depth.shape
    for r in prange(keys.shape[0]):
        for c in range(keys.shape[1]):
            u, v = c * _STEP, r * _STEP
            i = owner[v, u]
            keys[r, c] = -1
            if i < 0:
                continue
            keys[r, c], lit = light_node(
                table, materials, camera, lamps, reach, space, corner, i, depth[v, u], u, v
            )
            for k in range(5):
                nodes[r, c, k] = lit[k]
    for v in prange(height):
        for u in range(width):
            i = owner[v, u]
            if i < 0:
                continue
            same = owner[v, max(u - 1, 0)] == i and owner[v, min(u + 1, width - 1)] == i
            same = same and owner[max(v - 1, 0), u] == i and owner[min(v + 1, height - 1), u] == i
            if same:
                t = depth[v, u]
                red, green, blue = shade_inner(
                    table, materials, camera, lamps, reach, space, corner, i, t, u, v, nodes, keys
                )
            else:
                red, green, blue = shade_edge(
                    table, materials, camera, lamps, reach, space, corner, owner, u, v
                )
            colour[v, u, 0], colour[v, u, 1], colour[v, u, 2] = display(red), display(green), display(blue)


def colour_image(
    solids: Solids, view: View, light: Lighting, depth: Floats, owner: NDArray[np.int32]
) -> NDArray[np.uint8]:
    """Return the colours (H, W, 3) of what :func:`trace.cast` found."""
    height, width = depth.shape
    keys = np.empty(((height - 1) // _STEP + 1, (width - 1) // _STEP + 1), dtype=np.int64)
    nodes, colour = np.empty((*keys.shape, 5)), np.zeros((height, width, 3), dtype=np.uint8)
    shade(view.table, solids.material, view.camera, *light, depth, owner, nodes, keys, colour)
    return colour
