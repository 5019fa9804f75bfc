"""Geometry that the real kitchen lacks: a clip with moving parts, a room with named objects."""

from pathlib import Path
from typing import Any

import numpy as np

_TIMES, _PARTS, _EACH = 300, 8, 128  # a clip of TAPVid-3D has up to 300 frames and some 1000 points
_SEEN = 0.8


def clip_geometry(rules: Any) -> Any:
    """Return the geometry of a clip whose parts swing on paths of their own, but for one that is still."""
    from spatialgeom.apps.datagen.clip import Clip
    from spatialgeom.apps.datagen.geometry import follow
    from spatialgeom.apps.datagen.scene import Camera
    from spatialgeom.apps.images import ImageRef

    rng = np.random.default_rng(0)
    centres = np.stack((np.linspace(-1.2, 1.2, _PARTS), np.full(_PARTS, 3.0), np.zeros(_PARTS)), axis=1)
    start = np.repeat(centres, _EACH, axis=0) + rng.uniform(-0.2, 0.2, (_PARTS * _EACH, 3))
    swing = np.sin(np.arange(_TIMES)[:, None] / 30 * (1 + np.arange(_PARTS) / 9))
    path = swing[..., None] * rng.uniform(-0.5, 0.5, (_PARTS, 3)) * (np.arange(_PARTS) > 0)[:, None]
    poses = np.tile(np.eye(4), (_TIMES, 1, 1))
    poses[:, :3, :3] = [[1, 0, 0], [0, 0, 1], [0, -1, 0]]
    poses[:, 0, 3] = np.arange(_TIMES) / 1000
    names = tuple(f"{frame:06d}" for frame in range(_TIMES))
    return follow(
        Clip(
            name="clip",
            space="clip",
            source="adt",
            frames=names,
            images=tuple(ImageRef(f"{name}.jpg", 512, 512) for name in names),
            root="",
            world_from_camera=poses,
            camera=Camera(np.array([[280.0, 0, 255.5], [0, 280, 255.5], [0, 0, 1]]), (512, 512)),
            tracks=start + np.repeat(path, _EACH, axis=1),
            visible=rng.random((_TIMES, _PARTS * _EACH)) < _SEEN,
            fingerprint="clip",
        ),
        rules,
        "key",
    )


def room_geometry(scratch: Path, rules: Any) -> Any:
    """Return the geometry of a rendered room."""
    from spatialgeom.apps.datagen.geometry import compute_geometry
    from spatialgeom.apps.datagen.readers.synthetic import READER
    from spatialgeom.apps.datagen.synthetic import SyntheticOptions
    from spatialgeom.apps.progress import Progress

    (handle,) = READER.scenes(Path("synthetic"), SyntheticOptions(scenes=1))
    return compute_geometry(READER.load(handle, scratch), rules, "key", Progress(quiet=True), "cpu")
