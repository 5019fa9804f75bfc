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

_STEP = 4  # pixels between the nodes at which light is computed on smooth faces
_SIDE, _ROUND = 6, 7  # faces of cones and ellipsoids; boxes and caps have 0 to 5: +x -x +y -y +z -z


@njit(cache=True, error_model="numpy")
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


@njit(cache=True, error_model="numpy")
def rounded(p, half, bevel):
    """Return how far an edge of a box, rounded by ``bevel`` metres, turns the normal towards this axis."""
    rise = 1.0 - (half - abs(p)) / min(bevel, half)
    if rise <= 0.0:
        return 0.0
    return 0.7 * rise * rise * (1.0 if p > 0 else -1.0)


@njit(cache=True, error_model="numpy")
def normal_at(solids, i, face, bevel, x, y, z):
    """Return the unit normal in the solid's axes at a point of the unit solid."""
    hx, hy, hz = solids.half[i, 0], solids.half[i, 1], solids.half[i, 2]
    if solids.kind[i] == SHELL:
        sign = 2.0 * (face % 2) - 1.0
        return sign * (face // 2 == 0), sign * (face // 2 == 1), sign * (face // 2 == 2)
    if solids.kind[i] == BOX:
        axis, sign = face // 2, 1.0 - 2.0 * (face % 2)
        nx = sign if axis == 0 else rounded(x * hx, hx, bevel)
        ny = sign if axis == 1 else rounded(y * hy, hy, bevel)
        nz = sign if axis == 2 else rounded(z * hz, hz, bevel)
    elif face == 4 or face == 5:
        return 0.0, 0.0, 9.0 - 2.0 * face
    else:
        mean, slope = 0.5 * (solids.taper[i] + 1.0), 0.5 * (solids.taper[i] - 1.0)
        nx, ny = x / hx, y / hy
        nz = (z if face == _ROUND else -slope * (mean + slope * z)) / hz
    norm = 1.0 / math.sqrt(nx * nx + ny * ny + nz * nz)
    return nx * norm, ny * norm, nz * norm


@njit(cache=True, error_model="numpy")
def face_position(face, hx, hy, hz, x, y, z):
    """Return right and up on a face as seen from outside, and the face's half sizes, in metres."""
    if face == 0 or face == 1:
        return (y if face == 0 else -y) * hy, z * hz, hy, hz
    if face == 2 or face == 3:
        return (x if face == 3 else -x) * hx, z * hz, hx, hz
    if face == 4 or face == 5:
        return x * hx, y * hy, hx, hy
    radius = 0.5 * (hx + hy)
    return math.atan2(y, x) * radius, z * hz, 3.14159 * radius, hz


@njit(cache=True, error_model="numpy")
def surface_colour(solids, i, row, face, x, y, z, f):
    """Return the albedo at a point of a unit solid; ``f`` is the width of a pixel there in metres."""
    material = solids.material
    kind, scale, seed = int(material[row, 0]), material[row, 7], int(material[row, 8])
    a = (material[row, 1], material[row, 2], material[row, 3])
    b = (material[row, 4], material[row, 5], material[row, 6])
    hx, hy, hz = solids.half[i, 0], solids.half[i, 1], solids.half[i, 2]
    s, t, half_s, half_t = face_position(face, hx, hy, hz, x, y, z)
    if kind >= LANDSCAPE:
        if face != int(material[row, 12]):
            return a
        return picture(kind, a, b, seed, s / half_s, t / half_t, f / min(half_s, half_t))
    if kind >= CHECK:
        return soft_pattern(kind, a, b, scale, seed, s, t, half_s, half_t, f)
    px, py, pz = x * hx, y * hy, z * hz
    if kind == WOOD:
        # grain runs along the longest side, and no two parts are cut from the same place
        if hx >= hy and hx >= hz:
            px, py, pz = py, pz, px
        elif hy >= hz:
            px, py, pz = pz, px, py
        px, py = px + 0.013 * (seed % 97) + hz, py + 0.017 * (seed % 89) + hx
    return hard_pattern(kind, a, b, scale, seed, px, py, pz, s, t, f)


@njit(cache=True, error_model="numpy")
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
        share = lit_share(light.reach, i, away * nx - lx, away * ny - ly, away * nz - lz)
        strength = share * (0.15 + 0.85 * cosine) * min(cosine * 8.0, 1.0) / (0.6 + 0.22 * square)
        red += strength * light.colour[i, 0]
        green += strength * light.colour[i, 1]
        blue += strength * light.colour[i, 2]
        if gloss > 0.0 and share > 0.0:
            hx, hy, hz = lx * inverse + ex, ly * inverse + ey, lz * inverse + ez
            half = max((nx * hx + ny * hy + nz * hz) / math.sqrt(hx * hx + hy * hy + hz * hz), 0.0)
            mirrored += share * gloss * half**48
    return red, green, blue, mirrored


@njit(cache=True, error_model="numpy")
def point_on(view, i, t, x, y):
    """Return the point of unit solid ``i`` at depth ``t`` on the ray of normalised position (x, y)."""
    turn = view.turn
    return (
        view.origin[i, 0] + t * (turn[i, 0, 0] * x + turn[i, 0, 1] * y + turn[i, 0, 2]),
        view.origin[i, 1] + t * (turn[i, 1, 0] * x + turn[i, 1, 1] * y + turn[i, 1, 2]),
        view.origin[i, 2] + t * (turn[i, 2, 0] * x + turn[i, 2, 1] * y + turn[i, 2, 2]),
    )


@njit(cache=True, error_model="numpy")
def turned(matrix, x, y, z):
    return (
        matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2] * z,
        matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2] * z,
        matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2] * z,
    )


@njit(cache=True, error_model="numpy")
def light_on(solids, view, light, i, row, face, q, t, x, y):
    """Return light received (r, g, b) and mirrored at point ``q`` of unit solid ``i``, and the ray's slant."""
    bevel, gloss = solids.material[row, 11], solids.material[row, 9]
    mx, my, mz = normal_at(solids, i, face, bevel, q[0], q[1], q[2])
    nx, ny, nz = turned(solids.rotation[i], mx, my, mz)
    rx, ry, rz = turned(view.rotation, x, y, 1.0)
    norm = 1.0 / math.sqrt(rx * rx + ry * ry + rz * rz)
    slant = max(abs(nx * rx + ny * ry + nz * rz) * norm, 0.12)
    px, py, pz = view.centre[0] + t * rx, view.centre[1] + t * ry, view.centre[2] + t * rz
    ex, ey, ez = -rx * norm, -ry * norm, -rz * norm
    red, green, blue, mirrored = light_at(light, px, py, pz, nx, ny, nz, ex, ey, ez, gloss)
    return red, green, blue, 0.5 * mirrored + 0.12 * gloss * (1.0 - slant) ** 3, slant


@njit(cache=True, error_model="numpy")
def reflect(solids, view, i, row, face, q, t, lit):
    """Return what a surface makes of the light on it."""
    red, green, blue, mirrored, slant = lit
    albedo = surface_colour(solids, i, row, face, q[0], q[1], q[2], t / (view.lens[0] * slant))
    glow = solids.material[row, 10]
    return (
        albedo[0] * (red + glow) + mirrored,
        albedo[1] * (green + glow) + mirrored,
        albedo[2] * (blue + glow) + mirrored,
    )


@njit(cache=True, error_model="numpy")
def material_row(solids, i, face):
    return len(solids.kind) + face if solids.kind[i] == SHELL else i


@njit(cache=True, error_model="numpy")
def shade_hit(solids, view, light, i, t, x, y):
    """Return the light that a ray of normalised position (x, y) brings from solid ``i`` at depth ``t``."""
    q = point_on(view, i, t, x, y)
    face = face_of(solids.kind[i], q[0], q[1], q[2])
    row = material_row(solids, i, face)
    lit = light_on(solids, view, light, i, row, face, q, t, x, y)
    return reflect(solids, view, i, row, face, q, t, lit)


@njit(cache=True, error_model="numpy")
def nearest_around(solids, view, owner, u, v, x, y):
    """Return depth and index of the nearest of the solids seen at pixel (u, v) and its neighbours."""
    height, width = owner.shape
    best, nearest, last = np.inf, -1, -1
    for row in range(max(v - 1, 0), min(v + 2, height)):
        for column in range(max(u - 1, 0), min(u + 2, width)):
            i = owner[row, column]
            if i == last or i < 0:
                continue
            last = i
            t = hit_solid(solids, view, i, x, y)
            if t < best:
                best, nearest = t, i
    return best, nearest


@njit(cache=True, error_model="numpy")
def shade_edge(solids, view, light, owner, u, v):
    """Return the mean of four rays within a pixel; each solid that they meet is shaded once."""
    red, green, blue, before = 0.0, 0.0, 0.0, -1
    shared = (0.0, 0.0, 0.0)
    for k in range(4):
        x = (u + (k & 1) * 0.5 - 0.25 - view.lens[2]) / view.lens[0]
        y = (v + (k >> 1) * 0.5 - 0.25 - view.lens[3]) / view.lens[1]
        t, i = nearest_around(solids, view, owner, u, v, x, y)
        if i < 0:
            continue
        if i != before:
            r, g, b = shade_hit(solids, view, light, i, t, x, y)
            shared, before = (min(r, 2.0), min(g, 2.0), min(b, 2.0)), i
        red, green, blue = red + 0.25 * shared[0], green + 0.25 * shared[1], blue + 0.25 * shared[2]
    return red, green, blue


@njit(cache=True, error_model="numpy")
def display(value):
    """Return the byte for an amount of light: a soft shoulder, then a display exponent of 2."""
    return np.uint8(255.0 * math.sqrt(min(value * 1.25 / (1.0 + 0.25 * value), 1.0)) + 0.5)


@njit(cache=True, error_model="numpy")
def light_node(solids, view, light, depth, owner, r, c, nodes, keys):
    """Store light at a node of the coarse grid, and which face it is on; -1 where it is not smooth."""
    v, u = r * _STEP, c * _STEP
    i = owner[v, u]
    if i < 0:
        return
    x, y = (u - view.lens[2]) / view.lens[0], (v - view.lens[3]) / view.lens[1]
    q = point_on(view, i, depth[v, u], x, y)
    face = face_of(solids.kind[i], q[0], q[1], q[2])
    row = material_row(solids, i, face)
    if solids.kind[i] == BOX:
        bevel = solids.material[row, 11]
        for k in range(3):
            if k != face // 2 and rounded(q[k] * solids.half[i, k], solids.half[i, k], bevel) != 0.0:
                return
    keys[r, c] = i * 8 + face
    lit = light_on(solids, view, light, i, row, face, q, depth[v, u], x, y)
    for k in range(5):
        nodes[r, c, k] = lit[k]


@njit(cache=True, error_model="numpy")
def light_between(nodes, u, v):
    """Return the light at a pixel from the four nodes around it."""
    r, c = v // _STEP, u // _STEP
    down, right = (v - r * _STEP) / _STEP, (u - c * _STEP) / _STEP
    a, b, d, e = (1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right
    n = nodes
    return (
        a * n[r, c, 0] + b * n[r, c + 1, 0] + d * n[r + 1, c, 0] + e * n[r + 1, c + 1, 0],
        a * n[r, c, 1] + b * n[r, c + 1, 1] + d * n[r + 1, c, 1] + e * n[r + 1, c + 1, 1],
        a * n[r, c, 2] + b * n[r, c + 1, 2] + d * n[r + 1, c, 2] + e * n[r + 1, c + 1, 2],
        a * n[r, c, 3] + b * n[r, c + 1, 3] + d * n[r + 1, c, 3] + e * n[r + 1, c + 1, 3],
        a * n[r, c, 4] + b * n[r, c + 1, 4] + d * n[r + 1, c, 4] + e * n[r + 1, c + 1, 4],
    )


@njit(cache=True, error_model="numpy")
def shade_inner(solids, view, light, i, t, u, v, nodes, keys):
    """Shade a pixel whose neighbours see the same solid, with light from the coarse grid if that will do."""
    x, y = (u - view.lens[2]) / view.lens[0], (v - view.lens[3]) / view.lens[1]
    q = point_on(view, i, t, x, y)
    face = face_of(solids.kind[i], q[0], q[1], q[2])
    row = material_row(solids, i, face)
    r, c, key = v // _STEP, u // _STEP, i * 8 + face
    if (
        r + 1 < keys.shape[0]
        and c + 1 < keys.shape[1]
        and keys[r, c] == key
        and keys[r, c + 1] == key
        and keys[r + 1, c] == key
        and keys[r + 1, c + 1] == key
    ):
        return reflect(solids, view, i, row, face, q, t, light_between(nodes, u, v))
    lit = light_on(solids, view, light, i, row, face, q, t, x, y)
    return reflect(solids, view, i, row, face, q, t, lit)


@njit(cache=True, parallel=True, nogil=True, error_model="numpy")
def shade(solids, view, light, depth, owner, colour):
    """Fill ``colour`` (H, W, 3) from depth and owner (H, W)."""
    height, width = depth.shape
    nodes = np.empty(((height - 1) // _STEP + 1, (width - 1) // _STEP + 1, 5))
    keys = np.full(nodes.shape[:2], -1)
    for r in prange(nodes.shape[0]):
        for c in range(nodes.shape[1]):
            light_node(solids, view, light, depth, owner, r, c, nodes, keys)
    for v in prange(height):
        for u in range(width):
            i = owner[v, u]
            if i < 0:
                continue
            same = owner[v, max(u - 1, 0)] == i and owner[v, min(u + 1, width - 1)] == i
            same = same and owner[max(v - 1, 0), u] == i and owner[min(v + 1, height - 1), u] == i
            if same:
                red, green, blue = shade_inner(solids, view, light, i, depth[v, u], u, v, nodes, keys)
            else:
                red, green, blue = shade_edge(solids, view, light, owner, u, v)
            colour[v, u, 0], colour[v, u, 1], colour[v, u, 2] = display(red), display(green), display(blue)
