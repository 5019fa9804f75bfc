"""What belongs into each kind of room, and next to what."""

from collections.abc import Callable

import numpy as np

from spatialgeom.apps.datagen.synthetic import decor, fixtures, seating, storage
from spatialgeom.apps.datagen.synthetic import materials as m
from spatialgeom.apps.datagen.synthetic.layout import CrampedError, Layout, Placed, Taken, required
from spatialgeom.apps.datagen.synthetic.solids import Assembly


def _openings(layout: Layout, windows: int) -> None:
    """Add a door and windows with curtains and radiators."""
    rng, ceiling = layout.rng, layout.size[2]
    entrance = required(layout.at_wall(fixtures.door(rng), gap=0.0, front=0.8, side=0.02))
    look = m.Material(m.CURTAIN, m.pick(rng, m.CLOTHS), m.pick(rng, m.CLOTHS), seed=m.seeded(rng))
    across = (round(-entrance.yaw_deg / 90) + 2) % 4
    walls = [across, (across + 1) % 4][:windows]
    for wall in walls:
        width, sill = rng.uniform(1.2, 1.8), rng.uniform(0.85, 0.95)
        pane = fixtures.window(rng, width, ceiling - sill - 0.35)
        placed = layout.at_wall(pane, (wall,), sill, gap=0.0, front=0.2)
        if placed is None:
            continue
        layout.beside(placed, fixtures.radiator(rng, 0.7 * width), (0, -0.05))
        if rng.random() < 0.8:
            for side in (-1, 1):
                cloth = fixtures.curtain(rng, look, 0.36, ceiling - 0.2)
                layout.beside(placed, cloth, (side * (width / 2 + 0.33), -0.05))


def _walls(layout: Layout, pictures: int) -> None:
    """Hang pictures, a clock, a shelf and sockets, where walls are free."""
    rng = layout.rng
    for _ in range(pictures):
        layout.at_wall(fixtures.picture(rng), height=rng.uniform(1.25, 1.6), gap=0.003, front=0.3, side=0.06)
    if rng.random() < 0.7:
        layout.at_wall(fixtures.clock(rng), height=1.75, gap=0.003, front=0.3, side=0.1)
    if rng.random() < 0.6:
        layout.at_wall(
            fixtures.wall_shelf(rng), height=rng.uniform(1.25, 1.5), gap=0.003, front=0.2, side=0.1
        )
    for _ in range(4):
        layout.at_wall(fixtures.socket(rng), height=0.25, gap=0.002, front=0.1, side=0.05)


def _lamps(layout: Layout, count: int) -> None:
    """Hang lamps from the ceiling, in a row along the room."""
    for k in range(count):
        x = ((k + 0.5) / count - 0.5) * layout.size[0]
        lamp = decor.ceiling_lamp(layout.rng, layout.size[2])
        layout.put(Placed(lamp, np.array([x, 0.0, 0.0]), 0.0), check=False)


def _seats(layout: Layout, table: Placed) -> None:
    """Put matching chairs around a table."""
    rng = layout.rng
    wood, seat = m.wood(rng), m.cloth(rng)
    low, high = table.assembly.bounds()
    count = 2 if high[0] - low[0] > 1.3 else 1
    for side in (-1, 1):
        for k in range(count):
            x = (k - (count - 1) / 2) * 0.58
            reach = high[1] + 0.3 + rng.uniform(0, 0.12)
            yaw = (0 if side > 0 else 180) + rng.uniform(-12, 12)
            layout.beside(table, seating.chair(rng, wood, seat), (x, side * reach), yaw)
        if rng.random() < 0.6:
            chair, reach = seating.chair(rng, wood, seat), high[0] + 0.32 + rng.uniform(0, 0.1)
            layout.beside(table, chair, (side * reach, 0), -90 * side + rng.uniform(-12, 12))


def _things(
    layout: Layout, parent: Placed, makers: list[Callable[[np.random.Generator], Assembly]], count: int
) -> None:
    """Stand a few of these things on a surface."""
    for k in layout.rng.permutation(len(makers))[:count]:
        layout.on_top(parent, makers[k](layout.rng), yaw_deg=layout.rng.uniform(-180, 180))


def _at_desk(layout: Layout, desk: Placed, chair: Assembly, y: float) -> None:
    """Put a chair into the space that was kept free before a desk."""
    rng = layout.rng
    position = desk.to_world((rng.uniform(-0.15, 0.15), y - rng.uniform(0, 0.08), 0))
    layout.put(Placed(chair, position, desk.yaw_deg + 180 + rng.uniform(-20, 20)), check=False)


def _floor_things(layout: Layout, count: int) -> None:
    makers = [storage.box, decor.bin_, seating.stool, decor.plant, decor.ball]
    for k in layout.rng.permutation(len(makers))[:count]:
        layout.at_wall(makers[k](layout.rng), front=0.05)


def _television(layout: Layout, couch: Placed) -> None:
    """Put a television on its stand, across from the couch if there is room."""
    rng, wall = layout.rng, round(-couch.yaw_deg / 90)
    stand = storage.tv_stand(rng)
    # seen from the opposite wall, left and right change places
    along = -float((couch.position @ couch.turn)[0])
    placed = layout.at_wall(stand, ((wall + 2) % 4,), along=along, front=0.5, tries=1)
    placed = required(placed or layout.at_wall(stand, front=0.5, tries=80))
    required(layout.on_top(placed, decor.television(rng), 0.0, (0.0, 0.0)))


def living(layout: Layout) -> None:
    """Furnish a living room: sofa, coffee table on a rug, television, dining corner."""
    rng = layout.rng
    couch = required(layout.at_wall(seating.sofa(rng)))
    carpet = required(layout.beside(couch, fixtures.rug(rng, 2.1, 1.5), (0, -1.35)))
    layout.taken.pop()  # things may stand on a rug
    middle = layout.put(Placed(seating.coffee_table(rng), carpet.to_world((0, 0, 0.0125)), couch.yaw_deg))
    if middle is not None:
        _things(layout, middle, [decor.vase, decor.mug, decor.book_pile, decor.fruit_bowl], 3)
    _television(layout, couch)
    layout.at_wall(storage.bookshelf(rng), front=0.4)
    layout.at_wall(seating.sofa(rng, "armchair"), front=0.2)
    table = layout.at_wall(seating.table(rng), gap=0.75)
    if table is not None:
        _seats(layout, table)
        _things(layout, table, [decor.vase, decor.fruit_bowl, decor.mug], 2)
    layout.at_wall(decor.floor_lamp(rng), side=0.03)
    sideboard = layout.at_wall(storage.drawers(rng), front=0.3)
    if sideboard is not None:
        _things(layout, sideboard, [decor.table_lamp, decor.book_pile, decor.vase], 2)
    layout.at_wall(decor.plant(rng), side=0.03)
    layout.at_wall(storage.bookshelf(rng), front=0.4)
    _floor_things(layout, 2)


def bedroom(layout: Layout) -> None:
    """Furnish a bedroom: bed between nightstands, wardrobe, chest of drawers."""
    rng = layout.rng
    width = float(rng.choice([1.4, 1.6, 1.8]))
    bed = required(layout.at_wall(seating.bed(rng, width), front=0.3))
    _, high = bed.assembly.bounds()
    small_seed = int(rng.integers(10_000))
    for side in (-1, 1):
        stand = storage.drawers(np.random.default_rng(small_seed), "nightstand")
        placed = layout.beside(bed, stand, (side * (width / 2 + 0.34), high[1] - 0.22))
        if placed is not None:
            layout.on_top(placed, decor.table_lamp(rng) if side < 0 else decor.book_pile(rng))
    layout.beside(bed, fixtures.rug(rng, 0.9, 1.5), (width / 2 + 0.65, -0.35))
    required(layout.at_wall(storage.wardrobe(rng), front=0.5))
    chest = layout.at_wall(storage.drawers(rng), front=0.4)
    if chest is not None:
        _things(layout, chest, [decor.vase, decor.table_lamp, decor.book_pile], 2)
    layout.at_wall(seating.chair(rng), front=0.1, side=0.05)
    layout.at_wall(decor.plant(rng), side=0.03)
    desk = layout.at_wall(seating.desk(rng), front=0.6)
    if desk is not None:
        layout.on_top(desk, decor.laptop(rng), 0.0)
    layout.at_wall(decor.floor_lamp(rng), side=0.03)
    layout.at_wall(storage.bookshelf(rng), front=0.3)
    _floor_things(layout, 2)


def kitchen(layout: Layout) -> None:
    """Furnish a kitchen: a row of fridge, stove and counter under wall cabinets, and a table with chairs."""
    rng = layout.rng
    front = m.paint(rng) if rng.random() < 0.6 else m.wood(rng)
    width = rng.uniform(1.7, 2.2)
    bar = required(layout.at_wall(storage.counter(rng, front, width), front=0.5, side=0.7))
    # stove and fridge stand in the space kept beside it
    layout.taken[-1] = Taken(bar.to_world((0, -0.25, 0.6)), np.array([width / 2, 0.56, 0.6]), bar.yaw_deg)
    side = 1 if rng.random() < 0.5 else -1
    layout.beside(bar, storage.stove(rng), (side * (width / 2 + 0.34), 0), front=0.3)
    layout.beside(bar, storage.fridge(rng), (-side * (width / 2 + 0.37), 0), front=0.4)
    hung = Placed(storage.wall_cabinet(rng, front, 0.9 * width), bar.to_world((0, 0.1, 1.45)), bar.yaw_deg)
    layout.put(hung)
    _things(layout, bar, [decor.mug, decor.fruit_bowl, decor.mug, decor.vase], 3)
    table = required(
        layout.at_wall(seating.table(rng), gap=0.9) or layout.on_floor(seating.table(rng), turned=False)
    )
    _seats(layout, table)
    _things(layout, table, [decor.vase, decor.fruit_bowl, decor.mug, decor.mug], 3)
    cupboard = layout.at_wall(storage.drawers(rng), front=0.3)
    if cupboard is not None:
        _things(layout, cupboard, [decor.vase, decor.book_pile, decor.table_lamp], 2)
    for _ in range(2):
        layout.at_wall(seating.stool(rng))
    layout.at_wall(decor.plant(rng), side=0.03)
    layout.at_wall(decor.bin_(rng))
    layout.at_wall(storage.box(rng))


def office(layout: Layout) -> None:
    """Furnish an office: desks with screens, swivel chairs, shelves."""
    rng = layout.rng
    for k in range(3):
        desk = layout.at_wall(seating.desk(rng), front=0.8)
        if desk is None:
            if k == 0:
                raise CrampedError
            continue
        layout.on_top(desk, decor.monitor(rng), 0.0, (0.05, 0.12))
        layout.on_top(desk, decor.keyboard(rng), 0.0, (0.05, -0.18))
        _things(layout, desk, [decor.mug, decor.book_pile, decor.table_lamp], 2)
        _at_desk(layout, desk, seating.office_chair(rng), -0.72)
    for _ in range(2):
        layout.at_wall(storage.bookshelf(rng), front=0.4)
    layout.at_wall(storage.drawers(rng, "cabinet"), front=0.3)
    layout.at_wall(decor.plant(rng, rng.uniform(1.2, 1.6)), side=0.03)
    table = layout.on_floor(seating.table(rng), clear=0.55, turned=False)
    if table is not None:
        _things(layout, table, [decor.laptop, decor.mug, decor.book_pile], 3)
        _seats(layout, table)
    layout.at_wall(decor.floor_lamp(rng), side=0.03)
    _floor_things(layout, 3)


def playroom(layout: Layout) -> None:
    """Furnish a child's room: a narrow bed, a round rug with toys, a desk."""
    rng = layout.rng
    bed = required(layout.at_wall(seating.bed(rng, 0.95), front=0.3))
    _low, high = bed.assembly.bounds()
    layout.beside(bed, storage.drawers(rng, "nightstand"), (high[0] + 0.28, high[1] - 0.22))
    required(layout.at_wall(storage.wardrobe(rng), front=0.5))
    desk = layout.at_wall(seating.desk(rng), front=0.7)
    if desk is not None:
        layout.on_top(desk, decor.laptop(rng), 0.0)
        layout.on_top(desk, decor.table_lamp(rng))
        _at_desk(layout, desk, seating.chair(rng), -0.66)
    carpet = layout.on_floor(fixtures.rug(rng, 1.6, 1.6, circular=True))
    if carpet is not None:
        layout.taken.pop()  # things may stand on a rug
        for toy in (decor.toy_blocks(rng), decor.ball(rng)):
            x, y = rng.uniform(-0.45, 0.45, 2)
            layout.put(Placed(toy, carpet.to_world((x, y, 0.0125)), rng.uniform(-180, 180)))
    layout.at_wall(storage.bookshelf(rng), front=0.3)
    layout.at_wall(seating.sofa(rng, "armchair"), front=0.2)
    layout.at_wall(decor.plant(rng), side=0.03)
    for _ in range(2):
        layout.on_floor(decor.ball(rng))
        layout.at_wall(storage.box(rng))
    layout.at_wall(seating.stool(rng))


KINDS: dict[str, Callable[[Layout], None]] = {
    "living room": living,
    "bedroom": bedroom,
    "kitchen": kitchen,
    "office": office,
    "playroom": playroom,
}


def furnish(layout: Layout, kind: str) -> None:
    """Fill an empty room of a kind in :data:`KINDS`."""
    _openings(layout, windows=2)
    KINDS[kind](layout)
    _lamps(layout, 2 if layout.size[0] > 5 else 1)
    _walls(layout, pictures=9)
