"""Rendered rooms: exact depth and poses, written once into the dataset's folder as a posed RGB-D folder."""

import hashlib
import json
import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import kornia_rs.io
import numpy as np
from PIL import Image

from spatialgeom.apps.datagen.objects import Objects
from spatialgeom.apps.datagen.reader import Reader, SceneHandle
from spatialgeom.apps.datagen.readers import rgbd_folder
from spatialgeom.apps.datagen.readers._instances import InstanceFiles, numbers_of
from spatialgeom.apps.datagen.scene import Scene
from spatialgeom.apps.datagen.synthetic import (
    Instance,
    Room,
    SyntheticOptions,
    build_room,
    camera_path,
    pinhole,
    render,
)
from spatialgeom.apps.datagen.writer import BESIDE
from spatialgeom.apps.errors import InputError, UsageError

_DEPTH_SCALE = 0.0002  # 0.2 mm steps reach 13 m
_JPEG_QUALITY = 92


def _scenes(source: Path, options: SyntheticOptions) -> list[SceneHandle]:
    if str(source) != "synthetic":
        raise UsageError(f"the reader synthetic takes the source 'synthetic' alone, got {str(source)!r}")
    for name, least in (
        ("scenes", 1),
        ("frames", 1),
        ("rescans", 1),
        ("width", 32),
        ("height", 32),
        ("seed", 0),
    ):
        if getattr(options, name) < least:
            raise UsageError(f"synthetic.{name} must be at least {least}, got {getattr(options, name)}")
    if not 20 <= options.fov_deg <= 120:
        raise UsageError(f"synthetic.fov_deg must be 20 to 120, got {options.fov_deg}")
    return [
        SceneHandle(
            "synthetic", _space(index) + suffix, f"{index} {scan}", options, "synthetic", _space(index)
        )
        for index in range(options.scenes)
        for scan in range(options.rescans)
        for suffix in [f"_{scan:02d}" if options.rescans > 1 else ""]
    ]


def _space(index: int) -> str:
    return f"room{index:04d}"


def _load(handle: SceneHandle, folder: Path) -> Scene:
    options: SyntheticOptions = handle.options
    index, scan = map(int, handle.path.split())
    place = folder / "images" / handle.name
    matrix = pinhole(options)
    if not place.is_dir():
        _render_scene(place, index, scan, options)
    layout = rgbd_folder.RgbdFolderOptions(
        depth_intrinsics=matrix[[0, 1, 0, 1], [0, 1, 2, 2]].tolist(),
        up=[0.0, 0.0, 1.0],
        depth_scale=_DEPTH_SCALE,
        licence="Apache-2.0",
    )
    scene = rgbd_folder.load_scene(replace(handle, path=str(place), options=layout), folder)
    objects, ids, text = _read_instances(place / "instances.json")
    files = tuple(place / f"{name}.instance.png" for name in scene.frames)
    return replace(
        scene,
        source=handle.source,
        space=handle.space,
        objects=objects,
        instances=InstanceFiles(files, scene.depth_camera.size, numbers_of(ids)),
        fingerprint=hashlib.sha256(scene.fingerprint.encode() + text).hexdigest(),
    )


def _render_scene(place: Path, index: int, scan: int, options: SyntheticOptions) -> None:
    """Write a room's frames beside their place and rename the folder, so that it is whole or absent."""
    room = build_room(options.seed, index)
    matrix = pinhole(options)
    beside = place.with_name(f".{place.name}.{os.getpid()}{BESIDE}")
    beside.mkdir(parents=True)
    np.savetxt(beside / "camera-intrinsics.txt", matrix)
    _write_instances(beside / "instances.json", room)
    # what a person sees through a window is farther than its glass, so no depth is known there
    panes = [item.id for item in room.instances if item.category == "window"]
    for frame, pose in enumerate(camera_path(room, options.frames, options.seed + scan)):
        picture = render(room, pose, matrix, (options.height, options.width))
        stem = str(beside / f"frame-{frame:06d}")
        depth = np.rint(picture.depth_m / _DEPTH_SCALE)
        known = (depth < 65535) & ~np.isin(picture.instance, panes)
        steps = np.where(known, depth, 0).astype(np.uint16)
        kornia_rs.io.write_image_png_u16(f"{stem}.depth.png", steps[..., None], "mono")
        kornia_rs.io.write_image_png_u16(f"{stem}.instance.png", picture.instance[..., None], "mono")
        Image.fromarray(picture.colour).save(f"{stem}.color.jpg", quality=_JPEG_QUALITY)
        np.savetxt(f"{stem}.pose.txt", pose, fmt="%.17g")
    beside.replace(place)


def _write_instances(path: Path, room: Room) -> None:
    """Write the true upright boxes, by instance id."""
    instances: list[dict[str, Any]] = [
        {
            name: value.tolist() if isinstance(value, np.ndarray) else value
            for name, value in asdict(item).items()
        }
        for item in room.instances
    ]
    path.write_text(json.dumps(instances, indent=1) + "\n", encoding="utf-8")


def _read_instances(path: Path) -> tuple[Objects, list[int], bytes]:
    """Return the objects of a rendered room, their values in instance images, and the file's bytes."""
    try:
        text = path.read_bytes()
        rows = [Instance(**item) for item in json.loads(text)]
        if not all(isinstance(item.id, int) and 0 < item.id < 1 << 16 for item in rows):
            raise ValueError("an id is not in 1 to 65535")
        pose = np.tile(np.eye(4), (len(rows), 1, 1))
        yaw = np.radians([item.yaw_deg for item in rows])
        pose[:, :3, 3] = np.array([item.centre for item in rows]).reshape(-1, 3)
        size = np.array([item.size for item in rows]).reshape(-1, 3)
    except (OSError, ValueError, TypeError, RecursionError) as fault:
        raise InputError(
            f"{path} must list the room's instances, but {fault}; delete {path.parent}"
        ) from None
    pose[:, 0, 0] = pose[:, 1, 1] = np.cos(yaw)
    pose[:, 1, 0], pose[:, 0, 1] = np.sin(yaw), -np.sin(yaw)
    ids = [item.id for item in rows]
    names = tuple(str(value) for value in ids)
    return Objects(names, tuple(item.category for item in rows), pose, size), ids, text


READER = Reader(
    name="synthetic",
    title="rendered rooms, no path needed",
    options=SyntheticOptions,
    recognises=lambda _: False,
    scenes=_scenes,
    load=_load,
)
