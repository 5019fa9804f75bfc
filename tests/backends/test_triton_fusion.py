"""fuse_depth in Triton: tables that grow and collide, frames counted once, ragged sizes, strides."""

import math

import pytest
import torch

pytest.importorskip("triton")

from spatialgeom import fuse_depth
from spatialgeom.backends.triton import fusion
from spatialgeom.testing import random_depth, random_posed_points

pytestmark = pytest.mark.skipif(not fusion.EMULATE, reason="patches what only the interpreter reads")


@pytest.fixture(autouse=True)
def poisoned(monkeypatch):
    empty, new_empty = torch.empty, torch.Tensor.new_empty

    def full_of_garbage(tensor):
        return tensor.fill_(math.nan if tensor.dtype.is_floating_point else 7)

    monkeypatch.setattr(torch, "empty", lambda *args, **kwargs: full_of_garbage(empty(*args, **kwargs)))
    monkeypatch.setattr(
        torch.Tensor, "new_empty", lambda *args, **kwargs: full_of_garbage(new_empty(*args, **kwargs))
    )


def frames_of(seed, frames, height, width):
    """Return millimetres, intrinsics and poses a few centimetres apart."""
    scene = random_posed_points(seed, 0, frames)
    rng = torch.Generator().manual_seed(seed)
    poses = torch.eye(4, dtype=torch.float64).repeat(frames, 1, 1)
    poses[:, :3, 3] = torch.rand(frames, 3, generator=rng, dtype=torch.float64) * 0.1
    depth = random_depth(scene, seed).millimetres[:, :height, :width]
    return depth, scene.intrinsics, poses


def both(*inputs, **options):
    """Return the clouds of the kernel and of the reference."""
    return (fuse_depth(*inputs, **options, backend=backend) for backend in ("triton", "reference"))


def assert_equal(*inputs, **options):
    cloud, expected = both(*inputs, **options)
    assert torch.equal(cloud.points, expected.points)
    assert torch.equal(cloud.counts, expected.counts)
    return expected


@pytest.fixture
def launches(monkeypatch):
    """Start with few slots; return for each launch its slots, and how many of its tiles it left undone."""
    found = []
    add = fusion.Table.add

    def recorded(table, depth, cameras, poses, done, *rest):
        add(table, depth, cameras, poses, done, *rest)
        found.append((len(table.keys), int((done == 0).sum()), done.numel()))

    monkeypatch.setattr(fusion.Table, "add", recorded)
    monkeypatch.setattr(fusion, "_slots", lambda pixels: 64)
    monkeypatch.setattr(fusion, "_LANES", 32)
    return found


@pytest.mark.parametrize("probes", [8, 64])
def test_tiles_that_found_no_room_are_done_anew_and_no_others(launches, probes, monkeypatch):
    monkeypatch.setattr(fusion, "_PROBES", probes)
    inputs = frames_of(0, 2, 12, 40)
    voxels = len(assert_equal(*inputs, depth_scale=0.001, voxel=0.1, min_count=1).points)
    undone = [(left, tiles) for _, left, tiles in launches if left]
    assert len(undone) > 1
    assert any(0 < left < tiles for left, tiles in undone)
    assert launches[-1][1] == 0
    assert launches[-1][0] < 8 * voxels


def test_grows_between_launches_before_it_is_full(launches, monkeypatch):
    monkeypatch.setattr(fusion, "_FRAMES", 1)
    assert_equal(*frames_of(1, 5, 4, 8), depth_scale=0.001, voxel=1e-3, min_count=1)
    assert [left for _, left, _ in launches] == [0] * 5
    assert [slots for slots, _, _ in launches] == [64, 64, 128, 256, 256]


@pytest.mark.parametrize("slots", [256, 512])
def test_keys_that_all_want_the_same_two_slots(slots, monkeypatch):
    """Of the hash a bit is left: 0, or the last slot, after which comes the first."""
    monkeypatch.setattr(fusion, "_slots", lambda pixels: slots)
    monkeypatch.setattr(fusion, "_PROBES", 512)
    monkeypatch.setattr(fusion.Table, "_hash", property(lambda table: (63, len(table.keys) - 1)))
    inputs = frames_of(2, 2, 9, 16)
    assert 64 < len(assert_equal(*inputs, depth_scale=0.001, voxel=0.1, min_count=1).points) < 512


@pytest.mark.parametrize("frames", [32, 33])
def test_each_frame_counts_once_across_launches(frames):
    depth, cameras, poses = frames_of(3, 1, 5, 9)
    inputs = depth.expand(frames, 5, 9), cameras[0], poses.expand(frames, 4, 4)
    options = {"depth_scale": 0.001, "voxel": 0.5}
    cloud = assert_equal(*inputs, **options, min_count=frames)
    assert set(cloud.counts.tolist()) == {frames}
    assert len(fuse_depth(*inputs, **options, min_count=frames + 1, backend="triton").points) == 0


@pytest.mark.parametrize("size", [(1, 1), (1, 33), (3, 31), (4, 32), (5, 64), (48, 3), (0, 5), (5, 0)])
@pytest.mark.parametrize("lanes", [32, 256])
def test_ragged_sizes(size, lanes, monkeypatch):
    monkeypatch.setattr(fusion, "_LANES", lanes)
    assert_equal(*frames_of(4, 2, *size), depth_scale=0.001, voxel=0.3, min_count=1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.uint16])
def test_strides(dtype):
    depth, cameras, poses = frames_of(5, 4, 12, 20)
    integers = dtype is torch.uint16
    maps = (depth if integers else depth.int() * 1e-3).to(dtype)
    real = torch.float32 if integers else dtype
    cameras, poses = cameras.to(real), poses.mT.contiguous().mT.to(real)
    options = {"depth_scale": 1e-3 if integers else 1.0, "voxel": 0.2, "min_count": 1}
    for some in (maps[::2, ::3, 1::2], maps.mT[::2], maps.permute(1, 0, 2)[2:3].expand(2, 4, 20)):
        assert_equal(some, cameras[::2], poses[::2], **options)


def on_axis(depths, frames=1):
    """Return maps of one row, seen by a camera whose rays all go along its axis."""
    maps = torch.tensor(depths, dtype=torch.float64).expand(frames, 1, len(depths))
    camera = torch.tensor([[math.inf, 0, 0], [0, math.inf, 0], [0, 0, 1]], dtype=torch.float64)
    return maps, camera, torch.eye(4, dtype=torch.float64).repeat(frames, 1, 1)


@pytest.mark.parametrize("step", [0, 1, 2, 4094, 4095])
def test_half_a_step_is_rounded_to_even(step):
    place = 3 + (step + 0.5) / 4096
    cloud, expected = both(*on_axis([place]), voxel=1.0, min_count=1)
    assert torch.equal(cloud.points, expected.points)
    assert cloud.points[0, 2] == 3 + (step + step % 2) / 4096


def test_many_readings_of_one_voxel():
    """A lane's sums are as large as they get, and a voxel's pass 2**31."""
    depth = torch.full((40, 480, 30), 1 - 2.0**-50, dtype=torch.float64)
    _, camera, poses = on_axis([1.0], 40)
    poses[:, 0, 3] = poses[:, 1, 3] = 1 - 2.0**-50
    cloud = assert_equal(depth, camera, poses, voxel=1.0, min_count=40)
    assert cloud.counts.tolist() == [40]
    assert cloud.points.tolist() == [[1, 1, 1]]
    assert depth.numel() * 4096 > 2**31


def test_blank_frames_may_be_anywhere_and_others_not():
    depth, cameras, poses = frames_of(6, 34, 3, 3)
    poses[33, 0, 3] = math.nan
    depth[33] = 0
    assert_equal(depth, cameras, poses, depth_scale=0.001, min_count=1)
    depth[33, 2, 2] = 500
    with pytest.raises(ValueError, match="fuse_depth: readings must be finite and within"):
        fuse_depth(depth, cameras, poses, depth_scale=0.001, min_count=1, backend="triton")


def test_the_least_table_has_two_slots_a_pixel(monkeypatch):
    monkeypatch.setattr(fusion, "_LEAST_SLOTS", 4)
    assert [fusion._slots(pixels) for pixels in (0, 1, 2, 3, 4, 5, 480 * 640)] == [4, 4, 4, 8, 8, 16, 2**20]
