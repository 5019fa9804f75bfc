"""Undistorted views of Aria Digital Twin: colour, depth and instance images and one meta.json."""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from spatialgeom.apps.datagen.objects import Objects, upright_box
from spatialgeom.apps.datagen.reader import Reader, SceneHandle
from spatialgeom.apps.datagen.readers._frames import DepthFiles, FrameFiles, check_intrinsics, read_frames
from spatialgeom.apps.datagen.readers._instances import InstanceFiles, numbers_of
from spatialgeom.apps.datagen.scene import Camera, Scene, rotation_to_z
from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.images import ImageRef

_LARGEST_META = 1 << 26  # bytes
_FARTHEST_M = 10_000.0
_LONGEST_NAME = 60
_FRAME = re.compile(r"([0-9]{6})\.(jpg|depth\.png)")
# the data set's names for what it has no name for; nobody would know which thing is meant
_VAGUE = re.compile(
    r"\b(object|accessory|utensil|device|part|cabinets|built|shelter|play set|smart home)\b|/"
)
_INVALID_DEPTH = (0, 65535)


@dataclass(frozen=True)
class AdtViewsOptions:
    """Which views to use.

    Args:
        stride: Use every n-th frame.
        licence: Licence of the images, for the dataset's card.
    """

    stride: int = 1
    licence: str = "Aria Digital Twin Dataset licence (research)"

    def __post_init__(self) -> None:
        if self.stride < 1:
            raise UsageError(f"adt_views.stride must be at least 1, got {self.stride}")


def _is_scene(folder: Path) -> bool:
    return (folder / "meta.json").is_file() and any(folder.glob("[0-9]*.inst.png"))


def _recognises(path: Path) -> bool:
    return path.is_dir() and (_is_scene(path) or any(map(_is_scene, path.iterdir())))


def _scenes(path: Path, options: AdtViewsOptions) -> list[SceneHandle]:
    folders = (
        [path] if _is_scene(path) else sorted(filter(_is_scene, path.iterdir() if path.is_dir() else ()))
    )
    if not folders:
        raise InputError(
            f"{path} must hold meta.json, NNNNNN.jpg, .depth.png and .inst.png; they are not there"
        )
    found = [folder.resolve() for folder in folders]
    return [SceneHandle("adt_views", f.name, str(f), options, "adt_views", f.name) for f in found]


def _load(handle: SceneHandle, _: Path) -> Scene:
    options: AdtViewsOptions = handle.options
    folder = Path(handle.path)
    text, meta = _read_meta(folder / "meta.json")
    matrix = _camera_matrix(meta, handle.name)
    to_z_up = rotation_to_z(np.array([0.0, 1.0, 0.0]))
    cam_from_world = _poses(meta, handle.name)

    def pose(files: FrameFiles) -> np.ndarray | None:
        index = int(files["color"].stem)
        return _inverse(_array(cam_from_world[index], 4, 4)) if index < len(cam_from_world) else None

    frames = read_frames(_list_frames(folder), ("color", "depth"), pose, options.stride, handle.name)
    if frames.colour_size != frames.depth_size:
        raise InputError(
            f"{handle.name} must have colour and depth images of one size, got {frames.colour_size} and "
            f"{frames.depth_size} (height, width); export both from one camera"
        )
    check_intrinsics(handle.name, "colour", matrix, frames.colour_size, "meta.json")
    objects, values = _objects(meta, handle.name, to_z_up)
    height, width = frames.colour_size
    camera = Camera(matrix, frames.colour_size)
    digest = hashlib.sha256(f"{options}{frames.fingerprint}".encode())
    digest.update(text)
    instances = tuple(folder / f"{name}.inst.png" for name in frames.names)
    digest.update(repr([path.stat().st_size if path.is_file() else None for path in instances]).encode())
    return Scene(
        name=handle.name,
        space=handle.space,
        source="adt_views",
        frames=tuple(frames.names),
        images=tuple(ImageRef(files["color"].name, width, height) for files in frames.files),
        root=str(folder),
        world_from_depth=to_z_up @ frames.poses,
        depth_camera=camera,
        colour_camera=camera,
        colour_from_depth=np.eye(4),
        depth=DepthFiles(tuple(files["depth"] for files in frames.files), _INVALID_DEPTH),
        fingerprint=digest.hexdigest(),
        objects=objects,
        instances=InstanceFiles(instances, frames.depth_size, numbers_of(values)),
        dropped=frames.dropped,
        licence=options.licence,
    )


def _read_meta(path: Path) -> tuple[bytes, dict[str, Any]]:
    try:
        if path.stat().st_size > _LARGEST_META:
            raise InputError(
                f"{path} must be at most 64 MiB, got {path.stat().st_size} bytes; check the file"
            )
        text = path.read_bytes()
        meta = json.loads(text)
    except (OSError, ValueError, RecursionError) as fault:
        raise InputError(f"{path} must be JSON, but {str(fault)[:200]}; copy it again") from None
    if not isinstance(meta, dict):
        raise InputError(f"{path} must hold K, w2c and boxes, got a {type(meta).__name__}; copy it again")
    return text, meta


def _array(value: object, *shape: int) -> np.ndarray | None:
    """Return finite numbers of a shape (-1: any length), else None."""
    try:
        array = np.array(value)
        if array.dtype.kind not in "iuf":
            return None
        array = array.astype(float)
    except (ValueError, TypeError, OverflowError):
        return None
    fits = array.ndim == len(shape) and all(n in (-1, m) for n, m in zip(shape, array.shape, strict=True))
    return array if fits and np.isfinite(array).all() else None


def _camera_matrix(meta: dict[str, Any], scene: str) -> np.ndarray:
    values = _array(meta.get("K"), 4)
    if values is None:
        raise InputError(f"{scene}: K in meta.json must be fx, fy, cx, cy, got something else; copy it again")
    fx, fy, cx, cy = values
    return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1.0]])


def _poses(meta: dict[str, Any], scene: str) -> list[Any]:
    listed = meta.get("w2c")
    if not isinstance(listed, list):
        raise InputError(
            f"{scene}: w2c in meta.json must list 4x4 matrices, got a {type(listed).__name__}; copy it again"
        )
    return listed


def _inverse(cam_from_world: np.ndarray | None) -> np.ndarray | None:
    if cam_from_world is None or not _is_rigid(cam_from_world):
        return None
    return np.linalg.inv(cam_from_world)


def _is_rigid(transform: np.ndarray) -> bool:
    rotation = transform[:3, :3]
    within = np.abs(transform).max() < _FARTHEST_M and np.array_equal(transform[3], [0, 0, 0, 1])
    return bool(
        within and np.allclose(rotation @ rotation.T, np.eye(3), atol=0.01) and np.linalg.det(rotation) > 0
    )


def _list_frames(folder: Path) -> dict[str, FrameFiles]:
    listed: dict[str, FrameFiles] = {}
    for file in sorted(folder.iterdir()):
        if (match := _FRAME.fullmatch(file.name)) and file.is_file():
            listed.setdefault(match[1], {})["color" if match[2] == "jpg" else "depth"] = file
    return listed


def _objects(meta: dict[str, Any], scene: str, to_z_up: np.ndarray) -> tuple[Objects, list[int]]:
    """Return the objects, and their values in instance images."""
    boxes = meta.get("boxes")
    if not isinstance(boxes, list):
        raise InputError(
            f"{scene}: boxes in meta.json must be a list, got a {type(boxes).__name__}; copy it again"
        )
    rows = [_object(box, k, scene, to_z_up) for k, box in enumerate(boxes)]
    values = [value for value, *_ in rows]
    if len(set(values)) < len(values):
        raise InputError(
            f"{scene}: boxes in meta.json must have an id each, but some share one; copy it again"
        )
    return (
        Objects(
            ids=tuple(str(value) for value in values),
            categories=tuple(category for _, category, *_ in rows),
            world_from_box=np.array([pose for *_, pose, _ in rows]).reshape(-1, 4, 4),
            size=np.array([size for *_, size in rows]).reshape(-1, 3),
        ),
        values,
    )


def _object(
    box: object, index: int, scene: str, to_z_up: np.ndarray
) -> tuple[int, str, np.ndarray, np.ndarray]:
    """Return a box's value in instance images, its category, and the upright box."""
    entry: dict[str, Any] = box if isinstance(box, dict) else {}
    value, category = entry.get("id"), entry.get("category")
    bounds, pose = _array(entry.get("aabb"), 6), _array(entry.get("T_world_obj"), 4, 4)
    numbered = isinstance(value, int) and 0 < value < 1 << 16
    if not numbered or not isinstance(category, str) or bounds is None or pose is None or not _is_rigid(pose):
        raise InputError(
            f"{scene}: box {index} of meta.json must have id (1 to 65535), category, aabb (6 numbers) and "
            "T_world_obj (a rigid 4x4 transform); copy it again"
        )
    low, high = bounds[::2], bounds[1::2]
    if not (low <= high).all() or np.abs(bounds).max() > _FARTHEST_M:
        raise InputError(f"{scene}: box {index} of meta.json must have min <= max in aabb; copy it again")
    centred = to_z_up @ pose
    centred[:3, 3] += centred[:3, :3] @ ((low + high) / 2)
    return cast(int, value), _spoken(category), *upright_box(centred, high - low)


def _spoken(category: str) -> str:
    """Return what a person would call a category; ``object``, which is not asked about, if it is vague."""
    words = " ".join(category.lower().split())
    return "object" if not words or len(words) > _LONGEST_NAME or _VAGUE.search(words) else words


READER = Reader(
    name="adt_views",
    title="views of Aria Digital Twin: NNNNNN.{jpg,depth.png,inst.png} and meta.json with boxes",
    options=AdtViewsOptions,
    recognises=_recognises,
    scenes=_scenes,
    load=_load,
)
