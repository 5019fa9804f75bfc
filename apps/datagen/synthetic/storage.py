"""Shelves, cupboards and kitchen furniture."""

import numpy as np

from spatialgeom.apps.datagen.synthetic import materials as m
from spatialgeom.apps.datagen.synthetic.solids import Assembly, Surface


def bookshelf(rng: np.random.Generator) -> Assembly:
    """Return shelves filled with books of many colours."""
    item, look = Assembly("bookshelf"), m.wood(rng)
    width, depth, rows = rng.uniform(0.8, 1.2), 0.3, int(rng.integers(4, 6))
    step = 0.36
    height = rows * step + 0.12
    for x in (-1, 1):
        item.box((x * (width / 2 - 0.0125), 0, height / 2), (0.025, depth, height), look)
    item.box((0, depth / 2 - 0.01, height / 2), (width - 0.05, 0.02, height), look)
    item.box((0, 0.005, 0.04), (width - 0.05, depth - 0.03, 0.08), look)
    for k in range(rows + 1):
        item.box((0, 0, 0.09 + k * step), (width - 0.05, depth, 0.025), look)
    for k in range(rows):
        _books(item, rng, width - 0.06, 0.1025 + k * step)
    return item


def _books(item: Assembly, rng: np.random.Generator, width: float, floor: float) -> None:
    x, end = -width / 2, width / 2 * rng.uniform(0.35, 1.0)
    while True:
        thick, tall, deep = rng.uniform(0.022, 0.058), rng.uniform(0.19, 0.31), rng.uniform(0.16, 0.22)
        if x + thick > end:
            break
        look = m.Material(
            m.BOOK, m.pick(rng, m.BRIGHTS), m.rgb("e8d9a0"), seed=m.seeded(rng), gloss=0.15, bevel=0.004
        )
        item.box((x + thick / 2, 0.12 - deep / 2, floor + tall / 2), (thick - 0.002, deep, tall), look)
        x += thick
    if end < width / 2 - 0.18:
        item.ellipsoid((width / 2 - 0.1, -0.01, floor + 0.07), (0.13, 0.13, 0.14), m.paint(rng, 0.5))


def _doors(
    item: Assembly,
    widths: list[float],
    front: float,
    low: float,
    high: float,
    look: m.Material,
    handle: m.Material,
) -> None:
    x = -sum(widths) / 2
    for k, width in enumerate(widths):
        item.box((x + width / 2, front - 0.01, (low + high) / 2), (width - 0.012, 0.02, high - low), look)
        side = width - 0.06 if k % 2 == 0 else 0.06
        item.box((x + side, front - 0.035, (low + high) / 2), (0.02, 0.03, 0.16), handle)
        x += width


def wardrobe(rng: np.random.Generator) -> Assembly:
    """Return a tall cupboard with two or three doors."""
    item, look = Assembly("wardrobe"), m.wood(rng)
    doors, depth, height = int(rng.integers(2, 4)), 0.58, rng.uniform(1.95, 2.15)
    width = doors * rng.uniform(0.48, 0.56)
    item.box((0, 0, height / 2), (width, depth, height), look)
    door = m.wood(rng) if rng.random() < 0.5 else look._replace(seed=m.seeded(rng))
    _doors(item, [width / doors] * doors, -depth / 2, 0.1, height - 0.05, door, m.metal())
    return item


def drawers(rng: np.random.Generator, category: str = "dresser") -> Assembly:
    """Return a chest of drawers, or a nightstand."""
    small = category == "nightstand"
    item, look, knob = Assembly(category), m.wood(rng, 0.2), m.metal("d8b45a")
    width, depth, rows = (0.45, 0.4, 2) if small else (rng.uniform(0.85, 1.2), 0.46, int(rng.integers(3, 5)))
    height = 0.1 + rows * 0.21
    item.box((0, 0, height / 2 + 0.03), (width, depth, height - 0.06), look)
    item.box((0, 0, 0.03), (width - 0.08, depth - 0.08, 0.06), look)
    front = look._replace(first=look.second, second=look.first)
    for k in range(rows):
        z = 0.175 + 0.205 * k
        item.box((0, -depth / 2 - 0.008, z), (width - 0.04, 0.016, 0.185), front)
        for x in (0.0,) if small else (-width / 4, width / 4):
            item.ellipsoid((x, -depth / 2 - 0.028, z), (0.035, 0.03, 0.035), knob)
    item.surfaces.append(Surface((0, 0), (width - 0.06, depth - 0.06), height))
    return item


def tv_stand(rng: np.random.Generator) -> Assembly:
    """Return a low wide cabinet with an open middle."""
    item, look = Assembly("tv stand"), m.wood(rng, 0.2)
    width, depth, height = rng.uniform(1.4, 1.8), 0.42, rng.uniform(0.45, 0.55)
    item.box((0, 0, height - 0.015), (width, depth, 0.03), look)
    item.box((0, 0, 0.06), (width, depth, 0.04), look)
    item.box((0, depth / 2 - 0.01, height / 2 + 0.02), (width, 0.02, height - 0.1), look)
    side = width * 0.3
    for x in (-1, 1):
        item.box(
            (x * (width - side) / 2, 0.01, height / 2 + 0.025), (side, depth - 0.02, height - 0.11), look
        )
        item.box(
            (x * (width - side) / 2, -depth / 2 + 0.008, height / 2 + 0.025),
            (side - 0.03, 0.016, height - 0.14),
            look._replace(first=look.second, second=look.first),
        )
        item.box((x * (width - side) / 2, 0, 0.02), (0.06, depth - 0.1, 0.04), look)
    item.box((0, -0.02, 0.105), (width * 0.3, 0.28, 0.05), m.plain("17181a", 0.5))
    item.surfaces.append(Surface((0, 0), (width - 0.06, depth - 0.04), height))
    return item


def counter(rng: np.random.Generator, look: m.Material, width: float) -> Assembly:
    """Return a kitchen counter with a stone top, tall tap and sink."""
    item, depth, height = Assembly("kitchen counter"), 0.6, 0.9
    stone = m.Material(m.MARBLE, m.rgb("d8d5cf"), m.rgb("6d6a68"), seed=m.seeded(rng), gloss=0.5)
    item.box((0, 0.02, 0.05), (width, depth - 0.08, 0.1), m.plain("303030"))
    item.box((0, 0.01, 0.48), (width, depth - 0.02, 0.76), look)
    item.box((0, 0, height - 0.02), (width, depth, 0.04), stone)
    count = max(round(width / 0.55), 1)
    _doors(item, [width / count] * count, -depth / 2 + 0.02, 0.13, 0.84, look, m.metal())
    x = width * 0.22
    item.box((x, -0.02, height + 0.003), (0.5, 0.4, 0.006), m.metal())
    item.box((x, -0.02, height + 0.006), (0.42, 0.32, 0.004), m.metal("54585c"))
    item.cone((x, 0.22, height + 0.13), (0.035, 0.035, 0.26), m.metal())
    item.cone((x, 0.14, height + 0.25), (0.03, 0.03, 0.18), m.metal(), turn=(90, 0, 0))
    item.surfaces.append(Surface((-width * 0.2, 0), (width * 0.4, depth - 0.12), height))
    return item


def wall_cabinet(rng: np.random.Generator, look: m.Material, width: float) -> Assembly:
    """Return a kitchen cupboard to hang on a wall."""
    item = Assembly("wall cabinet")
    item.box((0, 0, 0.3), (width, 0.34, 0.6), look)
    count = max(round(width / 0.5), 1)
    _doors(item, [width / count] * count, -0.17, 0.02, 0.58, look, m.metal())
    return item


def stove(rng: np.random.Generator) -> Assembly:
    """Return a stove with an oven, four plates and knobs."""
    item, body = Assembly("stove"), m.metal("d5d7d9")
    item.box((0, 0.01, 0.44), (0.6, 0.58, 0.88), body)
    item.box((0, 0, 0.89), (0.6, 0.6, 0.02), m.plain("141517", 0.6))
    item.box((0, -0.285, 0.4), (0.5, 0.02, 0.42), m.plain("1a1b1e", 0.7))
    item.cone((0, -0.32, 0.66), (0.025, 0.025, 0.46), m.metal(), turn=(0, 90, 0))
    for k in range(4):
        x, y = (-0.14 if k % 2 else 0.14), (-0.13 if k // 2 else 0.13)
        item.cone((x, y, 0.904), (0.2, 0.2, 0.008), m.plain("5b2f2a" if k == rng.integers(4) else "3a3c40"))
        item.cone((-0.21 + 0.14 * k, -0.295, 0.78), (0.05, 0.05, 0.03), m.plain("26282b"), turn=(90, 0, 0))
    return item


def fridge(rng: np.random.Generator) -> Assembly:
    """Return a fridge with two doors and notes on it."""
    item, height = Assembly("refrigerator"), rng.uniform(1.65, 1.85)
    body = m.metal("dfe2e4") if rng.random() < 0.6 else m.paint(rng, 0.4)
    item.box((0, 0.02, height / 2), (0.62, 0.6, height), body)
    for low, high in ((0.06, 0.62 * height), (0.63 * height, height - 0.02)):
        item.box((0, -0.3, (low + high) / 2), (0.61, 0.04, high - low), body)
        item.box((-0.25, -0.34, (low + high) / 2), (0.025, 0.04, 0.3), m.metal("8c9094"))
    for _ in range(4):
        x, z, look = rng.uniform(-0.1, 0.22), rng.uniform(0.68, 0.9) * height, m.plain("f2e27a")
        art = m.Material(int(rng.choice(m.PICTURES)), look.first, seed=m.seeded(rng))
        item.box((x, -0.322, z), (0.1, 0.004, 0.12), art)
    return item


def box(rng: np.random.Generator) -> Assembly:
    """Return a cardboard box with tape."""
    item = Assembly("box")
    width, depth, height = rng.uniform(0.3, 0.5), rng.uniform(0.3, 0.42), rng.uniform(0.22, 0.4)
    item.box((0, 0, height / 2), (width, depth, height), m.plain("b58a5a"))
    item.box((0, 0, height), (width + 0.004, 0.06, 0.006), m.plain("d8c39a", 0.3))
    item.box(
        (0, -depth / 2, height * 0.5),
        (0.14, 0.004, 0.09),
        m.Material(m.ABSTRACT, m.rgb("f0f0f0"), seed=m.seeded(rng)),
    )
    return item
