"""What a child process does for the CPU: make inputs, prove the results right, time them or weigh them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor

import spatialgeom
from benchmarks import card, measure
from benchmarks.case import Case, Inputs, Size
from benchmarks.cases import load_case
from benchmarks.floor import Limits
from spatialgeom._dispatch import why_unavailable
from spatialgeom._operation import OPERATIONS

NAIVE, EAGER = "naive", "reference"


@dataclass(frozen=True)
class Options:
    """How to measure."""

    device: str = "cpu"
    backends: tuple[str, ...] = ()  # all that can run, if empty
    threads: int = 1
    repeats: int = 7


@dataclass(frozen=True)
class Timed:
    """One implementation at one size."""

    implementation: str
    size: dict[str, int]
    source: str
    dtype: str
    spread: measure.Spread
    metric: str = "time"  # on a GPU "call", by the host's clock, or "device"
    peak_bytes: int | None = None
    memory_ratio: float | None = None  # inputs and peak over inputs and results
    note: str = ""


def time_case(name: str, size: Size, options: Options, scratch: Path) -> list[Timed]:
    """Return the times of the loops and of every backend; raises first if a result is wrong."""
    measure.use_threads(options.threads)
    return time_checked(load_case(name), size, options, scratch)


def time_checked(case: Case, size: Size, options: Options, scratch: Path) -> list[Timed]:
    """Do the work of :func:`time_case`, in this process."""
    inputs, reduced = _inputs(case, size, scratch)
    backends = runnable_backends(case, options)
    check_results(case, inputs, reduced, backends, options.device)
    moved = to_device(inputs.arguments, options.device)
    calls: dict[str, measure.Call] = {NAIVE: partial(case.naive, *case.naive_arguments(reduced.arguments))}
    calls |= {backend: partial(case.run, moved, backend) for backend in backends}
    spreads = measure.time_interleaved(calls, options.device, options.repeats)
    sizes = {NAIVE: case.naive_size(size)}
    return [
        Timed(who, sizes.get(who, dict(size)), inputs.source, dtype_of(inputs.arguments), spread)
        for who, spread in spreads.items()
    ]


def weigh_case(name: str, size: Size, implementation: str, options: Options, scratch: Path) -> int:
    """Return the peak bytes of one implementation, in a process that runs nothing else.

    A call at the smallest size comes first, so that compiled code and libraries do not count.
    """
    measure.use_threads(options.threads)
    case = load_case(name)
    calls: list[measure.Call] = []
    for each in (case.swept()[0], size):
        inputs, reduced = _inputs(case, each, scratch)
        if implementation == NAIVE:
            calls.append(partial(case.naive, *case.naive_arguments(reduced.arguments)))
        else:
            moved = to_device(inputs.arguments, options.device)
            calls.append(partial(case.run, moved, implementation))
    warm, call = calls
    warm()
    return measure.peak_bytes(call, options.device)


def limits(options: Options, ceilings: Path | None = None) -> Limits:
    """Return what the machine reaches at most under these options, or what a file says."""
    measure.use_threads(options.threads)
    return card.limits_of(options.device, ceilings)


def check_results(
    case: Case, inputs: Inputs, reduced: Inputs, backends: tuple[str, ...], device: str
) -> None:
    """Raise unless every backend agrees with the loops, and with the reference where the loops do less."""
    expected = case.naive(*case.naive_arguments(reduced.arguments))
    _check(case, reduced, expected, backends, device)
    others = tuple(backend for backend in backends if backend != EAGER)
    if reduced is not inputs and others:
        found = case.run(to_device(inputs.arguments, device), EAGER)
        _check(case, inputs, case.as_naive(to_device(found, "cpu")), others, device)


def check_backend(case: Case, backend: str, arguments: tuple[Any, ...], expected: Any, actual: Any) -> None:
    """Raise a sentence that names the backend unless its result, still on its device, is as expected."""
    try:
        case.compare(arguments, expected, case.as_naive(to_device(actual, "cpu")))
    except AssertionError as error:
        raise AssertionError(f"{case.name}: backend {backend!r} is wrong, not timed: {error}") from error


def runnable_backends(case: Case, options: Options) -> tuple[str, ...]:
    """Return the backends of the operation that were asked for and can be timed."""
    getattr(spatialgeom, case.operation)  # its module registers the operation
    return tuple(
        backend
        for backend in reversed(OPERATIONS[case.operation].backends)
        if (not options.backends or backend in options.backends)
        and why_not_timed(backend, options.device) is None
    )


def why_not_timed(backend: str, device: str) -> str | None:
    """Return None if ``backend`` can be timed on ``device``, else the reason in words."""
    if backend == "triton" and os.environ.get("TRITON_INTERPRET") == "1":
        return "TRITON_INTERPRET=1 makes Triton interpret its kernels, whose speed says nothing"
    return why_unavailable(backend, device)


def _check(case: Case, inputs: Inputs, expected: Any, backends: tuple[str, ...], device: str) -> None:
    moved = to_device(inputs.arguments, device)
    for backend in backends:
        check_backend(case, backend, inputs.arguments, expected, case.run(moved, backend))


def _inputs(case: Case, size: Size, scratch: Path) -> tuple[Inputs, Inputs]:
    """Return the inputs of ``size``, and those of the loops, which may be smaller."""
    inputs = case.inputs(size, scratch)
    reduced: Mapping[str, int] = case.naive_size(size)
    return inputs, inputs if reduced == dict(size) else case.inputs(reduced, scratch)


def to_device(value: Any, device: str) -> Any:
    """Move the tensors of nested tuples."""
    if isinstance(value, Tensor):
        return value.to(device)
    if isinstance(value, tuple):
        moved = [to_device(item, device) for item in value]
        return type(value)(*moved) if hasattr(value, "_fields") else tuple(moved)
    return value


def dtype_of(arguments: tuple[Any, ...]) -> str:
    """Return the type of the floating-point tensors, or of the first tensor."""
    tensors = [value for value in arguments if isinstance(value, Tensor)]
    first = next((tensor for tensor in tensors if tensor.dtype.is_floating_point), tensors[0])
    return str(first.dtype).removeprefix("torch.")
