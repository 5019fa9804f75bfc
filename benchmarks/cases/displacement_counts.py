"""How far points of a TAPVid-3D clip move between any two of its frames."""

from pathlib import Path

from benchmarks.case import Case, Inputs, Size
from benchmarks.inputs import seen_steps, tracks
from benchmarks.naive.displacement import displacement_counts as loops
from benchmarks.parity import assert_equal
from spatialgeom import displacement_counts

_EDGES = [0.01, *(0.2 * k for k in range(1, 10))]


def _inputs(size: Size, scratch: Path) -> Inputs:
    seen = seen_steps(size["steps"], size["points"])
    # in float64 the loops' root and our square decide alike
    return Inputs((tracks(size["steps"], size["points"]).double(), seen, seen), "synthetic")


CASES = (
    Case(
        operation="displacement_counts",
        sizes={"steps": (30, 300), "points": (100, 1024)},
        inputs=_inputs,
        call=lambda arguments, backend: displacement_counts(*arguments, _EDGES, backend=backend),
        naive=lambda *arguments: loops(*arguments, _EDGES),
        compare=lambda arguments, expected, actual: assert_equal(expected, actual),
        units=lambda size: size["points"] * size["steps"] * (size["steps"] - 1) // 2,
        unit="(point, pair of times)",
        least_bytes=lambda size: (
            size["steps"] * size["points"] * 26 + size["steps"] * size["points"] * 4 * (len(_EDGES) + 1)
        ),
        as_naive=lambda counts: counts.numpy(),
    ),
)
