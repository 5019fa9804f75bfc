"""Reference change of pairwise distances, and parts cut from its average linkage."""

import numpy as np
import torch
from torch import Tensor

_BLOCK_PAIRS = 1 << 18
# what was not measured must join nothing: just above the cut, by more than averaging rounds
_ABOVE_CUT = 1 + 1e-9


def distance_change(tracks: Tensor, visible: Tensor | None, measure: str, ignore_below: float) -> Tensor:
    count = tracks.shape[1]
    seen = tracks.isfinite().all(-1)  # (T, N)
    if visible is not None:
        seen &= visible
    tracks = tracks.masked_fill(~seen[..., None], torch.nan)
    change = tracks.new_empty((count, count))
    size = max(1, _BLOCK_PAIRS // max(1, count))
    for start in range(0, count, size):
        rows = slice(start, start + size)
        change[rows] = _range(tracks, rows) if measure == "range" else _path(tracks, rows, ignore_below)
        change[rows].masked_fill_(_joint_frames(seen, rows) < 2, torch.nan)
    return change


def _joint_frames(seen: Tensor, rows: slice) -> Tensor:
    joint = torch.zeros((seen[:, rows].shape[1], seen.shape[1]), dtype=torch.int32, device=seen.device)
    for present in seen:
        joint += present[rows, None] & present
    return joint


def _distances(positions: Tensor, rows: slice) -> Tensor:
    """Return distances from some points to all at one time, NaN where either is not seen."""
    # the first sqrt of a process may be off by 1e-3 where MKL starts its threads (PyTorch issue 188792)
    return torch.linalg.vector_norm(positions[rows, None] - positions, dim=-1)  # (R, N)


def _range(tracks: Tensor, rows: slice) -> Tensor:
    low = tracks.new_full((tracks[:, rows].shape[1], tracks.shape[1]), torch.inf)
    high = torch.full_like(low, -torch.inf)
    for positions in tracks:
        distances = _distances(positions, rows)
        low, high = torch.fmin(low, distances), torch.fmax(high, distances)
    return high - low


def _path(tracks: Tensor, rows: slice, ignore_below: float) -> Tensor:
    total = tracks.new_zeros((tracks[:, rows].shape[1], tracks.shape[1]))
    previous = torch.full_like(total, torch.nan)
    for positions in tracks:
        distances = _distances(positions, rows)
        step = (distances - previous).abs()
        # a step that touches an unseen frame is NaN and fails the comparison
        total += torch.where(step > ignore_below, step, 0)
        previous = distances
    return total


def rigid_clusters(
    tracks: Tensor,
    visible: Tensor | None,
    threshold: float,
    measure: str,
    min_size: int,
    ignore_below: float,
) -> Tensor:
    return cut_linkage(distance_change(tracks, visible, measure, ignore_below), threshold, min_size)


def cut_linkage(change: Tensor, threshold: float, min_size: int) -> Tensor:
    """Return the label of each point after average linkage of ``change``, cut at ``threshold``."""
    count = change.shape[0]
    labels = np.zeros(count, np.int64)
    if count > 1:
        # SciPy's hierarchy takes a while to import
        from scipy.cluster.hierarchy import fcluster, linkage

        upper = change.cpu()[torch.ones(count, count, dtype=torch.bool).triu(1)].double()
        upper.nan_to_num_(nan=threshold * _ABOVE_CUT, posinf=torch.inf)
        labels = fcluster(linkage(upper.numpy(), "average"), threshold, "distance") - 1
    return torch.from_numpy(_by_size(labels, min_size)).to(change.device)


def _by_size(labels: np.ndarray, min_size: int) -> np.ndarray:
    """Renumber labels by falling size, then by lowest member; -1 where a label has too few members."""
    _, first, inverse, sizes = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(len(sizes), np.int64)
    rank[np.lexsort((first, -sizes))] = np.arange(len(sizes))
    rank[sizes < min_size] = -1
    return rank[inverse]
