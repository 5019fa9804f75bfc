"""Scenes with planted boundary cases and comparisons of decisions, for tests and benchmarks."""

from spatialgeom.testing.compare import assert_decisions_agree

__all__ = ["assert_decisions_agree"]
