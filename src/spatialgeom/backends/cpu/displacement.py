"""Counts of displacements, a point at a time: its track fits the first-level cache; pairs by their number."""

from collections.abc import Sequence

import numpy as np
import torch
from numba import njit, prange
from numpy.typing import NDArray
from torch import Tensor


def displacement_counts(tracks: Tensor, start: Tensor, end: Tensor, edges: Sequence[float]) -> Tensor:
    times, points = tracks.shape[:2]
    counts = torch.zeros((points, times, len(edges) + 1), dtype=torch.int32)
    by_point = tracks.permute(1, 2, 0).double().contiguous()  # (N, 3, T)
    squares = np.array([edge * edge for edge in edges], np.float64)
    masks = (mask.t().contiguous().numpy() for mask in (start, end))
    _counts_kernel(by_point.numpy(), *masks, squares, counts.numpy())
    return counts


@njit(cache=True, parallel=True, nogil=True, error_model="numpy")
def _counts_kernel(
    tracks: NDArray[np.float64],
    start: NDArray[np.bool_],
    end: NDArray[np.bool_],
    edges: NDArray[np.float64],
    counts: NDArray[np.int32],
) -> None:
    for point in prange(tracks.shape[0]):
        x, y, z = tracks[point, 0], tracks[point, 1], tracks[point, 2]
        for first in range(len(x)):
            if not start[point, first]:
                continue
            row = counts[point, first]
            for second in range(first + 1, len(x)):
                if not end[point, second]:
                    continue
                dx, dy, dz = x[second] - x[first], y[second] - y[first], z[second] - z[first]
                square = dx * dx + dy * dy + dz * dz
                if np.isfinite(square):
                    index = 0
                    while index < len(edges) and square >= edges[index]:
                        index += 1
                    row[index] += 1


def nth_displacement(
    tracks: Tensor,
    counts: Tensor,
    end: Tensor,
    edges: Sequence[float],
    point: Tensor,
    index: Tensor,
    rank: Tensor,
) -> tuple[Tensor, Tensor]:
    times = torch.empty((2, point.shape[0]), dtype=torch.int64)
    squares = np.array([0.0, *(edge * edge for edge in edges), np.inf], np.float64)
    asked = (value.long().numpy() for value in (point, index, rank))
    _nth_kernel(tracks.numpy(), counts.numpy(), end.numpy(), squares, *asked, times.numpy())
    return times[0], times[1].clone()


@njit(cache=True, parallel=True, nogil=True, error_model="numpy")
def _nth_kernel(
    tracks: NDArray[np.floating],
    counts: NDArray[np.integer],
    end: NDArray[np.bool_],
    bounds: NDArray[np.float64],
    point: NDArray[np.int64],
    index: NDArray[np.int64],
    rank: NDArray[np.int64],
    times: NDArray[np.int64],
) -> None:
    for draw in prange(len(point)):
        times[0, draw], times[1, draw] = _nth_pair(
            tracks, counts, end, bounds, point[draw], index[draw], rank[draw]
        )


@njit(cache=True, nogil=True, error_model="numpy")
def _nth_pair(tracks, counts, end, bounds, point, index, rank):
    if rank < 0:
        return -1, -1
    first, left = 0, rank
    while first < counts.shape[1] and left >= counts[point, first, index]:
        left -= counts[point, first, index]
        first += 1
    if first == counts.shape[1]:
        return -1, -1
    x = np.float64(tracks[first, point, 0])
    y = np.float64(tracks[first, point, 1])
    z = np.float64(tracks[first, point, 2])
    low, high = bounds[index], bounds[index + 1]
    for second in range(first + 1, tracks.shape[0]):
        if not end[second, point]:
            continue
        dx = np.float64(tracks[second, point, 0]) - x
        dy = np.float64(tracks[second, point, 1]) - y
        dz = np.float64(tracks[second, point, 2]) - z
        square = dx * dx + dy * dy + dz * dz
        if low <= square < high:
            if left == 0:
                return first, second
            left -= 1
    return -1, -1
