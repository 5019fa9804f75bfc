"""Random posed scenes, many of whose points lie on the thresholds that operations decide by.

Purely random points almost never come near a threshold, so that a shifted one passes unseen. Everything here
is drawn on the CPU in float64 and moved afterwards: the same numbers on each device and in each type.
"""

from typing import NamedTuple

import torch
from torch import Generator, Tensor

NEAR = 1e-3  # metres: the default near plane, on which points are planted
BEHIND_REL = 0.02  # the default relative depth tolerance, on which depth readings are planted
IMAGE_SIZE = (48, 64)

_BORDER_OFFSETS_PX = (0.0, 1e-9, -1e-9, 1e-4, -1e-4, 0.25, -0.25)
_NEAR_OFFSETS_M = (0.0, 1e-9, -1e-9, 5e-5, -5e-5, -2 * NEAR)
_READING_OFFSETS_REL = (0.0, 1e-9, -1e-9, 1e-5, -1e-5, 1e-3, -1e-3)
_DEPTH_STEP_M = 0.051  # z and z / (1 + BEHIND_REL) are both whole millimetres


class PosedPoints(NamedTuple):
    """Points and the frames that look at them, in the order of the arguments of ``project_points``."""

    points: Tensor  # (N, 3) metres, world
    cam_from_world: Tensor  # (F, 4, 4), not exactly rigid
    intrinsics: Tensor  # (F, 3, 3)
    image_size: tuple[int, int]  # height, width

    def to(self, device: str | torch.device, dtype: torch.dtype) -> "PosedPoints":
        points, cam_from_world, intrinsics = (tensor.to(device, dtype) for tensor in self[:3])
        return PosedPoints(points, cam_from_world, intrinsics, self.image_size)


class RandomDepth(NamedTuple):
    """One depth map a frame, in both forms that operations take."""

    metres: Tensor  # (F, H, W) float64; no reading: 0 and NaN; nothing in front: inf
    millimetres: Tensor  # (F, H, W) uint16, of the same readings; no reading: 0 and 65535


class ExactProjection(NamedTuple):
    """Where points are, valid or not, and how far off a computation in another type may put them."""

    uv: Tensor  # (F, N, 2) pixels
    depth: Tensor  # (F, N) metres
    uv_error: Tensor  # (F, N, 2) pixels
    depth_error: Tensor  # (F, N) metres


def random_posed_points(seed: int, count: int, frames: int) -> PosedPoints:
    """Draw a room-sized scene of ``count`` points and ``frames`` cameras within it.

    A third of the points (every third) is anywhere within 5 m. A third is planted on a threshold of one of
    the frames, exactly or some offset from it on either side: an image border, the boundary between two
    pixels, or the near plane. The rest is in one frame's view. Depths other than those at the near plane are
    multiples of 51 mm in that frame, so that :func:`random_depth` can plant uint16 readings exactly.
    """
    rng = torch.Generator().manual_seed(seed)
    world_from_cam = _poses(rng, frames)
    intrinsics = _intrinsics(rng, frames)
    points = _uniform(rng, -5, 5, count, 3)
    if frames:
        index = torch.arange(count)
        frame = torch.randint(frames, (count,), generator=rng)
        uv, depth = _pixels_and_depths(rng, count)
        uv, depth = _plant(rng, uv, depth, index % 3 == 1)
        scale = intrinsics[frame][:, [0, 1], [0, 1]]
        ray = torch.cat(((uv - intrinsics[frame, :2, 2]) / scale, torch.ones(count, 1).double()), -1)
        placed = _transform(world_from_cam[frame], ray * depth[:, None])
        points = torch.where((index % 3 == 0)[:, None], points, placed)
    return PosedPoints(points, torch.linalg.inv(world_from_cam), intrinsics, IMAGE_SIZE)


def random_depth(scene: PosedPoints, seed: int) -> RandomDepth:
    """Draw depth maps for ``scene`` whose readings many of its points fall on.

    A pixel that points project to reads, for one of them at depth z, either z or z / (1 + ``BEHIND_REL``),
    exactly or some relative offset from it. Other pixels read anything from 0.5 to 5 m. One in ten reads 0,
    NaN or inf.
    """
    rng = torch.Generator().manual_seed(seed)
    height, width = scene.image_size
    metres = _uniform(rng, 0.5, 5, len(scene.cam_from_world), height, width)
    for frame, (pose, camera) in enumerate(zip(scene.cam_from_world, scene.intrinsics, strict=True)):
        p = _transform(pose, scene.points)
        p = p[p[:, 2] > NEAR]
        column, row = (p[:, :2] / p[:, 2:] * camera[[0, 1], [0, 1]] + camera[:2, 2]).round().unbind(-1)
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        reading = p[inside, 2] * (1 + _choice(rng, _READING_OFFSETS_REL, int(inside.sum())))
        reading = reading / _choice(rng, (1.0, 1 + BEHIND_REL), len(reading))
        metres[frame, row[inside].long(), column[inside].long()] = reading
    holes = torch.rand(metres.shape, generator=rng) < 0.1
    metres[holes] = _choice(rng, (0.0, torch.nan, torch.inf), int(holes.sum()))
    millimetres = (metres.nan_to_num(0.0, 65.535) * 1000).round().long().to(torch.uint16)
    return RandomDepth(metres, millimetres)


def exact_projection(scene: PosedPoints, dtype: torch.dtype) -> ExactProjection:
    """Project a float64 ``scene``, and bound the error of a projection that takes and computes in ``dtype``.

    To first order a sum of three products and an offset, its inputs rounded, is off by at most 6 roundings of
    the sum of magnitudes; u and v add the rounding of the focal length and centre, two operations and a sum.
    Two more roundings each pay for the second order, and for a division that is not correctly rounded.
    """
    rounding = torch.finfo(dtype).eps / 2
    rotation, translation = scene.cam_from_world[:, :3, :3], scene.cam_from_world[:, None, :3, 3]
    p = scene.points @ rotation.mT + translation  # (F, N, 3)
    p_error = 8 * rounding * (scene.points.abs() @ rotation.abs().mT + translation.abs())
    focal, centre = scene.intrinsics[:, None, [0, 1], [0, 1]], scene.intrinsics[:, None, :2, 2]
    offset = focal * p[..., :2] / p[..., 2:]
    relative = p_error / p.abs()
    uv_error = offset.abs() * (relative[..., :2] + relative[..., 2:] + 6 * rounding) + 3 * rounding * centre
    return ExactProjection(offset + centre, p[..., 2], uv_error, p_error[..., 2])


def _poses(rng: Generator, frames: int) -> Tensor:
    """Return ``world_from_cam`` anywhere within 1 m, turned at random, and off rigid as real ones are."""
    turn = torch.linalg.qr(torch.randn(frames, 3, 3, generator=rng, dtype=torch.float64))[0]
    turn = turn * torch.linalg.det(turn)[:, None, None]
    poses = torch.eye(4, dtype=torch.float64).repeat(frames, 1, 1)
    poses[:, :3, :3] = turn + _uniform(rng, -2e-4, 2e-4, frames, 3, 3)
    poses[:, :3, 3] = _uniform(rng, -1, 1, frames, 3)
    return poses


def _intrinsics(rng: Generator, frames: int) -> Tensor:
    height, width = IMAGE_SIZE
    intrinsics = torch.eye(3, dtype=torch.float64).repeat(frames, 1, 1)
    intrinsics[:, 0, 0], intrinsics[:, 1, 1] = _uniform(rng, 40, 80, 2, frames)
    intrinsics[:, :2, 2] = torch.tensor([width, height]) / 2 + _uniform(rng, -3, 3, frames, 2)
    return intrinsics


def _pixels_and_depths(rng: Generator, count: int) -> tuple[Tensor, Tensor]:
    height, width = IMAGE_SIZE
    uv = torch.rand(count, 2, generator=rng, dtype=torch.float64) * torch.tensor([width, height]) - 0.5
    return uv, torch.randint(10, 100, (count,), generator=rng).double() * _DEPTH_STEP_M


def _plant(rng: Generator, uv: Tensor, depth: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
    """Move the ``chosen`` points onto a border, a boundary between pixels, or the near plane."""
    count = len(depth)
    height, width = IMAGE_SIZE
    last = torch.where(torch.rand(count, generator=rng) < 0.5, 0, 1)  # left or right, top or bottom
    border = torch.stack((last * width, last * height), -1) - 0.5
    snapped = torch.stack((border, uv.round() + 0.5))[torch.randint(2, (count,), generator=rng), range(count)]
    snapped = snapped + _choice(rng, _BORDER_OFFSETS_PX, count)[:, None]
    axis = torch.randint(3, (count,), generator=rng)  # 0 and 1: a threshold of u or v; 2: of depth
    on_axis = axis[:, None] == torch.arange(2)
    uv = torch.where(chosen[:, None] & on_axis, snapped, uv)
    return uv, torch.where(chosen & (axis == 2), NEAR + _choice(rng, _NEAR_OFFSETS_M, count), depth)


def _transform(matrix: Tensor, points: Tensor) -> Tensor:
    return (matrix[..., :3, :3] * points[..., None, :]).sum(-1) + matrix[..., :3, 3]


def _uniform(rng: Generator, low: float, high: float, *size: int) -> Tensor:
    return torch.rand(size, generator=rng, dtype=torch.float64) * (high - low) + low


def _choice(rng: Generator, values: tuple[float, ...], count: int) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)[torch.randint(len(values), (count,), generator=rng)]
