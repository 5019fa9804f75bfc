"""Depth maps rendered from points, for scenes that have none or to see what hides what."""

from collections.abc import Sequence

from torch import Tensor

from spatialgeom._check import ArgumentCheck, refuse_skew
from spatialgeom._operation import WITH_KERNEL, register


def render_depth(
    points: Tensor,
    cam_from_world: Tensor,
    intrinsics: Tensor,
    image_size: tuple[int, int],
    *,
    radius: int = 0,
    near: float = 1e-3,
    backend: str | None = None,
) -> Tensor:
    r"""Render the depth of the nearest point at every pixel of every frame.

    A point is drawn as a square of constant depth, ``2 * radius + 1`` pixels wide, around the pixel nearest
    to its projection (halves go to the even one). The smallest depth wins:

    .. math:: D(v, u) = \min \{ z_i > near : |\mathrm{rint}(u_i) - u| \le r, |\mathrm{rint}(v_i) - v| \le r \}

    with :math:`(u_i, v_i, z_i)` the projection of a point by :func:`project_points`. This is the z-buffer of
    Catmull, *A Subdivision Algorithm for Computer Display of Curved Surfaces* (1974). A square whose centre
    lies outside the image still covers the pixels that it reaches. There is no gradient.

    Args:
        points: Points in world coordinates, metres, ``(N, 3)``. Points that are not finite are not drawn.
        cam_from_world: Affine transforms ``[R t; 0 1]`` from world to camera, ``(F, 4, 4)``. Camera axes are
            OpenCV's: x right, y down, z forward.
        intrinsics: Pinhole matrices in pixels, ``(F, 3, 3)``, or one for all frames, ``(3, 3)`` or
            ``(1, 3, 3)``. Pixel centres are at integer ``(u, v)``.
        image_size: Height and width in pixels.
        radius: Pixels that a square extends to each side of its central pixel.
        near: Points with depth at or below this, in metres, are not drawn.
        backend: Name of the implementation. None picks by device.

    Returns:
        Depth along the optical axis in metres, ``(F, height, width)``, in the type of ``points``; inf where
        nothing is drawn.

    Raises:
        ShapeError: A shape does not fit, or F differs between arguments.
        DTypeError: An argument is not a floating-point tensor, types are mixed, or a tensor requires a
            gradient.
        DeviceError: The tensors are on different devices.
        ValueError: ``radius`` is negative, or a matrix of ``intrinsics`` has skew; on a GPU nothing is drawn
            in its frame instead.
        BackendError: ``backend`` was named and cannot run.

    Example:
        >>> import torch
        >>> K = torch.tensor([[1.0, 0, 1], [0, 1, 0], [0, 0, 1]])
        >>> points = torch.tensor([[0.0, 0.0, 2.0], [0.0, 0.0, 5.0], [-3.0, 0.0, 3.0]])
        >>> render_depth(points, torch.eye(4)[None], K, (1, 4)).tolist()
        [[[3.0, 2.0, inf, inf]]]
        >>> render_depth(points, torch.eye(4)[None], K, (1, 4), radius=1).tolist()
        [[[2.0, 2.0, 2.0, inf]]]
    """
    check = ArgumentCheck("render_depth")
    check("points", points, "N 3")
    check("cam_from_world", cam_from_world, "F 4 4")
    matrices = check.intrinsics("intrinsics", intrinsics, cam_from_world.shape[0])
    check.no_gradient(points, cam_from_world, matrices)
    if radius < 0:
        raise ValueError(f"render_depth: radius must not be negative; got {radius}")
    depth: Tensor = _RENDER(points, cam_from_world, matrices, image_size, radius, near, backend)
    return depth


def _refuse_skew(points: Tensor, cam_from_world: Tensor, intrinsics: Tensor, *_: object) -> None:
    refuse_skew("render_depth", intrinsics)


def _maps(
    points: Tensor,
    cam_from_world: Tensor,
    intrinsics: Tensor,
    image_size: Sequence[int],
    radius: int,
    near: float,
    backend: str | None,
) -> Tensor:
    return points.new_empty((cam_from_world.shape[0], *image_size))


_RENDER = register("occlusion", "render_depth", WITH_KERNEL, _maps, _refuse_skew)
