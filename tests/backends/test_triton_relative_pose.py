"""relative_poses in Triton: its arctangent, the tiles of a card, and frames that do not exist."""

import pytest
import torch

kernels = pytest.importorskip("spatialgeom.backends.triton.relative_pose")
triton = pytest.importorskip("triton")
tl = triton.language

from spatialgeom.backends.reference.relative_pose import relative_poses as reference
from spatialgeom.backends.triton._angles import atan2_degrees
from spatialgeom.backends.triton._language import launch

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


@triton.jit
def _atan2_kernel(y_ptr, x_ptr, out_ptr, BLOCK: tl.constexpr):
    n = tl.arange(0, BLOCK)
    tl.store(out_ptr + n, atan2_degrees(tl.load(y_ptr + n), tl.load(x_ptr + n)))


def _atan2(y, x):
    out = torch.empty_like(y, device=DEVICE)
    launch(_atan2_kernel, (1,), y.to(DEVICE), x.to(DEVICE), out, warps=4, BLOCK=len(y))
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
    assert _atan2(nothing, -nothing.abs()).tolist() == [180, -180]


@pytest.mark.parametrize("frames", [2, 5, 33])
def test_tiles_of_a_card(monkeypatch, frames):
    monkeypatch.setattr(kernels, "_tile", lambda every, _: (4, 16) if every else (1, 32))
    monkeypatch.setattr(kernels, "_BLOCK_EMULATED", 32)
    poses = _poses(frames)
    found, expected = kernels.relative_poses(poses, None), reference(poses, None)
    assert torch.equal(found[0], expected[0])
    for column, other in zip(found[1:], expected[1:], strict=True):
        torch.testing.assert_close(column, other, rtol=0, atol=1e-11)
    for column, other in zip(kernels.relative_poses(poses, found[0])[1:], found[1:], strict=True):
        torch.testing.assert_close(column, other, rtol=0, atol=1e-11)


def test_pairs_without_a_frame_are_nan():
    pairs = torch.tensor([[0, 1], [-1, 1], [3, 1], [0, 3], [0, -5], [2, 2]], device=DEVICE)
    for column in kernels.relative_poses(_poses(3), pairs)[1:]:
        assert column.reshape(6, -1).isnan().any(1).tolist() == [False, True, True, True, True, False]


@pytest.mark.skipif(not kernels.EMULATE, reason="replaces memory that only the interpreter writes")
@pytest.mark.parametrize("every", [False, True])
def test_nothing_is_written_beyond_the_outputs(monkeypatch, every):
    new_empty, whole = torch.Tensor.new_empty, []

    def guarded(tensor, size, **options):
        made = new_empty(tensor, size, **options)
        whole.append((new_empty(made, made.numel() + 64).fill_(77), made.numel()))
        return whole[-1][0][: made.numel()].view(made.shape) if made.numel() else made

    monkeypatch.setattr(torch.Tensor, "new_empty", guarded)
    kernels.relative_poses(_poses(5), None if every else torch.tensor([[0, 1], [1, 2], [4, 0]]))
    assert all((memory[size:] == 77).all() for memory, size in whole if size)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_half_turns_and_stretched_rotations(dtype):
    poses = torch.eye(4, dtype=torch.float64).repeat(6, 1, 1)
    for axis in range(3):
        poses[1 + axis, :3, :3] = -poses[0, :3, :3]
        poses[1 + axis, axis, axis] = 1
    turned = _poses(1)[0, :3, :3].cpu()
    poses[4, :3, :3] = turned @ torch.tensor([1.0, 4, 16], dtype=torch.float64).diag()
    poses[5, :3, :3] = turned / 1000
    pairs = torch.tensor([[0, n] for n in range(1, 6)], device=DEVICE)
    angle = kernels.relative_poses(poses.to(DEVICE, dtype), pairs)[-1].cpu()
    exact = torch.acos((turned.trace() - 1) / 2).rad2deg().item()
    assert angle.tolist() == pytest.approx([180, 180, 180, exact, exact], abs=1e4 * torch.finfo(dtype).eps)


def test_reflections_have_no_angle_and_flat_matrices_no_inverse():
    poses = _poses(3)
    poses[1, :3, :3] *= -1
    # no cofactor is 0, so that a quotient by 0 would be infinite
    poses[2, :3, :3] = torch.tensor([[1.0, 0, -1], [0, 1, -1], [1, 1, -2]])
    poses[0, :3, 3] = poses[2, :3, 3] + torch.tensor([1.0, 1, -1]).to(poses)
    pairs = torch.tensor([[1, 0], [2, 0], [0, 2]], device=DEVICE)
    translation, _, yaw, _, angle = kernels.relative_poses(poses, pairs)[1:]
    assert translation.isnan().all(1).tolist() == [False, True, False]
    assert angle.isnan().all()
    assert not yaw.isnan().any()
