"""What readers of one-file-per-frame layouts share: listing, sizes from headers, faults that drop a frame."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import kornia_rs.io
import numpy as np

from spatialgeom.apps.errors import InputError
from spatialgeom.apps.images import is_complete, read_size

FrameFiles = dict[str, Path]  # kind -> file

# a principal point further from the centre than this part of the side belongs to an image of another size
_OFF_CENTRE = 0.2
_FARTHEST_M = 10_000.0  # from the world's origin


@dataclass(frozen=True)
class Frames:
    """The frames of a scene that are whole, and what became of the others."""

    names: list[str]
    files: list[FrameFiles]
    poses: np.ndarray  # (F, 4, 4)
    colour_size: tuple[int, int]
    depth_size: tuple[int, int]
    dropped: dict[str, int]
    fingerprint: str


def read_frames(
    listed: dict[str, FrameFiles],
    kinds: tuple[str, ...],
    read_pose: Callable[[FrameFiles], np.ndarray | None],
    stride: int,
    scene: str,
) -> Frames:
    """Read poses and header sizes; a frame with a fault is dropped and counted.

    Raises:
        InputError: No frame is whole.
    """
    dropped: Counter[str] = Counter()
    whole: dict[str, tuple[np.ndarray, tuple[int, int], tuple[int, int]]] = {}
    for name in list(listed)[::stride]:
        try:
            whole[name] = _read_frame(listed[name], kinds, read_pose)
        except InputError as fault:
            dropped[str(fault)] += 1
    sizes = Counter((colour, depth) for _, colour, depth in whole.values())
    if not sizes:
        reasons = "; ".join(f"{count} x {reason}" for reason, count in dropped.items())
        raise InputError(f"{scene} has no usable frame ({reasons or 'it has no frames at all'})")
    usual = max(sizes, key=lambda size: sizes[size])
    names = [name for name, (_, *size) in whole.items() if tuple(size) == usual]
    if len(names) < len(whole):
        dropped["image size differs from the other frames"] += len(whole) - len(names)
    poses = np.stack([whole[name][0] for name in names])
    files = [listed[name] for name in names]
    return Frames(names, files, poses, *usual, dict(dropped), _fingerprint(names, files, poses, usual))


def _read_frame(
    files: FrameFiles, kinds: tuple[str, ...], read_pose: Callable[[FrameFiles], np.ndarray | None]
) -> tuple[np.ndarray, tuple[int, int], tuple[int, int]]:
    for kind in kinds:
        if kind not in files:
            raise InputError(f"{kind} file missing")
    pose = read_pose(files)
    if pose is None:
        raise InputError("pose file is not a 4x4 matrix")
    for reason, sound in judge_poses(pose[None]).items():
        if not sound.all():
            raise InputError(reason)
    sizes = _size(files, "color"), _size(files, "depth")
    if not is_complete(files["color"]):
        raise InputError("color file is truncated")
    return pose, *sizes


def judge_poses(poses: np.ndarray) -> dict[str, np.ndarray]:
    """Return what may be wrong with poses (F, 4, 4), and of which it is not, (F,) bool each.

    The first of its faults is a pose's own. Float32 and drift leave a rotation inexact.
    """
    finite = np.isfinite(poses).all(axis=(1, 2))
    near = finite & (np.abs(poses) <= _FARTHEST_M).all(axis=(1, 2))
    # products of what is far would overflow
    safe = np.where(near[:, None, None], poses, np.eye(4))
    rigid = np.abs(np.linalg.det(safe[:, :3, :3]) - 1) <= 0.05
    rigid &= (np.abs(safe[:, 3] - [0, 0, 0, 1]) < 1e-3).all(axis=1)
    return {
        "pose is not finite (tracking was lost)": finite,
        "pose is not a rigid transform": near & rigid,
    }


def _size(files: FrameFiles, kind: str) -> tuple[int, int]:
    try:
        return read_size(files[kind])
    except InputError:
        raise InputError(f"{kind} file is not an image") from None


def _fingerprint(names: list[str], files: list[FrameFiles], poses: np.ndarray, sizes: object) -> str:
    digest = hashlib.sha256(repr((names, sizes)).encode())
    digest.update(poses.tobytes())
    for kinds in files:
        digest.update(repr([(kind, kinds[kind].stat().st_size) for kind in sorted(kinds)]).encode())
    return digest.hexdigest()


def check_intrinsics(scene: str, kind: str, matrix: np.ndarray, size: tuple[int, int], option: str) -> None:
    """Refuse a camera matrix that belongs to an image of another size.

    Raises:
        InputError: It is not a pinhole matrix without skew, or its principal point is far off the centre.
    """
    height, width = size
    if not (matrix[0, 0] > 0 and matrix[1, 1] > 0 and matrix[0, 1] == 0 and np.isfinite(matrix).all()):
        raise InputError(
            f"{scene}: {kind} intrinsics must be pinhole without skew, got {matrix.tolist()}; see {option}"
        )
    cx, cy = matrix[0, 2], matrix[1, 2]
    if abs(cx - width / 2) > _OFF_CENTRE * width or abs(cy - height / 2) > _OFF_CENTRE * height:
        raise InputError(
            f"{scene}: {kind} intrinsics have their centre at ({cx:g}, {cy:g}), which does not fit the "
            f"{kind} images of {width}x{height}; give those of this size with {option}"
        )


def read_depth_png(path: Path, invalid: tuple[int, ...]) -> np.ndarray:
    """Return an (H, W) uint16 depth image, 0 where there is no reading.

    Raises:
        InputError: The file is missing, truncated, or not a 16-bit grey PNG.
    """
    try:
        depth: np.ndarray = kornia_rs.io.read_image_png_u16(str(path), "mono")[..., 0]
    except Exception as fault:  # noqa: BLE001 - the decoder raises bare Exception for every fault
        raise InputError(f"depth file cannot be decoded ({str(fault).rstrip('.')})") from None
    for value in invalid:
        if value not in (0, 65535):
            depth[depth == value] = 0
    return depth


@dataclass(frozen=True)
class DepthFiles:
    """A scene's depth images, one PNG file a frame; it can be sent to other processes."""

    paths: tuple[Path, ...]
    invalid: tuple[int, ...]

    def __call__(self, frame: int) -> np.ndarray:
        return read_depth_png(self.paths[frame], self.invalid)
