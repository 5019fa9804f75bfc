"""Where one camera is, and how it is turned, as seen from another."""

from typing import NamedTuple

import torch
from torch import Tensor

from spatialgeom._check import ArgumentCheck, value_range
from spatialgeom._operation import WITH_KERNEL, WITHOUT_KERNEL, register


class RelativePoses(NamedTuple):
    """The second camera of each pair, relative to the first."""

    pairs: Tensor  # (P, 2) int64, first and second frame
    translation: Tensor  # (P, 3) metres, in the first camera's axes: x right, y down, z forward
    distance: Tensor  # (P,) metres, the length of translation
    yaw_deg: Tensor  # (P,) degrees in [-180, 180), positive is left
    pitch_deg: Tensor  # (P,) degrees in [-180, 180), positive is up
    angle_deg: Tensor  # (P,) degrees in [0, 180], of the whole rotation


class Heading(NamedTuple):
    """Which way a camera looks, against the horizon and around the vertical."""

    yaw_deg: Tensor  # (...,) degrees in [-180, 180], counter-clockwise from world x as seen from above
    pitch_deg: Tensor  # (...,) degrees in [-90, 90], positive is up


def relative_poses(
    world_from_cam: Tensor, pairs: Tensor | None = None, *, backend: str | None = None
) -> RelativePoses:
    r"""Describe the second camera of each pair from the first.

    .. math:: T = E_i^{-1} E_j, \qquad t = T_{1..3,\,4}, \qquad
        \Delta\mathrm{yaw} = \mathrm{yaw}_j - \mathrm{yaw}_i, \qquad
        \Delta\mathrm{pitch} = \mathrm{pitch}_j - \mathrm{pitch}_i

    with yaw and pitch of :func:`heading_and_pitch`, and differences wrapped. The inverse is that of the
    affine transform, so that poses need not be exactly rigid. The angle has no meaning for a matrix that is
    not a rotation: it is the one between the nearest rotations (orthogonal polar factors: Higham, *Computing
    the Polar Decomposition, with Applications*, 1986), taken from sine and cosine together, so that it keeps
    its precision near 0 and near 180 degrees.

    Args:
        world_from_cam: Poses ``[R t; 0 1]`` of F cameras, ``(F, 4, 4)``; camera axes are x right, y down, z
            forward, world z is up. The last row is taken as given.
        pairs: First and second frame of each pair, int32 or int64, ``(P, 2)``. None takes all ``i < j`` in
            lexicographic order.
        backend: ``"triton"``, ``"cpu"`` or ``"reference"``. None picks by device.

    Returns:
        One entry per pair, of the type of ``world_from_cam``. A pose that has NaN, or no inverse where one is
        needed, gives NaN; so does a reflection for the angle.

    Raises:
        ShapeError: A shape does not fit.
        DTypeError: ``world_from_cam`` is not floating point or requires a gradient, or ``pairs`` is not an
            integer tensor.
        DeviceError: The tensors are on different devices.
        ValueError: A frame in ``pairs`` is negative or not below F; on a GPU the pair gives NaN instead.
        BackendError: ``backend`` was named and cannot run.

    Example:
        >>> import torch
        >>> poses = torch.eye(4).repeat(2, 1, 1)
        >>> poses[1, 0, 3] = 2.0
        >>> relative_poses(poses).translation
        tensor([[2., 0., 0.]])
    """
    check = ArgumentCheck("relative_poses")
    check("world_from_cam", world_from_cam, "F 4 4")
    check.no_gradient(world_from_cam)
    if pairs is not None:
        check("pairs", pairs, "P 2", "integer")
        pairs = pairs.long()
    made, *columns = _RELATIVE(world_from_cam.detach(), pairs, backend)
    return RelativePoses(made if pairs is None else pairs, *columns)


def heading_and_pitch(world_from_cam: Tensor, *, backend: str | None = None) -> Heading:
    r"""Measure where each camera looks.

    .. math:: f = R_{:,3}, \qquad \mathrm{yaw} = \mathrm{atan2}(f_y, f_x), \qquad
        \mathrm{pitch} = \arcsin(f_z / |f|)

    Xu et al., *Multi-SpatialMLLM*, eq. 5 to 8. The arcsine is taken as
    :math:`\mathrm{atan2}(f_z, \sqrt{f_x^2 + f_y^2})`, which is the same angle and keeps its precision near
    the vertical. The yaw of a camera that looks along the vertical means nothing.

    Args:
        world_from_cam: Poses, ``(..., 4, 4)``; camera axes are x right, y down, z forward, world z is up.
        backend: ``"cpu"`` or ``"reference"``. None picks by device.

    Returns:
        Yaw and pitch in degrees, ``(...,)``, of the type of ``world_from_cam``; NaN for a pose that has NaN.

    Raises:
        ShapeError: ``world_from_cam`` is not ``(..., 4, 4)``.
        DTypeError: It is not floating point, or requires a gradient.
        BackendError: ``backend`` was named and cannot run.

    Example:
        >>> import torch
        >>> heading_and_pitch(torch.eye(4)).pitch_deg  # z of the camera along z of the world: straight up
        tensor(90.)
    """
    check = ArgumentCheck("heading_and_pitch")
    check("world_from_cam", world_from_cam, "... 4 4")
    check.no_gradient(world_from_cam)
    return Heading(*_HEADING(world_from_cam.detach(), backend))


def _refuse_frames(world_from_cam: Tensor, pairs: Tensor | None) -> None:
    if pairs is not None and pairs.numel():
        frames = world_from_cam.shape[0]
        low, high = value_range(pairs)
        if low < 0 or high >= frames:
            raise ValueError(f"relative_poses: pairs must be in 0..{frames - 1}; got {low}..{high}")


def _columns(
    world_from_cam: Tensor, pairs: Tensor | None, backend: str | None
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    frames = world_from_cam.shape[0]
    count = frames * (frames - 1) // 2 if pairs is None else pairs.shape[0]
    # an operator may not return its argument: pairs that were given are not made again
    made = world_from_cam.new_empty((count if pairs is None else 0, 2), dtype=torch.int64)
    distance, yaw, pitch, angle = (world_from_cam.new_empty(count) for _ in range(4))
    return made, world_from_cam.new_empty((count, 3)), distance, yaw, pitch, angle


def _angles(world_from_cam: Tensor, backend: str | None) -> tuple[Tensor, Tensor]:
    shape = world_from_cam.shape[:-2]
    return world_from_cam.new_empty(shape), world_from_cam.new_empty(shape)


_RELATIVE = register("relative_pose", "relative_poses", WITH_KERNEL, _columns, _refuse_frames)
_HEADING = register("relative_pose", "heading_and_pitch", WITHOUT_KERNEL, _angles)
