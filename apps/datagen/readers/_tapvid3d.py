"""The numbers of a TAPVid-3D clip: whose it is, tracks in the world, poses and camera, checked."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spatialgeom.apps.datagen.readers._clip_images import ImageHeader, image_header, usual_size
from spatialgeom.apps.datagen.readers._npz import Npz, open_npz
from spatialgeom.apps.datagen.readers._track_checks import (
    check_poses,
    check_queries,
    first_centre,
    project,
    query_errors,
    to_world,
)
from spatialgeom.apps.errors import InputError, UsageError

TRACKS = ("tracks_XYZ", "tracks_xyz")
IMAGES = "images_jpeg_bytes"
_CAMERA = ("fx_fy_cx_cy", "intrinsics")
_SOURCES = ("auto", "adt", "pstudio", "drivetrack", "other")
_SIZES = {(360, 640): "pstudio", (512, 512): "adt"}
_ADT_STEM = re.compile(r"(?:Apartment|Lite)_release_\w+")
_DRIVETRACK_STEM = re.compile(r"tapvid3d_\d+(?:_\d+){4}(?=_)")  # segment, begin, end; then an object
_FARTHEST_M = 10_000.0
_OFF_CENTRE = 0.2  # of the side: a principal point farther from the middle is of other images


@dataclass(frozen=True)
class TapVid3dOptions:
    """What TAPVid-3D clips do not say.

    Args:
        source: adt, pstudio, drivetrack or other; auto: by the names of folder and file, else by image size.
        static_camera: Take a clip without extrinsics as filmed by a camera that stands still.
        drivetrack: Use DriveTrack clips, whose extrinsics are not accurate.
        stride: Use every n-th frame.
        licence: Licence of the images, for the dataset's card; default: that of the source.
    """

    source: str = "auto"
    static_camera: bool = False
    drivetrack: bool = False
    stride: int = 1
    licence: str | None = None

    def __post_init__(self) -> None:
        if self.source not in _SOURCES:
            raise UsageError(f"tapvid3d.source must be one of {', '.join(_SOURCES)}, got {self.source!r}")
        if self.stride < 1:
            raise UsageError(f"tapvid3d.stride must be at least 1, got {self.stride}")


@dataclass(frozen=True)
class Tracks:
    """The numbers of a clip, for every frame of the file."""

    source: str
    points: np.ndarray  # (T, N, 3) camera axes, metres; NaN where unknown
    tracks: np.ndarray  # (T, N, 3) world, metres; NaN where unknown or the pose is lost
    visible: np.ndarray  # (T, N) bool
    world_from_camera: np.ndarray  # (T, 4, 4)
    faults: tuple[str | None, ...]  # per frame, why its pose cannot be used
    intrinsics: np.ndarray  # (3, 3) pixels, first centre at 0
    query_errors_px: tuple[float, float]  # median, with K as it is and with half a pixel less
    first_centre: float  # where the file's K has the centre of the first pixel


def source_of(path: Path, size: tuple[int, int] | None = None) -> str:
    """Return adt, pstudio, drivetrack or tapvid3d by a path's names, the last first, or by image size."""
    if _DRIVETRACK_STEM.match(path.stem):
        return "drivetrack"
    if _ADT_STEM.match(path.stem):
        return "adt"
    for folder in reversed(path.parent.parts):
        # adt as a word of its own: it is part of many names
        if match := re.search(r"pstudio|drivetrack|(?<![a-z0-9])adt(?![a-z0-9])", folder.lower()):
            return match[0]
    return "tapvid3d" if size is None else _SIZES.get(size, "tapvid3d")


def space_of(stem: str, source: str) -> str:
    """Return what splits are by: a recording of ADT, an activity of PStudio, a segment of DriveTrack."""
    if source == "drivetrack" and (match := _DRIVETRACK_STEM.match(stem)):
        return match[0]
    if source in ("adt", "pstudio"):
        return re.sub(r"(?<=.)(?:_\d+)+$", "", stem)
    return stem


def clip_source(file: Path, options: TapVid3dOptions) -> str:
    """Return the source of a clip: the option, else what its names tell, else the size of its first image."""
    if options.source != "auto":
        return "tapvid3d" if options.source == "other" else options.source
    named = source_of(file)
    if named != "tapvid3d":
        return named
    try:
        with open_npz(file) as npz:
            header = image_header(npz.first_string(IMAGES))
    except InputError:
        return named
    return source_of(file, header.size if isinstance(header, ImageHeader) else None)


def read_tracks(path: Path, options: TapVid3dOptions | None = None) -> Tracks:
    """Read the numbers of a clip, with or without its images; nothing is decoded.

    Raises:
        InputError: A member is missing or damaged, members contradict one another, or a clip is of a source
            that needs an option.
    """
    options = options or TapVid3dOptions()
    with open_npz(path) as npz:
        images = npz.byte_strings(IMAGES) if IMAGES in npz else []
        return read_arrays(npz, clip_source(path, options), options, usual_size(map(image_header, images)))


def read_arrays(npz: Npz, source: str, options: TapVid3dOptions, size: tuple[int, int] | None) -> Tracks:
    """Read the numbers of an open clip whose images have a size, height and width."""
    clip = npz.path.name
    if source == "drivetrack" and not options.drivetrack:
        raise InputError(
            f"{clip} is of DriveTrack, where points that stand still jump by half a metre; "
            "leave it out, or give --tapvid3d.drivetrack true"
        )
    points = _unknown_as_nan(_numbers(npz, _spelt(npz, TRACKS), "f", (None, None, 3)))
    frames, count = points.shape[:2]
    seen = npz.array("visibility", "bui", (frames, count)) != 0
    seen &= np.isfinite(points).all(axis=-1) & (points[..., 2] > 0)
    world_from_camera, faults = _poses(npz, frames, source, options)
    matrix = _matrix(npz, size)
    errors = _query_errors(npz, points, seen, matrix)
    check_queries(clip, errors)
    if source != "drivetrack":
        check_poses(clip, points, seen, world_from_camera)
    first = first_centre(matrix, size, errors)
    matrix[:2, 2] -= first
    if size is not None:
        seen &= _inside(project(points, matrix), size)
    tracks = to_world(points, world_from_camera)
    return Tracks(source, points, tracks, seen, world_from_camera, faults, matrix, errors, first)


def _numbers(npz: Npz, name: str, kinds: str, shape: tuple[int | None, ...]) -> np.ndarray:
    with np.errstate(all="ignore"):
        return npz.array(name, kinds, shape).astype(np.float64)


def _spelt(npz: Npz, names: tuple[str, ...]) -> str:
    return next((name for name in names if name in npz), names[0])


def _unknown_as_nan(points: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        known = (np.abs(points) < _FARTHEST_M).all(axis=-1, keepdims=True)
    return np.where(known, points, np.nan)


def _poses(
    npz: Npz, frames: int, source: str, options: TapVid3dOptions
) -> tuple[np.ndarray, tuple[str | None, ...]]:
    """Return world_from_camera, NaN where it cannot be used, and why."""
    if "extrinsics_w2c" not in npz:
        if source != "pstudio" and not options.static_camera:
            raise InputError(
                f"{npz.path.name} has no extrinsics_w2c, so whether camera or points moved is unknown; make "
                "the clip again with extrinsics, or give --tapvid3d.static_camera true if the camera is still"
            )
        return np.tile(np.eye(4), (frames, 1, 1)), (None,) * frames
    given = _numbers(npz, "extrinsics_w2c", "f", (frames, 4, 4))
    finite, rigid = np.isfinite(given).all(axis=(1, 2)), _rigid(given)
    poses = np.full_like(given, np.nan)
    poses[rigid] = np.linalg.inv(given[rigid])
    reasons = ("pose is not finite (tracking was lost)", "pose is not a rigid transform", None)
    return poses, tuple(reasons[i] for i in finite.astype(int) + rigid)


def _rigid(poses: np.ndarray) -> np.ndarray:
    """Tell which transforms turn and shift, within the deviations that real ones have."""
    near = np.abs(poses).max(axis=(1, 2)) < _FARTHEST_M  # not where one is NaN
    rotation = np.where(near[:, None, None], poses, 0)[:, :3, :3]
    straight = np.abs(rotation @ rotation.swapaxes(1, 2) - np.eye(3)).max(axis=(1, 2)) < 0.05
    closed = np.abs(np.where(near[:, None], poses[:, 3], 0) - [0, 0, 0, 1]).max(axis=1) < 1e-6
    return near & straight & closed & (np.linalg.det(rotation) > 0)


def _matrix(npz: Npz, size: tuple[int, int] | None) -> np.ndarray:
    """Return K as the file has it."""
    name = _spelt(npz, _CAMERA)
    fx, fy, cx, cy = _numbers(npz, name, "fiu", (4,)).tolist()
    matrix = np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1.0]])
    if not (np.isfinite(matrix).all() and fx > 0 and fy > 0):
        raise InputError(f"{npz.path.name}: {name} must be fx, fy, cx, cy in pixels, got {[fx, fy, cx, cy]}")
    height, width = size or (2 * cy, 2 * cx)
    if abs(cx - width / 2) > _OFF_CENTRE * width or abs(cy - height / 2) > _OFF_CENTRE * height:
        raise InputError(
            f"{npz.path.name}: {name} has its centre at ({cx:g}, {cy:g}), which does not fit the images of "
            f"{width}x{height}; make the clip again with those of this size"
        )
    return matrix


def _query_errors(npz: Npz, points: np.ndarray, seen: np.ndarray, matrix: np.ndarray) -> tuple[float, float]:
    unjudged = float("nan"), float("nan")
    if "queries_xyt" not in npz:
        return unjudged
    queries = _numbers(npz, "queries_xyt", "fiu", (None, 3))
    # the published script leaves out tracks whose query has no depth, and keeps the query
    return query_errors(points, seen, matrix, queries) if len(queries) == points.shape[1] else unjudged


def _inside(uv: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    height, width = size
    with np.errstate(invalid="ignore"):
        return np.all((uv >= -0.5) & (uv < np.array([width, height]) - 0.5), axis=-1)
