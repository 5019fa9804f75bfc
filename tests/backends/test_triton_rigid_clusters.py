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
    # what lies behind the last frame must not be read
    tracks, visible = torch.cat((tracks, tracks[:1] + 9)), torch.cat((visible, visible[:1] | True))
    return tracks.to(DEVICE)[:frames], visible.to(DEVICE)[:frames]


def _guard(monkeypatch):
    """Return the memory of all that is made without values, and how much of it may be written."""
    new_empty, whole = torch.Tensor.new_empty, []

    def guarded(tensor, *size, **options):
        made = new_empty(tensor, *size, **options)
        whole.append((new_empty(made, made.numel() + 256).fill_(77.0), made.numel()))
        return whole[-1][0][: made.numel()].view(made.shape) if made.numel() else made

    monkeypatch.setattr(torch.Tensor, "new_empty", guarded)
    return whole


@pytest.mark.parametrize("measure", ["range", "path"])
@pytest.mark.parametrize("tile", [(8, 32), (32, 32)])
@pytest.mark.parametrize("frames", [2, 9])
def test_tiles_of_a_card(monkeypatch, measure, tile, frames):
    monkeypatch.setattr(kernels, "_tile", lambda *_: tile)
    whole = _guard(monkeypatch)
    tracks, visible = _tracks(frames, 67)
    expected = distance_change(tracks, visible, measure=measure, backend="reference")
    found = distance_change(tracks, visible, measure=measure, backend="triton")
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5, equal_nan=True)
    assert torch.equal(found.nan_to_num(-1), found.T.nan_to_num(-1))
    assert all((memory[size:] == 77).all() for memory, size in whole)


@pytest.mark.parametrize("measure", ["range", "path"])
@pytest.mark.parametrize("frames", [8, 9, 35])
def test_joint_frames_are_counted_to_the_last(monkeypatch, measure, frames):
    """A point at rest that is seen in the last n frames shares that many with those seen longer."""
    monkeypatch.setattr(kernels, "_tile", lambda *_: (8, 32))
    visible = torch.arange(frames)[:, None] >= frames - torch.arange(6)
    tracks = torch.arange(18.0).reshape(1, 6, 3).repeat(frames, 1, 1)
    change = distance_change(tracks.to(DEVICE), visible.to(DEVICE), measure=measure, backend="triton").cpu()
    joint = torch.minimum(torch.arange(6)[:, None], torch.arange(6))
    assert torch.equal(change.isnan(), joint < 2)
    assert (change[joint >= 2] == 0).all()


def test_a_step_on_the_threshold_is_ignored_in_the_tiles_of_a_card(monkeypatch):
    monkeypatch.setattr(kernels, "_tile", lambda *_: (8, 32))
    tracks = torch.zeros(3, 40, 3)
    tracks[:, 39, 1] = torch.tensor([1.0, 1.25, 1.5625])
    change = distance_change(tracks.to(DEVICE), measure="path", ignore_below=0.25, backend="triton")
    assert (change[:39, 39] == 0.3125).all()
