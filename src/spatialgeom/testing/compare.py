"""Comparisons for results that contain yes/no decisions."""

from torch import Tensor


def assert_decisions_agree(actual: Tensor, expected: Tensor, margin: Tensor, tolerance: float) -> None:
    """Require equal masks, except where the decision itself was a rounding error from its threshold.

    Args:
        actual: Mask under test, bool.
        expected: Reference mask, bool, same shape.
        margin: Distance of each decision from its threshold, computed in float64, same shape.
        tolerance: Largest margin that rounding may cross. No count of mismatches is forgiven.

    Raises:
        AssertionError: A decision differs whose margin is larger.
    """
    wrong = (actual != expected) & ~(margin.abs() <= tolerance)
    if wrong.any():
        first = tuple(wrong.nonzero()[0].tolist())
        raise AssertionError(
            f"{int(wrong.sum())} of {wrong.numel()} decisions differ beyond rounding; first at {first}, "
            f"margin {margin[first].item():.3e} > {tolerance:.1e}"
        )
