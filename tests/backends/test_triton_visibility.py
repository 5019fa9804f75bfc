"""visible_points in Triton: the sizes that a GPU runs, culling, memory that was not blank."""

import math

import pytest
import torch

pytest.importorskip("triton")

from spatialgeom import VisibilityRule, unpack_bits, visible_points
from spatialgeom.backends.triton import visibility
from spatialgeom.testing import random_depth, random_posed_points

RULES = [VisibilityRule(), VisibilityRule(behind_m=0.01, bounds="half_open")]
pytestmark = pytest.mark.skipif(not visibility.EMULATE, reason="patches what only the interpreter reads")


@pytest.fixture(autouse=True)
def as_on_a_gpu(monkeypatch):
    """Run warps of 32 threads with 8 points each, over memory full of ones."""
    monkeypatch.setattr(visibility, "_LANES", 32)
    monkeypatch.setattr(visibility, "_EACH", 8)
    empty, new_empty = torch.empty, torch.Tensor.new_empty
    monkeypatch.setattr(torch, "empty", lambda *args, **kwargs: _poisoned(empty(*args, **kwargs)))
    monkeypatch.setattr(
        torch.Tensor, "new_empty", lambda *args, **kwargs: _poisoned(new_empty(*args, **kwargs))
    )


def _poisoned(tensor):
    return tensor.fill_(math.nan if tensor.dtype.is_floating_point else -1)


def both(scene, depth, **options):
    """Return the words of the kernel and of the reference."""
    inputs = (*scene[:3], depth)
    return (visible_points(*inputs, **options, backend=backend) for backend in ("triton", "reference"))


@pytest.mark.parametrize("count", [1, 33, 65, 255, 257])
def test_ragged_counts_write_every_word(count):
    scene = random_posed_points(1, count, 2)
    words, expected = both(scene, random_depth(scene, 1).metres)
    assert torch.equal(words, expected)


@pytest.mark.parametrize("frames", [31, 32, 33])
def test_ragged_groups_of_frames(frames, monkeypatch):
    monkeypatch.setattr(visibility, "_EACH", 1)
    scene = random_posed_points(2, 40, frames)
    words, expected = both(scene, random_depth(scene, 2).millimetres, depth_scale=0.001)
    assert torch.equal(words, expected)
    assert (expected != 0).any(1).sum() > frames // 2


@pytest.mark.parametrize("rule", RULES)
def test_blocks_left_out_were_out_of_view(rule, monkeypatch):
    """Blocks of 256 points in a small cube each, of which a frame sees few, some of them at its border."""
    rng = torch.Generator().manual_seed(3)
    scene = random_posed_points(3, 0, 5)
    centres = torch.rand(12, 3, generator=rng, dtype=torch.float64) * 8 - 4
    cubes = centres[:, None] + (torch.rand(12, 256, 3, generator=rng, dtype=torch.float64) - 0.5) * 0.5
    points = cubes.flatten(0, 1)
    points[::50, 1], points[256:512] = math.nan, math.inf
    depth = torch.full((5, *scene.image_size), 9.0, dtype=torch.float64)
    masks = []
    reached = visibility._clear
    monkeypatch.setattr(
        visibility, "_clear", lambda *args: masks.append(int(args[5].handle.data[0])) or reached(*args)
    )
    words, expected = both(scene._replace(points=points), depth, rule=rule)
    assert torch.equal(words, expected)
    assert expected.any()
    assert len(masks) == 12
    assert masks[1] == 0  # not a finite point in it
    assert 0 < sum(mask.bit_count() for mask in masks) < 0.7 * 60


@pytest.mark.parametrize("axis", [0, 1])
def test_a_block_of_equal_points_on_a_border_is_judged_like_single_ones(axis):
    rng = torch.Generator().manual_seed(axis)
    camera = torch.tensor([[64.0, 0, 32], [0, 64, 24], [0, 0, 1]])
    distance = torch.rand(12, generator=rng) * 9 + 0.01
    border = torch.tensor([(-32.5, 31.5), (-24.5, 23.5)][axis]).repeat(6)
    points = torch.zeros(12, 3)
    points[:, axis], points[:, 2] = border * distance / 64, distance
    depth = torch.tensor(math.inf).expand(1, 48, 64)
    pose = random_posed_points(axis, 0, 1).cam_from_world
    world = torch.linalg.inv(pose[0])
    placed = (points.double() @ world[:3, :3].T + world[:3, 3]).float()
    inputs = (pose.float(), camera, depth)
    grouped = visible_points(placed.repeat_interleave(256, 0), *inputs, backend="triton")
    single = unpack_bits(visible_points(placed, *inputs, backend="triton"), 12)
    assert torch.equal(grouped.view(12, 4), torch.where(single.view(12, 1), -1, 0).expand(12, 4))
    assert 0 < single.sum() < 12


@pytest.mark.parametrize("size", [(48, 64), (47, 64), (48, 63), (47, 63)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_odd_and_even_borders(size, dtype):
    """W - 0.5 rounds into the image where W is odd, and is outside all the same."""
    camera = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=dtype)
    ends = [
        torch.tensor([-0.5 - 2**-12, -0.5, 0, n - 0.5 - 2**-12, n - 0.5, n, 2.0**30, math.inf]) for n in size
    ]
    v, u = torch.meshgrid(*ends, indexing="ij")
    points = torch.stack((u, v, torch.ones_like(u)), -1).reshape(-1, 3).to(dtype)
    words = visible_points(
        points,
        torch.eye(4, dtype=dtype)[None],
        camera,
        torch.full((1, *size), 2.0, dtype=dtype),
        backend="triton",
    )
    inside = torch.tensor([False, True, True, True, False, False, False, False])
    assert torch.equal(unpack_bits(words, 64)[0], (inside[:, None] & inside).flatten())


def test_a_frame_with_skew_sees_nothing():
    scene = random_posed_points(4, 70, 2).to("cpu", torch.float32)
    cameras = scene.intrinsics.clone()
    cameras[1, 0, 1] = 1e-3
    depth = torch.full((2, *scene.image_size), 5.0)
    tolerances = (0.02, 0.0, math.inf, 1e-3)
    words = visibility.visible_points(
        *scene[:2], cameras, depth, 1.0, scene.image_size, tolerances, half_open=False
    )
    assert words[0].any()
    assert not words[1].any()


def test_maps_too_long_for_the_kernel_are_left_to_the_reference():
    scene = random_posed_points(5, 70, 1).to("cpu", torch.float32)
    assert visibility._span(torch.ones(1).expand(1, 5, 7)) == 1
    assert visibility._span(torch.empty(2, 5, 7)[:, ::2]) == 35
    long = torch.full((), math.inf).expand(1, 2, visibility._LARGEST_MAP + 1)
    options = {"image_size": scene.image_size, "backend": "triton"}
    assert visible_points(*scene[:3], long, **options).any()
