"""relative_poses in Triton: its arctangent, the tiles of a card, and frames that do not exist."""

import pytest
import torch

kernels = pytest.importorskip("spatialgeom.backends.triton.relative_pose")
triton = pytest.importorskip("triton")
tl = triton.language

from spatialgeom.backends.reference.relative_pose import relative_poses as reference
from spatialgeom.backends.triton._angles import atan2_degrees

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


@triton.jit
def _atan2_kernel(y_ptr, x_ptr, out_ptr, BLOCK: tl.constexpr):
    n = tl.arange(0, BLOCK)
    tl.store(out_ptr + n, atan2_degrees(tl.load(y_ptr + n), tl.load(x_ptr + n)))


def _atan2(y, x):
    out = torch.empty_like(y, device=DEVICE)
    _atan2_kernel[(1,)](y.to(DEVICE), x.to(DEVICE), out, BLOCK=len(y))
    return out.cpu()


def _poses(frames):
    poses = torch.eye(4, dtype=torch.float64).repeat(frames, 1, 1)
    rng = torch.Generator().manual_seed(frames)
    turn = torch.linalg.qr(torch.randn(frames, 3, 3, generator=rng, dtype=torch.float64)).Q
    poses[:, :3, :3] = turn * torch.linalg.det(turn)[:, None, None]
    poses[:, :3, 3] = torch.randn(frames, 3, generator=rng, dtype=torch.float64)
    return poses.to(DEVICE)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_angles_are_right_to_a_few_units(dtype):
    direction = torch.linspace(-torch.pi, torch.pi, 1 << 14, dtype=torch.float64)
    y, x = direction.sin().to(dtype), direction.cos().to(dtype)
    exact = torch.atan2(y.double(), x.double()).rad2deg()
    error = (_atan2(y, x).double() - exact).abs() / exact.abs()
    assert error.max() <= 4 * torch.finfo(dtype).eps


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_eighths_of_a_turn_are_exact(dtype):
    y = torch.tensor([0, 3, 3, 3, 0, -3, -3, -3], dtype=dtype)
    x = torch.tensor([3, 3, 0, -3, -3, -3, 0, 3], dtype=dtype)
    assert _atan2(y, x).tolist() == [0, 45, 90, 135, 180, -135, -90, -45]
    nothing = torch.tensor([0.0, -0.0], dtype=dtype)
    assert _atan2(nothing, torch.full_like(nothing, -1)).tolist() == [180, -180]
    assert _atan2(nothing, nothing.abs()).tolist() == [0, 0]


@pytest.mark.parametrize("frames", [2, 5, 33])
def test_tiles_of_a_card(monkeypatch, frames):
    monkeypatch.setattr(kernels, "_tile", lambda every, _: (4, 16) if every else (1, 32))
    poses = _poses(frames)
    found, expected = kernels.relative_poses(poses, None), reference(poses, None)
    assert torch.equal(found[0], expected[0])
    for column, other in zip(found[1:], expected[1:], strict=True):
        torch.testing.assert_close(column, other, rtol=0, atol=1e-11)
    for column, other in zip(kernels.relative_poses(poses, found[0])[1:], found[1:], strict=True):
        torch.testing.assert_close(column, other, rtol=0, atol=1e-11)


def test_pairs_without_a_frame_are_nan():
    pairs = torch.tensor([[0, 1], [-1, 1], [0, 3], [3, -5], [2, 2]], device=DEVICE)
    for column in kernels.relative_poses(_poses(3), pairs)[1:]:
        assert column.reshape(5, -1).isnan().any(1).tolist() == [False, True, True, True, False]
