"""axis_extents in Triton: words far apart and side by side, labels out of range, and zeros of both signs."""

import pytest
import torch

pytest.importorskip("triton")

from spatialgeom import pack_bits
from spatialgeom.backends.reference.coverage import axis_extents as reference

kernels = pytest.importorskip("spatialgeom.backends.triton.coverage")
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


@pytest.mark.parametrize("labelled", [False, True])
@pytest.mark.parametrize("programs", [1, 3])
def test_programs_share_the_words(monkeypatch, labelled, programs):
    monkeypatch.setattr(kernels, "_PROGRAMS", programs)
    monkeypatch.setattr(kernels, "EMULATE", False)  # the card's words of a program
    rng = torch.Generator().manual_seed(programs)
    # what lies behind the last point, frame and word must not be read
    points = torch.cat((torch.randn(600, 3, generator=rng), torch.full((1, 3), 99.0))).to(DEVICE)[:600]
    visible = torch.full((34, 11), -1, device=DEVICE)[:33, :10]
    visible[:] = pack_bits(torch.rand(33, 600, generator=rng) < 0.02)
    visible[7] = -1
    labels = (torch.arange(600) // 150).to(DEVICE) if labelled else None
    arguments = points, visible, labels, 4
    for found, expected in zip(kernels.axis_extents(*arguments), reference(*arguments), strict=True):
        assert torch.equal(found, expected)


def _guard(monkeypatch, name):
    """Return the memory of what ``name`` makes, with 64 elements on either side that must stay 77."""
    make, whole = getattr(torch.Tensor, name), []

    def guarded(*arguments, **options):
        made = make(*arguments, **options)
        if not made.numel():
            return made
        whole.append(torch.full((made.numel() + 128,), 77, dtype=made.dtype, device=made.device))
        return whole[-1][64:-64].view(made.shape).copy_(made)

    monkeypatch.setattr(torch.Tensor, name, guarded)
    return whole


@pytest.mark.parametrize("made", ["new_full", "new_empty"])
def test_labels_out_of_range_are_no_object(monkeypatch, made):
    monkeypatch.setattr(kernels, "EMULATE", False)
    whole = _guard(monkeypatch, made)
    points = torch.arange(12.0).reshape(4, 3).to(DEVICE)
    labels = torch.tensor([5, 0, -7, 2], device=DEVICE)
    low, high = kernels.axis_extents(points, torch.tensor([[15]], device=DEVICE), labels, 2)
    assert low[0, 0].tolist() == high[0, 0].tolist() == [3, 4, 5]
    assert (low[1] == torch.inf).all()
    assert whole
    assert all((memory[:64] == 77).all() and (memory[-64:] == 77).all() for memory in whole)


@pytest.mark.parametrize("labelled", [False, True])
def test_each_point_of_a_word_counts(labelled):
    """In each of six words one bit is set, whose point is the furthest of all in one direction."""
    bits = torch.tensor([0, 7, 8, 31, 32, 63])
    points, seen = torch.full((6, 64, 3), 50.0), torch.zeros(1, 6, dtype=torch.int64)
    for word, bit in enumerate(bits.tolist()):
        points[word, bit] = 0
        points[word, bit, word % 3] = -1 if word < 3 else 1
        seen[0, word] = -(2**63) if bit == 63 else 1 << bit
    labels = torch.zeros(384, dtype=torch.int64)
    labels[::5] = 1  # each word has both
    labels[torch.arange(6) * 64 + bits] = 0
    arguments = points.reshape(-1, 3).to(DEVICE), seen.to(DEVICE), labels.to(DEVICE) if labelled else None
    low, high = kernels.axis_extents(*arguments, 2 if labelled else 1)
    assert low[0, 0].tolist() == [-1, -1, -1]
    assert high[0, 0].tolist() == [1, 1, 1]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("values", [(-0.0, 1.0), (-0.0, -1.0), (0.0, -0.0)])
def test_zeros_of_both_signs(dtype, values):
    # in different words, so that they meet in memory
    points = torch.tensor(values, dtype=dtype, device=DEVICE).repeat_interleave(64)[:, None].repeat(1, 3)
    seen = torch.full((1, 2), -1, device=DEVICE)
    low, high = kernels.axis_extents(points, seen, torch.zeros(128, dtype=torch.int64, device=DEVICE), 1)
    assert (low == min(values)).all()
    assert (high == max(values)).all()
