"""Checks of public arguments: one sentence per failure, naming the operation and the argument."""

import torch
from torch import Tensor

from spatialgeom.errors import DeviceError, DTypeError, ShapeError

_KINDS = {
    "float": "floating point",
    "bool": "bool",
    "words": "int64 (packed bits)",
    "integer": "int32 or int64",
    "depth": "floating point or uint16",
}


def _is_kind(dtype: torch.dtype, kind: str) -> bool:
    if kind == "float":
        return dtype.is_floating_point
    if kind == "depth":
        return dtype.is_floating_point or dtype is torch.uint16
    return (
        dtype in {"bool": (torch.bool,), "words": (torch.int64,), "integer": (torch.int32, torch.int64)}[kind]
    )


def value_range(values: Tensor) -> tuple[int, int]:
    """Return the least and the largest value, or (-1, -1) if there is none; it waits for the device."""
    if values.numel() == 0:
        return -1, -1
    low, high = values.aminmax()
    return int(low), int(high)


def refuse_skew(operation: str, intrinsics: Tensor) -> None:
    """Refuse pinhole matrices that have skew."""
    if bool((intrinsics[..., 0, 1] != 0).any()):
        raise ValueError(f"{operation}: intrinsics must have zero skew (entry [0, 1]); undistort first")


class ArgumentCheck:
    """Check the tensors of one call; a size named in one argument must match in the next.

    ``"... F 4 4"`` reads: any leading batch shape, then F, then 4 by 4.
    """

    def __init__(self, operation: str) -> None:
        self.operation = operation
        self._sizes: dict[str, object] = {}
        self._first: tuple[str, Tensor] | None = None
        self._first_float: tuple[str, Tensor] | None = None

    def __call__(self, name: str, value: Tensor, spec: str, kind: str = "float") -> None:
        """Refuse ``value`` unless it is a tensor of ``kind``, shaped as ``spec`` and alike the others."""
        if not isinstance(value, Tensor):
            raise DTypeError(f"{self.operation}: {name} must be a Tensor, got {type(value).__name__}")
        if not _is_kind(value.dtype, kind):
            raise DTypeError(f"{self.operation}: {name} must be {_KINDS[kind]}, got {value.dtype}")
        # metres in half precision are off by millimetres, and no kernel takes them
        if value.dtype.is_floating_point and value.dtype not in (torch.float32, torch.float64):
            raise DTypeError(f"{self.operation}: {name} must be float32 or float64, got {value.dtype}")
        self._check_shape(name, tuple(value.shape), spec)
        first_name, first = self._first = self._first or (name, value)
        if value.device != first.device:
            raise DeviceError(
                f"{self.operation}: {name} is on {value.device} but {first_name} is on {first.device}"
            )
        if value.dtype.is_floating_point:
            first_name, first = self._first_float = self._first_float or (name, value)
            if value.dtype != first.dtype:
                raise DTypeError(
                    f"{self.operation}: {name} is {value.dtype} but {first_name} is {first.dtype}"
                )

    def intrinsics(self, name: str, value: Tensor, frames: int) -> Tensor:
        """Return pinhole matrices expanded to ``(..., F, 3, 3)``; one matrix may serve all frames."""
        shape = tuple(value.shape) if isinstance(value, Tensor) else ()
        shared = len(shape) == 2 or (len(shape) == 3 and shape[0] == 1)
        self(name, value, "3 3" if len(shape) == 2 else "1 3 3" if shared else "... F 3 3")
        return value.reshape(1, 3, 3).expand(frames, 3, 3) if shared else value

    def no_gradient(self, *tensors: Tensor) -> None:
        """Refuse inputs that require a gradient, for an operation that has none."""
        if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors):
            raise DTypeError(f"{self.operation}: has no gradient; pass tensors through .detach()")

    def _check_shape(self, name: str, shape: tuple[int, ...], spec: str) -> None:
        axes = spec.split()
        leading = len(shape) - sum(axis != "..." for axis in axes)
        sizes = (shape[:leading], *shape[leading:]) if axes[0] == "..." else shape
        bound = {axis: self._sizes[axis] for axis in axes if self._sizes.get(axis, ()) != ()}
        if leading < 0 or len(sizes) != len(axes) or not all(map(self._bind, axes, sizes)):
            given = "".join(f", {axis} = {size}" for axis, size in bound.items())
            raise ShapeError(f"{self.operation}: {name} must be ({', '.join(axes)}){given}; got {shape}")

    def _bind(self, axis: str, size: object) -> bool:
        return int(axis) == size if axis.isdigit() else self._sizes.setdefault(axis, size) == size
