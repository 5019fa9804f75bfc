"""Reference change of pairwise distances, and connected parts cut from its average linkage."""

import numpy as np
import torch
from torch import Tensor

_BLOCK_PAIRS = 1 << 18
# what was not measured must join nothing: just above the cut, by more than averaging rounds
_ABOVE_CUT = 1 + 1e-9


def distance_change(tracks: Tensor, visible: Tensor | None, measure: str, ignore_below: float) -> Tensor:
    return _change_and_nearby(tracks, visible, measure, ignore_below, None)[0]


def _change_and_nearby(
    tracks: Tensor, visible: Tensor | None, measure: str, ignore_below: float, max_gap: float | None
) -> tuple[Tensor, Tensor | None]:
    """Return changes, and which pairs are at some joint frame within ``max_gap``, both (N, N)."""
    count = tracks.shape[1]
    seen = tracks.isfinite().all(-1)  # (T, N)
    if visible is not None:
        seen &= visible
    tracks = tracks.masked_fill(~seen[..., None], torch.nan)
    change = tracks.new_empty((count, count))
    nearby = None if max_gap is None else torch.empty_like(change, dtype=torch.bool)
    size = max(1, _BLOCK_PAIRS // max(1, count))
    for start in range(0, count, size):
        rows = slice(start, start + size)
        if measure == "range" or max_gap is not None:
            low, high = _extremes(tracks, rows)
        if nearby is not None and max_gap is not None:
            nearby[rows] = low <= max_gap
        change[rows] = high - low if measure == "range" else _path(tracks, rows, ignore_below)
        change[rows].masked_fill_(_joint_frames(seen, rows) < 2, torch.nan)
    return change, nearby


def _joint_frames(seen: Tensor, rows: slice) -> Tensor:
    joint = torch.zeros((seen[:, rows].shape[1], seen.shape[1]), dtype=torch.int32, device=seen.device)
    for present in seen:
        joint += present[rows, None] & present
    return joint


def _distances(positions: Tensor, rows: slice) -> Tensor:
    """Return distances from some points to all at one time, NaN where either is not seen."""
    # the first sqrt of a process may be off by 1e-3 where MKL starts its threads (PyTorch issue 188792)
    return torch.linalg.vector_norm(positions[rows, None] - positions, dim=-1)  # (R, N)


def _extremes(tracks: Tensor, rows: slice) -> tuple[Tensor, Tensor]:
    """Return the least and the greatest distance of pairs, infinities where they are never seen together."""
    low = tracks.new_full((tracks[:, rows].shape[1], tracks.shape[1]), torch.inf)
    high = torch.full_like(low, -torch.inf)
    for positions in tracks:
        distances = _distances(positions, rows)
        low, high = torch.fmin(low, distances), torch.fmax(high, distances)
    return low, high


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
    max_gap: float | None,
) -> Tensor:
    change, nearby = _change_and_nearby(tracks, visible, measure, ignore_below, max_gap)
    return connected_parts(change, nearby, threshold, min_size)


def connected_parts(change: Tensor, nearby: Tensor | None, threshold: float, min_size: int) -> Tensor:
    """Return the label of each point: linkage of ``change``, cut, and split where ``nearby`` has no way.

    A pair is near in either triangle of ``nearby``.
    """
    labels = _cut_linkage(change, threshold)
    if nearby is not None:
        labels = _split(labels, nearby.cpu().numpy())
    return torch.from_numpy(_by_size(labels, min_size)).to(change.device)


def _cut_linkage(change: Tensor, threshold: float) -> np.ndarray:
    """Return labels by average linkage of ``change``, cut at ``threshold``."""
    count = change.shape[0]
    if count < 2:
        return np.zeros(count, np.int64)
    # SciPy's hierarchy takes a while to import
    from scipy.cluster.hierarchy import fcluster, linkage

    upper = change.cpu()[torch.ones(count, count, dtype=torch.bool).triu(1)].double()
    upper.nan_to_num_(nan=threshold * _ABOVE_CUT, posinf=torch.inf)
    labels: np.ndarray = fcluster(linkage(upper.numpy(), "average"), threshold, "distance") - 1
    return labels


def _split(labels: np.ndarray, nearby: np.ndarray) -> np.ndarray:
    """Return labels of the pieces of each label that steps between ``nearby`` members connect."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    links = nearby & (labels[:, None] == labels)
    pieces: np.ndarray = connected_components(csr_array(links), directed=False)[1]
    return pieces


def _by_size(labels: np.ndarray, min_size: int) -> np.ndarray:
    """Renumber labels by falling size, then by lowest member; -1 where a label has too few members."""
    _, first, inverse, sizes = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(len(sizes), np.int64)
    rank[np.lexsort((first, -sizes))] = np.arange(len(sizes))
    rank[sizes < min_size] = -1
    return rank[inverse]
