"""What hangs on walls or lies on floors: windows, doors, pictures, clocks, rugs."""

import numpy as np

from spatialgeom.apps.datagen.synthetic import materials as m
from spatialgeom.apps.datagen.synthetic.solids import Assembly


def picture(rng: np.random.Generator) -> Assembly:
    """Return a framed picture; each shows something else."""
    item = Assembly("picture")
    width, height = rng.uniform(0.4, 0.95), rng.uniform(0.4, 0.75)
    frame = (
        m.wood(rng) if rng.random() < 0.6 else m.plain(str(rng.choice(["1c1c1c", "c9a24a", "f0f0f0"])), 0.3)
    )
    item.box((0, 0, height / 2), (width, 0.024, height), frame)
    item.box((0, -0.0125, height / 2), (width - 0.06, 0.003, height - 0.06), m.plain("ece8dc"))
    mat = 0.06 if rng.random() < 0.4 else 0.0
    image = m.Material(int(rng.choice(m.PICTURES)), m.rgb("eeeeee"), seed=m.seeded(rng), glow=0.05)
    item.box((0, -0.014, height / 2), (width - 0.06 - mat, 0.004, height - 0.06 - mat), image)
    return item


def window(rng: np.random.Generator, width: float, height: float) -> Assembly:
    """Return a window with a frame, a cross bar, a sill and a view."""
    item, frame = Assembly("window"), m.plain("f2f2ee", 0.2)
    outside = m.Material(m.VIEW, m.rgb("f2f2ee"), seed=m.seeded(rng), glow=0.3)
    item.box((0, 0.01, height / 2), (width - 0.08, 0.02, height - 0.08), outside, shadow=False)
    for x in (-width / 2 + 0.035, 0, width / 2 - 0.035):
        item.box((x, 0, height / 2), (0.07, 0.06, height), frame, shadow=False)
    for z in (0.035, height * 0.68, height - 0.035):
        item.box((0, 0.002, z), (width, 0.05, 0.07), frame, shadow=False)
    item.box((0, -0.06, -0.015), (width + 0.1, 0.18, 0.03), frame)
    return item


def curtain(rng: np.random.Generator, look: m.Material, width: float, height: float) -> Assembly:
    """Return one side of a curtain in folds."""
    item, folds = Assembly("curtain"), max(int(width / 0.07), 3)
    for k in range(folds):
        x = (k + 0.5) * width / folds - width / 2
        item.cone((x, 0, height / 2), (width / folds * 1.25, 0.09, height), look, taper=0.9)
    item.cone((0, 0, height + 0.01), (0.03, 0.03, width + 0.08), m.plain("4a3a2c", 0.3), turn=(0, 90, 0))
    return item


def door(rng: np.random.Generator) -> Assembly:
    """Return a closed door with panels, handle and frame."""
    item, look = Assembly("door"), m.wood(rng) if rng.random() < 0.5 else m.plain("eeeae0", 0.2)
    width, height = rng.uniform(0.82, 0.92), rng.uniform(2.0, 2.08)
    item.box((0, 0, height / 2), (width, 0.04, height), look)
    inset = (
        look._replace(first=m.rgb("cfc9bb"), seed=3)
        if look.kind == m.PLAIN
        else look._replace(first=look.second)
    )
    for x in (-width / 4, width / 4):
        for z, tall in ((0.5, 0.7), (1.45, 0.85)):
            item.box((x * 0.95, -0.022, z), (width * 0.36, 0.012, tall), inset)
    for x in (-1, 1):
        item.box((x * (width / 2 + 0.04), 0, height / 2), (0.08, 0.07, height), look)
    item.box((0, 0, height + 0.04), (width + 0.16, 0.07, 0.08), look)
    item.cone((width / 2 - 0.09, -0.06, 1.02), (0.025, 0.025, 0.1), m.metal("c9a24a"), turn=(90, 0, 0))
    item.cone((width / 2 - 0.14, -0.1, 1.02), (0.022, 0.022, 0.13), m.metal("c9a24a"), turn=(0, 90, 0))
    return item


def clock(rng: np.random.Generator) -> Assembly:
    """Return a round wall clock."""
    item, size = Assembly("clock"), rng.uniform(0.28, 0.4)
    item.cone((0, 0, size / 2), (size, size, 0.04), m.paint(rng, 0.4), turn=(90, 0, 0))
    dial = m.Material(m.CLOCK, m.rgb("e8e4d8"), seed=m.seeded(rng), face=m.TOP)
    item.cone((0, -0.02, size / 2), (size * 0.9, size * 0.9, 0.01), dial, turn=(90, 0, 0))
    return item


def wall_shelf(rng: np.random.Generator) -> Assembly:
    """Return a wall shelf with a few books and a pot."""
    item, look, width = Assembly("wall shelf"), m.wood(rng), rng.uniform(0.7, 1.0)
    item.box((0, 0, 0.015), (width, 0.22, 0.03), look)
    x = -width / 2 + 0.04
    while x < width / 2 - 0.3:
        thick, tall = rng.uniform(0.025, 0.05), rng.uniform(0.17, 0.26)
        spine = m.Material(m.BOOK, m.pick(rng, m.BRIGHTS), m.rgb("e8d9a0"), seed=m.seeded(rng), bevel=0.004)
        item.box((x + thick / 2, 0.02, 0.03 + tall / 2), (thick - 0.002, 0.16, tall), spine)
        x += thick
    item.cone((width / 2 - 0.14, 0, 0.08), (0.09, 0.09, 0.1), m.paint(rng, 0.4), taper=1.3)
    item.ellipsoid((width / 2 - 0.14, 0, 0.19), (0.17, 0.17, 0.16), m.leaf(rng))
    return item


def radiator(rng: np.random.Generator, width: float) -> Assembly:
    """Return a radiator with ribs."""
    item, look = Assembly("radiator"), m.plain("ecebe6", 0.2)
    count = int(width / 0.09)
    for k in range(count):
        item.box(((k + 0.5) * width / count - width / 2, 0, 0.36), (width / count - 0.025, 0.1, 0.5), look)
    for z in (0.16, 0.56):
        item.cone((0, 0.01, z), (0.05, 0.05, width), look, turn=(0, 90, 0))
    return item


def socket(rng: np.random.Generator) -> Assembly:
    """Return a double socket."""
    item, white = Assembly("socket"), m.plain("f2f2ee", 0.3)
    item.box((0, 0, 0.04), (0.16, 0.012, 0.08), white)
    for x in (-0.04, 0.04):
        item.cone((x, -0.006, 0.04), (0.05, 0.05, 0.006), m.plain("b8b8b4"), turn=(90, 0, 0))
    return item


def rug(rng: np.random.Generator, width: float, depth: float, circular: bool = False) -> Assembly:
    """Return a patterned rug."""
    item = Assembly("rug")
    kind = int(rng.choice([m.RUG, m.RUG, m.CHECK, m.STRIPES]))
    look = m.Material(
        kind, m.pick(rng, m.CLOTHS), m.pick(rng, m.CLOTHS), rng.uniform(0.2, 0.34), m.seeded(rng)
    )
    if circular:
        item.cone((0, 0, 0.006), (width, depth, 0.012), look._replace(kind=m.RUG))
    else:
        item.box((0, 0, 0.006), (width, depth, 0.012), look)
    return item
