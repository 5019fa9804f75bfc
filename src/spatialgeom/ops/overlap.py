"""How many points each pair of frames shares."""

from typing import NamedTuple

import torch
from torch import Tensor

from spatialgeom._check import ArgumentCheck
from spatialgeom._operation import WITH_KERNEL, register


class Overlap(NamedTuple):
    """What pairs of point sets have in common."""

    intersection: Tensor  # (F, G) int64, points in both
    iou: Tensor  # (F, G) float64, points in both by points in either; 0 where neither has any


def overlap_matrix(visible: Tensor, other: Tensor | None = None, *, backend: str | None = None) -> Overlap:
    r"""Count the points that frames share, for all pairs.

    .. math:: \mathrm{IoU}_{ij} = \frac{|V_i \cap V_j|}{|V_i \cup V_j|}

    (Jaccard's index), from exact counts, so that all backends agree bit for bit.

    Args:
        visible: Packed bits of F sets, int64, ``(F, W)``; bit ``p % 64`` of word ``p // 64`` is point ``p``.
        other: Packed bits of G sets, int64, ``(G, W)``. None pairs ``visible`` with itself.
        backend: ``"triton"``, ``"cpu"`` or ``"reference"``. None picks by device.

    Returns:
        Sizes of the intersections and their share of the unions, ``(F, G)``, or ``(F, F)`` and symmetric if
        ``other`` is None: the diagonal is then each set's count, and an IoU of 1, or 0 if it is empty.

    Raises:
        ShapeError: A shape does not fit, or W differs.
        DTypeError: An argument is not int64.
        DeviceError: The tensors are on different devices.
        BackendError: ``backend`` was named and cannot run.

    Example:
        >>> import torch
        >>> overlap_matrix(torch.tensor([[0b0111], [0b1110]])).iou
        tensor([[1.0000, 0.5000],
                [0.5000, 1.0000]], dtype=torch.float64)
    """
    check = ArgumentCheck("overlap_matrix")
    check("visible", visible, "F W", "words")
    if other is not None:
        check("other", other, "G W", "words")
    return Overlap(*_OVERLAP(visible, other, backend))


def _matrices(visible: Tensor, other: Tensor | None, backend: str | None) -> tuple[Tensor, Tensor]:
    shape = (visible.shape[0], (visible if other is None else other).shape[0])
    return visible.new_empty(shape), visible.new_empty(shape, dtype=torch.float64)


_OVERLAP = register("overlap", "overlap_matrix", WITH_KERNEL, _matrices)
