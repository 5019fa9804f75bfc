"""Run chosen programs of a launch in Triton's interpreter and record the addresses that they touch.

No memory is read or written, so tensors may be as large as addresses go: calls take tensors on the meta
device, each gets a range of addresses of its own, and loads return what :class:`Recorder` is told to fill a
tensor with.
"""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from triton.runtime import interpreter

# CUDA's limits on programs along each axis of a grid
_MOST_PROGRAMS = (2**31 - 1, 2**16 - 1, 2**16 - 1)
_SPACING = 1 << 56  # bytes between the ranges of two tensors: a wrapped offset reaches no other

Fill = float | Callable[[np.ndarray], np.ndarray]


@dataclass
class Region:
    """The addresses of one tensor's memory, and what was touched there."""

    storage: Any  # kept, so that no later tensor takes its place
    itemsize: int
    base: int
    name: str = ""
    end: int = 0  # first byte after the last one touched

    @property
    def size(self) -> int:
        return self.storage.nbytes()


@dataclass(frozen=True)
class _Pointer:
    """What the interpreter takes for a tensor: it asks for a type and an address."""

    address: int
    dtype: torch.dtype

    def data_ptr(self) -> int:
        return self.address


class Recorder:
    """Stand in for launches and for memory; ``fills`` says what loads through a kernel's pointer return."""

    def __init__(self, patch: pytest.MonkeyPatch, **fills: Fill) -> None:
        self.regions: list[Region] = []
        self.launched: list[str] = []
        self._fills = fills
        recorder, builder = self, interpreter.InterpreterBuilder

        def load(self: Any, ptrs: Any, mask: Any, other: Any, *rest: Any) -> Any:
            return recorder._load(ptrs, mask, other)

        def store(self: Any, ptrs: Any, value: Any, mask: Any, *rest: Any) -> None:
            recorder._touch("store", ptrs, mask.data)

        def atomic(self: Any, operation: Any, ptr: Any, value: Any, mask: Any, *rest: Any) -> Any:
            recorder._touch("store", ptr, mask.data)
            return interpreter.TensorHandle(np.zeros_like(value.data), value.dtype.scalar)

        def run(kernel: Any, *args: Any, grid: tuple[int, ...], warmup: bool, **kwargs: Any) -> None:
            recorder._run(patch, kernel, grid, args, kwargs)

        patch.setattr(builder, "create_masked_load", load)
        patch.setattr(builder, "create_masked_store", store)
        patch.setattr(builder, "create_atomic_rmw", atomic)
        patch.setattr(interpreter.InterpretedFunction, "run", run)

    def region_of(self, tensor: Tensor) -> Region | None:
        """Return the addresses of a tensor that some kernel was given."""
        storage = tensor.untyped_storage()
        return next((r for r in self.regions if r.storage._cdata == storage._cdata), None)

    def _pointer(self, name: str, tensor: Tensor) -> _Pointer:
        region = self.region_of(tensor)
        if region is None:
            base = (len(self.regions) + 1) * _SPACING
            region = Region(tensor.untyped_storage(), tensor.itemsize, base)
            self.regions.append(region)
        region.name = name
        return _Pointer(region.base + tensor.storage_offset() * tensor.itemsize, tensor.dtype)

    def _run(
        self, patch: pytest.MonkeyPatch, kernel: Any, grid: tuple[int, ...], args: Any, kwargs: Any
    ) -> None:
        self.launched.append(kernel.__name__)
        for programs, most in zip(grid, _MOST_PROGRAMS, strict=False):
            if not 0 < programs <= most:
                raise AssertionError(f"{kernel.__name__} is launched on a grid of {grid}")
        arguments = [
            self._pointer(name, value) if isinstance(value, Tensor) else value
            for name, value in zip(kernel.arg_names, args, strict=False)
        ]
        grid = grid + (1,) * (3 - len(grid))
        executor = interpreter.GridExecutor(kernel.rewrite(), kernel.arg_names, (1, 1, 1))
        executor._init_args_hst = lambda args, kwargs: (args, kwargs)
        executor._restore_args_dev = lambda *_: None
        builder = interpreter.interpreter_builder
        with patch.context() as here:
            here.setattr(builder, "set_grid_dim", lambda *_: None)
            here.setattr(builder, "grid_dim", grid, raising=False)
            for program in _chosen(grid):
                here.setattr(builder, "set_grid_idx", lambda *_, p=program: setattr(builder, "grid_idx", p))
                executor(*arguments, **kwargs)

    def _touch(self, what: str, ptrs: Any, mask: np.ndarray) -> tuple[Region, int] | None:
        """Check the addresses of one instruction and return where they are."""
        size = max(1, ptrs.get_element_ty().primitive_bitwidth // 8)
        pointers, live = np.broadcast_arrays(ptrs.data, mask)
        addresses = pointers[live.astype(bool)]  # a mask may be integers, which would index
        if not addresses.size:
            return None
        first, last = int(addresses.min()), int(addresses.max())
        # a wrapped offset falls below the base, so the nearest base is the tensor that was meant
        region = self.regions[min(max(round(first / _SPACING), 1), len(self.regions)) - 1]
        if first < region.base or last + size > region.base + region.size:
            raise AssertionError(
                f"{self.launched[-1]}: {what} through {region.name} at bytes {first - region.base} to "
                f"{last + size - region.base} of {region.size}"
            )
        region.end = max(region.end, last + size - region.base)
        return region, size

    def _load(self, ptrs: Any, mask: Any, other: Any) -> Any:
        element = ptrs.get_element_ty()
        kind = interpreter._get_np_dtype(element)
        values = np.zeros(ptrs.data.shape, kind) if other is None else np.array(other.data, kind)
        if (found := self._touch("load", ptrs, mask.data)) is not None:
            region, size = found
            fill = self._fills.get(region.name, 0)
            if callable(fill):
                fill = fill((ptrs.data.astype(np.int64) - region.base) // size)
            values = np.where(mask.data.astype(bool), np.asarray(fill).astype(kind), values)
        return interpreter.TensorHandle(values, element)


def _chosen(grid: tuple[int, ...]) -> Iterable[tuple[int, ...]]:
    """Return the first program along every axis, the last, and two between."""
    return itertools.product(*(sorted({0, n // 3, n // 2, n - 1}) for n in grid))
