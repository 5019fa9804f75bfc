"""Where gathers and atomics go: scattered, like neighbours of a Morton curve, or onto the same place.

A thread draws its positions in registers, so that nothing but the access under test uses memory.
"""

from typing import NamedTuple

import numpy as np
import triton
import triton.language as tl
from numpy.typing import NDArray

WIDTH, HEIGHT = 640, 480
MAPS = 32  # of one scene, in the cache together
LANES = 128  # of a program
SPACING = 9  # pixels between neighbours: 0.62 sectors a 16-bit reading, near the 0.61 of a real kitchen
_SECTOR_BYTES = 32


class Pattern(NamedTuple):
    """Positions of threads: each step a random place below ``span``, plus the thread's own offset."""

    name: str
    state: NDArray[np.uint32]
    offset: NDArray[np.int32]
    span: int

    def states(self, steps: int) -> NDArray[np.uint32]:
        """Return the random number of each step, ``(steps, threads)``."""
        found = np.empty((steps, len(self.state)), np.uint32)
        state = self.state
        for step in range(steps):
            state = state * np.uint32(1664525) + np.uint32(1013904223)
            found[step] = state
        return found

    def positions(self, states: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return the place that each random number stands for."""
        scaled = (states.astype(np.uint64) * np.uint64(self.span)) >> np.uint64(32)
        return scaled.astype(np.int64) + self.offset


def scattered(maps: int, threads: int) -> Pattern:
    """Return a pattern whose every access is on its own."""
    return Pattern(f"scattered, {_maps(maps)}", _random(threads), _zeros(threads), maps * WIDTH * HEIGHT)


def neighbours(maps: int, threads: int) -> Pattern:
    """Return a pattern whose warps each cover a patch of 8 x 4 points, along a Morton curve."""
    lane = np.arange(threads) % 32
    x = (lane & 1) | (lane >> 1 & 2) | (lane >> 2 & 4)
    y = (lane >> 1 & 1) | (lane >> 2 & 2)
    offset = (SPACING * (x + WIDTH * y)).astype(np.int32)
    state = np.repeat(_random(threads // 32), 32)
    return Pattern(f"neighbours, {_maps(maps)}", state, offset, maps * WIDTH * HEIGHT - int(offset.max()))


def colliding(maps: int, threads: int, lanes: int) -> Pattern:
    """Return a pattern in which ``lanes`` neighbours of a warp fall on one place."""
    state = np.repeat(_random(threads // lanes), lanes)
    return Pattern(f"{lanes} on one, {_maps(maps)}", state, _zeros(threads), maps * WIDTH * HEIGHT)


def sectors_per_access(positions: NDArray[np.int64], item_bytes: int) -> float:
    """Return how many sectors a warp touches, over its 32 accesses."""
    sectors = np.sort((positions * item_bytes // _SECTOR_BYTES).reshape(-1, 32), axis=1)
    return float(1 + (np.diff(sectors, axis=1) != 0).sum(axis=1).mean()) / 32


@triton.jit
def advance(state):
    """Return the next random number of each thread; uint32."""
    return state * 1664525 + 1013904223


@triton.jit
def place(state, span):
    """Return the position below ``span`` that a random number stands for; int32."""
    return ((state.to(tl.uint64) * span.to(tl.uint64)) >> 32).to(tl.int32)


def _random(count: int) -> NDArray[np.uint32]:
    return np.random.default_rng(count).integers(0, 1 << 32, count, dtype=np.uint32)


def _zeros(count: int) -> NDArray[np.int32]:
    return np.zeros(count, np.int32)


def _maps(count: int) -> str:
    return "one map" if count == 1 else f"{count} maps"
