"""distance_change in Triton: the tiles of a card, whose edges and recounts the interpreter's own hide."""

import pytest
import torch

pytest.importorskip("triton")

from spatialgeom import distance_change

kernels = pytest.importorskip("spatialgeom.backends.triton.rigid_clusters")
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def _tracks(frames, count):
    rng = torch.Generator().manual_seed(count)
    tracks = torch.randn(frames, count, 3, generator=rng).cumsum(0) / 64
    visible = torch.rand(frames, count, generator=rng) < 0.5
    # points at rest or seen at most once, whose pairs are recounted
    tracks[:, 1::4] = tracks[:1, 1::4]
    visible[1:, 2::8] = False
    return tracks.to(DEVICE), visible.to(DEVICE)


@pytest.mark.parametrize("measure", ["range", "path"])
@pytest.mark.parametrize("tile", [(8, 32), (32, 32)])
@pytest.mark.parametrize("frames", [2, 9])
def test_tiles_of_a_card(monkeypatch, measure, tile, frames):
    monkeypatch.setattr(kernels, "_tile", lambda *_: tile)
    empty = torch.Tensor.new_empty
    monkeypatch.setattr(torch.Tensor, "new_empty", lambda *a, **k: empty(*a, **k).fill_(77.0))
    tracks, visible = _tracks(frames, 67)
    expected = distance_change(tracks, visible, measure=measure, backend="reference")
    found = distance_change(tracks, visible, measure=measure, backend="triton")
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5, equal_nan=True)
    assert torch.equal(found.nan_to_num(-1), found.T.nan_to_num(-1))
