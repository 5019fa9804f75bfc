"""How far tracked points move between the times of a clip: counted by distance, and found again."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from spatialgeom._check import ArgumentCheck, value_range
from spatialgeom._operation import WITHOUT_KERNEL, register
from spatialgeom.errors import ShapeError


def displacement_counts(
    tracks: Tensor,
    start: Tensor,
    end: Tensor,
    edges: Sequence[float],
    *,
    backend: str | None = None,
) -> Tensor:
    r"""Count, for each point and time, the later times by how far the point has moved until then.

    .. math:: c_{nib} = \#\{j > i : s_{in} \wedge e_{jn} \wedge
              \varepsilon_{b-1} \le \lVert X_{jn} - X_{in} \rVert < \varepsilon_b\},
              \qquad \varepsilon_{-1} = -\infty, \quad \varepsilon_{E} = \infty

    Squares are compared, in float64, so that all backends agree bit for bit.

    Args:
        tracks: Positions in the world, metres, ``(T, N, 3)``, float32 or float64.
        start: Times that may be the earlier, bool, ``(T, N)``.
        end: Times that may be the later, bool, ``(T, N)``.
        edges: Ascending distances, metres, 0 or more, between E + 1 bins; a distance on an edge is above.
        backend: ``"cpu"`` or ``"reference"``. None picks by device.

    Returns:
        Number of later times, int32, ``(N, T, E + 1)``. A time at which a position is not finite is neither
        the earlier nor the later.

    Raises:
        ShapeError: A shape does not fit, or T or N differ between arguments.
        DTypeError: ``tracks`` is not float32 or float64 or requires a gradient, or a mask is not bool.
        DeviceError: The tensors are on different devices.
        ValueError: ``edges`` do not ascend, or one is negative or not finite.
        BackendError: ``backend`` was named and cannot run.

    Example:
        >>> import torch
        >>> tracks = torch.tensor([[[0.0, 0, 0]], [[0.0, 0, 0]], [[0.3, 0, 0]]])
        >>> anywhere = torch.ones(3, 1, dtype=torch.bool)
        >>> displacement_counts(tracks, anywhere, anywhere, [0.01, 1.0])[0].tolist()
        [[1, 1, 0], [0, 1, 0], [0, 0, 0]]
    """
    check = ArgumentCheck("displacement_counts")
    check("tracks", tracks, "T N 3")
    check("start", start, "T N", "bool")
    check("end", end, "T N", "bool")
    check.no_gradient(tracks)
    counts: Tensor = _COUNTS(tracks, start, end, _ascending("displacement_counts", edges), backend)
    return counts


class TimePairs(NamedTuple):
    """Two times of one point, the earlier and the later."""

    first: Tensor  # (K,) int64
    second: Tensor  # (K,) int64


def nth_displacement(
    tracks: Tensor,
    counts: Tensor,
    end: Tensor,
    edges: Sequence[float],
    point: Tensor,
    index: Tensor,
    rank: Tensor,
    *,
    backend: str | None = None,
) -> TimePairs:
    """Find the n-th pair of times between which a point moves by a distance of one bin.

    Pairs of a point and bin are numbered from 0, by the first time and then by the second. To draw evenly
    from those of :func:`displacement_counts` is to draw numbers below its sums.

    Args:
        tracks: Positions in the world, metres, ``(T, N, 3)``, float32 or float64.
        counts: What :func:`displacement_counts` returned for them, int32, ``(N, T, E + 1)``.
        end: Its times that may be the later, bool, ``(T, N)``.
        edges: Its edges, E of them.
        point: Which point, int64, ``(K,)``.
        index: Which bin, int64, ``(K,)``.
        rank: Which pair, int64, ``(K,)``.
        backend: ``"cpu"`` or ``"reference"``. None picks by device.

    Returns:
        The first and the second time of each; -1 where a point and bin have no pair of that number.

    Raises:
        ShapeError: A shape does not fit, or T, N, E or K differ between arguments.
        DTypeError: ``tracks`` is not float32 or float64 or requires a gradient, ``counts`` or an index is not
            of integers, or ``end`` is not bool.
        DeviceError: The tensors are on different devices.
        ValueError: ``edges`` do not ascend, or a point or bin does not exist.
        BackendError: ``backend`` was named and cannot run.

    Example:
        >>> import torch
        >>> tracks = torch.tensor([[[0.0, 0, 0]], [[0.0, 0, 0]], [[0.3, 0, 0]]])
        >>> anywhere = torch.ones(3, 1, dtype=torch.bool)
        >>> counts = displacement_counts(tracks, anywhere, anywhere, [0.01])
        >>> zero = torch.zeros(2, dtype=torch.int64)
        >>> nth_displacement(tracks, counts, anywhere, [0.01], zero, zero + 1, torch.arange(2))
        TimePairs(first=tensor([0, 1]), second=tensor([2, 2]))
    """
    check = ArgumentCheck("nth_displacement")
    check("tracks", tracks, "T N 3")
    check("counts", counts, "N T B", "integer")
    check("end", end, "T N", "bool")
    for name, value in (("point", point), ("index", index), ("rank", rank)):
        check(name, value, "K", "integer")
    check.no_gradient(tracks)
    given = _ascending("nth_displacement", edges)
    if counts.shape[2] != len(given) + 1:
        raise ShapeError(
            f"nth_displacement: counts must be (N, T, {len(given) + 1}), one more than edges; "
            f"got {tuple(counts.shape)}"
        )
    return TimePairs(*_NTH(tracks, counts, end, given, point, index, rank, backend))


def _ascending(operation: str, edges: Sequence[float]) -> list[float]:
    given = [float(edge) for edge in edges]
    if any(not 0 <= edge < math.inf for edge in given) or sorted(set(given)) != given:
        raise ValueError(f"{operation}: edges must ascend from 0 or more, got {given}")
    return given


def _refuse_indices(
    tracks: Tensor,
    counts: Tensor,
    end: Tensor,
    edges: Sequence[float],
    point: Tensor,
    index: Tensor,
    *_: object,
) -> None:
    for name, value, count in (("point", point, counts.shape[0]), ("index", index, counts.shape[2])):
        low, high = value_range(value)
        if value.numel() and (low < 0 or high >= count):
            raise ValueError(f"nth_displacement: {name} must be in 0..{count - 1}, got {low}..{high}")


def _counts(
    tracks: Tensor, start: Tensor, end: Tensor, edges: Sequence[float], backend: str | None
) -> Tensor:
    return tracks.new_empty((tracks.shape[1], tracks.shape[0], len(edges) + 1), dtype=torch.int32)


def _times(
    tracks: Tensor,
    counts: Tensor,
    end: Tensor,
    edges: Sequence[float],
    point: Tensor,
    index: Tensor,
    rank: Tensor,
    backend: str | None,
) -> tuple[Tensor, Tensor]:
    return (
        point.new_empty(point.shape[0], dtype=torch.int64),
        point.new_empty(point.shape[0], dtype=torch.int64),
    )


_COUNTS = register("displacement", "displacement_counts", WITHOUT_KERNEL, _counts)
_NTH = register("displacement", "nth_displacement", WITHOUT_KERNEL, _times, _refuse_indices)
