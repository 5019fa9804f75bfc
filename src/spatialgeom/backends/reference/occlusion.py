"""Reference z-buffer: scatter of centres, then a minimum filter as wide as the splat."""

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from spatialgeom.backends.reference.projection import to_pixels, transform


def render_depth(
    points: Tensor,
    cam_from_world: Tensor,
    intrinsics: Tensor,
    image_size: tuple[int, int],
    radius: int,
    near: float,
) -> Tensor:
    frames = [
        _render(points, pose, camera, image_size, radius, near)
        for pose, camera in zip(cam_from_world, intrinsics, strict=True)
    ]
    return torch.stack(frames) if frames else points.new_empty((0, *image_size))


def _render(
    points: Tensor, pose: Tensor, camera: Tensor, image_size: tuple[int, int], radius: int, near: float
) -> Tensor:
    height, width = image_size
    x, y, z = transform(pose, *points.unbind(-1))
    column, row = (pixel.round() for pixel in to_pixels(x, y, z, camera))
    drawn = (column >= -radius) & (column < width + radius) & (row >= -radius) & (row < height + radius)
    drawn &= z > near
    # splats centred outside the image reach in, so their centres need a place too
    padded_height, padded_width = height + 2 * radius, width + 2 * radius
    index = (row[drawn].long() + radius) * padded_width + column[drawn].long() + radius
    nearest = points.new_full((padded_height * padded_width,), torch.inf)
    nearest.scatter_reduce_(0, index, z[drawn], "amin")
    side = 2 * radius + 1
    lifted = -nearest.view(1, padded_height, padded_width)
    return -max_pool2d(max_pool2d(lifted, (1, side), 1), (side, 1), 1)[0]
