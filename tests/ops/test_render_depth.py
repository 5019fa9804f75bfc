"""render_depth: known splats, invariants, bounds from a loop in float64, and refusals."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgeom import render_depth
from spatialgeom.errors import BackendError, DTypeError, ShapeError
from spatialgeom.testing import exact_projection, random_posed_points

OPERATION = "render_depth"
NEAR = 2.0**-10  # metres, exact in binary

scenes = st.builds(
    random_posed_points,
    seed=st.integers(0, 2**31),
    count=st.sampled_from([0, 1, 31, 33, 257]),
    frames=st.sampled_from([0, 1, 3]),
)
radii = st.sampled_from([0, 1, 2, 5])
dtypes = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])


def brute_force_bounds(scene, exact, radius, near):
    """Return the least and the greatest depth that each pixel may show, given the bounds of the rounding.

    A point may be drawn at every centre between those of its extreme positions; it certainly covers the
    pixels that are covered from both.
    """
    height, width = scene.image_size
    frames, count = exact.depth.shape
    least, greatest = np.full((2, frames, height, width), np.inf)
    for f in range(frames):
        for n in range(count):
            z, z_error = exact.depth[f, n].item(), exact.depth_error[f, n].item()
            if z + z_error <= near:
                continue
            uv, uv_error = exact.uv[f, n].numpy(), exact.uv_error[f, n].numpy()
            (u0, v0), (u1, v1) = np.rint(uv - uv_error), np.rint(uv + uv_error)
            _lower(least[f], u0 - radius, u1 + radius, v0 - radius, v1 + radius, z - z_error)
            if z - z_error > near:
                _lower(greatest[f], u1 - radius, u0 + radius, v1 - radius, v0 + radius, z + z_error)
    return torch.from_numpy(least), torch.from_numpy(greatest)


def _lower(image, left, right, top, bottom, depth):
    rows = slice(int(max(top, 0)), int(max(bottom + 1, 0)))
    columns = slice(int(max(left, 0)), int(max(right + 1, 0)))
    np.minimum(image[rows, columns], depth, out=image[rows, columns])


@dtypes
@given(scene=scenes, radius=radii)
@settings(max_examples=25, deadline=None)
def test_every_pixel_is_within_the_bounds_of_a_loop(backend, device, dtype, scene, radius):
    actual = render_depth(*scene.to(device, dtype), radius=radius, backend=backend).cpu()
    exact = exact_projection(scene, dtype)
    least, greatest = brute_force_bounds(scene, exact, radius, 1e-3)
    assert actual.dtype is dtype
    assert actual.shape == least.shape
    assert (least <= actual).all()
    assert (actual <= greatest).all()
    for image, depth, error in zip(actual, exact.depth, exact.depth_error, strict=True):
        drawn = image[image.isfinite()].double()
        # between its bounds, a pixel still shows some point's depth
        assert ((drawn[:, None] - depth).abs() <= error).any(-1).all()


def render(xyz, radius, backend, device, dtype=torch.float32, size=(7, 9), near=NEAR):
    """Render points through a camera of one pixel a metre at 1 m, centred at column 4 of row 3."""
    camera = torch.tensor([[1.0, 0, 4], [0, 1, 3], [0, 0, 1]], dtype=dtype, device=device)
    points = torch.tensor(xyz, dtype=dtype, device=device).reshape(-1, 3)
    pose = torch.eye(4, dtype=dtype, device=device)[None]
    return render_depth(points, pose, camera, size, radius=radius, near=near, backend=backend)[0].cpu()


def at(u, v, z=1.0):
    return [(u - 4) * z, (v - 3) * z, z]


@dtypes
@pytest.mark.parametrize("radius", [0, 1, 2, 9])
@pytest.mark.parametrize(
    ("u", "v", "column", "row"),
    [
        (4.0, 3.0, 4, 3),
        (4.5, 2.5, 4, 2),  # halves go to the even pixel
        (3.5, 3.5, 4, 4),
        (4.5 + 2**-10, 2.5 + 2**-10, 5, 3),
        (4.5 - 2**-10, 2.5 - 2**-10, 4, 2),
        (-0.5, -0.5, 0, 0),
        (-0.5 - 2**-10, 3.0, -1, 3),
        (8.5 - 2**-10, 6.5 - 2**-10, 8, 6),
        (8.5 + 2**-10, 6.5 + 2**-10, 9, 7),
        (4.0, -2.0, 4, -2),
        (11.0, 3.0, 11, 3),
        (-3.0, 9.0, -3, 9),
        (-2.0, 3.0, -2, 3),
    ],
)
def test_which_pixels_a_splat_covers(backend, device, dtype, radius, u, v, column, row):
    expected = torch.full((7, 9), torch.inf, dtype=dtype)
    rows, columns = torch.arange(7)[:, None], torch.arange(9)
    expected[((rows - row).abs() <= radius) & ((columns - column).abs() <= radius)] = 2.0
    assert torch.equal(render(at(u, v, 2.0), radius, backend, device, dtype), expected)


@pytest.mark.parametrize("radius", [0, 2])
@pytest.mark.parametrize(
    ("z", "drawn"), [(NEAR, False), (NEAR * (1 + 2**-20), True), (0.0, False), (-1.0, False), (1e30, True)]
)
def test_the_near_plane(backend, device, radius, z, drawn):
    image = render([0.0, 0.0, z], radius, backend, device)
    assert image.isfinite().sum() == drawn * (2 * radius + 1) ** 2
    assert image[3, 4] == (z if drawn else torch.inf)


@pytest.mark.parametrize("radius", [0, 3])
def test_the_smallest_depth_wins(backend, device, radius):
    expected = torch.minimum(*(render(at(*p), radius, backend, device) for p in [(4, 3, 2.0), (5, 4, 3.0)]))
    image = render([at(5, 4, 3.0), at(4, 3, 5.0), at(4, 3, 2.0), at(4, 3, 4.0)], radius, backend, device)
    assert torch.equal(image, expected)
    assert image[3, 4] == 2.0


@pytest.mark.parametrize("radius", [0, 2])
@pytest.mark.parametrize(
    "x", [2.0**31, -(2.0**31), 2.0**33 + 4, 1e30, -1e38, torch.inf, -torch.inf, torch.nan]
)
def test_what_is_far_outside_or_unknown_is_not_drawn(backend, device, radius, x):
    for xyz in ([x, 0.0, 1.0], [0.0, x, 1.0], [0.0, 0.0, -abs(x)]):
        assert render(xyz, radius, backend, device).isinf().all()


@given(scene=scenes, radius=radii, seed=st.integers(0, 2**31))
@settings(max_examples=15, deadline=None)
def test_the_order_of_points_and_their_division_change_nothing(backend, device, scene, radius, seed):
    scene = scene.to(device, torch.float32)
    order = torch.randperm(len(scene.points), generator=torch.Generator().manual_seed(seed)).to(device)
    shuffled = scene.points[order]
    whole = render_depth(*scene, radius=radius, backend=backend)
    assert torch.equal(render_depth(shuffled, *scene[1:], radius=radius, backend=backend), whole)
    halves = [
        render_depth(half, *scene[1:], radius=radius, backend=backend) for half in shuffled.tensor_split(2)
    ]
    assert torch.equal(torch.minimum(*halves), whole)


@pytest.mark.parametrize("size", [(1, 1), (1, 33), (31, 1), (3, 257)])
@pytest.mark.parametrize("radius", [0, 1, 4])
def test_any_size(backend, device, size, radius):
    xyz = [at(u % size[1], u % size[0], 1.0 + u) for u in range(5)]
    image = render(xyz, radius, backend, device, size=size)
    expected = torch.full(size, torch.inf)
    for u in range(5):
        row, column = u % size[0], u % size[1]
        _lower(expected.numpy(), column - radius, column + radius, row - radius, row + radius, 1.0 + u)
    torch.testing.assert_close(image, expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize("shape", [(3, 3), (1, 3, 3), (4, 3, 3)])
def test_one_matrix_or_many_and_any_strides(backend, device, shape):
    scene = random_posed_points(2, 500, 4).to(device, torch.float32)
    cameras = scene.intrinsics[:1].expand(4, 3, 3)
    expected = render_depth(*scene._replace(intrinsics=cameras.clone()), radius=1, backend=backend)
    actual = render_depth(
        scene.points.T.contiguous().T,
        scene.cam_from_world.mT.contiguous().mT,
        scene.intrinsics[0].expand(shape),
        scene.image_size,
        radius=1,
        backend=backend,
    )
    assert torch.equal(actual, expected)


def test_the_number_of_threads_changes_nothing():
    numba = pytest.importorskip("numba")
    scene = random_posed_points(3, 3000, 5).to("cpu", torch.float32)
    images = []
    before = numba.get_num_threads()
    try:
        for threads in (1, before):
            numba.set_num_threads(threads)
            images.append(render_depth(*scene, radius=2, backend="cpu"))
    finally:
        numba.set_num_threads(before)
    assert torch.equal(*images)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"points": torch.zeros(2, 5, 3)}, ShapeError, "points must be (N, 3); got (2, 5, 3)"),
        (
            {"cam_from_world": torch.zeros(2, 3, 4)},
            ShapeError,
            "cam_from_world must be (F, 4, 4); got (2, 3, 4)",
        ),
        (
            {"intrinsics": torch.zeros(3, 3, 3)},
            ShapeError,
            "intrinsics must be (..., F, 3, 3), F = 2; got (3, 3, 3)",
        ),
        ({"points": torch.zeros(5, 3).int()}, DTypeError, "points must be floating point, got torch.int32"),
        (
            {"points": torch.zeros(5, 3).double()},
            DTypeError,
            "cam_from_world is torch.float32 but points is torch.float64",
        ),
        (
            {"intrinsics": torch.eye(3).index_fill(1, torch.tensor(1), 1.0)},
            ValueError,
            "intrinsics must have zero skew (entry [0, 1]); undistort first",
        ),
        ({"radius": -1}, ValueError, "radius must not be negative; got -1"),
        (
            {"points": torch.zeros(5, 3, requires_grad=True)},
            DTypeError,
            "has no gradient; pass tensors through .detach()",
        ),
        ({"backend": "numpy"}, BackendError, "has no 'numpy' backend; it has"),
    ],
)
def test_refuses(changes, error, message):
    call = {
        "points": torch.zeros(5, 3),
        "cam_from_world": torch.zeros(2, 4, 4),
        "intrinsics": torch.eye(3),
        "image_size": (4, 5),
    }
    with pytest.raises(error, match=f"^render_depth:? {re.escape(message)}"):
        render_depth(**call | changes)


def test_runs_without_a_gradient_where_none_is_asked_for(backend, device):
    scene = random_posed_points(0, 5, 2).to(device, torch.float32)
    with torch.no_grad():
        render_depth(scene.points.requires_grad_(), *scene[1:], backend=backend)
