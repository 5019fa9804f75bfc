"""Where furniture stands: positions drawn until nothing is in the way of anything."""

from dataclasses import dataclass, field

import numpy as np

from spatialgeom.apps.datagen.synthetic.solids import Assembly, Floats, rotation

_FURNITURE_GAP_M = 0.03


class CrampedError(Exception):
    """Something that the room cannot do without found no place."""


@dataclass(frozen=True)
class Placed:
    """An assembly in the room; ``yaw_deg`` turns its front from -y, counter-clockwise from above."""

    assembly: Assembly
    position: Floats
    yaw_deg: float

    @property
    def turn(self) -> Floats:
        """Return the rotation from the assembly's axes to the world's."""
        return rotation(0, 0, self.yaw_deg)

    def to_world(self, point: tuple[float, float, float]) -> Floats:
        """Return the world position of a point given in the assembly's axes."""
        result: Floats = self.turn @ np.array(point) + self.position
        return result

    def box(self) -> tuple[Floats, Floats]:
        """Return centre and size of the upright box around it, along its own axes."""
        low, high = self.assembly.bounds()
        return self.turn @ ((low + high) / 2) + self.position, high - low


@dataclass(frozen=True)
class Taken:
    """An upright box that is taken."""

    centre: Floats
    half: Floats
    yaw_deg: float

    def corners(self) -> Floats:
        """Return the corners (4, 2) of the footprint."""
        signs = np.array([[-1, -1], [-1, 1], [1, 1], [1, -1]])
        corners: Floats = signs * self.half[:2] @ rotation(0, 0, self.yaw_deg)[:2, :2].T + self.centre[:2]
        return corners

    def meets(self, other: "Taken") -> bool:
        """Return whether two boxes have a point in common, by separating axes."""
        if abs(self.centre[2] - other.centre[2]) >= self.half[2] + other.half[2]:
            return False
        mine, theirs = self.corners(), other.corners()
        for yaw in (self.yaw_deg, other.yaw_deg):
            axes = rotation(0, 0, yaw)[:2, :2]
            a, b = mine @ axes, theirs @ axes
            if ((a.max(axis=0) <= b.min(axis=0)) | (b.max(axis=0) <= a.min(axis=0))).any():
                return False
        return True


@dataclass
class Layout:
    """A room being furnished; its floor is centred on the origin."""

    rng: np.random.Generator
    size: tuple[float, float, float]
    placed: list[Placed] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)

    def put(self, item: Placed, front: float = 0.0, side: float = 0.0, check: bool = True) -> Placed | None:
        """Place an item, keeping ``front`` and ``side`` metres before and beside it free, if it fits."""
        low, high = item.assembly.bounds()
        reserve = np.array([side + _FURNITURE_GAP_M / 2, _FURNITURE_GAP_M / 2, 0.0])
        low, high = low - reserve, high + reserve
        body = Taken(item.to_world(tuple((low + high) / 2)), (high - low) / 2, item.yaw_deg)
        low = low - [0.0, front, 0.0]
        box = Taken(item.to_world(tuple((low + high) / 2)), (high - low) / 2, item.yaw_deg)
        limit = np.array(self.size[:2]) / 2 + _FURNITURE_GAP_M
        inside = bool((np.abs(body.corners()) <= limit).all())
        if check and not (inside and not any(box.meets(other) for other in self.taken)):
            return None
        self.placed.append(item)
        self.taken.append(box)
        return item

    def at_wall(
        self,
        assembly: Assembly,
        walls: tuple[int, ...] = (0, 1, 2, 3),
        height: float = 0.0,
        gap: float = 0.025,
        front: float = 0.0,
        side: float = 0.0,
        along: float | None = None,
        tries: int = 40,
    ) -> Placed | None:
        """Place an item with its back to a wall: 0 is +y, 1 +x, 2 -y, 3 -x; ``along`` is from the middle."""
        low, high = assembly.bounds()
        for _ in range(tries):
            wall = int(self.rng.choice(walls))
            reach, span = (self.size[1], self.size[0]) if wall % 2 == 0 else (self.size[0], self.size[1])
            room = (span - (high[0] - low[0])) / 2 - _FURNITURE_GAP_M
            if room < 0:
                continue
            s = self.rng.uniform(-room, room) if along is None else along
            position = rotation(0, 0, -90 * wall) @ np.array([s, reach / 2 - high[1] - gap, height])
            if placed := self.put(Placed(assembly, position, -90.0 * wall), front, side):
                return placed
        return None

    def on_floor(
        self, assembly: Assembly, clear: float = 0.0, tries: int = 40, turned: bool = True
    ) -> Placed | None:
        """Place an item anywhere on the floor."""
        limit = np.array(self.size[:2]) / 2 - 0.3
        for _ in range(tries):
            position = np.append(self.rng.uniform(-limit, limit), 0.0)
            yaw = self.rng.uniform(-180, 180) if turned else 90.0 * self.rng.integers(4)
            if placed := self.put(Placed(assembly, position, yaw), clear, clear):
                return placed
        return None

    def beside(
        self,
        parent: Placed,
        assembly: Assembly,
        offset: tuple[float, float],
        yaw_deg: float = 0.0,
        front: float = 0.0,
    ) -> Placed | None:
        """Place an item at an offset in the axes of another one, turned by ``yaw_deg`` against it."""
        position = parent.to_world((*offset, 0.0))
        position[2] = 0.0
        return self.put(Placed(assembly, position, parent.yaw_deg + yaw_deg), front)

    def on_top(
        self,
        parent: Placed,
        assembly: Assembly,
        yaw_deg: float | None = None,
        spot: tuple[float, float] | None = None,
        tries: int = 25,
    ) -> Placed | None:
        """Stand a small item on a surface of another one."""
        low, high = assembly.bounds()
        radius = np.maximum(-low, high)[:2]
        for _ in range(tries):
            surface = parent.assembly.surfaces[self.rng.integers(len(parent.assembly.surfaces))]
            room = np.maximum(np.array(surface.size) / 2 - radius, 0.0)
            x, y = surface.centre + self.rng.uniform(-room, room) if spot is None else spot
            yaw = self.rng.uniform(-25, 25) if yaw_deg is None else yaw_deg
            position = parent.to_world((float(x), float(y), surface.height + 0.001))
            if placed := self.put(Placed(assembly, position, parent.yaw_deg + yaw)):
                return placed
        return None


def required(placed: Placed | None) -> Placed:
    """Return what was placed, or give the layout up."""
    if placed is None:
        raise CrampedError
    return placed
