"""Write TAPVid-3D clips: a rendered room with two boxes that move, every track exact."""

import io
import pickle
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from PIL import Image

_ROOM = np.array([[-2.0, -1.6, 0.0], [2.0, 1.6, 2.4]])  # metres: opposite corners of a box seen from inside
_HALF = np.array([[0.35, 0.25, 0.3], [0.2, 0.3, 0.25]])  # half the sides of the two boxes
_GRID = 6  # pixels between queries


@dataclass(frozen=True)
class RenderedClip:
    """What a clip holds, and the truth behind it."""

    images: tuple[bytes, ...]  # JPEG
    size: tuple[int, int]  # height, width
    points: np.ndarray  # (T, N, 3) camera axes, metres
    visible: np.ndarray  # (T, N) bool
    queries_xyt: np.ndarray  # (N, 3) pixels, the corner of the first at 0
    fx_fy_cx_cy: np.ndarray  # (4,) likewise
    camera_from_world: np.ndarray  # (T, 4, 4)
    world: np.ndarray  # (T, N, 3) metres
    part: np.ndarray  # (N,) 0 the room, 1 and 2 the boxes


def render_clip(
    frames: int = 8, size: tuple[int, int] = (96, 128), focal: float = 90.0, moving_camera: bool = True
) -> RenderedClip:
    """Render the room; box 1 slides 5 cm a frame, box 2 rises by 4 cm and turns by 5 degrees."""
    height, width = size
    intrinsics = np.array([focal, focal, width / 2, height / 2])
    poses = np.stack([_camera(frame if moving_camera else 0) for frame in range(frames)])
    boxes = np.stack([_boxes(frame) for frame in range(frames)])
    v, u = np.mgrid[:height, :width] + 0.5
    rays = _rays(np.stack((u, v), axis=-1), intrinsics)
    views = [_cast(rays, poses[t], boxes[t]) for t in range(frames)]
    images = tuple(_jpeg(part, own) for _, part, own in views)
    queries, part, own = _queries(views, frames)
    world = np.stack([_in_world(own, part, boxes[t]) for t in range(frames)])
    camera_from_world = np.linalg.inv(poses)
    points = (
        np.einsum("tij,tnj->tni", camera_from_world[:, :3, :3], world) + camera_from_world[:, None, :3, 3]
    )
    visible = np.stack([_seen(points[t], poses[t], boxes[t], intrinsics, size) for t in range(frames)])
    return RenderedClip(images, size, points, visible, queries, intrinsics, camera_from_world, world, part)


def _camera(frame: int) -> np.ndarray:
    """Return world_from_camera; it walks 3 cm a frame, and a little faster with time."""
    forward = np.array([1.0, 0.1 + 0.01 * frame, -0.25])
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack((right, np.cross(forward, right), forward), axis=1)
    pose[:3, 3] = [-1.6 + 0.002 * frame**2, -0.6 + 0.03 * frame, 1.2]
    return pose


def _boxes(frame: int) -> np.ndarray:
    """Return world_from_box of the two boxes, (2, 4, 4)."""
    boxes = np.tile(np.eye(4), (2, 1, 1))
    angle = np.radians(5.0 * frame)
    boxes[0, :3, 3] = [0.4, -0.6 - 0.05 * frame, 0.3]
    boxes[1, :3, 3] = [0.6, 0.6, 0.6 + 0.04 * frame]
    boxes[1, :2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return boxes


def _rays(uv: np.ndarray, intrinsics: np.ndarray) -> np.ndarray:
    """Return directions in camera axes with z = 1, so that a ray's parameter is depth."""
    xy = (uv - intrinsics[2:]) / intrinsics[:2]
    return np.concatenate((xy, np.ones_like(xy[..., :1])), axis=-1)


def _cast(rays: np.ndarray, pose: np.ndarray, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return depth, part and place in the part's own axes of what rays hit first."""
    ways, centre = rays @ pose[:3, :3].T, pose[:3, 3]
    with np.errstate(divide="ignore"):
        depth = np.maximum((_ROOM[0] - centre) / ways, (_ROOM[1] - centre) / ways).min(axis=-1)
    part = np.zeros(depth.shape, int)
    own = centre + ways * depth[..., None]
    for i, (box, half) in enumerate(zip(boxes, _HALF, strict=True), start=1):
        start, way = box[:3, :3].T @ (centre - box[:3, 3]), ways @ box[:3, :3]
        with np.errstate(divide="ignore"):
            sides = np.sort(np.stack(((-half - start) / way, (half - start) / way)), axis=0)
        enters, leaves = sides[0].max(axis=-1), sides[1].min(axis=-1)
        hit = (enters < leaves) & (enters > 0) & (enters < depth)
        depth, part = np.where(hit, enters, depth), np.where(hit, i, part)
        own = np.where(hit[..., None], start + way * enters[..., None], own)
    return depth, part, own


def _jpeg(part: np.ndarray, own: np.ndarray) -> bytes:
    checks = np.floor(own * np.array([5, 6, 7]) + 1e-6).astype(int).sum(axis=-1) % 2 * 90
    colour = np.stack([checks + 40 + 60 * (part == i) for i in range(3)], axis=-1) + 15 * own
    content = io.BytesIO()
    Image.fromarray(np.clip(colour, 0, 255).astype(np.uint8)).save(content, "JPEG", quality=90)
    return content.getvalue()


def _queries(
    views: list[tuple[np.ndarray, np.ndarray, np.ndarray]], frames: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return queries at pixels' centres of the first and the middle frame, their parts and places."""
    queries, parts, owns = [], [], []
    for t in (0, frames // 2):
        _, part, own = views[t]
        v, u = np.mgrid[_GRID // 2 : part.shape[0] : _GRID, _GRID // 2 : part.shape[1] : _GRID]
        v, u = v.ravel(), u.ravel()
        queries.append(np.stack((u + 0.5, v + 0.5, np.full(u.shape, float(t))), axis=-1))
        parts.append(part[v, u])
        owns.append(own[v, u])
    return np.concatenate(queries), np.concatenate(parts), np.concatenate(owns)


def _in_world(own: np.ndarray, part: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    frames = np.concatenate((np.eye(4)[None], boxes))[part]
    return np.einsum("nij,nj->ni", frames[:, :3, :3], own) + frames[:, :3, 3]


def _seen(
    points: np.ndarray, pose: np.ndarray, boxes: np.ndarray, intrinsics: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    uv = intrinsics[:2] * points[:, :2] / points[:, 2:] + intrinsics[2:]
    inside = ((uv >= 0) & (uv < size[::-1])).all(axis=-1) & (points[:, 2] > 0)
    return inside & (_cast(_rays(uv, intrinsics), pose, boxes)[0] > points[:, 2] - 1e-6)


def members(
    clip: RenderedClip, lower: bool = False, extrinsics: bool = True, objects: bool = False
) -> dict[str, np.ndarray]:
    """Return a clip's arrays by name.

    Args:
        clip: What to write.
        lower: Use the second spelling of the names that have two.
        extrinsics: Without, the clip is as the published script makes it.
        objects: Images as objects, not as strings of one width.
    """
    arrays = {
        "images_jpeg_bytes": object_array(clip.images) if objects else np.array(clip.images),
        "queries_xyt": clip.queries_xyt,
        "tracks_xyz" if lower else "tracks_XYZ": clip.points,
        "visibility": clip.visible,
        "intrinsics" if lower else "fx_fy_cx_cy": clip.fx_fy_cx_cy,
    }
    return arrays | ({"extrinsics_w2c": clip.camera_from_world} if extrinsics else {})


def object_array(values: Sequence[object]) -> np.ndarray:
    """Return objects as a one-dimensional array, whatever their lengths."""
    array = np.empty(len(values), object)
    array[:] = values
    return array


def npy_bytes(array: np.ndarray, protocol: int = 4) -> bytes:
    """Return an array in NumPy's file format; objects are pickled."""
    content = io.BytesIO()
    if array.dtype.kind == "O":
        npy.write_array_header_1_0(content, npy.header_data_from_array_1_0(array))
        return content.getvalue() + pickle.dumps(array, protocol=protocol)
    npy.write_array(content, array, version=(1, 0))
    return content.getvalue()


def write_npz(path: Path, contents: Mapping[str, np.ndarray | bytes], compressed: bool = False) -> Path:
    """Write members, arrays or the bytes of their files, as ``np.savez`` does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    how = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, value in contents.items():
            archive.writestr(f"{name}.npy", value if isinstance(value, bytes) else npy_bytes(value))
    return path


def write_adt(folder: Path, clip: RenderedClip, chunk: int = 0, extrinsics: bool = True) -> Path:
    """Write a clip with the name of one of ADT's."""
    name = f"Apartment_release_meal_seq136_{chunk}.npz"
    return write_npz(folder / name, members(clip, extrinsics=extrinsics))


def write_pstudio(folder: Path, clip: RenderedClip, activity: str = "basketball", camera: int = 3) -> Path:
    """Write a clip as those of the Panoptic Studio, whose cameras stand still."""
    return write_npz(folder / f"{activity}_{camera}.npz", members(clip, extrinsics=False))


def write_changed(folder: Path, clip: RenderedClip, **changes: np.ndarray | bytes | None) -> Path:
    """Write a clip of ADT with members replaced, or left out where None."""
    arrays = {name: value for name, value in {**members(clip), **changes}.items() if value is not None}
    return write_npz(folder / "adt" / "Apartment_release_meal_seq136_0.npz", arrays)
