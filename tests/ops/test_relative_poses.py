"""relative_poses: signs, wrap-around, an independent library's transforms, and refusals."""

import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgeom import heading_and_pitch, relative_poses
from spatialgeom.errors import DeviceError, DTypeError, ShapeError

OPERATION = "relative_poses"
EPS = {torch.float32: 2.0**-24, torch.float64: 2.0**-53}
EXTENT_M = 10.0
# 3 x 3 inverse of a near rotation, difference of centres, three products: under 32 roundings of 2 x EXTENT_M
ROUNDINGS_M = 32 * 2 * EXTENT_M
# a difference of two angles up to 180 degrees, or quaternions whose parts are off by a few roundings
ROUNDINGS_DEG = 16 * 360

# right, down, forward of a camera that looks along world x, level
LEVEL = torch.tensor([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]], dtype=torch.float64)


def turned(yaw_deg=0.0, pitch_deg=0.0, centre=(0.0, 0.0, 0.0)):
    """Return the pose of a level camera turned left by yaw and then up by pitch."""
    yaw, pitch = math.radians(yaw_deg), math.radians(pitch_deg)
    left = [[math.cos(yaw), -math.sin(yaw), 0], [math.sin(yaw), math.cos(yaw), 0], [0, 0, 1]]
    up = [[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]]
    pose = torch.eye(4, dtype=torch.float64)
    pose[:3, :3] = torch.tensor(left, dtype=torch.float64) @ LEVEL @ torch.tensor(up, dtype=torch.float64)
    pose[:3, 3] = torch.tensor(centre, dtype=torch.float64)
    return pose


def random_poses(seed, frames, noise=4e-4):
    """Return poses that are rigid but for the noise of real data."""
    generator = torch.Generator().manual_seed(seed)
    poses = torch.eye(4, dtype=torch.float64).repeat(frames, 1, 1)
    rotation = torch.linalg.qr(torch.randn((frames, 3, 3), generator=generator, dtype=torch.float64)).Q
    rotation *= torch.linalg.det(rotation)[:, None, None]
    poses[:, :3, :3] = rotation + noise * (2 * torch.rand((frames, 3, 3), generator=generator).double() - 1)
    poses[:, :3, 3] = EXTENT_M * (torch.rand((frames, 3), generator=generator).double() - 0.5)
    return poses


def nearest_rotation(poses):
    u, _, v = np.linalg.svd(poses[:, :3, :3].numpy())
    return u @ v


@pytest.mark.parametrize(
    ("second", "field", "expected"),
    [
        (turned(yaw_deg=30), "yaw_deg", 30),
        (turned(yaw_deg=-30), "yaw_deg", -30),
        (turned(pitch_deg=20), "pitch_deg", 20),
        (turned(pitch_deg=-20), "pitch_deg", -20),
        (turned(yaw_deg=30), "angle_deg", 30),
        (turned(pitch_deg=-20), "angle_deg", 20),
        (turned(centre=(0, -2, 0)), "translation", [2, 0, 0]),  # facing world x, right is world -y
        (turned(centre=(0, 0, -2)), "translation", [0, 2, 0]),  # camera y points down
        (turned(centre=(2, 0, 0)), "translation", [0, 0, 2]),
        (turned(yaw_deg=77, centre=(3, -4, 0)), "translation", [4, 0, 3]),  # whatever the second's turn
        (turned(yaw_deg=77, centre=(3, -4, 0)), "distance", 5),
    ],
)
def test_signs_and_axes(backend, device, second, field, expected):
    result = relative_poses(torch.stack([turned(), second]).to(device), backend=backend)
    actual = getattr(result, field)[0].tolist()
    assert actual == pytest.approx(expected, abs=1e-12)


def test_translation_is_in_the_first_cameras_axes(backend, device):
    # it faces world y, so that a step along world x is to the right
    poses = torch.stack([turned(yaw_deg=90), turned(yaw_deg=90, centre=(2, 0, 0))]).to(device)
    forth, back = relative_poses(
        poses, torch.tensor([[0, 1], [1, 0]], device=device), backend=backend
    ).translation
    assert forth.tolist() == pytest.approx([2, 0, 0], abs=1e-12)
    assert back.tolist() == pytest.approx([-2, 0, 0], abs=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ("first", "second", "change"),
    [
        ((1, 0), (-1, 0.0), -180),  # half a turn to the left ...
        ((-1, 0.0), (1, 0), -180),  # ... and one to the right are the same
        ((0, -1), (0, 1), -180),
        ((-1, 0.0), (-1, -0.0), 0),  # both sides of the branch cut: a difference of a whole turn
        ((-1, -0.0), (-1, 0.0), 0),
        ((0, 1), (-1, -0.0), 90),  # 90 to -180 degrees
        ((0, -1), (-1, 0.0), -90),  # -90 to 180 degrees
        ((1, 0), (-1, 1e-3), 180 - math.degrees(math.atan(1e-3))),
        ((1, 0), (-1, -1e-3), math.degrees(math.atan(1e-3)) - 180),
    ],
)
def test_yaw_wraps_into_half_open_circle(backend, device, dtype, first, second, change):
    poses = torch.eye(4, dtype=dtype).repeat(2, 1, 1)
    poses[:, :3, :3] = LEVEL  # only the forward axis counts
    poses[0, :2, 2], poses[1, :2, 2] = torch.tensor(first, dtype=dtype), torch.tensor(second, dtype=dtype)
    yaw = relative_poses(poses.to(device), backend=backend).yaw_deg.item()
    assert -180 <= yaw < 180
    assert yaw == pytest.approx(change, abs=ROUNDINGS_DEG * EPS[dtype] if change % 90 else 0)


def test_pitch_from_straight_down_to_straight_up_wraps_too(backend, device):
    poses = torch.stack([turned(), turned()])
    poses[:, :3, 2] = torch.tensor([[0.0, 0, -1], [0, 0, 1]])
    pairs = torch.tensor([[0, 1], [1, 0]], device=device)
    assert relative_poses(poses.to(device), pairs, backend=backend).pitch_deg.tolist() == [-180, -180]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("angle", [0, 1e-7, 1e-3, 44.9, 45.1, 60, 89.9, 90, 120, 135.1, 179, 179.999, 180])
def test_angle_keeps_its_precision_near_its_ends(backend, device, dtype, angle):
    for axis in ([1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0.48, -0.6, 0.64], [-0.6, -0.64, 0.48]):
        x, y, z = np.array(axis)
        cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        radians = math.radians(angle)
        # Rodrigues' formula
        step = np.eye(3) + math.sin(radians) * cross + (1 - math.cos(radians)) * cross @ cross
        poses = torch.stack([turned(yaw_deg=33, pitch_deg=12), turned()])
        poses[1, :3, :3] = poses[0, :3, :3] @ torch.from_numpy(step)
        actual = relative_poses(poses.to(device, dtype), backend=backend).angle_deg.item()
        assert abs(actual - angle) <= ROUNDINGS_DEG * EPS[dtype]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_frame_has_not_moved_from_itself(backend, device, dtype):
    poses = random_poses(1, 20).to(device, dtype)
    itself = torch.arange(20, device=device)[:, None].expand(20, 2)
    for column in relative_poses(poses, itself, backend=backend)[1:]:
        assert (column == 0).all()


@given(
    seed=st.integers(0, 2**31),
    frames=st.sampled_from([0, 1, 2, 3, 9, 33]),
    dtype=st.sampled_from([torch.float32, torch.float64]),
    all_pairs=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_agrees_with_numpy(backend, device, seed, frames, dtype, all_pairs):
    poses = random_poses(seed, frames).to(dtype)
    # all pairs and, for frames > 1, others in any order
    chosen = torch.randint(
        0, max(frames, 1), (57 * (frames > 0), 2), generator=torch.Generator().manual_seed(seed)
    )
    pairs = torch.combinations(torch.arange(frames), 2) if all_pairs else chosen
    result = relative_poses(poses.to(device), None if all_pairs else pairs.to(device), backend=backend)
    assert torch.equal(result.pairs.cpu(), pairs)
    assert all(column.dtype == dtype and len(column) == len(pairs) for column in result[1:])

    exact = poses.double()
    first, second = exact[pairs[:, 0]].numpy(), exact[pairs[:, 1]].numpy()
    translation = torch.from_numpy((np.linalg.inv(first) @ second)[:, :3, 3])
    close = {"rtol": 0, "atol": ROUNDINGS_M * EPS[dtype]}
    torch.testing.assert_close(result.translation.cpu().double(), translation, **close)
    torch.testing.assert_close(result.distance.cpu().double(), translation.norm(dim=-1), **close)

    for name in ("yaw_deg", "pitch_deg"):
        angle = getattr(heading_and_pitch(exact, backend="reference"), name)
        change = getattr(result, name).cpu().double() - (angle[pairs[:, 1]] - angle[pairs[:, 0]])
        turn = (change / 360).round() * 360
        torch.testing.assert_close(change, turn, rtol=0, atol=ROUNDINGS_DEG * EPS[dtype])
    assert ((result.yaw_deg >= -180) & (result.yaw_deg < 180)).all()

    rigid = nearest_rotation(exact)
    i, j = pairs.numpy().T
    relative = rigid[i].swapaxes(1, 2) @ rigid[j]
    skew = np.linalg.norm(relative - relative.swapaxes(1, 2), axis=(1, 2)) / math.sqrt(2)
    angle = torch.from_numpy(np.degrees(np.arctan2(skew, np.trace(relative, axis1=1, axis2=2) - 1)))
    torch.testing.assert_close(
        result.angle_deg.cpu().double(), angle, rtol=0, atol=ROUNDINGS_DEG * EPS[dtype]
    )


def test_translation_agrees_with_kornia_on_rigid_poses(backend, device):
    # its inverse is a transpose, hence rigid poses alone
    kornia = pytest.importorskip("kornia.geometry.linalg")
    poses = random_poses(2, 12, noise=0.0)
    result = relative_poses(poses.to(device), backend=backend)
    pairs = result.pairs.cpu()
    relative = kornia.relative_transformation(poses[pairs[:, 0]], poses[pairs[:, 1]])
    close = {"rtol": 0, "atol": ROUNDINGS_M * EPS[torch.float64]}
    torch.testing.assert_close(result.translation.cpu(), relative[:, :3, 3], **close)
    cosine = (relative[:, :3, :3].diagonal(dim1=1, dim2=2).sum(-1) - 1) / 2
    torch.testing.assert_close(result.angle_deg.cpu(), cosine.acos().rad2deg(), rtol=0, atol=1e-9)


def test_there_and_back(backend, device):
    poses = random_poses(3, 15, noise=0.0).to(device)
    forth = relative_poses(poses, backend=backend)
    back = relative_poses(poses, forth.pairs.flip(1), backend=backend)
    torch.testing.assert_close(forth.distance, back.distance)
    torch.testing.assert_close(forth.angle_deg, back.angle_deg)
    assert torch.equal(forth.pitch_deg, -back.pitch_deg)


def test_scale_changes_no_angle(backend, device):
    poses = random_poses(4, 9)
    scaled = poses.clone()
    scaled[:, :3, :3] *= torch.linspace(0.2, 5, 9, dtype=torch.float64)[:, None, None]
    expected = relative_poses(poses.to(device), backend=backend).angle_deg
    actual = relative_poses(scaled.to(device), backend=backend).angle_deg
    torch.testing.assert_close(actual, expected, rtol=0, atol=ROUNDINGS_DEG * EPS[torch.float64])


def test_bad_poses_spoil_their_own_pairs_alone(backend, device):
    poses = random_poses(5, 5)
    poses[1] = torch.nan
    poses[2, :3, :3] = 0
    poses[3, :3, :3] *= -1
    result = relative_poses(poses.to(device), backend=backend)
    first, second = result.pairs.cpu().T
    lost = (first == 1) | (second == 1)
    assert torch.equal(result.distance.isnan().cpu(), lost | (first == 2))
    assert torch.equal(result.yaw_deg.isnan().cpu(), lost)
    assert torch.equal(result.angle_deg.isnan().cpu(), (first != 0) | (second != 4))


def test_more_pairs_than_one_block(backend, device, monkeypatch):
    if backend == "reference":
        monkeypatch.setattr("spatialgeom.backends.reference.relative_pose._BLOCK_PAIRS", 7)
    poses = random_poses(6, 12).to(device)
    pairs = torch.cartesian_prod(torch.arange(12), torch.arange(12)).to(device)
    every = relative_poses(poses, pairs, backend=backend)
    upper = pairs[:, 0] < pairs[:, 1]
    for column, expected in zip(relative_poses(poses, backend=backend), every, strict=True):
        torch.testing.assert_close(column, expected[upper], rtol=0, atol=1e-12)


def test_takes_any_strides_and_int32(backend, device):
    poses = random_poses(7, 12).to(device)
    pairs = torch.tensor([[0, 5, 2, 7], [3, 4, 1, 6]], dtype=torch.int32, device=device).T
    result = relative_poses(poses[::2].mT.contiguous().mT, pairs[:2], backend=backend)
    expected = relative_poses(poses[::2].contiguous(), pairs[:2].contiguous().long(), backend=backend)
    assert all(torch.equal(a, b) for a, b in zip(result, expected, strict=True))


@pytest.mark.parametrize(
    ("frames", "pairs", "error", "message"),
    [
        ((4, 4), None, ShapeError, "world_from_cam must be (F, 4, 4); got (4, 4)"),
        ((2, 3, 4), None, ShapeError, "world_from_cam must be (F, 4, 4); got (2, 3, 4)"),
        ((2, 4, 4), [0, 1], ShapeError, "pairs must be (P, 2); got (2,)"),
        ((2, 4, 4), [[0, 2]], ValueError, "pairs must be in 0..1; got 0..2"),
        ((2, 4, 4), [[-1, 0]], ValueError, "pairs must be in 0..1; got -1..0"),
        ((2, 4, 4), [[0.0, 1.0]], DTypeError, "pairs must be int32 or int64, got torch.float32"),
    ],
)
def test_refuses(frames, pairs, error, message):
    with pytest.raises(error, match=re.escape(f"relative_poses: {message}")):
        relative_poses(torch.zeros(frames), None if pairs is None else torch.tensor(pairs))


def test_refuses_gradients_and_mixed_devices():
    with pytest.raises(
        DTypeError, match=r"relative_poses: has no gradient; pass tensors through \.detach\(\)"
    ):
        relative_poses(torch.zeros(2, 4, 4, requires_grad=True))
    pairs = torch.zeros((1, 2), dtype=torch.int64, device="meta")
    with pytest.raises(DeviceError, match="pairs is on meta but world_from_cam is on cpu"):
        relative_poses(torch.zeros(2, 4, 4), pairs)
