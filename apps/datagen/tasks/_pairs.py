"""Which image of a pair comes first, and the relative poses in that order."""

import numpy as np

from spatialgeom.apps.datagen.geometry import SceneGeometry
from spatialgeom.apps.datagen.task import Context


def both_orders(geometry: SceneGeometry, name: str) -> np.ndarray:
    """Return a column of the relative poses of all pairs: (Q, 2, ...), forth and back."""
    return np.stack([getattr(poses, name).numpy() for poses in geometry.relative], axis=1)


def in_order(geometry: SceneGeometry, pair: np.ndarray, swap: np.ndarray) -> np.ndarray:
    """Return (n, 2) frames of Image-1 and Image-2."""
    frames = geometry.pairs[pair]
    return np.where(swap[:, None], frames[:, ::-1], frames)


def coin_order(context: Context, count: int) -> np.ndarray:
    """Return a seeded coin per pair: True where the second image comes first."""
    return context.rng("order").integers(2, size=count).astype(bool)


def balanced_order(context: Context, allowed: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Return the order of each pair, such that two labels come out equally often where the pairs let them.

    Args:
        context: The scene and rules; rules that do not balance throw a coin.
        allowed: (n, 2) bool, may the pair be asked in this order; one of them is True.
        label: (n, 2) bool, the answer in each order.
    """
    swap = coin_order(context, len(label))
    swap = np.where(allowed.all(axis=1), swap, ~allowed[:, 0])
    free = allowed.all(axis=1) & (label[:, 0] != label[:, 1])
    if not context.rules.balanced or not free.any():
        return swap
    rng = context.rng("balance")
    chosen = label[np.arange(len(label)), swap.astype(int)]
    half = (len(label) + rng.integers(2)) // 2
    true_wanted = np.clip(half - int(chosen[~free].sum()), 0, int(free.sum()))
    positions = rng.permutation(np.flatnonzero(free))
    wanted = np.zeros(len(label), bool)
    wanted[positions[:true_wanted]] = True
    return np.where(free, label[:, 1] == wanted, swap)
