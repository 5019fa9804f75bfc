"""What lies beside a ScanNet scan: its text file, its mesh, and the object of each vertex."""

import csv
import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spatialgeom.apps.datagen.objects import Objects
from spatialgeom.apps.datagen.readers._ply import read_vertices
from spatialgeom.apps.errors import InputError

_LICENCE = "ScanNet Terms of Use"
_SCAN = re.compile(r"(scene[0-9]{4})_[0-9]{2}")
_MESH = ("{}_vh_clean_2.ply",)
_SEGMENTS = ("{}_vh_clean_2.0.010000.segs.json",)
_AGGREGATION = ("{}.aggregation.json", "{}_vh_clean.aggregation.json")
_LABEL_TABLE = "scannetv2-labels.combined.tsv"
_TABLE_ABOVE = 3  # levels above a scan that are searched for the table
_LARGEST_TEXT = 1 << 20
# parsed JSON may take twenty times its text; the largest scans have 5 MB of it
_LARGEST_JSON = 16 << 20
_MOST_OBJECTS = 10_000
_FARTHEST_M = 10_000.0  # from the world's origin

_Groups = dict[int, tuple[str, list[int]]]  # number of an object -> label, segments


@dataclass(frozen=True)
class ScanFiles:
    """The files beside a scan; what is not there is None."""

    axis_alignment: np.ndarray  # (4, 4) aligned world from the scan's; identity where absent
    up_known: bool  # of a capture that is not ScanNet's, only the alignment tells that z is up
    points: np.ndarray | None  # (N, 3) of the mesh, metres, aligned world
    labels: np.ndarray | None  # (N,) int32 index into objects of each of points, -1: of none
    objects: Objects | None  # may be there without labels: they need the mesh and its segments
    info: dict[str, str]  # of <scene>.txt
    fingerprint: str  # of all of the above

    def labelled(self) -> tuple[Objects | None, np.ndarray | None]:
        """Return objects and labels, or neither: boxes are found from labelled points."""
        return (None, None) if self.labels is None else (self.objects, self.labels)


def space_of(scene: str) -> str:
    """Return the place that a scan shows: ``sceneSSSS`` of ``sceneSSSS_VV``, else the name itself."""
    match = _SCAN.fullmatch(scene)
    return match[1] if match else scene


def is_scan(name: str) -> bool:
    """Tell whether a folder is named as ScanNet names its scans."""
    return _SCAN.fullmatch(name) is not None


def licence_of(name: str) -> str:
    """Return the licence of a scan's images, ``unknown`` of a capture that is not ScanNet's."""
    return _LICENCE if is_scan(name) else "unknown"


def check_label_table(given: str | None) -> None:
    """Refuse a label table that is not there once, before each of many scans does.

    Raises:
        InputError: There is no such file.
    """
    if given and not Path(given).is_file():
        raise InputError(f"{given} must be a label table, but there is no such file; correct label_table")


def find_label_table(folder: Path) -> Path | None:
    """Return ScanNet's label table from a scan's folder or up to three levels above it."""
    for place in (folder, *folder.parents[:_TABLE_ABOVE]):
        if (place / _LABEL_TABLE).is_file():
            return place / _LABEL_TABLE
    return None


def colour_from_depth(extrinsic_colour: np.ndarray, extrinsic_depth: np.ndarray) -> np.ndarray:
    """Return depth camera to colour camera axes, (4, 4); the identity where the extrinsics tell nothing.

    Both map a camera to the device. ScanNet's are identities: its depth images are aligned with the colour
    images, and ``colorToDepthExtrinsics`` of ``<scene>.txt`` is not to be applied.
    """
    if not (is_rigid(extrinsic_colour) and is_rigid(extrinsic_depth)):
        return np.eye(4)
    return np.linalg.inv(extrinsic_colour) @ extrinsic_depth


def is_rigid(matrix: np.ndarray) -> bool:
    """Tell whether a (4, 4) matrix is a rotation and a translation, as exact as a text file gives it."""
    rotation = matrix[:3, :3]
    return bool(
        np.isfinite(matrix).all()
        and np.abs(matrix).max() < _FARTHEST_M
        and np.allclose(rotation @ rotation.T, np.eye(3), atol=0.01)
        and np.linalg.det(rotation) > 0
        and np.array_equal(matrix[3], [0, 0, 0, 1])
    )


def read_scan_files(folder: Path, scene: str, label_table: Path | None, mesh: bool = True) -> ScanFiles:
    """Read the files of ``scene`` in a folder; each may be absent.

    Args:
        folder: Where ``<scene>.txt``, ``<scene>_vh_clean_2.ply`` and the rest are.
        scene: The scan's name.
        label_table: ``scannetv2-labels.combined.tsv``, which maps raw labels to categories, or None.
        mesh: Read the mesh and what its vertices belong to.

    Raises:
        InputError: A file is damaged, or two of them contradict each other.
    """
    info = read_info(_find(folder, scene, ("{}.txt",)))
    alignment = _alignment(folder / f"{scene}.txt", info.get("axisAlignment"))
    groups = _read_groups(_find(folder, scene, _AGGREGATION))
    names = read_label_table(label_table) if label_table else {}
    objects = None if groups is None else _objects(groups, names)
    mesh_file = _find(folder, scene, _MESH) if mesh else None
    points = labels = None
    if mesh_file is not None:
        points = read_vertices(mesh_file)
        segments = _read_segments(_find(folder, scene, _SEGMENTS), len(points))
        if groups is not None and segments is not None:
            labels = _label(segments, groups)
        points, labels = _place(mesh_file, points, labels, alignment)
    told = sorted(info.items()), objects and (objects.ids, objects.categories)
    digest = hashlib.sha256(repr(told).encode())
    for array in (points, labels):
        digest.update(b"none" if array is None else np.ascontiguousarray(array).tobytes())
    up_known = is_scan(scene) or "axisAlignment" in info
    return ScanFiles(alignment, up_known, points, labels, objects, info, digest.hexdigest())


def _find(folder: Path, scene: str, patterns: tuple[str, ...]) -> Path | None:
    """Return the first of these files that is there, be it a link to nowhere."""
    for pattern in patterns:
        path = folder / pattern.format(scene)
        if os.path.lexists(path):
            return path
    return None


def _read_text(path: Path, most: int = _LARGEST_TEXT) -> str:
    try:
        # a pipe or a device would wait for ever
        if not path.is_file():
            raise InputError(f"{path} must be a file; fetch it again")
        if path.stat().st_size > most:
            raise InputError(f"{path} must be at most {most >> 20} MB, got {path.stat().st_size} bytes")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as fault:
        raise InputError(f"{path} must be text, but {fault}; fetch it again") from None


def read_info(path: Path | None) -> dict[str, str]:
    """Return the ``key = value`` lines of a file, of none where there is no path; a key's first line holds.

    Raises:
        InputError: It is no text file.
    """
    info: dict[str, str] = {}
    for line in _read_text(path).splitlines() if path else ():
        key, equals, value = line.partition("=")
        if equals:
            info.setdefault(key.strip(), value.strip())
    return info


def _alignment(path: Path, text: str | None) -> np.ndarray:
    if text is None:
        return np.eye(4)
    try:
        matrix = np.array(text.split(), float).reshape(4, 4)
    except ValueError:
        raise InputError(f"{path} must give axisAlignment as 16 numbers, got {text[:200]!r}") from None
    if not is_rigid(matrix):
        raise InputError(
            f"{path} must give axisAlignment as a rigid transform by rows, got {matrix.tolist()}"
        )
    # z of the scan is up, and so must it be of the aligned world
    if matrix[2, 2] < 0.99:
        raise InputError(f"{path} must give an axisAlignment that turns about z, got {matrix.tolist()}")
    return matrix


def _read_json(path: Path, key: str) -> list[Any]:
    """Return the list under a key of a JSON object."""
    try:
        content = json.loads(_read_text(path, _LARGEST_JSON))
    except (ValueError, RecursionError) as fault:
        raise InputError(f"{path} must be JSON, but {fault}; fetch it again") from None
    found = content.get(key) if isinstance(content, dict) else None
    if not isinstance(found, list):
        raise InputError(f"{path} must hold a list named {key!r}; fetch it again")
    return found


def _whole_numbers(path: Path, key: str, values: object) -> list[int]:
    """Return a list of whole numbers."""
    # looked at one by one: NumPy would give each the room of the longest string among them
    if not isinstance(values, list) or not all(type(value) is int and 0 <= value < 2**63 for value in values):
        raise InputError(f"{path} must give {key!r} as a list of whole numbers; fetch it again")
    return values


def _read_segments(path: Path | None, vertices: int) -> np.ndarray | None:
    """Return the segment of each vertex."""
    if path is None:
        return None
    segments = _whole_numbers(path, "segIndices", _read_json(path, "segIndices"))
    if len(segments) != vertices:
        raise InputError(
            f"{path} must have a segment for each of the mesh's {vertices} vertices, got {len(segments)}; "
            "fetch both files again"
        )
    return np.array(segments, np.int64)


def _read_groups(path: Path | None) -> _Groups | None:
    """Return each object's label and segments by its number; groups of one number are one object."""
    if path is None:
        return None
    groups: _Groups = {}
    for group in _read_json(path, "segGroups"):
        fields = group if isinstance(group, dict) else {}
        number, label = fields.get("objectId"), fields.get("label")
        if type(number) is not int or type(label) is not str:
            raise InputError(f"{path} must give each of 'segGroups' an objectId and a label; fetch it again")
        segments = _whole_numbers(path, "segments", fields.get("segments"))
        first, known = groups.setdefault(number, (label, []))
        if first != label:
            raise InputError(f"{path} gives object {number} two labels; correct it or fetch it again")
        known += segments
    if len(groups) > _MOST_OBJECTS:
        raise InputError(f"{path} must have at most {_MOST_OBJECTS} objects, got {len(groups)}")
    return groups


def _label(segments: np.ndarray, groups: _Groups) -> np.ndarray:
    """Return the object of each vertex; a segment that two objects claim is the later one's."""
    owner = {segment: index for index, (_, owned) in enumerate(groups.values()) for segment in owned}
    found, vertex = np.unique(segments, return_inverse=True)
    of_found = np.array([owner.get(segment, -1) for segment in found.tolist()], np.int32)
    return of_found[vertex]


def _place(
    path: Path, points: np.ndarray, labels: np.ndarray | None, alignment: np.ndarray
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the vertices that lie somewhere, in the aligned world, and their labels."""
    sound = (np.abs(points) < _FARTHEST_M).all(axis=1)
    if not sound.any():
        raise InputError(f"{path} must have vertices with finite positions in metres; it has none")
    points = points[sound] @ alignment[:3, :3].T + alignment[:3, 3]
    return points, labels if labels is None else labels[sound]


def read_label_table(path: Path) -> dict[str, str]:
    """Return the category of each raw label, from a table with columns ``raw_category`` and ``category``.

    Raises:
        InputError: It is missing or no such table.
    """
    rows = csv.DictReader(_read_text(path).splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    try:
        if not {"raw_category", "category"} <= set(rows.fieldnames or ()):
            raise InputError(f"{path} must have columns raw_category and category; give ScanNet's own table")
        return {_tidy(row["raw_category"] or ""): _tidy(row["category"] or "") for row in rows}
    except csv.Error as fault:
        raise InputError(f"{path} must be a table with tabs, but {fault}; fetch it again") from None


def _objects(groups: _Groups, names: dict[str, str]) -> Objects:
    """Return the objects under names that a person would use; one without a name is an ``object``."""
    raw = [_tidy(label) for label, _ in groups.values()]
    categories = tuple(names.get(label) or label or "object" for label in raw)
    return Objects.without_boxes(tuple(map(str, groups)), categories)


def _tidy(label: str) -> str:
    plain = "".join(character if character.isprintable() else " " for character in label)
    return " ".join(plain.replace("_", " ").lower().split())
