"""Drawing two frames of a TAPVid-3D clip between which a point moves by a distance of one bin."""

from pathlib import Path

import numpy as np
import torch

from benchmarks.case import Case, Inputs, Size
from benchmarks.inputs import seen_steps, tracks
from benchmarks.naive.displacement import nth_displacement as loops
from benchmarks.parity import assert_equal
from spatialgeom import displacement_counts, nth_displacement

_EDGES = [0.01, *(0.2 * k for k in range(1, 10))]


def _inputs(size: Size, scratch: Path) -> Inputs:
    # in float64 the loops' root and our square decide alike
    positions, seen = (
        tracks(size["steps"], size["points"]).double(),
        seen_steps(size["steps"], size["points"]),
    )
    counts = displacement_counts(positions, seen, seen, _EDGES)
    rng = np.random.default_rng(0)
    held = counts.sum(1).numpy()
    filled = np.argwhere(held)
    point, index = filled[rng.integers(len(filled), size=size["points"])].T.copy()
    rank = rng.integers(held[point, index])
    return Inputs((positions, counts, seen, *map(torch.from_numpy, (point, index, rank))), "synthetic")


CASES = (
    Case(
        operation="nth_displacement",
        sizes={"steps": (30, 300), "points": (100, 1024)},
        inputs=_inputs,
        call=lambda arguments, backend: nth_displacement(
            *arguments[:3], _EDGES, *arguments[3:], backend=backend
        ),
        naive=lambda *arguments: loops(*arguments, _EDGES),
        compare=lambda arguments, expected, actual: assert_equal(expected, actual),
        units=lambda size: size["points"],
        unit="draw",
        # of each draw a row of counts and a track, whatever it finds
        least_bytes=lambda size: size["points"] * size["steps"] * (4 + 24),
        as_naive=lambda times: np.stack([column.numpy() for column in times], axis=1),
    ),
)
