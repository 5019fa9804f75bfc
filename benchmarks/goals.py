"""What a kernel is to reach on a GPU."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class GpuGoal:
    """Goals at one size; None for what is not asked.

    Args:
        size: The size, as the case spells it.
        most_us: Microseconds on the device that are enough.
        of_floor: Least share of the floor.
        x_eager: Least ratio to eager PyTorch, per unit.
    """

    size: Mapping[str, int]
    most_us: float | None = None
    of_floor: float | None = None
    x_eager: float | None = None

    def verdicts(self, median_ns: float, of_floor: float, x_eager: float | None) -> list[tuple[str, bool]]:
        """Return each goal in words, and whether it is met; a ratio that is not known is not met."""
        verdicts = []
        if self.most_us is not None:
            verdicts.append((f"<= {self.most_us:g} us", median_ns <= self.most_us * 1e3))
        if self.of_floor is not None:
            verdicts.append((f">= {self.of_floor:.0%} of floor", of_floor >= self.of_floor))
        if self.x_eager is not None:
            verdicts.append((f">= {self.x_eager:g}x eager", x_eager is not None and x_eager >= self.x_eager))
        return verdicts
