"""A furnished room seen by a walking camera: stands in for the real kitchen where that is absent."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

_SIZE = (480, 640)
_INTRINSICS = np.array([[585.0, 0, 320], [0, 585.0, 240], [0, 0, 1]])
_ROOM = np.array([[0.0, 0, 0], [6, 5, 3]])  # low and high corner, metres
_FURNITURE = np.array(
    [[[0.0, 0, 0], [2, 0.7, 0.9]], [[4, 3.5, 0], [5.5, 4.5, 0.8]], [[0.5, 4, 0], [1.2, 5, 2]]]
)


def room_points(count: int) -> NDArray[np.float32]:
    """Return points spread evenly over the surfaces, moved 2 mm at random."""
    rng = np.random.default_rng(1)
    boxes = np.concatenate((_ROOM[None], _FURNITURE))
    extent = boxes[:, 1] - boxes[:, 0]
    area = extent.prod(axis=1, keepdims=True) / extent  # of the faces across each axis
    face = rng.choice(area.size * 2, count, p=np.repeat(area.ravel(), 2) / area.sum() / 2)
    box, axis, side = face // 6, face // 2 % 3, face % 2
    unit = rng.random((count, 3))
    unit[np.arange(count), axis] = side
    points = boxes[box, 0] + unit * extent[box] + rng.normal(scale=0.002, size=(count, 3))
    rounded: NDArray[np.float32] = points.astype(np.float32)
    return rounded


def room_depth(frames: int, chosen: NDArray[np.int64]) -> tuple[NDArray[np.uint16], Floats, Floats]:
    """Return depth maps in millimetres, ``world_from_cam`` and the intrinsics of the ``chosen`` frames."""
    poses = np.stack([_pose(i / frames) for i in chosen])
    depth = np.stack([_millimetres(pose, int(i)) for pose, i in zip(poses, chosen, strict=True)])
    return depth, poses, _INTRINSICS


def _pose(fraction: float) -> Floats:
    """Return the camera at a fraction of its way: once round the middle, looking out and a little down."""
    turn = 2 * np.pi * fraction
    pitch = np.radians(-25 + 15 * np.sin(5 * turn))
    forward = np.array([np.cos(pitch) * np.cos(turn), np.cos(pitch) * np.sin(turn), np.sin(pitch)])
    right = np.array([np.sin(turn), -np.cos(turn), 0.0])
    pose = np.eye(4)
    pose[:3, :3] = np.stack((right, np.cross(forward, right), forward), axis=1)
    pose[:3, 3] = (3 - 0.8 * np.cos(turn), 2.5 - 0.6 * np.sin(turn), 1.5)
    return pose


def _millimetres(pose: Floats, seed: int) -> NDArray[np.uint16]:
    """Return one depth map with noise that grows with distance, and holes."""
    rng = np.random.default_rng([2, seed])
    v, u = np.mgrid[: _SIZE[0], : _SIZE[1]]
    f, cx, cy = _INTRINSICS[0, 0], _INTRINSICS[0, 2], _INTRINSICS[1, 2]
    # a ray's z is 1, so that distance along it is depth
    ray = (np.stack(((u - cx) / f, (v - cy) / f, np.ones(_SIZE)), axis=-1) @ pose[:3, :3].T).astype(
        np.float32
    )
    depth = _slabs(_ROOM, pose[:3, 3], ray)[1]
    for box in _FURNITURE:
        enter, leave = _slabs(box, pose[:3, 3], ray)
        depth = np.where((enter > 0) & (enter <= leave), np.minimum(depth, enter), depth)
    noise = rng.normal(scale=0.002, size=_SIZE) * depth**2
    millimetres = ((depth + noise) * 1000).round().astype(np.uint16)
    holes = rng.random(_SIZE) < 0.08
    millimetres[holes] = rng.choice(np.array([0, 65535], dtype=np.uint16), int(holes.sum()))
    return millimetres


def _slabs(box: Floats, origin: Floats, ray: Singles) -> tuple[Singles, Singles]:
    """Return where rays enter and leave an axis-aligned box."""
    enter, leave = np.full(_SIZE, -np.inf, np.float32), np.full(_SIZE, np.inf, np.float32)
    for axis in range(3):
        with np.errstate(divide="ignore"):
            first, second = (
                np.float32(side - origin[axis]) / ray[..., axis] for side in (box[0, axis], box[1, axis])
            )
        enter = np.maximum(enter, np.minimum(first, second))
        leave = np.minimum(leave, np.maximum(first, second))
    return enter, leave
