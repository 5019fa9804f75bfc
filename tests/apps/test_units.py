"""Units: bins, quotas, replacement of failed units in their slot, and balance."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from spatialgeom.apps.datagen.rules import DEFAULT, PAPER
from spatialgeom.apps.datagen.task import Context, Task
from spatialgeom.apps.datagen.tasks._pairs import draw_order
from spatialgeom.apps.datagen.units import UNITS, _no_place_stands_out, draw_units
from spatialgeom.apps.datagen.wording import Wording
from spatialgeom.apps.records import Number, round_half_away


def context(overlap=(), rules=DEFAULT, seed=0, slots=3000, offset=0):
    geometry = SimpleNamespace(
        name="s", pairs=np.zeros((len(overlap), 2), int), overlap_percent=np.array(overlap, float)
    )
    return Context(geometry, rules, "t", seed, slots, offset)


def task(**changes):
    plain = Task(
        name="t", family="f", unit="frame_pair", wording=Wording((), (), ()), scoring=Number("x", "mm"),
        describe=lambda *_: None,
    )  # fmt: skip
    return replace(plain, **changes)


def test_bins_are_open_below_and_closed_above_but_for_the_first():
    planted = [6.0, 6.5, 7.0, np.nextafter(7, 8), 8.0, 34.0, np.nextafter(34, 35), 35.0]
    counts = UNITS["frame_pair"].histogram(task(), context(planted).geometry, DEFAULT)
    assert len(counts) == 29
    assert counts.tolist() == [3, 2] + [0] * 25 + [1, 2]


def test_a_task_keeps_its_pairs_in_either_order():
    def keep(geometry, rules):
        return np.array([[True, False], [False, False], [True, True]])

    counts = UNITS["frame_pair"].histogram(task(keep=keep), context([6.5] * 3).geometry, DEFAULT)
    assert counts[0] == 2


def test_failed_units_are_replaced_in_their_bin_and_counted():
    overlap = [6.5] * 10 + [20.5] * 10
    bad = {0, 3, 5, 12, 13}

    def draw(_, units, slots):
        return units, ~np.isin(units["pair"], list(bad))

    quota = np.zeros(29, int)
    quota[[0, 14]] = 6, 8
    columns, replaced, short = draw_units(task(draw=draw), context(overlap), quota)
    drawn = columns["pair"]
    assert len(set(drawn.tolist())) == len(drawn) == 14
    assert (drawn < 10).sum() == 6
    assert not set(drawn.tolist()) & bad
    assert short == 0
    assert 0 < replaced <= 5


def test_a_bin_that_runs_out_is_short():
    def draw(_, units, slots):
        return units, units["pair"] % 2 == 0

    quota = np.zeros(29, int)
    quota[0] = 5
    columns, replaced, short = draw_units(task(draw=draw), context([6.5] * 6), quota)
    assert sorted(columns["pair"].tolist()) == [0, 2, 4]
    assert (replaced, short) == (1, 2)


def test_nothing_to_draw():
    assert draw_units(task(), context([]), np.zeros(29, int)) == ({}, 0, 0)


@pytest.mark.parametrize("options", [2, 4])
def test_slots_are_balanced_and_keep_their_property(options):
    slots = np.arange(40)
    first = context(slots=40).balanced_slots(slots, options, "p")
    assert np.bincount(first).tolist() == [40 // options] * options
    later = np.array([3, 7, 21])
    assert np.array_equal(context(slots=40).balanced_slots(later, options, "p"), first[later])


def test_scenes_make_up_for_one_another():
    counts = [3, 5, 7, 1, 1, 2]
    offsets = np.cumsum(counts) - counts
    drawn = [
        context(slots=n, offset=int(start)).balanced_slots(np.arange(n), 4, "p")
        for n, start in zip(counts, offsets, strict=True)
    ]
    spread = np.bincount(np.concatenate(drawn))
    assert spread.max() - spread.min() <= 1


def chosen(context, allowed, label):
    swap, ok = draw_order(context, np.arange(len(label)), allowed, label)
    return label[np.arange(len(label)), swap.astype(int)], swap, ok


def test_an_order_is_found_for_either_answer():
    said, swap, ok = chosen(context(slots=101), np.ones((101, 2), bool), np.array([[True, False]] * 101))
    assert ok.all()
    assert abs(int(said.sum()) - 50.5) <= 0.5
    assert 20 < swap.sum() < 80


def test_pairs_without_the_wanted_answer_fail_and_others_are_allowed_and_balanced():
    rng = np.random.default_rng(0)
    allowed = np.array([[True, False], [False, True], [True, True]])[rng.integers(3, size=3000)]
    label = rng.random((3000, 2)) < 0.8
    said, swap, ok = chosen(context(), allowed, label)
    wanted = context().balanced_slots(np.arange(3000), 2, "label").astype(bool)
    assert (said[ok] == wanted[ok]).all()
    assert allowed[np.arange(3000), swap.astype(int)][ok].all()
    possible = (allowed & (label == wanted[:, None])).any(axis=1)
    assert (ok == possible).all()


def test_paper_rules_throw_coins():
    label = np.array([[True, False]] * 400)
    counts = [
        int(chosen(context(rules=PAPER, seed=seed), np.ones((400, 2), bool), label)[0].sum())
        for seed in range(20)
    ]
    assert len(set(counts)) > 5
    assert 150 < min(counts) <= max(counts) < 250


@pytest.mark.parametrize(
    ("value", "expected"), [(0.5, 1), (-0.5, -1), (1.4999, 1), (2.5, 3), (-2.5, -3), (0.0, 0), (-0.2, 0)]
)
def test_halves_round_away_from_zero(value, expected):
    rounded = round_half_away(np.array([value]))
    assert rounded.tolist() == [expected]
    assert str(rounded[0]) == str(expected)


@pytest.mark.parametrize("counts", [[8, 8, 33, 35, 59, 26, 0], [5, 5], [0, 9], [1, 0, 0, 0, 0, 0, 0], [3]])
def test_no_place_among_the_options_is_far_more_frequent_than_the_mean(counts):
    place = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))
    keep = _no_place_stands_out(place, np.full(len(place), len(counts)))
    kept = np.bincount(place[keep], minlength=len(counts))
    assert kept.max() <= max(1, np.ceil(1.5 * kept.sum() / len(counts)))
    assert (kept == np.minimum(counts, kept.max())).all()
    if max(counts) <= 1.5 * sum(counts) / len(counts):
        assert keep.all()


def test_places_are_judged_by_their_number_of_options():
    place, places = np.array([0, 0, 0, 0, 1, 1, 1]), np.array([2, 2, 2, 2, 2, 2, 3])
    assert _no_place_stands_out(place, places).tolist() == [True, True, True, True, True, True, True]


def test_spare_units_are_held_where_the_random_part_may_fail():
    assert task().tries(7) == 7
    failing = task(draw=lambda *_: None, spare=3)
    assert failing.tries(7) > 3 * 7
    assert failing.tries(0) == 0
