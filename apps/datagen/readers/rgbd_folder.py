"""Posed RGB-D folders in the layout that 7-Scenes, 3DMatch and BundleFusion share."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spatialgeom.apps.datagen.reader import Reader, SceneHandle
from spatialgeom.apps.datagen.readers._frames import DepthFiles, FrameFiles, check_intrinsics, read_frames
from spatialgeom.apps.datagen.scene import Camera, Scene, rotation_to_z
from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.images import ImageRef

_FRAME = re.compile(r"(frame-\d+)\.(color\.(?:jpg|jpeg|png)|depth\.png|pose\.txt)")
_SEQUENCE = re.compile(r"seq-\d+")  # one scan of several of a space
_CAMERA_FILES = ("camera-intrinsics.txt", "../camera-intrinsics.txt")


@dataclass(frozen=True)
class RgbdFolderOptions:
    """What the files of an RGB-D folder do not say.

    Args:
        depth_intrinsics: fx, fy, cx, cy of the depth camera in pixels; default: camera-intrinsics.txt.
        colour_intrinsics: fx, fy, cx, cy of the colour camera; default: those of the depth camera.
        colour_from_depth: From depth camera to colour camera axes: a translation in metres (3 numbers) or
            a 4x4 matrix by rows (16 numbers); default: one camera.
        up: Direction of up in the world of the poses (3 numbers); without it yaw and pitch are not asked.
        depth_scale: Metres per unit of the depth images.
        invalid_depth: Values of the depth images that mean "no reading".
        stride: Use every n-th frame.
        licence: Licence of the images, for the dataset's card.
    """

    depth_intrinsics: list[float] | None = None
    colour_intrinsics: list[float] | None = None
    colour_from_depth: list[float] | None = None
    up: list[float] | None = None
    depth_scale: float = 0.001
    invalid_depth: tuple[int, ...] = (0, 65535)
    stride: int = 1
    licence: str = "unknown"

    def __post_init__(self) -> None:
        for name, lengths in (
            ("depth_intrinsics", (4,)),
            ("colour_intrinsics", (4,)),
            ("colour_from_depth", (3, 16)),
            ("up", (3,)),
        ):
            value = getattr(self, name)
            if value is not None and (len(value) not in lengths or not np.isfinite(value).all()):
                expected = " or ".join(str(n) for n in lengths)
                raise UsageError(f"rgbd_folder.{name} must be {expected} finite numbers, got {list(value)}")
        _check_transform(self.colour_from_depth)
        if self.up is not None and np.linalg.norm(self.up) == 0:
            raise UsageError("rgbd_folder.up must be a direction, got the zero vector")
        if self.stride < 1:
            raise UsageError(f"rgbd_folder.stride must be at least 1, got {self.stride}")
        if not self.depth_scale > 0:
            raise UsageError(f"rgbd_folder.depth_scale must be positive, got {self.depth_scale}")


def _check_transform(given: list[float] | None) -> None:
    """Refuse a transform that no device's cameras have, such as one by columns or in millimetres."""
    transform = _colour_from_depth(given)
    rotation, apart_m = transform[:3, :3], float(np.linalg.norm(transform[:3, 3]))
    rigid = np.allclose(rotation @ rotation.T, np.eye(3), atol=0.05) and np.linalg.det(rotation) > 0
    if not rigid or not np.array_equal(transform[3], [0, 0, 0, 1]) or apart_m > 1:
        raise UsageError(
            "rgbd_folder.colour_from_depth must be a rigid transform by rows, of less than 1 metre, "
            f"got {transform.tolist()}"
        )


def _recognises(path: Path) -> bool:
    return any(any(folder.glob("frame-*.depth.png")) for folder in _scene_folders(path))


def _scene_folders(path: Path) -> list[Path]:
    """Return the folders with poses at ``path`` or up to two levels below it, sorted."""
    found = {file.parent for depth in ("", "*/", "*/*/") for file in path.glob(f"{depth}frame-*.pose.txt")}
    return sorted(found)


def _scenes(path: Path, options: RgbdFolderOptions) -> list[SceneHandle]:
    folders = _scene_folders(path)
    if not folders:
        raise InputError(
            f"{path} must hold frame-NNNNNN.pose.txt, .color.jpg and .depth.png files; none is there"
        )
    # seq-01 of kitchen is kitchen_seq-01, whichever of the two folders was named
    top = path.resolve()
    root = top.parent if _SEQUENCE.fullmatch(top.name) else top
    names = ("_".join((root.name, *folder.resolve().relative_to(root).parts)) for folder in folders)
    return [
        SceneHandle("rgbd_folder", name, str(folder.resolve()), options, "rgbd_folder", _space(name))
        for name, folder in zip(names, folders, strict=True)
    ]


def _space(name: str) -> str:
    return name.partition("_seq-")[0]


def _matrix(folder: Path, given: list[float] | None) -> np.ndarray:
    """Return K as the option or the folder's file gives it."""
    if given is not None:
        fx, fy, cx, cy = given
        return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1.0]])
    for name in _CAMERA_FILES:
        file = folder / name
        if file.is_file():
            values = _numbers(file)
            if values is None or values.size != 9:
                raise InputError(f"{file} must hold a 3x3 camera matrix; write nine numbers there")
            return values.reshape(3, 3)
    raise InputError(f"{folder} has no camera-intrinsics.txt; add it or give --rgbd_folder.depth_intrinsics")


def _numbers(file: Path) -> np.ndarray | None:
    try:
        return np.array(file.read_text(encoding="ascii").split(), float)
    except (ValueError, OSError):
        return None


def _colour_from_depth(given: list[float] | None) -> np.ndarray:
    if given is not None and len(given) == 16:
        return np.array(given, float).reshape(4, 4)
    transform = np.eye(4)
    transform[:3, 3] = given or 0.0
    return transform


def _list_frames(folder: Path) -> dict[str, FrameFiles]:
    frames: dict[str, FrameFiles] = {}
    for file in sorted(folder.iterdir()):
        if match := _FRAME.fullmatch(file.name):
            kind = match[2].partition(".")[0]
            frames.setdefault(match[1], FrameFiles())[kind] = file
    return dict(sorted(frames.items()))


def _pose(files: FrameFiles) -> np.ndarray | None:
    values = _numbers(files["pose"])
    return values.reshape(4, 4) if values is not None and values.size == 16 else None


def load_scene(handle: SceneHandle, _: Path) -> Scene:
    """Read one scene's headers and poses."""
    options: RgbdFolderOptions = handle.options
    folder = Path(handle.path)
    frames = read_frames(_list_frames(folder), ("color", "depth", "pose"), _pose, options.stride, handle.name)
    depth_k = _matrix(folder, options.depth_intrinsics)
    if options.colour_intrinsics is None and frames.colour_size != frames.depth_size:
        (height, width), (depth_height, depth_width) = frames.colour_size, frames.depth_size
        raise InputError(
            f"{handle.name} has colour images of {width}x{height} and depth images of "
            f"{depth_width}x{depth_height}, so one camera matrix cannot serve both; "
            "give --rgbd_folder.colour_intrinsics"
        )
    colour_k = depth_k if options.colour_intrinsics is None else _matrix(folder, options.colour_intrinsics)
    check_intrinsics(handle.name, "depth", depth_k, frames.depth_size, "--rgbd_folder.depth_intrinsics")
    check_intrinsics(handle.name, "colour", colour_k, frames.colour_size, "--rgbd_folder.colour_intrinsics")
    aligned = np.eye(4) if options.up is None else rotation_to_z(np.array(options.up, float))
    paths = [files["depth"] for files in frames.files]
    height, width = frames.colour_size
    return Scene(
        name=handle.name,
        space=handle.space,
        source=handle.source,
        frames=tuple(frames.names),
        images=tuple(ImageRef(files["color"].name, width, height) for files in frames.files),
        root=str(folder),
        world_from_depth=aligned @ frames.poses,
        depth_camera=Camera(depth_k, frames.depth_size),
        colour_camera=Camera(colour_k, frames.colour_size),
        colour_from_depth=_colour_from_depth(options.colour_from_depth),
        depth=DepthFiles(tuple(paths), options.invalid_depth),
        fingerprint=hashlib.sha256(f"{options}{depth_k.tolist()}{frames.fingerprint}".encode()).hexdigest(),
        depth_scale=options.depth_scale,
        up_known=options.up is not None,
        dropped=frames.dropped,
        licence=options.licence,
    )


READER = Reader(
    name="rgbd_folder",
    title="7-Scenes / 3DMatch / BundleFusion: frame-NNNNNN.{color.jpg,depth.png,pose.txt}",
    options=RgbdFolderOptions,
    recognises=_recognises,
    scenes=_scenes,
    load=load_scene,
)
