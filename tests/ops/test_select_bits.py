"""select_bits: packing what indexing the mask gives."""

import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgeom import pack_bits, select_bits
from spatialgeom.errors import DTypeError, ShapeError

OPERATION = "select_bits"


def random_mask(seed, *shape):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) < 0.4


@given(
    seed=st.integers(0, 2**31),
    frames=st.sampled_from([0, 1, 5]),
    taken=st.sampled_from([0, 1, 31, 33, 64, 257]),
    integer=st.sampled_from([torch.int32, torch.int64]),
)
@settings(max_examples=40, deadline=None)
def test_agrees_with_indexing_the_mask(backend, device, seed, frames, taken, integer):
    mask = random_mask(seed, frames, 130)
    index = torch.randint(0, 130, (taken,), generator=torch.Generator().manual_seed(seed)).to(integer)
    selected = select_bits(pack_bits(mask).to(device), index.to(device), backend=backend)
    assert selected.dtype == torch.int64
    assert torch.equal(selected.cpu(), pack_bits(mask[:, index]))


def test_first_and_last_bit_of_a_word(backend, device):
    words = torch.tensor([[-(2**63), 1]], device=device)
    index = torch.tensor([62, 63, 64, 65, 127], device=device)
    assert select_bits(words, index, backend=backend).tolist() == [[0b110]]


def test_keeping_all_changes_nothing(backend, device):
    words = pack_bits(random_mask(3, 4, 200)).to(device)
    assert torch.equal(select_bits(words, torch.arange(256, device=device), backend=backend), words)


def test_more_words_than_one_block(backend, device, monkeypatch):
    if backend == "reference":
        monkeypatch.setattr("spatialgeom.backends.reference.bitsets._BLOCK_WORDS", 1)
    mask = random_mask(4, 3, 300)
    index = torch.arange(299, -1, -1)
    selected = select_bits(pack_bits(mask).to(device), index.to(device), backend=backend)
    assert torch.equal(selected.cpu(), pack_bits(mask.flip(1)))


def test_takes_any_strides(backend, device):
    words = pack_bits(random_mask(5, 4, 256)).to(device)
    index = torch.arange(0, 128, device=device)
    expected = select_bits(words[:, :2].contiguous(), index[::3].contiguous(), backend=backend)
    assert torch.equal(select_bits(words[:, :2], index[::3], backend=backend), expected)
    assert torch.equal(select_bits(words.T.contiguous().T[:, :2], index[::3], backend=backend), expected)


@pytest.mark.parametrize(
    ("index", "error", "message"),
    [
        ([0, 128], ValueError, "select_bits: index must be in 0..127; got 0..128"),
        ([-1, 5], ValueError, "select_bits: index must be in 0..127; got -1..5"),
        ([[0]], ShapeError, "select_bits: index must be (M); got (1, 1)"),
        ([True], DTypeError, "select_bits: index must be int32 or int64, got torch.bool"),
    ],
)
def test_refuses_an_index(index, error, message):
    with pytest.raises(error, match=re.escape(message)):
        select_bits(torch.zeros(3, 2, dtype=torch.int64), torch.tensor(index))
