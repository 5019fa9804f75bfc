"""Part of a benchmark's arguments, and the same part of its result: enough to compare what is large."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from benchmarks.case import Arguments, Part


def by_frame(*positions: int) -> Part:
    """Take frames: of the arguments at ``positions``, and of every tensor of the result."""

    def part(arguments: Arguments, number: int) -> tuple[Arguments, Callable[[Any], Any]]:
        chosen = _spread(arguments[positions[0]].shape[0], number)
        some = tuple(value[chosen] if i in positions else value for i, value in enumerate(arguments))
        return some, lambda result: _each(result, lambda tensor: tensor[chosen])

    return part


def by_track(arguments: Arguments, number: int) -> tuple[Arguments, Callable[[Any], Any]]:
    """Take points of ``(T, N, ...)`` arguments, and their pairs of the result ``(N, N)``."""
    chosen = _spread(arguments[0].shape[1], number * 32)
    some = tuple(value[:, chosen] for value in arguments)
    return some, lambda result: result[chosen[:, None], chosen]


def _spread(count: int, number: int) -> Tensor:
    return torch.linspace(0, count - 1, min(count, number)).round().long()


def _each(value: Any, take: Callable[[Tensor], Tensor]) -> Any:
    if isinstance(value, Tensor):
        return take(value)
    taken = [_each(item, take) for item in value]
    return type(value)(*taken) if hasattr(value, "_fields") else tuple(taken)
