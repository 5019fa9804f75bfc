"""Write videos as the raw and the 3dod part of ARKitScenes are unpacked."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import kornia_rs.io
import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.spatial.transform import Rotation

from spatialgeom.apps.datagen.synthetic import Room
from spatialgeom.apps.datagen.testing.views import View

VIDEO = "41048190"  # as videos are named
HIGH, MEDIUM, LOW = 2, 1, 0  # confidence
_FULL_SIZE = (1440, 1920)


def write_arkitscenes(
    video: Path,
    views: Sequence[View],
    part: str = "3dod",
    vga: Sequence[View] = (),
    pose_lag_s: float = 0.0004,
) -> Path:
    """Write a video's frames.

    Args:
        video: A new folder, named by the video's number.
        views: Of lowres_wide and lowres_depth.
        part: "3dod", where frames have a folder of their own, or "raw".
        vga: Of vga_wide at the same times.
        pose_lag_s: Seconds by which poses are late.

    Returns:
        The folder of the frames.
    """
    folder = video / f"{video.name}_frames" if part == "3dod" else video
    for name in ("lowres_depth", "confidence"):
        (folder / name).mkdir(parents=True)
    for view in views:
        name = f"{video.name}_{view.time:.3f}.png"
        units = np.rint(view.depth_m * 1000).astype(np.uint16)[..., None]
        kornia_rs.io.write_image_png_u16(str(folder / "lowres_depth" / name), units, "mono")
        Image.fromarray(np.full(view.depth_m.shape, HIGH, np.uint8)).save(folder / "confidence" / name)
    for kind, seen in (("lowres_wide", views), ("vga_wide", vga)):
        for view in seen:
            _write_image(folder, kind, f"{video.name}_{view.time:.3f}", view)
    lines = [format_pose(view.time + pose_lag_s, view.pose) for view in views]
    (folder / "lowres_wide.traj").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def _write_image(folder: Path, kind: str, stem: str, view: View) -> None:
    for name in (kind, f"{kind}_intrinsics"):
        (folder / name).mkdir(exist_ok=True)
    Image.fromarray(view.colour).save(folder / kind / f"{stem}.png")
    (folder / f"{kind}_intrinsics" / f"{stem}.pincam").write_text(format_camera(view), encoding="utf-8")


def format_camera(view: View) -> str:
    """Return a view's camera as a ``.pincam`` file has it."""
    height, width = view.depth_m.shape
    # measured in the full image with pixel centres at integers, then divided
    scale = width / _FULL_SIZE[1], height / _FULL_SIZE[0]
    centre = [(view.matrix[axis, 2] + 0.5) / scale[axis] - 0.5 for axis in (0, 1)]
    numbers = (view.matrix[0, 0], view.matrix[1, 1], centre[0] * scale[0], centre[1] * scale[1])
    return " ".join((str(width), str(height), *(f"{number:.6g}" for number in numbers)))


def format_pose(time: float, pose: np.ndarray) -> str:
    """Return a pose, camera to world, as a line of ``lowres_wide.traj``, which is world to camera."""
    inverse = np.linalg.inv(pose)
    numbers = (*Rotation.from_matrix(inverse[:3, :3]).as_rotvec(), *inverse[:3, 3])
    return " ".join((f"{time:.8f}", *(f"{number:.9g}" for number in numbers)))


def annotation(room: Room) -> dict[str, Any]:
    """Return a room's things as ``NNNNNNNN_3dod_annotation.json`` has them, axes by rows."""
    return {
        "skipped": False,
        "data": [
            {
                "uid": f"uid-{item.id}",
                "label": item.category.replace(" ", "_"),
                "segments": {"obbAligned": _box(item.centre, item.size, item.yaw_deg)},
            }
            for item in room.instances
        ],
    }


def _box(centre: Sequence[float], size: Sequence[float], yaw_deg: float) -> dict[str, list[float]]:
    axes = Rotation.from_euler("z", yaw_deg, degrees=True).as_matrix().T
    return {"centroid": list(centre), "axesLengths": list(size), "normalizedAxes": axes.ravel().tolist()}


def write_annotation(video: Path, content: dict[str, Any]) -> None:
    """Write the annotation of a video."""
    text = json.dumps(content, indent=1)
    (video / f"{video.name}_3dod_annotation.json").write_text(text, encoding="utf-8")


def part_of(video: Path, name: str) -> Path:
    """Return a file or folder of the frames of a video of the 3dod part."""
    return video / f"{video.name}_frames" / name


def files_of(video: Path, name: str) -> list[Path]:
    """Return the files of one kind of a video of the 3dod part, by time."""
    return sorted(part_of(video, name).iterdir())


def edit_trajectory(video: Path, change: Callable[[list[str]], None]) -> None:
    """Change lines of the trajectory of a video of the 3dod part."""
    file = part_of(video, "lowres_wide.traj")
    lines = file.read_text(encoding="utf-8").splitlines()
    change(lines)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_mesh(video: Path, points: npt.ArrayLike) -> None:
    """Write the vertices of a video's mesh."""
    vertices = np.asarray(points, "<f4").reshape(-1, 3)
    head = f"ply\nformat binary_little_endian 1.0\nelement vertex {len(vertices)}\n"
    head += "property float x\nproperty float y\nproperty float z\nend_header\n"
    (video / f"{video.name}_3dod_mesh.ply").write_bytes(head.encode() + vertices.tobytes())


def one_box(axes: npt.ArrayLike, size: Sequence[float] = (1, 2, 3)) -> dict[str, Any]:
    """Return an annotation of one television, its axes by rows."""
    box = {
        "centroid": [1, 2, 0.5],
        "axesLengths": list(size),
        "normalizedAxes": np.ravel(axes).tolist(),
    }
    return {"data": [{"uid": "a", "label": "TV_monitor", "segments": {"obbAligned": box}}]}
