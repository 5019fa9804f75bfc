"""How far tracked points move between any two times of a clip."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.naive.projection import Floats


def displacement_counts(
    tracks: Floats, start: NDArray[np.bool_], end: NDArray[np.bool_], edges: list[float]
) -> NDArray[np.int64]:
    """Return, per point and first time, how many later times lie in each bin of distance."""
    times, points = tracks.shape[:2]
    counts = np.zeros((points, times, len(edges) + 1), dtype=np.int64)
    for point in range(points):
        for first in np.flatnonzero(start[:, point]):
            moved = np.linalg.norm(tracks[:, point] - tracks[first, point], axis=1)
            others = end[:, point].copy()
            others[: first + 1] = False
            index = np.searchsorted(edges, moved[others], side="right")
            counts[point, first] = np.bincount(index, minlength=len(edges) + 1)
    return counts


def nth_displacement(
    tracks: Floats,
    counts: NDArray[np.int32],
    end: NDArray[np.bool_],
    point: NDArray[np.int64],
    index: NDArray[np.int64],
    rank: NDArray[np.int64],
    edges: list[float],
) -> NDArray[np.int64]:
    """Return, per draw, the first and second time of the pair of that number in its bin."""
    found = []
    for p, b, left in zip(point, index, rank, strict=True):
        before = np.cumsum(counts[p, :, b])
        first = int(np.searchsorted(before, left, side="right"))
        moved = np.linalg.norm(tracks[:, p] - tracks[first, p], axis=1)
        inside = end[:, p] & (np.searchsorted(edges, moved, side="right") == b)
        inside[: first + 1] = False
        found.append((first, np.flatnonzero(inside)[left - (before[first - 1] if first else 0)]))
    return np.array(found)
