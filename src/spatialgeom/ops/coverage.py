"""How much of an object images show along each axis, and which few images show all of it."""

import math
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from spatialgeom._check import ArgumentCheck, value_range
from spatialgeom._operation import WITH_KERNEL, WITHOUT_KERNEL, register
from spatialgeom.errors import ShapeError


class Extents(NamedTuple):
    """Least and greatest coordinates of what images show; +inf and -inf where that is nothing."""

    low: Tensor  # (F, 3) or (K, F, 3) metres
    high: Tensor  # the same


class Covers(NamedTuple):
    """Sets of images, by size and then in lexicographic order."""

    sets: Tensor  # (M, max_size) int64, images in ascending order, then -1
    truncated: bool  # whether there are more


def axis_extents(
    points: Tensor,
    visible: Tensor,
    labels: Tensor | None = None,
    *,
    label_count: int | None = None,
    backend: str | None = None,
) -> Extents:
    r"""Find how far the points that each frame sees reach along each axis.

    .. math:: \text{low}_{fa} = \min_{p \in V_f} X_{pa}, \qquad \text{high}_{fa} = \max_{p \in V_f} X_{pa}

    Minima and maxima are exact: all backends agree bit for bit.

    Args:
        points: Points, metres, in the axes along which to measure, ``(N, 3)``, float32 or float64. A
            coordinate that is NaN is left out.
        visible: Packed bits of what F frames see, int64, ``(F, W)``, W = ceil(N / 64).
        labels: Object of each point, int32 or int64, ``(N,)``: 0 to K - 1, or -1 for none. None takes all
            points as one.
        label_count: Number of objects K. None takes one more than the highest label, for which a GPU is
            waited for.
        backend: ``"triton"``, ``"cpu"`` or ``"reference"``. None picks by device.

    Returns:
        Extents ``(F, 3)``, in the type of ``points``; with ``labels`` ``(K, F, 3)``. Where a frame sees
        nothing of an object, low is +inf and high -inf, so that the extents of a set of frames are always the
        minimum and the maximum of theirs.

    Raises:
        ShapeError: A shape does not fit, or N differs between arguments.
        DTypeError: ``points`` is not float32 or float64 or requires a gradient, ``visible`` is not int64, or
            ``labels`` are not integers.
        DeviceError: The tensors are on different devices.
        ValueError: A label is below -1, or not below ``label_count``; on a GPU it is no object instead.
        BackendError: ``backend`` was named and cannot run.

    Example:
        >>> import torch
        >>> points = torch.tensor([[0.0, 0, 0], [2, 0, 1], [5, 1, 0]])
        >>> axis_extents(points, torch.tensor([[0b011], [0b111]])).high.tolist()
        [[2.0, 0.0, 1.0], [5.0, 1.0, 1.0]]
    """
    check = ArgumentCheck("axis_extents")
    check("points", points, "N 3")
    check("visible", visible, "F W", "words")
    words = -(-points.shape[0] // 64)
    if visible.shape[1] != words:
        raise ShapeError(
            f"axis_extents: visible must be (F, {words}) for {points.shape[0]} points; "
            f"got {tuple(visible.shape)}"
        )
    check.no_gradient(points)
    if labels is None:
        low, high = _EXTENTS(points, visible, None, 1, backend)
        return Extents(low[0], high[0])
    check("labels", labels, "N", "integer")
    count = 1 + max(-1, value_range(labels)[1]) if label_count is None else label_count
    return Extents(*_EXTENTS(points, visible, labels.long(), count, backend))


def minimal_covers(
    extents: Extents,
    target: Tensor,
    axis: Literal[0, 1, 2, "all"],
    *,
    tolerance: float = 0.1,
    max_size: int = 2,
    limit: int = 1_000_000,
    backend: str | None = None,
) -> Covers:
    r"""Find the sets of images that show the whole of an object along an axis, none of them superfluous.

    A set S covers axis a if

    .. math:: |c_a(S) - t_a| \le \text{tolerance} \cdot t_a, \qquad
              c_a(S) = \max_{f \in S} \text{high}_{fa} - \min_{f \in S} \text{low}_{fa}

    (*Multi-SpatialMLLM*, appendix F and listing 2). It is minimal if no proper subset covers, so that a pair
    may be minimal only while neither of its images covers. The larger set can also miss a target that the
    smaller one meets, by reaching further. On one axis two images of a set hold its extremes and cover
    whatever it covers: there the minimal sets are single images and pairs, all of which this finds. For all
    axes together three images can be needed, and more, which are not looked for.

    Args:
        extents: Extents of one object in F images, metres, ``(F, 3)``, from :func:`axis_extents`.
        target: Dimensions of the whole object along the three axes, metres, ``(3,)``, in the type of
            ``extents``. All decisions are taken in float64 on these values as they are.
        axis: The axis to cover, or ``"all"``: every one of them, by the same images.
        tolerance: Share of the target by which coverage may be off, either way.
        max_size: Most images of a set, 1 to 3.
        limit: Most sets to return; the first in order are kept.
        backend: ``"cpu"`` or ``"reference"``. None picks by device.

    Returns:
        The minimal sets, by size and then in lexicographic order, and whether ``limit`` cut them short.

    Raises:
        ShapeError: A shape does not fit, or F differs.
        DTypeError: An argument is not floating point, types are mixed, or a gradient is required.
        DeviceError: The tensors are on different devices.
        ValueError: ``axis``, ``max_size``, ``tolerance`` or ``limit`` is out of range; or along ``axis`` a
            target is negative or not finite, or an extent is NaN.
        BackendError: ``backend`` was named and cannot run.

    Example:
        >>> import torch
        >>> low = torch.tensor([[0.0, 0, 0], [0.5, 0, 0], [0, 0, 0]])
        >>> high = torch.tensor([[0.6, 1, 1], [1, 1, 1], [0.97, 1, 1]])
        >>> minimal_covers(Extents(low, high), torch.ones(3), axis=0).sets.tolist()
        [[2, -1], [0, 1]]
    """
    _check_covers(extents, target, axis, tolerance, max_size, limit)
    axes = slice(None) if axis == "all" else slice(axis, axis + 1)
    low, high, whole = (tensor[..., axes].double() for tensor in (*extents, target))
    sets = _COVERS(low, high, whole, tolerance * whole, max_size, limit + 1, backend)
    return Covers(sets[:limit], sets.shape[0] > limit)


def _check_covers(
    extents: Extents, target: Tensor, axis: int | str, tolerance: float, max_size: int, limit: int
) -> None:
    check = ArgumentCheck("minimal_covers")
    check("extents.low", extents.low, "F 3")
    check("extents.high", extents.high, "F 3")
    check("target", target, "3")
    check.no_gradient(extents.low, extents.high, target)
    if axis not in (0, 1, 2, "all"):
        raise ValueError(f"minimal_covers: axis must be 0, 1, 2 or 'all', got {axis!r}")
    if max_size not in (1, 2, 3):
        raise ValueError(f"minimal_covers: max_size must be 1, 2 or 3, got {max_size}")
    if not 0 <= tolerance < math.inf:
        raise ValueError(f"minimal_covers: tolerance must be 0 or more, got {tolerance}")
    if limit < 1:
        raise ValueError(f"minimal_covers: limit must be at least 1, got {limit}")


def _refuse_labels(points: Tensor, visible: Tensor, labels: Tensor | None, count: int) -> None:
    if labels is not None:
        low, high = value_range(labels)
        if low < -1 or high >= count:
            raise ValueError(f"axis_extents: labels must be in -1..{count - 1}, got {low}..{high}")


def _refuse_targets(low: Tensor, high: Tensor, target: Tensor, *_: object) -> None:
    if not ((target >= 0) & target.isfinite()).all():
        raise ValueError(f"minimal_covers: target must be 0 or more, in metres, got {target.tolist()}")
    if bool(low.isnan().any() | high.isnan().any()):
        raise ValueError("minimal_covers: extents must not be NaN; empty is +inf to -inf")


def _extents(
    points: Tensor, visible: Tensor, labels: Tensor | None, count: int, backend: str | None
) -> tuple[Tensor, Tensor]:
    shape = (count, visible.shape[0], 3)
    return points.new_empty(shape), points.new_empty(shape)


def _sets(
    low: Tensor,
    high: Tensor,
    target: Tensor,
    slack: Tensor,
    max_size: int,
    most: int,
    backend: str | None,
) -> Tensor:
    return low.new_empty((torch.library.get_ctx().new_dynamic_size(), max_size), dtype=torch.int64)


_EXTENTS = register("coverage", "axis_extents", WITH_KERNEL, _extents, _refuse_labels)
_COVERS = register("coverage", "minimal_covers", WITHOUT_KERNEL, _sets, _refuse_targets, waits=True)
