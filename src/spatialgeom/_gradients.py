"""Gradients of projection and its inverse: the operator of any backend forward, one formula backward."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


class Project(torch.autograd.Function):
    """Differentiates ``project_points``; invalid pixels and points that are not finite pass nothing on."""

    @staticmethod
    def forward(*arguments: Any) -> tuple[Tensor, Tensor, Tensor]:
        """Run the operator, whose arguments these are."""
        result: tuple[Tensor, Tensor, Tensor] = torch.ops.spatialgeom.project_points(*arguments)
        return result

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor, Tensor]) -> None:
        """Keep the tensors and which pixels are valid."""
        ctx.mark_non_differentiable(output[2])
        ctx.save_for_backward(*inputs[:3], output[2])

    @staticmethod
    def backward(ctx: Any, grad_uv: Tensor, grad_depth: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        """Return gradients of points, poses and intrinsics."""
        points, pose, camera, valid = ctx.saved_tensors
        known = points.isfinite().all(-1)
        world = torch.where(known[..., None], points, 0)[..., None, :, :].unbind(-1)  # (..., 1, N) each
        x, y, z = _transform(pose, world)
        # a divisor of one where the pixel is unused: zero times infinity would be NaN
        z = torch.where(valid, z, 1)
        x, y = x / z, y / z
        grad_u, grad_v = torch.where(valid[..., None], grad_uv, 0).unbind(-1)
        grad_x, grad_y = grad_u * camera[..., 0, 0, None] / z, grad_v * camera[..., 1, 1, None] / z
        grad_z = torch.where(known[..., None, :], grad_depth, 0) - grad_x * x - grad_y * y
        of_points, of_pose = _transform_gradient(pose, world, (grad_x, grad_y, grad_z))
        of_points = torch.where(known[..., None], of_points, 0)
        of_camera = _camera_gradient(
            (grad_u * x).sum(-1), (grad_v * y).sum(-1), grad_u.sum(-1), grad_v.sum(-1)
        )
        return of_points, of_pose, of_camera, None, None, None


class Unproject(torch.autograd.Function):
    """Differentiates ``unproject_depth``; pixels without a reading pass nothing on."""

    @staticmethod
    def forward(*arguments: Any) -> tuple[Tensor, Tensor]:
        """Run the operator, whose arguments these are."""
        result: tuple[Tensor, Tensor] = torch.ops.spatialgeom.unproject_depth(*arguments)
        return result

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
        """Keep the tensors and which pixels are valid."""
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(*inputs[:3], output[1])
        ctx.depth_scale = inputs[3]

    @staticmethod
    def backward(ctx: Any, grad_points: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        """Return gradients of depth, intrinsics and poses."""
        depth, camera, pose, valid = ctx.saved_tensors
        height, width = depth.shape[-2:]
        k = camera[..., None, None]
        column = torch.arange(width, device=depth.device, dtype=camera.dtype)
        row = torch.arange(height, device=depth.device, dtype=camera.dtype)[:, None]
        ray_x = (column - k[..., 0, 2, :, :]) / k[..., 0, 0, :, :]  # (..., F, 1, W)
        ray_y = (row - k[..., 1, 2, :, :]) / k[..., 1, 1, :, :]  # (..., F, H, 1)
        z = torch.where(valid, depth.to(camera.dtype), 1) * ctx.depth_scale
        rays = (ray_x.expand_as(z), ray_y.expand_as(z), torch.ones_like(z))
        grads = [grad.flatten(-2) for grad in torch.where(valid[..., None], grad_points, 0).unbind(-1)]
        local = tuple((ray * z).flatten(-2) for ray in rays)
        of_local, of_pose = _transform_gradient_by_frame(pose, local, grads)
        grad_x, grad_y, grad_z = (grad.reshape(z.shape) for grad in of_local)
        of_depth = (grad_x * ray_x + grad_y * ray_y + grad_z) * ctx.depth_scale
        turn_x, turn_y = grad_x * z / k[..., 0, 0, :, :], grad_y * z / k[..., 1, 1, :, :]
        of_camera = -_camera_gradient(
            *((turn * ray).sum((-2, -1)) for turn, ray in ((turn_x, ray_x), (turn_y, ray_y))),
            *(turn.sum((-2, -1)) for turn in (turn_x, turn_y)),
        )
        return of_depth if depth.is_floating_point() else None, of_camera, of_pose, None, None


Triple = Sequence[Tensor]


def _transform(matrix: Tensor, xyz: Triple) -> Triple:
    """Return ``A p + t`` for ``(..., F, 4, 4)`` and coordinates ``(..., F or 1, N)``."""
    m = matrix[..., None]
    x, y, z = xyz
    return tuple(
        m[..., i, 0, :] * x + m[..., i, 1, :] * y + m[..., i, 2, :] * z + m[..., i, 3, :] for i in range(3)
    )


def _transform_gradient(matrix: Tensor, xyz: Triple, grads: Triple) -> tuple[Tensor, Tensor]:
    """Return gradients of points shared by all frames, ``(..., N, 3)``, and of the matrices."""
    by_frame, of_matrix = _transform_gradient_by_frame(matrix, xyz, grads)
    return torch.stack([grad.sum(-2) for grad in by_frame], -1), of_matrix


def _transform_gradient_by_frame(matrix: Tensor, xyz: Triple, grads: Triple) -> tuple[Triple, Tensor]:
    """Return gradients of each frame's coordinates, ``(..., F, N)`` each, and of the matrices."""
    m = matrix[..., None]
    a, b, c = grads
    of_xyz = tuple(m[..., 0, j, :] * a + m[..., 1, j, :] * b + m[..., 2, j, :] * c for j in range(3))
    # sums of products, not matmul: TF32 would cost them 13 bits
    rows = [torch.stack([*((grad * s).sum(-1) for s in xyz), grad.sum(-1)], -1) for grad in grads]
    return of_xyz, torch.stack([*rows, torch.zeros_like(rows[0])], -2)


def _camera_gradient(of_fx: Tensor, of_fy: Tensor, of_cx: Tensor, of_cy: Tensor) -> Tensor:
    """Return the gradient of pinhole matrices, ``(..., 3, 3)``."""
    zero = torch.zeros_like(of_fx)
    entries = (of_fx, zero, of_cx, zero, of_fy, of_cy, zero, zero, zero)
    return torch.stack(entries, -1).reshape(*of_fx.shape, 3, 3)
