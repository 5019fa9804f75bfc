"""count_bits: every bit counts once, for any shape."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgeom import count_bits, pack_bits
from spatialgeom.errors import DTypeError, ShapeError

OPERATION = "count_bits"
words = st.integers(-(2**63), 2**63 - 1)


@pytest.mark.parametrize("bit", range(64))
def test_each_bit_counts(backend, device, bit):
    word = torch.ones(1, dtype=torch.int64, device=device) << bit
    assert count_bits(word, backend=backend).item() == 1
    assert count_bits(~word, backend=backend).item() == 63
    assert count_bits(word | ~word, backend=backend).item() == 64


@given(rows=st.lists(st.lists(words, min_size=3, max_size=3), min_size=1, max_size=9))
@settings(max_examples=40, deadline=None)
def test_agrees_with_python_integers(backend, device, rows):
    counts = count_bits(torch.tensor(rows, dtype=torch.int64, device=device), backend=backend)
    assert counts.dtype == torch.int64
    assert counts.tolist() == [sum((word % 2**64).bit_count() for word in row) for row in rows]


@pytest.mark.parametrize("batch", [(), (0,), (5,), (2, 3)])
@pytest.mark.parametrize("count", [0, 1, 31, 33, 257, 100_000])
def test_agrees_with_the_sum_of_the_mask(backend, device, batch, count):
    mask = torch.rand((*batch, count), generator=torch.Generator().manual_seed(count)) < 0.3
    counts = count_bits(pack_bits(mask).to(device), backend=backend)
    assert counts.shape == batch
    assert torch.equal(counts.cpu(), mask.sum(-1))


def test_takes_any_strides(backend, device):
    wide = torch.arange(-40, 40, device=device).reshape(8, 10)
    for view in (wide.T, wide[::2, 1::3], wide[:1].expand(5, 10), wide.reshape(2, 4, 10).transpose(0, 1)):
        assert torch.equal(count_bits(view, backend=backend), count_bits(view.clone(), backend=backend))
    assert torch.equal(count_bits(wide.T, backend=backend), count_bits(wide.T.contiguous(), backend=backend))


def test_more_rows_than_one_block(backend, device, monkeypatch):
    if backend == "reference":
        monkeypatch.setattr("spatialgeom.backends.reference.bitsets._BLOCK_WORDS", 16)
    rows = torch.arange(77, device=device).reshape(11, 7)
    expected = [sum(word.bit_count() for word in row) for row in rows.tolist()]
    assert count_bits(rows, backend=backend).tolist() == expected


def test_refuses_what_is_not_words():
    with pytest.raises(DTypeError, match=r"count_bits: words must be int64 \(packed bits\), got torch.bool"):
        count_bits(torch.zeros(3, dtype=torch.bool))
    with pytest.raises(ShapeError, match=r"count_bits: words must be \(..., W\); got \(\)"):
        count_bits(torch.tensor(3))
