"""Solids that rooms are made of: boxes, ellipsoids and capped cones, each in its own frame."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spatialgeom.apps.datagen.synthetic.materials import Material

Floats = NDArray[np.float64]
Triple = tuple[float, float, float]

BOX, ELLIPSOID, CONE, SHELL = 0, 1, 2, 3


class Solids(NamedTuple):
    """All solids of a room as columns; the first is the room itself, seen from inside."""

    kind: NDArray[np.int64]  # (S,)
    centre: Floats  # (S, 3) metres in the world
    rotation: Floats  # (S, 3, 3) world_from_solid
    half: Floats  # (S, 3) half sizes in metres
    taper: Floats  # (S,) top radius over bottom radius of a cone
    material: Floats  # (S + 6, 13), last those of the room's six faces, +x -x +y -y +z -z
    instance: NDArray[np.int64]  # (S,) 0 is structure
    shadow: NDArray[np.bool_]  # (S,) whether it keeps light from others


@dataclass(frozen=True)
class Part:
    """One solid within an assembly; ``rotation`` maps solid axes to the assembly's."""

    kind: int
    centre: Floats
    rotation: Floats
    half: Floats
    taper: float
    material: Material
    shadow: bool

    def bounds(self) -> tuple[Floats, Floats]:
        """Return the exact lowest and highest corner along the assembly's axes."""
        reach = self.rotation * self.half  # (3, 3), column i is half axis i
        if self.kind == ELLIPSOID:
            high = np.sqrt((reach**2).sum(axis=1))
            return self.centre - high, self.centre + high
        if self.kind == BOX:
            high = np.abs(reach).sum(axis=1)
            return self.centre - high, self.centre + high
        disc = np.sqrt((reach[:, :2] ** 2).sum(axis=1))
        bottom, top = self.centre - reach[:, 2], self.centre + reach[:, 2]
        low = np.minimum(bottom - disc, top - self.taper * disc)
        return low, np.maximum(bottom + disc, top + self.taper * disc)


class Surface(NamedTuple):
    """A level rectangle of an assembly on which small things may stand."""

    centre: tuple[float, float]
    size: tuple[float, float]
    height: float


@dataclass
class Assembly:
    """One piece of furniture: its front looks along -y, z is up, the floor is at z = 0."""

    category: str
    parts: list[Part] = field(default_factory=list)
    surfaces: list[Surface] = field(default_factory=list)

    def box(
        self,
        centre: Sequence[float],
        size: Sequence[float],
        material: Material,
        turn: Triple = (0, 0, 0),
        shadow: bool = True,
    ) -> None:
        """Add a box; ``turn`` is in degrees about x, then y, then z."""
        self._add(BOX, centre, size, 1.0, material, turn, shadow)

    def ellipsoid(
        self,
        centre: Sequence[float],
        size: Sequence[float],
        material: Material,
        turn: Triple = (0, 0, 0),
        shadow: bool = True,
    ) -> None:
        """Add an ellipsoid with these diameters."""
        self._add(ELLIPSOID, centre, size, 1.0, material, turn, shadow)

    def cone(
        self,
        centre: Sequence[float],
        size: Sequence[float],
        material: Material,
        taper: float = 1.0,
        turn: Triple = (0, 0, 0),
        shadow: bool = True,
    ) -> None:
        """Add a capped cone along z with bottom diameters ``size[:2]``; a taper of 1 is a cylinder."""
        self._add(CONE, centre, size, taper, material, turn, shadow)

    def bounds(self) -> tuple[Floats, Floats]:
        """Return the lowest and highest corner of all parts."""
        corners = [part.bounds() for part in self.parts]
        return np.min([low for low, _ in corners], axis=0), np.max([high for _, high in corners], axis=0)

    def _add(
        self,
        kind: int,
        centre: Sequence[float],
        size: Sequence[float],
        taper: float,
        material: Material,
        turn: Triple,
        shadow: bool,
    ) -> None:
        middle, half = np.array(centre, dtype=np.float64), np.array(size, dtype=np.float64) / 2
        self.parts.append(Part(kind, middle, rotation(*turn), half, taper, material, shadow))


def rotation(about_x: float, about_y: float, about_z: float) -> Floats:
    """Return the rotation by these angles in degrees, about x first and z last."""
    result = np.eye(3)
    for axis, degrees in enumerate((about_x, about_y, about_z)):
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        i, j = (axis + 1) % 3, (axis + 2) % 3
        turn = np.eye(3)
        turn[i, i], turn[i, j], turn[j, i], turn[j, j] = c, -s, s, c
        result = turn @ result
    return result
