"""Plugin of pytest: kernels of the Triton backend are compiled for a card and run in NumPy, on CPU tensors.

For a process of its own, without Triton's interpreter: ``TRITON_INTERPRET=0 pytest -p ptx_launches``, this
folder on PYTHONPATH. Tests that ask for a backend then get what the card would compute, those that are
property-based for few examples.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import aot
import numpy as np
import pytest
import torch
from ptx import Program
from ptx_memory import Memory
from torch import Tensor


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("emulated card")
    group.addoption("--architecture", type=int, default=80, help="of the card: 80 is Ampere")
    group.addoption("--card-seed", type=int, default=0, help="decides what a card leaves open")
    group.addoption("--examples", type=int, default=1, help="of a property-based test")


def pytest_configure(config: pytest.Config) -> None:
    from triton.backends.nvidia.compiler import CUDABackend
    from triton.runtime.jit import JITFunction

    import spatialgeom.backends.triton as backend

    aot.pretend(config.getoption("--architecture"))
    backend.why_unavailable = lambda device_type: None
    # PTX is emulated: nothing is assembled
    CUDABackend.make_cubin = lambda *args, **kwargs: b""
    JITFunction.run = _emulated(JITFunction.run, config.getoption("--card-seed"))
    torch.empty, Tensor.new_empty = _poisoned(torch.empty), _poisoned(Tensor.new_empty)


def pytest_collection_modifyitems(items: list[pytest.Item], config: pytest.Config) -> None:
    import hypothesis

    few = hypothesis.settings(
        max_examples=config.getoption("--examples"),
        deadline=None,
        derandomize=True,
        database=None,
        phases=[hypothesis.Phase.generate],
    )
    for item in items:
        if hasattr(item.obj, "hypothesis"):
            item.obj._hypothesis_internal_use_settings = few


def _poisoned(make: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return tensors full of what no kernel should leave there."""

    def poisoned(*args: Any, **kwargs: Any) -> Tensor:
        tensor = make(*args, **kwargs)
        if tensor.dtype is torch.bool or tensor.is_meta:
            return tensor
        return tensor.fill_(torch.nan if tensor.dtype.is_floating_point else 77)

    return poisoned


def _emulated(run: Callable[..., Any], seed: int) -> Callable[..., None]:
    """Return what stands in for a launch."""
    program_of = cache(lambda text: Program(text, seed))

    def launch(kernel: Any, *args: Any, grid: tuple[int, ...], warmup: bool, **kwargs: Any) -> None:
        compiled = run(kernel, *args, grid=grid, warmup=True, **kwargs)
        given = dict(zip(kernel.arg_names, args, strict=False)) | kwargs
        memory = Memory()
        values = [given[name] for name, kind in compiled.src.signature.items() if kind != "constexpr"]
        arguments = [memory.address(v) if isinstance(v, Tensor) else int(v) for v in values]
        program = program_of(compiled.asm["ptx"])
        # pointers to scratch memory, which no kernel has
        arguments += [0] * (len(program.parameters) - len(arguments))
        with np.errstate(all="ignore"):
            program.run(grid, arguments, memory, compiled.metadata.shared)

    return launch
