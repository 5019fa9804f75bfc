"""fuse_depth: plain loops, thresholds, independence of order and threads, refusals."""

import math
import re

import numba
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgeom import fuse_depth, unproject_depth
from spatialgeom._morton import morton_codes
from spatialgeom.errors import BackendError, DTypeError, ShapeError
from spatialgeom.testing import random_depth, random_posed_points

OPERATION = "fuse_depth"
MM = 0.001


def frames_of(seed, frames, height=48, width=64):
    """Return depth in metres (float64) and millimetres, intrinsics and poses, of frames that overlap."""
    scene = random_posed_points(seed, 33, frames)
    depth = random_depth(scene, seed)
    rng = torch.Generator().manual_seed(seed)
    poses = torch.eye(4, dtype=torch.float64).repeat(frames, 1, 1)
    poses[:, :3, :3] += torch.rand(frames, 3, 3, generator=rng, dtype=torch.float64) * 4e-4
    poses[:, :3, 3] = torch.rand(frames, 3, generator=rng, dtype=torch.float64) * 0.1
    return *(maps[:, :height, :width] for maps in depth), scene.intrinsics, poses


def plain_loops(depth, cameras, poses, voxel, min_count):
    """Fuse in Python: a dictionary from voxel to what is in it."""
    readings = {}
    for f, row, column in np.ndindex(*depth.shape):
        z = depth.numpy()[f, row, column]
        if 0 < z < math.inf:
            x = (column - cameras.numpy()[f, 0, 2]) / cameras.numpy()[f, 0, 0] * z
            y = (row - cameras.numpy()[f, 1, 2]) / cameras.numpy()[f, 1, 1] * z
            world = [m[0] * x + m[1] * y + m[2] * z + m[3] for m in poses.numpy()[f, :3]]
            cell = tuple(math.floor(p / voxel) for p in world)
            readings.setdefault(cell, []).append((f, world))
    kept = {cell: found for cell, found in readings.items() if len({f for f, _ in found}) >= min_count}
    cells = torch.tensor(list(kept), dtype=torch.int64).reshape(-1, 3)
    order = morton_codes(cells + 2**20).argsort()
    points = [np.mean([p for _, p in kept[cell]], axis=0) for cell in kept]
    counts = [len({f for f, _ in kept[cell]}) for cell in kept]
    return torch.tensor(np.array(points)).reshape(-1, 3)[order], torch.tensor(counts, dtype=torch.int64)[
        order
    ]


@given(
    seed=st.integers(0, 2**31),
    frames=st.sampled_from([0, 1, 4]),
    size=st.sampled_from([(1, 1), (5, 3), (17, 33)]),
    voxel=st.sampled_from([0.02, 0.1, 0.5]),
    min_count=st.integers(1, 3),
)
@settings(max_examples=30, deadline=None)
def test_agrees_with_plain_loops(backend, device, seed, frames, size, voxel, min_count):
    metres, _, cameras, poses = frames_of(seed, frames, *size)
    inputs = [tensor.to(device) for tensor in (metres, cameras, poses)]
    cloud = fuse_depth(*inputs, voxel=voxel, min_count=min_count, backend=backend)
    points, counts = plain_loops(metres, cameras, poses, voxel, min_count)
    assert torch.equal(cloud.counts.cpu(), counts)
    assert cloud.points.dtype == torch.float64
    # a place is summed to the nearest 1/4096 of a voxel
    torch.testing.assert_close(cloud.points.cpu(), points, rtol=0, atol=voxel / 8192 + 1e-12)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("integers", [False, True])
def test_every_backend_gives_the_same_bits(backend, device, dtype, seed, integers):
    metres, millimetres, cameras, poses = frames_of(seed, 6)
    depth = millimetres if integers else metres.to(dtype)
    inputs = depth, cameras.to(dtype), poses.to(dtype)
    options = {"depth_scale": MM if integers else 1.0, "voxel": 0.1, "min_count": 2}
    expected = fuse_depth(*inputs, **options, backend="reference")
    cloud = fuse_depth(*(tensor.to(device) for tensor in inputs), **options, backend=backend)
    assert cloud.points.dtype == dtype
    assert torch.equal(cloud.points.cpu(), expected.points)
    assert torch.equal(cloud.counts.cpu(), expected.counts)
    assert len(cloud.points) > 100


def test_uint16_depth_equals_the_same_depth_in_metres(backend, device):
    _, millimetres, cameras, poses = frames_of(3, 4)
    metres = torch.where(millimetres.int() == 65535, 0, millimetres.int()).double() * MM
    rest = cameras.to(device), poses.to(device)
    expected = fuse_depth(metres.to(device), *rest, min_count=1, backend=backend)
    actual = fuse_depth(millimetres.to(device), *rest, depth_scale=MM, min_count=1, backend=backend)
    assert torch.equal(actual.points, expected.points)
    assert torch.equal(actual.counts, expected.counts)


def test_the_order_of_frames_changes_nothing(backend, device):
    inputs = [tensor.to(device) for tensor in frames_of(4, 9)[1:]]
    options = {"depth_scale": MM, "voxel": 0.05, "min_count": 2, "backend": backend}
    forth = fuse_depth(*inputs, **options)
    back = fuse_depth(*(tensor.flip(0) for tensor in inputs), **options)
    assert torch.equal(forth.points, back.points)
    assert torch.equal(forth.counts, back.counts)


@pytest.mark.parametrize("frames", [1, 2, 7])
def test_the_number_of_threads_changes_nothing(frames):
    _, millimetres, cameras, poses = frames_of(5, frames)
    options = {"depth_scale": MM, "voxel": 0.03, "min_count": 1, "backend": "cpu"}
    several = fuse_depth(millimetres, cameras, poses, **options)
    available = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        alone = fuse_depth(millimetres, cameras, poses, **options)
    finally:
        numba.set_num_threads(available)
    assert torch.equal(alone.points, several.points)
    assert torch.equal(alone.counts, several.counts)


def test_counts_frames_not_readings(backend, device):
    wall = torch.full((4, 8, 8), 2.0, device=device)
    camera = torch.tensor([[1000.0, 0, -1], [0, 1000, -1], [0, 0, 1]], device=device)  # 2 mm between readings
    poses = torch.eye(4, device=device).repeat(4, 1, 1)
    cloud = fuse_depth(wall, camera, poses, voxel=0.5, min_count=4, backend=backend)
    assert cloud.counts.tolist() == [4]
    torch.testing.assert_close(
        cloud.points.cpu(), torch.tensor([[0.009, 0.009, 2.0]]), rtol=0, atol=0.5 / 8192
    )
    assert len(fuse_depth(wall, camera, poses, voxel=0.5, min_count=5, backend=backend).points) == 0


@pytest.mark.parametrize("shift", [0.0, -4.0])
@pytest.mark.parametrize(("face", "voxel"), [(1.5, 0.5), (0.25, 0.25), (7.0, 0.875)])
def test_a_reading_on_a_face_belongs_to_the_voxel_above(backend, device, face, voxel, shift):
    camera = torch.tensor([[1e3, 0, -1], [0, 1e3, -1], [0, 0, 1]], dtype=torch.float64, device=device)
    poses = torch.eye(4, dtype=torch.float64, device=device).repeat(2, 1, 1)
    poses[:, 2, 3] = round(shift / voxel) * voxel

    def share_a_voxel(*depths):
        maps = torch.tensor(depths, dtype=torch.float64, device=device)[:, None, None]
        return len(fuse_depth(maps, camera, poses, voxel=voxel, min_count=2, backend=backend).points) == 1

    assert share_a_voxel(face, face + 0.1 * voxel)
    assert not share_a_voxel(face, face - 0.1 * voxel)
    assert share_a_voxel(face - 1e-9, face - 0.1 * voxel)
    assert not share_a_voxel(face - 1e-9, face + 0.1 * voxel)


@pytest.mark.parametrize(
    ("reading", "kept"),
    [(0.0, 0), (-1.0, 0), (math.nan, 0), (math.inf, 0), (2.0, 1), (2.0 + 1e-12, 0)],
)
def test_which_readings_count(backend, device, reading, kept):
    depth = torch.full((1, 1, 1), reading, dtype=torch.float64, device=device)
    eye = torch.eye(4, dtype=torch.float64, device=device)
    cloud = fuse_depth(depth, eye[:3, :3], eye[None], max_depth=2.0, min_count=1, backend=backend)
    assert len(cloud.points) == kept


@pytest.mark.parametrize(("reading", "kept"), [(0, 0), (1, 1), (32768, 1), (65534, 1), (65535, 0)])
def test_which_uint16_readings_count(backend, device, reading, kept):
    depth = torch.full((1, 1, 1), reading, dtype=torch.int32).to(torch.uint16).to(device)
    eye = torch.eye(4, device=device)
    cloud = fuse_depth(depth, eye[:3, :3], eye[None], depth_scale=MM, min_count=1, backend=backend)
    assert len(cloud.points) == kept


def test_the_table_grows(backend, device):
    """Every reading has its own voxel, so that the table grows several times."""
    _, millimetres, cameras, poses = frames_of(6, 12)
    rest = cameras.to(device), poses.to(device)
    cloud = fuse_depth(
        millimetres.to(device), *rest, depth_scale=MM, voxel=1e-4, min_count=1, backend=backend
    )
    points, valid = unproject_depth(millimetres, cameras, poses, depth_scale=MM, backend="reference")
    assert len(cloud.points) > 0.95 * valid.sum()
    middle = points[valid].double().mean(0)
    torch.testing.assert_close(cloud.points.double().cpu().mean(0), middle, rtol=0.05, atol=0.05)


def test_takes_any_strides(backend, device):
    metres, _, cameras, poses = frames_of(7, 6)
    depth = metres.to(device).permute(2, 0, 1).contiguous().permute(1, 2, 0)
    cameras, poses = cameras.to(device)[::2], poses.to(device).mT.contiguous().mT[::2]
    sparse = fuse_depth(depth[::2], cameras, poses, min_count=1, backend=backend)
    copies = (tensor.clone(memory_format=torch.contiguous_format) for tensor in (depth[::2], cameras, poses))
    dense = fuse_depth(*copies, min_count=1, backend=backend)
    assert torch.equal(sparse.points, dense.points)


@pytest.mark.parametrize("shift", [2.0**20, -(2.0**20) - 1, math.nan, math.inf])
def test_refuses_what_lies_beyond_the_grid(backend, device, shift):
    depth = torch.full((1, 2, 2), 0.5, dtype=torch.float64, device=device)
    pose = torch.eye(4, dtype=torch.float64, device=device)[None].clone()
    camera = torch.eye(3, dtype=torch.float64, device=device)
    pose[0, 0, 3] = 2.0**20 - 2
    assert len(fuse_depth(depth, camera, pose, voxel=1.0, min_count=1, backend=backend).points)
    pose[0, 0, 3] = shift
    message = "fuse_depth: readings must be finite and within 1048576 voxels of 1.0 m from the origin; check"
    with pytest.raises(ValueError, match=re.escape(message)):
        fuse_depth(depth, camera, pose, voxel=1.0, min_count=1, backend=backend)


def call(**changes):
    depth, _, cameras, poses = frames_of(0, 3, 4, 4)
    return fuse_depth(**({"depth": depth, "intrinsics": cameras, "world_from_cam": poses} | changes))


SKEWED = torch.tensor([[64.0, 0.1, 32], [0, 64, 24], [0, 0, 1]]).double()


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"depth": torch.ones(4, 4)}, ShapeError, "depth must be (F, H, W); got (4, 4)"),
        (
            {"depth": torch.ones(3, 4, 4).int()},
            DTypeError,
            "depth must be floating point or uint16, got torch.int32",
        ),
        (
            {"depth": torch.ones(3, 4, 4)},
            DTypeError,
            "intrinsics is torch.float64 but depth is torch.float32",
        ),
        (
            {"intrinsics": torch.ones(2, 3, 3).double()},
            ShapeError,
            "intrinsics must be (..., F, 3, 3), F = 3; got (2, 3, 3)",
        ),
        (
            {"intrinsics": SKEWED},
            ValueError,
            "intrinsics must have zero skew (entry [0, 1]); undistort first",
        ),
        (
            {"world_from_cam": torch.ones(2, 4, 4).double()},
            ShapeError,
            "world_from_cam must be (F, 4, 4), F = 3; got (2, 4, 4)",
        ),
        ({"voxel": 0.0}, ValueError, "voxel must be positive and finite, got 0.0"),
        ({"depth_scale": -1.0}, ValueError, "depth_scale must be positive and finite, got -1.0"),
        ({"min_count": 0}, ValueError, "min_count must be positive, got 0"),
        ({"max_depth": math.nan}, ValueError, "max_depth must be positive, got nan"),
    ],
)
def test_refuses(changes, error, message):
    with pytest.raises(error, match=re.escape(f"fuse_depth: {message}")):
        call(**changes)


def test_refuses_gradients_and_unknown_backends():
    with pytest.raises(DTypeError, match="fuse_depth: has no gradient"):
        call(world_from_cam=torch.ones(3, 4, 4).double().requires_grad_())
    with pytest.raises(BackendError, match="fuse_depth has no 'cuda' backend"):
        call(backend="cuda")
