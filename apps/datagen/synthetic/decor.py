"""Lamps, plants, screens, and small things that stand about."""

import math

import numpy as np

from spatialgeom.apps.datagen.synthetic import materials as m
from spatialgeom.apps.datagen.synthetic.solids import Assembly


def television(rng: np.random.Generator) -> Assembly:
    """Return a flat television on a foot."""
    item, dark = Assembly("tv"), m.plain("101113", 0.5)
    width = rng.uniform(0.95, 1.25)
    height = width * 0.58
    item.box((0, 0.02, 0.01), (width * 0.4, 0.2, 0.02), dark)
    item.box((0, 0.03, 0.06), (0.1, 0.03, 0.1), dark)
    item.box((0, 0, 0.09 + height / 2), (width, 0.05, height), dark)
    film = m.Material(m.SCREEN, m.rgb("101113"), seed=m.seeded(rng) // 2 * 2 + 1, gloss=0.4, glow=0.45)
    item.box((0, -0.026, 0.095 + height / 2), (width - 0.03, 0.004, height - 0.04), film)
    return item


def monitor(rng: np.random.Generator) -> Assembly:
    """Return a computer screen with its keyboard in front."""
    item, dark = Assembly("monitor"), m.plain("1b1c1f", 0.3)
    item.cone((0, 0.12, 0.01), (0.24, 0.18, 0.02), dark)
    item.cone((0, 0.13, 0.1), (0.04, 0.04, 0.2), dark)
    item.box((0, 0.1, 0.32), (0.56, 0.04, 0.35), dark)
    text = m.Material(m.SCREEN, m.rgb("101113"), seed=m.seeded(rng) // 2 * 2, gloss=0.3, glow=0.5)
    item.box((0, 0.078, 0.32), (0.54, 0.004, 0.33), text)
    return item


def keyboard(rng: np.random.Generator) -> Assembly:
    """Return a keyboard."""
    item = Assembly("keyboard")
    keys = m.Material(m.KEYS, m.rgb("3a3c40"), m.rgb("0c0c0d"), face=m.TOP)
    item.box((0, 0, 0.01), (0.42, 0.14, 0.02), keys)
    return item


def laptop(rng: np.random.Generator) -> Assembly:
    """Return an open laptop."""
    item, body = Assembly("laptop"), m.metal("a9adb2")
    item.box((0, 0, 0.009), (0.34, 0.24, 0.018), body)
    keys = m.Material(m.KEYS, m.rgb("4a4c50"), m.rgb("101012"), face=m.TOP)
    item.box((0, 0.02, 0.019), (0.3, 0.12, 0.004), keys)
    item.box((0, 0.15, 0.125), (0.34, 0.012, 0.23), body, turn=(-14, 0, 0))
    text = m.Material(m.SCREEN, m.rgb("101113"), seed=m.seeded(rng), glow=0.5)
    item.box((0, 0.142, 0.126), (0.32, 0.004, 0.21), text, turn=(-14, 0, 0))
    return item


def floor_lamp(rng: np.random.Generator) -> Assembly:
    """Return a standing lamp with a glowing shade."""
    item, pole, height = Assembly("floor lamp"), m.metal("6b6258"), rng.uniform(1.5, 1.7)
    item.cone((0, 0, 0.015), (0.3, 0.3, 0.03), pole)
    item.cone((0, 0, height / 2), (0.03, 0.03, height - 0.1), pole)
    shade = m.Material(m.PLAIN, m.pick(rng, ["f5dfa8", "f0e6d2", "e8c08a"]), glow=0.75)
    item.cone((0, 0, height), (0.42, 0.42, 0.28), shade, taper=0.62, shadow=False)
    return item


def table_lamp(rng: np.random.Generator) -> Assembly:
    """Return a small lamp with a round foot."""
    item, foot = Assembly("lamp"), m.paint(rng, 0.6)
    item.ellipsoid((0, 0, 0.09), (0.15, 0.15, 0.18), foot)
    item.cone((0, 0, 0.2), (0.025, 0.025, 0.12), m.metal("c9a24a"))
    shade = m.Material(m.PLAIN, m.pick(rng, ["f5dfa8", "f2d9c0", "e8e0c8"]), glow=0.8)
    item.cone((0, 0, 0.33), (0.28, 0.28, 0.18), shade, taper=0.6, shadow=False)
    return item


def ceiling_lamp(rng: np.random.Generator, ceiling: float) -> Assembly:
    """Return a lamp that hangs from the ceiling, built downwards from ``ceiling``."""
    item, cord = Assembly("ceiling lamp"), rng.uniform(0.12, 0.3)
    item.cone((0, 0, ceiling - 0.02), (0.12, 0.12, 0.04), m.plain("e8e8e8"), shadow=False)
    item.cone((0, 0, ceiling - cord / 2), (0.012, 0.012, cord), m.plain("222222"), shadow=False)
    shade = m.Material(m.PLAIN, m.pick(rng, ["f5e6c0", "f4f0e8", "f0c890"]), glow=0.9)
    if rng.random() < 0.5:
        item.cone((0, 0, ceiling - cord - 0.1), (0.46, 0.46, 0.2), shade, taper=0.35, shadow=False)
    else:
        item.ellipsoid((0, 0, ceiling - cord - 0.14), (0.34, 0.34, 0.3), shade, shadow=False)
    return item


def plant(rng: np.random.Generator, tall: float | None = None) -> Assembly:
    """Return a plant in a pot, with long leaves that bend outwards or a round crown."""
    item, green = Assembly("plant"), m.leaf(rng)
    height = tall or rng.uniform(0.8, 1.3)
    pot = min(0.3 * height, 0.34)
    clay = m.plain("a8583a") if rng.random() < 0.5 else m.paint(rng, 0.4)
    item.cone((0, 0, pot / 2), (0.75 * pot, 0.75 * pot, pot), clay, taper=1.35)
    item.cone((0, 0, pot + 0.002), (0.92 * pot, 0.92 * pot, 0.004), m.plain("2a1c12"))
    if rng.random() < 0.5:
        for k in range(14):
            around, lean = 360 * k / 14 + rng.uniform(-12, 12), rng.uniform(8, 50)
            length = (height - pot) * rng.uniform(0.7, 1.0) / math.cos(math.radians(0.55 * lean))
            out, up = 0.5 * length * math.sin(math.radians(lean)), 0.5 * length * math.cos(math.radians(lean))
            # a leaf leans towards -y before it turns about z
            x, y = out * math.sin(math.radians(around)), -out * math.cos(math.radians(around))
            size = (0.1 * min(height, 1.0), 0.014, length)
            item.ellipsoid((x, y, pot + up), size, green, turn=(lean, 0, around))
        return item
    item.cone((0, 0, 0.5 * (pot + 0.8 * height)), (0.035, 0.035, 0.8 * height - pot), m.plain("5a3d22"))
    for _ in range(34):
        z = pot + (height - pot) * rng.uniform(0.35, 0.92)
        radius, around = 0.26 * height * rng.uniform(0.3, 1.0), rng.uniform(0, 2 * math.pi)
        scale = min(height, 1.1)
        leaf = (0.11 * scale, 0.02 * scale, 0.2 * scale)
        turn = (rng.uniform(20, 100), 0, math.degrees(around) + 90)
        item.ellipsoid((radius * math.cos(around), radius * math.sin(around), z), leaf, green, turn=turn)
    return item


def vase(rng: np.random.Generator) -> Assembly:
    """Return a vase with flowers."""
    item, look = Assembly("vase"), m.paint(rng, 0.7)
    item.cone((0, 0, 0.07), (0.08, 0.08, 0.14), look, taper=1.5)
    item.cone((0, 0, 0.18), (0.12, 0.12, 0.08), look, taper=0.55)
    for k in range(6):
        around, lean = 60.0 * k + rng.uniform(-15, 15), rng.uniform(8, 28)
        x = 0.1 * math.sin(math.radians(lean)) * math.sin(math.radians(around))
        y = -0.1 * math.sin(math.radians(lean)) * math.cos(math.radians(around))
        item.cone((x, y, 0.3), (0.008, 0.008, 0.2), m.plain("3f7a35"), turn=(lean, 0, around))
        bloom = m.plain(str(rng.choice(["d94f87", "e8c33a", "e8e4dc", "c8322d"])))
        item.ellipsoid((2 * x, 2 * y, 0.3 + 0.1 * math.cos(math.radians(lean))), (0.075, 0.075, 0.05), bloom)
    return item


def fruit_bowl(rng: np.random.Generator) -> Assembly:
    """Return a bowl heaped with fruit."""
    item = Assembly("bowl")
    item.cone((0, 0, 0.045), (0.12, 0.12, 0.09), m.paint(rng, 0.6), taper=2.1)
    for k in range(7):
        radius, around = (0.075, k * math.pi / 3) if k else (0.0, 0.0)
        look = m.plain(str(rng.choice(["c8322d", "e89a1e", "8fae2f", "e8d23a"])), 0.4)
        height = 0.1 if k else 0.135
        item.ellipsoid(
            (radius * math.cos(around), radius * math.sin(around), height), (0.08, 0.08, 0.075), look
        )
    return item


def mug(rng: np.random.Generator) -> Assembly:
    """Return a mug with a handle."""
    item, look = Assembly("cup"), m.paint(rng, 0.6)
    item.cone((0, 0, 0.05), (0.08, 0.08, 0.1), look)
    item.cone((0, 0, 0.1), (0.068, 0.068, 0.003), m.plain("2b170c"))
    for z in (0.03, 0.075):
        item.box((0.052, 0, z), (0.03, 0.012, 0.012), look)
    item.box((0.065, 0, 0.0525), (0.012, 0.012, 0.055), look)
    return item


def book_pile(rng: np.random.Generator) -> Assembly:
    """Return a few books, one upon the other."""
    item, z = Assembly("books"), 0.0
    for _ in range(int(rng.integers(2, 5))):
        thick = rng.uniform(0.025, 0.045)
        cover = m.Material(
            int(rng.choice(m.PICTURES)), m.pick(rng, m.BRIGHTS), seed=m.seeded(rng), face=m.TOP
        )
        size = (rng.uniform(0.2, 0.27), rng.uniform(0.15, 0.19), thick)
        item.box((0, 0, z + thick / 2), size, cover, turn=(0, 0, rng.uniform(-14, 14)))
        z += thick
    return item


def bin_(rng: np.random.Generator) -> Assembly:
    """Return a waste bin."""
    item = Assembly("trash can")
    item.cone((0, 0, 0.17), (0.22, 0.22, 0.34), m.paint(rng, 0.3), taper=1.25)
    item.cone((0, 0, 0.341), (0.25, 0.25, 0.004), m.plain("111111"))
    return item


def ball(rng: np.random.Generator) -> Assembly:
    """Return a striped ball."""
    item, size = Assembly("ball"), rng.uniform(0.2, 0.32)
    look = m.Material(m.STRIPES, m.pick(rng, m.BRIGHTS), m.rgb("f0f0f0"), size * 0.5, m.seeded(rng), 0.3)
    item.ellipsoid((0, 0, size / 2), (size, size, size), look)
    return item


def toy_blocks(rng: np.random.Generator) -> Assembly:
    """Return building blocks in a heap."""
    item = Assembly("toy blocks")
    for k, (x, y, z) in enumerate(
        [(-0.1, 0, 0), (0.02, 0.03, 0), (0.13, -0.02, 0), (-0.04, 0.01, 1), (0.07, 0, 1), (0.02, 0, 2)]
    ):
        item.box((x, y, 0.05 + 0.1 * z), (0.098, 0.098, 0.098), m.paint(rng), turn=(0, 0, 11.0 * k % 30))
    return item
