"""Cameras: inverses that are real ones, and matrices that follow their image."""

import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgeom import crop_intrinsics, invert_poses, project_points, resize_intrinsics
from spatialgeom.errors import DTypeError, ShapeError
from spatialgeom.testing import random_posed_points

seeds = st.integers(0, 2**31)


@given(seed=seeds)
@settings(max_examples=20, deadline=None)
def test_a_pose_times_its_inverse_is_the_identity_though_it_is_not_rigid(seed):
    poses = random_posed_points(seed, 0, 5).cam_from_world
    transposed = poses[:, :3, :3].mT @ poses[:, :3, :3]
    assert (transposed - torch.eye(3)).abs().amax() > 1e-5
    torch.testing.assert_close(
        poses @ invert_poses(poses), torch.eye(4).double().expand(5, 4, 4), rtol=0, atol=1e-14
    )


def test_inverts_in_float64_whatever_the_type():
    poses = random_posed_points(0, 0, 7).cam_from_world.float()
    assert torch.equal(invert_poses(poses), invert_poses(poses.double()).float())


@pytest.mark.parametrize("batch", [(), (0,), (1,), (3, 2)])
def test_inverts_any_batch(batch):
    poses = torch.eye(4).expand(*batch, 4, 4)
    assert torch.equal(invert_poses(poses), poses)


def test_the_inverse_is_differentiable():
    poses = random_posed_points(1, 0, 2).cam_from_world.requires_grad_()
    upper = lambda p: invert_poses(p)[:, :3]  # noqa: E731
    assert torch.autograd.gradcheck(upper, poses)


def test_resizing_keeps_the_corners_of_the_image():
    camera = torch.tensor([[500.0, 0, 319.5], [0, 510, 239.5], [0, 0, 1]]).double()
    resized = resize_intrinsics(camera, (480, 640), (968, 1296))
    corners = torch.tensor([[-319.5 - 0.5, -240.0, 1], [320.0, 240.0, 1]]).double() / torch.tensor(
        [500, 510, 1]
    )
    mapped = corners @ resized.T
    expected = torch.tensor([[-0.5, -0.5], [1295.5, 967.5]]).double()
    torch.testing.assert_close(mapped[:, :2], expected, rtol=0, atol=1e-9)


@given(seed=seeds, height=st.integers(1, 999), width=st.integers(1, 999))
@settings(max_examples=30, deadline=None)
def test_resizing_maps_each_pixel_by_its_centre(seed, height, width):
    scene = random_posed_points(seed, 60, 2)
    before = project_points(*scene, backend="reference").uv
    resized = resize_intrinsics(scene.intrinsics, scene.image_size, (height, width))
    after = project_points(
        scene.points, scene.cam_from_world, resized, (height, width), backend="reference"
    ).uv
    scale = torch.tensor([width / 64, height / 48], dtype=torch.float64)
    both = ~(before.isnan() | after.isnan())
    torch.testing.assert_close(after[both], ((before + 0.5) * scale - 0.5)[both], rtol=0, atol=1e-8)


def test_resizing_back_gives_the_matrix_back():
    cameras = random_posed_points(2, 0, 4).intrinsics
    there = resize_intrinsics(cameras, (48, 64), (35, 101))
    torch.testing.assert_close(resize_intrinsics(there, (35, 101), (48, 64)), cameras, rtol=0, atol=1e-12)


def test_cropping_shifts_the_centre_alone():
    cameras = random_posed_points(3, 0, 4).intrinsics
    cropped = crop_intrinsics(cameras, top=5, left=-7)
    expected = cameras.clone()
    expected[:, 0, 2] += 7
    expected[:, 1, 2] -= 5
    assert torch.equal(cropped, expected)
    assert crop_intrinsics(cameras.float(), 1, 2).dtype is torch.float32


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: invert_poses(torch.zeros(3, 4)),
            ShapeError,
            "invert_poses: poses must be (..., 4, 4); got (3, 4)",
        ),
        (
            lambda: invert_poses(torch.zeros(4, 4).int()),
            DTypeError,
            "invert_poses: poses must be floating point, got torch.int32",
        ),
        (
            lambda: crop_intrinsics(torch.zeros(4, 4), 0, 0),
            ShapeError,
            "crop_intrinsics: intrinsics must be (..., 3, 3); got (4, 4)",
        ),
        (
            lambda: resize_intrinsics(torch.eye(3), (0, 4), (4, 4)),
            ValueError,
            "resize_intrinsics: sizes must be positive; got (0, 4) and (4, 4)",
        ),
    ],
)
def test_refuses(call, error, message):
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        call()
