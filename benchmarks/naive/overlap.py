"""Intersection over union of the visible points of every pair of frames (paper, eq. 4)."""

import numpy as np
from numpy.typing import NDArray


def overlap_matrix(visible: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    frames = len(visible)
    intersection = np.diag(visible.sum(axis=1))
    iou = np.diag((visible.any(axis=1)).astype(float))
    for i in range(frames):
        for j in range(i + 1, frames):
            shared = np.logical_and(visible[i], visible[j]).sum()
            either = np.logical_or(visible[i], visible[j]).sum()
            intersection[i, j] = intersection[j, i] = shared
            iou[i, j] = iou[j, i] = shared / either if either else 0.0
    return intersection, iou
