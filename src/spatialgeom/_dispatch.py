"""Which implementation of an operation runs: asked for, or the best for the device. Never silent."""

import importlib
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch

from spatialgeom.errors import BackendError

BACKENDS = ("cpu", "reference")
PREFERENCE = {"cuda": ("triton", "reference"), "cpu": ("cpu", "reference")}
OPERATIONS: dict[str, "Operation"] = {}

_requested: ContextVar[str | None] = ContextVar("spatialgeom_backend", default=None)


@dataclass(frozen=True)
class Operation:
    """A public operation and the backends that implement it.

    Backend ``b`` implements it as ``spatialgeom.backends.<b>.<module>.<name>``, imported on first use.
    """

    module: str
    name: str
    backends: tuple[str, ...] = BACKENDS

    def __post_init__(self) -> None:
        if "reference" not in self.backends:
            raise ValueError(f"{self.name} needs a reference")
        OPERATIONS[self.name] = self

    def implementation(self, device: torch.device, backend: str | None = None) -> Callable[..., Any]:
        """Return the implementation to call for tensors on ``device``.

        Raises:
            BackendError: ``backend``, or the one of :func:`use_backend` or ``SPATIALGEOM_BACKEND``,
                does not exist or cannot run on ``device``.
        """
        asked = backend or _requested.get() or os.environ.get("SPATIALGEOM_BACKEND")
        if asked is not None:
            if asked not in self.backends:
                raise BackendError(f"{self.name} has no {asked!r} backend; it has {', '.join(self.backends)}")
            if reason := why_unavailable(asked, device.type):
                raise BackendError(f"{self.name}: backend {asked!r} cannot run on {device}: {reason}")
            return self._load(asked)
        for candidate in PREFERENCE.get(device.type, ("reference",)):
            if candidate in self.backends:
                if (reason := why_unavailable(candidate, device.type)) is None:
                    return self._load(candidate)
                _warn_once(f"{self.name} runs on a slower backend because {candidate!r} cannot: {reason}")
        return self._load("reference")

    def gradient(self) -> Callable[..., Any]:
        """Return the reference's ``<name>_gradient``, which differentiates the result of every backend."""
        return self._load("reference", "_gradient")

    def _load(self, backend: str, suffix: str = "") -> Callable[..., Any]:
        function: Callable[..., Any] = getattr(
            importlib.import_module(f"spatialgeom.backends.{backend}.{self.module}"), self.name + suffix
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
    warnings.warn(message, RuntimeWarning, stacklevel=4)
