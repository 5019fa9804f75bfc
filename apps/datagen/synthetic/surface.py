"""Faces of solids: which one a point is on, its normal, and the pattern there."""

import math

from numba import njit

from spatialgeom.apps.datagen.synthetic.fabrics import soft_pattern
from spatialgeom.apps.datagen.synthetic.images import picture
from spatialgeom.apps.datagen.synthetic.materials import CHECK, LANDSCAPE, WOOD
from spatialgeom.apps.datagen.synthetic.solids import BOX, ELLIPSOID, SHELL
from spatialgeom.apps.datagen.synthetic.textures import hard_pattern
from spatialgeom.apps.datagen.synthetic.trace import HALF, KIND, TAPER

_SIDE, _ROUND = 6, 7  # faces of cones and ellipsoids; boxes and caps have 0 to 5: +x -x +y -y +z -z


@njit(cache=True, error_model="numpy", fastmath=True)
def face_of(kind, x, y, z):
    """Return which face of a unit solid the surface point is on."""
    if kind == ELLIPSOID:
        return _ROUND
    if kind in (BOX, SHELL):
        if abs(x) >= abs(y) and abs(x) >= abs(z):
            return 0 if x > 0 else 1
        if abs(y) >= abs(z):
            return 2 if y > 0 else 3
        return 4 if z > 0 else 5
    if abs(z) > 1.0 - 1e-9:
        return 4 if z > 0 else 5
    return _SIDE


@njit(cache=True, error_model="numpy", fastmath=True)
def material_row(table, i, face):
    """Return which material it is: the room's own six come last."""
    return len(table) + face if table[i, KIND] == SHELL else i


@njit(cache=True, error_model="numpy", fastmath=True)
def rounded(p, half, bevel):
    """Return how far an edge of a box, rounded by ``bevel`` metres, turns the normal towards this axis."""
    rise = 1.0 - (1.0 - abs(p)) * half / min(bevel, half)
    if rise <= 0.0:
        return 0.0
    return 0.7 * rise * rise * (1.0 if p > 0 else -1.0)


@njit(cache=True, error_model="numpy", fastmath=True)
def normal_at(table, i, face, bevel, x, y, z):
    """Return the unit normal in the solid's axes at a point of the unit solid."""
    hx, hy, hz = table[i, HALF], table[i, HALF + 1], table[i, HALF + 2]
    if table[i, KIND] == SHELL:
        sign = 2.0 * (face % 2) - 1.0
        return sign * (face // 2 == 0), sign * (face // 2 == 1), sign * (face // 2 == 2)
    if table[i, KIND] == BOX:
        axis, sign = face // 2, 1.0 - 2.0 * (face % 2)
        nx = sign if axis == 0 else rounded(x, hx, bevel)
        ny = sign if axis == 1 else rounded(y, hy, bevel)
        nz = sign if axis == 2 else rounded(z, hz, bevel)
    elif face == 4 or face == 5:
        return 0.0, 0.0, 9.0 - 2.0 * face
    else:
        mean, slope = 0.5 * (table[i, TAPER] + 1.0), 0.5 * (table[i, TAPER] - 1.0)
        nx, ny = x / hx, y / hy
        nz = (z if face == _ROUND else -slope * (mean + slope * z)) / hz
    norm = 1.0 / math.sqrt(nx * nx + ny * ny + nz * nz)
    return nx * norm, ny * norm, nz * norm


@njit(cache=True, error_model="numpy", fastmath=True)
def bevelled(table, i, face, bevel, q):
    """Return whether a point lies on the rounded edge of a box."""
    if table[i, KIND] != BOX:
        return False
    result = False
    for k in range(3):
        result = result or (k != face // 2 and rounded(q[k], table[i, HALF + k], bevel) != 0.0)
    return result


@njit(cache=True, error_model="numpy", fastmath=True)
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


@njit(cache=True, error_model="numpy", fastmath=True)
def surface_colour(table, materials, i, row, face, x, y, z, f):
    """Return the albedo at a point of a unit solid; ``f`` is the width of a pixel there in metres."""
    kind, scale, seed = int(materials[row, 0]), materials[row, 7], int(materials[row, 8])
    a = (materials[row, 1], materials[row, 2], materials[row, 3])
    b = (materials[row, 4], materials[row, 5], materials[row, 6])
    hx, hy, hz = table[i, HALF], table[i, HALF + 1], table[i, HALF + 2]
    s, t, half_s, half_t = face_position(face, hx, hy, hz, x, y, z)
    if kind >= LANDSCAPE:
        if face != int(materials[row, 12]):
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
