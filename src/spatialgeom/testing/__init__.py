"""Scenes with planted boundary cases, example calls, comparisons of decisions: for tests and benchmarks."""

from spatialgeom.testing.calls import Call, example_calls
from spatialgeom.testing.compare import assert_decisions_agree
from spatialgeom.testing.scenes import (
    ExactProjection,
    PosedPoints,
    RandomDepth,
    exact_projection,
    random_depth,
    random_posed_points,
)

__all__ = [
    "Call",
    "ExactProjection",
    "PosedPoints",
    "RandomDepth",
    "assert_decisions_agree",
    "exact_projection",
    "example_calls",
    "random_depth",
    "random_posed_points",
]
