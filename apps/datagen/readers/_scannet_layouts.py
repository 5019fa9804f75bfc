"""The layouts in which ScanNet's frames are exported: the files of a frame, the cameras of a scene."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spatialgeom.apps.datagen.readers._frames import DepthFiles, FrameFiles, Frames, check_intrinsics
from spatialgeom.apps.datagen.readers._pgm import PgmFiles, read_pgm_size
from spatialgeom.apps.datagen.readers._scannet import colour_from_depth, read_info
from spatialgeom.apps.errors import InputError

_LARGEST_TEXT = 1 << 16  # of a pose, of intrinsics
_UNIT_M = 0.001


@dataclass(frozen=True)
class Cameras:
    """The two cameras of a scene."""

    colour: np.ndarray  # (3, 3)
    depth: np.ndarray  # (3, 3)
    colour_from_depth: np.ndarray  # (4, 4)
    depth_scale: float  # metres per unit


@dataclass(frozen=True)
class Layout:
    """One way to lay out the frames of a scene in its folder."""

    names: dict[str, tuple[str, str]]  # kind of file -> subfolder, pattern with the frame's number
    marks: tuple[tuple[str, ...], ...]  # of each group one must be there
    cameras: Callable[[Path, Frames], Cameras]

    def recognises(self, folder: Path) -> bool:
        """Tell whether a folder has this layout."""
        if not all(any(os.path.lexists(folder / name) for name in group) for group in self.marks):
            return False
        subfolder, pattern = self.names["depth"]
        return any(re.fullmatch(pattern, entry.name) for entry in _entries(folder / subfolder))

    def list_frames(self, folder: Path) -> dict[str, FrameFiles]:
        """Return the files of each frame, by number."""
        frames: dict[str, FrameFiles] = {}
        for subfolder in sorted({subfolder for subfolder, _ in self.names.values()}):
            # of a frame's two colour images the last by name is taken, whatever the order on disk
            for path in sorted(Path(entry) for entry in _entries(folder / subfolder)):
                for kind, (place, pattern) in self.names.items():
                    match = re.fullmatch(pattern, path.name) if place == subfolder else None
                    if match and _is_file(path):
                        frames.setdefault(match[1], FrameFiles())[kind] = path
        return dict(sorted(frames.items(), key=lambda frame: (int(frame[0]), frame[0])))

    def read_pose(self, files: FrameFiles) -> np.ndarray | None:
        """Return the pose of a frame, None where the file holds none.

        Raises:
            InputError: The depth image is to be a PGM of 16 bits and is not.
        """
        if files["depth"].suffix == ".pgm":
            read_pgm_size(files["depth"])
        values = _read_numbers(files["pose"])
        return values.reshape(4, 4) if values is not None and values.size == 16 else None


def depth_maps(frames: Frames) -> DepthFiles | PgmFiles:
    """Return what decodes the frames' depth images."""
    paths = tuple(files["depth"] for files in frames.files)
    return PgmFiles(paths, frames.depth_size) if paths[0].suffix == ".pgm" else DepthFiles(paths, ())


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError:
        return


def _is_file(path: Path) -> bool:
    """Tell whether there is a file and no pipe, which would wait for ever."""
    try:
        return path.is_file()
    except OSError:
        return False


def _read_numbers(path: Path) -> np.ndarray | None:
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST_TEXT:
            return None
        return np.array(path.read_text(encoding="ascii").split(), float)
    except (ValueError, OSError):
        return None


def _read_matrix(path: Path) -> np.ndarray:
    values = _read_numbers(path)
    if values is None or values.size != 16:
        raise InputError(f"{path} must hold a 4x4 matrix; export the scene again")
    return values.reshape(4, 4)


def _pinhole(path: Path, kind: str, matrix: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the (3, 3) of a 4x4 camera matrix that fits images of this size."""
    check_intrinsics(str(path), kind, matrix[:3, :3], size, "a new export")
    pinhole = matrix[:3, :3].copy()
    pinhole[1:, 0] = pinhole[2, 1] = 0
    pinhole[2, 2] = 1
    return pinhole


def _cameras_from_folder(folder: Path, frames: Frames) -> Cameras:
    """Read ``intrinsic/{intrinsic,extrinsic}_{color,depth}.txt``; without extrinsics the cameras are one."""
    colour, depth = (folder / "intrinsic" / f"intrinsic_{kind}.txt" for kind in ("color", "depth"))
    paths = [folder / "intrinsic" / f"extrinsic_{kind}.txt" for kind in ("color", "depth")]
    extrinsics = [_read_matrix(path) if os.path.lexists(path) else np.eye(4) for path in paths]
    return Cameras(
        _pinhole(colour, "colour", _read_matrix(colour), frames.colour_size),
        _pinhole(depth, "depth", _read_matrix(depth), frames.depth_size),
        colour_from_depth(*extrinsics),
        _UNIT_M,
    )


def _cameras_from_info(folder: Path, frames: Frames) -> Cameras:
    """Read ``_info.txt``, whose sizes must be those of the images."""
    path = folder / "_info.txt"
    info = read_info(path)
    colour, depth, extrinsic_colour, extrinsic_depth = (
        _matrix_of(path, info, f"m_calibration{kind}")
        for kind in ("ColorIntrinsic", "DepthIntrinsic", "ColorExtrinsic", "DepthExtrinsic")
    )
    for kind, (height, width) in (("color", frames.colour_size), ("depth", frames.depth_size)):
        told = info.get(f"m_{kind}Width", str(width)), info.get(f"m_{kind}Height", str(height))
        if told != (str(width), str(height)):
            raise InputError(
                f"{path} must give the size of the {kind} images, which is {width}x{height}, "
                f"got {told[0][:20]}x{told[1][:20]}; export the scene again"
            )
    return Cameras(
        _pinhole(path, "colour", colour, frames.colour_size),
        _pinhole(path, "depth", depth, frames.depth_size),
        colour_from_depth(extrinsic_colour, extrinsic_depth),
        _UNIT_M if "m_depthShift" not in info else _unit(path, info["m_depthShift"]),
    )


def _unit(path: Path, shift: str) -> float:
    try:
        units = float(shift)
    except ValueError:
        units = np.nan
    if not 1 <= units <= 1_000_000:
        raise InputError(
            f"{path} must give m_depthShift as the units of a metre, 1 to 1000000, got {shift[:20]!r}; "
            "export the scene again"
        )
    return 1 / units


def _matrix_of(path: Path, info: dict[str, str], key: str) -> np.ndarray:
    if key not in info and key.endswith("Extrinsic"):
        return np.eye(4)
    try:
        return np.array(info.get(key, "").split(), float).reshape(4, 4)
    except ValueError:
        raise InputError(f"{path} must give {key} as 16 numbers; export the scene again") from None


def _cameras_of_25k(folder: Path, frames: Frames) -> Cameras:
    """Read ``intrinsics_{color,depth}.txt``."""
    colour, depth = (folder / f"intrinsics_{kind}.txt" for kind in ("color", "depth"))
    return Cameras(
        _pinhole(colour, "colour", _read_matrix(colour), frames.colour_size),
        _pinhole(depth, "depth", _read_matrix(depth), frames.depth_size),
        np.eye(4),
        _UNIT_M,
    )


def _cameras_of_posed_images(folder: Path, frames: Frames) -> Cameras:
    """Read ``intrinsic.txt``, of the colour camera, and ``depth_intrinsic.txt`` where it was exported.

    Without the latter the depth camera is the colour camera at another size, as in ScanNet's own matrices.
    """
    path, own = folder / "intrinsic.txt", folder / "depth_intrinsic.txt"
    colour = _pinhole(path, "colour", _read_matrix(path), frames.colour_size)
    if os.path.lexists(own):
        depth = _pinhole(own, "depth", _read_matrix(own), frames.depth_size)
    else:
        depth = _resized(colour, frames.colour_size, frames.depth_size)
    return Cameras(colour, depth, np.eye(4), _UNIT_M)


def _resized(matrix: np.ndarray, old: tuple[int, int], new: tuple[int, int]) -> np.ndarray:
    """Return the camera matrix of an image that was resized; borders scale, and centres lie half within."""
    scaled = matrix.copy()
    for axis, side in ((0, 1), (1, 0)):
        factor = new[side] / old[side]
        scaled[axis, axis] *= factor
        scaled[axis, 2] = (matrix[axis, 2] + 0.5) * factor - 0.5
    return scaled


_FOLDERS = {
    "color": ("color", r"([0-9]+)\.(?:jpg|png)"),
    "depth": ("depth", r"([0-9]+)\.png"),
    "pose": ("pose", r"([0-9]+)\.txt"),
}
_INFO = {
    "color": ("", r"frame-([0-9]+)\.color\.(?:jpg|png)"),
    "depth": ("", r"frame-([0-9]+)\.depth\.pgm"),
    "pose": ("", r"frame-([0-9]+)\.pose\.txt"),
}
_POSED = {
    "color": ("", r"([0-9]{5})\.jpg"),
    "depth": ("", r"([0-9]{5})\.png"),
    "pose": ("", r"([0-9]{5})\.txt"),
}
_IN_FOLDER = ("intrinsic/intrinsic_color.txt", "intrinsic/intrinsic_depth.txt")
_OF_25K = ("intrinsics_color.txt", "intrinsics_depth.txt")
LAYOUTS = (
    Layout(_FOLDERS, (("color",), ("pose",), _IN_FOLDER), _cameras_from_folder),
    Layout(_FOLDERS, (("color",), ("pose",), _OF_25K), _cameras_of_25k),
    Layout(_INFO, (("_info.txt",),), _cameras_from_info),
    Layout(_POSED, (("intrinsic.txt",),), _cameras_of_posed_images),
)
