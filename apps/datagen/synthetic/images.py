"""What pictures, windows, screens, book spines, clocks and keyboards show."""

import math

from numba import njit

from spatialgeom.apps.datagen.synthetic.materials import (
    ABSTRACT,
    BOOK,
    BOUQUET,
    CLOCK,
    KEYS,
    LANDSCAPE,
    PORTRAIT,
    SCREEN,
)
from spatialgeom.apps.datagen.synthetic.textures import blend, clamp, dice, inside, line, noise, scaled


@njit(cache=True, error_model="numpy", fastmath=True)
def vivid(i, seed):
    """Return one of many saturated colours."""
    hue = 6.0 * dice(i, 11, 3, seed)
    value = 0.25 + 0.6 * dice(i, 12, 3, seed)
    red = clamp(abs(hue - 3.0) - 1.0)
    green = clamp(2.0 - abs(hue - 2.0))
    blue = clamp(2.0 - abs(hue - 4.0))
    return blend((value, value, value), (value * red, value * green, value * blue), 0.75)


@njit(cache=True, error_model="numpy", fastmath=True)
def landscape(u, v, seed, f):
    """Return a sky with a sun, two ridges and a meadow."""
    dusk = dice(1, 1, 1, seed)
    low = blend((0.75, 0.8, 0.85), (0.95, 0.5, 0.2), dusk)
    colour = blend(low, blend((0.12, 0.3, 0.7), (0.3, 0.12, 0.35), dusk), clamp(0.5 + 0.5 * v))
    sun_u, sun_v = 1.4 * dice(2, 1, 1, seed) - 0.7, 0.35 + 0.4 * dice(3, 1, 1, seed)
    colour = blend(colour, (1.0, 0.9, 0.5), inside(0.16 - math.hypot(u - sun_u, v - sun_v), f))
    cloud = clamp(3.0 * noise(u * 2.5, v * 7.0, 0.5, seed) - 1.9) * clamp(v + 0.3)
    colour = blend(colour, (0.95, 0.95, 0.95), 0.8 * cloud)
    level = 0.5 * dice(4, 1, 1, seed) - 0.15
    far = level + 0.7 * (noise(u * 2.2 + 7.0, 0.3, 0.5, seed) - 0.4) + 0.1 * noise(u * 9.0, 0.3, 0.5, seed)
    colour = blend(colour, blend((0.2, 0.25, 0.4), vivid(6, seed), 0.4), inside(far - v, f))
    near = -0.3 + 0.4 * (noise(u * 1.6 + 40.0, 0.3, 0.5, seed) - 0.5)
    ground = blend((0.16, 0.36, 0.08), vivid(7, seed), dice(6, 1, 1, seed))
    colour = blend(
        colour, scaled(ground, 0.7 + 0.6 * noise(u * 14.0, v * 30.0, 0.5, seed)), inside(near - v, f)
    )
    for k in range(seed % 4):
        tree, size = 1.6 * dice(5, k, 2, seed) - 0.8, 0.12 + 0.16 * dice(5, k, 3, seed)
        foot = -0.35 - 0.3 * dice(5, k, 4, seed)
        trunk = inside(0.025 - abs(u - tree), f) * inside(size - abs(v - foot - size), f)
        colour = blend(colour, (0.12, 0.07, 0.03), trunk)
        crown = size - math.hypot(u - tree, 0.8 * (v - foot - 2.6 * size))
        colour = blend(
            colour, blend((0.05, 0.2, 0.05), vivid(8 + k, seed), 0.4 * dice(7, k, 1, seed)), inside(crown, f)
        )
    return colour


@njit(cache=True, error_model="numpy", fastmath=True)
def abstract(u, v, seed, f):
    """Return fields of colour, split again and again, some with a disc or stripes in them."""
    low_u, high_u, low_v, high_v, code = -1.0, 1.0, -1.0, 1.0, 1
    for depth in range(4):
        share = 0.3 + 0.4 * dice(code, depth, 1, seed)
        if (high_u - low_u) > (high_v - low_v):
            cut = low_u + share * (high_u - low_u)
            upper = u > cut
            low_u, high_u = (cut, high_u) if upper else (low_u, cut)
        else:
            cut = low_v + share * (high_v - low_v)
            upper = v > cut
            low_v, high_v = (cut, high_v) if upper else (low_v, cut)
        code = 2 * code + (1 if upper else 0)
        if depth >= 1 and dice(code, depth, 2, seed) < 0.25:
            break
    colour = blend((0.8, 0.77, 0.7), vivid(code, seed), 0.0 if dice(code, 3, 3, seed) < 0.3 else 1.0)
    radius = 0.4 * min(high_u - low_u, high_v - low_v)
    distance = math.hypot(u - 0.5 * (low_u + high_u), v - 0.5 * (low_v + high_v))
    if dice(code, 4, 4, seed) < 0.45:
        colour = blend(colour, vivid(code + 50, seed), inside(radius - distance, f))
    elif dice(code, 5, 4, seed) < 0.4:
        colour = blend(colour, vivid(code + 90, seed), line(u + v, 0.12, 0.05, f))
    border = min(u - low_u, high_u - u, v - low_v, high_v - v)
    return blend(colour, (0.02, 0.02, 0.02), inside(0.018 - border, f))


@njit(cache=True, error_model="numpy", fastmath=True)
def bouquet(u, v, seed, f):
    """Return flowers in a vase."""
    colour = blend((0.75, 0.68, 0.5), vivid(1, seed), 0.25 + 0.2 * noise(u * 3.0, v * 3.0, 0.5, seed))
    colour = blend(colour, (0.3, 0.18, 0.1), inside(-0.7 - v, f))
    vase = 0.2 + 0.09 * math.sin(5.0 * v + 1.0) - abs(u)
    colour = blend(colour, vivid(2, seed), inside(vase, f) * inside(-0.15 - v, f) * inside(v + 0.88, f))
    for k in range(7):
        x, y = 1.3 * dice(k, 1, 1, seed) - 0.65, 0.75 * dice(k, 2, 1, seed) - 0.05
        stem = abs(u - x * (v + 0.2) / (y + 0.2))
        colour = blend(
            colour, (0.1, 0.3, 0.08), inside(0.02 - stem, f) * inside(v + 0.2, f) * inside(y - v, f)
        )
    for k in range(7):
        x, y = 1.3 * dice(k, 1, 1, seed) - 0.65, 0.75 * dice(k, 2, 1, seed) - 0.05
        radius, angle = math.hypot(u - x, v - y), math.atan2(v - y, u - x)
        colour = blend(colour, vivid(10 + k, seed), inside(0.17 + 0.05 * math.cos(6.0 * angle) - radius, f))
        colour = blend(colour, (0.8, 0.6, 0.1), inside(0.055 - radius, f))
    return colour


@njit(cache=True, error_model="numpy", fastmath=True)
def portrait(u, v, seed, f):
    """Return head and shoulders."""
    skin = blend((0.75, 0.5, 0.36), (0.3, 0.16, 0.09), dice(1, 1, 2, seed))
    hair = scaled(blend((0.03, 0.02, 0.02), (0.5, 0.3, 0.1), dice(2, 1, 2, seed)), 1.0)
    colour = scaled(vivid(3, seed), 0.5 + 0.25 * v)
    colour = blend(colour, vivid(4, seed), inside(0.75 - math.hypot(u, 0.8 * (v + 1.2)), f))
    colour = blend(colour, hair, inside(0.47 - math.hypot(u, 0.85 * (v - 0.25)), f))
    colour = blend(colour, skin, inside(0.14 - abs(u), f) * inside(0.25 - abs(v + 0.4), f))
    colour = blend(colour, skin, inside(0.36 - math.hypot(u, 0.75 * (v - 0.1)), f))
    for side in (-0.14, 0.14):
        colour = blend(colour, (0.9, 0.9, 0.9), inside(0.07 - math.hypot(u - side, 1.5 * (v - 0.17)), f))
        colour = blend(colour, (0.03, 0.05, 0.1), inside(0.035 - math.hypot(u - side, v - 0.17), f))
    colour = blend(colour, scaled(skin, 0.6), inside(0.025 - abs(u), f) * inside(0.1 - abs(v - 0.03), f))
    return blend(colour, (0.55, 0.1, 0.1), inside(0.11 - math.hypot(u, 3.5 * (v + 0.18)), f))


@njit(cache=True, error_model="numpy", fastmath=True)
def view(u, v, seed, f):
    """Return what is outside: sky, houses with windows, trees."""
    colour = blend((0.72, 0.86, 1.0), (0.25, 0.5, 0.95), clamp(0.2 + 0.7 * v))
    colour = blend(colour, (1.0, 1.0, 1.0), clamp(3.0 * noise(u * 2.0, v * 5.0, 0.5, seed) - 1.5))
    block = math.floor(u * 2.5)
    height = 0.6 * dice(block, 1, 1, seed) - 0.3
    wall = blend((0.55, 0.42, 0.34), (0.6, 0.58, 0.5), dice(block, 2, 1, seed))
    pane = line(u, 0.1, 0.05, f) * line(v, 0.16, 0.09, f)
    colour = blend(colour, blend(wall, (0.12, 0.16, 0.22), pane), inside(height - v, f))
    hedge = -0.42 + 0.16 * noise(u * 7.0, 0.5, 0.5, seed) + 0.05 * noise(u * 30.0, v * 30.0, 0.5, seed)
    green = scaled((0.14, 0.34, 0.1), 0.6 + 0.8 * noise(u * 18.0, v * 18.0, 0.5, seed))
    colour = blend(colour, green, inside(hedge - v, f))
    return blend(colour, (0.3, 0.45, 0.16), inside(-0.72 - v, f))


@njit(cache=True, error_model="numpy", fastmath=True)
def screen(u, v, seed, f):
    """Return a display: a film on some, windows with lines of text on others."""
    rim = min(1.0 - abs(u), 1.0 - abs(v))
    if seed % 2:
        colour = landscape(u, v, seed, f)
    else:
        colour = blend((0.05, 0.12, 0.3), (0.1, 0.35, 0.5), 0.5 + 0.5 * v)
        page = inside(0.75 - abs(u + 0.15), f) * inside(0.72 - abs(v - 0.05), f)
        text = line(v, 0.13, 0.05, f) * inside(
            0.55 - abs(u + 0.2) - 0.3 * dice(int(v / 0.13 + 50.5), 1, 1, seed), f
        )
        colour = blend(colour, blend((0.9, 0.9, 0.88), (0.1, 0.1, 0.12), text), page)
        bar = inside(0.5 + 0.4 * math.sin(9.0 * math.floor(u * 8.0)) - 1.2 * v - 0.6, f) * inside(
            0.2 - abs(u - 0.72), f
        )
        colour = blend(colour, (0.9, 0.5, 0.1), bar)
    return blend((0.01, 0.01, 0.012), colour, inside(rim - 0.03, f))


@njit(cache=True, error_model="numpy", fastmath=True)
def book(a, b, v, seed, f):
    """Return a spine with bands and a title."""
    band = inside(0.03 - abs(abs(v) - 0.78), f)
    title = inside(0.3 - abs(v - 0.15), f) * (0.35 + 0.65 * line(v, 0.11, 0.06, f))
    return blend(a, b, max(band, 0.8 * title * (0.0 if seed % 4 == 0 else 1.0)))


@njit(cache=True, error_model="numpy", fastmath=True)
def clock(u, v, seed, f):
    """Return a dial with ticks and two hands."""
    radius, angle = math.hypot(u, v), math.atan2(u, v)
    colour = (0.88, 0.86, 0.8)
    sector = abs(angle * 6.0 / math.pi - math.floor(angle * 6.0 / math.pi + 0.5))
    tick = inside(0.12 - sector, f) * inside(0.09 - abs(radius - 0.78), f)
    minute, hour = 6.283 * dice(1, 1, 1, seed), 6.283 * dice(2, 1, 1, seed)
    across = abs(u * math.cos(minute) - v * math.sin(minute))
    along = u * math.sin(minute) + v * math.cos(minute)
    hands = inside(0.03 - across, f) * inside(0.65 - along, f) * inside(along, f)
    across = abs(u * math.cos(hour) - v * math.sin(hour))
    along = u * math.sin(hour) + v * math.cos(hour)
    hands = max(hands, inside(0.045 - across, f) * inside(0.42 - along, f) * inside(along, f))
    return blend(colour, (0.03, 0.03, 0.03), max(hands, tick, inside(radius - 0.93, f)))


@njit(cache=True, error_model="numpy", fastmath=True)
def picture(kind, a, b, seed, u, v, f):
    """Return the colour of an image at ``u`` right and ``v`` up, both from -1 to 1."""
    if kind == LANDSCAPE:
        return landscape(u, v, seed, f)
    if kind == ABSTRACT:
        return abstract(u, v, seed, f)
    if kind == BOUQUET:
        return bouquet(u, v, seed, f)
    if kind == PORTRAIT:
        return portrait(u, v, seed, f)
    if kind == SCREEN:
        return screen(u, v, seed, f)
    if kind == BOOK:
        return book(a, b, v, seed, f)
    if kind == CLOCK:
        return clock(u, v, seed, f)
    if kind == KEYS:
        return blend(a, b, 0.8 * max(line(u, 0.14, 0.035, f), line(v, 0.33, 0.08, f)))
    return view(u, v, seed, f)
