"""Rate of minima written to z-buffers from threads that may meet, as rendering depth does."""

from functools import partial

import numpy as np
import torch
import triton
import triton.language as tl
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.experiments.patterns import (
    HEIGHT,
    LANES,
    MAPS,
    WIDTH,
    Pattern,
    advance,
    colliding,
    neighbours,
    place,
    scattered,
    sectors_per_access,
)
from benchmarks.experiments.timing import Found, Rate, median_seconds, processors
from spatialgeom.backends.triton._language import launch

_EMPTY = 0x7F800000  # infinity as float32: positive floats are ordered like their bits
_UNROLL = 8
_CHECKED_STEPS, _TIMED_STEPS = 16, 256
_PROGRAMS_PER_PROCESSOR = 16


@triton.jit
def _minimum_kernel(
    nearest_ptr,  # int32
    state_ptr,  # (threads,) int32
    offset_ptr,  # (threads,) int32
    span,
    steps,
    LANES: tl.constexpr,
    UNROLL: tl.constexpr,
):
    thread = tl.program_id(0) * LANES + tl.arange(0, LANES)
    state = tl.load(state_ptr + thread).to(tl.uint32, bitcast=True)
    here = nearest_ptr + tl.load(offset_ptr + thread)
    step = 0
    while step < steps:
        for _ in tl.static_range(UNROLL):
            state = advance(state)
            # the lower bits do not choose the place; threads that meet bring different depths
            depth = ((state ^ (thread * 40503).to(tl.uint32)) & 0xFFFF).to(tl.int32)
            tl.atomic_min(here + place(state, span), depth, sem="relaxed")
        step += UNROLL


def run(device: str) -> Found:
    """Return the rates of minima: spread over many z-buffers, over one, and with threads that meet."""
    threads = LANES * _PROGRAMS_PER_PROCESSOR * processors(device)
    several = [(MAPS, make(MAPS, threads)) for make in (scattered, neighbours)]
    one = [(1, make(1, threads)) for make in (scattered, neighbours)]
    meeting = [(MAPS, colliding(MAPS, threads, lanes)) for lanes in (2, 8, 32)]
    rates, settled = [], {}
    for count, pattern in (*several, *one, *meeting):
        sectors = check(pattern, count, device)
        nearest, moved = _empty(count, device), _moved(pattern, device)
        call = partial(_lower, pattern, nearest, *moved, _TIMED_STEPS)
        rate = threads * _TIMED_STEPS / median_seconds(call, device)
        rates.append(Rate(pattern.name, rate, "minima", f"{sectors:.2f} sectors each"))
        if pattern is several[1][1]:
            settled["atomics_per_s"] = rate
    return Found(tuple(rates), settled)


def check(pattern: Pattern, maps: int, device: str) -> float:
    """Raise AssertionError unless every minimum is right; return the sectors per access."""
    nearest = _empty(maps, device)
    _lower(pattern, nearest, *_moved(pattern, device), _CHECKED_STEPS)
    states = pattern.states(_CHECKED_STEPS)
    positions = pattern.positions(states)
    depth = (states ^ np.arange(states.shape[1], dtype=np.uint32) * np.uint32(40503)) & np.uint32(0xFFFF)
    expected: NDArray[np.float64] = np.full(len(nearest), _EMPTY, np.float64)
    np.minimum.at(expected, positions.ravel(), depth.ravel().astype(np.float64))
    if differ := int((nearest.cpu().numpy() != expected).sum()):
        raise AssertionError(f"minima {pattern.name}: {differ} of {len(expected)} are wrong")
    return sectors_per_access(positions, item_bytes=4)


def _empty(maps: int, device: str) -> Tensor:
    return torch.full((maps * HEIGHT * WIDTH,), _EMPTY, dtype=torch.int32, device=device)


def _moved(pattern: Pattern, device: str) -> tuple[Tensor, Tensor]:
    state = torch.from_numpy(pattern.state.view(np.int32)).to(device)
    return state, torch.from_numpy(pattern.offset).to(device)


def _lower(pattern: Pattern, nearest: Tensor, state: Tensor, offset: Tensor, steps: int) -> None:
    launch(
        _minimum_kernel,
        (len(state) // LANES,),
        nearest,
        state,
        offset,
        pattern.span,
        steps,
        warps=LANES // 32,
        LANES=LANES,
        UNROLL=_UNROLL,
    )
