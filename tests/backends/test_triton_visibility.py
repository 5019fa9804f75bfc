"""visible_points in Triton: the sizes that a GPU runs, culling, memory that was not blank."""

import dataclasses
import math

import pytest
import torch

pytest.importorskip("triton")

from spatialgeom import VisibilityRule, unpack_bits, visible_points
from spatialgeom.backends.triton import _culling, visibility
from spatialgeom.testing import random_depth, random_posed_points

RULES = [VisibilityRule(), VisibilityRule(behind_m=0.01, bounds="half_open")]
pytestmark = pytest.mark.skipif(not visibility.EMULATE, reason="patches what only the interpreter reads")


@pytest.fixture(autouse=True)
def as_on_a_gpu(monkeypatch):
    """Run warps of 32 threads with 8 points each, over memory full of ones, and nothing beyond it."""
    monkeypatch.setattr(visibility, "_LANES", 32)
    monkeypatch.setattr(visibility, "_EACH", 8)
    monkeypatch.setattr(_culling, "_LANES", 32)
    whole = []
    for owner, name in ((torch, "empty"), (torch.Tensor, "new_empty")):
        monkeypatch.setattr(owner, name, _poisoned(getattr(owner, name), whole))
    yield
    for memory, size in whole:
        assert (memory[size:].isnan() if memory.is_floating_point() else memory[size:] == -1).all()


def _poisoned(make, whole):
    def made(*arguments, **options):
        tensor = make(*arguments, **options)
        if not tensor.numel() or tensor.dtype is torch.bool:
            return tensor
        garbage = math.nan if tensor.is_floating_point() else -1
        memory = torch.full((tensor.numel() + 256,), garbage, dtype=tensor.dtype)
        whole.append((memory, tensor.numel()))
        return memory[: tensor.numel()].view(tensor.shape)

    return made


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


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_blocks_at_the_origin_and_with_a_huge_point_are_not_left_out(dtype):
    """The former have no extent and no reach; what bounds the latter overflows."""
    points = torch.zeros(512, 3, dtype=dtype)
    points[300:400, 0] = -0.9 * torch.finfo(dtype).max
    pose = torch.eye(4, dtype=dtype)[None]
    pose[:, 2, 3] = 2
    camera = torch.tensor([[64.0, 0, 32], [0, 64, 24], [0, 0, 1]], dtype=dtype)
    depth = torch.full((1, 48, 64), 3.0, dtype=dtype)
    seen = unpack_bits(visible_points(points, pose, camera, depth, backend="triton"), 512)[0]
    assert torch.equal(seen, points[:, 0] == 0)


def test_rounding_past_the_near_plane_is_the_same_in_a_block_of_its_own():
    """The sum from the camera's centre on rounds up past the plane, which the exact one does not reach."""
    step = 2.0**-23
    point = torch.tensor([-0.4, -0.4, 0.6]) * step
    pose = torch.eye(4)[None].clone()
    pose[0, 2] = 1.0
    camera = torch.tensor([[64.0, 0, 32], [0, 64, 24], [0, 0, 1]])
    inputs = (pose, camera, torch.full((1, 48, 64), 3.0))
    rule = VisibilityRule(near=1.0)
    among_others = torch.tensor([[0.0, 0, 1]]).repeat(256, 1)
    among_others[::2] = point
    alone, mixed = (
        unpack_bits(visible_points(points, *inputs, rule=rule, backend="triton"), 256)[0]
        for points in (point.repeat(256, 1), among_others)
    )
    assert mixed.all()
    assert alone.all()


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(
    ("focal", "shift", "ahead"), [(64.0, -(2.0**-37), 0.0), (2.0**-20, -(2.0**-10), 1.0)]
)
def test_rounding_onto_the_border_is_the_same_in_a_block_of_its_own(axis, focal, shift, ahead):
    """A centre of -0.5 takes up what lies beyond the border; the camera or the points are 1 m away."""
    point = torch.zeros(3)
    point[axis], point[2] = shift, ahead
    pose = torch.eye(4)[None].clone()
    pose[0, 2, 3] = 1 - ahead
    camera = torch.tensor([[focal, 0, 2], [0, focal, 2], [0, 0, 1]])
    camera[axis, 2] = -0.5
    inputs = (pose, camera, torch.full((1, 48, 64), 3.0))
    among_others = point.repeat(256, 1)
    among_others[1::2, axis] = 0.25 / focal
    alone, mixed = (
        unpack_bits(visible_points(points, *inputs, backend="triton"), 256)[0]
        for points in (point.repeat(256, 1), among_others)
    )
    assert mixed.all()
    assert alone.all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    "rule",
    [
        VisibilityRule(near=0.5),
        VisibilityRule(near=0.5, front_m=0.5),
        VisibilityRule(near=0.5, behind_m=0.25, front_m=0.5),
    ],
)
@pytest.mark.parametrize("size", [(48, 64), (47, 63)])
def test_thresholds_of_depth_are_exact(dtype, rule, size):
    """Both ways of judging borders, with and without a limit in front; the reading is 2."""
    rule = dataclasses.replace(rule, behind_rel=0.25 - rule.behind_m / 2)
    ends = torch.tensor([0.5, 1.5, 2.5], dtype=dtype)
    inf = torch.tensor(math.inf, dtype=dtype)
    z = torch.cat((torch.nextafter(ends, -inf), ends, torch.nextafter(ends, inf)))
    points = torch.stack((torch.zeros(9), torch.zeros(9), z), -1).to(dtype)
    camera = torch.tensor([[1.0, 0, 5], [0, 1, 5], [0, 0, 1]], dtype=dtype)
    depth = torch.full((1, *size), 2.0, dtype=dtype)
    words = visible_points(
        points, torch.eye(4, dtype=dtype)[None], camera, depth, rule=rule, backend="triton"
    )
    low = 0.5 if rule.front_m == math.inf else 1.5
    assert torch.equal(unpack_bits(words, 9)[0], (z > low) & (z < 2.5))


@pytest.mark.parametrize("behind_m", [0.0, 0.125])
def test_no_reading_is_0_and_65535(behind_m):
    """Points before and behind the camera, and outside of the image, over readings of either kind."""
    points = torch.tensor([[0.0, 0, 0.0625], [1, 0, 1], [2, 0, 1], [-9, 0, 1], [0, 0, -1], [3, 0, 2]])
    depth = torch.tensor([[0, 65535, 1000, 3000]], dtype=torch.int32).to(torch.uint16).expand(1, 6, 4)
    rule = VisibilityRule(behind_rel=0.25, behind_m=behind_m)
    inputs = (points, torch.eye(4)[None], torch.eye(3))
    for maps in (depth, depth[:, :5]):
        words = visible_points(*inputs, maps, depth_scale=0.001, rule=rule, backend="triton")
        expected = visible_points(*inputs, maps, depth_scale=0.001, rule=rule, backend="reference")
        assert torch.equal(words, expected)
        assert unpack_bits(words, 6)[0, :3].tolist() == [False, False, True]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("bounds", ["nearest_pixel", "half_open"])
@pytest.mark.parametrize("of_map", [(6, 8), (3, 4), (12, 16), (5, 7)])
def test_borders_and_pixels_of_maps_of_any_size(dtype, bounds, of_map):
    """Positions a sixteenth apart from beyond one border to beyond the other; each reading is its own."""
    size = (6, 8)
    v, u = torch.meshgrid(*(torch.arange(-1, n + 1, 0.0625) for n in size), indexing="ij")
    chosen = torch.randperm(u.numel(), generator=torch.Generator().manual_seed(0))[:600]
    points = torch.stack((u, v, torch.ones_like(u)), -1).reshape(-1, 3)[chosen].to(dtype)
    readings = torch.arange(of_map[0] * of_map[1]).reshape(1, *of_map)
    depth = (readings % 3 - readings % 2 + 0.5).to(dtype)
    scene = (points, torch.eye(4, dtype=dtype)[None], torch.eye(3, dtype=dtype))
    rule = VisibilityRule(bounds=bounds, behind_rel=0.0)
    options = {"image_size": size, "rule": rule}
    # half way between pixels of the map, where positions on it are inexact, either may be read
    place = (points[:, :2] + 0.5) * (torch.tensor(of_map[::-1]) / torch.tensor(size[::-1]))
    clear = ((place - place.round()).abs() > 1e-3).all(1) | (of_map != (5, 7))
    scene = (points[clear], *scene[1:])
    words, expected = (visible_points(*scene, depth, **options, backend=b) for b in ("triton", "reference"))
    assert torch.equal(words, expected)
    assert expected.any()


def test_what_rounds_past_the_border_of_a_map_reads_its_last_pixel():
    # the last number below 7.5 becomes 33.5 on the map, and the even pixel is the one outside
    points = torch.tensor([[math.nextafter(7.5, 0), 0, 1]], dtype=torch.float64)
    depth = torch.zeros(1, 6, 34, dtype=torch.float64)
    depth[..., 33] = 2
    inputs = (points, torch.eye(4).double()[None], torch.eye(3).double(), depth)
    assert visible_points(*inputs, image_size=(6, 8), backend="triton").item() == 1


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
