"""Units of object size: an object and a set of images that show the whole of it, none superfluous."""

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import torch

import spatialgeom as sg
from spatialgeom.apps.datagen.geometry import SceneGeometry
from spatialgeom.apps.datagen.object_table import HEIGHT, LENGTH, WIDTH, ObjectTable
from spatialgeom.apps.datagen.rules import Rules
from spatialgeom.apps.datagen.task import Columns, Context, Task
from spatialgeom.sampling import generator

_EACH = 64  # sets of an object and size that take part: a wall of images must not drown the others
_SETS = 1_000_000  # that are listed of an object
_JOINT_IMAGES = 200  # of which triples are tried
_SHOWN_SHARE, _SHOWN_POINTS = 0.01, 20  # from either on, a person sees that an object is there
_BLOCK_BYTES = 1 << 25  # of packed bits that are compared at a time
_LEAST_M = 0.0005  # what rounds to no millimetre is no size


@dataclass(frozen=True)
class ObjectViews:
    """An object and the images of a minimal set, in bins by the number of images.

    Columns are ``object`` (n,), its row in the table; ``frames`` (n, most), ascending, then -1; and
    ``truncated`` (n,), 1 where the object has more sets than were listed.

    Args:
        axis: What a set covers: a column of the object's size, or all three.
        most: Most images of a set.
    """

    axis: Literal[0, 1, 2, "all"]
    most: int

    def histogram(self, task: Task, geometry: SceneGeometry, rules: Rules) -> np.ndarray:
        sizes = (_population(self, geometry, rules)["frames"] >= 0).sum(axis=1)
        return np.bincount(sizes, minlength=self.most + 1)[1:]

    def queues(self, task: Task, context: Context, quota: np.ndarray) -> list[Columns]:
        units = _population(self, context.geometry, context.rules)
        sizes, rng = (units["frames"] >= 0).sum(axis=1), context.rng("units")
        orders = (_in_turn(units["object"], np.flatnonzero(sizes == n + 1), rng) for n in range(len(quota)))
        return [
            {name: column[order if n else order[:0]] for name, column in units.items()}
            for order, n in zip(orders, quota, strict=True)
        ]


def _in_turn(owner: np.ndarray, units: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return units in an order in which objects take turns, drawn anew for each round."""
    units = rng.permutation(units)
    order = np.argsort(owner[units], kind="stable")
    _, start, count = np.unique(owner[units][order], return_index=True, return_counts=True)
    turn = np.empty(len(units), np.int64)
    turn[order] = np.arange(len(units)) - np.repeat(start, count)
    return units[np.argsort(turn, kind="stable")]


def _population(kind: ObjectViews, geometry: SceneGeometry, rules: Rules) -> Columns:
    """Return the sets that take part, the same for every seed."""
    table = geometry.objects
    images = _usable_images(table, rules)
    rows = [
        _sets_of(kind, geometry, rules, k, images[k]) for k in np.flatnonzero(_asked(table, rules)).tolist()
    ]
    empty = np.zeros((0, kind.most + 2), np.int64)
    columns = np.concatenate([empty, *rows])
    return {"object": columns[:, 0], "truncated": columns[:, 1], "frames": columns[:, 2:]}


def _asked(table: ObjectTable, rules: Rules) -> np.ndarray:
    """Return (K,) whether a person would name the object and each of its sides can be measured."""
    named = np.array([category not in rules.not_objects for category in table.categories], bool)
    return named & (table.size >= max(rules.least_dimension_m, _LEAST_M)).all(axis=1)


def _usable_images(table: ObjectTable, rules: Rules) -> np.ndarray:
    """Return (K, F) whether an image shows enough of an object, and no other of its name."""
    share = table.counts / table.total[:, None]
    usable: np.ndarray = share >= rules.object_share
    if not rules.unique_category or not len(share):
        return usable
    shown = (share >= _SHOWN_SHARE) | (table.counts >= _SHOWN_POINTS)
    _, category = np.unique(table.categories, return_inverse=True)
    alike = np.zeros((category.max() + 1, shown.shape[1]), np.int64)
    np.add.at(alike, category, shown)
    return usable & (alike[category] - shown == 0)


def _sets_of(
    kind: ObjectViews, geometry: SceneGeometry, rules: Rules, k: int, images: np.ndarray
) -> np.ndarray:
    """Return (n, 2 + most): the object, whether it has more sets than were listed, and the images."""
    table = geometry.objects
    rng = generator(0, "object views", geometry.name, table.ids[k], str(kind.axis))
    frames = np.flatnonzero(images)
    low, high = table.low[k, frames], table.high[k, frames]
    axes = slice(None) if kind.axis == "all" else slice(kind.axis, kind.axis + 1)
    reach, whole = (
        (high.max(axis=0, initial=-np.inf) - low.min(axis=0, initial=np.inf))[axes],
        table.size[k, axes],
    )
    if not (reach >= whole * (1 - rules.cover_tolerance)).all():
        return np.zeros((0, 2 + kind.most), np.int64)
    crowded = kind.most > 2 and len(frames) > _JOINT_IMAGES
    if crowded:
        kept = np.sort(rng.choice(len(frames), _JOINT_IMAGES, replace=False))
        frames, low, high = frames[kept], low[kept], high[kept]
    covers = sg.minimal_covers(
        sg.Extents(torch.from_numpy(low), torch.from_numpy(high)),
        torch.from_numpy(table.size[k]),
        kind.axis,
        tolerance=rules.cover_tolerance,
        max_size=kind.most,
        limit=_SETS,
    )
    sets = covers.sets.numpy()
    sets = np.where(sets >= 0, frames[sets], -1)
    sets = np.concatenate([_some(own[rng.permutation(len(own))], geometry, rules) for own in _by_size(sets)])
    head = np.array([[k, int(covers.truncated or crowded)]]).repeat(len(sets), axis=0)
    return np.concatenate((head, sets), axis=1)


def _by_size(sets: np.ndarray) -> list[np.ndarray]:
    sizes = (sets >= 0).sum(axis=1)
    return [sets[sizes == n] for n in range(1, sets.shape[1] + 1)]


def _some(sets: np.ndarray, geometry: SceneGeometry, rules: Rules) -> np.ndarray:
    """Return the first sets whose images hang together: each but one overlaps another."""
    if rules.set_overlap_percent == 0:
        return sets[:_EACH]
    step = max(1, _BLOCK_BYTES // (8 * max(1, geometry.visible.shape[1])))
    kept, count = [sets[:0]], 0
    # sets are in random order: what so many do not give, few images join
    for block in (sets[start : start + step] for start in range(0, min(len(sets), _EACH * _EACH), step)):
        kept.append(block[_hang_together(block, geometry, rules)])
        count += len(kept[-1])
        if count >= _EACH:
            break
    return np.concatenate(kept)[:_EACH]


def _hang_together(sets: np.ndarray, geometry: SceneGeometry, rules: Rules) -> np.ndarray:
    """Return (n,) whether as many pairs overlap as it takes to join the images of a set, three at most."""
    size = int((sets[0] >= 0).sum())
    joined = np.zeros(len(sets), np.int64)
    for i, j in combinations(range(size), 2):
        joined += _overlap_percent(geometry.visible, sets[:, i], sets[:, j]) >= rules.set_overlap_percent
    return joined >= size - 1


def _overlap_percent(visible: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    a, b = torch.from_numpy(visible[first]), torch.from_numpy(visible[second])
    both, either = sg.count_bits(a & b).numpy(), sg.count_bits(a | b).numpy()
    percent: np.ndarray = (both / np.maximum(either, 1) * 100).round(9)  # as pairs are binned
    return percent


OBJECT_UNITS = {
    "object_views_length": ObjectViews(LENGTH, 2),
    "object_views_width": ObjectViews(WIDTH, 2),
    "object_views_height": ObjectViews(HEIGHT, 2),
    "object_views_joint": ObjectViews("all", 3),
}
