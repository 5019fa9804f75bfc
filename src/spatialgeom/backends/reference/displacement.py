"""Reference counts of displacements, one first time after another."""

from collections.abc import Sequence

import torch
from torch import Tensor


def displacement_counts(tracks: Tensor, start: Tensor, end: Tensor, edges: Sequence[float]) -> Tensor:
    times, points = tracks.shape[:2]
    counts = torch.zeros((points, times, len(edges) + 1), dtype=torch.int32, device=tracks.device)
    x, y, z = tracks.double().unbind(-1)
    for first in range(times):
        dx, dy, dz = x - x[first], y - y[first], z - z[first]
        square = dx * dx + dy * dy + dz * dz  # (T, N)
        pairs = start[first] & end & square.isfinite()
        pairs[first] = False
        where = torch.zeros_like(square, dtype=torch.int64)
        for edge in edges:
            where += square >= edge * edge
        for index in range(len(edges) + 1):
            counts[:, first, index] = (pairs & (where == index)).sum(0, dtype=torch.int32)
    return counts
