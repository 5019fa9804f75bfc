"""How far tracked points move between the times of a clip."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from spatialgeom._check import ArgumentCheck
from spatialgeom._operation import WITHOUT_KERNEL, register


def displacement_counts(
    tracks: Tensor,
    start: Tensor,
    end: Tensor,
    edges: Sequence[float],
    *,
    backend: str | None = None,
) -> Tensor:
    r"""Count, for each point and first time, the second times by how far the point has moved.

    .. math:: c_{nib} = \#\{j \ne i : s_{in} \wedge e_{jn} \wedge
              \varepsilon_{b-1} \le \lVert X_{jn} - X_{in} \rVert < \varepsilon_b\},
              \qquad \varepsilon_{-1} = -\infty, \quad \varepsilon_{E} = \infty

    Squares are compared, in float64, so that all backends agree bit for bit.

    Args:
        tracks: Positions in the world, metres, ``(T, N, 3)``, float32 or float64.
        start: Times that may come first, bool, ``(T, N)``.
        end: Times that may come second, bool, ``(T, N)``.
        edges: Ascending distances, metres, 0 or more, between E + 1 bins; a distance on an edge is above.
        backend: ``"cpu"`` or ``"reference"``. None picks by device.

    Returns:
        Number of second times, int32, ``(N, T, E + 1)``. A time at which a position is not finite is neither
        first nor second.

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
        [[1, 1, 0], [1, 1, 0], [0, 2, 0]]
    """
    check = ArgumentCheck("displacement_counts")
    check("tracks", tracks, "T N 3")
    check("start", start, "T N", "bool")
    check("end", end, "T N", "bool")
    check.no_gradient(tracks)
    given = [float(edge) for edge in edges]
    if any(not 0 <= edge < math.inf for edge in given) or sorted(set(given)) != given:
        raise ValueError(f"displacement_counts: edges must ascend from 0 or more, got {given}")
    counts: Tensor = _COUNTS(tracks, start, end, given, backend)
    return counts


def _counts(
    tracks: Tensor, start: Tensor, end: Tensor, edges: Sequence[float], backend: str | None
) -> Tensor:
    return tracks.new_empty((tracks.shape[1], tracks.shape[0], len(edges) + 1), dtype=torch.int32)


_COUNTS = register("displacement", "displacement_counts", WITHOUT_KERNEL, _counts)
