"""render_depth in Triton: the sizes that a GPU runs, groups of frames, wide windows, poisoned memory."""

import math

import pytest
import torch

pytest.importorskip("triton")

from spatialgeom import render_depth
from spatialgeom.backends.triton import _culling, occlusion
from spatialgeom.testing import random_posed_points

pytestmark = pytest.mark.skipif(not occlusion.EMULATE, reason="patches what only the interpreter reads")


@pytest.fixture(autouse=True)
def poisoned(monkeypatch):
    """Fill memory with garbage, and see that nothing is written beyond what was asked for."""
    new_empty, whole = torch.Tensor.new_empty, []

    def full_of_garbage(*arguments, **options):
        tensor = new_empty(*arguments, **options)
        if not tensor.numel():
            return tensor
        garbage = math.nan if tensor.is_floating_point() else -1
        memory = torch.full((tensor.numel() + 4096,), garbage, dtype=tensor.dtype)
        whole.append((memory, tensor.numel()))
        return memory[: tensor.numel()].view(tensor.shape)

    monkeypatch.setattr(torch.Tensor, "new_empty", full_of_garbage)
    yield
    for memory, size in whole:
        assert (memory[size:].isnan() if memory.is_floating_point() else memory[size:] == -1).all()


def whole_pixels(count, frames, size, dtype=torch.float32):
    """Return points that project to whole pixels in and around the image, at depths that divide exactly."""
    rng = torch.Generator().manual_seed(count)
    uv = torch.stack([torch.randint(-4, n + 4, (count,), generator=rng) for n in reversed(size)], -1)
    z = 2.0 ** torch.randint(0, 5, (count, 1), generator=rng)
    poses = torch.eye(4).repeat(frames, 1, 1)
    poses[:, 0, 3] = torch.arange(frames) % 3
    return torch.cat((uv * z, z), -1).to(dtype), poses.to(dtype), torch.eye(3, dtype=dtype), size


@pytest.mark.parametrize(
    ("dtype", "radius", "count"),
    [
        (torch.float32, 0, 300),
        (torch.float32, 1, 33),
        (torch.float32, 2, 300),
        (torch.float32, 5, 1),
        (torch.float32, 2, 0),
        (torch.float32, 17, 33),
        (torch.float64, 0, 300),
        (torch.float64, 9, 33),
    ],
)
def test_equals_the_reference_where_rounding_plays_no_part(dtype, radius, count):
    scene = whole_pixels(count, 3, (9, 33), dtype)
    expected = render_depth(*scene, radius=radius, backend="reference")
    assert torch.equal(render_depth(*scene, radius=radius, backend="triton"), expected)


@pytest.mark.parametrize("radius", [0, 2])
@pytest.mark.parametrize("frames", [31, 33])
def test_warps_as_on_a_gpu(monkeypatch, radius, frames):
    monkeypatch.setattr(occlusion, "_LANES", 32)
    monkeypatch.setattr(occlusion, "_EACH", 8)
    monkeypatch.setattr(occlusion, "_GROUP", 33)
    monkeypatch.setattr(occlusion, "_FILTER", 32)
    monkeypatch.setattr(_culling, "_LANES", 32)
    scene = whole_pixels(257, frames, (64, 40))
    expected = render_depth(*scene, radius=radius, backend="reference")
    assert torch.equal(render_depth(*scene, radius=radius, backend="triton"), expected)


@pytest.mark.parametrize("size", [(33, 129), (5, 300)])
@pytest.mark.parametrize("radius", [1, 9])
def test_ragged_blocks_of_the_filter(monkeypatch, size, radius):
    monkeypatch.setattr(occlusion, "_FILTER", 32)
    monkeypatch.setattr(occlusion, "_ROWS", 4)
    scene = whole_pixels(300, 2, size)
    expected = render_depth(*scene, radius=radius, backend="reference")
    assert torch.equal(render_depth(*scene, radius=radius, backend="triton"), expected)


def test_images_too_long_for_the_kernel_are_left_to_the_reference():
    width = occlusion._LARGEST_IMAGE + 2
    points = torch.tensor([[width - 1.0, 0, 1], [3, 0, 1]])
    image = render_depth(points, torch.eye(4)[None], torch.eye(3), (1, width), backend="triton")
    assert image[0, 0].isfinite().nonzero()[:, 0].tolist() == [3, width - 1]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("radius", [0, 1])
def test_a_point_on_the_near_plane_and_points_at_the_origin(monkeypatch, dtype, radius):
    monkeypatch.setattr(occlusion, "_LANES", 32)
    points = torch.zeros(65, 3, dtype=dtype)
    points[64] = torch.tensor([3.0, 3, -1.5])
    pose = torch.eye(4, dtype=dtype)[None]
    pose[:, 2, 3] = 2
    camera = torch.tensor([[1.0, 0, 4], [0, 1, 3], [0, 0, 1]], dtype=dtype)
    image = render_depth(points, pose, camera, (7, 12), radius=radius, near=0.5, backend="triton")[0]
    drawn = image.isfinite()
    assert (image[drawn] == 2).all()
    assert drawn.sum() == (2 * radius + 1) ** 2
    assert drawn[3, 4]


def test_frames_by_groups_of_any_size(monkeypatch):
    scene = whole_pixels(200, 33, (20, 24))
    expected = render_depth(*scene, radius=1, backend="reference")
    for group in (1, 3):
        monkeypatch.setattr(occlusion, "_GROUP", group)
        assert torch.equal(
            render_depth(*scene[:1], scene[1][:8], *scene[2:], radius=1, backend="triton"), expected[:8]
        )
    assert torch.equal(render_depth(*scene, radius=1, backend="triton"), expected)


@pytest.mark.parametrize("radius", [0, 3])
def test_blocks_whose_splats_only_reach_in_are_drawn(monkeypatch, radius):
    """Each block of 256 equal points lies on one of the last or first pixels that reach the image."""
    monkeypatch.setattr(occlusion, "_LANES", 32)
    monkeypatch.setattr(occlusion, "_EACH", 8)
    height, width = 6, 10
    ends = [(u, 2) for u in (-radius - 1, -radius, width + radius - 1, width + radius)]
    ends += [(4, v) for v in (-radius - 1, -radius, height + radius - 1, height + radius)]
    points = torch.tensor([(u + 0.0, v, 1) for u, v in ends]).repeat_interleave(256, 0)
    inputs = (points, torch.eye(4)[None], torch.eye(3), (height, width))
    image = render_depth(*inputs, radius=radius, backend="triton")
    assert torch.equal(image, render_depth(*inputs, radius=radius, backend="reference"))
    assert image.isfinite().any()


def test_a_near_plane_behind_the_camera_is_left_to_the_reference():
    points = torch.tensor([[0.0, 0, -1], [0, 0, 2]])
    image = render_depth(points, torch.eye(4)[None], torch.eye(3), (1, 1), near=-2.0, backend="triton")
    assert image.tolist() == [[[-1.0]]]


def test_a_frame_with_skew_draws_nothing():
    scene = random_posed_points(1, 60, 2).to("cpu", torch.float32)
    cameras = scene.intrinsics.clone()
    cameras[1, 0, 1] = 1e-3
    images = occlusion.render_depth(*scene[:2], cameras, scene.image_size, 0, 1e-3)
    assert images[0].isfinite().any()
    assert images[1].isinf().all()
