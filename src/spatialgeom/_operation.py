"""Operations as PyTorch knows them: registered with ``torch.library``, the choice of a backend inside.

``torch.compile`` sees one opaque operator whose shapes it can infer, so that it neither traces nor breaks on
what chooses and loads a backend.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from spatialgeom._dispatch import choose_backend, load_implementation

WITHOUT_KERNEL = ("cpu", "reference")
WITH_KERNEL = ("triton", "cpu", "reference")
OPERATIONS: dict[str, "Operation"] = {}

_LIBRARY = torch.library.Library("spatialgeom", "DEF")  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Operation:
    """A public operation and the backends that implement it.

    Backend ``b`` implements it as ``spatialgeom.backends.<b>.<module>.<name>``, with the arguments of
    ``result`` but for the last.

    Args:
        module: Name of the backends' modules.
        name: Name of the operation.
        backends: Names of the backends that have it.
        result: Allocates the result, empty, from annotated arguments: the operator's schema. The last
            argument is the name of a backend, or None.
        refuse: Raises on values that no backend takes. On another device than the CPU, where to read a value
            is to wait, it is called only if the operation ``waits`` anyway.
        waits: It waits for the device: its result's shape depends on values, or it works on the host.
    """

    module: str
    name: str
    backends: tuple[str, ...]
    result: Callable[..., Any]
    refuse: Callable[..., None] | None = None
    waits: bool = False

    def __post_init__(self) -> None:
        """Refuse an operation that lacks its meaning."""
        if "reference" not in self.backends:
            raise ValueError(f"{self.name} needs a reference")

    def implementation(self, backend: str) -> Callable[..., Any]:
        """Return what ``backend`` runs."""
        return load_implementation(backend, self.module, self.name)

    def run(self, *arguments: Any) -> Any:
        """Choose a backend by the last argument and the tensors' device, and call it."""
        *given, asked = arguments
        device = next(value.device for value in given if isinstance(value, Tensor))
        implementation = self.implementation(choose_backend(self.name, self.backends, device, asked))
        if self.refuse is not None and (device.type == "cpu" or self.waits):
            self.refuse(*given)
        if device.type == "cuda":
            # kernels are launched on the current device, whatever their tensors are on
            with torch.cuda.device(device):
                return implementation(*given)
        return implementation(*given)


def register(
    module: str,
    name: str,
    backends: tuple[str, ...],
    result: Callable[..., Any],
    refuse: Callable[..., None] | None = None,
    waits: bool = False,
) -> Callable[..., Any]:
    """Register an :class:`Operation` of these fields, and return the operator that runs it."""
    operation = OPERATIONS[name] = Operation(module, name, backends, result, refuse, waits)
    schema = torch.library.infer_schema(result, mutates_args=())
    tags = [torch.Tag.pt2_compliant_tag]
    # so that compiled graphs are not captured around it, where this PyTorch can be told
    if waits and hasattr(torch.Tag, "cudagraph_unsafe"):
        tags.append(torch.Tag.cudagraph_unsafe)
    _LIBRARY.define(name + schema, tags=tuple(tags))  # type: ignore[no-untyped-call]
    _LIBRARY.impl(name, operation.run, "CompositeExplicitAutograd")  # type: ignore[no-untyped-call]
    torch.library.register_fake(f"spatialgeom::{name}", result, lib=_LIBRARY)
    operator: Callable[..., Any] = getattr(torch.ops.spatialgeom, name).default
    return operator
