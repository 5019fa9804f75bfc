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
    rng = torch.Generator().manual_seed(programs)
    points = torch.randn(600, 3, generator=rng)
    visible = pack_bits(torch.rand(33, 600, generator=rng) < 0.02)
    visible[7] = -1
    labels = torch.arange(600) // 150 if labelled else None
    arguments = points.to(DEVICE), visible.to(DEVICE), None if labels is None else labels.to(DEVICE), 4
    for found, expected in zip(kernels.axis_extents(*arguments), reference(*arguments), strict=True):
        assert torch.equal(found, expected)


def test_labels_out_of_range_are_no_object():
    points = torch.arange(12.0).reshape(4, 3).to(DEVICE)
    labels = torch.tensor([5, 0, -7, 2], device=DEVICE)
    low, high = kernels.axis_extents(points, torch.tensor([[15]], device=DEVICE), labels, 2)
    assert low[0, 0].tolist() == high[0, 0].tolist() == [3, 4, 5]
    assert (low[1] == torch.inf).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("values", [(-0.0, 1.0), (-0.0, -1.0), (0.0, -0.0)])
def test_zeros_of_both_signs(dtype, values):
    # in different words, so that they meet in memory
    points = torch.tensor(values, dtype=dtype, device=DEVICE).repeat_interleave(64)[:, None].repeat(1, 3)
    seen = torch.full((1, 2), -1, device=DEVICE)
    low, high = kernels.axis_extents(points, seen, torch.zeros(128, dtype=torch.int64, device=DEVICE), 1)
    assert (low == min(values)).all()
    assert (high == max(values)).all()
