"""minimal_covers: known values, all subsets as the oracle, equality of backends, and refusals."""

import itertools
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgeom import Extents, minimal_covers
from spatialgeom.errors import BackendError, DTypeError, ShapeError

OPERATION = "minimal_covers"
LOW = torch.zeros(4, 3)


def _extents(rows, device="cpu", dtype=torch.float64):
    """Return extents along x; None is an image without the object. y and z are unit intervals."""
    low = torch.zeros(len(rows), 3, dtype=dtype)
    high = torch.ones(len(rows), 3, dtype=dtype)
    for index, row in enumerate(rows):
        low[index, 0], high[index, 0] = row or (0, 0)
        if row is None:
            low[index], high[index] = torch.inf, -torch.inf
    return Extents(low.to(device), high.to(device))


def _on_x(rows, backend, device, target=1.0, **options):
    sizes = torch.tensor([target, 1, 1], dtype=torch.float64, device=device)
    covers = minimal_covers(_extents(rows, device), sizes, 0, backend=backend, **options)
    assert not covers.truncated
    return covers.sets.tolist()


def _random_extents(rng, count):
    """Return extents and a target on a grid of eighths, so that many coverages are exactly at the bounds."""
    low = rng.integers(0, 8, (count, 3)) / 8
    high = low + rng.integers(0, 8, (count, 3)) / 8
    empty = rng.random(count) < 0.2
    low[empty], high[empty] = np.inf, -np.inf
    return Extents(torch.from_numpy(low), torch.from_numpy(high)), torch.from_numpy(
        rng.integers(0, 13, 3) / 8
    )


def _oracle(extents, target, axes, tolerance):
    """Return every minimal set of any size, by trying all subsets, the smallest first."""
    low, high, target = extents.low.numpy(), extents.high.numpy(), target.numpy()
    minimal = []
    for size in range(1, len(low) + 1):
        for chosen in itertools.combinations(range(len(low)), size):
            if any(set(smaller) <= set(chosen) for smaller in minimal):
                continue
            coverage = high[list(chosen)].max(0) - low[list(chosen)].min(0)
            if all(abs(coverage[axis] - target[axis]) <= tolerance * target[axis] for axis in axes):
                minimal.append(chosen)
    return minimal


def _padded(sets, max_size):
    return [[*chosen, *[-1] * (max_size - len(chosen))] for chosen in sets if len(chosen) <= max_size]


def test_known_values(backend, device):
    # 0 and 1 show half each, 2 all, 3 too much, 4 nothing, 5 what 0 shows
    rows = [(0, 0.5), (0.5, 1), (0, 1), (0, 1.5), None, (0, 0.5)]
    assert _on_x(rows, backend, device) == [[2, -1], [0, 1], [1, 5]]
    assert _on_x(rows, backend, device, max_size=1) == [[2]]
    assert _on_x(rows, backend, device, max_size=3) == [[2, -1, -1], [0, 1, -1], [1, 5, -1]]


@pytest.mark.parametrize("tolerance", [0.125, 0.25])
def test_both_sides_of_the_tolerance(backend, device, tolerance):
    bounds = 1 - tolerance, 1 + tolerance
    hair = 2.0**-50
    rows = [(0, bounds[0] - hair), (0, bounds[0]), (0, bounds[1]), (0, bounds[1] + hair)]
    assert _on_x(rows, backend, device, tolerance=tolerance) == [[1, -1], [2, -1]]
    halves = [(-0.5, 0), (0, bounds[0] - 0.5), (0, bounds[0] - 0.5 - hair)]
    assert _on_x(halves, backend, device, tolerance=tolerance) == [[0, 1]]
    halves = [(-0.625, 0), (0, bounds[1] - 0.625), (0, bounds[1] - 0.625 + hair)]
    assert _on_x(halves, backend, device, tolerance=tolerance) == [[0, 1]]


def test_the_default_tolerance_is_a_tenth(backend, device):
    rows = [(0, 0.8999), (0, 0.9001), (0, 1.0999), (0, 1.1001)]
    assert _on_x(rows, backend, device) == [[1, -1], [2, -1]]


def test_a_superset_may_reach_too_far(backend, device):
    # 0 and 1 together miss the target that each of them falls short of
    assert _on_x([(0, 0.75), (1, 1.75), (0.5, 1)], backend, device) == [[0, 2]]
    # an image that reaches too far is in no set
    assert _on_x([(0, 2), (0, 0.5), (0.5, 1)], backend, device) == [[1, 2]]


def test_an_empty_image_completes_nothing(backend, device):
    assert _on_x([None, (0, 1), None, (0, 0.5)], backend, device) == [[1, -1]]
    assert _on_x([None, None], backend, device) == []
    assert _on_x([None, (2, 2), (0, 1)], backend, device, target=0.0) == [[1, -1]]


def test_joint_coverage_may_take_three_images(backend, device):
    high = torch.eye(3, dtype=torch.float64, device=device)
    extents, target = Extents(torch.zeros_like(high), high), torch.ones(3, device=device).double()
    assert minimal_covers(extents, target, "all", backend=backend).sets.shape == (0, 2)
    found = minimal_covers(extents, target, "all", max_size=3, backend=backend)
    assert found.sets.tolist() == [[0, 1, 2]]
    assert [minimal_covers(extents, target, axis, backend=backend).sets.tolist() for axis in (0, 1, 2)] == [
        [[0, -1]],
        [[1, -1]],
        [[2, -1]],
    ]


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 12), eighths=st.integers(0, 4))
def test_equals_all_subsets_on_one_axis(backend, device, seed, count, eighths):
    extents, target = _random_extents(np.random.default_rng(seed), count)
    moved = Extents(*(tensor.to(device) for tensor in extents))
    for axis in range(3):
        expected = _oracle(extents, target, [axis], eighths / 8)
        assert all(len(chosen) <= 2 for chosen in expected)
        for max_size in (1, 2, 3):
            found = minimal_covers(
                moved, target.to(device), axis, tolerance=eighths / 8, max_size=max_size, backend=backend
            )
            assert found.sets.tolist() == _padded(expected, max_size)
            assert not found.truncated


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 12), eighths=st.integers(0, 4))
def test_equals_all_subsets_on_all_axes(backend, device, seed, count, eighths):
    extents, target = _random_extents(np.random.default_rng(seed), count)
    moved = Extents(*(tensor.to(device) for tensor in extents))
    expected = _oracle(extents, target, range(3), eighths / 8)
    for max_size in (1, 2, 3):
        found = minimal_covers(
            moved, target.to(device), "all", tolerance=eighths / 8, max_size=max_size, backend=backend
        )
        assert found.sets.tolist() == _padded(expected, max_size)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("axis", "max_size"), [(0, 2), (2, 3), ("all", 3)])
@pytest.mark.parametrize("seed", range(3))
def test_backends_are_equal(backend, device, dtype, axis, max_size, seed):
    rng = np.random.default_rng(seed)
    low = torch.from_numpy(rng.uniform(0, 0.5, (60, 3))).to(dtype)
    extents = Extents(low, low + torch.from_numpy(rng.uniform(0, 0.5, (60, 3))).to(dtype))
    target = torch.full((3,), 0.75, dtype=dtype)
    expected = minimal_covers(extents, target, axis, max_size=max_size, backend="reference")
    moved = Extents(*(tensor.to(device) for tensor in extents))
    found = minimal_covers(moved, target.to(device), axis, max_size=max_size, backend=backend)
    assert len(expected.sets) > 20
    assert found.sets.dtype == torch.int64
    assert found.sets.tolist() == expected.sets.tolist()


@pytest.mark.parametrize("axis", [1, "all"])
def test_says_when_it_truncates(backend, device, axis):
    rng = np.random.default_rng(1)
    low = torch.from_numpy(rng.uniform(0, 0.5, (30, 3))).to(device)
    extents = Extents(low, low + torch.from_numpy(rng.uniform(0, 0.5, (30, 3))).to(device))
    target = torch.full((3,), 0.75, dtype=torch.float64, device=device)
    whole = minimal_covers(extents, target, axis, max_size=3, backend=backend)
    sizes = (whole.sets >= 0).sum(1)
    count = len(sizes)
    assert not whole.truncated
    assert (sizes.diff() >= 0).all()
    for limit in (1, 2, int((sizes < sizes[-1]).sum()), count - 1, count, count + 1):
        cut = minimal_covers(extents, target, axis, max_size=3, limit=max(limit, 1), backend=backend)
        assert cut.truncated is (max(limit, 1) < count)
        assert torch.equal(cut.sets, whole.sets[: max(limit, 1)])


def test_any_strides(backend, device):
    extents, target = _random_extents(np.random.default_rng(3), 40)
    low, high, target = extents.low.to(device), extents.high.to(device), target.to(device)
    expected = minimal_covers(Extents(low, high), target, "all", max_size=3, backend=backend)
    turned = Extents(low.T.contiguous().T, high.repeat_interleave(2, 0)[::2])
    found = minimal_covers(turned, target.repeat_interleave(2)[::2], "all", max_size=3, backend=backend)
    assert torch.equal(found.sets, expected.sets)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"target": torch.ones(2)}, ShapeError, "target must be (3); got (2,)"),
        (
            {"extents": Extents(torch.zeros(4, 3), torch.ones(5, 3))},
            ShapeError,
            "extents.high must be (F, 3), F = 4",
        ),
        (
            {"extents": Extents(LOW[0], LOW[0])},
            ShapeError,
            "extents.low must be (F, 3); got (3,)",
        ),
        (
            {"target": torch.ones(3).double()},
            DTypeError,
            "target is torch.float64 but extents.low is torch.f",
        ),
        ({"target": torch.ones(3, requires_grad=True)}, DTypeError, "has no gradient"),
        (
            {"target": torch.tensor([-1.0, 1, 1])},
            ValueError,
            "target must be 0 or more, in metres, got [-1.0]",
        ),
        (
            {"target": torch.tensor([1, torch.inf, 1]), "axis": "all"},
            ValueError,
            "target must be 0 or more, in metres, got",
        ),
        (
            {"extents": Extents(LOW, LOW * torch.nan)},
            ValueError,
            "extents must not be NaN",
        ),
        ({"axis": 3}, ValueError, "axis must be 0, 1, 2 or 'all', got 3"),
        ({"axis": "x"}, ValueError, "axis must be 0, 1, 2 or 'all', got 'x'"),
        ({"max_size": 0}, ValueError, "max_size must be 1, 2 or 3, got 0"),
        ({"max_size": 4}, ValueError, "max_size must be 1, 2 or 3, got 4"),
        ({"tolerance": -0.1}, ValueError, "tolerance must be 0 or more, got -0.1"),
        ({"limit": 0}, ValueError, "limit must be at least 1, got 0"),
        ({"backend": "cuda"}, BackendError, "has no 'cuda' backend"),
    ],
)
def test_refusals(arguments, error, message):
    usual = {"extents": Extents(LOW, LOW + 1), "target": torch.ones(3), "axis": 0}
    with pytest.raises(error, match=f"minimal_covers:? {re.escape(message)}"):
        minimal_covers(**{**usual, **arguments})
