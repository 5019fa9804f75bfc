"""Units that tasks ask about: how many a scene has in each bin, and drawing them without replacement."""

from typing import Protocol

import numpy as np
import torch

import spatialgeom as sg
from spatialgeom.apps.datagen.chain_units import FrameChains
from spatialgeom.apps.datagen.geometry import SceneGeometry
from spatialgeom.apps.datagen.object_units import OBJECT_UNITS
from spatialgeom.apps.datagen.rules import Rules
from spatialgeom.apps.datagen.task import Columns, Context, Task
from spatialgeom.apps.datagen.track_units import TrackPairs
from spatialgeom.sampling import draw_distinct

_ABOVE_MEAN = 1.5  # an answer may be so much more frequent than the mean of its kind


class UnitKind(Protocol):
    """A kind of unit; its bins are what samples are balanced over."""

    def histogram(self, task: Task, geometry: SceneGeometry, rules: Rules) -> np.ndarray:
        """Return (B,) counts of units that the task may ask about."""

    def queues(self, task: Task, context: Context, quota: np.ndarray) -> list[Columns]:
        """Return for each bin the units to try in turn, as many as its quota if there are so many."""


class FramePairs:
    """Unordered pairs of images, in bins of 1 % overlap ``(k, k + 1]``, the first closed."""

    def histogram(self, task: Task, geometry: SceneGeometry, rules: Rules) -> np.ndarray:
        low, high = rules.overlap_percent
        return np.bincount(_bins(geometry, rules)[_kept(task, geometry, rules)], minlength=high - low)

    def queues(self, task: Task, context: Context, quota: np.ndarray) -> list[Columns]:
        geometry, rules = context.geometry, context.rules
        kept, rng = _kept(task, geometry, rules), context.rng("units")
        bins = _bins(geometry, rules)[kept]
        order = np.argsort(bins, kind="stable")
        members = np.split(kept[order], np.cumsum(np.bincount(bins, minlength=len(quota)))[:-1])
        return [
            {"pair": rng.permutation(pairs) if n else pairs[:0]}
            for pairs, n in zip(members, quota, strict=True)
        ]


def _bins(geometry: SceneGeometry, rules: Rules) -> np.ndarray:
    low, high = rules.overlap_percent
    return np.clip(np.ceil(geometry.overlap_percent).astype(np.int64) - 1 - low, 0, high - low - 1)


def _kept(task: Task, geometry: SceneGeometry, rules: Rules) -> np.ndarray:
    if task.keep is None:
        return np.arange(len(geometry.pairs))
    return np.flatnonzero(task.keep(geometry, rules).any(axis=1))


class FramePoints:
    """Points askable in an image, in one bin: every (image, point) is as likely as any other."""

    def histogram(self, task: Task, geometry: SceneGeometry, rules: Rules) -> np.ndarray:
        return np.array([int(_population(geometry)[-1])]) if len(geometry.frames) else np.zeros(1, np.int64)

    def queues(self, task: Task, context: Context, quota: np.ndarray) -> list[Columns]:
        ends = _population(context.geometry)
        wanted = min(int(ends[-1]), task.tries(int(quota[0])))
        ranks = draw_distinct(int(ends[-1]), wanted, context.rng("units"))
        frames = np.searchsorted(ends, ranks, side="right")
        within = ranks - np.concatenate(([0], ends))[frames]
        askable = torch.from_numpy(context.geometry.askable)
        points = sg.nth_bit(askable, torch.from_numpy(within), torch.from_numpy(frames))
        return [{"frame": frames, "point": points.numpy()}]


def _population(geometry: SceneGeometry) -> np.ndarray:
    counts = sg.count_bits(torch.from_numpy(geometry.askable))
    return np.cumsum(counts.numpy())


UNITS: dict[str, UnitKind] = {
    "frame_pair": FramePairs(),
    "frame_point": FramePoints(),
    "frame_chain": FrameChains(),
    "track_pair": TrackPairs(),
    "moving_track_pair": TrackPairs(moving=True),
    **OBJECT_UNITS,
}


def draw_units(task: Task, context: Context, quota: np.ndarray) -> tuple[Columns, int, int]:
    """Draw ``quota[b]`` units from each bin; a unit whose random part fails is replaced by the bin's next.

    Returns:
        The drawn columns, shuffled, how many units were replaced, and how many are missing because their
        bin ran out, or to balance such a loss.
    """
    queues = UNITS[task.unit].queues(task, context, quota)
    sizes = np.array([len(next(iter(queue.values()))) for queue in queues])
    taken = np.zeros(len(quota), np.int64)
    slot_bin = np.repeat(np.arange(len(quota)), quota)
    pending = np.arange(len(slot_bin))
    drawn: list[tuple[np.ndarray, Columns]] = []
    failed = 0
    while True:
        pending, units = _next_units(queues, sizes, taken, pending, slot_bin)
        if not len(pending):
            break
        columns, ok = task.draw(context, units, pending)
        drawn.append((pending[ok], {name: column[ok] for name, column in columns.items()}))
        failed += int((~ok).sum())
        pending = pending[~ok]
    if not drawn:
        return {}, 0, 0
    columns = {name: np.concatenate([part[name] for _, part in drawn]) for name in drawn[0][1]}
    columns = _shuffled_evenly(context, columns)
    found = sum(len(slots) for slots, _ in drawn)
    kept = len(next(iter(columns.values())))
    return columns, failed - (len(slot_bin) - found), len(slot_bin) - kept


def _shuffled_evenly(context: Context, columns: Columns) -> Columns:
    """Shuffle the rows; where a bin ran short of an answer, drop some of the others."""
    order = context.rng("rows").permutation(len(next(iter(columns.values()))))
    if "place" in columns and context.rules.balanced:
        order = order[_no_place_stands_out(columns["place"][order], columns["places"][order])]
    if "label" in columns and context.rules.balanced:
        label = columns["label"][order]
        most = int(min(label.sum(), (~label).sum())) + 1
        rank = np.where(label, np.cumsum(label), np.cumsum(~label))
        order = order[rank <= most]
    return {name: column[order] for name, column in columns.items()}


def _no_place_stands_out(place: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return which rows to keep so that, of each number of places, none is the answer far above the mean.

    Where some places are never the answer, equal numbers of all would leave nothing.
    """
    keep = np.ones(len(place), bool)
    for count in np.unique(places).tolist():
        of = np.flatnonzero(places == count)
        rank = np.zeros(len(of), np.int64)
        for each in range(count):
            own = place[of] == each
            rank[own] = np.arange(own.sum())
        most = len(of)
        while (kept := rank < most).any():
            fair = max(1, int(np.ceil(_ABOVE_MEAN * kept.sum() / count)))
            if fair >= most:
                break
            most = fair
        keep[of] = rank < most
    return keep


def _next_units(
    queues: list[Columns], sizes: np.ndarray, taken: np.ndarray, pending: np.ndarray, slot_bin: np.ndarray
) -> tuple[np.ndarray, Columns]:
    """Give each pending slot its bin's next unit; slots of an empty bin fall away. ``taken`` moves on."""
    bins = slot_bin[pending]  # ascending, since slots are
    wanted = np.bincount(bins, minlength=len(taken))
    given = np.minimum(wanted, sizes - taken)
    position = np.arange(len(bins)) - np.concatenate(([0], np.cumsum(wanted)))[bins]
    served = position < given[bins]
    parts = [
        {name: column[start : start + n] for name, column in queue.items()}
        for queue, start, n in zip(queues, taken, given, strict=True)
        if n
    ]
    taken += given
    if not parts:
        return pending[:0], {}
    return pending[served], {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
