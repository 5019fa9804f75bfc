"""The global plan: how many units each scene draws from each bin, as one draw from all scenes would."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from spatialgeom.apps.datagen.task import Task
from spatialgeom.apps.records import subtask
from spatialgeom.apps.splits import place_of
from spatialgeom.sampling import balanced_quota, distribute, generator


@dataclass(frozen=True)
class Share:
    """A scene's part of a task's plan."""

    quota: np.ndarray  # (B,) units to draw from each bin
    offset: int  # units that the scenes before draw


class Counted(Protocol):
    """A scene whose units are counted."""

    @property
    def source(self) -> str: ...
    @property
    def space(self) -> str: ...
    @property
    def histograms(self) -> dict[str, np.ndarray]: ...


def plan_quotas(
    scenes: Sequence[Counted], tasks: Sequence[Task], seed: int, max_per_task: int, max_per_space: int = 0
) -> list[dict[str, Share]]:
    """Return for each scene its share of each task.

    Args:
        scenes: In the order of the run.
        tasks: To plan.
        seed: Of the run.
        max_per_task: Units of each subtask.
        max_per_space: Units of a subtask in one space, where there are spaces enough; 0: as it comes.
    """
    quotas: list[dict[str, Share]] = [{} for _ in scenes]
    for task in tasks:
        for name, holders in _subtasks(task, scenes).items():
            counts = np.stack([scenes[k].histograms[task.name] for k in holders])
            quota = balanced_quota(counts.sum(axis=0), max_per_task)
            rng = generator(seed, name, "plan")
            if max_per_space:
                places = [place_of(scenes[k].source, scenes[k].space) for k in holders]
                numbers = {place: number for number, place in enumerate(dict.fromkeys(places))}
                spaces = np.array([numbers[place] for place in places])
                shares = spread(counts, quota, spaces, max_per_space, rng)
            else:
                shares = distribute(counts, quota, rng)
            offsets = np.cumsum(shares.sum(axis=1)) - shares.sum(axis=1)
            for k, share, offset in zip(holders, shares, offsets.tolist(), strict=True):
                quotas[k][task.name] = Share(share, offset)
    return quotas


def crowded(
    scenes: Sequence[Counted], tasks: Sequence[Task], quotas: Sequence[dict[str, Share]], max_per_space: int
) -> list[str]:
    """Return a sentence where spaces were too few for the limit of questions per space."""
    if not max_per_space:
        return []
    above: dict[str, int] = {}
    for task in tasks:
        for name, holders in _subtasks(task, scenes).items():
            taken: dict[object, int] = {}
            for k in holders:
                place = place_of(scenes[k].source, scenes[k].space)
                taken[place] = taken.get(place, 0) + int(quotas[k][task.name].quota.sum())
            if max(taken.values(), default=0) > max_per_space:
                above[name] = max(taken.values())
    if not above:
        return []
    worst = max(above, key=lambda name: above[name])
    return [
        f"too few spaces for {max_per_space} questions a space in {len(above)} subtasks: {worst} has "
        f"{above[worst]} of one; add spaces, or lower --max-per-task"
    ]


def _subtasks(task: Task, scenes: Sequence[Counted]) -> dict[str, list[int]]:
    """Return the scenes of each subtask; of one that is its source's own, only those with units."""
    holders: dict[str, list[int]] = {}
    for k, scene in enumerate(scenes):
        if task.name in scene.histograms:
            holders.setdefault(subtask(task.name, task.family, scene.source), []).append(k)
    return holders


def spread(
    counts: np.ndarray, quota: np.ndarray, spaces: np.ndarray, most: int, rng: np.random.Generator
) -> np.ndarray:
    """Split each bin's quota over scenes, at most so many units of a space, or as few more as it takes.

    Bins are filled from the scarcest on; what one cannot give without too many of a space, others give.

    Args:
        counts: (S, B) units of each scene in each bin.
        quota: (B,) units to take from each bin.
        spaces: (S,) space of each scene, from 0.
        most: Units of a space.
        rng: Source of randomness.

    Returns:
        (S, B) units to take.
    """
    in_space = np.zeros((spaces.max(initial=-1) + 1, counts.shape[1]), np.int64)
    np.add.at(in_space, spaces, counts)
    units = in_space.sum(axis=1)
    room = np.minimum(_least_cap(units, int(quota.sum()), most), units)
    taken, wanted = np.zeros_like(in_space), quota.astype(np.int64)
    while wanted.any():
        missing = 0
        for index in np.argsort(in_space.sum(axis=0), kind="stable").tolist():
            free = np.minimum(in_space[:, index] - taken[:, index], room)
            drawn = distribute(free[:, None], [min(wanted[index], free.sum())], rng)[:, 0]
            taken[:, index] += drawn
            room = room - drawn
            missing += int(wanted[index] - drawn.sum())
        wanted = balanced_quota(np.minimum(in_space - taken, room[:, None]).sum(axis=0), missing)
    split = np.zeros_like(counts)
    for space in range(len(taken)):
        own = np.flatnonzero(spaces == space)
        split[own] = distribute(counts[own], taken[space], rng)
    return split


def _least_cap(units: np.ndarray, wanted: int, most: int) -> int:
    """Return the smallest number of units per space, from ``most`` on, with which enough can be drawn."""
    enough = min(wanted, int(units.sum()))
    return bisect_left(
        range(wanted + 1), enough, lo=min(most, wanted), key=lambda cap: np.minimum(units, cap).sum()
    )
