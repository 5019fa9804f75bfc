"""nth_bit: the k-th point of a set, against listing the set."""

import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgeom import count_bits, nth_bit, pack_bits
from spatialgeom.errors import DTypeError, ShapeError

OPERATION = "nth_bit"


def random_sets(seed, rows, count):
    """Return masks from empty to full: whole words of zeros and of ones among them."""
    generator = torch.Generator().manual_seed(seed)
    share = torch.rand((rows, 1), generator=generator) * 1.4 - 0.2
    blocky = torch.rand((rows, -(-count // 64)), generator=generator).repeat_interleave(64, 1)[:, :count]
    return torch.rand((rows, count), generator=generator) * 0.5 + blocky * 0.5 < share


def listed(mask, k, rows):
    points = [row.nonzero().flatten().tolist() for row in mask]
    return [points[r][n] if 0 <= n < len(points[r]) else -1 for n, r in zip(k, rows, strict=True)]


@pytest.mark.parametrize("bit", range(64))
def test_every_bit_of_a_word(backend, device, bit):
    one = torch.ones(1, 1, dtype=torch.int64, device=device) << bit
    rank = torch.tensor([bit], device=device)
    assert nth_bit(one, torch.zeros_like(rank), backend=backend).item() == bit
    assert nth_bit(torch.full_like(one, -1), rank, backend=backend).item() == bit


@given(
    seed=st.integers(0, 2**31), count=st.sampled_from([1, 31, 33, 64, 257, 1000]), draws=st.integers(0, 60)
)
@settings(max_examples=40, deadline=None)
def test_agrees_with_listing_the_set(backend, device, seed, count, draws):
    mask = random_sets(seed, 7, count)
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randint(0, 7, (draws,), generator=generator)
    k = torch.randint(-2, count + 2, (draws,), generator=generator)
    words = pack_bits(mask).to(device)
    found = nth_bit(words, k.to(device), rows.to(device), backend=backend)
    assert found.dtype == torch.int64
    assert found.tolist() == listed(mask, k.tolist(), rows.tolist())
    own = nth_bit(words, torch.arange(7, device=device), backend=backend)
    assert own.tolist() == listed(mask, range(7), range(7))


def test_the_last_point_and_one_beyond(backend, device):
    words = pack_bits(random_sets(5, 40, 300)).to(device)
    counts = count_bits(words)
    last = nth_bit(words, counts - 1, backend=backend)
    assert torch.equal(last == -1, counts == 0)
    assert (nth_bit(words, counts, backend=backend) == -1).all()
    assert (nth_bit(words, torch.full_like(counts, -1), backend=backend) == -1).all()


def test_more_draws_and_rows_than_one_block(backend, device, monkeypatch):
    if backend == "reference":
        monkeypatch.setattr("spatialgeom.backends.reference.bitsets._BLOCK_WORDS", 12)
    mask = random_sets(6, 11, 257)
    generator = torch.Generator().manual_seed(6)
    rows = torch.randint(0, 11, (10_000,), generator=generator)
    k = torch.randint(0, 200, (10_000,), generator=generator)
    found = nth_bit(pack_bits(mask).to(device), k.to(device), rows.to(device), backend=backend)
    assert found.tolist() == listed(mask, k.tolist(), rows.tolist())


def test_an_expanded_row_is_not_copied(backend, device):
    # copied, it would take 80 TB
    mask = random_sets(7, 1, 640_000)
    words = pack_bits(mask).to(device).expand(1_000_000_000, 10_000)[:1000]
    k = torch.arange(1000, device=device)
    assert nth_bit(words, k, backend=backend).tolist() == listed(mask, range(1000), [0] * 1000)


def test_takes_any_strides_and_int32(backend, device):
    mask = random_sets(8, 6, 320)
    words = pack_bits(mask).to(device)
    rows = torch.tensor([5, 0, 3], dtype=torch.int32, device=device)
    k = torch.tensor([1, 7, 2, 8, 3, 9], dtype=torch.int32, device=device)[::2]
    expected = listed(mask, [1, 2, 3], [5, 0, 3])
    assert nth_bit(words.T.contiguous().T, k, rows, backend=backend).tolist() == expected


def test_nothing_to_draw_from(backend, device):
    empty = torch.zeros((3, 0), dtype=torch.int64, device=device)
    zeros = torch.zeros(3, dtype=torch.int64, device=device)
    assert nth_bit(empty, zeros, backend=backend).tolist() == [-1, -1, -1]
    assert nth_bit(empty[:0], zeros[:0], backend=backend).tolist() == []
    assert nth_bit(empty, zeros[:0], zeros[:0], backend=backend).tolist() == []


@pytest.mark.parametrize(
    ("k", "rows", "error", "message"),
    [
        ([0], None, ShapeError, "nth_bit: k must be (R), R = 2; got (1,)"),
        ([0], [0, 1], ShapeError, "nth_bit: rows must be (M), M = 1; got (2,)"),
        ([0], [2], ValueError, "nth_bit: rows must be in 0..1; got 2..2"),
        ([0, 0], [-1, 0], ValueError, "nth_bit: rows must be in 0..1; got -1..0"),
        ([0.0], [0], DTypeError, "nth_bit: k must be int32 or int64, got torch.float32"),
    ],
)
def test_refuses_draws(k, rows, error, message):
    words = torch.zeros(2, 1, dtype=torch.int64)
    with pytest.raises(error, match=re.escape(message)):
        nth_bit(words, torch.tensor(k), None if rows is None else torch.tensor(rows))
