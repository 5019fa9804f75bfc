"""Image-free answers: against brute force, and known values."""

import json

import numpy as np
import pytest

from spatialgeom.apps.datagen.baselines import chance, constant_score, nearest_option_score


def number_rows(values):
    scoring = {"kind": "number", "options": [], "unit": "mm", "tolerance": 0.2}
    return [{"truth": json.dumps(value), "scoring": scoring} for value in values]


@pytest.mark.parametrize("seed", range(5))
def test_best_constant_number_equals_brute_force(seed):
    values = np.random.default_rng(seed).integers(100, 1000, 40)
    tried = np.arange(80, 1300)
    hits = np.abs(tried[:, None] - values) <= 0.2 * values
    assert constant_score(number_rows(values.tolist())) >= hits.mean(axis=1).max() - 1e-12


def test_bounds_are_inclusive():
    # 120 is exactly 20 % over 100 and exactly 20 % under 150
    assert constant_score(number_rows([100, 150])) == 1.0
    assert constant_score(number_rows([100, 151])) == 0.5
    assert constant_score(number_rows([4, 6])) == 1.0  # at 4.8, which floats miss


def test_most_frequent_choice_and_position():
    scoring = {"kind": "choice", "options": ["left", "right"], "unit": None, "tolerance": None}
    rows = [{"truth": json.dumps(side), "scoring": scoring} for side in ("left", "left", "right", "left")]
    assert constant_score(rows) == 0.75
    assert chance([{"scoring": scoring}]) == 0.5
    own = [
        {"truth": '"[1, 2]"', "scoring": {**scoring, "options": ["[1, 2]", "[3, 4]"]}},
        {"truth": '"[7, 8]"', "scoring": {**scoring, "options": ["[7, 8]", "[5, 6]"]}},
    ]
    assert constant_score(own) == 1.0


def test_nearest_option():
    def row(answer, offsets):
        dots = [{"image": 0, "u": 50, "v": 50, "label": ""}]
        dots += [{"image": 1, "u": 50 + d, "v": 50, "label": "ABCD"[k]} for k, d in enumerate(offsets)]
        return {"marks": dots, "truth": json.dumps(answer)}

    assert nearest_option_score([row("B", (9, 3, 7, 20)), row("A", (9, 3, 7, 20))]) == 0.5
    assert nearest_option_score([{"marks": [], "truth": '"A"'}]) is None


def test_chance_is_the_mean_over_rows_with_as_many_options_as_they_have():
    rows = [{"scoring": {"options": list("abcd"[:count])}} for count in (2, 4)]
    assert chance(rows) == 0.375
    assert chance([*rows, {"scoring": {"options": []}}]) is None


def test_the_best_position_is_that_of_its_number_of_options():
    def row(options, truth):
        return {"truth": json.dumps(truth), "scoring": {"kind": "choice", "options": list(options)}}

    rows = [row("ab", "a"), row("ab", "a"), row("abc", "c"), row("abc", "c"), row("abc", "a")]
    assert constant_score(rows) == 0.8
