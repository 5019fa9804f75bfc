"""union_bits: the OR of each group, against Python's own."""

import functools
import operator
import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgeom import union_bits
from spatialgeom.errors import DTypeError, ShapeError

OPERATION = "union_bits"


def expected_union(words, groups, count):
    rows = [
        [row for row, g in zip(words.tolist(), groups.tolist(), strict=True) if g == k] for k in range(count)
    ]
    zero = [0] * words.shape[1]
    return [
        [functools.reduce(operator.or_, column, 0) for column in zip(*r, zero, strict=True)] for r in rows
    ]


def random_words(seed, frames, width):
    generator = torch.Generator().manual_seed(seed)
    sparse = torch.randint(-(2**62), 2**62, (3, frames, width), generator=generator)
    return sparse[0] & sparse[1] & sparse[2]


@given(
    seed=st.integers(0, 2**31),
    groups=st.lists(st.integers(-1, 6), max_size=33),
    width=st.sampled_from([0, 1, 3, 257]),
    integer=st.sampled_from([torch.int32, torch.int64]),
)
@settings(max_examples=40, deadline=None)
def test_agrees_with_python(backend, device, seed, groups, width, integer):
    words, labels = random_words(seed, len(groups), width), torch.tensor(groups, dtype=integer)
    union = union_bits(words.to(device), labels.to(device), backend=backend)
    count = max(groups, default=-1) + 1
    assert union.shape == (count, width)
    assert union.dtype == torch.int64
    assert union.tolist() == expected_union(words, labels, count)


def test_many_sets_of_one_group(backend, device):
    words = random_words(0, 100, 4).to(device)
    union = union_bits(words, torch.zeros(100, dtype=torch.int64, device=device), backend=backend)
    assert union.tolist() == [list(functools.reduce(lambda a, b: map(operator.or_, a, b), words.tolist()))]


def test_group_count_adds_empty_groups(backend, device):
    words = torch.tensor([[1], [6]], device=device)
    union = union_bits(words, torch.tensor([1, -1], device=device), group_count=4, backend=backend)
    assert union.tolist() == [[0], [1], [0], [0]]


@pytest.mark.parametrize("groups", [[], [-1, -1]])
def test_no_group_at_all(backend, device, groups):
    words = torch.ones((len(groups), 2), dtype=torch.int64, device=device)
    labels = torch.tensor(groups, dtype=torch.int64, device=device)
    assert union_bits(words, labels, backend=backend).shape == (0, 2)
    assert union_bits(words, labels, group_count=2, backend=backend).tolist() == [[0, 0], [0, 0]]


def test_leaves_its_input_and_takes_any_strides(backend, device):
    wide = random_words(1, 5, 40).to(device)
    before, labels = wide.clone(), torch.tensor([0, 1] * 20, device=device)
    union = union_bits(wide.T, labels, backend=backend)
    assert union.tolist() == expected_union(wide.T, labels, 2)
    assert torch.equal(wide, before)
    assert torch.equal(union_bits(wide.T, labels.repeat_interleave(3)[::3], backend=backend), union)


@pytest.mark.parametrize(
    ("groups", "count", "error", "message"),
    [
        ([0, -2], None, ValueError, "union_bits: groups must be in -1..0; got -2..0"),
        ([0, 3], 3, ValueError, "union_bits: groups must be in -1..2; got 0..3"),
        ([0], None, ShapeError, "union_bits: groups must be (F), F = 2; got (1,)"),
        ([0.0, 1.0], None, DTypeError, "union_bits: groups must be int32 or int64, got torch.float32"),
    ],
)
def test_refuses_groups(groups, count, error, message):
    with pytest.raises(error, match=re.escape(message)):
        union_bits(torch.zeros(2, 1, dtype=torch.int64), torch.tensor(groups), group_count=count)
