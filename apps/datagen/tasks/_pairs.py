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


def draw_order(
    context: Context, slots: np.ndarray, allowed: np.ndarray, label: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Choose an order in which each pair has the answer that its slot wants, so that two answers balance.

    Some pairs have one answer in both orders (two cameras that face each other both see the other ahead), so
    an order alone cannot balance them: a pair without the wanted answer is replaced by another.

    Args:
        context: The scene and rules; rules that do not balance throw a coin.
        slots: (n,) slots of the pairs.
        allowed: (n, 2) bool, may the pair be asked in this order.
        label: (n, 2) bool, the answer in each order.

    Returns:
        True where the second image comes first, and a mask of the pairs that have the wanted answer.
    """
    if context.rules.balanced:
        wanted = context.balanced_slots(slots, 2, "label").astype(bool)
        allowed = allowed & (label == wanted[:, None])
    coin = context.rng(f"order {len(slots)}").integers(2, size=len(slots)).astype(bool)
    swap = np.where(allowed.all(axis=1), coin, ~allowed[:, 0])
    return swap, allowed[:, 0] | allowed[:, 1]
