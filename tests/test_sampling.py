"""spatialgeom.sampling: the quota rule, exact distributions against direct draws, edges, and determinism."""

import itertools
import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, multivariate_hypergeom

from spatialgeom import sampling
from spatialgeom.sampling import balanced_quota, balanced_sample, bin_of, distribute, draw_distinct, generator

# a fixed seed makes each chi-square test pass or fail for good; a wrong distribution gives far less
UNLIKELY = 1e-3


def _quota_by_hand(sizes, total):
    """Follow the rule step by step, one bin at a time, with plain lists."""
    bins = [{"index": index, "size": size} for index, size in enumerate(sizes) if size > 0]
    taken = [0] * len(sizes)
    for position, entry in enumerate(bins):
        entry["promise"] = total // len(bins) + (1 if position < total % len(bins) else 0)
    carried = 0
    for entry in sorted(bins, key=lambda entry: entry["size"]):
        current = entry["promise"] + carried
        if entry["size"] <= current:
            taken[entry["index"]] = entry["size"]
            carried = current - entry["size"]
        else:
            taken[entry["index"]] = current
            carried = 0
    return taken


@settings(deadline=None, max_examples=200)
@given(sizes=st.lists(st.integers(0, 12), max_size=8), total=st.integers(0, 60))
def test_quota_follows_the_rule(sizes, total):
    quota = balanced_quota(sizes, total)
    assert quota.tolist() == _quota_by_hand(sizes, total)
    assert quota.sum() == min(total, sum(sizes))


@pytest.mark.parametrize(
    ("sizes", "total", "expected"),
    [
        ([10, 10, 10], 6, [2, 2, 2]),
        ([10, 10, 10], 8, [3, 3, 2]),  # the remainder goes to the lowest bins
        ([0, 10, 0, 10, 10], 8, [0, 3, 0, 3, 2]),  # of those that are not empty
        ([10, 2, 10], 9, [4, 2, 3]),  # what is left over goes whole to the next bin, the first
        ([2, 2, 10, 10], 20, [2, 2, 10, 6]),
        ([5, 5], 100, [5, 5]),
        ([3, 0], 0, [0, 0]),
        ([], 5, []),
        ([0, 0], 5, [0, 0]),
    ],
)
def test_quota_known_values(sizes, total, expected):
    quota = balanced_quota(sizes, total)
    assert quota.dtype == np.int64
    assert quota.tolist() == expected


def test_bins_have_their_upper_edges_and_the_first_its_lower():
    values = [-0.001, 0, 0.5, 1, 1.001, 2, 3, 3.001, np.nan, np.inf, -np.inf]
    assert bin_of(values, [0, 1, 2, 3]).tolist() == [-1, 0, 0, 0, 1, 1, 2, -1, -1, -1, -1]
    assert bin_of([0.06, 0.07, np.nextafter(0.07, 1)], np.arange(6, 9) / 100).tolist() == [0, 0, 1]
    assert bin_of([], [0, 1]).shape == (0,)


def test_a_balanced_sample():
    rng = np.random.default_rng(0)
    values = np.concatenate((rng.uniform(0, 1, 500), rng.uniform(1, 2, 40), [2.5, 7, -1, np.nan]))
    rng.shuffle(values)
    drawn = balanced_sample(values, 101, [0, 1, 2, 3], generator(3, "sample"))
    assert drawn.dtype == np.int64
    assert (np.diff(drawn) > 0).all()
    # 34, 34, 33 promised; the last bin has one unit and leaves 32 to the second, which leaves 26 to the first
    assert np.bincount(bin_of(values, [0, 1, 2, 3])[drawn]).tolist() == [60, 40, 1]
    again = balanced_sample(values, 101, [0, 1, 2, 3], generator(3, "sample"))
    assert drawn.tolist() == again.tolist()
    assert drawn.tolist() != balanced_sample(values, 101, [0, 1, 2, 3], generator(4, "sample")).tolist()
    everything = balanced_sample(values, 10_000, [0, 1, 2, 3], generator(3, "sample"))
    assert everything.tolist() == np.flatnonzero(bin_of(values, [0, 1, 2, 3]) >= 0).tolist()
    assert balanced_sample([], 5, [0, 1], generator(0)).tolist() == []


def test_a_balanced_sample_is_uniform_within_a_bin():
    rng = generator(0, "uniform")
    counts = Counter(
        tuple(balanced_sample([0.1, 1.5, 0.2, 0.3, 0.4], 3, [0, 1, 2], rng).tolist()) for _ in range(3000)
    )
    expected = [tuple(sorted((1, *pair))) for pair in itertools.combinations([0, 2, 3, 4], 2)]
    assert set(counts) == set(expected)
    assert chisquare([counts[key] for key in expected]).pvalue > UNLIKELY


def _outcomes(draws):
    return Counter(tuple(map(int, draw)) for draw in draws)


@pytest.mark.parametrize("quota", [3, 7])
@pytest.mark.parametrize("limit", [10**9, 1])
def test_distribute_is_one_draw_without_replacement(monkeypatch, limit, quota):
    # a limit of 1 sends these small bins the way of those too large for NumPy's generator
    monkeypatch.setattr(sampling, "_HYPERGEOMETRIC_LIMIT", limit)
    units = np.array([5, 0, 3, 2])
    rng = generator(1, "distribute", str(limit), str(quota))
    observed = _outcomes(distribute(units[:, None], [quota], rng)[:, 0] for _ in range(4000))
    possible = [o for o in itertools.product(*(range(u + 1) for u in units)) if sum(o) == quota]
    assert set(observed) <= set(possible)
    probability = np.array([multivariate_hypergeom.pmf(o, units, quota) for o in possible])
    likely = probability * 4000 >= 5
    seen = np.array([observed[o] for o in possible])
    exact = np.append(probability[likely], probability[~likely].sum()) * 4000
    assert chisquare(np.append(seen[likely], seen[~likely].sum()) + 1e-9, exact + 1e-9).pvalue > UNLIKELY
    # and as often as scenes come up when whole bins are drawn from directly
    scene = np.repeat(np.arange(4), units)
    direct = _outcomes(
        np.bincount(scene[np.random.default_rng(s).permutation(10)[:quota]], minlength=4) for s in range(4000)
    )
    for outcome, p in zip(possible, probability, strict=True):
        assert abs(observed[outcome] - direct[outcome]) <= 5 * np.sqrt(2 * 4000 * p * (1 - p)) + 1


def test_distribute_keeps_bins_apart():
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 30, (50, 8)) * (rng.random((50, 8)) < 0.5)
    quota = balanced_quota(counts.sum(0), 700)
    split = distribute(counts, quota, generator(0))
    assert split.dtype == np.int64
    assert (split >= 0).all()
    assert (split <= counts).all()
    assert split.sum(0).tolist() == quota.tolist()
    assert distribute(counts, quota, generator(0)).tolist() == split.tolist()
    assert distribute(counts, counts.sum(0), generator(0)).tolist() == counts.tolist()
    assert distribute(np.zeros((0, 3), int), [0, 0, 0], generator(0)).shape == (0, 3)
    assert distribute(np.zeros((3, 0), int), [], generator(0)).shape == (3, 0)


@pytest.mark.parametrize("kept", [True, False])
def test_distribute_beyond_numpy_s_limit(kept):
    counts = np.array([[3 * 10**9], [0], [10**9], [1]])
    # the second draws all but as many: what is left behind has the same distribution
    quota = 40_000 if kept else int(counts.sum()) - 40_000
    split = distribute(counts, [quota], generator(5, "large"))[:, 0]
    assert split.sum() == quota
    drawn = split if kept else counts[:, 0] - split
    assert drawn[1] == 0
    assert drawn[3] <= 1
    assert abs(drawn[0] - 30_000) < 5 * np.sqrt(40_000 * 3 / 16)


@pytest.mark.parametrize(("population", "count"), [(4, 2), (4, 3), (5, 2), (3, 3), (6, 1)])
def test_every_ordered_choice_is_equally_likely(population, count):
    rng = generator(2, "distinct")
    observed = _outcomes(draw_distinct(population, count, rng) for _ in range(5000))
    possible = list(itertools.permutations(range(population), count))
    assert set(observed) <= set(possible)
    assert chisquare([observed[choice] for choice in possible]).pvalue > UNLIKELY


@pytest.mark.parametrize(("population", "count"), [(0, 0), (7, 0), (10**15, 1000), (1000, 500), (1000, 501)])
def test_distinct_ranks(population, count):
    ranks = draw_distinct(population, count, generator(0))
    assert ranks.dtype == np.int64
    assert ranks.shape == (count,)
    assert len(np.unique(ranks)) == count
    assert ((ranks >= 0) & (ranks < population)).all()
    if population == 10**15:
        assert (ranks > 10**14).mean() > 0.8


def test_a_generator_depends_on_its_names_alone():
    arguments = [(0,), (1,), (-1,), (0, ""), (0, "a"), (0, "a", "b"), (0, "ab"), (0, "b", "a"), (0, 'a", "b')]
    streams = [tuple(generator(*each).integers(2**62, size=4)) for each in arguments]
    assert len(set(streams)) == len(arguments)
    np.random.default_rng(0).random()
    assert [tuple(generator(*each).integers(2**62, size=4)) for each in arguments] == streams


def test_a_generator_is_the_same_in_every_process():
    code = "from spatialgeom.sampling import generator; print(generator(7, 'depth', 'scene').integers(2**62))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert printed == {f"{generator(7, 'depth', 'scene').integers(2**62)}\n"}
    assert int(generator(7, "depth", "scene").integers(2**62)) == 2632736671807794507


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: balanced_quota([1, -1], 2), ValueError, "balanced_quota: sizes must be 0 or more, got -1"),
        (lambda: balanced_quota([1.5], 2), TypeError, "balanced_quota: sizes must be integers, got float64"),
        (
            lambda: balanced_quota([[1]], 2),
            ValueError,
            r"sizes must have 1 axes; got shape \(1, 1\)",
        ),
        (lambda: balanced_quota([1], -2), ValueError, "balanced_quota: total must be 0 or more, got -2"),
        (lambda: bin_of([1], [0]), ValueError, "edges must be at least two ascending numbers"),
        (lambda: bin_of([1], [0, 0]), ValueError, "edges must be at least two ascending numbers"),
        (
            lambda: bin_of([1], [0, np.nan]),
            ValueError,
            "edges must be at least two ascending numbers",
        ),
        (lambda: bin_of([[1]], [0, 1]), ValueError, r"bin_of: values must be \(N,\); got \(1, 1\)"),
        (
            lambda: distribute([[1], [2]], [4], generator(0)),
            ValueError,
            "bin 0 is 4, but it has 3 units",
        ),
        (
            lambda: distribute([[1], [2]], [1, 1], generator(0)),
            ValueError,
            r"must be \(1,\); got \(2,\)",
        ),
        (lambda: distribute([1], [1], generator(0)), ValueError, "distribute: counts must have 2 axes"),
        (lambda: draw_distinct(3, 4, generator(0)), ValueError, "draw_distinct: count must be 0 to 3, got 4"),
        (
            lambda: draw_distinct(3, -1, generator(0)),
            ValueError,
            "count must be 0 to 3, got -1",
        ),
        (lambda: generator(0.5), TypeError, "generator: seed must be an int, got float"),
        (lambda: generator(0, 1), TypeError, "generator: names must be str, got int"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()
