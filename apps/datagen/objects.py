"""The named objects of a scene and their upright boxes."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Objects:
    """What a source says of its objects; a row of NaN in both arrays is a box to be found from points.

    A box is upright: its third axis is up. The horizontal ones may point anywhere.
    """

    ids: tuple[str, ...]  # unique in the scene
    categories: tuple[str, ...]  # as a person would name them, lower case
    world_from_box: np.ndarray  # (K, 4, 4) centre and axes
    size: np.ndarray  # (K, 3) metres along the box's x, y, z

    @classmethod
    def without_boxes(cls, ids: tuple[str, ...], categories: tuple[str, ...]) -> "Objects":
        """Return objects whose boxes are to be found from their points."""
        count = len(ids)
        return cls(ids, categories, np.full((count, 4, 4), np.nan), np.full((count, 3), np.nan))
