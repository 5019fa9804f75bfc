"""Sequences of the TUM RGB-D benchmark: images, depth and motion capture, each with times of its own."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np

from spatialgeom.apps.datagen.reader import Reader, SceneHandle
from spatialgeom.apps.datagen.readers._frames import DepthFiles, FrameFiles, check_intrinsics, read_frames
from spatialgeom.apps.datagen.readers._trajectory import (
    associate,
    nearest,
    read_entries,
    read_numbers,
    trajectory_of_quaternions,
)
from spatialgeom.apps.datagen.scene import Camera, Scene, rotation_to_z
from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.images import ImageRef

_FILES = ("rgb.txt", "depth.txt", "groundtruth.txt")
_KINECT = re.compile(r"(?<![a-z])(?:freiburg|fr)([123])(?![0-9])", re.IGNORECASE)
# of the published calibration: for freiburg1 and 2, whose images are distorted, the pinhole camera without
# distortion that is nearest to it (rms 1.5 and 1.2 pixels; its own matrix is 6 and 5 off, the benchmark's
# default of 525, 525, 319.5, 239.5 is 15 and 12); freiburg3's images are undistorted
_INTRINSICS = {
    "1": (530.1765, 529.0953, 319.2169, 254.3667),
    "2": (533.0271, 532.6203, 325.0836, 249.1228),
    "3": (535.433105, 539.212524, 320.106653, 247.632132),
}


@dataclass(frozen=True)
class TumRgbdOptions:
    """How to read a sequence of the TUM RGB-D benchmark.

    A colour image is paired with the depth image that is nearest in time, each at most once, smallest
    differences first, and gets the pose nearest in time. Depth is registered to colour: one camera.
    The images of freiburg1 and freiburg2 are distorted; that is not undone, but their camera is the pinhole
    that fits best (1 to 2 pixels off, 10 in the corners).

    Args:
        intrinsics: fx, fy, cx, cy in pixels; default: by freiburg1, 2 or 3 in the folder's name.
        depth_scale: Metres per unit of the depth images.
        max_time_difference_s: Images and poses farther apart than this, in seconds, do not belong together.
        up: Direction of up in the world of the poses (3 numbers); with null yaw and pitch are not asked.
        stride: Use every n-th colour image of the 30 per second.
        licence: Licence of the images, for the dataset's card.
    """

    intrinsics: list[float] | None = None
    depth_scale: float = 0.0002
    max_time_difference_s: float = 0.02
    up: list[float] | None = field(default_factory=lambda: [0.0, 0.0, 1.0])
    stride: int = 1
    licence: str = "CC BY 4.0"

    def __post_init__(self) -> None:
        for name, length in (("intrinsics", 4), ("up", 3)):
            value = getattr(self, name)
            if value is not None and (len(value) != length or not np.isfinite(value).all()):
                raise UsageError(f"tum_rgbd.{name} must be {length} finite numbers, got {list(value)}")
        if self.up is not None and not 1e-6 < np.abs(self.up).max() < 1e6:
            raise UsageError(f"tum_rgbd.up must be a direction, got {list(self.up)}")
        for name in ("depth_scale", "max_time_difference_s"):
            if not 0 < getattr(self, name) < np.inf:
                raise UsageError(f"tum_rgbd.{name} must be positive and finite, got {getattr(self, name)}")
        if self.stride < 1:
            raise UsageError(f"tum_rgbd.stride must be at least 1, got {self.stride}")


def _sequences(path: Path) -> Iterator[Path]:
    """Yield the folders of sequences: ``path``, or those in it."""
    for pattern in ("groundtruth.txt", "*/groundtruth.txt"):
        for file in path.glob(pattern):
            if all((file.parent / name).is_file() for name in _FILES):
                yield file.parent.resolve()


def _scenes(path: Path, options: TumRgbdOptions) -> list[SceneHandle]:
    folders = sorted(set(_sequences(path)))
    if not folders:
        raise InputError(f"{path} must hold {', '.join(_FILES)}, or folders with them; none is there")
    return [
        SceneHandle("tum_rgbd", folder.name, str(folder), options, "tum_rgbd", folder.name)
        for folder in folders
    ]


def _matrix(name: str, given: list[float] | None) -> np.ndarray:
    """Return K as the option gives it, or as the folder's name tells it."""
    kinect = _KINECT.search(name)
    if given is None and kinect is None:
        raise InputError(
            f"{name} must have freiburg1, freiburg2 or freiburg3 in its name, which tell the camera; "
            "give its matrix with --tum_rgbd.intrinsics"
        )
    fx, fy, cx, cy = given if given is not None else _INTRINSICS[kinect[1] if kinect else ""]
    return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1.0]])


@dataclass(frozen=True)
class _Posed:
    """The pose of each colour image, and why a frame is none."""

    poses: dict[Path, np.ndarray | None]
    most_s: float

    def __call__(self, files: FrameFiles) -> np.ndarray | None:
        pose = self.poses[files["color"]]
        if pose is None:
            raise InputError(f"no pose within {self.most_s:g} s of the colour image")
        if "depth" not in files:
            raise InputError(f"no depth image within {self.most_s:g} s of the colour image")
        if not _is_file(files["depth"]):
            raise InputError("depth file missing")
        return pose


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long
        return False


def _entries(folder: Path, name: str) -> tuple[np.ndarray, list[str]]:
    """Return times and paths of a list of images, relative to the folder and inside it."""
    # of an image that is listed twice the earlier time counts
    listed = sorted(read_entries(folder / name), reverse=True)
    entries = {str(PurePosixPath(path)): time for time, path in listed}
    for path in entries:
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts or "\0" in path:
            raise InputError(f"{folder / name} must name files in its folder, got {path[:80]!r}")
    paths = sorted(entries, key=lambda path: entries[path])
    return np.array([entries[path] for path in paths], float), paths


def _list_frames(folder: Path, options: TumRgbdOptions) -> tuple[dict[str, FrameFiles], _Posed]:
    """Return the files of each colour image, by its path, and their poses."""
    times, colours = _entries(folder, "rgb.txt")
    depth_times, depths = _entries(folder, "depth.txt")
    track = trajectory_of_quaternions(read_numbers(folder / "groundtruth.txt", "t tx ty tz qx qy qz qw"))
    depth_of = associate(times, depth_times, options.max_time_difference_s)
    pose_of = nearest(times, track.times, options.max_time_difference_s)
    listed: dict[str, FrameFiles] = {}
    poses: dict[Path, np.ndarray | None] = {}
    for colour, depth, pose in zip(colours, depth_of, pose_of, strict=True):
        files = listed[colour] = FrameFiles()
        if _is_file(folder / colour):
            files["color"] = folder / colour
            poses[folder / colour] = track.poses[pose] if pose >= 0 else None
        if depth >= 0:
            files["depth"] = folder / depths[depth]
    return listed, _Posed(poses, options.max_time_difference_s)


def _load(handle: SceneHandle, _: Path) -> Scene:
    options: TumRgbdOptions = handle.options
    folder = Path(handle.path)
    matrix = _matrix(handle.name, options.intrinsics)
    listed, read_pose = _list_frames(folder, options)
    frames = read_frames(listed, ("color",), read_pose, options.stride, handle.name)
    if frames.colour_size != frames.depth_size:
        (height, width), (depth_height, depth_width) = frames.colour_size, frames.depth_size
        raise InputError(
            f"{handle.name} must have depth registered to colour, got colour images of {width}x{height} and "
            f"depth images of {depth_width}x{depth_height}"
        )
    check_intrinsics(handle.name, "colour", matrix, frames.colour_size, "--tum_rgbd.intrinsics")
    aligned = np.eye(4) if options.up is None else rotation_to_z(np.array(options.up, float))
    camera = Camera(matrix, frames.colour_size)
    height, width = frames.colour_size
    return Scene(
        name=handle.name,
        space=handle.space,
        source="tum_rgbd",
        frames=tuple(PurePosixPath(name).stem for name in frames.names),
        images=tuple(ImageRef(name, width, height) for name in frames.names),
        root=str(folder),
        world_from_depth=aligned @ frames.poses,
        depth_camera=camera,
        colour_camera=camera,
        colour_from_depth=np.eye(4),
        depth=DepthFiles(tuple(files["depth"] for files in frames.files), (0, 65535)),
        fingerprint=hashlib.sha256(f"{options}{matrix.tolist()}{frames.fingerprint}".encode()).hexdigest(),
        depth_scale=options.depth_scale,
        up_known=options.up is not None,
        dropped=frames.dropped,
        licence=options.licence,
    )


READER = Reader(
    name="tum_rgbd",
    title="TUM RGB-D: rgb.txt, depth.txt, groundtruth.txt",
    options=TumRgbdOptions,
    recognises=lambda path: any(True for _ in _sequences(path)),
    scenes=_scenes,
    load=_load,
)
