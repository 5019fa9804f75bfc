"""What lies beside the frames of an ARKitScenes video: object boxes, a mesh, the visit that it is of."""

import csv
import io
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from spatialgeom.apps.datagen.objects import Objects
from spatialgeom.apps.datagen.readers._ply import read_vertices
from spatialgeom.apps.errors import InputError

_TABLES = ("metadata.csv", "raw_train_val_splits.csv", "3dod_train_val_splits.csv")
_MOST_BYTES = 8 << 20  # of an annotation or table
_LONGEST_NAME = 100
_UPRIGHT = np.cos(np.deg2rad(5))
_FARTHEST_M = 10_000.0


def read_objects(file: Path) -> Objects | None:
    """Return the objects of an annotation; a box that leans by more than 5 degrees is NaN.

    Returns:
        The objects, or None where there is no such file.

    Raises:
        InputError: The file is damaged.
    """
    if not file.exists():
        return None
    try:
        items = json.loads(_text(file))["data"]
        ids = tuple(_name(str(item["uid"])) for item in items)
        categories = tuple(_name(item["label"].replace("_", " ").strip().lower()) for item in items)
        boxes = [_box(item["segments"]["obbAligned"]) for item in items]
        if len(set(ids)) < len(ids):
            raise ValueError("two objects have one uid")
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as fault:
        raise InputError(
            f"{file} must list objects with boxes, but reading it ends with {type(fault).__name__} "
            f"({str(fault)[:80]}); fetch it again"
        ) from None
    poses = np.array([pose for pose, _ in boxes]).reshape(-1, 4, 4)
    return Objects(ids, categories, poses, np.array([size for _, size in boxes]).reshape(-1, 3))


def _name(text: str) -> str:
    if not 0 < len(text) <= _LONGEST_NAME or not text.isprintable():
        raise ValueError(f"{text[:20]!r} is no name")
    return text


def _box(box: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return world_from_box and size of a box whose axes are rows; the upright one becomes the third."""
    centre = np.array(box["centroid"], float).reshape(3)
    size = np.array(box["axesLengths"], float).reshape(3)
    axes = np.array(box["normalizedAxes"], float).reshape(3, 3)
    unit = (np.abs(axes) < 2).all() and np.allclose(axes @ axes.T, np.eye(3), atol=0.01)
    if not unit or not np.abs(centre).max() < _FARTHEST_M or not ((size >= 0) & (size < _FARTHEST_M)).all():
        raise ValueError("a box has no axes, size or place")
    up = int(np.abs(axes[:, 2]).argmax())
    if abs(axes[up, 2]) < _UPRIGHT:
        return np.full((4, 4), np.nan), np.full(3, np.nan)
    first, second = (up + 1) % 3, (up + 2) % 3
    x, y = axes[first, :2] / np.linalg.norm(axes[first, :2])
    pose = np.eye(4)
    pose[:3, :3] = np.array([[x, -y, 0], [y, x, 0], [0, 0, 1]])
    pose[:3, 3] = centre
    return pose, size[[first, second, up]]


def read_points(file: Path) -> np.ndarray | None:
    """Return the vertices of a video's mesh, or None where there is none.

    Raises:
        InputError: The file is damaged.
    """
    if not file.exists():
        return None
    points = read_vertices(file)
    points = points[(np.abs(points) < _FARTHEST_M).all(axis=1)]
    if not len(points):
        raise InputError(f"{file} must hold a mesh, but it has no vertex; fetch it again")
    return points


def read_visit(folder: Path, video: str) -> str:
    """Return the visit that a video is of, as a table in or above its folder says, else the video.

    Raises:
        InputError: A table is damaged.
    """
    for place in [folder, *list(folder.parents)[:3]]:
        for file in (place / name for name in _TABLES):
            if file.exists() and (visit := _visits(file, file.stat().st_mtime_ns).get(video)):
                return visit
    return video


@lru_cache(maxsize=16)
def _visits(file: Path, _: int) -> dict[str, str]:
    """Return the visit of each video of a table, which thousands of videos share."""
    try:
        rows = csv.DictReader(io.StringIO(_text(file)))
        said = {str(row.get("video_id")): str(row.get("visit_id")).strip() for row in rows}
    except (ValueError, csv.Error) as fault:
        raise InputError(f"{file} must be a table of videos, but {fault}; fetch it again") from None
    # a column with gaps was written as floating-point numbers
    numbers = {video: re.fullmatch(r"([0-9]{1,12})(\.0)?", visit) for video, visit in said.items()}
    return {video: number[1] for video, number in numbers.items() if number}


def _text(file: Path) -> str:
    try:
        if not file.is_file():
            raise ValueError("it is no file")
        if file.stat().st_size > _MOST_BYTES:
            raise ValueError(f"it has more than {_MOST_BYTES} bytes")
        return file.read_text(encoding="utf-8-sig")
    except OSError as fault:
        raise ValueError(fault.strerror) from None
