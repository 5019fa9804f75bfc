"""ARKitScenes, as its raw and its 3dod part are unpacked: tablet videos with LiDAR depth and object boxes."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Literal

import kornia_rs.io
import numpy as np

from spatialgeom.apps.datagen.objects import Objects
from spatialgeom.apps.datagen.reader import Reader, SceneHandle
from spatialgeom.apps.datagen.readers._arkitscenes import read_objects, read_points, read_visit
from spatialgeom.apps.datagen.readers._frames import (
    DepthFiles,
    FrameFiles,
    check_intrinsics,
    read_depth_png,
    read_frames,
)
from spatialgeom.apps.datagen.readers._trajectory import associate, read_numbers, trajectory_of_axis_angles
from spatialgeom.apps.datagen.scene import Camera, Scene
from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.images import ImageRef, read_size

_TRAJECTORY = "lowres_wide.traj"
_TIME = re.compile(r"(?:[0-9]{1,12}_)?([0-9]{1,9}(?:\.[0-9]{1,9})?)")
_FOLDS = ("", "Training", "Validation")
_PARTS = ("", "3dod", "raw")
_SAME_S = 0.002  # names of one frame's files are rounded or cut off to milliseconds
_FULL_SIZE = (1440, 1920)  # height, width in which intrinsics were measured
_PINCAM_BYTES = 4096


@dataclass(frozen=True)
class ArkitscenesOptions:
    """How to read ARKitScenes.

    Frames are the poses of the trajectory, ten a second; of the raw part's 60 images a second the others are
    left alone, for motion between poses is not known well enough to interpolate. Images stay as they are
    stored: of a video that was recorded sideways (``sky_direction`` in metadata.csv) gravity, thus yaw and
    pitch, is still true, and right and up are those of the stored image.

    Args:
        colour: Images to ask about: lowres_wide (256x192), or the raw part's vga_wide (640x480).
        least_confidence: Depth with a lower confidence is no reading: 0 takes all, 1 leaves out what the
            sensor itself doubts, along edges mostly, where it mixes two surfaces, 2 leaves the surest.
        max_time_difference_s: An image farther than this from a pose, in seconds, is not that pose's.
        stride: Use every n-th pose; videos have hundreds.
        licence: Licence of the images, for the dataset's card.
    """

    colour: Literal["lowres_wide", "vga_wide"] = "lowres_wide"
    least_confidence: int = 1
    max_time_difference_s: float = 0.002
    stride: int = 1
    licence: str = "ARKitScenes (CC BY-NC-SA 4.0)"

    def __post_init__(self) -> None:
        if self.colour not in ("lowres_wide", "vga_wide"):
            raise UsageError(f"arkitscenes.colour must be lowres_wide or vga_wide, got {self.colour!r}")
        if self.least_confidence not in (0, 1, 2):
            raise UsageError(f"arkitscenes.least_confidence must be 0, 1 or 2, got {self.least_confidence}")
        if not 0 < self.max_time_difference_s < np.inf:
            raise UsageError(
                "arkitscenes.max_time_difference_s must be positive and finite, "
                f"got {self.max_time_difference_s}"
            )
        if self.stride < 1:
            raise UsageError(f"arkitscenes.stride must be at least 1, got {self.stride}")


def _videos(path: Path) -> Iterator[Path]:
    """Yield the folders that hold the frames of videos: at ``path``, or as the dataset is unpacked in it."""
    top = path.resolve()
    yield from _frames_folder(top)
    for part in _PARTS:
        for fold in _FOLDS:
            for video in _children(top / part / fold):
                if video.name.isdigit():
                    yield from _frames_folder(video)


def _frames_folder(video: Path) -> list[Path]:
    for folder in (video, video / f"{video.name}_frames"):
        if (folder / _TRAJECTORY).is_file() or (folder / "lowres_wide").is_dir():
            return [folder]
    return []


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError:
        return []


def _video_of(folder: Path) -> tuple[str, Path]:
    """Return a video's number and the folder of its annotation and mesh."""
    name = folder.name.removesuffix("_frames")
    return name, folder if folder.name == name else folder.parent


def _scenes(path: Path, options: ArkitscenesOptions) -> list[SceneHandle]:
    folders = sorted((_video_of(folder)[0], folder) for folder in _videos(path))
    if not folders:
        raise InputError(
            f"{path} must be a video's folder with {_TRAJECTORY} and lowres_wide, or hold Training or "
            "Validation with such folders; none is there"
        )
    for (name, folder), (other, again) in pairwise(folders):
        if name == other:
            raise InputError(f"{path} holds video {name} twice, in {folder} and {again}; name one part of it")
    return [
        SceneHandle(
            "arkitscenes", name, str(folder), options, "arkitscenes", read_visit(_video_of(folder)[1], name)
        )
        for name, folder in folders
    ]


def _timed(folder: Path, suffix: str) -> tuple[np.ndarray, list[Path]]:
    """Return the times in the names of a folder's files, sorted, and the files."""
    files = [file for file in _children(folder) if file.suffix == suffix]
    found = [(float(match[1]), file) for file in files if (match := _TIME.fullmatch(file.stem))]
    found.sort()
    return np.array([time for time, _ in found], float), [file for _, file in found]


@dataclass(frozen=True)
class _Posed:
    """The pose of each frame; its cameras are kept when it is read."""

    poses: dict[Path, np.ndarray]
    cameras: dict[Path, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    def __call__(self, files: FrameFiles) -> np.ndarray:
        colour, depth = _camera(files, "color"), _camera(files, "depth")
        self.cameras[files["color"]] = colour, depth
        return self.poses[files["color"]]

    def matrices(self, frames: list[FrameFiles]) -> tuple[np.ndarray, np.ndarray]:
        """Return (F, 3, 3) of the colour and of the depth images."""
        pairs = [self.cameras[files["color"]] for files in frames]
        return np.stack([colour for colour, _ in pairs]), np.stack([depth for _, depth in pairs])


def _camera(files: FrameFiles, kind: str) -> np.ndarray:
    """Return a frame's K, pixel centres at integers."""
    try:
        rows = read_numbers(files[f"{kind} intrinsics"], "width height fx fy cx cy", _PINCAM_BYTES).tolist()
    except InputError:
        rows = []
    if len(rows) != 1:
        raise InputError(f"{kind} intrinsics file is not 'width height fx fy cx cy'")
    width, height, fx, fy, cx, cy = rows[0]
    # in the full image centres are at integers; it was then divided, which moves the centres
    cx += 0.5 * width / _FULL_SIZE[1] - 0.5
    cy += 0.5 * height / _FULL_SIZE[0] - 0.5
    matrix = np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1.0]])
    try:
        size = read_size(files[kind])
    except InputError:
        raise InputError(f"{kind} file is not an image") from None
    try:
        check_intrinsics("", kind, matrix, size, "")
        fits = (height, width) == size
    except InputError:
        fits = False
    if not fits:
        raise InputError(f"{kind} intrinsics do not fit the {kind} image")
    return matrix


def _parts(options: ArkitscenesOptions) -> dict[str, tuple[str, str]]:
    """Return the folder of each kind of file, and the suffix of its files."""
    parts = {
        "color": (options.colour, ".png"),
        "depth": ("lowres_depth", ".png"),
        "color intrinsics": (f"{options.colour}_intrinsics", ".pincam"),
        "depth intrinsics": ("lowres_wide_intrinsics", ".pincam"),
    }
    return parts | ({"confidence": ("confidence", ".png")} if options.least_confidence else {})


def _list_frames(folder: Path, options: ArkitscenesOptions) -> tuple[dict[str, FrameFiles], _Posed]:
    """Return the files of each pose, by the name of its colour image, and the poses."""
    track = trajectory_of_axis_angles(read_numbers(folder / _TRAJECTORY, "t rx ry rz tx ty tz"))
    found = {kind: _timed(folder / name, suffix) for kind, (name, suffix) in _parts(options).items()}
    times, images = found["color"]
    image_of = associate(track.times, times, options.max_time_difference_s)
    file_of = {kind: associate(times, found[kind][0], _SAME_S) for kind in found if kind != "color"}
    listed: dict[str, FrameFiles] = {}
    poses: dict[Path, np.ndarray] = {}
    for number, (pose, image) in enumerate(zip(_inverse(track.poses), image_of, strict=True)):
        if image < 0:
            listed[f"pose {number}"] = FrameFiles()
            continue
        poses[images[image]] = pose
        files = listed[images[image].stem] = FrameFiles(color=images[image])
        for kind, index in file_of.items():
            if index[image] >= 0:
                files[kind] = found[kind][1][index[image]]
    return listed, _Posed(poses)


def _inverse(poses: np.ndarray) -> np.ndarray:
    """Return rigid transforms inverted; what cannot be is not finite."""
    inverse = np.tile(np.eye(4), (len(poses), 1, 1))
    inverse[:, :3, :3] = poses[:, :3, :3].transpose(0, 2, 1)
    with np.errstate(over="ignore", invalid="ignore"):
        inverse[:, :3, 3] = -np.einsum("nji,nj->ni", poses[:, :3, :3], poses[:, :3, 3])
    return inverse


@dataclass(frozen=True)
class ConfidentDepth:
    """Depth images without what the sensor doubts; it can be sent to other processes."""

    paths: tuple[Path, ...]
    confidence: tuple[Path, ...]
    least: int

    def __call__(self, frame: int) -> np.ndarray:
        depth = read_depth_png(self.paths[frame], ())
        try:
            sure = kornia_rs.io.read_image_png_u8(str(self.confidence[frame]), "mono")[..., 0]
        except Exception as fault:  # noqa: BLE001 - the decoder raises bare Exception for every fault
            raise InputError(f"confidence file cannot be decoded ({str(fault).rstrip('.')})") from None
        if sure.shape != depth.shape:
            raise InputError("confidence file is not of the depth image's size")
        depth[sure < self.least] = 0
        return depth


def _load(handle: SceneHandle, _: Path) -> Scene:
    options: ArkitscenesOptions = handle.options
    folder = Path(handle.path)
    video, home = _video_of(folder)
    _check_folders(video, folder, options)
    listed, read_pose = _list_frames(folder, options)
    frames = read_frames(listed, tuple(_parts(options)), read_pose, options.stride, handle.name)
    colour_k, depth_k = read_pose.matrices(frames.files)
    objects = read_objects(home / f"{video}_3dod_annotation.json")
    points = read_points(home / f"{video}_3dod_mesh.ply")
    height, width = frames.colour_size
    names = [f"{options.colour}/{files['color'].name}" for files in frames.files]
    return Scene(
        name=handle.name,
        space=handle.space,
        source="arkitscenes",
        frames=tuple(frames.names),
        images=tuple(ImageRef(name, width, height) for name in names),
        root=str(folder),
        world_from_depth=frames.poses,
        depth_camera=Camera(depth_k, frames.depth_size),
        colour_camera=Camera(colour_k, frames.colour_size),
        colour_from_depth=np.eye(4),
        depth=_depth(frames.files, options.least_confidence),
        fingerprint=_fingerprint(
            options, handle.space, frames.fingerprint, (colour_k, depth_k, points), objects
        ),
        points=points,
        objects=objects,
        dropped=frames.dropped,
        licence=options.licence,
    )


def _check_folders(video: str, folder: Path, options: ArkitscenesOptions) -> None:
    advice = {
        "confidence": "do without by --arkitscenes.least_confidence 0",
        "vga_wide": "fetch it from the raw part",
    }
    for name, _ in _parts(options).values():
        if not (folder / name).is_dir():
            raise InputError(f"{video} must have a folder {name}, got none; {advice.get(name, 'fetch it')}")


def _depth(frames: list[FrameFiles], least: int) -> DepthFiles | ConfidentDepth:
    paths = tuple(files["depth"] for files in frames)
    if not least:
        return DepthFiles(paths, (0, 65535))
    return ConfidentDepth(paths, tuple(files["confidence"] for files in frames), least)


def _fingerprint(
    options: ArkitscenesOptions,
    space: str,
    frames: str,
    arrays: tuple[np.ndarray | None, ...],
    objects: Objects | None,
) -> str:
    digest = hashlib.sha256(f"{options}{space}{frames}".encode())
    known = () if objects is None else (objects.world_from_box, objects.size)
    for array in (*arrays, *known):
        digest.update(repr(None if array is None else array.shape).encode())
        digest.update(b"" if array is None else array.tobytes())
    digest.update(repr(objects and (objects.ids, objects.categories)).encode())
    return digest.hexdigest()


READER = Reader(
    name="arkitscenes",
    title="ARKitScenes: lowres_wide, lowres_depth, lowres_wide_intrinsics, lowres_wide.traj",
    options=ArkitscenesOptions,
    recognises=lambda path: any(True for _ in _videos(path)),
    scenes=_scenes,
    load=_load,
)
