"""What families share: a conversation's budget of tiles, and images that stand between two tokens."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from spatialgeom.apps.train.encoding import DroppedError
from spatialgeom.apps.train.families._family import ImageBudget, ImagePlan


def share(
    sizes: Sequence[tuple[int, int]], tiles: Callable[[int, int, int], int], budget: ImageBudget
) -> int:
    """Return the most tiles that each image may have, so that all fit together.

    Args:
        sizes: (height, width) of each image.
        tiles: How many an image of a height and width has if it may have so many at most.
        budget: What they must fit.

    Raises:
        DroppedError: Even one tile each would be too many.
    """
    for most in range(budget.max_tiles, 0, -1):
        if sum(tiles(height, width, most) for height, width in sizes) <= budget.max_total_tiles:
            return most
    raise DroppedError("more images than max_total_tiles allows")


def check_tokens(tokens: Sequence[int], plans: Sequence[ImagePlan]) -> None:
    """Raise ValueError unless pixels make as many tokens as were planned, image by image."""
    planned = [plan.tokens for plan in plans]
    if list(tokens) != planned:
        raise ValueError(f"images make {list(tokens)} tokens, but {planned} were planned from their sizes")


def join_rows(parts: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Return each input of several conversations, one below the other."""
    filled = [part for part in parts if part]
    return {name: torch.cat([part[name] for part in filled]) for name in filled[0]} if filled else {}


class BetweenTokens(ABC):
    """Images whose features stand between two tokens, with equal shares of the budget."""

    image_token: str
    around: tuple[str, str]

    @abstractmethod
    def tiles(self, height: int, width: int, most: int) -> int:
        """Return how many an image has if it may have so many at most."""

    @abstractmethod
    def plan_one(self, height: int, width: int, most: int) -> ImagePlan:
        """Return how it is then seen."""

    def plan(self, sizes: Sequence[tuple[int, int]], budget: ImageBudget) -> list[ImagePlan]:
        most = share(sizes, self.tiles, budget)
        return [self.plan_one(height, width, most) for height, width in sizes]

    def expansion(self, plan: ImagePlan) -> str:
        begin, end = self.around
        return begin + self.image_token * (plan.tokens - 2) + end

    def join(self, parts: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
        return join_rows(parts)
