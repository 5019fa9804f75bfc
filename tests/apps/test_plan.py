"""The plan: quotas over bins and scenes, subtasks by source, and a limit per space that gives way last."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgeom.apps.datagen.plan import plan_quotas, spread
from spatialgeom.sampling import balanced_quota, generator

TASK = SimpleNamespace(name="t", family="camera")
MOTION = SimpleNamespace(name="m", family="motion")


def scene(counts, source="s", space="a", task=TASK):
    return SimpleNamespace(source=source, space=space, histograms={task.name: np.array(counts)})


def test_each_source_of_motion_is_a_subtask_of_its_own():
    scenes = [scene([50], source, "x", MOTION) for source in ("adt", "pstudio", "adt")]
    shares = plan_quotas(scenes, [MOTION], 0, 30)
    drawn = [int(share["m"].quota.sum()) for share in shares]
    assert drawn[0] + drawn[2] == 30
    assert drawn[1] == 30
    assert [share["m"].offset for share in shares] == [0, 0, drawn[0]]


def test_other_tasks_share_their_quota_over_sources():
    shares = plan_quotas([scene([50], source) for source in ("x", "y")], [TASK], 0, 30)
    assert sum(int(share["t"].quota.sum()) for share in shares) == 30


def test_a_space_gives_at_most_its_share_where_there_are_enough():
    scenes = [scene([100, 100, 100], space=f"space{k // 2}") for k in range(20)]
    shares = plan_quotas(scenes, [TASK], 0, 55, max_per_space=6)
    drawn = np.array([share["t"].quota.sum() for share in shares]).reshape(10, 2).sum(axis=1)
    assert drawn.sum() == 55
    assert drawn.max() <= 6
    by_bin = sum(share["t"].quota for share in shares)
    assert by_bin.tolist() == [19, 18, 18]


def test_the_limit_gives_way_as_little_as_it_must():
    scenes = [scene([100], space=f"space{k}") for k in range(4)]
    drawn = [int(share["t"].quota.sum()) for share in plan_quotas(scenes, [TASK], 0, 30, max_per_space=6)]
    assert sum(drawn) == 30
    assert max(drawn) == 8


def test_one_space_with_a_rare_bin_is_asked_there():
    scenes = [scene([100, 0]), scene([100, 0], space="b"), scene([100, 3], space="c")]
    shares = plan_quotas(scenes, [TASK], 0, 9, max_per_space=3)
    assert [int(share["t"].quota.sum()) for share in shares] == [3, 3, 3]
    assert shares[2]["t"].quota.tolist() == [0, 3]


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_what_can_be_drawn_is_drawn_and_never_more_than_there_is(seed):
    rng = np.random.default_rng(seed)
    scenes, bins = rng.integers(1, 8), rng.integers(1, 6)
    counts = rng.integers(0, 12, (scenes, bins)) * (rng.random((scenes, bins)) < 0.6)
    spaces = np.unique(rng.integers(0, 4, scenes), return_inverse=True)[1]
    most, total = int(rng.integers(1, 8)), int(rng.integers(1, 60))
    quota = balanced_quota(counts.sum(axis=0), total)
    split = spread(counts, quota, spaces, most, generator(seed, "test"))
    assert (split <= counts).all()
    assert (split >= 0).all()
    assert split.sum() == min(total, counts.sum())
    units = np.bincount(spaces, weights=counts.sum(axis=1)).astype(int)
    taken = np.bincount(spaces, weights=split.sum(axis=1)).astype(int)
    if np.minimum(units, most).sum() >= split.sum():
        assert (taken <= most).all()
    else:
        # with one unit less of each space it would not have been enough
        assert np.minimum(units, taken.max() - 1).sum() < split.sum()


def test_the_same_seed_plans_the_same():
    scenes = [scene([9, 4], space=str(k)) for k in range(5)]
    one, same, other = (plan_quotas(scenes, [TASK], seed, 12, 3) for seed in (0, 0, 1))
    quotas = [[share["t"].quota.tolist() for share in plan] for plan in (one, same, other)]
    assert quotas[0] == quotas[1] != quotas[2]


@pytest.mark.parametrize("most", [0, 5])
def test_nothing_to_ask_is_nothing_planned(most):
    (share,) = plan_quotas([scene([0, 0])], [TASK], 0, 10, most)
    assert share["t"].quota.tolist() == [0, 0]
