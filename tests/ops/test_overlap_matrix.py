"""overlap_matrix: exact counts and ratios, whatever the tiling."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgeom import count_bits, overlap_matrix, pack_bits
from spatialgeom.errors import DTypeError, ShapeError

OPERATION = "overlap_matrix"
SIZES = (0, 1, 2, 3, 5, 31, 33, 67)  # around the tiles of 4 x 2 and 32 x 32


def random_sets(seed, frames, count):
    generator = torch.Generator().manual_seed(seed)
    share = torch.rand((frames, 1), generator=generator) * 1.2 - 0.1
    return torch.rand((frames, count), generator=generator) < share


def boolean_loops(left, right):
    """Return intersections and unions by NumPy's logic on masks, a pair at a time."""
    shape = (len(left), len(right))
    both = [int(np.logical_and(a, b).sum()) for a in left.numpy() for b in right.numpy()]
    either = [int(np.logical_or(a, b).sum()) for a in left.numpy() for b in right.numpy()]
    both, either = np.reshape(both, shape).astype(np.int64), np.reshape(either, shape)
    return torch.from_numpy(both), torch.from_numpy(both / np.maximum(either, 1))


@given(
    seed=st.integers(0, 2**31),
    frames=st.sampled_from(SIZES),
    others=st.sampled_from([None, *SIZES]),
    count=st.sampled_from([0, 1, 31, 33, 257, 700]),
)
@settings(max_examples=30, deadline=None)
def test_agrees_with_boolean_loops(backend, device, seed, frames, others, count):
    left = random_sets(seed, frames, count)
    right = left if others is None else random_sets(seed + 1, others, count)
    packed = None if others is None else pack_bits(right).to(device)
    result = overlap_matrix(pack_bits(left).to(device), packed, backend=backend)
    intersection, iou = boolean_loops(left, right)
    assert torch.equal(result.intersection.cpu(), intersection)
    assert torch.equal(result.iou.cpu(), iou)


@pytest.mark.parametrize("words", [1, 15, 16, 17, 1279, 1280, 1281, 2600])
def test_every_word_counts_once(backend, device, words):
    # sizes around the blocks of words that a pass takes
    sets = torch.full((6, words), -1, dtype=torch.int64, device=device)
    assert (overlap_matrix(sets, backend=backend).intersection == 64 * words).all()
    assert (overlap_matrix(sets, sets[:3], backend=backend).intersection == 64 * words).all()


def test_the_diagonal_is_each_set_with_itself(backend, device):
    mask = random_sets(0, 40, 300)
    mask[7] = False
    words = pack_bits(mask).to(device)
    result = overlap_matrix(words, backend=backend)
    assert torch.equal(result.intersection.diagonal(), count_bits(words))
    assert torch.equal(result.iou.diagonal(), (count_bits(words) > 0).double())
    assert torch.equal(result.iou, result.iou.T)
    assert (result.iou[7] == 0).all()


def test_the_sign_bit_is_a_point(backend, device):
    words = torch.tensor([[-(2**63)], [-1]], device=device)
    result = overlap_matrix(words, backend=backend)
    assert result.intersection.tolist() == [[1, 1], [1, 64]]
    assert result.iou[0, 1].item() == 1 / 64


def test_more_words_than_one_block_of_the_reference(backend, device, monkeypatch):
    if backend == "reference":
        monkeypatch.setattr("spatialgeom.backends.reference.overlap._BLOCK_BITS", 64)
    left = random_sets(1, 9, 700)
    result = overlap_matrix(pack_bits(left).to(device), backend=backend)
    assert torch.equal(result.intersection.cpu(), boolean_loops(left, left)[0])


def test_half_precision_regions_do_not_round_counts(backend, device):
    words = torch.full((2, 9), -1, dtype=torch.int64, device=device)
    words[1, 0] = 1
    with torch.autocast(device, dtype=torch.bfloat16):
        assert overlap_matrix(words, backend=backend).intersection.tolist() == [[576, 513], [513, 513]]


def test_takes_any_strides(backend, device):
    words = pack_bits(random_sets(2, 10, 640)).to(device)
    columns = words.T.contiguous().T
    expected = overlap_matrix(words[::2].contiguous(), words, backend=backend)
    result = overlap_matrix(columns[::2], columns, backend=backend)
    assert torch.equal(result.iou, expected.iou)


@pytest.mark.parametrize(
    ("visible", "other", "error", "message"),
    [
        ((3,), None, ShapeError, "overlap_matrix: visible must be (F, W); got (3,)"),
        ((3, 2), (4, 1), ShapeError, "overlap_matrix: other must be (G, W), W = 2; got (4, 1)"),
    ],
)
def test_refuses_a_shape(visible, other, error, message):
    other = None if other is None else torch.zeros(other, dtype=torch.int64)
    with pytest.raises(error, match=re.escape(message)):
        overlap_matrix(torch.zeros(visible, dtype=torch.int64), other)


def test_refuses_masks():
    with pytest.raises(DTypeError, match=r"visible must be int64 \(packed bits\), got torch.bool"):
        overlap_matrix(torch.zeros(3, 64, dtype=torch.bool))
