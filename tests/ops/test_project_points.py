"""project_points: known values, invariants, agreement of backends, gradients, and refusals."""

import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgeom import invert_poses, project_points
from spatialgeom.errors import BackendError, DTypeError, ShapeError
from spatialgeom.testing import assert_decisions_agree, exact_projection, random_posed_points

OPERATION = "project_points"
NEAR = 2.0**-10  # metres, exact in binary
CAMERA = [[64.0, 0, 32], [0, 64, 24], [0, 0, 1]]
TINY = 2.0**-16  # a thousandth of a pixel, as a coordinate at 1 m

# ragged last blocks; no points and no frames are legal
scenes = st.builds(
    random_posed_points,
    seed=st.integers(0, 2**31),
    count=st.sampled_from([0, 1, 31, 33, 257, 5000]),
    frames=st.sampled_from([0, 1, 3]),
)
dtypes = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])


def margin(exact, image_size, near):
    """Return how far each validity is from its nearest threshold, in bounds of the rounding."""
    height, width = image_size
    borders = torch.tensor([[-0.5, -0.5], [width - 0.5, height - 0.5]]).double()
    border = (exact.uv[..., None, :] - borders).abs().amin(-2) / exact.uv_error
    return torch.minimum(border.amin(-1), (exact.depth - near).abs() / exact.depth_error)


@dtypes
@given(scene=scenes)
@settings(max_examples=40, deadline=None)
def test_agrees_with_the_reference_in_float64(backend, device, dtype, scene):
    expected = project_points(*scene, backend="reference")
    actual = project_points(*scene.to(device, dtype), backend=backend)
    exact = exact_projection(scene, dtype)

    assert actual.uv.dtype is actual.depth.dtype is dtype
    assert_decisions_agree(actual.valid.cpu(), expected.valid, margin(exact, scene.image_size, 1e-3), 1.0)
    assert ((actual.depth.cpu() - expected.depth).abs() <= exact.depth_error).all()
    both = actual.valid.cpu() & expected.valid
    assert ((actual.uv.cpu() - expected.uv).abs() <= exact.uv_error)[both].all()
    assert torch.equal(actual.uv.isnan().any(-1), ~actual.valid)
    assert torch.equal(actual.uv.isnan().all(-1), ~actual.valid)


@given(scene=scenes, seed=st.integers(0, 2**31))
@settings(max_examples=20, deadline=None)
def test_moving_world_and_cameras_together_changes_nothing(backend, device, scene, seed):
    scene = scene.to(device, torch.float64)
    world = random_posed_points(seed, 0, 1).cam_from_world[0].to(device)
    moved = scene.points @ world[:3, :3].T + world[:3, 3]
    expected = project_points(*scene, backend=backend)
    actual = project_points(moved, scene.cam_from_world @ invert_poses(world), *scene[2:], backend=backend)
    torch.testing.assert_close(actual.depth, expected.depth, rtol=0, atol=1e-12)
    both = (actual.valid & expected.valid) & (expected.depth > 0.1)
    torch.testing.assert_close(actual.uv[both], expected.uv[both], rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("xyz", "uv"),
    [
        ((0.5, 0.0, 1.0), None),
        ((0.25, 0.0, 1.0), (48.0, 24.0)),
        ((0.0, -0.5, 2.0), (32.0, 8.0)),
        # left and top: half a pixel before the first centre is still the first pixel
        ((-32.5 / 64, 0.0, 1.0), (-0.5, 24.0)),
        ((-32.5 / 64 - TINY, 0.0, 1.0), None),
        ((0.0, -24.5 / 64, 1.0), (32.0, -0.5)),
        ((0.0, -24.5 / 64 - TINY, 1.0), None),
        # right and bottom: half a pixel behind the last centre is outside
        ((31.5 / 64 - TINY, 0.0, 1.0), (63.5 - 64 * TINY, 24.0)),
        ((31.5 / 64, 0.0, 1.0), None),
        ((0.0, 23.5 / 64 - TINY, 1.0), (32.0, 47.5 - 64 * TINY)),
        ((0.0, 23.5 / 64, 1.0), None),
        # the near plane
        ((0.0, 0.0, NEAR), None),
        ((0.0, 0.0, NEAR * (1 + 2**-20)), (32.0, 24.0)),
        # behind the camera, and at its centre
        ((0.0, 0.0, -1.0), None),
        ((0.0, 0.0, 0.0), None),
        # far outside, at infinity, and unknown
        ((1e30, 0.0, 1.0), None),
        ((0.0, 0.0, torch.inf), None),
        ((torch.nan, 0.0, 1.0), None),
    ],
)
@dtypes
def test_known_values(backend, device, dtype, xyz, uv):
    hit = project_points(
        torch.tensor([xyz], device=device, dtype=dtype),
        torch.eye(4, device=device, dtype=dtype)[None],
        torch.tensor(CAMERA, device=device, dtype=dtype),
        (48, 64),
        near=NEAR,
        backend=backend,
    )
    assert hit.valid.item() is (uv is not None)
    assert hit.uv.isnan().all() if uv is None else tuple(hit.uv.flatten().tolist()) == uv


def test_agrees_with_kornia(backend, device):
    kornia = pytest.importorskip("kornia.geometry")
    scene = random_posed_points(4, 500, 3).to(device, torch.float64)
    hit = project_points(*scene, backend=backend)
    in_camera = kornia.transform_points(scene.cam_from_world, scene.points.expand(3, -1, -1))
    uv = kornia.camera.project_points(in_camera, scene.intrinsics[:, None].expand(-1, 500, 3, 3))
    assert hit.valid.sum() > 100
    torch.testing.assert_close(hit.depth, in_camera[..., 2], rtol=0, atol=1e-12)
    torch.testing.assert_close(hit.uv[hit.valid], uv[hit.valid], rtol=0, atol=1e-8)


@pytest.mark.parametrize("shape", [(3, 3), (1, 3, 3)])
def test_one_matrix_serves_all_frames(backend, device, shape):
    scene = random_posed_points(5, 100, 3).to(device, torch.float32)
    one = scene.intrinsics[:1]
    expected = project_points(*scene._replace(intrinsics=one.expand(3, 3, 3)), backend=backend)
    actual = project_points(*scene._replace(intrinsics=one.reshape(shape)), backend=backend)
    torch.testing.assert_close(actual, expected, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("one_matrix", [False, True])
def test_a_batch_is_its_items(backend, device, one_matrix):
    items = [random_posed_points(seed, 70, 2).to(device, torch.float32) for seed in range(6)]
    points, poses, cameras = (
        torch.stack(parts).unflatten(0, (2, 3)) for parts in zip(*(i[:3] for i in items), strict=True)
    )
    if one_matrix:
        items = [item._replace(intrinsics=items[0].intrinsics[0]) for item in items]
    batched = project_points(
        points, poses, cameras[0, 0, 0] if one_matrix else cameras, (48, 64), backend=backend
    )
    each = [project_points(*item, backend=backend) for item in items]
    for actual, *expected in zip(batched, *each, strict=True):
        assert torch.equal(actual.flatten(0, 1).nan_to_num(-9), torch.stack(expected).nan_to_num(-9))


def test_takes_any_strides(backend, device):
    scene = random_posed_points(6, 99, 4).to(device, torch.float32)
    expected = project_points(*scene, backend=backend)
    strided = project_points(
        scene.points.T.contiguous().T,
        scene.cam_from_world.mT.contiguous().mT,
        scene.intrinsics.repeat_interleave(2, 0)[::2],
        scene.image_size,
        backend=backend,
    )
    torch.testing.assert_close(strided, expected, rtol=0, atol=0, equal_nan=True)


def in_view(device):
    """Return 5 points, one behind the camera, one at no depth and one unknown, and 2 cameras."""
    cameras = torch.tensor([CAMERA, CAMERA], dtype=torch.float64, device=device)
    poses = torch.eye(4, dtype=torch.float64, device=device).repeat(2, 1, 1)
    poses[1, :3, 3] = torch.tensor([0.01, -0.02, 0.1])
    poses[1, 0, 1] = 0.05
    points = [[0.1, 0.2, 1.0], [-0.2, 0.1, 2.0], [0.0, 0.0, -1.0], [0.1, 0.0, 0.0], [torch.nan] * 3]
    return torch.tensor(points, dtype=torch.float64, device=device), poses, cameras


def test_the_gradient_is_right(backend, device):
    points, poses, cameras = in_view(device)
    skew = torch.zeros_like(cameras, dtype=torch.bool)
    skew[:, 0, 1] = True
    inputs = [points[:4].clone().requires_grad_(), poses.requires_grad_(), cameras.requires_grad_()]

    def seen(points, poses, cameras):
        # finite differences would try a skew, which is refused
        cameras = cameras.masked_fill(skew, 0)
        hit = project_points(points, poses, cameras, (48, 64), backend=backend)
        assert not hit.valid.requires_grad
        return hit.uv[hit.valid], hit.depth

    assert torch.autograd.gradcheck(seen, inputs)
    assert torch.autograd.gradgradcheck(seen, inputs)


def test_what_is_invalid_does_not_poison_the_gradient(backend, device):
    points, poses, cameras = (tensor.requires_grad_() for tensor in in_view(device))
    hit = project_points(points, poses, cameras, (48, 64), backend=backend)
    # a sum over all entries sends NaN back through the invalid ones
    (hit.uv * hit.uv).sum().backward()
    assert (points.grad[2:] == 0).all()
    assert (points.grad[:2] != 0).any(-1).all()
    assert all(tensor.grad.isfinite().all() and tensor.grad.any() for tensor in (points, poses, cameras))


def test_one_matrix_for_all_frames_gathers_their_gradients(backend, device):
    points, poses, cameras = in_view(device)
    one = cameras[0].clone().requires_grad_()
    cameras.requires_grad_()
    for intrinsics in (one, cameras):
        hit = project_points(points, poses, intrinsics, (48, 64), backend=backend)
        hit.uv[hit.valid].square().sum().backward()
    torch.testing.assert_close(one.grad, cameras.grad.sum(0))


@pytest.mark.parametrize(
    ("argument", "shape", "message"),
    [
        ("points", (5, 2), "points must be (..., N, 3); got (5, 2)"),
        ("points", (3,), "points must be (..., N, 3); got (3,)"),
        ("cam_from_world", (3, 3, 4), "cam_from_world must be (..., F, 4, 4); got (3, 3, 4)"),
        ("cam_from_world", (2, 3, 4, 4), "cam_from_world must be (..., F, 4, 4); got (2, 3, 4, 4)"),
        ("intrinsics", (2, 3, 3), "intrinsics must be (..., F, 3, 3), F = 3; got (2, 3, 3)"),
        ("intrinsics", (3, 4), "intrinsics must be (3, 3); got (3, 4)"),
    ],
)
def test_refuses_a_shape(argument, shape, message):
    scene = random_posed_points(0, count=5, frames=3)._replace(**{argument: torch.zeros(shape).double()})
    with pytest.raises(ShapeError, match=f"^{re.escape(f'project_points: {message}')}$"):
        project_points(*scene)


def test_refuses_types_that_are_mixed_or_not_floating_point():
    scene = random_posed_points(0, count=5, frames=3)
    with pytest.raises(DTypeError, match=r"cam_from_world is torch\.float32 but points is torch\.float64$"):
        project_points(*scene._replace(cam_from_world=scene.cam_from_world.float()))
    with pytest.raises(DTypeError, match=r"points must be floating point, got torch\.int64$"):
        project_points(*scene._replace(points=scene.points.long()))


def test_refuses_skew():
    scene = random_posed_points(0, count=5, frames=3)
    scene.intrinsics[1, 0, 1] = 1e-3
    message = "project_points: intrinsics must have zero skew (entry [0, 1]); undistort first"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        project_points(*scene)


def test_refuses_a_backend_by_name_rather_than_falling_back():
    scene = random_posed_points(0, count=5, frames=3)
    with pytest.raises(BackendError, match=r"^project_points has no 'numpy' backend; it has .*cpu"):
        project_points(*scene, backend="numpy")
