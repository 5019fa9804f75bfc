"""heading_and_pitch: hand-made cameras, the paper's formula, and refusals."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgeom import heading_and_pitch
from spatialgeom.errors import DTypeError, ShapeError

OPERATION = "heading_and_pitch"
# two arctangents and a conversion, each within a few units of rounding of at most 180 degrees
ROUNDING_DEG = {torch.float32: 180 * 8 * 2**-24, torch.float64: 180 * 8 * 2**-53}


def looking(x, y, z, dtype=torch.float64):
    """Return a pose whose forward axis is (x, y, z); the other axes do not matter here."""
    pose = torch.eye(4, dtype=dtype)
    pose[:3, 2] = torch.tensor([x, y, z], dtype=dtype)
    return pose


@pytest.mark.parametrize(
    ("forward", "yaw", "pitch"),
    [
        ((1, 0, 0), 0, 0),
        ((0, 1, 0), 90, 0),
        ((-1, 0, 0), 180, 0),
        ((-1, -0.0, 0), -180, 0),  # the branch cut has two sides
        ((0, -1, 0), -90, 0),
        ((1, 1, 0), 45, 0),
        ((1, 0, 1), 0, 45),
        ((1, 0, -1), 0, -45),
        ((0, 0, 1), 0, 90),
        ((0, 0, -1), 0, -90),
        ((0, -3, 3), -90, 45),  # a forward axis of any length
    ],
)
def test_known_values(backend, device, forward, yaw, pitch):
    heading = heading_and_pitch(looking(*forward).to(device), backend=backend)
    assert heading.yaw_deg.item() == pytest.approx(yaw, abs=1e-13)
    assert heading.pitch_deg.item() == pytest.approx(pitch, abs=1e-13)


@given(
    seed=st.integers(0, 2**31),
    batch=st.sampled_from([(), (0,), (1,), (33,), (2, 3), (2, 0)]),
    dtype=st.sampled_from([torch.float32, torch.float64]),
)
@settings(max_examples=40, deadline=None)
def test_agrees_with_the_formula(backend, device, seed, batch, dtype):
    poses = torch.randn((*batch, 4, 4), generator=torch.Generator().manual_seed(seed), dtype=dtype)
    heading = heading_and_pitch(poses.to(device), backend=backend)
    f = np.moveaxis(poses.double().numpy()[..., :3, 2], -1, 0)
    expected = np.arctan2(f[1], f[0]), np.arcsin(f[2] / np.linalg.norm(f, axis=0))
    for actual, radians in zip(heading, expected, strict=True):
        assert actual.shape == batch
        assert actual.dtype == dtype
        # the formula's own arcsine multiplies the rounding of a quotient by 1 / cos, up to half the digits
        with np.errstate(divide="ignore"):
            arcsine = np.minimum(2 * np.finfo(float).eps / np.abs(np.cos(radians)), 3.5e-8)
        tolerance = ROUNDING_DEG[dtype] + np.degrees(arcsine)
        apart = np.abs(actual.cpu().double().numpy() - np.degrees(radians))
        assert (apart <= tolerance).all()


@pytest.mark.parametrize("sign", [1, -1])
def test_keeps_its_precision_near_the_vertical(backend, device, sign):
    # a hundredth of a degree off: its arcsine in float32 would be wrong by tenths of that
    off = 1e-2
    forward = np.sin(np.radians(off)), 0, sign * np.cos(np.radians(off))
    pitch = heading_and_pitch(looking(*forward, dtype=torch.float32).to(device), backend=backend).pitch_deg
    assert abs(pitch.item() - sign * (90 - off)) <= ROUNDING_DEG[torch.float32]


def test_takes_any_strides(backend, device):
    poses = torch.randn((4, 4, 6), generator=torch.Generator().manual_seed(1)).to(device).permute(2, 1, 0)
    expected = heading_and_pitch(poses.contiguous(), backend=backend)
    assert torch.equal(heading_and_pitch(poses, backend=backend).yaw_deg, expected.yaw_deg)


def test_a_lost_pose_spoils_its_own_entry_alone(backend, device):
    poses = torch.stack([looking(1, 0, 0), looking(torch.nan, 0, 0)]).to(device)
    heading = heading_and_pitch(poses, backend=backend)
    assert heading.yaw_deg.isnan().tolist() == heading.pitch_deg.isnan().tolist() == [False, True]


@pytest.mark.parametrize(
    ("poses", "error", "message"),
    [
        (torch.zeros(3, 4), ShapeError, "world_from_cam must be (..., 4, 4); got (3, 4)"),
        (torch.zeros(4, 4).long(), DTypeError, "world_from_cam must be floating point, got torch.int64"),
        (torch.zeros(4, 4).half(), DTypeError, "world_from_cam must be float32 or float64, got"),
        (torch.zeros(4, 4).requires_grad_(), DTypeError, "has no gradient; pass tensors through .detach()"),
    ],
)
def test_refuses(poses, error, message):
    with pytest.raises(error, match=re.escape(f"heading_and_pitch: {message}")):
        heading_and_pitch(poses)
