"""Which way is up, by the surfaces that the sampled depth images show."""

from dataclasses import dataclass

import numpy as np

from spatialgeom.apps.datagen.doctor.sample import Sample

_SMOOTH_REL = 0.05  # of depth between neighbours of one surface
_AROUND_DEG = 40.0  # of the guess in which the direction of level surfaces is looked for
_CLOSE_DEG = 6.0  # in which normals belong to one direction
_LEAST_NORMALS = 500
_SEEDS = 200
_UPRIGHT_DEG = 10.0  # from level, of normals of walls


@dataclass(frozen=True)
class Up:
    """A direction that the data suggests.

    Args:
        vector: (3,) unit vector in the world of the scene.
        level: Share of normals along it: floors, tables, ceilings.
        walls: Share of normals across it.
    """

    vector: np.ndarray
    level: float
    walls: float


def suggest_up(sample: Sample, guess: np.ndarray) -> Up | None:
    """Return the direction near ``guess`` that most surfaces lie level to; None where too little is seen."""
    normals = _normals(sample)
    if len(normals) < _LEAST_NORMALS:
        return None
    upward = normals * np.where(normals @ guess < 0, -1.0, 1.0)[:, None]
    near = upward[upward @ guess > np.cos(np.radians(_AROUND_DEG))]
    if len(near) < _LEAST_NORMALS / 5:
        return None
    close = np.cos(np.radians(_CLOSE_DEG))
    seeds = near[np.linspace(0, len(near) - 1, _SEEDS).astype(int)]
    vector = seeds[np.argmax((near @ seeds.T > close).sum(axis=0))]
    for _ in range(10):
        mean = near[near @ vector > close].mean(axis=0)
        vector = mean / np.linalg.norm(mean)
    along = np.abs(normals @ vector)
    across = np.sin(np.radians(_UPRIGHT_DEG))
    return Up(vector, float((along > close).mean()), float((along < across).mean()))


def camera_up(sample: Sample) -> np.ndarray:
    """Return the mean of the cameras' own up, for people hold them upright."""
    mean = -sample.scene.world_from_depth[:, :3, 1].mean(axis=0)
    length = float(np.linalg.norm(mean))
    up: np.ndarray = mean / length if length > 1e-6 else np.array([0.0, 0.0, 1.0])
    return up


def _normals(sample: Sample) -> np.ndarray:
    """Return unit normals (m, 3) of smooth surfaces, in the world."""
    points, valid = (value.numpy() for value in sample.local)
    z = points[..., 2]
    right, down = _difference(points, valid, z, 2), _difference(points, valid, z, 1)
    with np.errstate(invalid="ignore"):
        normal = np.cross(right[:, 1:-1], down[:, :, 1:-1])
        turned = np.einsum("nij,nhwj->nhwi", sample.poses[:, :3, :3], normal)
        unit = turned / np.linalg.norm(turned, axis=-1, keepdims=True)
    found: np.ndarray = unit[np.isfinite(unit).all(axis=-1)]
    return found


def _difference(points: np.ndarray, valid: np.ndarray, z: np.ndarray, axis: int) -> np.ndarray:
    """Return what lies two further minus two before, NaN over a hole or an edge."""
    count = points.shape[axis]
    later, earlier = np.arange(2, count), np.arange(count - 2)
    apart = points.take(later, axis) - points.take(earlier, axis)
    one, other = z.take(later, axis), z.take(earlier, axis)
    smooth = valid.take(later, axis) & valid.take(earlier, axis)
    smooth &= np.abs(one - other) < 2 * _SMOOTH_REL * np.minimum(one, other)
    found: np.ndarray = np.where(smooth[..., None], apart, np.nan)
    return found
