"""Micro-batches: nothing lost, within the budget, as few and as even as can be, and all ranks in step."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgeom.apps.train.data.partition import Cost, Slot, padded_tokens, partition

costs = st.lists(
    st.builds(Cost, patches=st.sampled_from([0, 16, 32]), tokens=st.integers(1, 30)), min_size=1, max_size=9
)
worlds = st.integers(1, 4)


def runs_of(order, count):
    for cuts in combinations(range(1, len(order)), count - 1):
        edges = (0, *cuts, len(order))
        yield [order[a:b] for a, b in pairwise(edges)]


def padded(run):
    return max(cost.tokens for cost in run) * len(run)


def uneven(run):
    patches = max(cost.patches for cost in run) * len(run) - sum(cost.patches for cost in run)
    return 4 * (padded(run) - sum(cost.tokens for cost in run)) + patches


def brute_force(costs, world, budget):
    """Return micro-batches per rank, the largest one's padded tokens, and what is uneven."""
    order = sorted(costs)

    def fits(run):
        return len(run) == 1 or padded(run) <= budget

    fewest = next(
        count
        for count in range(1, len(order) + 1)
        if any(all(map(fits, runs)) for runs in runs_of(order, count))
    )
    each = -(-fewest // world)
    known = [runs for runs in runs_of(order, min(each * world, len(order))) if all(map(fits, runs))]

    def largest(runs):
        return max((padded(run) for run in runs if len(run) > 1), default=0)

    # a single conversation is never cut: below its length the cap binds the others alone
    cap = max(min(map(largest, known)), min(cost.tokens for cost in order))
    return each, cap, min(sum(map(uneven, runs)) for runs in known if largest(runs) <= cap)


@given(costs=costs, world=worlds, budget=st.integers(20, 90))
@settings(max_examples=150, deadline=None)
def test_no_cut_of_small_steps_is_better(costs, world, budget):
    ranks = partition(costs, world, budget)
    groups = [[costs[s.index] for s in group] for rank in ranks for group in rank if group[0].counts]
    each, cap, least = brute_force(costs, world, budget)
    assert {len(rank) for rank in ranks} == {each}
    assert max((padded(group) for group in groups if len(group) > 1), default=0) <= cap
    assert sum(map(uneven, groups)) == least


@given(costs=costs, world=st.integers(1, 12), budget=st.integers(1, 90))
@settings(max_examples=150, deadline=None)
def test_every_conversation_counts_once_and_every_rank_has_work(costs, world, budget):
    ranks = partition(costs, world, budget)
    slots = [slot for rank in ranks for group in rank for slot in group]
    assert len(ranks) == world
    assert len({len(rank) for rank in ranks}) == 1
    assert all(group for rank in ranks for group in rank)
    assert sorted(slot.index for slot in slots if slot.counts) == list(range(len(costs)))
    for rank in ranks:
        for group in rank:
            assert len(group) == 1 or padded_tokens(group, costs) <= budget
            assert len(group) == 1 or all(slot.counts for slot in group)


@given(costs=costs, world=worlds, seed=st.integers(0, 9))
@settings(max_examples=50, deadline=None)
def test_the_order_of_a_step_changes_no_shape(costs, world, seed):
    order = np.random.default_rng(seed).permutation(len(costs)).tolist()
    shuffled = [costs[index] for index in order]

    def shapes(given):
        parted = partition(given, world, 60)
        return [[[given[slot.index] for slot in group] for group in rank] for rank in parted]

    assert shapes(costs) == shapes(shuffled)


def test_a_conversation_longer_than_the_budget_stands_alone():
    ranks = partition([Cost(0, 10), Cost(0, 50), Cost(0, 10)], 1, 20)
    assert ranks == [[[Slot(1)], [Slot(0), Slot(2)]]]


@pytest.mark.parametrize(("budget", "micro_batches"), [(19, 2), (20, 1)])
def test_the_budget_itself_is_allowed(budget, micro_batches):
    assert len(partition([Cost(0, 10), Cost(0, 8)], 1, budget)[0]) == micro_batches


def test_equal_patches_stay_together():
    ranks = partition([Cost(64, 20), Cost(16, 19), Cost(64, 18), Cost(16, 17)], 1, 40)
    assert ranks == [[[Slot(2), Slot(0)], [Slot(3), Slot(1)]]]


def test_ranks_without_a_conversation_repeat_the_smallest_with_images():
    ranks = partition([Cost(0, 5), Cost(64, 40), Cost(16, 20)], 5, 100)
    assert [slot for rank in ranks for group in rank for slot in group if not slot.counts] == [
        Slot(2, counts=False)
    ] * 2
    assert partition([Cost(0, 5)], 2, 100) == [[[Slot(0)]], [[Slot(0, counts=False)]]]


def test_an_empty_step_has_no_micro_batches():
    assert partition([], 3, 100) == [[], [], []]


def test_micro_batches_are_no_larger_than_their_number_needs():
    # 12 alike on 8 ranks: two at most, though the budget allows all
    ranks = partition([Cost(16, 10)] * 12, 8, 1000)
    assert sorted(len(rank[0]) for rank in ranks) == [1] * 4 + [2] * 4


def test_ranks_walk_in_step_and_carry_alike():
    rng = np.random.default_rng(0)
    costs = [Cost(int(n), int(n)) for n in rng.integers(100, 900, 64)]
    ranks = partition(costs, 4, 1800)
    work = np.array([[padded_tokens(group, costs) for group in rank] for rank in ranks])
    assert (work.min(axis=0)[:-1] >= work.max(axis=0)[1:]).all()
    assert np.ptp(work.sum(axis=1)) <= np.ptp(work, axis=0).max()


def realistic(count, seed):
    """Pairs of images at 6 tiles and a thumbnail, and 2 % of other conversations about one image."""
    rng = np.random.default_rng(seed)
    general = rng.random(count) < 0.02
    tiles = np.where(general, rng.choice([1, 3, 4, 5, 6, 7, 8], count), 14)
    text = np.where(general, rng.integers(20, 901, count) + 2, rng.integers(30, 121, count) + 4)
    return [Cost(n * 1024, n * 256 + t) for n, t in zip(tiles.tolist(), text.tolist(), strict=True)]


@pytest.mark.parametrize("budget", [8192, 16384, 32768])
@pytest.mark.parametrize("world", [1, 8, 192])
def test_padding_of_a_realistic_mix_stays_below_two_percent(world, budget):
    true = total = 0
    for seed in range(8):
        costs = realistic(192, seed)
        true += sum(cost.tokens for cost in costs)
        for rank in partition(costs, world, budget):
            total += sum(padded_tokens(group, costs) for group in rank)
    assert 1 - true / total < 0.02


def test_a_token_too_many_weighs_as_four_patches():
    # 4 x 1 token and 8 patches are less uneven than 4 x 4 tokens
    ranks = partition([Cost(16, 10), Cost(16, 14), Cost(24, 15), Cost(64, 20), Cost(64, 20)], 1, 40)
    assert [Slot(1), Slot(2)] in ranks[0]
