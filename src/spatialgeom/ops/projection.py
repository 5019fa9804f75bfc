"""Pinhole projection of points into posed frames, and of depth maps back into the world."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from spatialgeom._check import ArgumentCheck, refuse_skew
from spatialgeom._gradients import Project, Unproject
from spatialgeom._operation import WITH_KERNEL, register


class Projection(NamedTuple):
    """Where points land in frames; ``uv`` is NaN wherever ``valid`` is False."""

    uv: Tensor  # (..., F, N, 2) pixels
    depth: Tensor  # (..., F, N) metres along the optical axis
    valid: Tensor  # (..., F, N) bool


class Unprojected(NamedTuple):
    """World points of depth maps; ``points`` is NaN wherever ``valid`` is False."""

    points: Tensor  # (..., F, H, W, 3) metres
    valid: Tensor  # (..., F, H, W) bool


def project_points(
    points: Tensor,
    cam_from_world: Tensor,
    intrinsics: Tensor,
    image_size: tuple[int, int],
    *,
    near: float = 1e-3,
    backend: str | None = None,
) -> Projection:
    r"""Project every point into every frame.

    .. math:: p = R X + t, \qquad u = f_x p_x / p_z + c_x, \qquad v = f_y p_y / p_z + c_y

    Hartley & Zisserman, *Multiple View Geometry*, 2nd ed., section 6.1, with zero skew. Differentiable with
    respect to all three tensors; ``uv`` of invalid points and points that are not finite pass no gradient on.

    Args:
        points: Points in world coordinates, metres, ``(..., N, 3)``.
        cam_from_world: Affine transforms ``[R t; 0 1]`` from world to camera, ``(..., F, 4, 4)``.
            Camera axes are OpenCV's: x right, y down, z forward.
        intrinsics: Pinhole matrices in pixels, ``(..., F, 3, 3)``, or one for all frames, ``(3, 3)`` or
            ``(1, 3, 3)``.
        image_size: Height and width in pixels. Pixel centres are at integer ``(u, v)``.
        near: Points with depth at or below this, in metres, are invalid.
        backend: Name of the implementation. None picks by device.

    Returns:
        Positions, depths, and validity. A point is valid if its depth exceeds ``near`` and its nearest pixel
        exists: ``-0.5 <= u < width - 0.5``, and v alike. Depth is given for every point, negative behind the
        camera.

    Raises:
        ShapeError: A shape does not fit, or F or the batch differs between arguments.
        DTypeError: An argument is not a floating-point tensor, or types are mixed.
        DeviceError: The tensors are on different devices.
        ValueError: A matrix of ``intrinsics`` has skew. On a GPU its frame has nothing valid instead.
        BackendError: ``backend`` was named and cannot run.

    Example:
        >>> import torch
        >>> K = torch.tensor([[100.0, 0, 32], [0, 100, 24], [0, 0, 1]])
        >>> hit = project_points(torch.tensor([[0.1, 0.0, 1.0]]), torch.eye(4)[None], K, (48, 64))
        >>> hit.uv.tolist()
        [[[42.0, 24.0]]]
    """
    check = ArgumentCheck("project_points")
    check("points", points, "... N 3")
    check("cam_from_world", cam_from_world, "... F 4 4")
    matrices = check.intrinsics("intrinsics", intrinsics, cam_from_world.shape[-3])
    matrices = matrices.expand(*cam_from_world.shape[:-2], 3, 3)
    run = Project.apply if _needs_gradient(points, cam_from_world, matrices) else _PROJECT
    return Projection(*run(points, cam_from_world, matrices, image_size, near, backend))  # type: ignore[no-untyped-call]


def unproject_depth(
    depth: Tensor,
    intrinsics: Tensor,
    world_from_cam: Tensor,
    *,
    depth_scale: float = 1.0,
    backend: str | None = None,
) -> Unprojected:
    r"""Lift every pixel of depth maps into the world.

    .. math:: X = R \, D(u, v) \begin{pmatrix} (u - c_x) / f_x \\ (v - c_y) / f_y \\ 1 \end{pmatrix} + t

    The inverse of :func:`project_points` (Hartley & Zisserman, section 6.1). Differentiable with respect to
    all floating-point tensors; pixels without a reading pass no gradient on.

    Args:
        depth: Depth along the optical axis, ``(..., F, H, W)``, floating point or uint16. No reading: 0 and
            65535 in uint16; NaN, inf and whatever is not positive in floating point.
        intrinsics: Pinhole matrices in pixels, ``(..., F, 3, 3)``, or one for all frames, ``(3, 3)`` or
            ``(1, 3, 3)``. Pixel centres are at integer ``(u, v)``.
        world_from_cam: Affine transforms ``[R t; 0 1]`` from camera to world, ``(..., F, 4, 4)``. Camera axes
            are OpenCV's: x right, y down, z forward.
        depth_scale: Metres in one unit of ``depth``: 0.001 for millimetres.
        backend: Name of the implementation. None picks by device.

    Returns:
        Points in world coordinates, metres, in the type of ``intrinsics``, and which pixels have one.

    Raises:
        ShapeError: A shape does not fit, or F or the batch differs between arguments.
        DTypeError: ``depth`` is neither floating point nor uint16, another argument is not floating point,
            or floating-point types are mixed.
        DeviceError: The tensors are on different devices.
        ValueError: A matrix of ``intrinsics`` has skew. On a GPU its frame has nothing valid instead.
        BackendError: ``backend`` was named and cannot run.

    Example:
        >>> import torch
        >>> K = torch.tensor([[2.0, 0, 1], [0, 2, 0], [0, 0, 1]])
        >>> depth = torch.tensor([[[4000, 0, 1000]]], dtype=torch.uint16)
        >>> points, valid = unproject_depth(depth, K, torch.eye(4)[None], depth_scale=0.001)
        >>> valid.tolist()
        [[[True, False, True]]]
        >>> points[valid].tolist()
        [[-2.0, 0.0, 4.0], [0.5, 0.0, 1.0]]
    """
    check = ArgumentCheck("unproject_depth")
    check("depth", depth, "... F H W", kind="depth")
    check("world_from_cam", world_from_cam, "... F 4 4")
    matrices = check.intrinsics("intrinsics", intrinsics, depth.shape[-3])
    matrices = matrices.expand(*world_from_cam.shape[:-2], 3, 3)
    run = Unproject.apply if _needs_gradient(depth, matrices, world_from_cam) else _UNPROJECT
    return Unprojected(*run(depth, matrices, world_from_cam, depth_scale, backend))  # type: ignore[no-untyped-call]


def _needs_gradient(*tensors: Tensor) -> bool:
    return torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors)


def _refuse_skew_when_projecting(
    points: Tensor, cam_from_world: Tensor, intrinsics: Tensor, *_: object
) -> None:
    refuse_skew("project_points", intrinsics)


def _refuse_skew_when_unprojecting(depth: Tensor, intrinsics: Tensor, *_: object) -> None:
    refuse_skew("unproject_depth", intrinsics)


def _pixels(
    points: Tensor,
    cam_from_world: Tensor,
    intrinsics: Tensor,
    image_size: Sequence[int],
    near: float,
    backend: str | None,
) -> tuple[Tensor, Tensor, Tensor]:
    shape = (*cam_from_world.shape[:-2], points.shape[-2])
    return points.new_empty((*shape, 2)), points.new_empty(shape), points.new_empty(shape, dtype=torch.bool)


def _world(
    depth: Tensor, intrinsics: Tensor, world_from_cam: Tensor, depth_scale: float, backend: str | None
) -> tuple[Tensor, Tensor]:
    return intrinsics.new_empty((*depth.shape, 3)), depth.new_empty(depth.shape, dtype=torch.bool)


_PROJECT = register("projection", "project_points", WITH_KERNEL, _pixels, _refuse_skew_when_projecting)
_UNPROJECT = register("projection", "unproject_depth", WITH_KERNEL, _world, _refuse_skew_when_unprojecting)
