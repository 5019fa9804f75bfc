"""How distances between tracked points change, and the rigid parts that follow."""

import math
from typing import Literal

import torch
from torch import Tensor

from spatialgeom._check import ArgumentCheck
from spatialgeom._operation import WITH_KERNEL, WITHOUT_KERNEL, register

Measure = Literal["range", "path"]

_MEASURES = ("range", "path")
_MAX_GAP = 0.3  # metres


def distance_change(
    tracks: Tensor,
    visible: Tensor | None = None,
    *,
    measure: Measure = "range",
    ignore_below: float = 0.01,
    backend: str | None = None,
) -> Tensor:
    r"""Measure how much the distance of every pair of tracked points changes over time.

    With :math:`d_t = |X_{t,i} - X_{t,j}|` over the frames in which both points are seen,

    .. math::
        \text{range} = \max_t d_t - \min_t d_t, \qquad
        \text{path} = \sum_t s_t [s_t > \text{ignore\_below}], \quad s_t = |d_t - d_{t-1}|

    The path is that of *Multi-SpatialMLLM*, appendix G; it adds up noise and loses slow motion, the range
    does neither. A rigid motion of all points of a frame changes nothing, so that the frame of reference is
    free, and may move. It takes memory for the result alone, whatever the number of frames.

    Args:
        tracks: Positions, metres, ``(T, N, 3)``, float32 or float64, in one frame of reference per time.
        visible: Where a point is seen, bool, ``(T, N)``. None: where its position is finite. A position
            that is not finite is never seen.
        measure: ``"range"`` or ``"path"``. A step of the path joins consecutive frames, t - 1 and t; one
            that touches a frame in which either point is not seen is not counted, and no step spans a gap.
        ignore_below: Steps of the path up to this, in metres, count as none. The range ignores nothing.
        backend: ``"triton"``, ``"cpu"`` or ``"reference"``. None picks by device.

    Returns:
        Changes in metres, symmetric, ``(N, N)``, in the type of ``tracks``. NaN for a pair with fewer than
        two joint frames; the diagonal is 0, by the same rule NaN for a point seen in fewer than two.

    Raises:
        ShapeError: A shape does not fit, or T or N differ between arguments.
        DTypeError: ``tracks`` is not float32 or float64 or requires a gradient, or ``visible`` is not bool.
        DeviceError: The tensors are on different devices.
        ValueError: ``measure`` is unknown, or ``ignore_below`` is negative.
        BackendError: ``backend`` was named and cannot run.

    Example:
        >>> import torch
        >>> still, moving = torch.zeros(3, 3), torch.tensor([[1.0, 0, 0], [1.5, 0, 0], [1, 0, 0]])
        >>> distance_change(torch.stack((still, moving), 1)).tolist()
        [[0.0, 0.5], [0.5, 0.0]]
        >>> distance_change(torch.stack((still, moving), 1), measure="path").tolist()
        [[0.0, 1.0], [1.0, 0.0]]
    """
    _check_tracks("distance_change", tracks, visible, measure, ignore_below)
    change: Tensor = _CHANGE(tracks, visible, measure, ignore_below, backend)
    return change


def rigid_clusters(
    tracks: Tensor,
    visible: Tensor | None = None,
    *,
    threshold: float = 0.1,
    measure: Measure = "range",
    min_size: int = 6,
    ignore_below: float = 0.01,
    max_gap: float | None = None,
    backend: str | None = None,
) -> Tensor:
    """Group tracked points into parts that move rigidly and hang together.

    Average linkage of :func:`distance_change`, cut where the mean change between two groups exceeds
    ``threshold`` (*Multi-SpatialMLLM*, appendix G; SciPy's ``linkage`` and ``fcluster``). A pair without a
    change, having fewer than two joint frames, counts as the cut: it neither joins nor parts groups that
    other pairs settle, and groups that only such pairs connect stay apart.

    What is at rest in two places keeps its distance, as a rigid body would, so a group is then split into
    pieces: two points are in one piece if steps of at most ``max_gap`` between points of the group lead from
    one to the other. The length of a step is the least distance of two points over their joint frames.

    Args:
        tracks: Positions, metres, ``(T, N, 3)``, float32 or float64, in one frame of reference per time.
        visible: Where a point is seen, bool, ``(T, N)``. None: where its position is finite.
        threshold: Largest mean change between groups that join, metres, above 0.
        measure: ``"range"`` or ``"path"``, of :func:`distance_change`.
        min_size: Points that a part needs.
        ignore_below: Steps of the path up to this, in metres, count as none.
        max_gap: Longest step between points of a part, metres, above 0; ``math.inf`` splits nothing. It must
            exceed the spacing of the tracks. None: 0.3 for the range, and for the path, the paper's rule,
            infinity.
        backend: ``"cpu"`` or ``"reference"``. None picks by device. The linkage runs on the CPU.

    Returns:
        Part of each point, int64, ``(N,)``: 0 is the largest, equal sizes are in the order of their lowest
        members, and -1 is a point whose part has fewer than ``min_size`` points.

    Raises:
        ShapeError: A shape does not fit, or T or N differ between arguments.
        DTypeError: ``tracks`` is not float32 or float64 or requires a gradient, or ``visible`` is not bool.
        DeviceError: The tensors are on different devices.
        ValueError: ``measure`` is unknown, ``threshold`` is not a positive number, ``min_size`` is below 1,
            ``ignore_below`` is negative, or ``max_gap`` is not above 0.
        BackendError: ``backend`` was named and cannot run.

    Example:
        >>> import torch
        >>> start = torch.tensor([[0.0, 0, 0], [5, 0, 0], [0.2, 0, 0], [0, 0.2, 0], [3, 0, 0]])
        >>> shift = torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]])
        >>> tracks = torch.stack((start, start + shift))
        >>> rigid_clusters(tracks, min_size=2).tolist()
        [0, -1, 0, 0, -1]
        >>> rigid_clusters(tracks, min_size=2, max_gap=3).tolist()
        [0, -1, 0, 0, 0]
    """
    _check_tracks("rigid_clusters", tracks, visible, measure, ignore_below)
    if not 0 < threshold < math.inf:
        raise ValueError(f"rigid_clusters: threshold must be a positive number of metres, got {threshold}")
    if min_size < 1:
        raise ValueError(f"rigid_clusters: min_size must be at least 1, got {min_size}")
    if max_gap is not None and not max_gap > 0:
        raise ValueError(f"rigid_clusters: max_gap must be a number of metres above 0, got {max_gap}")
    gap = _finite_gap(max_gap, measure)
    labels: Tensor = _CLUSTERS(tracks, visible, threshold, measure, min_size, ignore_below, gap, backend)
    return labels


def _finite_gap(max_gap: float | None, measure: str) -> float | None:
    """Return the gap to split at, or None where nothing is split."""
    if max_gap is None:
        return _MAX_GAP if measure == "range" else None
    return None if max_gap == math.inf else max_gap


def _check_tracks(
    operation: str, tracks: Tensor, visible: Tensor | None, measure: str, ignore_below: float
) -> None:
    check = ArgumentCheck(operation)
    check("tracks", tracks, "T N 3")
    if visible is not None:
        check("visible", visible, "T N", "bool")
    check.no_gradient(tracks)
    if measure not in _MEASURES:
        raise ValueError(f"{operation}: measure must be 'range' or 'path', got {measure!r}")
    if not ignore_below >= 0:
        raise ValueError(f"{operation}: ignore_below must be 0 or more, got {ignore_below}")


def _change(
    tracks: Tensor, visible: Tensor | None, measure: str, ignore_below: float, backend: str | None
) -> Tensor:
    return tracks.new_empty((tracks.shape[1], tracks.shape[1]))


def _labels(
    tracks: Tensor,
    visible: Tensor | None,
    threshold: float,
    measure: str,
    min_size: int,
    ignore_below: float,
    max_gap: float | None,
    backend: str | None,
) -> Tensor:
    return tracks.new_empty(tracks.shape[1], dtype=torch.int64)


_CHANGE = register("rigid_clusters", "distance_change", WITH_KERNEL, _change)
_CLUSTERS = register("rigid_clusters", "rigid_clusters", WITHOUT_KERNEL, _labels, waits=True)
