"""Patterns of cloth and wallpaper."""

import math

from numba import njit

from spatialgeom.apps.datagen.synthetic.materials import (
    BANDS,
    CHECK,
    CURTAIN,
    DIAMONDS,
    DOTS,
    FLOWERS,
    RUG,
    STRIPES,
)
from spatialgeom.apps.datagen.synthetic.textures import blend, clamp, dice, fade, inside, line, noise, scaled


@njit(cache=True, error_model="numpy", fastmath=True)
def check(a, b, s, t, size, f):
    across = line(s, size, 0.4 * size, f)
    along = line(t, size, 0.4 * size, f)
    colour = blend(a, b, 0.45 * across + 0.45 * along)
    thin = max(line(s + 0.5 * size, size, 0.05 * size, f), line(t + 0.5 * size, size, 0.05 * size, f))
    return blend(colour, (0.85, 0.82, 0.75), 0.6 * thin)


@njit(cache=True, error_model="numpy", fastmath=True)
def dots(a, b, s, t, size, f):
    row = math.floor(t / size)
    u = (s / size + 0.5 * (row % 2)) % 1.0 - 0.5
    v = t / size - row - 0.5
    disc = inside(0.24 * size - size * math.hypot(u, v), f)
    return blend(a, b, disc + (0.18 - disc) * clamp(2.0 * f / size - 0.5))


@njit(cache=True, error_model="numpy", fastmath=True)
def diamonds(a, b, s, t, size, f):
    """Return a lattice with a rosette in each cell."""
    p, q = (s + 0.6 * t) / size, (s - 0.6 * t) / size
    lattice = max(line(p, 1.0, 0.06, f / size), line(q, 1.0, 0.06, f / size))
    u, v = p - math.floor(p) - 0.5, q - math.floor(q) - 0.5
    square, rosette = u * u + v * v, 0.0
    if square < 0.1:
        # the cosine of four times the angle
        wave = 1.0 - 8.0 * u * u * v * v / max(square * square, 1e-12)
        rosette = inside(0.16 + 0.09 * wave - math.sqrt(square), f / size)
    show = fade(f, 0.5 * size)
    return blend(a, b, show * max(lattice, rosette) + 0.2 * (1.0 - show))


@njit(cache=True, error_model="numpy", fastmath=True)
def flowers(a, b, s, t, size, seed, f):
    """Return scattered blossoms with stems on a plain ground."""
    i, j = math.floor(s / size), math.floor(t / size)
    u = s / size - i - 0.35 - 0.3 * dice(i, j, 1, seed)
    v = t / size - j - 0.35 - 0.3 * dice(i, j, 2, seed)
    show = fade(f, 0.5 * size)
    colour = blend(a, b, 0.12 * (1.0 - show))
    if abs(u) < 0.2 and -0.4 < v < 0.1:
        stem = inside(0.02 - abs(u + 0.12 * math.sin(7.0 * v)), f / size)
        colour = blend(colour, scaled(b, 0.8), show * stem * inside(-v, 0.05) * inside(v + 0.3, 0.05))
    if abs(u) < 0.3 and abs(v) < 0.3:
        radius, angle = math.hypot(u, v), math.atan2(v, u)
        petals = inside(0.17 + 0.07 * math.cos(5.0 * angle + 6.0 * dice(i, j, 3, seed)) - radius, f / size)
        colour = blend(colour, b, show * petals)
        colour = blend(colour, a, show * inside(0.05 - radius, f / size))
    return colour


@njit(cache=True, error_model="numpy", fastmath=True)
def rug(a, b, u, v, half_s, half_t, seed, f):
    """Return a bordered carpet with medallions; ``u`` and ``v`` run from -1 to 1."""
    s, t = u * half_s, v * half_t
    border = min(half_s - abs(s), half_t - abs(t))
    colour = blend(a, b, 0.8 * line(border, 0.16, 0.05, f) * inside(0.3 - border, f))
    if border > 0.3:
        colour = diamonds(blend(a, b, 0.15), b, s, t, 0.34, f)
        medallion = math.hypot(s / (0.5 * half_s), t / (0.5 * half_t))
        angle = math.atan2(t, s)
        star = inside((0.8 + 0.18 * math.cos(8.0 * angle) - medallion) * 0.5 * half_t, f)
        colour = blend(colour, scaled(b, 0.7), star)
        core = inside((0.45 + 0.1 * math.cos(8.0 * angle + 0.4) - medallion) * 0.5 * half_t, f)
        colour = blend(colour, (0.75, 0.66, 0.45), core)
    return scaled(colour, 0.88 + 0.24 * noise(s * 60.0, t * 60.0, 0.5, seed) * fade(f, 0.03))


@njit(cache=True, error_model="numpy", fastmath=True)
def soft_pattern(kind, a, b, scale, seed, s, t, half_s, half_t, f):
    """Return the colour of cloth or wallpaper at a point of a face, in metres from its middle."""
    if kind == RUG:
        return rug(a, b, s / half_s, t / half_t, half_s, half_t, seed, f)
    if kind == BANDS:
        band = line(s, scale, 0.5 * scale, f)
        return blend(blend(a, b, 0.75 * band), b, line(s + 0.5 * scale, scale, 0.008, f))
    if kind == DIAMONDS:
        return diamonds(a, b, s, t, scale, f)
    if kind == FLOWERS:
        return flowers(a, b, s, t, scale, seed, f)
    if kind == CURTAIN:
        fold = 0.72 + 0.28 * math.sin(s * 70.0 + 2.0 * math.sin(t * 3.0)) * fade(f, 0.06)
        return scaled(blend(a, b, 0.7 * line(t, 0.3, 0.03, f)), fold)
    shown, thread = fade(f, 0.008), 1.0
    if shown > 0.0:
        thread += 0.2 * shown * (dice(math.floor(s * 250.0), math.floor(t * 250.0), 1, seed) - 0.5)
    if kind == CHECK:
        return scaled(check(a, b, s, t, scale, f), thread)
    if kind == STRIPES:
        return scaled(blend(a, b, line(s, scale, 0.35 * scale, f)), thread)
    if kind == DOTS:
        return scaled(dots(a, b, s, t, scale, f), thread)
    return scaled(a, thread * (0.88 + 0.24 * noise(s * 11.0, t * 11.0, 2.5, seed)))
