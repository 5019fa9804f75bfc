"""What a child process does for a GPU: prove the results right, then time calls and the device, and weigh.

Eager PyTorch, the reference on the same device, is what kernels stand beside: loops would take minutes.
"""

import gc
import math
from collections.abc import Mapping
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks import measure
from benchmarks.card import Call, Card
from benchmarks.case import Arguments, Case, Inputs, Size
from benchmarks.cases import load_case
from benchmarks.worker import (
    EAGER,
    Options,
    Timed,
    check_backend,
    check_results,
    dtype_of,
    runnable_backends,
    to_device,
)

_FRAMES_COMPARED = 8  # of a large result, with the reference
_SAMPLE_NS = 100_000  # a sample holds as many calls as fill this
_MOST_CALLS = 32
_BUDGET_S = 1.5  # of one implementation, by each clock
_MOST_HALVINGS = 6


def check_loops(name: str, options: Options, scratch: Path) -> None:
    """Raise unless every backend agrees with the NumPy loops at the smallest size."""
    measure.use_threads(options.threads)
    case = load_case(name)
    inputs = case.inputs(case.swept()[0], scratch)
    check_results(case, inputs, inputs, runnable_backends(case, options), options.device)


def time_case(name: str, size: Size, options: Options, scratch: Path) -> list[Timed]:
    """Return the times of eager PyTorch and of every backend; raises first if a result is wrong."""
    measure.use_threads(options.threads)
    try:
        return time_checked(load_case(name), size, options, scratch, Card())
    except torch.OutOfMemoryError as error:
        raise MemoryError(str(error)) from None
    finally:
        gc.collect()
        torch.cuda.empty_cache()


def time_checked(case: Case, size: Size, options: Options, scratch: Path, card: Card) -> list[Timed]:
    """Do the work of :func:`time_case`, on the given card."""
    inputs = case.inputs(size, scratch)
    backends = tuple(each for each in runnable_backends(case, options) if each != EAGER)
    moved = to_device(inputs.arguments, card.device)
    _check(case, inputs.arguments, moved, backends, card)
    eager_size, eager = _that_fits(case, size, moved, scratch, card)
    timed = _timed(case, {EAGER: (eager, eager_size)}, inputs, options, card) if eager is not moved else []
    together = {who: (moved, dict(size)) for who in ((EAGER, *backends) if eager is moved else backends)}
    return timed + _timed(case, together, inputs, options, card)


def _timed(
    case: Case,
    whose: Mapping[str, tuple[Arguments, dict[str, int]]],
    inputs: Inputs,
    options: Options,
    card: Card,
) -> list[Timed]:
    """Time implementations in turn; each has its arguments and their size."""
    sets = {who: _rotated(arguments, card) for who, (arguments, _) in whose.items()}
    calls = {who: _taking_turns(case, who, each) for who, each in sets.items()}
    by_host = measure.time_interleaved(calls, card.device, options.repeats, _BUDGET_S)
    by_device, notes = _time_on_device(case, sets, options.repeats, card)
    found = []
    for who, (arguments, size) in whose.items():
        peak, ratio = _weigh(partial(case.run, arguments, who), arguments, card)
        shared = (who, size, inputs.source, dtype_of(inputs.arguments))
        found.append(Timed(*shared, by_host[who], "call", peak, ratio))
        found.append(Timed(*shared, by_device[who], "device", peak, ratio, notes[who]))
    return found


def _time_on_device(
    case: Case, sets: Mapping[str, list[Arguments]], repeats: int, card: Card
) -> tuple[dict[str, measure.Spread], dict[str, str]]:
    """Return times between events on the device, and a note where launches are among them."""
    samples: dict[str, list[float]] = {who: [] for who in sets}
    work: dict[str, tuple[Call, int]] = {}
    notes: dict[str, str] = {}
    for who, each in sets.items():
        once = partial(case.run, each[0], who)
        took = card.elapsed_ns(card.captured(once) or once)
        number = min(_MOST_CALLS, max(1, math.ceil(_SAMPLE_NS / max(took, 1.0))))
        call: Call = partial(_all_of, case, who, [each[i % len(each)] for i in range(number)])
        replay = card.captured(call)
        work[who] = (replay or call, number)
        notes[who] = "" if replay else "waits for the device: launches are in its time"
    for turn in range(repeats):
        for who, (call, number) in work.items():
            if turn < 3 or sum(samples[who]) * number < _BUDGET_S * 1e9:
                samples[who].append(card.elapsed_ns(call) / number)
    return {who: _spread(values) for who, values in samples.items()}, notes


def _all_of(case: Case, backend: str, sets: list[Arguments]) -> None:
    for arguments in sets:
        case.run(arguments, backend)


def _taking_turns(case: Case, backend: str, sets: list[Arguments]) -> Call:
    turn = cycle(sets)
    return lambda: case.run(next(turn), backend)


def _rotated(arguments: Arguments, card: Card) -> list[Arguments]:
    """Return enough copies that, taken in turn, none is still in the cache when its turn comes again."""
    copies = math.ceil(2 * card.cache_bytes / max(1, _bytes(arguments)))
    return [arguments, *(_cloned(arguments) for _ in range(min(copies, _MOST_CALLS) - 1))]


def _check(case: Case, arguments: Arguments, moved: Arguments, backends: tuple[str, ...], card: Card) -> None:
    """Compare with the reference on the device: all of a small result, frames of a large one."""
    some, part = case.part(arguments, _FRAMES_COMPARED) if case.part else (arguments, lambda result: result)
    expected = case.as_naive(to_device(case.run(to_device(some, card.device), EAGER), "cpu"))
    for backend in backends:
        check_backend(case, backend, some, expected, part(case.run(moved, backend)))


def _that_fits(
    case: Case, size: Size, moved: Arguments, scratch: Path, card: Card
) -> tuple[dict[str, int], Arguments]:
    """Return the largest size, by halves of its first value, at which eager PyTorch fits, with arguments."""
    fitting, arguments = dict(size), moved
    first = next(iter(size))
    for _ in range(_MOST_HALVINGS):
        if _fits(case, arguments):
            break
        card.give_back()
        fitting[first] = max(1, fitting[first] // 2)
        arguments = to_device(case.inputs(fitting, scratch).arguments, card.device)
    return fitting, arguments


def _fits(case: Case, arguments: Arguments) -> bool:
    try:
        case.run(arguments, EAGER)
    except torch.OutOfMemoryError:
        return False
    return True


def _weigh(call: Call, arguments: Arguments, card: Card) -> tuple[int, float]:
    peak = card.peak_bytes(call)
    held, results = _bytes(arguments), _bytes(call())
    return peak, (held + peak) / max(1, held + results)


def _bytes(value: Any) -> int:
    if isinstance(value, Tensor):
        return value.nbytes
    return sum(map(_bytes, value)) if isinstance(value, tuple) else 0


def _cloned(value: Any) -> Any:
    return tuple(item.clone() if isinstance(item, Tensor) else item for item in value)


def _spread(values: list[float]) -> measure.Spread:
    p20, median, p80 = np.percentile(values, (20, 50, 80)).tolist()
    return measure.Spread(p20, median, p80, len(values))
