"""Pixels as dots and as the coordinates 0 to 999 that wordings speak in."""

import numpy as np

from spatialgeom.apps.datagen.scene import Camera


def nearest_pixel(uv: np.ndarray, camera: Camera) -> np.ndarray:
    """Return the (..., 2) int64 pixel that holds each position; an edge's half pixel belongs to the image."""
    height, width = camera.size
    return np.clip(np.rint(uv).astype(np.int64), 0, [width - 1, height - 1])


def coordinates(pixels: np.ndarray, camera: Camera) -> np.ndarray:
    """Return ``floor(x / W * 1000)`` and ``floor(y / H * 1000)``, in integers: 0 to 999 (paper, eq. 1)."""
    height, width = camera.size
    return pixels * 1000 // np.array([width, height])


def as_text(vectors: np.ndarray) -> list[str]:
    """Return each row of integers as ``[x, y]`` or ``[x, y, z]``."""
    form = "[" + ", ".join(["%d"] * vectors.shape[1]) + "]"
    return [form % tuple(vector) for vector in vectors.tolist()]
