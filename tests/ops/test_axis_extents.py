"""axis_extents: known values, loops as the oracle, equality of backends, and refusals."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgeom import axis_extents, pack_bits
from spatialgeom.errors import BackendError, DeviceError, DTypeError, ShapeError

OPERATION = "axis_extents"


def _scene(seed, count, frames, groups, share=0.4):
    """Return points on a coarse grid, where many tie, some NaN, with labels in runs and at random."""
    rng = np.random.default_rng(seed)
    points = rng.integers(-20, 20, (count, 3)) / 8
    points[rng.random((count, 3)) < 0.05] = np.nan
    mask = rng.random((frames, count)) < share
    labels = rng.integers(-1, groups, count)
    runs = np.sort(labels)[: count // 2]
    labels[: count // 2] = runs
    return torch.from_numpy(points), torch.from_numpy(mask), torch.from_numpy(labels)


def _oracle(points, mask, labels, groups):
    low = np.full((groups, len(mask), 3), np.inf)
    high = -low
    for frame, seen in enumerate(mask.numpy()):
        for group in range(groups):
            for axis in range(3):
                values = points.numpy()[seen & (labels.numpy() == group), axis]
                values = values[~np.isnan(values)]
                if len(values):
                    low[group, frame, axis], high[group, frame, axis] = values.min(), values.max()
    return low, high


def test_known_values(backend, device):
    points = torch.tensor([[0.0, 1, 2], [3, -4, 5], [6, 7, torch.nan], [9, 9, 9]], device=device)
    visible = torch.tensor([[0b0011], [0b0111], [0b0000], [0b0100]], device=device)
    extents = axis_extents(points, visible, backend=backend)
    inf = torch.inf
    assert extents.low.tolist() == [[0, -4, 2], [0, -4, 2], [inf, inf, inf], [6, 7, inf]]
    assert extents.high.tolist() == [[3, 1, 5], [6, 7, 5], [-inf, -inf, -inf], [6, 7, -inf]]


def test_known_values_by_label(backend, device):
    points = torch.tensor([[0.0, 1, 2], [3, -4, 5], [6, 7, 8], [9, 9, 9]], device=device)
    visible = torch.tensor([[0b1111], [0b1100]], device=device)
    labels = torch.tensor([2, 2, -1, 0], device=device)
    low, high = axis_extents(points, visible, labels, backend=backend)
    inf = torch.inf
    assert low.tolist() == [[[9, 9, 9]] * 2, [[inf] * 3] * 2, [[0, -4, 2], [inf] * 3]]
    assert high.tolist() == [[[9, 9, 9]] * 2, [[-inf] * 3] * 2, [[3, 1, 5], [-inf] * 3]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("count", [0, 1, 31, 33, 63, 64, 65, 257, 1000])
@pytest.mark.parametrize("frames", [0, 1, 5])
def test_equals_loops(backend, device, dtype, count, frames):
    points, mask, labels = _scene(count + frames, count, frames, groups=4)
    arguments = points.to(device, dtype), pack_bits(mask).to(device)
    groups = int(labels.max()) + 1 if count else 0
    whole = axis_extents(*arguments, backend=backend)
    by_label = axis_extents(*arguments, labels.to(device), backend=backend)
    for found, expected in (
        (whole, [part[0] for part in _oracle(points, mask, torch.zeros(count), 1)]),
        (by_label, _oracle(points, mask, labels, groups)),
    ):
        assert found.low.dtype == found.high.dtype == dtype
        np.testing.assert_array_equal(found.low.cpu(), expected[0])
        np.testing.assert_array_equal(found.high.cpu(), expected[1])


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(0, 300),
    groups=st.integers(1, 5),
    share=st.sampled_from([0.01, 0.3, 1.0]),
)
def test_backends_are_equal(backend, device, seed, count, groups, share):
    points, mask, labels = _scene(seed, count, 4, groups, share)
    visible = pack_bits(mask)
    for label in (None, labels):
        expected = axis_extents(points, visible, label, backend="reference")
        moved = None if label is None else label.to(device)
        found = axis_extents(points.to(device), visible.to(device), moved, backend=backend)
        assert torch.equal(found.low.cpu(), expected.low)
        assert torch.equal(found.high.cpu(), expected.high)


def test_extents_of_a_union_are_the_extremes_of_its_parts(backend, device):
    points, mask, labels = _scene(0, 400, 6, 3)
    points, visible, labels = points.to(device), pack_bits(mask).to(device), labels.clamp_min(0).to(device)
    whole = axis_extents(points, visible, backend=backend)
    parts = axis_extents(points, visible, labels, backend=backend)
    assert torch.equal(whole.low, parts.low.amin(0))
    assert torch.equal(whole.high, parts.high.amax(0))
    union = axis_extents(points, pack_bits(mask.any(0, keepdim=True)).to(device), backend=backend)
    assert torch.equal(union.low[0], whole.low.amin(0))
    assert torch.equal(union.high[0], whole.high.amax(0))


def test_one_far_point_in_a_word_of_near_ones_counts(backend, device):
    points = torch.zeros(640, 3, device=device)
    points[:64] = torch.linspace(-1, 1, 64, device=device)[:, None]
    for far in range(64, 640, 61):
        for axis in range(3):
            for value in (-1.5, 1.5):
                moved = points.clone()
                moved[far, axis] = value
                visible = torch.full((1, 10), -1, dtype=torch.int64, device=device)
                low, high = axis_extents(moved, visible, backend=backend)
                assert low[0, axis] == min(-1, value)
                assert high[0, axis] == max(1, value)


@pytest.mark.parametrize("wide", [0, 1, 2])
def test_a_wide_object_hides_no_others(backend, device, wide):
    points = torch.zeros(128, 3, device=device)
    points[:64] = torch.linspace(-9, 9, 64, device=device)[:, None]
    points[64:] = torch.linspace(-1, 1, 64, device=device)[:, None]
    labels = torch.full((128,), wide, device=device)
    labels[64:] = torch.arange(64, device=device) % 3
    visible = torch.full((1, 2), -1, dtype=torch.int64, device=device)
    found = axis_extents(points, visible, labels, backend=backend)
    for group in range(3):
        assert torch.equal(found.low[group, 0], points[labels == group].amin(0))
        assert torch.equal(found.high[group, 0], points[labels == group].amax(0))


def test_spare_bits_are_no_points(backend, device):
    points = torch.ones(33, 3, device=device)
    visible = torch.full((2, 1), -1, dtype=torch.int64, device=device)
    low, high = axis_extents(points, visible, backend=backend)
    assert (low == 1).all()
    assert (high == 1).all()


def test_any_strides_and_integer_labels(backend, device):
    points, mask, labels = _scene(5, 130, 4, 3)
    points, visible, labels = points.to(device), pack_bits(mask).to(device), labels.to(device)
    expected = axis_extents(points, visible, labels, backend=backend)
    found = axis_extents(
        points.T.contiguous().T,
        visible.T.contiguous().T,
        labels.int().repeat_interleave(2)[::2],
        backend=backend,
    )
    assert torch.equal(found.low, expected.low)
    assert torch.equal(found.high, expected.high)


def test_threads_do_not_change_a_bit():
    numba = pytest.importorskip("numba")
    points, mask, labels = _scene(6, 500, 9, 3)
    results, threads = [], numba.get_num_threads()
    try:
        for count in {1, numba.config.NUMBA_NUM_THREADS}:
            numba.set_num_threads(count)
            results.append(axis_extents(points, pack_bits(mask), labels, backend="cpu"))
    finally:
        numba.set_num_threads(threads)
    assert all(torch.equal(results[0].low, other.low) for other in results)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"points": torch.zeros(5, 2)}, ShapeError, "points must be (N, 3); got (5, 2)"),
        ({"points": torch.zeros(65, 3)}, ShapeError, "visible must be (F, 2) for 65 points; got (2, 1)"),
        ({"visible": torch.zeros(1).long()}, ShapeError, "visible must be (F, W); got (1,)"),
        ({"labels": torch.zeros(4).long()}, ShapeError, "labels must be (N), N = 5; got (4,)"),
        (
            {"visible": torch.zeros(2, 1)},
            DTypeError,
            "visible must be int64 (packed bits), got",
        ),
        ({"labels": torch.zeros(5)}, DTypeError, "labels must be int32 or int64, got torch.float32"),
        ({"points": torch.zeros(5, 3).half()}, DTypeError, "points must be float32 or float64, got"),
        ({"points": torch.zeros(5, 3).requires_grad_()}, DTypeError, "has no gradient"),
        ({"labels": torch.tensor([0, 0, -2, 0, 0])}, ValueError, "labels must be in -1..0, got -2..0"),
        (
            {"visible": torch.zeros(2, 1, device="meta").long()},
            DeviceError,
            "visible is on meta but points is on cpu",
        ),
        ({"backend": "cuda"}, BackendError, "has no 'cuda' backend"),
    ],
)
def test_refusals(arguments, error, message):
    scene = {"points": torch.zeros(5, 3), "visible": torch.zeros(2, 1).long()}
    with pytest.raises(error, match=f"axis_extents:? {re.escape(message)}"):
        axis_extents(**{**scene, **arguments})
