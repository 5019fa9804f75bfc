"""Which points of a scene each posed depth map sees."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from spatialgeom._check import ArgumentCheck, refuse_skew
from spatialgeom._operation import WITH_KERNEL, register
from spatialgeom.errors import ShapeError

_BOUNDS = ("nearest_pixel", "half_open")


@dataclass(frozen=True)
class VisibilityRule:
    r"""When a point at depth z counts as visible, where the depth map reads D.

    .. math:: near < z < D (1 + behind_{rel}) + behind_m, \qquad z > D - front_m

    Attributes:
        behind_rel: How far behind the reading a point may lie, as a share of the reading.
        behind_m: The same in metres, added.
        front_m: How far before the reading a point may lie, in metres. A finite value leaves out points that
            float in front of the surface.
        near: Points at this depth or nearer are not visible, in metres.
        bounds: ``"nearest_pixel"``: the image is -0.5 <= u < W - 0.5. ``"half_open"``: it is 0 <= u < W,
            judged before rounding; what rounds to W reads the last pixel.

    Raises:
        ValueError: ``bounds`` is unknown, or a tolerance is negative or not a number. Only ``front_m`` may be
            infinite.
    """

    behind_rel: float = 0.02
    behind_m: float = 0.0
    front_m: float = math.inf
    near: float = 1e-3
    bounds: Literal["nearest_pixel", "half_open"] = "nearest_pixel"

    def __post_init__(self) -> None:
        """Refuse values that no rule can have."""
        for name in ("behind_rel", "behind_m", "near"):
            value = getattr(self, name)
            if not (value >= 0 and math.isfinite(value)):
                raise ValueError(f"VisibilityRule: {name} must be finite and at least 0, got {value}")
        if not self.front_m >= 0:
            raise ValueError(f"VisibilityRule: front_m must be at least 0, got {self.front_m}")
        if self.bounds not in _BOUNDS:
            raise ValueError(f"VisibilityRule: bounds must be {' or '.join(_BOUNDS)}, got {self.bounds!r}")


_DEFAULT_RULE = VisibilityRule()
PAPER_RULE = VisibilityRule(behind_rel=0.0, behind_m=0.0, near=0.0, bounds="half_open")
"""The strict rule of the Multi-SpatialMLLM paper: 0 < z < D. In float64 its decisions are exact."""


def visible_points(
    points: Tensor,
    cam_from_world: Tensor,
    intrinsics: Tensor,
    depth: Tensor,
    *,
    depth_scale: float = 1.0,
    image_size: tuple[int, int] | None = None,
    rule: VisibilityRule = _DEFAULT_RULE,
    backend: str | None = None,
) -> Tensor:
    r"""Decide which points each frame sees, by comparing their depth with the frame's depth map.

    .. math:: p = R X + t, \qquad u = f_x p_x / p_z + c_x, \qquad v = f_y p_y / p_z + c_y, \qquad z = p_z

    Hartley & Zisserman, *Multiple View Geometry*, 2nd ed., section 6.1, with zero skew. The depth map is
    read at the pixel nearest to (u, v), halves to even, and :class:`VisibilityRule` compares z with what it
    reads. In float64 the CPU's backends give the same bits; in float32 a decision may differ where its margin
    is below rounding. Points along a Morton curve (:func:`morton_order`) are fastest, since whole groups then
    miss a frame.

    Args:
        points: Points in world coordinates, metres, ``(N, 3)``, float32 or float64. A point with an entry
            that is not finite is never visible.
        cam_from_world: Transforms ``[R t; 0 1]`` from world to camera, ``(F, 4, 4)``. Camera axes are x
            right, y down, z forward.
        intrinsics: Pinhole matrices in pixels of an image of ``image_size``, ``(3, 3)``, ``(1, 3, 3)`` or
            ``(F, 3, 3)``. Pixel centres are at integer ``(u, v)``.
        depth: Depth maps, ``(F, Hd, Wd)``: the type of ``points``, or uint16. No reading, so that nothing is
            visible there: uint16 0 and 65535; float <= 0 and NaN. Infinite: nothing in front, so that all in
            view is visible. Any strides; an expanded map is not copied.
        depth_scale: Metres of one unit of ``depth``, 0.001 for millimetres.
        image_size: Height and width of the image that ``intrinsics`` belong to; None is the size of the depth
            maps. Another resolution of the same camera maps as ``(u + 0.5) * Wd / W - 0.5``.
        rule: Tolerances and borders, ``VisibilityRule()`` unless given.
        backend: ``"triton"``, ``"cpu"`` or ``"reference"``. None picks by device.

    Returns:
        Visible points of each frame, packed, int64, ``(F, ceil(N / 64))``: bit ``p % 64`` of word
        ``p // 64``; spare bits are zero.

    Raises:
        ShapeError: A shape does not fit, F differs between arguments, or a depth map has no pixel.
        DTypeError: A type is not among those above, types are mixed, or an argument requires a gradient.
        DeviceError: The tensors are on different devices.
        ValueError: ``depth_scale`` or ``image_size`` is not positive, or ``intrinsics`` have skew; on a GPU
            a frame that has it sees nothing instead.
        BackendError: ``backend`` was named and cannot run.

    Example:
        >>> import torch
        >>> K = torch.tensor([[100.0, 0, 32], [0, 100, 24], [0, 0, 1]])
        >>> depth = torch.full((1, 48, 64), 2.0)
        >>> points = torch.tensor([[0.0, 0, 1.9], [0.0, 0, 2.03], [0.0, 0, 2.05], [9.0, 0, 1.0]])
        >>> visible_points(points, torch.eye(4)[None], K, depth)
        tensor([[3]])
    """
    check = ArgumentCheck("visible_points")
    check("points", points, "N 3")
    check("cam_from_world", cam_from_world, "F 4 4")
    cameras = check.intrinsics("intrinsics", intrinsics, cam_from_world.shape[0])
    check("depth", depth, "F Hd Wd", "depth")
    if cameras.dim() != 3:
        raise ShapeError(f"visible_points: intrinsics must be (F, 3, 3); got {tuple(intrinsics.shape)}")
    check.no_gradient(points, cam_from_world, intrinsics, depth)
    size = _image_size(depth, image_size)
    if not 0 < depth_scale < math.inf:
        raise ValueError(f"visible_points: depth_scale must be positive and finite, got {depth_scale}")
    tolerances = (rule.behind_rel, rule.behind_m, rule.front_m, rule.near)
    half_open = rule.bounds == "half_open"
    words: Tensor = _VISIBLE(
        points, cam_from_world, cameras, depth, depth_scale, size, tolerances, half_open, backend
    )
    return words


def _image_size(depth: Tensor, image_size: tuple[int, int] | None) -> tuple[int, int]:
    if depth.shape[0] and not depth.shape[1] * depth.shape[2]:
        raise ShapeError(f"visible_points: depth must have pixels; got {tuple(depth.shape)}")
    height, width = image_size or depth.shape[1:]
    if image_size and not (height > 0 and width > 0):
        raise ValueError(f"visible_points: image_size must be positive, got {image_size}")
    return height, width


def _refuse_skew(points: Tensor, cam_from_world: Tensor, intrinsics: Tensor, *_: object) -> None:
    refuse_skew("visible_points", intrinsics)


def _words(
    points: Tensor,
    cam_from_world: Tensor,
    intrinsics: Tensor,
    depth: Tensor,
    depth_scale: float,
    image_size: Sequence[int],
    tolerances: Sequence[float],
    half_open: bool,
    backend: str | None,
) -> Tensor:
    return points.new_empty((depth.shape[0], -(-points.shape[0] // 64)), dtype=torch.int64)


_VISIBLE = register("visibility", "visible_points", WITH_KERNEL, _words, _refuse_skew)
