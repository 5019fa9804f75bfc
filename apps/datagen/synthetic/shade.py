"""Colour of pixels: patterns, lamps with shadows, ambient light that corners lose, smooth edges."""

import math

import numpy as np
from numba import njit, prange

from spatialgeom.apps.datagen.synthetic.fabrics import soft_pattern
from spatialgeom.apps.datagen.synthetic.images import picture
from spatialgeom.apps.datagen.synthetic.light import lit_share, openness
from spatialgeom.apps.datagen.synthetic.materials import CHECK, LANDSCAPE, WOOD
from spatialgeom.apps.datagen.synthetic.solids import BOX, ELLIPSOID, SHELL
from spatialgeom.apps.datagen.synthetic.textures import hard_pattern
from spatialgeom.apps.datagen.synthetic.trace import hit_solid

_SIDE, _ROUND = 6, 7  # faces of cones and ellipsoids; boxes and caps have 0 to 5: +x -x +y -y +z -z


@njit(cache=True)
def face_of(kind, x, y, z):
    """Return which face of a unit solid the surface point is on."""
    if kind == ELLIPSOID:
        return _ROUND
    if kind == BOX or kind == SHELL:
        if abs(x) >= abs(y) and abs(x) >= abs(z):
            return 0 if x > 0 else 1
        if abs(y) >= abs(z):
            return 2 if y > 0 else 3
        return 4 if z > 0 else 5
    if abs(z) > 1.0 - 1e-9:
        return 4 if z > 0 else 5
    return _SIDE


@njit(cache=True)
def rounded(p, half, bevel, inward):
    """Return how far an edge of a box, rounded by ``bevel`` metres, turns the normal towards this axis."""
    rise = 1.0 - (half - abs(p)) / bevel
    if rise <= 0.0 or inward:
        return 0.0
    return 0.7 * rise * rise * (1.0 if p > 0 else -1.0)


@njit(cache=True)
def normal_at(kind, face, taper, half, bevel, x, y, z):
    """Return the unit normal in the solid's axes at a point of the unit solid."""
    if kind == BOX or kind == SHELL:
        axis, sign = face // 2, 1.0 - 2.0 * (face % 2)
        if kind == SHELL:
            sign = -sign
        inward = kind == SHELL
        nx = sign if axis == 0 else rounded(x * half[0], half[0], min(bevel, half[0]), inward)
        ny = sign if axis == 1 else rounded(y * half[1], half[1], min(bevel, half[1]), inward)
        nz = sign if axis == 2 else rounded(z * half[2], half[2], min(bevel, half[2]), inward)
    elif face == 4 or face == 5:
        nx, ny, nz = 0.0, 0.0, 1.0 if face == 4 else -1.0
    else:
        slope = 0.5 * (taper - 1.0)
        nx, ny = x / half[0], y / half[1]
        nz = z / half[2] if face == _ROUND else -slope * (0.5 * (taper + 1.0) + slope * z) / half[2]
    norm = 1.0 / math.sqrt(nx * nx + ny * ny + nz * nz)
    return nx * norm, ny * norm, nz * norm


@njit(cache=True)
def face_position(face, half, x, y, z):
    """Return right and up on a face as seen from outside, and the face's half sizes, in metres."""
    if face == 0 or face == 1:
        return (y if face == 0 else -y) * half[1], z * half[2], half[1], half[2]
    if face == 2 or face == 3:
        return (x if face == 3 else -x) * half[0], z * half[2], half[0], half[2]
    if face == 4 or face == 5:
        return x * half[0], y * half[1], half[0], half[1]
    radius = 0.5 * (half[0] + half[1])
    return math.atan2(y, x) * radius, z * half[2], 3.14159 * radius, half[2]


@njit(cache=True)
def surface_colour(material, half, face, x, y, z, f):
    """Return the albedo at a point of a unit solid; ``f`` is the width of a pixel there in metres."""
    kind, scale, seed = int(material[0]), material[7], int(material[8])
    a = (material[1], material[2], material[3])
    b = (material[4], material[5], material[6])
    s, t, half_s, half_t = face_position(face, half, x, y, z)
    if kind >= LANDSCAPE:
        if face != int(material[12]):
            return a
        return picture(kind, a, b, seed, s / half_s, t / half_t, f / min(half_s, half_t))
    if kind >= CHECK:
        return soft_pattern(kind, a, b, scale, seed, s, t, half_s, half_t, f)
    px, py, pz = x * half[0], y * half[1], z * half[2]
    if kind == WOOD:
        # grain runs along the longest side, and no two parts are cut from the same place
        if half[0] >= half[1] and half[0] >= half[2]:
            px, py, pz = py, pz, px
        elif half[1] >= half[2]:
            px, py, pz = pz, px, py
        px, py = px + 0.013 * (seed % 97) + half[2], py + 0.017 * (seed % 89) + half[0]
    return hard_pattern(kind, a, b, scale, seed, px, py, pz, s, t, f)


@njit(cache=True)
def light_at(light, px, py, pz, nx, ny, nz, ex, ey, ez, gloss):
    """Return light received (r, g, b) and mirrored, at a point with its normal, seen from direction ``e``."""
    near = openness(light.near_open, light.corner, px + 0.07 * nx, py + 0.07 * ny, pz + 0.07 * nz)
    far = openness(light.far_open, light.corner, px + 0.3 * nx, py + 0.3 * ny, pz + 0.3 * nz)
    dim = min(near / 0.84, 1.0) * min(far / 0.86, 1.0) ** 1.5
    ambient = dim * (0.36 + 0.1 * nz + 0.05 * nx)
    red, green, blue, mirrored = ambient * 0.98, ambient, ambient * 1.04, 0.0
    for i in range(len(light.position)):
        lx, ly, lz = light.position[i, 0] - px, light.position[i, 1] - py, light.position[i, 2] - pz
        square = lx * lx + ly * ly + lz * lz
        inverse = 1.0 / math.sqrt(square)
        cosine = (nx * lx + ny * ly + nz * lz) * inverse
        if cosine <= 0.0:
            continue
        away = 0.02  # off the surface, against a surface's shadow on itself
        share = lit_share(light.reach[i], away * nx - lx, away * ny - ly, away * nz - lz)
        strength = share * (0.15 + 0.85 * cosine) * min(cosine * 8.0, 1.0) / (0.6 + 0.22 * square)
        red += strength * light.colour[i, 0]
        green += strength * light.colour[i, 1]
        blue += strength * light.colour[i, 2]
        if gloss > 0.0 and share > 0.0:
            hx, hy, hz = lx * inverse + ex, ly * inverse + ey, lz * inverse + ez
            half = max((nx * hx + ny * hy + nz * hz) / math.sqrt(hx * hx + hy * hy + hz * hz), 0.0)
            mirrored += share * gloss * half**48
    return red, green, blue, mirrored


@njit(cache=True)
def shade_hit(solids, view, light, i, t, x, y):
    """Return the light that a ray of normalised position (x, y) brings from solid ``i`` at depth ``t``."""
    origin, turn, half = view.origin[i], view.turn[i], solids.half[i]
    kind, material = solids.kind[i], solids.material[i]
    qx = origin[0] + t * (turn[0, 0] * x + turn[0, 1] * y + turn[0, 2])
    qy = origin[1] + t * (turn[1, 0] * x + turn[1, 1] * y + turn[1, 2])
    qz = origin[2] + t * (turn[2, 0] * x + turn[2, 1] * y + turn[2, 2])
    face = face_of(kind, qx, qy, qz)
    if kind == SHELL:
        material = solids.material[len(solids.kind) + face]
    mx, my, mz = normal_at(kind, face, solids.taper[i], half, material[11], qx, qy, qz)
    turned, camera = solids.rotation[i], view.rotation
    nx = turned[0, 0] * mx + turned[0, 1] * my + turned[0, 2] * mz
    ny = turned[1, 0] * mx + turned[1, 1] * my + turned[1, 2] * mz
    nz = turned[2, 0] * mx + turned[2, 1] * my + turned[2, 2] * mz
    rx = camera[0, 0] * x + camera[0, 1] * y + camera[0, 2]
    ry = camera[1, 0] * x + camera[1, 1] * y + camera[1, 2]
    rz = camera[2, 0] * x + camera[2, 1] * y + camera[2, 2]
    norm = 1.0 / math.sqrt(rx * rx + ry * ry + rz * rz)
    slant = max(abs(nx * rx + ny * ry + nz * rz) * norm, 0.12)
    albedo = surface_colour(material, half, face, qx, qy, qz, t / (view.lens[0] * slant))
    px, py, pz = view.centre[0] + t * rx, view.centre[1] + t * ry, view.centre[2] + t * rz
    red, green, blue, mirrored = light_at(
        light, px, py, pz, nx, ny, nz, -rx * norm, -ry * norm, -rz * norm, material[9]
    )
    glow, sheen = material[10], 0.5 * mirrored + 0.12 * material[9] * (1.0 - slant) ** 3
    return (
        albedo[0] * (red + glow) + sheen,
        albedo[1] * (green + glow) + sheen,
        albedo[2] * (blue + glow) + sheen,
    )


@njit(cache=True)
def shade_subsamples(solids, view, light, owner, u, v):
    """Return the mean of four rays within a pixel, cast at the solids seen around it."""
    height, width = owner.shape
    red, green, blue = 0.0, 0.0, 0.0
    for k in range(4):
        x = (u + (k & 1) * 0.5 - 0.25 - view.lens[2]) / view.lens[0]
        y = (v + (k >> 1) * 0.5 - 0.25 - view.lens[3]) / view.lens[1]
        best, nearest, last = np.inf, -1, -1
        for row in range(max(v - 1, 0), min(v + 2, height)):
            for column in range(max(u - 1, 0), min(u + 2, width)):
                i = owner[row, column]
                if i == last or i < 0:
                    continue
                last = i
                t = hit_solid(solids.kind[i], solids.taper[i], view.origin[i], view.turn[i], x, y)
                if t < best:
                    best, nearest = t, i
        if nearest >= 0:
            r, g, b = shade_hit(solids, view, light, nearest, best, x, y)
            red, green, blue = red + 0.25 * min(r, 2.0), green + 0.25 * min(g, 2.0), blue + 0.25 * min(b, 2.0)
    return red, green, blue


@njit(cache=True)
def display(value):
    """Return the byte for an amount of light: a soft shoulder, then a display exponent of 2."""
    return np.uint8(255.0 * math.sqrt(min(value * 1.25 / (1.0 + 0.25 * value), 1.0)) + 0.5)


@njit(cache=True, parallel=True, nogil=True)
def shade(solids, view, light, depth, owner, colour):
    """Fill ``colour`` (H, W, 3) from depth and owner (H, W)."""
    height, width = depth.shape
    for v in prange(height):
        for u in range(width):
            i = owner[v, u]
            if i < 0:
                continue
            edge = (
                owner[v, max(u - 1, 0)] != i
                or owner[v, min(u + 1, width - 1)] != i
                or owner[max(v - 1, 0), u] != i
                or owner[min(v + 1, height - 1), u] != i
            )
            if edge:
                red, green, blue = shade_subsamples(solids, view, light, owner, u, v)
            else:
                x, y = (u - view.lens[2]) / view.lens[0], (v - view.lens[3]) / view.lens[1]
                red, green, blue = shade_hit(solids, view, light, i, depth[v, u], x, y)
            colour[v, u, 0], colour[v, u, 1], colour[v, u, 2] = display(red), display(green), display(blue)
