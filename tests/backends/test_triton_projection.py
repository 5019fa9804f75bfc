"""Edges of the Triton kernels: ragged tiles, groups of frames, odd strides, skew, and exact quotients."""

import pytest
import torch

pytest.importorskip("triton")

from spatialgeom.backends.reference import projection as reference
from spatialgeom.backends.triton import projection

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
BLOCK, TILE = projection._POINTS, projection._COLUMNS
SIZE = (48, 64)
types = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])


@pytest.fixture(autouse=True)
def poisoned(monkeypatch):
    """Fill what is allocated without values with NaN or ones: whatever is not written stays wrong."""
    empty, new_empty = torch.empty, torch.Tensor.new_empty

    def poison(tensor):
        return tensor.fill_(torch.nan if tensor.is_floating_point() else 1)

    monkeypatch.setattr(torch, "empty", lambda *args, **kwargs: poison(empty(*args, **kwargs)))
    monkeypatch.setattr(torch.Tensor, "new_empty", lambda *args, **kwargs: poison(new_empty(*args, **kwargs)))


def dyadic(*size, steps=128):
    """Draw multiples of 1/64 up to ``steps`` of them away from zero."""
    return torch.randint(-steps, steps + 1, size, generator=torch.Generator().manual_seed(sum(size))) / 64


def exact_poses(*size):
    """Return turned axes, a shift of few bits, and focal lengths that are powers of two."""
    poses = torch.eye(4).repeat(*size, 1, 1)
    poses[..., :2, :2] = torch.tensor([[0.0, -1], [1, 0]])
    poses[..., :2, 3] = dyadic(*size, 2)
    cameras = torch.tensor([[64.0, 0, 31.5], [0, 32, 23.5], [0, 0, 1]]).repeat(*size, 1, 1)
    cameras[..., :2, 2] += dyadic(*size, 2)
    return poses, cameras


def exact_points(*size):
    """Return points at depths of powers of two, some behind the cameras: no result needs to be rounded."""
    points = dyadic(*size, 3)
    depths = torch.tensor([0.5, 1, 2, 4, -1, 0])
    points[..., 2] = depths[torch.arange(points[..., 2].numel()) % len(depths)].view(size)
    return points


def assert_same(actual, expected):
    for found, known in zip(actual, expected, strict=True):
        assert found.is_contiguous()
        assert found.dtype is known.dtype
        assert torch.equal(found.nan_to_num(-999), known.nan_to_num(-999))


def assert_projects_as_the_reference(points, poses, cameras, dtype):
    call = [tensor.to(DEVICE, dtype) for tensor in (points, poses, cameras)]
    expected = reference.project_points(*call, SIZE, 2.0**-10)
    assert_same(projection.project_points(*call, SIZE, 2.0**-10), expected)


@types
@pytest.mark.parametrize("count", [1, 2, 31, 32, 33, 257, BLOCK - 1, BLOCK, BLOCK + 1, BLOCK + 2])
def test_any_number_of_points(dtype, count):
    assert_projects_as_the_reference(exact_points(count), *exact_poses(2), dtype)


@types
@pytest.mark.parametrize("frames", [1, 7, 8, 9, 17])
def test_any_number_of_frames_in_groups(dtype, frames, monkeypatch):
    # as many frames as can be share a program, as they do in calls that fill the device
    monkeypatch.setattr(projection, "_PROGRAMS", 1)
    monkeypatch.setattr(projection, "_POINTS", 64)
    assert_projects_as_the_reference(exact_points(2, 130), *exact_poses(2, frames), dtype)


def test_frames_are_grouped_only_where_programs_abound(monkeypatch):
    taken = []
    monkeypatch.setattr(projection, "_PROGRAMS", 64)
    monkeypatch.setattr(projection, "_POINTS", 64)
    monkeypatch.setattr(projection, "launch", lambda _, grid, *args, **__: taken.append((grid[0], args[10])))
    for frames, count in ((4, 100), (63, 64), (128, 65), (100, 640)):
        projection.project_points(torch.zeros(count, 3), *exact_poses(frames), SIZE, 0.0)
    assert taken == [(8, 1), (63, 1), (64, 4), (130, 8)]


@types
def test_quotients_that_are_exact_come_out_exactly(dtype):
    numbers = torch.Generator().manual_seed(0)
    depth = torch.randint(1, 2**12, (5000,), generator=numbers) * 2 + 1
    uv = torch.randint(0, 2**11, (5000, 2), generator=numbers)
    points = torch.cat((uv * depth[:, None], depth[:, None]), -1).to(DEVICE, dtype)
    eye = torch.eye(4, device=DEVICE, dtype=dtype)
    found, _, valid = projection.project_points(points, eye[None], eye[None, :3, :3], (2**11, 2**11), 0.0)
    assert valid.all()
    assert torch.equal(found[0].cpu(), uv.to(dtype))


@types
def test_rays_that_are_exact_come_out_exactly(dtype):
    eye = torch.eye(4, device=DEVICE, dtype=dtype)
    camera = torch.tensor([[[7.0, 0, 7], [0, 3, 6], [0, 0, 1]]], device=DEVICE, dtype=dtype)
    depth = torch.ones(1, 100, 701, device=DEVICE, dtype=dtype)
    points, _ = projection.unproject_depth(depth, camera, eye[None], 1.0)
    assert torch.equal(points[0, 0, ::7, 0].cpu(), torch.arange(-1, 100, dtype=dtype))
    assert torch.equal(points[0, ::3, 0, 1].cpu(), torch.arange(-2, 32, dtype=dtype))


def readings(form, *size):
    """Return depth maps in whole units, a third without a reading; small, so that no product is rounded."""
    drawn = torch.randint(0, 300, size, generator=torch.Generator().manual_seed(1)).double()
    holes = torch.randint(0, 9, size, generator=torch.Generator().manual_seed(2))
    if form is torch.uint16:
        return torch.where(holes == 0, 0, torch.where(holes == 1, 65535, drawn)).long().to(form)
    for kind, value in enumerate((0.0, -1.0, torch.nan, torch.inf, -torch.inf)):
        drawn[holes == kind] = value
    return drawn.to(form)


def assert_unprojects_as_the_reference(depth, poses, cameras, dtype):
    call = [depth.to(DEVICE), cameras.to(DEVICE, dtype), poses.to(DEVICE, dtype), 2.0**-10]
    assert_same(projection.unproject_depth(*call), reference.unproject_depth(*call))


forms = pytest.mark.parametrize(
    ("form", "dtype"),
    [
        (torch.uint16, torch.float32),
        (torch.uint16, torch.float64),
        (torch.float32, torch.float32),
        (torch.float64, torch.float64),
    ],
    ids=["uint16", "uint16-float64", "float32", "float64"],
)


@forms
@pytest.mark.parametrize(
    "size",
    [
        (1, 1),
        (31, 33),
        (2, 257),
        (257, 2),
        (TILE - 1, TILE + 1),
        (TILE, TILE),
        (TILE + 1, TILE + 2),
        (3, 140),
    ],
)
def test_any_number_of_pixels(form, dtype, size):
    assert_unprojects_as_the_reference(readings(form, 2, *size), *exact_poses(2), dtype)


@forms
def test_maps_with_any_strides_in_a_batch(form, dtype):
    poses, cameras = exact_poses(2, 3)
    poses, cameras = (
        tensor.mT.contiguous().mT.repeat_interleave(2, 1)[:, ::2] for tensor in (poses, cameras)
    )
    maps = readings(form, 2, 70, 3, 67)
    for depth in (maps.transpose(1, 2), maps.mT.transpose(1, 3), maps.transpose(1, 2)[..., 1::2, 3::5]):
        assert_unprojects_as_the_reference(depth, poses, cameras, dtype)


@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (1, 3)])
def test_a_map_for_many_frames_is_not_copied(shape, monkeypatch):
    depth = readings(torch.uint16, *shape, 9, 13).to(DEVICE).expand(2, 3, 9, 13)
    taken = []

    def spy(kernel, grid, maps, *rest, launch=projection.launch, **options):
        taken.append(maps)
        launch(kernel, grid, maps, *rest, **options)

    monkeypatch.setattr(projection, "launch", spy)
    assert_unprojects_as_the_reference(depth, *exact_poses(2, 3), torch.float32)
    assert taken[0].data_ptr() == depth.data_ptr()
    assert 0 in taken[0].stride()


def test_which_uint16_readings_count():
    depth = torch.arange(2**16).reshape(1, 256, 256).to(torch.uint16).to(DEVICE)
    eye = torch.eye(4, device=DEVICE)[None]
    points, valid = projection.unproject_depth(depth, eye[:, :3, :3], eye, 1.0)
    assert valid.flatten()[1:-1].all()
    assert not valid.flatten()[[0, -1]].any()
    assert torch.equal(points.flatten(0, 2)[1:-1, 2].cpu(), torch.arange(1.0, 2**16 - 1))


@types
def test_which_floating_point_readings_count(dtype):
    limits = torch.finfo(dtype)
    smallest = limits.tiny * limits.eps
    counted = [smallest, limits.tiny, 1.0, 65535.0, limits.max]
    skipped = [0.0, -0.0, -smallest, -1.0, -limits.max, torch.inf, -torch.inf, torch.nan, -torch.nan]
    depth = torch.tensor([counted + skipped], dtype=dtype, device=DEVICE)[None]
    eye = torch.eye(4, dtype=dtype, device=DEVICE)[None]
    points, valid = projection.unproject_depth(depth, eye[:, :3, :3] * 1e6, eye, 1.0)
    assert valid.flatten().tolist() == [True] * len(counted) + [False] * len(skipped)
    assert points[0, 0, : len(counted), 2].tolist() == depth[0, 0, : len(counted)].tolist()
    assert points[0, 0, len(counted) :].isnan().all()


@pytest.mark.parametrize("skew", [0.25, torch.nan])
def test_nothing_is_valid_in_a_frame_with_skew(skew):
    poses, cameras = exact_poses(3)
    straight = cameras.clone()
    cameras[1, 0, 1] = skew
    maps = readings(torch.uint16, 3, 9, 8)
    for run, first, camera_at in (
        (lambda *call: projection.project_points(*call, SIZE, 0.0), exact_points(300), 2),
        (lambda *call: projection.unproject_depth(*call, 1.0), maps, 1),
    ):
        found, expected = (
            run(*(t.to(DEVICE) for t in ((first, poses, k) if camera_at == 2 else (first, k, poses))))
            for k in (cameras, straight)
        )
        assert not found[-1][1].any()
        assert found[0][1].isnan().all()
        assert expected[-1][1].any()
        assert_same([part[::2].contiguous() for part in found], [part[::2] for part in expected])


@pytest.mark.parametrize("count", [0, 5])
def test_no_frames_or_no_points(count):
    poses, cameras = (tensor.to(DEVICE) for tensor in exact_poses(0 if count else 2))
    uv, depth, valid = projection.project_points(
        torch.zeros(count, 3, device=DEVICE), poses, cameras, SIZE, 0.0
    )
    assert uv.shape == (len(poses), count, 2)
    assert depth.shape == valid.shape == (len(poses), count)
    points, valid = projection.unproject_depth(
        torch.zeros(len(poses), count, 4, device=DEVICE), cameras, poses, 1.0
    )
    assert points.shape == (len(poses), count, 4, 3)
    assert valid.shape == (len(poses), count, 4)
