"""Posed depth maps fused into one cloud of points, and the order in which points lie close in memory."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from spatialgeom._check import ArgumentCheck, refuse_skew
from spatialgeom._morton import BITS, morton_codes
from spatialgeom._operation import WITH_KERNEL, register
from spatialgeom.errors import ShapeError


class FusedCloud(NamedTuple):
    """One point for each voxel that enough frames saw, along a Morton curve of the voxels."""

    points: Tensor  # (M, 3) metres, world: the mean of the voxel's readings
    counts: Tensor  # (M,) int64: the frames that have a reading in the voxel


def fuse_depth(
    depth: Tensor,
    intrinsics: Tensor,
    world_from_cam: Tensor,
    *,
    depth_scale: float = 1.0,
    voxel: float = 0.02,
    min_count: int = 5,
    max_depth: float = math.inf,
    backend: str | None = None,
) -> FusedCloud:
    r"""Average the readings of posed depth maps in voxels, and keep the voxels that enough frames saw.

    .. math:: X = R \, \Bigl(z \frac{u - c_x}{f_x}, \; z \frac{v - c_y}{f_y}, \; z\Bigr)^T + t, \qquad
        \text{voxel} = \lfloor X / \text{size} \rfloor

    Hartley & Zisserman, *Multiple View Geometry*, 2nd ed., section 6.1, with zero skew, inverted. Frames
    are counted, not readings: a surface close to one camera puts dozens of readings into a voxel, which says
    nothing of whether another frame agrees. Everything is computed in float64, and a reading's place within
    its voxel is summed as a whole number of 1/4096 of the voxel's side: the result depends neither on the
    order of the frames nor on the number of threads.

    Args:
        depth: Depth maps, ``(F, H, W)``: the type of ``intrinsics``, or uint16. No reading: uint16 0 and
            65535; float <= 0, NaN and infinite.
        intrinsics: Pinhole matrices in pixels, ``(3, 3)``, ``(1, 3, 3)`` or ``(F, 3, 3)``. Pixel centres are
            at integer ``(u, v)``.
        world_from_cam: Transforms ``[R t; 0 1]`` from camera to world, ``(F, 4, 4)``. Camera axes are x
            right, y down, z forward.
        depth_scale: Metres of one unit of ``depth``, 0.001 for millimetres.
        voxel: Side of a voxel, metres.
        min_count: Frames that must have a reading in a voxel for it to be kept.
        max_depth: Readings beyond this depth are left out, metres.
        backend: ``"triton"``, ``"cpu"`` or ``"reference"``. None picks by device.

    Returns:
        Points, of the type of ``intrinsics``, and for each the number of frames with a reading in its voxel.

    Raises:
        ShapeError: A shape does not fit, or F differs between arguments.
        DTypeError: A type is not among those above, types are mixed, or an argument requires a gradient.
        DeviceError: The tensors are on different devices.
        ValueError: ``intrinsics`` have skew; ``depth_scale``, ``voxel``, ``min_count`` or ``max_depth`` is
            not positive; or a reading's place is not finite or 2**20 voxels or more from the world's origin.
        BackendError: ``backend`` was named and cannot run.

    Example:
        >>> import torch
        >>> K = torch.tensor([[100.0, 0, 1], [0, 100, 1], [0, 0, 1]])
        >>> wall = torch.full((5, 3, 3), 2.0)
        >>> cloud = fuse_depth(wall, K, torch.eye(4).expand(5, 4, 4), voxel=0.5)
        >>> cloud.counts
        tensor([5, 5, 5, 5])
        >>> cloud.points[-1].tolist()
        [0.010009765625, 0.010009765625, 2.0]
    """
    check = ArgumentCheck("fuse_depth")
    check("depth", depth, "F H W", "depth")
    cameras = check.intrinsics("intrinsics", intrinsics, depth.shape[0])
    check("world_from_cam", world_from_cam, "F 4 4")
    if cameras.dim() != 3:
        raise ShapeError(f"fuse_depth: intrinsics must be (F, 3, 3); got {tuple(intrinsics.shape)}")
    check.no_gradient(depth, intrinsics, world_from_cam)
    for name, value in (("depth_scale", depth_scale), ("voxel", voxel)):
        if not 0 < value < math.inf:
            raise ValueError(f"fuse_depth: {name} must be positive and finite, got {value}")
    for name, value in (("min_count", min_count), ("max_depth", max_depth)):
        if not value > 0:
            raise ValueError(f"fuse_depth: {name} must be positive, got {value}")
    return FusedCloud(
        *_FUSE(depth, cameras, world_from_cam, depth_scale, voxel, min_count, max_depth, backend)
    )


def morton_order(points: Tensor) -> Tensor:
    """Return the order of points along a Z-order curve: neighbours in it are neighbours in space.

    The curve runs through a grid of ``2**21`` cells a side over the smallest cube that holds the points and
    shares the least corner of their bounding box. G. M. Morton, *A computer oriented geodetic data base and a
    new technique in file sequencing*, IBM, 1966.

    Args:
        points: Points, ``(N, 3)``.

    Returns:
        A permutation, int64, ``(N,)``: ``points[morton_order(points)]`` lie along the curve. Points of one
        cell keep their order; points with an entry that is not finite come last.

    Raises:
        ShapeError: ``points`` is not ``(N, 3)``.
        DTypeError: ``points`` is not floating point, or requires a gradient.

    Example:
        >>> import torch
        >>> morton_order(torch.tensor([[1.0, 1, 1], [0, 0, 0], [1, 0, 0], [0, 0, 1]]))
        tensor([1, 3, 2, 0])
    """
    check = ArgumentCheck("morton_order")
    check("points", points, "N 3")
    check.no_gradient(points)
    if not points.shape[0]:
        return torch.zeros(0, dtype=torch.int64, device=points.device)
    finite = points.isfinite().all(1)
    known = finite[:, None]
    low = points.where(known, torch.inf).amin(0).double()
    side = (points.where(known, -torch.inf).amax(0) - low).amax()
    cells = (points.where(known, low) - low) / side.clamp(min=torch.finfo(torch.float64).tiny) * 2**BITS
    order = morton_codes(cells.long().clamp_(0, 2**BITS - 1)).argsort(stable=True)
    # the largest code is the largest integer: what is last needs a sort of its own
    return order[(~finite)[order].to(torch.uint8).argsort(stable=True)]


def _refuse_skew(depth: Tensor, intrinsics: Tensor, *_: object) -> None:
    refuse_skew("fuse_depth", intrinsics)


def _cloud(
    depth: Tensor,
    intrinsics: Tensor,
    world_from_cam: Tensor,
    depth_scale: float,
    voxel: float,
    min_count: int,
    max_depth: float,
    backend: str | None,
) -> tuple[Tensor, Tensor]:
    count = torch.library.get_ctx().new_dynamic_size()
    return intrinsics.new_empty((count, 3)), intrinsics.new_empty(count, dtype=torch.int64)


_FUSE = register("fusion", "fuse_depth", WITH_KERNEL, _cloud, _refuse_skew, waits=True)
