"""A point that two images share, drawn evenly from those askable in both."""

import numpy as np
import torch

import spatialgeom as sg
from spatialgeom.apps.datagen.geometry import SceneGeometry
from spatialgeom.apps.datagen.rules import Rules
from spatialgeom.apps.datagen.task import Columns, Context
from spatialgeom.apps.datagen.tasks._pairs import in_order
from spatialgeom.apps.datagen.tasks._pixels import nearest_pixel

_BLOCK = 1024  # pairs whose common bits are held at once
_TRIES = 16


def shares_a_point(geometry: SceneGeometry, _: Rules) -> np.ndarray:
    """Return (Q, 2): the pair has a point that may be asked about in both images."""
    return np.repeat((geometry.shared > 0)[:, None], 2, axis=1)


def draw_shared_points(context: Context, units: Columns, slots: np.ndarray) -> tuple[Columns, np.ndarray]:
    """Add an order of the images, a point of both, and its pixels (n, 2, 2) in Image-1 and Image-2."""
    geometry, rng = context.geometry, context.rng(f"point {len(slots)}")
    pair = units["pair"]
    point = _draw_points(geometry, pair, rng)
    frames = in_order(geometry, pair, rng.integers(2, size=len(pair)).astype(bool))
    uv, _ = geometry.project(frames.ravel(), np.repeat(point, 2))
    pixels = nearest_pixel(uv, geometry.camera).reshape(-1, 2, 2)
    return {**units, "frames": frames, "point": point, "pixels": pixels}, np.ones(len(pair), bool)


def _draw_points(geometry: SceneGeometry, pair: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a point askable in both images of each pair, evenly.

    A point of the first image is drawn until the second has it too, which needs no pair's common set; that
    set is made for the few pairs that stay without luck.
    """
    askable = torch.from_numpy(geometry.askable)
    first, second = geometry.pairs[pair].T
    counts = sg.count_bits(askable).numpy()
    point, pending = np.empty(len(pair), np.int64), np.arange(len(pair))
    for _ in range(_TRIES):
        rank = rng.integers(counts[first[pending]])
        tried = sg.nth_bit(askable, torch.from_numpy(rank), torch.from_numpy(first[pending])).numpy()
        hit = (geometry.askable[second[pending], tried // 64] >> (tried % 64)) & 1 == 1
        point[pending[hit]] = tried[hit]
        pending = pending[~hit]
        if not len(pending):
            return point
    rank = rng.integers(geometry.shared[pair[pending]])
    for at in range(0, len(pending), _BLOCK):
        block = pending[at : at + _BLOCK]
        point[block] = _nth_shared(geometry, pair[block], rank[at : at + _BLOCK])
    return point


def _nth_shared(geometry: SceneGeometry, pair: np.ndarray, rank: np.ndarray) -> np.ndarray:
    first, second = geometry.pairs[pair].T
    common = torch.from_numpy(geometry.askable[first] & geometry.askable[second])
    return sg.nth_bit(common, torch.from_numpy(rank)).numpy()
