"""A conversation as token ids with a label mask, before any pixel is read."""

from dataclasses import dataclass

import numpy as np

from spatialgeom.apps.train.families import ImagePlan


@dataclass(frozen=True)
class Encoded:
    """Token ids of a conversation, images expanded.

    Args:
        ids: (T,) int32.
        labels: (T,) bool: the tokens of answers, each answer with the token that ends its turn.
        plans: How each image will be seen.
    """

    ids: np.ndarray
    labels: np.ndarray
    plans: tuple[ImagePlan, ...]

    @property
    def tokens(self) -> int:
        """Length of the sequence."""
        return len(self.ids)

    @property
    def patches(self) -> int:
        """Patches that the vision tower sees."""
        return sum(plan.patches for plan in self.plans)


class DroppedError(Exception):
    """A conversation cannot be trained on; the message is the reason that is counted, one text per kind."""
