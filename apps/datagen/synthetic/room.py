"""Whole rooms: walls, furniture, light, and the true box of each thing."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spatialgeom.apps.datagen.synthetic import materials as m
from spatialgeom.apps.datagen.synthetic.layout import CrampedError, Layout, Placed
from spatialgeom.apps.datagen.synthetic.light import Lighting, light_room
from spatialgeom.apps.datagen.synthetic.recipes import KINDS, furnish
from spatialgeom.apps.datagen.synthetic.solids import SHELL, Assembly, Floats, Solids
from spatialgeom.apps.datagen.synthetic.walk import clearance, walkable_area

_LEAST_WALK_M2 = 2.5
_SKIRTING_M = 0.012
_DAYLIGHT, _LAMPLIGHT = (0.5, 0.56, 0.66), (0.92, 0.8, 0.62)


@dataclass(frozen=True)
class Instance:
    """One thing and the upright box around it, in world metres.

    Args:
        id: Its value in instance images, from 1.
        category: What it is, in lower case.
        centre: Centre of the box.
        size: Along the box's first horizontal axis, its second, and its height.
        yaw_deg: Angle of the first horizontal axis from world x, counter-clockwise from above.
    """

    id: int
    category: str
    centre: tuple[float, float, float]
    size: tuple[float, float, float]
    yaw_deg: float


@dataclass(frozen=True, eq=False)
class Room:
    """A furnished room with its floor at z = 0, centred on the origin.

    Args:
        kind: Its use, such as "bedroom".
        size: Inner size along x, y and z in metres.
        instances: Everything in it, by id.
        solids: What it is built from.
        lamps: Positions of lights and their colours (L, 6).
    """

    kind: str
    size: tuple[float, float, float]
    instances: tuple[Instance, ...]
    solids: Solids
    lamps: Floats

    @cached_property
    def lighting(self) -> Lighting:
        """Shadow maps and open space, computed when first needed."""
        return light_room(self.solids, self.lamps)


_SIZES = {
    "living room": ((5.8, 7.0), (5.0, 6.0)),
    "bedroom": ((4.8, 5.6), (4.4, 5.2)),
    "kitchen": ((5.0, 6.0), (4.4, 5.2)),
    "office": ((5.6, 6.8), (4.8, 5.8)),
    "playroom": ((4.8, 5.6), (4.4, 5.2)),
}


def build_room(seed: int, index: int) -> Room:
    """Return room ``index`` of a seed; the same numbers give the same room, and neighbours differ in kind."""
    order = np.random.default_rng([seed, 7]).permutation(len(KINDS))
    kind = list(KINDS)[order[index % len(KINDS)]]
    for attempt in range(200):
        rng = np.random.default_rng([seed, index, attempt])
        (low_x, high_x), (low_y, high_y) = _SIZES[kind]
        size = (rng.uniform(low_x, high_x), rng.uniform(low_y, high_y), rng.uniform(2.55, 2.9))
        layout = Layout(rng, size)
        try:
            furnish(layout, kind)
        except CrampedError:
            continue
        boxes = [(*item.box(), item.yaw_deg) for item in layout.placed]
        if walkable_area(clearance(size, boxes)) >= _LEAST_WALK_M2:
            return _finish(layout, kind)
    raise CrampedError(f"no {kind} fits for seed {seed}, index {index}")


def _finish(layout: Layout, kind: str) -> Room:
    instances = []
    for k, item in enumerate(layout.placed):
        centre, size = item.box()
        category, yaw = item.assembly.category, (item.yaw_deg + 180) % 360 - 180
        instances.append(Instance(k + 1, category, _triple(centre), _triple(size), yaw))
    solids = assemble(layout.size, layout.placed, _faces(layout.rng, kind))
    return Room(kind, layout.size, tuple(instances), solids, _lights(layout))


def _triple(values: Floats) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])


def _faces(rng: np.random.Generator, kind: str) -> list[m.Material]:
    """Return materials of the walls at +x, -x, +y, -y, of the ceiling and of the floor."""
    papers = [m.wall(rng), m.wall(rng)]
    kinds = [m.TILES] if kind == "kitchen" else [m.PLANKS, m.PLANKS, m.SPECKLE]
    which = rng.permutation([0, 0, 1, 1])
    walls = [papers[k] for k in which]
    return [*walls, m.ceiling(rng), m.floor(rng, int(rng.choice(kinds)))]


def assemble(size: tuple[float, float, float], placed: list[Placed], faces: list[m.Material]) -> Solids:
    """Return the solids of an inner space of this size, furnished, with boards along floor and ceiling."""
    board = Assembly("")
    for axis in (0, 1):
        for sign in (-1, 1):
            for height, thick in ((0.04, _SKIRTING_M), (size[2] - 0.03, 0.05)):
                centre, extent = np.array([0.0, 0.0, height]), np.array([size[0], size[1], 0.08])
                centre[axis], extent[axis] = sign * (size[axis] - thick) / 2, thick
                board.box(_triple(centre), _triple(extent), m.plain("f0ede4"), shadow=False)
    everything = [Placed(board, np.zeros(3), 0.0), *placed]
    parts = [(part, item, k) for k, item in enumerate(everything) for part in item.assembly.parts]
    shell = np.array(size) / 2
    blank = [0.0] * 13
    return Solids(
        kind=np.array([SHELL, *(part.kind for part, _, _ in parts)]),
        centre=np.array(
            [[0, 0, shell[2]], *(item.to_world(_triple(part.centre)) for part, item, _ in parts)]
        ),
        rotation=np.array([np.eye(3), *(item.turn @ part.rotation for part, item, _ in parts)]),
        half=np.array([shell, *(part.half for part, _, _ in parts)]),
        taper=np.array([1.0, *(part.taper for part, _, _ in parts)]),
        material=np.array([blank, *(part.material.row() for part, _, _ in parts), *(f.row() for f in faces)]),
        instance=np.array([0, *(k for _, _, k in parts)]),
        shadow=np.array([False, *(part.shadow for part, _, _ in parts)]),
    )


def _lights(layout: Layout) -> Floats:
    """Return a light before each window and under each lamp, (L, 6) position and colour."""
    count = sum(item.assembly.category == "ceiling lamp" for item in layout.placed)
    lights = []
    for item in layout.placed:
        if item.assembly.category == "window":
            lights.append([*item.to_world((0, -0.4, 0.9)), *_DAYLIGHT])
        elif item.assembly.category == "ceiling lamp":
            low, _ = item.assembly.bounds()
            lights.append([*item.to_world((0, 0, low[2] - 0.02)), *(np.array(_LAMPLIGHT) / count**0.5)])
    return np.array(lights)
