"""The data plan: every conversation as often as promised, whatever is asked for and in whatever order."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgeom.apps.errors import InputError
from spatialgeom.apps.train.data import plan as module
from spatialgeom.apps.train.data.plan import Draw, Plan, Share

shares = st.lists(
    st.tuples(st.integers(1, 40), st.sampled_from([0.1, 0.5, 1.0, 1.5, 2.0, 7.0])), min_size=1, max_size=4
).map(lambda pairs: [Share.of(f"s{k}", n, repeat=repeat) for k, (n, repeat) in enumerate(pairs)])


def all_draws(plan):
    return [draw for step in range(plan.steps) for draw in plan.step(step)]


@given(shares=shares, batch=st.integers(1, 17), seed=st.integers(0, 99), epochs=st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_epochs_draw_what_is_promised_and_rounds_are_permutations(shares, batch, seed, epochs):
    if not sum(share.draws for share in shares):
        return
    plan = Plan(shares, batch, seed, epochs)
    for number, share in enumerate(shares):
        draws = [draw for draw in all_draws(plan) if draw.source == number]
        assert len(draws) == epochs * share.draws
        assert [draw.round for draw in draws] == [k // share.length for k in range(len(draws))]
        for round in range(len(draws) // share.length):
            whole = [draw.index for draw in draws if draw.round == round]
            assert sorted(whole) == list(range(share.length))
        assert len(set(draws)) == len(draws)


@given(shares=shares, batch=st.integers(1, 17), data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_step_does_not_depend_on_what_was_asked_before(shares, batch, data):
    if not sum(share.draws for share in shares):
        return
    straight = [Plan(shares, batch, 5, 3).step(step) for step in range(Plan(shares, batch, 5, 3).steps)]
    plan = Plan(shares, batch, 5, 3)
    for step in data.draw(st.permutations(range(plan.steps))):
        assert plan.step(step) == straight[step]
        assert plan.size(step) == len(straight[step])


@pytest.mark.parametrize("first", [4095, 4096, 4097])
def test_blocks_of_an_epoch_join(first):
    shares = [Share.of("a", 3000), Share.of("b", 3000)]
    coarse = Plan(shares, 6000, 0).step(0)
    assert Plan(shares, 1, 0).step(first) == coarse[first : first + 1]
    assert coarse == all_draws(Plan(shares, 7, 0))


def test_half_a_source_per_epoch_shows_all_of_it_in_two():
    plan = Plan([Share.of("a", 100, repeat=0.5)], 8, 0, epochs=2)
    first, second = (
        {draw.index for step in range(7) for draw in plan.step(epoch * 7 + step)} for epoch in (0, 1)
    )
    assert len(first) == len(second) == 50
    assert not first & second


def test_twice_a_source_shows_each_conversation_twice_in_every_epoch():
    plan = Plan([Share.of("a", 30, repeat=2)], 60, 0, epochs=2)
    for step in (0, 1):
        assert Counter(draw.index for draw in plan.step(step)) == dict.fromkeys(range(30), 2)


def test_samples_are_drawn_exactly():
    assert Share.of("a", 100, repeat=3, samples=17).draws == 17
    assert len(all_draws(Plan([Share.of("a", 100, samples=250)], 16, 0))) == 250


def test_the_last_step_of_an_epoch_is_smaller_and_nothing_is_lost():
    plan = Plan([Share.of("a", 10)], 4, 0, epochs=2)
    assert [len(plan.step(step)) for step in range(plan.steps)] == [4, 4, 2, 4, 4, 2]


@pytest.mark.parametrize(
    ("epochs", "max_steps", "steps"),
    [(1, None, 30), (0.1, None, 3), (0.11, None, 4), (2, None, 60), (1, 7, 7), (1, 45, 45), (1e-9, None, 1)],
)
def test_steps_follow_epochs_unless_they_are_told(epochs, max_steps, steps):
    plan = Plan([Share.of("a", 300)], 10, 0, epochs, max_steps)
    assert plan.steps == steps
    assert len(plan.step(steps - 1)) == 10


def test_another_source_in_the_mix_does_not_change_the_order_of_the_first():
    alone = Plan([Share.of("a", 50)], 7, 3, epochs=2)
    mixed = Plan([Share.of("b", 90), Share.of("a", 50)], 7, 3, epochs=2)
    order = [(draw.round, draw.index) for draw in all_draws(mixed) if draw.source == 1]
    assert order == [(draw.round, draw.index) for draw in all_draws(alone)]


def test_seeds_rounds_and_epochs_have_orders_of_their_own():
    shares = [Share.of("a", 500), Share.of("b", 500)]
    plan, other = Plan(shares, 1000, 0, 2), Plan(shares, 1000, 1, 2)
    runs = [plan.step(0), plan.step(1), other.step(0)]
    for kind in ("source", "index"):
        orders = {tuple(getattr(draw, kind) for draw in run) for run in runs}
        assert len(orders) == 3
    apart = [tuple(draw.index for draw in runs[0] if draw.source == source) for source in (0, 1)]
    assert apart[0] != apart[1]


def test_sources_are_mixed_evenly_over_an_epoch():
    plan = Plan([Share.of("a", 9000), Share.of("b", 1000)], 1000, 0)
    seen = [sum(draw.source == 1 for draw in plan.step(step)) for step in range(10)]
    # hypergeometric: mean 100, standard deviation 9
    assert all(55 < count < 145 for count in seen)


def test_the_order_is_kept_between_releases():
    plan = Plan([Share.of("a", 6), Share.of("b", 4, samples=2)], 4, 7)
    assert plan.step(1) == [Draw(1, 0, 0), Draw(0, 0, 0), Draw(0, 0, 2), Draw(0, 0, 5)]


def test_few_permutations_stay_in_memory():
    plan = Plan([Share.of("a", 5, repeat=40)], 200, 0)
    plan.step(0)
    assert [len(kept) for kept in plan._rounds.values()] == [module._KEPT]
    assert all(order.dtype == np.int32 for order in plan._rounds[0].values())


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ([], "from 1 to 2147483647 conversations, got 0"),
        ([Share("a", 5, 0)], "got 0"),
        ([Share("a", 0, 5)], "a must hold conversations"),
        ([Share("a", 5, 5), Share("a", 6, 6)], "different names"),
        ([Share("a", 2**31, 5)], "at most 2147483647"),
        ([Share("a", 2**30, 2**31)], "got 2147483648"),
    ],
)
def test_refuses_what_cannot_be_drawn(shares, message):
    with pytest.raises(InputError, match=message):
        Plan(shares, 4, 0)


def test_refuses_a_negative_step():
    with pytest.raises(IndexError, match="negative"):
        Plan([Share("a", 5, 5)], 4, 0).step(-1)
