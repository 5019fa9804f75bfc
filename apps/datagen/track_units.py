"""Units of tracked points: a point and two times, balanced over how far it moved, parts in turn."""

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
import torch

import spatialgeom as sg
from spatialgeom.apps.datagen.geometry import SceneGeometry
from spatialgeom.apps.datagen.rules import Rules
from spatialgeom.apps.datagen.task import Columns, Context, Task
from spatialgeom.sampling import draw_distinct


@dataclass(frozen=True)
class TrackPairs:
    """A point and two times at which it can be shown, the earlier first: columns of indices.

    Args:
        moving: Leave out what may be seen as standing still.
    """

    moving: bool = False

    def histogram(self, task: Task, geometry: SceneGeometry, rules: Rules) -> np.ndarray:
        counts: np.ndarray = geometry.tracks.moves.sum(axis=(0, 1), dtype=np.int64)
        if self.moving:
            counts[: bisect_right(rules.motion_edges_m, rules.chain_lead_m)] = 0
        return counts

    def queues(self, task: Task, context: Context, quota: np.ndarray) -> list[Columns]:
        rng = context.rng("units")
        return [
            _queue(context, index, task.tries(wanted), rng) for index, wanted in enumerate(quota.tolist())
        ]


def _queue(context: Context, index: int, most: int, rng: np.random.Generator) -> Columns:
    """Return units of one bin of displacement, such that any beginning has as many of each part."""
    tracks = context.geometry.tracks
    ends = np.cumsum(tracks.moves[:, :, index].sum(axis=1, dtype=np.int64))
    of_point = np.diff(ends, prepend=0)
    parts = np.unique(tracks.part[of_point > 0]) if most else np.zeros(0, np.int64)
    ranks, turns = [], []
    for part in rng.permutation(parts):
        members = np.flatnonzero((tracks.part == part) & (of_point > 0))
        inner = np.cumsum(of_point[members])
        drawn = draw_distinct(int(inner[-1]), min(int(inner[-1]), most), rng)
        owner = np.searchsorted(inner, drawn, side="right")
        before = np.concatenate(([0], inner))[owner]
        ranks.append(np.stack((members[owner], drawn - before)))
        turns.append(np.arange(len(drawn)))
    if not ranks:
        return {name: np.zeros(0, np.int64) for name in ("point", "first", "second")}
    order = np.argsort(np.concatenate(turns), kind="stable")[:most]
    point, rank = np.concatenate(ranks, axis=1)[:, order]
    times = sg.nth_displacement(
        torch.from_numpy(tracks.world),
        torch.from_numpy(tracks.moves),
        torch.from_numpy(tracks.askable),
        context.rules.motion_edges_m,
        torch.from_numpy(point),
        torch.full((len(point),), index),
        torch.from_numpy(rank),
    )
    return {"point": point, "first": times.first.numpy(), "second": times.second.numpy()}
