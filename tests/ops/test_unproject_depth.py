"""unproject_depth: known values, round trips, agreement of backends, gradients, and refusals."""

import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgeom import invert_poses, project_points, unproject_depth
from spatialgeom.errors import BackendError, DTypeError, ShapeError
from spatialgeom.testing import random_depth, random_posed_points

OPERATION = "unproject_depth"
scenes = st.builds(
    random_posed_points,
    seed=st.integers(0, 2**31),
    count=st.sampled_from([0, 300]),
    frames=st.sampled_from([0, 1, 3]),
)
forms = pytest.mark.parametrize("form", ["float32", "float64", "uint16"])


def arguments(scene, form, device="cpu"):
    """Return the arguments of a call on random depth maps in one of the forms that it takes."""
    depth = random_depth(scene, 1)
    dtype = torch.float64 if form == "float64" else torch.float32
    world_from_cam = invert_poses(scene.cam_from_world).to(device, dtype)
    readings = depth.millimetres if form == "uint16" else depth.metres.to(dtype)
    return readings.to(device), scene.intrinsics.to(device, dtype), world_from_cam


def rounding_bound(depth, intrinsics, world_from_cam, dtype):
    """Return how far off a computation in ``dtype`` may be: first order, with two roundings to spare."""
    unit = torch.finfo(dtype).eps / 2
    height, width = depth.shape[-2:]
    focal, centre = intrinsics[:, None, None, [0, 1], [0, 1]], intrinsics[:, None, None, :2, 2]
    uv = torch.stack(torch.meshgrid(torch.arange(width), torch.arange(height), indexing="xy"), -1)
    z = depth.double().nan_to_num(0, 0, 0)[..., None]
    offset = (uv - centre) / focal * z
    # z: its reading, its scale and their product; offset: centre, difference, focal, division, product
    error = torch.cat((offset.abs() * 9 + centre / focal * z, z * 5), -1) * unit
    terms = torch.cat((offset, z), -1).abs()
    turn, shift = world_from_cam[:, None, None, :3, :3].abs(), world_from_cam[:, None, None, :3, 3].abs()
    rotated = lambda p: (turn * p[..., None, :]).sum(-1)  # noqa: E731
    return rotated(error) + 8 * unit * (rotated(terms) + shift)


@forms
@given(scene=scenes)
@settings(max_examples=15, deadline=None)
def test_agrees_with_the_reference_in_float64(backend, device, form, scene):
    depth, intrinsics, world_from_cam = arguments(scene, form, device)
    scale = 0.001 if form == "uint16" else 1.0
    exact = [scene.intrinsics, invert_poses(scene.cam_from_world)]
    metres = depth.cpu().double() * scale
    known = (metres > 0) & (metres < (65.535 if form == "uint16" else torch.inf))
    metres[~known] = torch.nan
    expected = unproject_depth(metres, *exact, backend="reference")
    actual = unproject_depth(depth, intrinsics, world_from_cam, depth_scale=scale, backend=backend)

    assert actual.points.dtype is intrinsics.dtype
    assert torch.equal(actual.valid.cpu(), known)
    assert torch.equal(expected.valid, known)
    error = (actual.points.cpu() - expected.points).abs()
    assert (error <= rounding_bound(metres, *exact, intrinsics.dtype))[known].all()
    assert actual.points[~actual.valid].isnan().all()


@given(scene=scenes)
@settings(max_examples=15, deadline=None)
def test_projecting_back_gives_the_pixel_and_its_reading(backend, device, scene):
    depth, intrinsics, world_from_cam = arguments(scene, "float64", device)
    points, valid = unproject_depth(depth, intrinsics, world_from_cam, backend=backend)
    poses = scene.cam_from_world.to(device)
    height, width = scene.image_size
    for frame in range(len(poses)):
        seen = points[frame].flatten(0, 1)
        hit = project_points(seen, poses[frame, None], intrinsics[frame], (height, width), near=0.0)
        kept = valid[frame].flatten()
        assert torch.equal(hit.valid[0], kept)
        pixels = torch.cartesian_prod(torch.arange(height), torch.arange(width)).flip(-1).to(device)
        # a reading of a millimetre keeps 13 digits, its pixel 10
        torch.testing.assert_close(hit.uv[0, kept], pixels[kept].double(), rtol=0, atol=1e-9)
        torch.testing.assert_close(hit.depth[0, kept], depth[frame][valid[frame]], rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    ("reading", "dtype", "metres"),
    [
        (0, torch.uint16, None),
        (1, torch.uint16, 1.0),
        (65534, torch.uint16, 65534.0),
        (65535, torch.uint16, None),
        (0.0, torch.float32, None),
        (-0.0, torch.float32, None),
        (2.0**-100, torch.float32, 2.0**-100),
        (-(2.0**-100), torch.float32, None),
        (65535.0, torch.float32, 65535.0),
        (torch.inf, torch.float32, None),
        (-torch.inf, torch.float64, None),
        (torch.nan, torch.float64, None),
        (3.0e38, torch.float64, 3.0e38),
    ],
)
def test_which_readings_count(backend, device, reading, dtype, metres):
    real = torch.float32 if dtype is torch.uint16 else dtype
    points, valid = unproject_depth(
        torch.tensor([[[reading]]], dtype=dtype, device=device),
        torch.eye(3, dtype=real, device=device),
        torch.eye(4, dtype=real, device=device)[None],
        backend=backend,
    )
    assert valid.tolist() == [[[metres is not None]]]
    assert points.isnan().all() if metres is None else points.flatten().tolist() == [0.0, 0.0, metres]


def test_known_points(backend, device):
    camera = torch.tensor([[4.0, 0, 1], [0, 2, 0.5], [0, 0, 1]], device=device)
    # a quarter turn about the optical axis, scaled along it, and a shift
    pose = torch.tensor([[[0.0, -1, 0, 10], [1, 0, 0, 20], [0, 0, 2, 30], [0, 0, 0, 1]]], device=device)
    depth = torch.tensor([[[1000, 2000, 0], [500, 0, 4000]]], dtype=torch.uint16, device=device)
    points, valid = unproject_depth(depth, camera, pose, depth_scale=2**-10, backend=backend)
    z = torch.tensor([1000, 2000, 500, 4000]) / 1024
    x, y = torch.tensor([-0.25, 0, -0.25, 0.25]) * z, torch.tensor([-0.25, -0.25, 0.25, 0.25]) * z
    assert torch.equal(points[valid].cpu(), torch.stack((10 - y, 20 + x, 30 + 2 * z), -1))


def test_agrees_with_kornia(backend, device):
    kornia = pytest.importorskip("kornia.geometry")
    scene = random_posed_points(4, 300, 3)
    depth, intrinsics, world_from_cam = arguments(scene, "float64", device)
    points, valid = unproject_depth(depth, intrinsics, world_from_cam, backend=backend)
    height, width = scene.image_size
    pixels = torch.cartesian_prod(torch.arange(height), torch.arange(width)).flip(-1).double().to(device)
    flat = depth.flatten(1)[..., None]
    matrices = intrinsics[:, None].expand(-1, flat.shape[1], 3, 3)
    in_camera = kornia.camera.unproject_points(pixels.expand(3, -1, -1), flat, matrices)
    in_world = kornia.transform_points(world_from_cam, in_camera).reshape(points.shape)
    torch.testing.assert_close(points[valid], in_world[valid], rtol=0, atol=1e-12)


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (1, 1), (31, 33), (2, 257), (257, 2)])
@pytest.mark.parametrize("shape", [(3, 3), (1, 3, 3), (2, 3, 3)])
def test_any_size_and_one_matrix_or_many(backend, device, size, shape):
    scene = random_posed_points(5, 0, 2).to(device, torch.float32)
    depth = torch.rand(2, *size).to(device) + 0.1
    camera = scene.intrinsics[:1].expand(2, 3, 3)
    expected = unproject_depth(depth, camera, scene.cam_from_world, backend="reference")
    given_camera = scene.intrinsics[0].expand(shape)
    actual = unproject_depth(depth, given_camera, scene.cam_from_world, backend=backend)
    assert actual.points.shape == (2, *size, 3)
    torch.testing.assert_close(actual, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("one_matrix", [False, True])
def test_a_batch_is_its_items(backend, device, one_matrix):
    items = [arguments(random_posed_points(seed, 50, 3), "uint16", device) for seed in range(2)]
    if one_matrix:
        items = [(depth, items[0][1][0], pose) for depth, _, pose in items]
    depth, intrinsics, world_from_cam = (torch.stack(parts) for parts in zip(*items, strict=True))
    batched = unproject_depth(
        depth, intrinsics[0] if one_matrix else intrinsics, world_from_cam, backend=backend
    )
    each = [unproject_depth(*item, backend=backend) for item in items]
    for actual, *expected in zip(batched, *each, strict=True):
        assert torch.equal(actual.nan_to_num(-9), torch.stack(expected).nan_to_num(-9))


@forms
def test_takes_any_strides(backend, device, form):
    depth, intrinsics, world_from_cam = arguments(random_posed_points(6, 99, 4), form, device)
    expected = unproject_depth(depth, intrinsics, world_from_cam, backend=backend)
    strided = unproject_depth(
        depth.mT.contiguous().mT,
        intrinsics.repeat_interleave(2, 0)[::2],
        world_from_cam.mT.contiguous().mT,
        backend=backend,
    )
    torch.testing.assert_close(strided, expected, rtol=0, atol=0, equal_nan=True)


def small_maps(device):
    """Return depth maps with a hole of each kind, matrices and poses, in float64."""
    scene = random_posed_points(7, 0, 2).to(device, torch.float64)
    depth = torch.tensor(
        [[[1.0, 2.0, 0.0]], [[torch.inf, 3.0, torch.nan]]], dtype=torch.float64, device=device
    )
    return depth, scene.intrinsics, scene.cam_from_world


def test_the_gradient_is_right(backend, device):
    depth, intrinsics, poses = small_maps(device)
    known = depth.isfinite() & (depth > 0)
    skew = torch.zeros_like(intrinsics, dtype=torch.bool)
    skew[:, 0, 1] = True
    inputs = [depth[known].requires_grad_(), intrinsics.requires_grad_(), poses.requires_grad_()]

    def lifted(readings, intrinsics, poses):
        filled = depth.masked_scatter(known, readings)
        # finite differences would try a skew, which is refused
        cameras = intrinsics.masked_fill(skew, 0)
        points, valid = unproject_depth(filled, cameras, poses, depth_scale=0.5, backend=backend)
        return points[valid]

    assert torch.autograd.gradcheck(lifted, inputs)
    assert torch.autograd.gradgradcheck(lifted, inputs)


def test_holes_do_not_poison_the_gradient(backend, device):
    depth, intrinsics, poses = (tensor.requires_grad_() for tensor in small_maps(device))
    points, valid = unproject_depth(depth, intrinsics, poses, backend=backend)
    assert not valid.requires_grad
    (points * points).sum().backward()
    assert (depth.grad[~valid] == 0).all()
    assert (depth.grad[valid] != 0).all()
    assert all(tensor.grad.isfinite().all() and tensor.grad.any() for tensor in (depth, intrinsics, poses))


def test_holes_do_not_poison_what_is_projected_next(backend, device):
    depth, intrinsics, poses = small_maps(device)
    intrinsics.requires_grad_()
    poses.requires_grad_()
    points, valid = unproject_depth(depth, intrinsics, invert_poses(poses), backend=backend)
    hit = project_points(points.flatten(0, 2), poses, intrinsics, (48, 64))
    (hit.uv[hit.valid].sum() + hit.depth[:, valid.flatten()].sum()).backward()
    assert intrinsics.grad.isfinite().all()
    assert poses.grad.isfinite().all()


def test_poses_get_a_gradient_from_uint16_maps(backend, device):
    depth, intrinsics, poses = arguments(random_posed_points(8, 50, 1), "uint16", device)
    poses.requires_grad_()
    points, valid = unproject_depth(depth, intrinsics, poses, depth_scale=0.001, backend=backend)
    points[valid].sum().backward()
    torch.testing.assert_close(poses.grad[0, :3, 3], valid.sum().float().expand(3))


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"depth": torch.zeros(4, 5)}, ShapeError, "depth must be (..., F, H, W); got (4, 5)"),
        (
            {"world_from_cam": torch.zeros(3, 4, 4)},
            ShapeError,
            "world_from_cam must be (..., F, 4, 4), F = 2; got (3, 4, 4)",
        ),
        (
            {"intrinsics": torch.zeros(3, 3, 3)},
            ShapeError,
            "intrinsics must be (..., F, 3, 3), F = 2; got (3, 3, 3)",
        ),
        (
            {"depth": torch.zeros(2, 4, 5).int()},
            DTypeError,
            "depth must be floating point or uint16, got torch.int32",
        ),
        (
            {"intrinsics": torch.eye(3).double()},
            DTypeError,
            "intrinsics is torch.float64 but depth is torch.float32",
        ),
        (
            {"intrinsics": torch.eye(3).index_fill(1, torch.tensor(1), 1.0)},
            ValueError,
            "intrinsics must have zero skew (entry [0, 1]); undistort first",
        ),
        ({"backend": "numpy"}, BackendError, "has no 'numpy' backend; it has"),
    ],
)
def test_refuses(changes, error, message):
    call = {"depth": torch.zeros(2, 4, 5), "intrinsics": torch.eye(3), "world_from_cam": torch.zeros(2, 4, 4)}
    with pytest.raises(error, match=f"^unproject_depth:? {re.escape(message)}"):
        unproject_depth(**call | changes)
