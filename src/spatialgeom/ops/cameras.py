"""Poses and pinhole matrices: inversion, and what resizing and cropping an image do to its matrix."""

import torch
from torch import Tensor

from spatialgeom._check import ArgumentCheck


def invert_poses(poses: Tensor) -> Tensor:
    r"""Invert affine transforms, computed in float64 whatever their type.

    .. math:: (A, t)^{-1} = (A^{-1}, -A^{-1} t)

    Recorded poses are off rigid by up to 4e-4, so the inverse of ``A`` is a real one, never its transpose.

    Args:
        poses: Transforms ``[A t; 0 1]``, ``(..., 4, 4)``. The last row is taken to be ``0 0 0 1``.

    Returns:
        The inverse transforms, same shape and type: ``cam_from_world`` for ``world_from_cam``, and back. A
        singular pose, or one with entries that are not finite, gives entries that are not finite.

    Raises:
        ShapeError: ``poses`` is not ``(..., 4, 4)``.
        DTypeError: ``poses`` is not floating point.

    Example:
        >>> import torch
        >>> pose = torch.eye(4)
        >>> pose[:3, 3] = torch.tensor([1.0, 2.0, 3.0])
        >>> invert_poses(pose)[:3, 3].tolist()
        [-1.0, -2.0, -3.0]
    """
    ArgumentCheck("invert_poses")("poses", poses, "... 4 4")
    a, b, c = poses[..., :3, :3].double().unbind(-1)
    t = poses[..., :3, 3].double()
    # rows of the adjugate; a closed form is differentiable, and treats a batch as one array
    adjugate = torch.stack((torch.linalg.cross(b, c), torch.linalg.cross(c, a), torch.linalg.cross(a, b)), -2)
    linear = adjugate / (adjugate[..., 0, :] * a).sum(-1)[..., None, None]
    translation = -(linear * t[..., None, :]).sum(-1)
    upper = torch.cat((linear, translation[..., None]), -1).to(poses.dtype)
    last = torch.tensor([0, 0, 0, 1], dtype=poses.dtype, device=poses.device)
    return torch.cat((upper, last.expand(*poses.shape[:-2], 1, 4)), -2)


def resize_intrinsics(intrinsics: Tensor, from_size: tuple[int, int], to_size: tuple[int, int]) -> Tensor:
    r"""Return the pinhole matrices of the same cameras at another resolution.

    .. math:: u' = (u + \tfrac12) \frac{W'}{W} - \tfrac12, \qquad v' = (v + \tfrac12) \frac{H'}{H} - \tfrac12

    Integer coordinates are pixel centres, so the corner of the image, not the centre of its first pixel,
    stays in place. This relates two resolutions of one camera; two cameras (a colour and a depth one) have
    each their own matrix and pose.

    Args:
        intrinsics: Pinhole matrices in pixels, ``(..., 3, 3)``.
        from_size: Height and width, in pixels, of the image that ``intrinsics`` belong to.
        to_size: Height and width of the resized image.

    Returns:
        Pinhole matrices of the resized image, same shape and type.

    Raises:
        ShapeError: ``intrinsics`` is not ``(..., 3, 3)``.
        DTypeError: ``intrinsics`` is not floating point.
        ValueError: A size is not positive.

    Example:
        >>> import torch
        >>> K = torch.tensor([[600.0, 0, 319.5], [0, 600, 239.5], [0, 0, 1]])
        >>> resize_intrinsics(K, (480, 640), (240, 320))[0].tolist()
        [300.0, 0.0, 159.5]
    """
    ArgumentCheck("resize_intrinsics")("intrinsics", intrinsics, "... 3 3")
    if min(*from_size, *to_size) <= 0:
        raise ValueError(f"resize_intrinsics: sizes must be positive; got {from_size} and {to_size}")
    scale_v, scale_u = to_size[0] / from_size[0], to_size[1] / from_size[1]
    resize = torch.tensor([[scale_u, scale_u / 2 - 0.5], [scale_v, scale_v / 2 - 0.5]], dtype=torch.float64)
    return _map_pixels(intrinsics, resize)


def crop_intrinsics(intrinsics: Tensor, top: float, left: float) -> Tensor:
    """Return the pinhole matrices of an image from whose top and left side pixels were cut.

    What is cut from the bottom and the right changes no matrix.

    Args:
        intrinsics: Pinhole matrices in pixels, ``(..., 3, 3)``.
        top: Rows cut from the top; negative where rows were added.
        left: Columns cut from the left; negative where columns were added.

    Returns:
        Pinhole matrices of the cropped image, same shape and type.

    Raises:
        ShapeError: ``intrinsics`` is not ``(..., 3, 3)``.
        DTypeError: ``intrinsics`` is not floating point.

    Example:
        >>> import torch
        >>> K = torch.tensor([[600.0, 0, 319.5], [0, 600, 239.5], [0, 0, 1]])
        >>> crop_intrinsics(K, top=40, left=20)[:2, 2].tolist()
        [299.5, 199.5]
    """
    ArgumentCheck("crop_intrinsics")("intrinsics", intrinsics, "... 3 3")
    return _map_pixels(intrinsics, torch.tensor([[1.0, -left], [1.0, -top]], dtype=torch.float64))


def _map_pixels(intrinsics: Tensor, scale_and_shift: Tensor) -> Tensor:
    """Apply ``u' = scale u + shift`` to the image side, by the rows of ``scale_and_shift`` for u and v."""
    scale, shift = scale_and_shift.to(intrinsics.device)[:, :, None].unbind(1)  # (2, 1) each
    k = intrinsics.double()
    upper = scale * k[..., :2, :] + shift * k[..., 2:, :]
    return torch.cat((upper, k[..., 2:, :]), -2).to(intrinsics.dtype)
