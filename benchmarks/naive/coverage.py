"""Which images together show the whole of an object: breadth-first search over masks of points."""

from functools import reduce

import numpy as np
from numpy.typing import NDArray

from benchmarks.naive.projection import Floats

Masks = NDArray[np.bool_]


def axis_extents(points: Floats, visible: Masks) -> tuple[Floats, Floats]:
    """Return the lowest and highest coordinates that each frame sees."""
    low, high = np.full((len(visible), 3), np.inf), np.full((len(visible), 3), -np.inf)
    for frame, mask in enumerate(visible):
        seen = points[mask]
        if len(seen):
            low[frame], high[frame] = seen.min(axis=0), seen.max(axis=0)
    return low, high


def axis_extents_by_label(points: Floats, visible: Masks, labels: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return the same for each label: two arrays (K, F, 3)."""
    extents = [axis_extents(points, visible & (labels == label)) for label in range(labels.max() + 1)]
    return np.stack([low for low, _ in extents]), np.stack([high for _, high in extents])


def coverage(points: Floats, mask: Masks, axis: int) -> float:
    """Return how far the points under ``mask`` reach along ``axis``."""
    if not mask.any():
        return 0.0
    coordinates = points[mask][:, axis]
    return float(coordinates.max() - coordinates.min())


def minimal_covers(
    points: Floats, visible: Masks, object_points: Masks, target: float, axis: int, tolerance: float = 0.1
) -> list[tuple[int, ...]]:
    """Return the sets of one or two images that reach ``target`` while no part of the set does."""
    masks = [mask & object_points for mask in visible]
    covers: list[tuple[int, ...]] = []
    enough_alone: set[int] = set()
    level: list[tuple[int, ...]] = [(image,) for image in range(len(masks))]
    while level:
        following: list[tuple[int, ...]] = []
        for images in level:
            if enough_alone.intersection(images):
                continue
            union = reduce(np.logical_or, [masks[image] for image in images])
            if abs(coverage(points, union, axis) - target) <= tolerance * target:
                covers.append(images)
            elif len(images) < 2:
                following.extend((*images, later) for later in range(images[-1] + 1, len(masks)))
        enough_alone.update(images[0] for images in covers if len(images) == 1)
        level = following
    return covers
