"""The images of a set in a seeded order, and how much of an object they show together."""

import numpy as np

from spatialgeom.apps.datagen.task import Columns, Context

_VIEWS = ("the image", "the two images", "the three images")


def shuffled(context: Context, frames: np.ndarray) -> np.ndarray:
    """Return sets of images (n, m), each in an order of its own; -1 stays last."""
    keys = context.rng("order").random(frames.shape)
    order = np.argsort(np.where(frames >= 0, keys, np.inf), axis=1)
    return np.take_along_axis(frames, order, axis=1)


def views(frames: np.ndarray) -> list[str]:
    """Return how a sentence speaks of each set of images."""
    return [_VIEWS[count - 1] for count in (frames >= 0).sum(axis=1).tolist()]


def covered(context: Context, units: Columns) -> np.ndarray:
    """Return (n, 3) metres of each object's length, width and height that its images show."""
    table, frames, owner = context.geometry.objects, units["frames"], units["object"][:, None]
    absent = (frames < 0)[..., None]
    high = np.where(absent, -np.inf, table.high[owner, frames]).max(axis=1)
    extent: np.ndarray = high - np.where(absent, np.inf, table.low[owner, frames]).min(axis=1)
    return extent
