"""Points that move together: how pairwise distances change, then average linkage."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import pdist, squareform

from benchmarks.naive.projection import Floats


def distance_path(tracks: Floats, ignore_below: float = 0.01) -> Floats:
    """Return, per pair of points, the sum over steps of the changes of distance above ``ignore_below``."""
    change = np.zeros((tracks.shape[1], tracks.shape[1]))
    for before, after in pairwise(tracks):
        step = np.abs(squareform(pdist(after)) - squareform(pdist(before)))
        change += np.where(step > ignore_below, step, 0)
    return change


def distance_range(tracks: Floats) -> Floats:
    """Return, per pair of points, the largest distance less the smallest."""
    smallest = largest = squareform(pdist(tracks[0]))
    for points in tracks[1:]:
        distance = squareform(pdist(points))
        smallest, largest = np.minimum(smallest, distance), np.maximum(largest, distance)
    change: Floats = largest - smallest
    return change


def distance_range_seen(tracks: Floats, visible: NDArray[np.bool_]) -> Floats:
    """Return the same over the steps at which both points are visible; NaN without two such steps."""
    points = tracks.shape[1]
    smallest, largest = np.full((points, points), np.inf), np.full((points, points), -np.inf)
    steps = np.zeros((points, points), dtype=int)
    for positions, seen in zip(tracks, visible, strict=True):
        distance = squareform(pdist(positions))
        both = seen[:, None] & seen[None, :]
        smallest = np.where(both, np.minimum(smallest, distance), smallest)
        largest = np.where(both, np.maximum(largest, distance), largest)
        steps += both
    return np.where(steps >= 2, largest - smallest, np.nan)


def rigid_clusters(
    tracks: Floats, threshold: float = 0.1, min_size: int = 6, max_gap: float = 0.3
) -> NDArray[np.int64]:
    """Return a label per point, -1 where its cluster has fewer than ``min_size`` points."""
    smallest = largest = squareform(pdist(tracks[0]))
    for points in tracks[1:]:
        distance = squareform(pdist(points))
        smallest, largest = np.minimum(smallest, distance), np.maximum(largest, distance)
    tree = linkage(squareform(largest - smallest, checks=False), method="average")
    groups = fcluster(tree, threshold, criterion="distance")
    linked = (smallest <= max_gap) & (groups[:, None] == groups)
    labels: NDArray[np.int64] = connected_components(linked, directed=False)[1].astype(np.int64)
    for label in np.unique(labels):
        if (labels == label).sum() < min_size:
            labels[labels == label] = -1
    return labels
