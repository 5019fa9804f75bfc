"""Reference counts of displacements, one first time after another, and pairs by their number."""

from collections.abc import Sequence

import torch
from torch import Tensor

_BLOCK_DRAWS = 4096


def displacement_counts(tracks: Tensor, start: Tensor, end: Tensor, edges: Sequence[float]) -> Tensor:
    times, points = tracks.shape[:2]
    counts = torch.zeros((points, times, len(edges) + 1), dtype=torch.int32, device=tracks.device)
    x, y, z = tracks.double().unbind(-1)
    for first in range(times):
        dx, dy, dz = x - x[first], y - y[first], z - z[first]
        square = dx * dx + dy * dy + dz * dz  # (T, N)
        pairs = start[first] & end & square.isfinite()
        pairs[: first + 1] = False
        where = torch.zeros_like(square, dtype=torch.int64)
        for edge in edges:
            where += square >= edge * edge
        for index in range(len(edges) + 1):
            counts[:, first, index] = (pairs & (where == index)).sum(0, dtype=torch.int32)
    return counts


def nth_displacement(
    tracks: Tensor,
    counts: Tensor,
    end: Tensor,
    edges: Sequence[float],
    point: Tensor,
    index: Tensor,
    rank: Tensor,
) -> tuple[Tensor, Tensor]:
    blocks = zip(*(torch.split(value.long(), _BLOCK_DRAWS) for value in (point, index, rank)), strict=True)
    found = [_times(tracks, counts, end, edges, *block) for block in blocks]
    first, second = (torch.cat(times) for times in zip(*found, strict=True))
    return first, second


def _times(
    tracks: Tensor,
    counts: Tensor,
    end: Tensor,
    edges: Sequence[float],
    point: Tensor,
    index: Tensor,
    rank: Tensor,
) -> tuple[Tensor, Tensor]:
    draws = torch.arange(len(point), device=point.device)
    upto = counts[point, :, index].long().cumsum(1)  # (K, T)
    none = rank < 0
    if upto.shape[1]:
        none |= rank >= upto[:, -1]
    else:
        return torch.full_like(rank, -1), torch.full_like(rank, -1)
    first = (upto <= rank[:, None]).sum(1).clamp(max=upto.shape[1] - 1)
    before = torch.where(first > 0, upto[draws, (first - 1).clamp(min=0)], 0)
    places = tracks[:, point].double()  # (T, K, 3)
    dx, dy, dz = (places - places[first, draws]).unbind(-1)
    square = dx * dx + dy * dy + dz * dz
    bounds = torch.tensor(
        [0.0, *(edge * edge for edge in edges), torch.inf], dtype=torch.float64, device=tracks.device
    )
    inside = end[:, point] & (square >= bounds[index]) & (square < bounds[index + 1])
    inside &= torch.arange(len(inside), device=first.device)[:, None] > first
    second = (inside.long().cumsum(0) <= rank - before).sum(0)
    return first.masked_fill(none, -1), second.masked_fill(none, -1)
