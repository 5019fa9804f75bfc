"""Units of several images: frames in time order, each overlapping the next, from three to eight."""

import numpy as np

from spatialgeom.apps.datagen.geometry import SceneGeometry
from spatialgeom.apps.datagen.rules import Rules
from spatialgeom.apps.datagen.task import Columns, Context, Task

LENGTHS = range(3, 9)
# chains grow as the power of their length: beyond this a scene has as many as any
_MOST = 1_000_000
_FEW = 4  # times as many as are asked for are listed whole


class FrameChains:
    """Chains of frames whose neighbours overlap in range, in one bin per length; padded with -1."""

    def histogram(self, task: Task, geometry: SceneGeometry, rules: Rules) -> np.ndarray:
        ways = _ways(geometry)
        return np.array([int(min(ways[length].sum(), _MOST)) for length in LENGTHS])

    def queues(self, task: Task, context: Context, quota: np.ndarray) -> list[Columns]:
        ways, rng = _ways(context.geometry), context.rng("units")
        queues = []
        for length, wanted in zip(LENGTHS, quota.tolist(), strict=True):
            chains = _draw(context.geometry, ways, length, task.tries(wanted), rng)
            padded = np.full((len(chains), LENGTHS[-1]), -1)
            padded[:, :length] = chains
            queues.append({"frames": padded})
        return queues


def _ways(geometry: SceneGeometry) -> list[np.ndarray]:
    """Return for each length (F,) the number of chains from each frame, in floats, since it may be vast."""
    frames = len(geometry.frames)
    ways = [np.zeros(frames), np.ones(frames)]
    for _ in range(LENGTHS[-1] - 1):
        ways.append(_sum_by_first(geometry, ways[-1]))
    return ways


def _sum_by_first(geometry: SceneGeometry, values: np.ndarray) -> np.ndarray:
    first, second = geometry.pairs.T
    return np.bincount(first, weights=values[second], minlength=len(values))


def _draw(
    geometry: SceneGeometry, ways: list[np.ndarray], length: int, asked: int, rng: np.random.Generator
) -> np.ndarray:
    """Return distinct chains (n, length), every one as likely as any other, in random order."""
    if not asked:
        return np.zeros((0, length), np.int64)
    if ways[length].sum() <= _FEW * asked:
        return rng.permutation(_enumerate(geometry, ways, length))
    first, second = geometry.pairs.T  # ascending by first
    chains = np.empty((asked, length), np.int64)
    starts = np.cumsum(ways[length])
    chains[:, 0] = _pick(starts, np.zeros(asked), np.full(asked, starts[-1]), rng)
    for step in range(1, length):
        ends = np.cumsum(ways[length - step][second])
        low, high = np.concatenate(([0.0], ends))[_rows(first, chains[:, step - 1])]
        chains[:, step] = second[_pick(ends, low, high, rng)]
    return chains[np.sort(np.unique(chains, axis=0, return_index=True)[1])]


def _rows(first: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Return where the pairs that begin with each frame begin and end, (2, n)."""
    return np.searchsorted(first, [frames, frames + 1])


def _pick(ends: np.ndarray, low: np.ndarray, high: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw indices whose stretches of the running sum ``ends`` lie in [low, high), by their lengths."""
    at = low + rng.random(len(low)) * (high - low)
    # rounding may reach the end, whose stretch is another's
    return np.searchsorted(ends, np.minimum(at, np.nextafter(high, 0)), side="right")


def _enumerate(geometry: SceneGeometry, ways: list[np.ndarray], length: int) -> np.ndarray:
    first, second = geometry.pairs.T
    chains = np.flatnonzero(ways[length])[:, None]
    for step in range(1, length):
        begin, end = _rows(first, chains[:, -1])
        each = end - begin
        offset = np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each)
        chains = np.column_stack((np.repeat(chains, each, axis=0), second[np.repeat(begin, each) + offset]))
        chains = chains[ways[length - step][chains[:, -1]] > 0]
    return chains
