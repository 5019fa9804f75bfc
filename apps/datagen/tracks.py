"""The tracked points of a clip as tasks read them: where they are, which move together, how far."""

from dataclasses import dataclass

import numpy as np
import torch

import spatialgeom as sg
from spatialgeom.apps.datagen.clip import Clip
from spatialgeom.apps.datagen.rules import Rules
from spatialgeom.apps.errors import InputError
from spatialgeom.apps.marks import dot_radius


@dataclass(frozen=True)
class Tracks:
    """Points over the times of a clip; all arrays are empty for a scene without any."""

    world: np.ndarray  # (T, N, 3) float32 metres, NaN where unknown
    visible: np.ndarray  # (T, N) bool
    askable: np.ndarray  # (T, N) bool: visible, of a part, and with room for a dot
    part: np.ndarray  # (N,) int64 rigid part, -1 for one of too few points
    moves: np.ndarray  # (N, T, B) int32 later askable times by displacement, of each point and askable time

    @classmethod
    def none(cls, frames: int, rules: Rules) -> "Tracks":
        """Return the tracks of a scene without any."""
        seen = np.zeros((frames, 0), bool)
        moves = np.zeros((0, frames, len(rules.motion_edges_m) + 1), np.int32)
        return cls(np.zeros((frames, 0, 3), np.float32), seen, seen, np.zeros(0, np.int64), moves)

    def between(self, points: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return how points moved in the world from one time to another, (n, 3) float64 metres."""
        there, here = (self.world[times, points].astype(np.float64) for times in (second, first))
        return there - here


def track(clip: Clip, rules: Rules) -> Tracks:
    """Find a clip's rigid parts, and count its displacements.

    Raises:
        InputError: It has fewer than two frames, or no point is part of anything.
    """
    if len(clip.frames) < 2:
        raise InputError(f"{clip.name} has {len(clip.frames)} usable frame, expected at least 2")
    world = torch.from_numpy(clip.tracks.astype(np.float32))
    part = sg.rigid_clusters(world, measure=rules.part_measure, max_gap=rules.part_gap_m).numpy()
    if not (part >= 0).any():
        raise InputError(
            f"{clip.name} has {world.shape[1]} tracked points, of which no six move as one: none can be asked"
        )
    visible = clip.visible & (part >= 0)
    askable = visible & _leaves_room(clip) if rules.askable else visible
    shown = torch.from_numpy(askable)
    moves = sg.displacement_counts(world, shown, shown, rules.motion_edges_m)
    return Tracks(world.numpy(), visible, askable, part, moves.numpy())


def _leaves_room(clip: Clip) -> np.ndarray:
    """Return (T, N): the dot at a point lies wholly inside the image."""
    height, width = clip.camera.size
    border = int(np.ceil(dot_radius(width)))
    inner = (height - 2 * border, width - 2 * border)
    matrix = sg.crop_intrinsics(torch.from_numpy(clip.camera.intrinsics), border, border)
    pose = sg.invert_poses(torch.from_numpy(clip.world_from_camera))
    per_time = matrix.expand(len(pose), 3, 3)[:, None]
    return (
        sg.project_points(torch.from_numpy(clip.tracks), pose[:, None], per_time, inner).valid[:, 0].numpy()
    )
