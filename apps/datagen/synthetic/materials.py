"""Materials by name, with colours drawn from palettes."""

from typing import NamedTuple

import numpy as np

Colour = tuple[float, float, float]

PLAIN, WOOD, PLANKS, TILES, BRICK, MARBLE, SPECKLE, METAL, LEAF = range(9)
CHECK, STRIPES, WEAVE, DOTS, BANDS, DIAMONDS, FLOWERS, CURTAIN, RUG = range(10, 19)
LANDSCAPE, ABSTRACT, BOUQUET, PORTRAIT, VIEW, SCREEN, BOOK, CLOCK, KEYS = range(20, 29)
PICTURES = (LANDSCAPE, ABSTRACT, BOUQUET, PORTRAIT)

FRONT, TOP = 3, 4


class Material(NamedTuple):
    """What a surface looks like; colours are linear, ``scale`` is the size of the pattern in metres."""

    kind: int
    first: Colour
    second: Colour = (0.0, 0.0, 0.0)
    scale: float = 1.0
    seed: float = 0.0
    gloss: float = 0.0
    glow: float = 0.0
    bevel: float = 0.006
    face: int = FRONT

    def row(self) -> list[float]:
        """Return the 13 numbers that the renderer reads."""
        return [self.kind, *self.first, *self.second, *self[3:]]


def rgb(text: str) -> Colour:
    """Return the linear colour of ``rrggbb``, with a display exponent of 2."""
    red, green, blue = ((int(text[i : i + 2], 16) / 255.0) ** 2 for i in (0, 2, 4))
    return red, green, blue


WOODS = ("8a5a33 6b4224", "b98a58 9a6c3d", "d8b98a c09a66", "5a3825 3f2618", "c99a63 a87843", "e6d3b0 d0b98e")
CLOTHS = [
    "39597a",
    "7a2f34",
    "4f6b4a",
    "c9a227",
    "8d8a85",
    "5b4a6b",
    "b5651d",
    "2f6f73",
    "d3c6ae",
    "9c4f5e",
    "3b3f46",
    "7d93a8",
]
PAINTS = ["f2efe6", "e9dfc8", "dbe5e8", "dfe6d3", "efe0d8", "e4dcea", "f0e6c0", "d5dde6", "e8d3c5", "cfdcd0"]
BRIGHTS = [
    "c8322d",
    "2565a8",
    "e0a81e",
    "2f8a4c",
    "d9622b",
    "7a3f98",
    "1f9aa0",
    "d94f87",
    "3d3d3d",
    "efe9dc",
    "8c5a2b",
    "5f9e2f",
]


def pick(rng: np.random.Generator, names: list[str]) -> Colour:
    """Draw a colour of the palette, a little changed."""
    red, green, blue = rgb(names[rng.integers(len(names))])
    shift = rng.uniform(0.85, 1.15)
    return min(red * shift, 1.0), min(green * shift, 1.0), min(blue * shift, 1.0)


def seeded(rng: np.random.Generator) -> float:
    """Draw the number that sets one pattern apart from another."""
    return float(rng.integers(1, 10_000))


def wood(rng: np.random.Generator, gloss: float = 0.15) -> Material:
    """Draw a wood with grain along each part's longest side."""
    light, dark = WOODS[rng.integers(len(WOODS))].split()
    return Material(WOOD, rgb(light), rgb(dark), 1.0, seeded(rng), gloss)


def cloth(rng: np.random.Generator, kind: int | None = None) -> Material:
    """Draw a fabric: woven, checked, striped or dotted."""
    chosen = int(rng.choice([WEAVE, WEAVE, CHECK, STRIPES, DOTS])) if kind is None else kind
    return Material(
        chosen, pick(rng, CLOTHS), pick(rng, CLOTHS), rng.uniform(0.08, 0.16), seeded(rng), bevel=0.035
    )


def paint(rng: np.random.Generator, gloss: float = 0.1) -> Material:
    """Draw a bright painted or plastic surface."""
    return Material(PLAIN, pick(rng, BRIGHTS), seed=seeded(rng), gloss=gloss)


def plain(text: str, gloss: float = 0.0, glow: float = 0.0, bevel: float = 0.006) -> Material:
    """Return one colour, given as ``rrggbb``."""
    return Material(PLAIN, rgb(text), gloss=gloss, glow=glow, bevel=bevel)


def metal(text: str = "b9bcc0") -> Material:
    """Return brushed metal."""
    return Material(METAL, rgb(text), gloss=0.6)


def leaf(rng: np.random.Generator) -> Material:
    """Draw a green."""
    green = ("3f7a35 2a5a26", "5d9140 3c6b2c", "2f6b45 1f4a31")[rng.integers(3)].split()
    return Material(LEAF, rgb(green[0]), rgb(green[1]), seed=seeded(rng), gloss=0.2)


def wall(rng: np.random.Generator) -> Material:
    """Draw a wall: patterned paper mostly, at times brick or rough paint."""
    kind = int(rng.choice([BANDS, DIAMONDS, FLOWERS, BRICK, PLAIN], p=[0.25, 0.25, 0.25, 0.1, 0.15]))
    base = pick(rng, PAINTS)
    if kind == BRICK:
        return Material(BRICK, rgb("b0694e"), rgb("d8d0c4"), 1.0, seeded(rng))
    red, green, blue = (channel * rng.uniform(0.68, 0.86) for channel in base)
    return Material(kind, base, (red, green, blue), rng.uniform(0.16, 0.3), seeded(rng))


def floor(rng: np.random.Generator, kind: int) -> Material:
    """Draw a floor of planks, tiles or carpet."""
    light, dark = (rgb(name) for name in WOODS[rng.integers(len(WOODS))].split())
    if kind == PLANKS:
        return Material(PLANKS, light, dark, rng.uniform(0.11, 0.17), seeded(rng), 0.25)
    if kind == TILES:
        pale, other = pick(rng, PAINTS), pick(rng, ["9aa5a8", "b59a7d", "5f6a70", "a8b5a0"])
        return Material(TILES, pale, other, rng.uniform(0.3, 0.45), seeded(rng), 0.35)
    return Material(SPECKLE, pick(rng, CLOTHS), pick(rng, CLOTHS), 0.02, seeded(rng))


def ceiling(rng: np.random.Generator) -> Material:
    """Draw a ceiling: white panels, painted boards or plaster."""
    kind = int(rng.choice([TILES, PLANKS, PLAIN]))
    seed = 3 * (int(seeded(rng)) // 3) + 1
    return Material(kind, rgb("f4f2ec"), rgb("dedad0"), 0.6 if kind == TILES else 0.2, seed)
