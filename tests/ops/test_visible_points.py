"""visible_points: both sides of each threshold, agreement with plain loops and between backends."""

import math

import numba
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgeom import PAPER_RULE, VisibilityRule, morton_order, unpack_bits, visible_points
from spatialgeom.testing import assert_decisions_agree, random_depth, random_posed_points

OPERATION = "visible_points"
MM = 0.001
# float32: six roundings of sums up to 10.5 m in p_x and in p_z (their share at most 1), and four of
# coordinates up to 100 px, seen at 10 m through the shortest focal length, 40 px
ROUNDING_M = 2.0**-24 * (2 * 6 * 10.5 + 4 * 100 * 10 / 40)

RULES = [
    VisibilityRule(),
    PAPER_RULE,
    VisibilityRule(behind_m=0.01, front_m=0.05),
    VisibilityRule(behind_rel=0.0, front_m=0.3, near=0.6, bounds="half_open"),
]
counts = st.sampled_from([0, 1, 31, 33, 63, 64, 65, 257])
scenes = st.builds(
    random_posed_points, seed=st.integers(0, 2**31), count=counts, frames=st.sampled_from([0, 1, 3])
)


def mask(points, *args, **kwargs):
    """Return decisions as bool (F, N), once shape and spare bits of the words are seen to be right."""
    words = visible_points(points, *args, **kwargs).cpu()
    assert words.dtype == torch.int64
    assert words.shape == (len(args[0]), -(-len(points) // 64))
    seen = unpack_bits(words, 64 * words.shape[1], backend="reference")
    assert not seen[:, len(points) :].any()
    return seen[:, : len(points)]


def plain_loops(scene, depth, rule):
    """Decide in NumPy, one point at a time, in the order in which the rule is written."""
    height, width = depth.shape[1:]
    low = 0.0 if rule.bounds == "half_open" else -0.5
    seen = np.zeros((len(scene.cam_from_world), len(scene.points)), bool)
    poses, cameras = scene.cam_from_world.numpy(), scene.intrinsics.numpy()
    for f, n in np.ndindex(*seen.shape):
        x, y, z = scene.points.numpy()[n]
        px, py, pz = (m[0] * x + m[1] * y + m[2] * z + m[3] for m in poses[f, :3])
        if pz > rule.near:
            u = cameras[f, 0, 0] * px / pz + cameras[f, 0, 2]
            v = cameras[f, 1, 1] * py / pz + cameras[f, 1, 2]
            if low <= u < width + low and low <= v < height + low:
                row, column = min(max(round(v), 0), height - 1), min(max(round(u), 0), width - 1)
                reading = depth.numpy()[f, row, column]
                behind = pz < reading * (1 + rule.behind_rel) + rule.behind_m
                seen[f, n] = (
                    reading > 0 and behind and (rule.front_m == math.inf or pz > reading - rule.front_m)
                )
    return torch.from_numpy(seen)


def slack(scene, depth, rule):
    """Distance of each decision from its nearest threshold, in multiples of float32 rounding."""
    pose = scene.cam_from_world[:, None]
    p = (pose[..., :3, :3] * scene.points[:, None]).sum(-1) + pose[..., :3, 3]
    z = p[..., 2]
    focal = scene.intrinsics[:, [0, 1], [0, 1]][:, None]
    uv = p[..., :2] / z[..., None] * focal + scene.intrinsics[:, None, :2, 2]
    size = torch.tensor(depth.shape[:0:-1])
    low = 0.0 if rule.bounds == "half_open" else -0.5
    pixels = torch.stack((uv - low, uv - size - low, (uv - 0.5) - (uv - 0.5).round())).abs()
    across = (pixels * z[..., None].abs() / focal).amin(0).amin(-1)
    column, row = uv.nan_to_num().round().clamp(torch.zeros(2), size - 1).long().unbind(-1)
    reading = depth[torch.arange(len(depth))[:, None], row, column].nan_to_num(0.0, posinf=math.inf)
    limits = (rule.near, reading * (1 + rule.behind_rel) + rule.behind_m, reading - rule.front_m)
    along = torch.stack([(z - limit).abs().nan_to_num(math.inf) for limit in limits]).amin(0)
    # what is behind the near plane is decided by that alone
    return torch.where(z > rule.near, torch.minimum(across, along), rule.near - z) / ROUNDING_M


@given(scene=scenes, rule=st.sampled_from(RULES), seed=st.integers(0, 2**31))
@settings(max_examples=30, deadline=None)
def test_float64_equals_plain_loops_bit_for_bit(backend, device, scene, rule, seed):
    depth = random_depth(scene, seed).metres
    inputs = [tensor.to(device) for tensor in (*scene[:3], depth)]
    assert torch.equal(mask(*inputs, rule=rule, backend=backend), plain_loops(scene, depth, rule))


@pytest.mark.parametrize("seed", range(3))
def test_the_paper_rule_is_strict_for_depths_that_the_points_came_from(backend, device, seed):
    scene = random_posed_points(seed, 257, 1)
    depth = torch.full((1, *scene.image_size), torch.inf, dtype=torch.float64)
    unknown = plain_loops(scene, depth, PAPER_RULE)[0].nonzero().flatten()
    (fx, _, cx), (_, fy, cy), _ = scene.intrinsics[0].tolist()
    for n in unknown.tolist():
        x, y, z = scene.points[n].tolist()
        px, py, pz = (m[0] * x + m[1] * y + m[2] * z + m[3] for m in scene.cam_from_world[0, :3].tolist())
        row, column = min(round(fy * py / pz + cy), 47), min(round(fx * px / pz + cx), 63)
        for reading, expected in ((pz, False), (math.nextafter(pz, 9), True), (math.nextafter(pz, 0), False)):
            depth[0, row, column] = reading
            seen = plain_loops(scene._replace(points=scene.points[n : n + 1]), depth, PAPER_RULE)
            assert seen.item() is expected
        depth[0, row, column] = pz
    assert len(unknown) > 50
    inputs = [tensor.to(device) for tensor in (*scene[:3], depth)]
    seen = mask(*inputs, rule=PAPER_RULE, backend=backend)
    assert torch.equal(seen, plain_loops(scene, depth, PAPER_RULE))


@given(scene=scenes, rule=st.sampled_from(RULES), integers=st.booleans(), seed=st.integers(0, 2**31))
@settings(max_examples=30, deadline=None)
def test_float32_agrees_with_float64_beyond_rounding(backend, device, scene, rule, integers, seed):
    metres, millimetres = random_depth(scene, seed)
    if integers:
        metres = torch.where(millimetres.int() == 65535, 0, millimetres.int()).double() * MM
    exact = mask(*scene[:3], metres, rule=rule, backend="reference")
    depth = millimetres.to(device) if integers else metres.to(device, torch.float32)
    scale = MM if integers else 1.0
    fast = mask(*scene.to(device, torch.float32)[:3], depth, depth_scale=scale, rule=rule, backend=backend)
    assert_decisions_agree(fast, exact, slack(scene, metres, rule), tolerance=1.0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("rule", RULES)
def test_uint16_depth_equals_the_same_depth_in_metres(backend, device, dtype, rule):
    scene = random_posed_points(5, 257, 3)
    millimetres = random_depth(scene, 5).millimetres
    metres = torch.where(millimetres.int() == 65535, 0, millimetres.int()).to(dtype) * MM
    inputs = scene.to(device, dtype)[:3]
    expected = mask(*inputs, metres.to(device), rule=rule, backend=backend)
    actual = mask(*inputs, millimetres.to(device), depth_scale=MM, rule=rule, backend=backend)
    assert torch.equal(actual, expected)
    assert expected.any()


def camera(device, dtype):
    return torch.tensor([[64, 0, 32], [0, 64, 24], [0, 0, 1]], device=device, dtype=dtype)


def one(xyz, depth, backend, matrix=None, **kwargs):
    """Decide about one point before a camera at the origin."""
    points = torch.as_tensor(xyz, dtype=depth.dtype, device=depth.device)[None]
    pose = torch.eye(4, dtype=depth.dtype, device=depth.device)[None]
    matrix = camera(depth.device, depth.dtype) if matrix is None else matrix
    return mask(points, pose, matrix, depth, backend=backend, **kwargs).item()


def below(value, dtype):
    return torch.nextafter(torch.tensor(value, dtype=dtype), torch.tensor(-math.inf, dtype=dtype)).item()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ("threshold", "below_is_seen", "at_is_seen"),
    [
        (2.0 * 1.25 + 0.125, True, False),  # as far behind as the rule allows
        (2.0 - 0.5, False, False),  # as far in front
        (0.5, False, False),  # on the near plane
    ],
)
def test_depth_thresholds(backend, device, dtype, threshold, below_is_seen, at_is_seen):
    rule = VisibilityRule(
        behind_rel=0.25, behind_m=0.125, front_m=0.5 if threshold == 1.5 else math.inf, near=0.5
    )
    depth = torch.full((1, 48, 64), 2.0, dtype=dtype, device=device)
    above = -below(-threshold, dtype)
    seen = [one((0, 0, z), depth, backend, rule=rule) for z in (below(threshold, dtype), threshold, above)]
    assert seen == [below_is_seen, at_is_seen, not below_is_seen]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("bounds", "low"), [("nearest_pixel", -0.5), ("half_open", 0.0)])
@pytest.mark.parametrize(("axis", "size"), [(0, 64), (1, 48)])
def test_image_borders(backend, device, dtype, bounds, low, axis, size):
    depth = torch.full((1, 48, 64), 2.0, dtype=dtype, device=device)
    first, end = low - size / 2, size + low - size / 2  # pixels from the centre, at depth 1
    outside, inside = first - 2**-16, end - 2**-16
    seen = []
    for position in (outside, first, inside, end):
        xyz = [0.0, 0.0, 1.0]
        xyz[axis] = position / 64
        seen.append(one(xyz, depth, backend, rule=VisibilityRule(bounds=bounds)))
    assert seen == [False, True, True, False]


@pytest.mark.parametrize(
    ("u", "column"),
    [(-0.5, 0), (0.5, 0), (0.5625, 1), (1.4375, 1), (1.5, 2), (2.5, 2), (62.5, 62), (63.4375, 63)],
)
@pytest.mark.parametrize("axis", [0, 1])
def test_reads_the_nearest_pixel_halves_to_even(backend, device, axis, u, column):
    matrix = torch.tensor([[64.0, 0, 0], [0, 64, 0], [0, 0, 1]], device=device)
    depth = torch.zeros(1, 64, 64, device=device)
    depth.select(axis=2 - axis, index=column)[:] = 2.0
    xyz = [0.0, 0.0, 1.0]
    xyz[axis] = u / 64
    assert one(xyz, depth, backend, matrix)
    assert not one(xyz, (depth == 0) * 2.0, backend, matrix)


def test_half_open_reads_the_last_pixel_where_rounding_leaves_the_image(backend, device):
    depth = torch.zeros(1, 48, 64, device=device)
    depth[..., 63] = 2.0
    xyz = (31.75 / 64, 0, 1)  # u = 63.75, which rounds to 64
    assert one(xyz, depth, backend, rule=VisibilityRule(bounds="half_open"))
    assert not one(xyz, depth, backend)


@pytest.mark.parametrize(
    ("size", "size_of_map", "u", "column"),
    [
        (8, 4, 1.4375, 0),
        (8, 4, 1.5, 0),  # half way between the map's first two pixels
        (8, 4, 1.5625, 1),
        (8, 4, 7.4375, 3),
        (8, 4, -0.5, 0),
        (4, 8, 0.9375, 2),
        (4, 8, 1.0625, 3),
        (4, 8, 3.4375, 7),
        (8, 2, 3.4375, 0),
        (8, 2, 3.5625, 1),
    ],
)
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_maps_pixels_to_another_resolution(backend, device, dtype, axis, size, size_of_map, u, column):
    matrix = torch.tensor([[64.0, 0, 0], [0, 64, 0], [0, 0, 1]], device=device, dtype=dtype)
    shape = (1, 5, size_of_map) if axis == 0 else (1, size_of_map, 5)
    depth = torch.zeros(shape, device=device, dtype=dtype)
    depth.select(2 - axis, column)[:] = 2.0
    xyz = [0.0, 0.0, 1.0]
    xyz[axis] = u / 64
    image_size = (5, size) if axis == 0 else (size, 5)
    assert one(xyz, depth, backend, matrix, image_size=image_size)
    assert not one(xyz, (depth == 0) * torch.tensor(2.0, dtype=dtype), backend, matrix, image_size=image_size)


@pytest.mark.parametrize(
    ("reading", "seen"), [(0.0, False), (-1.0, False), (math.nan, False), (math.inf, True), (65535.0, True)]
)
def test_readings_that_are_none(backend, device, reading, seen):
    assert one((0, 0, 1), torch.full((1, 48, 64), reading, device=device), backend) is seen
    finite = VisibilityRule(front_m=2.0)
    # nothing at all lies within any distance of an infinite reading
    assert one((0, 0, 1), torch.full((1, 48, 64), reading, device=device), backend, rule=finite) is False


@pytest.mark.parametrize(
    ("reading", "seen"), [(0, False), (1, False), (40_000, True), (65_534, True), (65_535, False)]
)
def test_uint16_readings_that_are_none(backend, device, reading, seen):
    depth = torch.full((1, 48, 64), reading, dtype=torch.int32).to(torch.uint16).to(device)
    points, pose = torch.tensor([[0.0, 0, 1]], device=device), torch.eye(4, device=device)[None]
    matrix = camera(device, torch.float32)
    assert mask(points, pose, matrix, depth, depth_scale=MM, backend=backend).item() is seen


def test_asks_only_what_is_in_view_with_one_infinite_reading(backend, device):
    scene = random_posed_points(1, 257, 3).to(device, torch.float64)
    infinite = torch.tensor(math.inf, dtype=torch.float64, device=device)
    inputs = scene[:3]
    full = mask(*inputs, torch.full((3, *scene.image_size), math.inf).to(infinite), backend=backend)
    assert full.any()
    assert torch.equal(mask(*inputs, infinite.expand(3, *scene.image_size), backend=backend), full)
    small = mask(*inputs, infinite.expand(3, 1, 1), image_size=scene.image_size, backend=backend)
    assert torch.equal(small, full)


def test_an_expanded_map_is_not_copied(backend, device):
    scene = random_posed_points(1, 33, 2).to(device, torch.float32)
    # copied, it would take 3 TB
    endless = torch.tensor(math.inf, device=device).expand(2, 600_000, 600_000)
    mask(*scene[:3], endless, image_size=scene.image_size, backend=backend)


def test_takes_any_strides(backend, device):
    scene = random_posed_points(2, 130, 6).to(device, torch.float32)
    _, millimetres = random_depth(random_posed_points(2, 130, 6), 2)
    depth = millimetres.to(device)
    points, poses, cameras = scene.points[::2], scene.cam_from_world[::2], scene.intrinsics[::2]
    expected = mask(
        points.clone(),
        poses.clone(),
        cameras.clone(),
        depth[::2].contiguous(),
        depth_scale=MM,
        backend=backend,
    )
    sideways = depth.permute(2, 1, 0).contiguous().permute(2, 1, 0)
    for maps in (depth[::2], sideways[::2]):
        actual = mask(points, poses.mT.contiguous().mT, cameras, maps, depth_scale=MM, backend=backend)
        assert torch.equal(actual, expected)


@pytest.mark.parametrize("shape", [(3, 3), (1, 3, 3)])
def test_one_matrix_serves_all_frames(backend, device, shape):
    scene = random_posed_points(3, 65, 3).to(device, torch.float32)
    matrix = scene.intrinsics[0]
    depth = torch.full((3, *scene.image_size), 2.0, device=device)
    expected = mask(scene.points, scene.cam_from_world, matrix.repeat(3, 1, 1), depth, backend=backend)
    actual = mask(scene.points, scene.cam_from_world, matrix.reshape(shape), depth, backend=backend)
    assert torch.equal(actual, expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("rule", RULES)
def test_the_order_of_points_changes_nothing(backend, device, dtype, rule):
    """Sorted points are skipped in groups, shuffled ones hardly ever; decisions are the same."""
    scene = random_posed_points(4, 5000, 7)
    depth = random_depth(scene, 4).metres.to(device, dtype)
    scene = scene.to(device, dtype)
    points = scene.points.clone()
    points[::97, 1], points[5::97, 2], points[9::97, 0] = math.nan, math.inf, -math.inf
    shuffled = mask(points, *scene[1:3], depth, rule=rule, backend=backend)
    order = morton_order(points)
    ordered = mask(points[order], *scene[1:3], depth, rule=rule, backend=backend)
    assert torch.equal(ordered, shuffled[:, order.cpu()])
    assert not shuffled[:, ~points.isfinite().all(1).cpu()].any()
    assert shuffled.any(1).all()


def test_groups_of_points_on_a_border_are_not_skipped(backend, device):
    """Each group of 64 equal points lies on the border itself, so that any inexact skipping would lose it."""
    rng = torch.Generator().manual_seed(0)
    depth = torch.rand(300, generator=rng) * 9 + 0.01
    side = torch.where(torch.rand(300, generator=rng) < 0.5, -32.5, 31.5)
    points = torch.stack((side * depth / 64, torch.zeros(300), depth), -1)
    for pose in random_posed_points(0, 0, 4).cam_from_world:
        world = torch.linalg.inv(pose)
        placed = (points.double() @ world[:3, :3].T + world[:3, 3]).float().to(device)
        inputs = (
            pose[None].float().to(device),
            camera(device, torch.float32),
            torch.full((1, 48, 64), torch.inf),
        )
        grouped = mask(placed.repeat_interleave(64, 0), *inputs[:2], inputs[2].to(device), backend=backend)
        mixed = mask(
            torch.cat((placed, torch.full((1, 3), 0.0).to(device))).repeat(64, 1),
            *inputs[:2],
            inputs[2].to(device),
            backend=backend,
        )
        assert torch.equal(grouped[0, ::64], mixed[0, :300])
        assert 0 < grouped.sum() < grouped.numel()


@pytest.mark.parametrize("frames", [1, 5])
def test_the_number_of_threads_changes_nothing(frames):
    scene = random_posed_points(6, 40_000, frames)
    depth = random_depth(scene, 6).metres.float()
    inputs = scene.to("cpu", torch.float32)[:3]
    several = visible_points(*inputs, depth, backend="cpu")
    available = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        assert torch.equal(visible_points(*inputs, depth, backend="cpu"), several)
    finally:
        numba.set_num_threads(available)


def test_a_pose_that_is_not_finite_sees_nothing(backend, device):
    scene = random_posed_points(7, 257, 3).to(device, torch.float32)
    depth = torch.full((3, *scene.image_size), math.inf, device=device)
    poses = scene.cam_from_world.clone()
    poses[1, 0, 3], poses[2, 2, 2] = math.nan, math.inf
    seen = mask(scene.points, poses, scene.intrinsics, depth, backend=backend)
    assert seen.any(1).tolist() == [True, False, False]
