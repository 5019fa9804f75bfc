"""Do two results agree? Exactly where they are exact, else within rounding that is derived, not tuned.

Every function raises AssertionError with a sentence. Benchmarks run in float32 and the loops in float64, so a
yes/no decision may differ where its margin is below float32's rounding of what is compared, and nowhere else.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from spatialgeom.testing import assert_decisions_agree

Floats = NDArray[np.float64]

# a dot product of three terms and a translation, twice, with their factors rounded: fewer than 16 roundings
ROUNDING = 16 * 2.0**-24


def require(condition: bool, message: str) -> None:
    """Raise ``message`` unless ``condition`` holds."""
    if not condition:
        raise AssertionError(message)


def assert_equal(expected: Any, actual: Any) -> None:
    """Require equal arrays, in shape and in every entry."""
    expected, actual = np.asarray(expected), np.asarray(actual)
    require(expected.shape == actual.shape, f"shape {actual.shape} instead of {expected.shape}")
    differ = int((expected != actual).sum())
    require(differ == 0, f"{differ} of {expected.size} entries differ")


def assert_within(expected: Any, actual: Any, tolerance: Any) -> None:
    """Require entries no further apart than ``tolerance``, array or number; NaN and inf in equal places."""
    expected, actual = np.asarray(expected, dtype=np.float64), np.asarray(actual, dtype=np.float64)
    require(expected.shape == actual.shape, f"shape {actual.shape} instead of {expected.shape}")
    finite = np.isfinite(expected)
    same = np.where(np.isnan(expected), np.isnan(actual), actual == expected)
    with np.errstate(invalid="ignore"):
        off = np.where(finite, ~(np.abs(actual - expected) <= tolerance), ~same)
    if off.any():
        first = tuple(int(i) for i in np.argwhere(off)[0])
        raise AssertionError(
            f"{int(off.sum())} of {expected.size} entries are further off than rounding; first at {first}: "
            f"{actual[first]:.9g} instead of {expected[first]:.9g}"
        )


class Projected(NamedTuple):
    """Points in one camera, in float64, and bounds on the rounding of a float32 computation of the same."""

    camera: Floats  # (N, 3) metres
    uv: Floats  # (N, 2) pixels
    camera_error: Floats  # (N, 3) metres
    uv_error: Floats  # (N, 2) pixels


def project(points: Floats, cam_from_world: Floats, intrinsics: Floats) -> Projected:
    """Project ``points`` into one frame and bound the rounding.

    Each sum of products is off by at most ``ROUNDING`` times the sum of magnitudes, also where the matrix of
    the pinhole is multiplied into the pose first.
    """
    rotation, translation = cam_from_world[:3, :3], cam_from_world[:3, 3]
    camera = points @ rotation.T + translation
    magnitude = np.abs(points) @ np.abs(rotation).T + np.abs(translation)
    focal, centre = intrinsics[[0, 1], [0, 1]], intrinsics[:2, 2]
    z, z_magnitude = camera[:, 2:], magnitude[:, 2:]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        uv = focal * camera[:, :2] / z + centre
        spread = focal * magnitude[:, :2] + np.abs(centre) * z_magnitude + np.abs(uv) * z_magnitude
        uv_error = ROUNDING * (spread / np.abs(z) + np.abs(uv))
    return Projected(camera, uv, ROUNDING * magnitude, uv_error)


def pixel_slack(shot: Projected) -> Floats:
    """Return how far a point is from the nearest boundary between two pixels, in multiples of rounding."""
    with np.errstate(invalid="ignore", divide="ignore"):
        slack = np.abs(shot.uv - np.floor(shot.uv) - 0.5) / shot.uv_error
    least: Floats = np.nan_to_num(slack, nan=0.0).min(axis=1)
    return least


def depth_slack(shot: Projected, limit: Any) -> Floats:
    """Return how far a point's depth is from ``limit``, in multiples of rounding."""
    z = shot.camera[:, 2]
    slack: Floats = np.abs(z - limit) / (shot.camera_error[:, 2] + ROUNDING * np.abs(z) + 1e-300)
    return slack


def assert_decisions(expected: NDArray[np.bool_], actual: NDArray[np.bool_], slack: Floats) -> None:
    """Require equal decisions, but for those within one rounding of their threshold."""
    found, wanted, margin = (torch.from_numpy(array) for array in (actual, expected, slack))
    assert_decisions_agree(found, wanted, margin, tolerance=1.0)
