"""Triton's count_bits and union_bits: blocks, stretches, strides, and labels in any order."""

import pytest
import torch

from spatialgeom.backends.reference import bitsets as reference

pytest.importorskip("triton")

from spatialgeom.backends.triton import bitsets

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def random_words(seed, *shape):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(-(2**63), 2**63 - 1, shape, generator=generator).to(DEVICE)


@pytest.mark.parametrize("words", [1, 3, 16, 33, 257])
@pytest.mark.parametrize("rows", [1, 5, 33])
def test_counts_with_blocks_of_every_shape(rows, words, monkeypatch):
    monkeypatch.setattr(bitsets, "_BLOCK", 128)
    sets = random_words(rows, rows, words)
    for programs in (1, 1000):
        assert torch.equal(bitsets._count_rows(sets, programs), reference.count_bits(sets))


def test_counts_rows_longer_than_a_block():
    sets = random_words(0, 2, bitsets._BLOCK + 5)
    for programs in (1, 8):
        assert torch.equal(bitsets._count_rows(sets, programs), reference.count_bits(sets))


def test_counts_views():
    wide = random_words(1, 3, 4, 10)
    views = (
        wide.permute(2, 0, 1),
        wide[:, ::2, 1::3],
        wide[:, :1].expand(3, 7, 10),
        wide[:1].expand(2, 4, 10),
        wide[..., :1].expand(3, 4, 9),
        wide[0, 0],
        wide[:0],
        wide[..., :0],
    )
    for view in views:
        counts = bitsets.count_bits(view)
        assert counts.is_contiguous()
        assert torch.equal(counts, reference.count_bits(view.clone()))


def test_counts_a_repeated_row_once(monkeypatch):
    seen = []
    count = bitsets._count_rows
    monkeypatch.setattr(
        bitsets, "_count_rows", lambda rows, programs: seen.append(rows) or count(rows, programs)
    )
    row = random_words(2, 1, 4)
    assert bitsets.count_bits(row.expand(1000, 4)).tolist() == reference.count_bits(row).tolist() * 1000
    assert seen[0].shape == (1, 4)
    assert seen[0].data_ptr() == row.data_ptr()


@pytest.mark.parametrize("processors", [1, 1000])
@pytest.mark.parametrize(
    "labels",
    [
        [0, 0, 0, 1, 1, 2, 3, 3, 3],  # in order: a run each
        [2, 0, 1, 2, 0, 1, 3, 3, 2],  # every set ends a run
        [-1, 1, -1, -1, 1, 0, -1, 0, -1],  # sets in no group, within runs and around them
        [5, 1, 7, 1, -2, 4, 0, 2**40, 3],  # labels that no group has
        [3] * 9,
        [-1] * 9,
    ],
)
def test_unites_labels_in_any_order(labels, processors, monkeypatch):
    monkeypatch.setattr(bitsets, "multiprocessors", lambda device: processors)
    monkeypatch.setattr(bitsets, "_UNION_BLOCK", 16)
    words = random_words(3, 9, 33) & random_words(4, 9, 33) & random_words(5, 9, 33)
    groups = torch.tensor(labels, device=DEVICE)
    kept = torch.where((groups >= 0) & (groups < 4), groups, -1)
    expected = reference.union_bits(words, kept, 4)
    assert torch.equal(bitsets.union_bits(words, groups, 4), expected)
    spread = groups.repeat_interleave(2)[::2]
    assert torch.equal(bitsets.union_bits(words.T.contiguous().T, spread, 4), expected)


@pytest.mark.parametrize("frames", [1, 3, 4, 5, 8, 9])
def test_unites_any_number_of_sets(frames):
    words = random_words(frames, frames, 5)
    groups = torch.arange(frames, device=DEVICE) // 2
    assert torch.equal(bitsets.union_bits(words, groups, 6), reference.union_bits(words, groups, 6))


def test_unites_one_row_again_and_again():
    words = random_words(6, 1, 5).expand(7, 5)
    groups = torch.tensor([0, 1, 1, 0, 2, 2, 2], device=DEVICE)
    assert torch.equal(bitsets.union_bits(words, groups, 3), words[:3])


@pytest.mark.parametrize(("frames", "words", "count"), [(0, 3, 2), (2, 0, 2), (2, 3, 0)])
def test_unites_nothing(frames, words, count):
    groups = torch.zeros(frames, dtype=torch.int64, device=DEVICE)
    union = bitsets.union_bits(random_words(7, frames, words), groups, count)
    assert union.shape == (count, words)
    assert not union.any()
