"""Cameras to and from kornia's ``PinholeCamera``; both have pixel centres at integer coordinates."""

import torch
from kornia.geometry.camera import PinholeCamera
from torch import Tensor

from spatialgeom._check import ArgumentCheck
from spatialgeom.errors import ShapeError


def to_kornia(cam_from_world: Tensor, intrinsics: Tensor, image_size: tuple[int, int]) -> PinholeCamera:
    """Return kornia's camera of the same frames.

    Args:
        cam_from_world: Transforms from world to camera, ``(F, 4, 4)``.
        intrinsics: Pinhole matrices in pixels, ``(3, 3)``, ``(1, 3, 3)`` or ``(F, 3, 3)``.
        image_size: Height and width in pixels.

    Raises:
        ShapeError: A shape does not fit.
        DTypeError: An argument is not floating point, or types are mixed.

    Example:
        >>> import torch
        >>> camera = to_kornia(torch.eye(4)[None], torch.diag(torch.tensor([100.0, 100, 1])), (48, 64))
        >>> camera.project(torch.tensor([[[0.1, 0.0, 1.0]]])).tolist()
        [[[10.0, 0.0]]]
    """
    check = ArgumentCheck("to_kornia")
    check("cam_from_world", cam_from_world, "F 4 4")
    frames = cam_from_world.shape[0]
    matrices = torch.zeros_like(cam_from_world)
    matrices[:, :3, :3] = check.intrinsics("intrinsics", intrinsics, frames)
    matrices[:, 3, 3] = 1
    height, width = (cam_from_world.new_full((frames,), side) for side in image_size)
    return PinholeCamera(matrices, cam_from_world, height, width)


def from_kornia(camera: PinholeCamera) -> tuple[Tensor, Tensor, tuple[int, int]]:
    """Return ``cam_from_world`` (F, 4, 4), ``intrinsics`` (F, 3, 3) and ``image_size`` of kornia's camera.

    Raises:
        ShapeError: Its images have more than one size.

    Example:
        >>> import torch
        >>> camera = to_kornia(torch.eye(4)[None], torch.eye(3), (48, 64))
        >>> from_kornia(camera)[2]
        (48, 64)
    """
    sizes = torch.stack((camera.height, camera.width), -1).reshape(-1, 2)
    if len(sizes) == 0 or bool((sizes != sizes[0]).any()):
        raise ShapeError(f"from_kornia: camera must have images of one size; got {sizes.tolist()}")
    height, width = (int(side) for side in sizes[0])
    return camera.extrinsics, camera.intrinsics[..., :3, :3], (height, width)
