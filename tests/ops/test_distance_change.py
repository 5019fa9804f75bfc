"""distance_change: known values, invariants, SciPy as the oracle, agreement of backends, and refusals."""

import re
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist, squareform

from spatialgeom import distance_change
from spatialgeom.errors import BackendError, DTypeError, ShapeError

OPERATION = "distance_change"
STEP = 1 / 128  # exact in float32, as are all planted distances
UNIT_32 = 2.0**-24


def _on_a_line(distances, **options):
    """Return the change between a point at the origin and one at the given distances along x."""
    tracks = torch.zeros(len(distances), 2, 3, dtype=options.pop("dtype", torch.float64))
    tracks[:, 1, 0] = torch.tensor(distances, dtype=tracks.dtype)
    device = options.pop("device")
    return distance_change(tracks.to(device), **options)[0, 1].item()


def _random_walk(seed, frames, count, planted=True):
    """Return tracks within 5 m in steps of 1/128 m and less, so that many changes lie on the threshold."""
    rng = np.random.default_rng(seed)
    tracks = np.empty((frames, count, 3))
    tracks[:] = rng.integers(-300, 300, (count, 3)) * STEP
    if planted:
        # a third of the points moves along x alone, where distances from its like are exact
        tracks[:, ::3, 1:] = 0
        steps = rng.choice([0, 0.5, 1, 1, 1 + 1 / 64, 1 - 1 / 64, 2], (frames, count)) * STEP
        tracks[..., 0] += np.cumsum(steps * rng.choice([-1, 1], (frames, count)), 0)
    else:
        tracks += np.cumsum(rng.normal(0, 0.01, tracks.shape), 0)
    visible = rng.random((frames, count)) < 0.8
    return torch.from_numpy(tracks), torch.from_numpy(visible)


def _oracle(tracks, visible, measure, ignore_below):
    """Return the change from dense distances in NumPy, and how much float32 may add to or take from it."""
    distance = np.array([squareform(pdist(frame)) for frame in tracks.numpy()])
    joint = visible.numpy()[:, :, None] & visible.numpy()[:, None]
    error = 8 * UNIT_32 * distance.max()  # of a difference of two distances, each within 4 units
    if measure == "range":
        value = np.where(joint, distance, -np.inf).max(0) - np.where(joint, distance, np.inf).min(0)
        allowed = np.full(value.shape, 2 * error)
    else:
        step = np.where(joint[1:] & joint[:-1], np.abs(np.diff(distance, axis=0)), 0)
        value = np.where(step > ignore_below, step, 0).sum(0)
        close = np.abs(step - ignore_below) <= error + UNIT_32 * ignore_below
        allowed = len(step) * (error + UNIT_32 * value) + close.sum(0) * (ignore_below + error)
    value[joint.sum(0) < 2] = np.nan
    return value, allowed


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ("distances", "extent", "path"),
    [
        ((1.0, 1.5, 1.25), 0.5, 0.75),
        ((1.0, 1.0, 1.0), 0.0, 0.0),
        ((1.0, 1.0 + STEP, 1.0), STEP, 0.0),  # a step equal to the threshold is ignored
        ((1.0, 1.0 + STEP * 33 / 32, 1.0), STEP * 33 / 32, STEP * 33 / 16),  # one above it counts whole
        ((1.0, 1.0 + STEP * 31 / 32, 1.0), STEP * 31 / 32, 0.0),
        ((1.0, 1.0 + STEP, 1.0 + 2 * STEP, 1.0 + 3 * STEP), 3 * STEP, 0.0),  # slow motion adds up
        ((-2.0, 1.0), 1.0, 1.0),  # distances, not positions
    ],
)
def test_known_values(backend, device, dtype, distances, extent, path):
    options = {"backend": backend, "device": device, "dtype": dtype}
    assert _on_a_line(distances, measure="range", **options) == extent
    assert _on_a_line(distances, measure="path", ignore_below=STEP, **options) == path


def test_the_default_ignores_steps_of_a_centimetre(backend, device):
    options = {"measure": "path", "backend": backend, "device": device}
    assert _on_a_line((0.0, 0.01), **options) == 0
    assert _on_a_line((0.0, 0.0100001), **options) == 0.0100001
    assert _on_a_line((0.0, 0.001), ignore_below=0, **options) == 0.001


def test_a_gap_is_spanned_by_the_range_and_by_no_step(backend, device):
    tracks = torch.zeros(5, 2, 3, device=device)
    tracks[:, 1, 0] = torch.tensor([1.0, 1.25, 50, 2.25, 2.5])
    visible = torch.ones(5, 2, dtype=torch.bool, device=device)
    visible[2, 1] = False
    assert distance_change(tracks, visible, backend=backend)[0, 1] == 1.5
    assert distance_change(tracks, visible, measure="path", backend=backend)[0, 1] == 0.5


@pytest.mark.parametrize("lost", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("measure", ["range", "path"])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_position_that_is_not_finite_is_not_seen(backend, device, measure, lost, axis):
    tracks, visible = _random_walk(1, frames=6, count=5)
    seen = visible.clone()
    seen[3, 2] = False
    tracks[3, 2, axis] = lost
    hidden = torch.where(seen[..., None], tracks, torch.nan)
    expected = distance_change(tracks.nan_to_num(), seen, measure=measure, backend="reference")
    for positions, mask in ((tracks, visible), (tracks, seen), (hidden, None)):
        mask = None if mask is None else mask.to(device)
        actual = distance_change(positions.to(device), mask, measure=measure, backend=backend).cpu()
        torch.testing.assert_close(actual, expected, rtol=1e-13, atol=1e-13, equal_nan=True)


@pytest.mark.parametrize("measure", ["range", "path"])
def test_fewer_than_two_joint_frames_give_nan(backend, device, measure):
    visible = torch.tensor([[1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0], [1, 0, 1, 0]], device=device).bool()
    change = distance_change(torch.zeros(4, 4, 3, device=device), visible, measure=measure, backend=backend)
    expected = [[0, 0, 0, 1], [0, 0, 1, 1], [0, 1, 0, 1], [1, 1, 1, 1]]
    assert change.isnan().int().tolist() == expected
    assert (change.nan_to_num() == 0).all()


@pytest.mark.parametrize("frames", [0, 1, 2, 33])
@pytest.mark.parametrize("count", [0, 1, 15, 17, 31, 33, 127, 129, 257])
def test_any_size(backend, device, frames, count):
    tracks, visible = _random_walk(frames + count, frames, count, planted=False)
    for measure in ("range", "path"):
        change = distance_change(tracks.to(device), visible.to(device), measure=measure, backend=backend)
        assert change.shape == (count, count)
        if frames < 2:
            assert change.isnan().all()
        elif count:
            expected, _ = _oracle(tracks, visible, measure, 0.01)
            np.testing.assert_allclose(change.cpu(), expected, rtol=1e-10, atol=1e-12)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), frames=st.integers(2, 9), count=st.integers(2, 40))
def test_agrees_with_dense_distances(backend, device, seed, frames, count):
    tracks, visible = _random_walk(seed, frames, count)
    for measure in ("range", "path"):
        change = distance_change(
            tracks.to(device), visible.to(device), measure=measure, ignore_below=STEP, backend=backend
        )
        expected, _ = _oracle(tracks, visible, measure, STEP)
        on_a_line = np.ix_(range(0, count, 3), range(0, count, 3))
        np.testing.assert_array_equal(change.cpu()[on_a_line], expected[on_a_line])
        # off the line roots are inexact, and a step on the threshold may go either way
        _, allowed = _oracle(tracks, visible, measure, STEP)
        assert (np.abs(change.cpu().numpy() - expected) <= allowed)[~np.isnan(expected)].all()


@pytest.mark.parametrize("measure", ["range", "path"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("seed", range(5))
def test_backends_agree_within_rounding(backend, device, dtype, seed, measure):
    tracks, visible = _random_walk(seed, frames=40, count=70)
    change = distance_change(
        tracks.to(device, dtype), visible.to(device), measure=measure, ignore_below=STEP, backend=backend
    )
    expected, allowed = _oracle(tracks, visible, measure, STEP)
    reference = distance_change(tracks, visible, measure=measure, ignore_below=STEP, backend="reference")
    assert change.dtype == dtype
    for other in (expected, reference.numpy()):
        np.testing.assert_array_equal(change.cpu().isnan(), np.isnan(other))
        assert (np.abs(change.cpu().double().numpy() - other) <= allowed)[~np.isnan(other)].all()


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_frame_of_reference_is_free_and_may_move(backend, device, seed):
    tracks, visible = _random_walk(seed, frames=6, count=12, planted=False)
    rng = np.random.default_rng(seed)
    rotation, _ = np.linalg.qr(rng.normal(size=(6, 3, 3)))
    moved = np.einsum("tij,tnj->tni", rotation, tracks.numpy()) + rng.normal(size=(6, 1, 3))
    before, after = (
        distance_change(x.to(device), visible.to(device), backend=backend)
        for x in (tracks, torch.from_numpy(moved))
    )
    torch.testing.assert_close(before, after, rtol=0, atol=1e-13, equal_nan=True)


@pytest.mark.parametrize("measure", ["range", "path"])
def test_a_pair_does_not_depend_on_the_other_points(backend, device, measure):
    tracks, visible = (tensor.to(device) for tensor in _random_walk(3, frames=7, count=300, planted=False))
    tracks = tracks.float()
    change = distance_change(tracks, visible, measure=measure, backend=backend)
    chosen = torch.randperm(300, generator=torch.Generator().manual_seed(0))[:130].to(device)
    part = distance_change(tracks[:, chosen], visible[:, chosen], measure=measure, backend=backend)
    assert torch.equal(change, change.T) or torch.equal(change.nan_to_num(-1), change.T.nan_to_num(-1))
    assert torch.equal(part.nan_to_num(-1), change[chosen][:, chosen].nan_to_num(-1))


@pytest.mark.parametrize("measure", ["range", "path"])
def test_any_strides_and_arguments_are_left_alone(backend, device, measure):
    tracks, visible = (tensor.to(device) for tensor in _random_walk(4, frames=8, count=20))
    expected = distance_change(tracks, visible, measure=measure, backend=backend)
    planes = tracks.permute(0, 2, 1).contiguous()
    copies = planes.clone(), visible.clone()
    actual = distance_change(
        planes.permute(0, 2, 1), visible.T.contiguous().T, measure=measure, backend=backend
    )
    assert torch.equal(actual.nan_to_num(-1), expected.nan_to_num(-1))
    assert torch.equal(planes, copies[0])
    assert torch.equal(visible, copies[1])
    wide = torch.full((8, 40, 6), torch.nan, device=device, dtype=tracks.dtype)
    wide[:, ::2, ::2] = tracks
    actual = distance_change(wide[:, ::2, ::2], visible, measure=measure, backend=backend)
    assert torch.equal(actual.nan_to_num(-1), expected.nan_to_num(-1))


@pytest.mark.parametrize("measure", ["range", "path"])
def test_threads_do_not_change_a_bit(measure):
    numba = pytest.importorskip("numba")
    tracks, visible = _random_walk(5, frames=9, count=400, planted=False)
    results, threads = [], numba.get_num_threads()
    try:
        for count in {1, numba.config.NUMBA_NUM_THREADS}:
            numba.set_num_threads(count)
            results.append(distance_change(tracks.float(), visible, measure=measure, backend="cpu"))
    finally:
        numba.set_num_threads(threads)
    assert all(torch.equal(results[0].nan_to_num(-1), other.nan_to_num(-1)) for other in results)


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory in Linux's units")
@pytest.mark.parametrize("measure", ["range", "path"])
def test_memory_does_not_grow_with_frames(backend, device, measure):
    import resource

    tracks, visible = _random_walk(6, frames=100, count=400, planted=False)
    distance_change(tracks[:2].to(device), visible[:2].to(device), measure=measure, backend=backend)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    distance_change(tracks.to(device), visible.to(device), measure=measure, backend=backend)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 64 * 1024, "100 frames of 400 x 400 float64 distances take 122 MiB"


@pytest.mark.parametrize(
    ("tracks", "visible", "error", "message"),
    [
        (torch.zeros(4, 5), None, ShapeError, "tracks must be (T, N, 3); got (4, 5)"),
        (torch.zeros(4, 5, 2), None, ShapeError, "tracks must be (T, N, 3); got (4, 5, 2)"),
        (
            torch.zeros(4, 5, 3),
            torch.ones(5, 4).bool(),
            ShapeError,
            "visible must be (T, N), T = 4, N = 5; got (5, 4)",
        ),
        (torch.zeros(4, 5, 3), torch.ones(4, 5), DTypeError, "visible must be bool, got torch.float32"),
        (torch.zeros(4, 5, 3).int(), None, DTypeError, "tracks must be floating point, got torch.int32"),
        (
            torch.zeros(4, 5, 3).half(),
            None,
            DTypeError,
            "tracks must be float32 or float64, got torch.float16",
        ),
        (torch.zeros(4, 5, 3, requires_grad=True), None, DTypeError, "has no gradient"),
        (np.zeros((4, 5, 3)), None, DTypeError, "tracks must be a Tensor, got ndarray"),
    ],
)
def test_refuses_tensors(tracks, visible, error, message):
    with pytest.raises(error, match=re.escape(f"distance_change: {message}")):
        distance_change(tracks, visible)


def test_refuses_options():
    tracks = torch.zeros(4, 5, 3)
    with pytest.raises(ValueError, match="distance_change: measure must be 'range' or 'path', got 'sum'"):
        distance_change(tracks, measure="sum")
    with pytest.raises(ValueError, match="distance_change: ignore_below must be 0 or more, got -1"):
        distance_change(tracks, ignore_below=-1)
    with pytest.raises(ValueError, match="distance_change: ignore_below must be 0 or more, got nan"):
        distance_change(tracks, ignore_below=float("nan"))
    with pytest.raises(BackendError, match="distance_change has no 'cuda' backend"):
        distance_change(tracks, backend="cuda")
