"""The named objects of a scene and their upright boxes."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import ConvexHull, QhullError

_UPRIGHT_DEG = 5.0  # a box that leans less is upright: a corner of its table was measured a little high
_CORNERS = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])


@dataclass(frozen=True)
class Objects:
    """What a source says of its objects; a row of NaN in both arrays is a box to be found from points.

    A box is upright: its third axis is up. The horizontal ones may point anywhere.
    """

    ids: tuple[str, ...]  # unique in the scene
    categories: tuple[str, ...]  # as a person would name them, lower case
    world_from_box: np.ndarray  # (K, 4, 4) centre and axes
    size: np.ndarray  # (K, 3) metres along the box's x, y, z

    @classmethod
    def without_boxes(cls, ids: tuple[str, ...], categories: tuple[str, ...]) -> "Objects":
        """Return objects whose boxes are to be found from their points."""
        count = len(ids)
        return cls(ids, categories, np.full((count, 4, 4), np.nan), np.full((count, 3), np.nan))


def box_corners(world_from_box: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return the (8, 3) corners of one box in the world."""
    corners: np.ndarray = (_CORNERS * size) @ world_from_box[:3, :3].T + world_from_box[:3, 3]
    return corners


def level_box(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the box (4, 4), (3,) around points (N, 3) whose sides are along the world's axes."""
    return _box_along(points, np.array([1.0, 0.0]))


def least_upright_box(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the upright box (4, 4), (3,) around points (N, 3) of least horizontal area.

    One side of the least rectangle around a convex polygon lies on one of its edges (Freeman & Shapira,
    Determining the minimum-area encasing rectangle for an arbitrary closed curve, 1975), so all are tried.
    """
    flat = points[:, :2] - points[:, :2].mean(axis=0)
    directions, hull = _hull_edges(flat)
    across = np.stack((-directions[:, 1], directions[:, 0]), axis=1)
    areas = np.ptp(hull @ directions.T, axis=0) * np.ptp(hull @ across.T, axis=0)
    return _box_along(points, directions[np.argmin(areas)])


def upright_box(world_from_box: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a box of any orientation as an upright one.

    Where one of its axes is within 5 degrees of up, the box keeps its size and is set straight; else it is
    the upright box of least horizontal area around its corners.
    """
    axes = world_from_box[:3, :3]
    up = int(np.argmax(np.abs(axes[2])))
    if np.abs(axes[2, up]) < np.cos(np.radians(_UPRIGHT_DEG)):
        return least_upright_box(box_corners(world_from_box, size))
    first, second = [k for k in range(3) if k != up]
    direction = axes[:2, first] / np.linalg.norm(axes[:2, first])
    return _posed(direction, world_from_box[:3, 3]), size[[first, second, up]]


def _hull_edges(flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return unit directions (E, 2) of the edges of the points' convex hull, and its corners (V, 2)."""
    try:
        hull = flat[ConvexHull(flat).vertices]
    except (QhullError, ValueError):  # fewer than three points, or all in a line
        _, _, principal = np.linalg.svd(flat, full_matrices=False)
        return principal[:1], flat
    edges = np.roll(hull, -1, axis=0) - hull
    return edges / np.linalg.norm(edges, axis=1, keepdims=True), hull


def _box_along(points: np.ndarray, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    pose = _posed(direction, np.zeros(3))
    local = points @ pose[:3, :3]
    low, high = local.min(axis=0), local.max(axis=0)
    pose[:3, 3] = pose[:3, :3] @ ((low + high) / 2)
    return pose, high - low


def _posed(direction: np.ndarray, centre: np.ndarray) -> np.ndarray:
    pose = np.eye(4)
    pose[:2, 0] = direction
    pose[:2, 1] = -direction[1], direction[0]
    pose[:3, 3] = centre
    return pose
