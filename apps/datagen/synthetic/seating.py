"""Things to sit, lie and eat at."""

import math

import numpy as np

from spatialgeom.apps.datagen.synthetic import materials as m
from spatialgeom.apps.datagen.synthetic.solids import Assembly, Surface


def _legs(item: Assembly, width: float, depth: float, height: float, thick: float, look: m.Material) -> None:
    for x in (-1, 1):
        for y in (-1, 1):
            centre = (x * (width - thick) / 2, y * (depth - thick) / 2, height / 2)
            item.box(centre, (thick, thick, height), look)


def table(
    rng: np.random.Generator, category: str = "table", size: tuple[float, float] | None = None
) -> Assembly:
    """Return a table, round at times, with a free top."""
    item, look = Assembly(category), m.wood(rng, 0.25)
    width, depth = size or (rng.uniform(1.2, 1.7), rng.uniform(0.75, 0.9))
    height = rng.uniform(0.72, 0.77)
    if size is None and rng.random() < 0.35:
        depth = width = rng.uniform(1.05, 1.25)
        item.cone((0, 0, height - 0.02), (width, depth, 0.04), look)
        item.cone((0, 0, height / 2), (0.12, 0.12, height - 0.04), look)
        item.cone((0, 0, 0.02), (0.6, 0.6, 0.04), look, taper=0.6)
        item.surfaces.append(Surface((0, 0), (0.65 * width, 0.65 * depth), height))
        return item
    item.box((0, 0, height - 0.02), (width, depth, 0.04), look)
    item.box((0, 0, height - 0.085), (width - 0.12, depth - 0.12, 0.09), look)
    _legs(item, width - 0.06, depth - 0.06, height - 0.04, 0.07, look)
    item.surfaces.append(Surface((0, 0), (width - 0.1, depth - 0.1), height))
    return item


def coffee_table(rng: np.random.Generator) -> Assembly:
    """Return a low table with a shelf."""
    item, look = Assembly("coffee table"), m.wood(rng, 0.3)
    width, depth, height = rng.uniform(0.9, 1.15), rng.uniform(0.5, 0.62), rng.uniform(0.4, 0.46)
    item.box((0, 0, height - 0.02), (width, depth, 0.04), look)
    item.box((0, 0, 0.14), (width - 0.1, depth - 0.1, 0.025), look)
    _legs(item, width - 0.04, depth - 0.04, height - 0.04, 0.055, look)
    item.surfaces.append(Surface((0, 0), (width - 0.12, depth - 0.1), height))
    return item


def chair(
    rng: np.random.Generator, look: m.Material | None = None, seat: m.Material | None = None
) -> Assembly:
    """Return a chair with a slatted back."""
    item, look, seat = Assembly("chair"), look or m.wood(rng), seat or m.cloth(rng)
    width, depth, height, back = 0.44, 0.44, 0.45, 0.92
    _legs(item, width, depth, height - 0.03, 0.04, look)
    item.box((0, 0, height - 0.045), (width, depth, 0.03), look)
    item.box((0, 0, height - 0.015), (width - 0.03, depth - 0.03, 0.05), seat)
    for x in (-1, 1):
        item.box((x * (width - 0.04) / 2, 0.21, 0.68), (0.04, 0.035, 0.5), look, turn=(-4, 0, 0))
    for z in (0.6, 0.72, back - 0.06):
        item.box((0, 0.2 + 0.07 * (z - 0.45), z), (width - 0.05, 0.02, 0.06), look)
    return item


def office_chair(rng: np.random.Generator) -> Assembly:
    """Return a swivel chair on a star of five arms."""
    item, look, dark = Assembly("office chair"), m.cloth(rng, m.WEAVE), m.plain("26282b", 0.3)
    for k in range(5):
        angle = 72 * k + 18
        x, y = 0.14 * math.cos(math.radians(angle)), 0.14 * math.sin(math.radians(angle))
        item.box((x, y, 0.075), (0.28, 0.045, 0.03), dark, turn=(0, 0, angle))
        item.ellipsoid((2 * x, 2 * y, 0.03), (0.06, 0.06, 0.06), dark)
    item.cone((0, 0, 0.25), (0.06, 0.06, 0.34), m.metal())
    item.box((0, 0, 0.455), (0.48, 0.46, 0.09), look)
    item.box((0, 0.24, 0.82), (0.44, 0.07, 0.5), look, turn=(-8, 0, 0))
    item.box((0, 0.25, 0.52), (0.06, 0.03, 0.22), dark)
    for x in (-0.26, 0.26):
        item.box((x, 0.03, 0.55), (0.03, 0.05, 0.2), dark)
        item.box((x, 0, 0.66), (0.06, 0.26, 0.03), dark)
    return item


def stool(rng: np.random.Generator) -> Assembly:
    """Return a round stool."""
    item, look = Assembly("stool"), m.wood(rng)
    height = rng.uniform(0.44, 0.64)
    item.cone((0, 0, height - 0.025), (0.34, 0.34, 0.05), m.paint(rng) if rng.random() < 0.5 else look)
    for k in range(4):
        x, y = (0.11 if k % 2 else -0.11), (0.11 if k // 2 else -0.11)
        turn = (-6 if y < 0 else 6, 6 if x > 0 else -6, 0)
        item.cone((x, y, height / 2 - 0.025), (0.035, 0.035, height - 0.055), look, turn=turn)
    return item


def sofa(rng: np.random.Generator, category: str = "sofa") -> Assembly:
    """Return a sofa of two or three seats, or an armchair."""
    item, look = Assembly(category), m.cloth(rng)
    seats = 1 if category == "armchair" else int(rng.integers(2, 4))
    inner, arm, depth = seats * rng.uniform(0.6, 0.66), rng.uniform(0.14, 0.2), rng.uniform(0.85, 0.95)
    width, foot = inner + 2 * arm, m.plain("2e2119")
    item.box((0, 0, 0.2), (width, depth, 0.24), look)
    item.box((0, depth / 2 - 0.1, 0.53), (width, 0.2, 0.54), look)
    for side in (-1, 1):
        item.box((side * (width - arm) / 2, -0.02, 0.42), (arm, depth - 0.04, 0.3), look)
        item.cone(
            (side * (width - arm) / 2, -0.02, 0.57), (arm * 1.1, 0.12, depth - 0.04), look, turn=(90, 0, 0)
        )
        for y in (-1, 1):
            item.cone((side * (width / 2 - 0.1), y * (depth / 2 - 0.1), 0.04), (0.05, 0.05, 0.08), foot)
    step = inner / seats
    for k in range(seats):
        x = -inner / 2 + (k + 0.5) * step
        item.box((x, -0.1, 0.39), (step - 0.012, depth - 0.22, 0.15), look)
        item.box((x, depth / 2 - 0.25, 0.62), (step - 0.02, 0.15, 0.36), look, turn=(-10, 0, 0))
    cushion = m.cloth(rng, int(rng.choice([m.CHECK, m.STRIPES, m.DOTS])))._replace(bevel=0.09)
    for side in (-1, 1) if seats > 1 else (0,):
        centre = (side * (inner / 2 - 0.22), depth / 2 - 0.4, 0.63)
        item.box(centre, (0.4, 0.13, 0.38), cushion, turn=(-18, 12 * side, 12 * side))
    return item


def bed(rng: np.random.Generator, width: float = 1.6) -> Assembly:
    """Return a bed with headboard, duvet and pillows."""
    item, look, length = Assembly("bed"), m.wood(rng), 2.05
    sheet, duvet = m.plain("eceae4", bevel=0.04), m.cloth(rng)._replace(bevel=0.08)
    item.box((0, 0, 0.2), (width + 0.06, length, 0.2), look)
    for x in (-1, 1):
        for y in (-1, 1):
            item.box((x * (width / 2 - 0.05), y * (length / 2 - 0.06), 0.05), (0.08, 0.08, 0.1), look)
    item.box((0, length / 2 + 0.03, 0.5), (width + 0.1, 0.06, 1.0), look)
    item.box((0, 0, 0.38), (width, length - 0.06, 0.2), sheet)
    item.box((0, -0.25, 0.46), (width + 0.08, length - 0.53, 0.16), duvet)
    item.box((0, 0.48, 0.545), (width + 0.085, 0.26, 0.04), sheet)
    pillows = (-width / 4, width / 4) if width > 1.2 else (0.0,)
    for at in pillows:
        item.ellipsoid((at, length / 2 - 0.27, 0.54), (0.66, 0.42, 0.2), sheet, turn=(14, 0, 0))
    return item


def desk(rng: np.random.Generator) -> Assembly:
    """Return a writing desk with drawers on one side."""
    item, look, body = Assembly("desk"), m.wood(rng, 0.25), m.paint(rng)
    width, depth, height = rng.uniform(1.25, 1.6), rng.uniform(0.65, 0.75), 0.74
    item.box((0, 0, height - 0.018), (width, depth, 0.036), look)
    side = 1 if rng.random() < 0.5 else -1
    item.box((side * (width / 2 - 0.24), 0.02, 0.36), (0.42, depth - 0.1, 0.69), body)
    for k in range(3):
        centre = (side * (width / 2 - 0.24), -depth / 2 + 0.06, 0.16 + 0.22 * k)
        item.box(centre, (0.38, 0.02, 0.195), look)
        item.box((centre[0], centre[1] - 0.018, centre[2] + 0.04), (0.12, 0.02, 0.015), m.metal())
    for y in (-1, 1):
        item.box((-side * (width / 2 - 0.05), y * (depth / 2 - 0.05), 0.36), (0.05, 0.05, 0.72), m.metal())
    item.surfaces.append(Surface((0, 0), (width - 0.06, depth - 0.06), height))
    return item
