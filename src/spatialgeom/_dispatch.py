"""Which implementation of an operation runs: asked for, or the best for the device. Never silent."""

import importlib
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

import torch

from spatialgeom.errors import BackendError

BACKENDS = ("triton", "cpu", "reference")
PREFERENCE = {"cuda": ("triton", "reference"), "cpu": ("cpu", "reference")}

_requested: ContextVar[str | None] = ContextVar("spatialgeom_backend", default=None)


def choose_backend(
    operation: str, backends: tuple[str, ...], device: torch.device, asked: str | None = None
) -> str:
    """Return which of the ``backends`` of an operation runs on tensors of ``device``.

    Raises:
        BackendError: ``asked``, or the one of :func:`use_backend` or ``SPATIALGEOM_BACKEND``, does not exist
            or cannot run on ``device``.
    """
    asked = asked or _requested.get() or os.environ.get("SPATIALGEOM_BACKEND")
    if asked is not None:
        if asked not in backends:
            raise BackendError(f"{operation} has no {asked!r} backend; it has {', '.join(backends)}")
        if reason := why_unavailable(asked, device.type):
            raise BackendError(f"{operation}: backend {asked!r} cannot run on {device}: {reason}")
        return asked
    for candidate in PREFERENCE.get(device.type, ("reference",)):
        if candidate in backends:
            if (reason := why_unavailable(candidate, device.type)) is None:
                return candidate
            _warn_once(f"{operation} runs on a slower backend because {candidate!r} cannot: {reason}")
    return "reference"


def load_implementation(backend: str, module: str, name: str) -> Callable[..., Any]:
    """Return ``spatialgeom.backends.<backend>.<module>.<name>``, imported on first use."""
    function: Callable[..., Any] = getattr(
        importlib.import_module(f"spatialgeom.backends.{backend}.{module}"), name
    )
    return function


@contextmanager
def use_backend(name: str | None) -> Iterator[None]:
    """Run every operation inside the block on backend ``name``, or fail; None restores the choice by device.

    Example:
        >>> import torch, spatialgeom
        >>> with spatialgeom.use_backend("reference"):
        ...     spatialgeom.count_bits(torch.tensor([[7]]))
        tensor([3])
    """
    token = _requested.set(name)
    try:
        yield
    finally:
        _requested.reset(token)


def available_backends(device: str = "cpu") -> tuple[str, ...]:
    """Return the names of the backends that can run on tensors of ``device`` (``"cpu"`` or ``"cuda"``)."""
    return tuple(name for name in BACKENDS if why_unavailable(name, device) is None)


@cache
def why_unavailable(backend: str, device_type: str) -> str | None:
    """Return None if ``backend`` can run on ``device_type``, else the reason in words."""
    if backend not in BACKENDS:
        return f"there is no such backend; there are {', '.join(BACKENDS)}"
    reason: str | None = importlib.import_module(f"spatialgeom.backends.{backend}").why_unavailable(
        device_type
    )
    return reason


@cache
def _warn_once(message: str) -> None:
    # above this: the choice, the operation's implementation, the public function, its caller
    warnings.warn(message, RuntimeWarning, stacklevel=5)
