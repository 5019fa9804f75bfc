"""How the camera moved between two frames, pair after pair (paper, eq. 5 to 8)."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.naive.projection import Floats


def heading_and_pitch(world_from_cam: Floats) -> tuple[float, float]:
    """Return one camera's angle about gravity and its tilt, in degrees."""
    forward = world_from_cam[:3, 2]
    yaw = np.arctan2(forward[1], forward[0])
    pitch = np.arcsin(forward[2] / np.linalg.norm(forward))
    return np.degrees(yaw), np.degrees(pitch)


def relative_poses(world_from_cam: Floats, pairs: NDArray[np.int64]) -> Floats:
    """Return one row per pair: translation x, y, z, distance, yaw and pitch."""
    headings = [heading_and_pitch(pose) for pose in world_from_cam]
    rows = []
    for i, j in pairs:
        relative = np.linalg.inv(world_from_cam[i]) @ world_from_cam[j]
        translation = relative[:3, 3]
        (yaw_i, pitch_i), (yaw_j, pitch_j) = headings[i], headings[j]
        yaw = (yaw_j - yaw_i + 180) % 360 - 180
        rows.append([*translation, np.linalg.norm(translation), yaw, pitch_j - pitch_i])
    return np.array(rows).reshape(-1, 6)
