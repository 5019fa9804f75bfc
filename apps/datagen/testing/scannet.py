"""Write what ScanNet publishes of a scan, and its four exported layouts, for a small furnished room."""

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import kornia_rs.io
import numpy as np
from PIL import Image

ROOM = np.array([[-1.6, -1.3, 0.0], [1.6, 1.3, 2.2]])  # metres: opposite corners
FURNITURE = {  # label -> opposite corners
    "Filing_Cabinet": np.array([[1.2, -1.3, 0.0], [1.6, -0.7, 0.9]]),
    "coffee table": np.array([[-1.5, 0.5, 0.0], [-0.9, 1.2, 0.4]]),
}
ALIGNMENT = np.array(  # world from scan, as a scan's text file gives it
    [[0.8, -0.6, 0, 1.5], [0.6, 0.8, 0, -0.25], [0, 0, 1, 0.125], [0, 0, 0, 1]]
)
DEPTH_SIZE = (96, 128)
COLOUR_SIZE = (196, 262)  # of another aspect, as ScanNet's are
SMALL_SCENE = "scene0012_03"
SMALL_VERTICES = np.array([[0.5, -1.25, 2], [3, 4, 5.5], [-6, 7, -8], [1, 1, 1]])
_FOCAL = 110.0  # of depth
_SEGMENT_M = 0.3  # side of the cubes whose vertices are one segment


@dataclass(frozen=True)
class Recording:
    """Frames of the room."""

    colour: list[np.ndarray]  # (H, W, 3) uint8
    depth: list[np.ndarray]  # (h, w) uint16, mm
    world_from_camera: np.ndarray  # (F, 4, 4)
    colour_matrix: np.ndarray  # (3, 3)
    depth_matrix: np.ndarray  # (3, 3)

    def scan_from_camera(self) -> np.ndarray:
        """Return the poses before alignment, which is what files hold."""
        return np.linalg.inv(ALIGNMENT) @ self.world_from_camera

    def first(self, frames: int) -> "Recording":
        """Return the walk's beginning."""
        return replace(
            self,
            colour=self.colour[:frames],
            depth=self.depth[:frames],
            world_from_camera=self.world_from_camera[:frames],
        )


def pinhole(size: tuple[int, int]) -> np.ndarray:
    """Return the matrix of an image of the recordings' field of view: borders scale, not centres."""
    scale = np.array(size) / DEPTH_SIZE
    matrix = np.eye(3)
    matrix[[1, 0], [1, 0]] = _FOCAL * scale
    matrix[[1, 0], 2] = (np.array(DEPTH_SIZE) / 2 + [1.5, -2.0]) * scale - 0.5
    return matrix


def pose_at(turn: float) -> np.ndarray:
    """Return world_from_camera of a camera that walks near the centre at 1.3 m and looks outwards."""
    pitch = -0.45 + 0.2 * np.sin(turn * 7)
    forward = np.array([np.cos(turn) * np.cos(pitch), np.sin(turn) * np.cos(pitch), np.sin(pitch)])
    right = np.array([np.sin(turn), -np.cos(turn), 0.0])
    pose = np.eye(4)
    pose[:3, :3] = np.stack((right, np.cross(forward, right), forward), axis=1)
    pose[:3, 3] = [0.4 * np.cos(turn * 1.7), 0.35 * np.sin(turn * 1.3), 1.3]
    return pose


def depth_along(origin: np.ndarray, rays: np.ndarray) -> np.ndarray:
    """Return how many times each ray of ``(..., 3)`` goes into the distance to the first surface."""
    with np.errstate(divide="ignore", invalid="ignore"):
        depth: np.ndarray = np.maximum(*((corner - origin) / rays for corner in ROOM)).min(axis=-1)
        for box in FURNITURE.values():
            ends = [(corner - origin) / rays for corner in box]
            near, far = np.minimum(*ends).max(axis=-1), np.maximum(*ends).min(axis=-1)
            depth = np.where((near <= far) & (near > 0) & (near < depth), near, depth)
    return depth


def view(pose: np.ndarray, matrix: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return exact depth (H, W) in metres and the surface points (H, W, 3) that an image shows."""
    v, u = np.mgrid[: size[0], : size[1]].astype(float)
    rays = np.stack((u, v, np.ones_like(u)), axis=-1) @ np.linalg.inv(matrix).T @ pose[:3, :3].T
    depth = depth_along(pose[:3, 3], rays)
    return depth, pose[:3, 3] + rays * depth[..., None]


def record(frames: int, turn: float = 0.17) -> Recording:
    """Return a walk through the room."""
    poses = np.stack([pose_at(turn * frame) for frame in range(frames)])
    colour_matrix, depth_matrix = pinhole(COLOUR_SIZE), pinhole(DEPTH_SIZE)
    depth = [np.rint(view(pose, depth_matrix, DEPTH_SIZE)[0] * 1000).astype(np.uint16) for pose in poses]
    colour = []
    for pose in poses:
        surface = view(pose, colour_matrix, COLOUR_SIZE)[1]
        checks = (np.floor(surface * 4 + 1e-6).astype(int).sum(axis=-1) % 2 * 120 + 60)[..., None]
        shade = (surface - ROOM[0]) / (ROOM[1] - ROOM[0]) * 70
        colour.append(np.clip(checks + shade, 0, 255).astype(np.uint8))
    return Recording(colour, depth, poses, colour_matrix, depth_matrix)


def sample_box(box: np.ndarray, step: float = 0.05) -> np.ndarray:
    """Return points on the six sides of a box, edges included."""
    lower, upper = box
    axes = [
        np.linspace(low, high, int((high - low) / step) + 2) for low, high in zip(lower, upper, strict=True)
    ]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    return grid[((grid == lower) | (grid == upper)).any(axis=1)]


def write_ply(path: Path, points: np.ndarray, faces: int = 7) -> None:
    """Write a mesh as ScanNet does: float positions, colour with alpha, then triangles."""
    header = (
        "ply\nformat binary_little_endian 1.0\ncomment MLIB generated\n"
        f"element vertex {len(points)}\nproperty float x\nproperty float y\nproperty float z\n"
        "property uchar red\nproperty uchar green\nproperty uchar blue\nproperty uchar alpha\n"
        f"element face {faces}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    rows = np.zeros(len(points), [("xyz", "<f4", 3), ("rgba", "u1", 4)])
    rows["xyz"] = points
    rows["rgba"] = 200
    path.write_bytes(header.encode() + rows.tobytes() + struct.pack("<Biii", 3, 0, 1, 2) * faces)


def write_info(path: Path, alignment: np.ndarray | None = ALIGNMENT, end: str = "\n") -> None:
    """Write ``<scene>.txt``."""
    lines = [f"colorHeight = {COLOUR_SIZE[0]}", f"colorWidth = {COLOUR_SIZE[1]}", "sceneType = Office "]
    if alignment is not None:
        numbers = " ".join(f"{value:.6f}" for value in alignment.ravel())
        lines.insert(0, f"axisAlignment = {numbers} ")
    path.write_bytes((end.join(lines) + end).encode())


def write_json(path: Path, content: object) -> None:
    """Write JSON without spaces."""
    path.write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")


def group(number: int, segments: list[int], label: str = "chair") -> dict[str, object]:
    """Return an object as an aggregation lists it."""
    return {"id": number, "objectId": number, "segments": segments, "label": label}


def write_aggregation(folder: Path, scene: str, groups: list[dict[str, object]]) -> None:
    """Write ``<scene>.aggregation.json``."""
    aggregation = {"sceneId": f"scannet.{scene}", "appId": "Aggregator.v2", "segGroups": groups}
    write_json(folder / f"{scene}.aggregation.json", aggregation)


def write_label_table(path: Path, categories: dict[str, str]) -> None:
    """Write ``scannetv2-labels.combined.tsv`` for raw labels and the categories that they map to."""
    lines = ["id\traw_category\tcategory\tcount\tnyu40id\tnyu40class"]
    lines += [
        f"{i}\t{raw}\t{name}\t1\t39\totherfurniture" for i, (raw, name) in enumerate(categories.items(), 1)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_scan_files(folder: Path, scene: str) -> None:
    """Write a scan's text, mesh, segments and aggregation; of the room itself only the floor is an object."""
    folder.mkdir(parents=True, exist_ok=True)
    boxes = {"room": ROOM, **FURNITURE}
    clouds = [sample_box(box) for box in boxes.values()]
    owner = np.repeat(np.arange(len(clouds)), [len(cloud) for cloud in clouds])
    world = np.concatenate(clouds)
    cells = np.concatenate((owner[:, None], np.floor(world / _SEGMENT_M).astype(int)), axis=1)
    cells[(owner == 0) & (world[:, 2] == 0), 0] = len(clouds)
    _, segments = np.unique(cells, axis=0, return_inverse=True)
    labels = dict(enumerate(boxes)) | {len(clouds): "floor"}
    groups = [
        group(place, np.unique(segments[cells[:, 0] == kind]).tolist(), label)
        for place, (kind, label) in enumerate((kind, label) for kind, label in labels.items() if kind)
    ]
    to_scan = np.linalg.inv(ALIGNMENT)
    write_ply(folder / f"{scene}_vh_clean_2.ply", world @ to_scan[:3, :3].T + to_scan[:3, 3])
    write_info(folder / f"{scene}.txt")
    segmentation = {"params": {"kThresh": "0.0001"}, "sceneId": scene, "segIndices": segments.tolist()}
    write_json(folder / f"{scene}_vh_clean_2.0.010000.segs.json", segmentation)
    write_aggregation(folder, scene, groups)


def write_small_scan(folder: Path) -> None:
    """Write a mesh of four vertices in three segments, of which two belong to objects."""
    write_ply(folder / f"{SMALL_SCENE}_vh_clean_2.ply", SMALL_VERTICES)
    write_json(folder / f"{SMALL_SCENE}_vh_clean_2.0.010000.segs.json", {"segIndices": [40, 7, 40, 3]})
    groups = [group(5, [40], "Office  Chair\n"), group(2, [3], "trash_can")]
    write_aggregation(folder, SMALL_SCENE, groups)


def _write_matrix(path: Path, matrix: np.ndarray) -> None:
    whole = np.eye(4)
    whole[: len(matrix), : len(matrix)] = matrix
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savetxt(path, whole, fmt="%f")


def _write_jpeg(path: Path, colour: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(colour).save(path, quality=90)


def _write_png(path: Path, depth: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    kornia_rs.io.write_image_png_u16(str(path), np.ascontiguousarray(depth[..., None]), "mono")


def write_pgm(path: Path, depth: np.ndarray) -> None:
    """Write a 16-bit PGM, whose bytes are big-endian."""
    height, width = depth.shape
    path.write_bytes(f"P5\n{width} {height}\n65535\n".encode() + depth.astype(">u2").tobytes())


def write_sensreader_folders(folder: Path, recording: Recording) -> None:
    """Write what the Python SensReader exports; numbers are not padded."""
    for number, pose in enumerate(recording.scan_from_camera()):
        _write_jpeg(folder / "color" / f"{number}.jpg", recording.colour[number])
        _write_png(folder / "depth" / f"{number}.png", recording.depth[number])
        _write_matrix(folder / "pose" / f"{number}.txt", pose)
    for kind, matrix in (("color", recording.colour_matrix), ("depth", recording.depth_matrix)):
        _write_matrix(folder / "intrinsic" / f"intrinsic_{kind}.txt", matrix)
        _write_matrix(folder / "intrinsic" / f"extrinsic_{kind}.txt", np.eye(4))


def write_sensreader_flat(folder: Path, recording: Recording) -> None:
    """Write what the C++ SensReader exports."""
    for number, pose in enumerate(recording.scan_from_camera()):
        stem = f"frame-{number:06d}"
        _write_jpeg(folder / f"{stem}.color.jpg", recording.colour[number])
        write_pgm(folder / f"{stem}.depth.pgm", recording.depth[number])
        _write_matrix(folder / f"{stem}.pose.txt", pose)
    lines = ["m_versionNumber = 4", "m_sensorName = StructureSensor", "m_depthShift = 1000"]
    for kind, matrix, (height, width) in (
        ("Color", recording.colour_matrix, COLOUR_SIZE),
        ("Depth", recording.depth_matrix, DEPTH_SIZE),
    ):
        whole = np.eye(4)
        whole[:3, :3] = matrix
        lines += [f"m_{kind.lower()}Width = {width}", f"m_{kind.lower()}Height = {height}"]
        for name, values in (("Intrinsic", whole), ("Extrinsic", np.eye(4))):
            lines.append(
                f"m_calibration{kind}{name} = " + "".join(f"{value:.9g} " for value in values.ravel())
            )
    lines.append(f"m_frames.size = {len(recording.depth)}")
    (folder / "_info.txt").write_text("\n".join(lines) + "\n", encoding="ascii")


def change_info(folder: Path, key: str, value: str | None) -> None:
    """Give a key of ``_info.txt`` another value, or None to leave it out; lines then end as on Windows."""
    lines = (folder / "_info.txt").read_text().splitlines()
    kept = [line for line in lines if not line.startswith(f"{key} = ")]
    if len(kept) == len(lines):
        raise KeyError(key)
    if value is not None:
        kept.append(f"{key} = {value}")
    (folder / "_info.txt").write_text("\r\n".join(kept))


def write_frames_25k(folder: Path, recording: Recording) -> None:
    """Write a scene of scannet_frames_25k, without its label images; numbers go by hundreds."""
    for place, pose in enumerate(recording.scan_from_camera()):
        stem = f"{place * 100:06d}"
        _write_jpeg(folder / "color" / f"{stem}.jpg", recording.colour[place])
        _write_png(folder / "depth" / f"{stem}.png", recording.depth[place])
        _write_matrix(folder / "pose" / f"{stem}.txt", pose)
    _write_matrix(folder / "intrinsics_color.txt", recording.colour_matrix)
    _write_matrix(folder / "intrinsics_depth.txt", recording.depth_matrix)


def write_posed_images(folder: Path, recording: Recording) -> None:
    """Write a scene of posed_images."""
    for number, pose in enumerate(recording.scan_from_camera()):
        _write_jpeg(folder / f"{number:05d}.jpg", recording.colour[number])
        _write_png(folder / f"{number:05d}.png", recording.depth[number])
        _write_matrix(folder / f"{number:05d}.txt", pose)
    _write_matrix(folder / "intrinsic.txt", recording.colour_matrix)


EXPORTS: dict[str, Callable[[Path, Recording], None]] = {
    "sensreader_folders": write_sensreader_folders,
    "sensreader_flat": write_sensreader_flat,
    "frames_25k": write_frames_25k,
    "posed_images": write_posed_images,
}


def frame_file(layout: str, folder: Path, place: int, kind: str) -> Path:
    """Return the file that a layout has for a frame's ``color``, ``depth`` or ``pose``."""
    ending = {"color": "jpg", "depth": "png", "pose": "txt"}[kind]
    if layout == "sensreader_flat":
        return folder / f"frame-{place:06d}.{kind}.{'pgm' if kind == 'depth' else ending}"
    if layout == "posed_images":
        return folder / f"{place:05d}.{ending}"
    return folder / kind / f"{place if layout == 'sensreader_folders' else f'{place * 100:06d}'}.{ending}"
