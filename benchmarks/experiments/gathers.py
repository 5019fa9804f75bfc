"""Rate of 16-bit readings at places that differ from lane to lane, as visibility tests make them."""

from functools import partial

import numpy as np
import torch
import triton
import triton.language as tl
from torch import Tensor

from benchmarks.experiments.patterns import (
    HEIGHT,
    LANES,
    MAPS,
    WIDTH,
    Pattern,
    advance,
    neighbours,
    place,
    scattered,
    sectors_per_access,
)
from benchmarks.experiments.timing import Found, Rate, median_seconds, processors
from spatialgeom.backends.triton._language import launch

_UNROLL = 8  # readings under way at once, as a thread that owns 8 points has
_CHECKED_STEPS, _TIMED_STEPS = 16, 1024
_PROGRAMS_PER_PROCESSOR = 16


@triton.jit
def _gather_kernel(
    maps_ptr,  # uint16
    state_ptr,  # (threads,) int32
    offset_ptr,  # (threads,) int32
    sums_ptr,  # (threads,) int32
    span,
    steps,
    LANES: tl.constexpr,
    UNROLL: tl.constexpr,
):
    thread = tl.program_id(0) * LANES + tl.arange(0, LANES)
    state = tl.load(state_ptr + thread).to(tl.uint32, bitcast=True)
    here = maps_ptr + tl.load(offset_ptr + thread)
    total = tl.zeros((LANES,), tl.int32)
    step = 0
    while step < steps:
        for _ in tl.static_range(UNROLL):
            state = advance(state)
            total += tl.load(here + place(state, span)).to(tl.int32)
        step += UNROLL
    tl.store(sums_ptr + thread, total)


def run(device: str) -> Found:
    """Return the rates of scattered readings and of neighbours, over many maps and over one."""
    threads = LANES * _PROGRAMS_PER_PROCESSOR * processors(device)
    rates, settled = [], {}
    for make in (scattered, neighbours):
        for count in (MAPS, 1):
            pattern = make(count, threads)
            maps = random_maps(count, device)
            sectors = check(pattern, maps)
            call = partial(_sums, pattern, maps, *_moved(pattern, device), _TIMED_STEPS)
            rate = threads * _TIMED_STEPS / median_seconds(call, device)
            rates.append(Rate(pattern.name, rate, "gathers", f"{sectors:.2f} sectors each"))
            if make is neighbours and count == MAPS:
                settled["gathers_per_s"] = rate
    return Found(tuple(rates), settled)


def random_maps(count: int, device: str) -> Tensor:
    """Return random readings, uint16."""
    readings = np.random.default_rng(count).integers(0, 1 << 16, count * HEIGHT * WIDTH, dtype=np.uint16)
    return torch.from_numpy(readings).to(device)


def check(pattern: Pattern, maps: Tensor) -> float:
    """Raise AssertionError unless every thread's sum is right; return the sectors per reading."""
    found = _sums(pattern, maps, *_moved(pattern, maps.device.type), _CHECKED_STEPS).cpu().numpy()
    positions = pattern.positions(pattern.states(_CHECKED_STEPS))
    expected = maps.cpu().numpy()[positions].sum(axis=0, dtype=np.float64)
    if differ := int((found != expected).sum()):
        raise AssertionError(f"gathers {pattern.name}: {differ} of {found.size} sums are wrong")
    return sectors_per_access(positions, item_bytes=2)


def _moved(pattern: Pattern, device: str) -> tuple[Tensor, Tensor]:
    state = torch.from_numpy(pattern.state.view(np.int32)).to(device)
    return state, torch.from_numpy(pattern.offset).to(device)


def _sums(pattern: Pattern, maps: Tensor, state: Tensor, offset: Tensor, steps: int) -> Tensor:
    sums = torch.full_like(state, -1)
    grid = (len(state) // LANES,)
    launch(
        _gather_kernel,
        grid,
        maps,
        state,
        offset,
        sums,
        pattern.span,
        steps,
        warps=4,
        LANES=LANES,
        UNROLL=_UNROLL,
    )
    return sums
