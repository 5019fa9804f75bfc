"""The two matrix kernels behind Triton's overlap_matrix: tiles, stretches of words, vectors, and counters."""

import pytest
import torch

from spatialgeom.backends.reference import overlap as reference

pytest.importorskip("triton")

from spatialgeom.backends.triton import _split, overlap
from spatialgeom.backends.triton._int8 import add_int8_products
from spatialgeom.backends.triton._one_bit import add_one_bit_products

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


@pytest.fixture(params=[add_one_bit_products, add_int8_products], ids=["one_bit", "int8"])
def add_products(request):
    newest = torch.cuda.is_available() and torch.cuda.get_device_capability() >= (10, 0)
    if newest and request.param is add_one_bit_products:
        pytest.skip("this GPU has no one-bit tensor cores")
    return request.param


def random_words(seed, *shape):
    generator = torch.Generator().manual_seed(seed)
    words = torch.randint(-(2**63), 2**63 - 1, (2, *shape), generator=generator)
    return (words[0] & words[1]).to(DEVICE)


def check(add_products, left, right):
    expected = reference.overlap_matrix(left, right)
    result = overlap.overlap_by(add_products, left, right)
    for one, other in zip(result, expected, strict=True):
        assert one.is_contiguous()
        assert torch.equal(one, other)


@pytest.mark.parametrize("words", [1, 2, 9, 18, 257])
@pytest.mark.parametrize("frames", [1, 15, 17, 33])
def test_a_set_of_frames_with_itself(add_products, frames, words):
    check(add_products, random_words(frames, frames, words), None)


@pytest.mark.parametrize(("frames", "others"), [(1, 1), (7, 65), (65, 7), (33, 31), (130, 129)])
def test_two_sets_of_frames(add_products, frames, others):
    check(add_products, random_words(0, frames, 12), random_words(1, others, 12))


def test_more_tiles_than_one_on_and_off_the_diagonal(add_products):
    check(add_products, random_words(2, 131, 6), None)


@pytest.mark.parametrize(
    ("frames", "others", "words"), [(0, None, 3), (0, 2, 3), (3, 0, 3), (3, 2, 0), (3, None, 0)]
)
def test_nothing_to_count(add_products, frames, others, words):
    right = None if others is None else random_words(1, others, words)
    check(add_products, random_words(0, frames, words), right)


@pytest.mark.parametrize("words", [700, 701])
def test_programs_that_share_a_row_add_up(add_products, words):
    left, right = random_words(3, 5, words), random_words(4, 4, words)
    counts = torch.full((5, 4), 7, dtype=torch.int64, device=DEVICE)
    add_products(left, right, counts, processors=8)
    assert torch.equal(counts - 7, reference.overlap_matrix(left, right)[0])


def test_counts_the_upper_triangle_alone(add_products):
    left = random_words(5, 40, 4)
    counts = torch.zeros((40, 40), dtype=torch.int64, device=DEVICE)
    add_products(left, None, counts)
    assert torch.equal(counts, reference.overlap_matrix(left, None)[0].triu())


def test_counts_that_need_more_than_32_bits(add_products, monkeypatch):
    monkeypatch.setattr(_split, "_NARROW", 520)
    left, right = random_words(6, 3, 601), random_words(7, 4, 601)
    assert _split.counters(torch.zeros((3, 4), dtype=torch.int64), left, right).dtype == torch.int64
    check(add_products, left, right)
    check(add_products, left, None)
    counts = torch.full((3, 4), 2**33 - 1, device=DEVICE)
    add_products(left, right, counts)
    assert torch.equal(counts - (2**33 - 1), reference.overlap_matrix(left, right)[0])


def test_where_counters_become_wide():
    counts, row = torch.zeros((2, 2), dtype=torch.int64), torch.zeros((1, 1), dtype=torch.int64)
    longest = row.expand(2, (1 << 24) - 1)
    far_apart = torch.empty(0, dtype=torch.int64).as_strided((0, 4), (1 << 24, 1))
    assert _split.counters(counts, longest, longest).dtype == torch.int32
    assert _split.counters(counts, row.expand(2, 1 << 24), row.expand(2, 1 << 24)) is counts
    assert _split.counters(counts, far_apart, longest) is counts
    assert _split.counters(counts, longest, row.expand(1 << 23, 4)) is counts


def test_takes_rows_from_anywhere(add_products):
    wide = random_words(8, 12, 21)
    views = {
        "every other row": wide[::2, :20],
        "rows an odd number of words apart": wide[:, :20],
        "rows that begin on any word": wide[:, 1:],
        "one row again and again": wide[:1, :20].expand(6, 20),
        "columns": wide.T,
        "one word again and again": wide[:, :1].expand(12, 20),
    }
    for name, view in views.items():
        before = view.clone()
        for right in (None, view[:5]):
            expected = reference.overlap_matrix(before, None if right is None else before[:5])
            result = overlap.overlap_by(add_products, view, right)
            assert torch.equal(result[0], expected[0]), name
            assert torch.equal(result[1], expected[1]), name
        assert torch.equal(view, before), name


def test_loads_pairs_only_where_rows_consist_of_them():
    wide = torch.zeros((4, 8), dtype=torch.int64)
    assert _split.vector_of(wide, wide[::3]) == 2
    assert _split.vector_of(wide, torch.zeros((4, 9), dtype=torch.int64)[:, :8]) == 1
    assert _split.vector_of(wide[:, :7], wide[:, :7]) == 1


def test_writes_every_entry(add_products, monkeypatch):
    def poisoned(*shape, empty=torch.empty, **options):
        return empty(*shape, **options).fill_(torch.nan)

    left = random_words(9, 37, 3)
    left[5] = 0
    expected = reference.overlap_matrix(left, None), reference.overlap_matrix(left, left[:9])
    monkeypatch.setattr(torch, "empty", poisoned)
    for right, (intersection, iou) in zip((None, left[:9]), expected, strict=True):
        result = overlap.overlap_by(add_products, left, right)
        assert torch.equal(result[0], intersection)
        assert torch.equal(result[1], iou)


@pytest.mark.parametrize(
    ("capability", "expected"),
    [
        ((8, 0), add_one_bit_products),
        ((8, 9), add_one_bit_products),
        ((9, 0), add_one_bit_products),
        ((10, 0), add_int8_products),
        ((12, 0), add_int8_products),
    ],
)
def test_the_card_decides(monkeypatch, capability, expected):
    monkeypatch.setattr(overlap, "EMULATE", False)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert overlap._products.__wrapped__(torch.device("cuda")) is expected


@pytest.mark.parametrize("tiles", [1, 6, 36, 131, 133, 2000])
@pytest.mark.parametrize("steps", [1, 7, 293, 977])
def test_stretches_cover_the_words_and_fill_the_card(tiles, steps):
    length = _split._steps_per_program(tiles, steps, 132)
    assert 1 <= length <= steps
    # no stretch is shorter than adding its counts takes, and no processor idles while others have three
    rounds = -(-tiles * -(-steps // length) // 132)
    assert rounds * length <= 3 * tiles * steps / 132 + 14
