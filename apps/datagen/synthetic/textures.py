"""Patterns of surfaces as functions of position; all fade to their mean where a pixel covers too much.

``f`` is the width that one pixel covers on the surface, in metres.
"""

import math

from numba import njit

from spatialgeom.apps.datagen.synthetic.materials import (
    BRICK,
    LEAF,
    MARBLE,
    METAL,
    PLANKS,
    SPECKLE,
    TILES,
    WOOD,
)


@njit(cache=True, error_model="numpy", fastmath=True)
def blend(a, b, weight):
    return (a[0] + (b[0] - a[0]) * weight, a[1] + (b[1] - a[1]) * weight, a[2] + (b[2] - a[2]) * weight)


@njit(cache=True, error_model="numpy", fastmath=True)
def scaled(a, factor):
    return (a[0] * factor, a[1] * factor, a[2] * factor)


@njit(cache=True, error_model="numpy", fastmath=True)
def clamp(x):
    return min(max(x, 0.0), 1.0)


@njit(cache=True, error_model="numpy", fastmath=True)
def dice(i, j, k, seed):
    """Return a number in [0, 1) for whole coordinates."""
    return scatter(i * 374761393 + j * 668265263 + k * 1440662683 + seed * 974711)


@njit(cache=True, error_model="numpy", fastmath=True)
def scatter(h):
    h &= 0xFFFFFFFF
    h = ((h ^ (h >> 15)) * 2246822519) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 3266489917) & 0xFFFFFFFF
    return ((h ^ (h >> 16)) & 0xFFFFFF) * (1.0 / 16777216.0)


@njit(cache=True, error_model="numpy", fastmath=True)
def noise(x, y, z, seed):
    """Return smooth noise in [0, 1) with features of size one."""
    i, j, k = math.floor(x), math.floor(y), math.floor(z)
    x, y, z = x - i, y - j, z - k
    x, y, z = x * x * (3 - 2 * x), y * y * (3 - 2 * y), z * z * (3 - 2 * z)
    h = int(i) * 374761393 + int(j) * 668265263 + int(k) * 1440662683 + seed * 974711
    low = (1 - x) * scatter(h) + x * scatter(h + 374761393)
    high = (1 - x) * scatter(h + 668265263) + x * scatter(h + 374761393 + 668265263)
    near = low + y * (high - low)
    h += 1440662683
    low = (1 - x) * scatter(h) + x * scatter(h + 374761393)
    high = (1 - x) * scatter(h + 668265263) + x * scatter(h + 374761393 + 668265263)
    return near + z * (low + y * (high - low) - near)


@njit(cache=True, error_model="numpy", fastmath=True)
def fade(f, size):
    """Return how much of a detail of this size a pixel of width ``f`` still shows."""
    return clamp(1.5 - 1.5 * f / size)


@njit(cache=True, error_model="numpy", fastmath=True)
def inside(distance, f):
    """Return the share of a pixel on the inner side of an edge at a signed distance."""
    return clamp(0.5 + distance / f)


@njit(cache=True, error_model="numpy", fastmath=True)
def line(x, period, width, f):
    """Return the share of a pixel on lines of a width around multiples of a period."""
    distance = abs(x - period * math.floor(x / period + 0.5))
    sharp = inside(0.5 * width - distance, f)
    return sharp + (width / period - sharp) * clamp(2.0 * f / period - 0.5)


@njit(cache=True, error_model="numpy", fastmath=True)
def wood(a, b, x, y, z, seed, f):
    """Rings around z."""
    warp = noise(x * 9.0, y * 9.0, z * 0.9, seed)
    rings = 0.5 + 0.5 * math.sin(70.0 * (x + 0.6 * y) + 14.0 * warp + 0.1 * seed)
    colour = blend(a, b, 0.15 + 0.7 * (0.5 + (rings - 0.5) * fade(f, 0.05)))
    show = fade(f, 0.01)
    if show > 0.0:
        colour = scaled(colour, 1.0 + 0.3 * show * (noise(x * 130.0, y * 130.0, z * 5.0, seed) - 0.5))
    return colour


@njit(cache=True, error_model="numpy", fastmath=True)
def planks(a, b, s, t, width, seed, f):
    row = math.floor(t / width)
    shifted = s + 1.37 * dice(row, 3, 1, seed)
    column = math.floor(shifted / 1.25)
    shade = dice(row, column, 5, seed)
    grain = noise(s * 2.5 + 31.0 * shade, t * 45.0, shade * 9.0, seed) - 0.5
    colour = blend(a, b, 0.1 + 0.75 * shade + 0.45 * grain * fade(f, 0.03))
    gap = max(line(t, width, 0.005, f), line(shifted, 1.25, 0.005, f))
    return scaled(colour, 1.0 - 0.65 * gap)


@njit(cache=True, error_model="numpy", fastmath=True)
def tiles(a, b, s, t, size, seed, f):
    i, j = math.floor(s / size), math.floor(t / size)
    other = (1.0 if (i + j) % 2 else 0.0) if seed % 3 == 0 else 0.5 * dice(i, j, 2, seed)
    cloud = noise(s * 7.0, t * 7.0, dice(i, j, 4, seed) * 30.0, seed) - 0.5
    colour = scaled(blend(a, b, other), 1.0 + 0.22 * cloud)
    joint = max(line(s, size, 0.008, f), line(t, size, 0.008, f))
    return blend(colour, (0.35, 0.34, 0.32), 0.8 * joint)


@njit(cache=True, error_model="numpy", fastmath=True)
def brick(a, b, s, t, seed, f):
    row = math.floor(t / 0.075)
    shifted = s + 0.12 * (row % 2)
    column = math.floor(shifted / 0.24)
    tone = 0.65 + 0.6 * dice(row, column, 1, seed) + 0.3 * (noise(s * 40.0, t * 40.0, 0.5, seed) - 0.5)
    joint = max(line(t, 0.075, 0.012, f), line(shifted, 0.24, 0.012, f))
    return blend(scaled(a, tone), b, joint)


@njit(cache=True, error_model="numpy", fastmath=True)
def marble(a, b, x, y, z, seed):
    warp = noise(x * 3.0, y * 3.0, z * 3.0, seed) + 0.5 * noise(x * 9.0, y * 9.0, z * 9.0, seed)
    vein = abs(math.sin(5.0 * (x + y + z) + 7.0 * warp))
    return blend(b, a, clamp(0.35 + 1.4 * vein))


@njit(cache=True, error_model="numpy", fastmath=True)
def speckle(a, b, s, t, size, seed, f):
    coarse = noise(s * 1.7, t * 1.7, 0.5, seed)
    fleck = dice(math.floor(s / size), math.floor(t / size), 1, seed)
    dense = fade(f, size)
    flower = clamp(3.0 * noise(s * 6.0, t * 6.0, 7.5, seed) - 1.75)
    tone = 0.8 + 0.3 * coarse + 0.35 * dense * (fleck - 0.5)
    return scaled(blend(a, b, 0.55 * flower), tone)


@njit(cache=True, error_model="numpy", fastmath=True)
def hard_pattern(kind, a, b, scale, seed, x, y, z, s, t, f):
    """Return the colour of wood, stone, metal, leaf or paint at a point of a solid and of its face."""
    if kind == WOOD:
        return wood(a, b, x, y, z, seed, f)
    if kind == PLANKS:
        return planks(a, b, s, t, scale, seed, f)
    if kind == TILES:
        return tiles(a, b, s, t, scale, seed, f)
    if kind == BRICK:
        return brick(a, b, s, t, seed, f)
    if kind == MARBLE:
        return marble(a, b, x, y, z, seed)
    if kind == SPECKLE:
        return speckle(a, b, s, t, scale, seed, f)
    if kind == METAL:
        return scaled(a, 0.85 + 0.3 * fade(f, 0.02) * noise(x * 8.0, y * 8.0, z * 90.0, seed))
    if kind == LEAF:
        ribs = 0.5 + 0.5 * math.sin(z * 260.0 + 40.0 * abs(x)) * fade(f, 0.03)
        return blend(a, b, clamp(0.6 * ribs - 2.0 * inside(0.002 - abs(x), max(f, 1e-4))))
    return scaled(a, 0.94 + 0.12 * noise(x * 5.0, y * 5.0, z * 5.0, seed))
