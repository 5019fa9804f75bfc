"""Inputs of the benchmarks: a real kitchen where its folder exists, else a made-up room; point tracks."""

import os
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.room import room_depth, room_points

DEPTH_SCALE = 0.001  # the depth maps are millimetres
FRAMES = 200
SECTORS_PER_READING = 0.62  # of neighbours along a Morton curve, as the ceilings of gathers are measured
_SHARE_IN_VIEW = {"redkitchen": 0.43, "synthetic": 0.107}
_UP = (0.003, -0.890, -0.457)  # in the kitchen's world axes: fitted to its table and floor


class Scene(NamedTuple):
    """Posed depth maps and a cloud of what they show."""

    points: Tensor  # (N, 3) float32 metres, world, along a Morton curve
    world_from_cam: Tensor  # (F, 4, 4) float32
    cam_from_world: Tensor  # (F, 4, 4) float32
    intrinsics: Tensor  # (F, 3, 3) float32
    depth: Tensor  # (F, H, W) uint16 millimetres
    source: str  # "redkitchen" or "synthetic"


class Recording(NamedTuple):
    """Posed depth maps alone."""

    depth: Tensor  # (F, H, W) uint16 millimetres
    world_from_cam: Tensor  # (F, 4, 4) float64
    intrinsics: Tensor  # (F, 3, 3) float32
    source: str


def kitchen_folder() -> Path | None:
    """Return the folder of the real sequence if it is there."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SPATIALGEOM_TEST_DATA", beside)) / "redkitchen"
    return folder if folder.is_dir() else None


def recording(frames: int, scratch: Path, consecutive: bool = False) -> Recording:
    """Return ``frames`` posed depth maps, spread over the sequence or its first; made-up ones are kept.

    Where more are asked for than there are, they are taken again, from a few centimetres beside.
    """
    chosen = np.linspace(0, frames - 1 if consecutive else FRAMES - 1, frames).round().astype(int)
    distinct, again = np.unique(chosen, return_inverse=True)
    folder = kitchen_folder()
    if folder is None:
        name = f"room-{len(distinct)}-{distinct.max()}.npz"
        depth, poses, matrix = _kept(scratch / name, lambda: room_depth(FRAMES, distinct))
    else:
        depth, poses, matrix = _read_kitchen(folder, distinct)
    if len(distinct) < frames:
        depth, poses = depth[again], _beside(poses[again])
    source = "redkitchen" if folder else "synthetic"
    intrinsics = torch.from_numpy(matrix).float().repeat(frames, 1, 1)
    return Recording(torch.from_numpy(depth), torch.from_numpy(poses), intrinsics, source)


def scene(frames: int, points: int, scratch: Path) -> Scene:
    """Return ``frames`` posed depth maps and ``points`` points of the cloud of all 200.

    The cloud is made once per run and kept in ``scratch``; the last four scenes are kept in memory.
    """
    return _scene(frames, points, scratch, kitchen_folder())


@lru_cache(maxsize=4)
def _scene(frames: int, points: int, scratch: Path, folder: Path | None) -> Scene:
    shot = recording(frames, scratch)
    if folder is None:
        cloud = room_points(max(160_000, points))
    else:
        (cloud,) = _kept(scratch / "cloud.npz", lambda: (_fused_cloud(scratch),))
    rng = np.random.default_rng(0)
    repeated = points > len(cloud)
    cloud = cloud[np.sort(rng.choice(len(cloud), points, replace=repeated))]
    if repeated:
        # a denser cloud of the same surfaces, not the same points several times
        cloud = cloud + rng.normal(scale=0.005, size=cloud.shape).astype(np.float32)
    return Scene(
        points=_along_a_curve(torch.from_numpy(cloud)),
        world_from_cam=shot.world_from_cam.float(),
        cam_from_world=torch.linalg.inv(shot.world_from_cam).float(),
        intrinsics=shot.intrinsics,
        depth=shot.depth,
        source=shot.source,
    )


def readings(size: Mapping[str, int], source: str) -> float:
    """Return how many depth readings the points in view of all frames ask for, as ceilings count them.

    The share in view was counted. Denser points share more 32-byte sectors: 0.61 a reading at 150k points
    and 0.46 at 500k, about the quarter power of the density.
    """
    denser = max(1.0, size["points"] / 150_000)
    return in_view(size, source) / denser**0.25


def in_view(size: Mapping[str, int], source: str) -> float:
    """Return about how many (frame, point) pairs project into the image."""
    return size["frames"] * size["points"] * _SHARE_IN_VIEW[source]


def visible_in(view: Scene) -> Tensor:
    """Return the packed bits of the points that each frame sees."""
    from spatialgeom import visible_points

    posed = (view.points, view.cam_from_world, view.intrinsics)
    words: Tensor = visible_points(*posed, view.depth, depth_scale=DEPTH_SCALE)
    return words


def middle_object(points: Tensor, count: int) -> Tensor:
    """Return labels: 0 for the ``count`` points nearest to the point in the middle, -1 for the others."""
    middle = points[(points - points.mean(0)).square().sum(1).argmin()]
    nearest = (points - middle).square().sum(1).topk(count, largest=False).indices
    return torch.full((len(points),), -1).index_fill(0, nearest, 0)


def nearest_objects(points: Tensor, objects: int) -> Tensor:
    """Return labels: the nearest of as many centres among the points, -1 beyond 40 cm."""
    chosen = np.random.default_rng(4).choice(len(points), objects, replace=False)
    distance, nearest = torch.cdist(points, points[chosen]).min(1)
    return nearest.where(distance < 0.4, -1)


def tracks(steps: int, points: int, bodies: int = 12) -> Tensor:
    """Return (T, N, 3) float32 metres: rigid bodies, each on a path of its own, under 1 mm of noise."""
    rng = np.random.default_rng([steps, points])
    body = rng.integers(bodies, size=points)
    shape = rng.normal(scale=0.3, size=(points, 3))
    start = rng.uniform(-2, 2, size=(bodies, 3))
    velocity, spin = rng.normal(scale=1.0, size=(bodies, 3)), rng.normal(scale=1.5, size=bodies)
    time = np.linspace(0, 1, steps)[:, None]
    angle = (time * spin)[:, body]  # (T, N)
    turned = np.stack(
        (
            np.cos(angle) * shape[:, 0] - np.sin(angle) * shape[:, 1],
            np.sin(angle) * shape[:, 0] + np.cos(angle) * shape[:, 1],
            np.broadcast_to(shape[:, 2], angle.shape),
        ),
        axis=-1,
    )
    centre = (start + time[..., None] * velocity)[:, body]
    return torch.from_numpy(turned + centre + rng.normal(scale=1e-3, size=turned.shape)).float()


def seen_steps(steps: int, points: int) -> Tensor:
    """Return (T, N) bool: every point is hidden for a fifth of the time, in one stretch."""
    start = np.random.default_rng([3, steps, points]).integers(steps, size=points)
    return torch.from_numpy((np.arange(steps)[:, None] - start) % steps >= steps // 5)


def random_words(rows: int, bits: int, density: float) -> Tensor:
    """Return packed rows whose bits are set with probability ``density``."""
    rng = np.random.default_rng([rows, bits])
    packed = np.zeros((rows, -(-bits // 64) * 8), dtype=np.uint8)
    for row in packed:
        mask = rng.random(bits, dtype=np.float32) < density
        row[: -(-bits // 8)] = np.packbits(mask, bitorder="little")
    return torch.from_numpy(packed.view(np.int64))


def _read_kitchen(
    folder: Path, chosen: NDArray[np.int64]
) -> tuple[NDArray[np.uint16], NDArray[np.float64], NDArray[np.float64]]:
    from kornia_rs.io import read_image_png_u16

    images = sorted(folder.glob("frame-*.depth.png"))
    depth = np.stack([read_image_png_u16(str(images[i]), "mono")[..., 0] for i in chosen])
    poses = sorted(folder.glob("frame-*.pose.txt"))
    level = np.eye(4)
    level[:3, :3] = _upright(np.array(_UP))
    world_from_cam = level @ np.stack([np.loadtxt(poses[i]) for i in chosen])
    return depth, world_from_cam, np.loadtxt(folder / "camera-intrinsics.txt")


def _upright(up: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a rotation that takes ``up`` to +z."""
    z = up / np.linalg.norm(up)
    x = np.cross((0.0, 1.0, 0.0), z)
    x /= np.linalg.norm(x)
    return np.stack((x, np.cross(z, x), z))


def _beside(poses: NDArray[np.float64]) -> NDArray[np.float64]:
    moved = poses.copy()
    moved[:, :3, 3] += np.random.default_rng(5).normal(scale=0.03, size=(len(poses), 3))
    return moved


def _kept(file: Path, make: Callable[[], tuple[Any, ...]]) -> tuple[Any, ...]:
    """Return arrays from ``file``, made and kept there the first time."""
    if not file.exists():
        np.savez(file, *make())
    with np.load(file) as arrays:
        return tuple(arrays.values())


def _fused_cloud(scratch: Path) -> NDArray[np.float32]:
    from spatialgeom import fuse_depth

    shot = recording(FRAMES, scratch)
    cloud = fuse_depth(shot.depth, shot.intrinsics, shot.world_from_cam.float(), depth_scale=DEPTH_SCALE)
    points: NDArray[np.float32] = cloud.points.numpy()
    return points


def _along_a_curve(points: Tensor) -> Tensor:
    from spatialgeom import morton_order

    return points[morton_order(points)]
