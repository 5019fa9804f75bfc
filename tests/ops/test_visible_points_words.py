"""visible_points where many words meet: groups skipped, maps of another size, any cut of the points."""

import math

import pytest
import torch

from spatialgeom import VisibilityRule, morton_order, unpack_bits, visible_points
from spatialgeom.testing import assert_decisions_agree, exact_projection, random_depth, random_posed_points

OPERATION = "visible_points"
RULES = [VisibilityRule(), VisibilityRule(behind_m=0.01, front_m=0.3, bounds="half_open")]
ROUNDING = 2.0**-24


def mask(points, *args, **kwargs):
    return unpack_bits(visible_points(points, *args, **kwargs).cpu(), len(points), backend="reference")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("integers", [True, False])
def test_each_point_is_decided_by_itself(backend, device, dtype, integers):
    """Neither its order nor the points beside it matter, across words, stages and tasks."""
    scene = random_posed_points(11, 40_007, 2)
    metres, millimetres = random_depth(scene, 11)
    depth = millimetres.to(device) if integers else metres.to(device, dtype)
    scene = scene.to(device, dtype)
    points = scene.points.clone()
    points[::997, 1] = math.nan

    def decide(some):
        return mask(some, *scene[1:3], depth, depth_scale=0.001 if integers else 1.0, backend=backend)

    whole = decide(points)
    order = morton_order(points)
    assert torch.equal(decide(points[order]), whole[:, order.cpu()])
    for first, end in ((0, 1), (5, 1029), (1024, 16_384), (16_383, 40_007), (39_999, 40_007)):
        assert torch.equal(decide(points[first:end]), whole[:, first:end])
    assert not whole[:, ::997].any()
    assert whole.any(1).all()


@pytest.mark.parametrize("size_of_map", [(48, 64), (96, 128), (7, 300), (1, 1)])
@pytest.mark.parametrize("bounds", ["nearest_pixel", "half_open"])
@pytest.mark.parametrize("axis", [0, 1])
def test_groups_on_a_border_are_not_skipped(backend, device, size_of_map, bounds, axis):
    """Each group of 64 equal points lies on the border itself; mixed with others it lies in no small box."""
    rng = torch.Generator().manual_seed(axis)
    camera = torch.tensor([[64.0, 0, 32], [0, 64, 24], [0, 0, 1]])
    size, low = (64, 48)[axis], 0.0 if bounds == "half_open" else -0.5
    side = torch.where(torch.rand(300, generator=rng) < 0.5, low, size + low) - size / 2
    distance = torch.rand(300, generator=rng) * 9 + 0.01
    points = torch.stack((torch.zeros(300), torch.zeros(300), distance), -1)
    points[:, axis] = side * distance / 64
    depth = torch.tensor(math.inf, device=device).expand(1, *size_of_map)
    for pose in random_posed_points(axis, 0, 4).cam_from_world:
        world = torch.linalg.inv(pose)
        placed = (points.double() @ world[:3, :3].T + world[:3, 3]).float().to(device)
        inputs = (pose[None].float().to(device), camera.to(device), depth)
        options = {
            "image_size": (48, 64),
            "rule": VisibilityRule(bounds=bounds, behind_rel=0.0),
            "backend": backend,
        }
        grouped = mask(placed.repeat_interleave(64, 0), *inputs, **options)
        mixed = mask(placed.repeat(64, 1), *inputs, **options)
        assert torch.equal(grouped[0, ::64], mixed[0, :300])
        assert 0 < grouped.sum() < grouped.numel()


def margin(scene, depth, rule):
    """Distance of each decision from its nearest threshold, in multiples of float32's error there."""
    hit = exact_projection(scene, torch.float32)
    size, size_of_map = torch.tensor(scene.image_size[::-1]), torch.tensor(depth.shape[:0:-1])
    scale, low = size_of_map / size, 0.0 if rule.bounds == "half_open" else -0.5
    place = (hit.uv + 0.5) * scale - 0.5
    # the centre, the shift, their sum and the position are rounded once more
    place_error = hit.uv_error * scale + 4 * ROUNDING * (place.abs() + size_of_map)
    borders = torch.minimum((hit.uv - low).abs(), (hit.uv - low - size).abs()) * scale
    pixels = ((place - 0.5) - (place - 0.5).round()).abs()
    column, row = place.nan_to_num().round().clamp(torch.zeros(2), size_of_map - 1).long().unbind(-1)
    reading = depth[torch.arange(len(depth))[:, None], row, column].nan_to_num(0.0, posinf=math.inf)
    along = (rule.near - hit.depth).abs() / hit.depth_error
    for limit in (reading * (1 + rule.behind_rel) + rule.behind_m, reading - rule.front_m):
        distance = (hit.depth - limit).abs() / (hit.depth_error + 4 * ROUNDING * limit.abs())
        along = torch.minimum(along, distance.nan_to_num(math.inf))
    across = (torch.minimum(borders, pixels) / place_error).amin(-1)
    return torch.where(hit.depth > rule.near, torch.minimum(across, along), along)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("resize", [0.5, 2])
def test_float32_agrees_beyond_rounding_on_a_map_of_another_size(backend, device, rule, seed, resize):
    """Borders of the image's pixels, on which points are planted, are borders of the map's, too."""
    scene = random_posed_points(seed, 2000, 3)
    depth = random_depth(scene, seed).metres
    depth = (
        depth[:, ::2, ::2] if resize < 1 else depth.repeat_interleave(2, 1).repeat_interleave(2, 2)
    ).contiguous()
    options = {"image_size": scene.image_size, "rule": rule}
    exact = mask(*scene[:3], depth, **options, backend="reference")
    fast = mask(
        *scene.to(device, torch.float32)[:3], depth.to(device, torch.float32), **options, backend=backend
    )
    assert_decisions_agree(fast, exact, margin(scene, depth, rule), tolerance=1.0)
    assert exact.any()
