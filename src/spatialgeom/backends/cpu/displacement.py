"""Counts of displacements, a point at a time: its track fits the first-level cache."""

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
            for second in range(len(x)):
                if not end[point, second] or second == first:
                    continue
                dx, dy, dz = x[second] - x[first], y[second] - y[first], z[second] - z[first]
                square = dx * dx + dy * dy + dz * dz
                if np.isfinite(square):
                    index = 0
                    while index < len(edges) and square >= edges[index]:
                        index += 1
                    row[index] += 1
