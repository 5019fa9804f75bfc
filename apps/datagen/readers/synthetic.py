"""Rendered rooms: exact depth and poses, written once into the dataset's folder as a posed RGB-D folder."""

import json
import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import kornia_rs.io
import numpy as np
from PIL import Image

from spatialgeom.apps.datagen.reader import Reader, SceneHandle
from spatialgeom.apps.datagen.readers import rgbd_folder
from spatialgeom.apps.datagen.scene import Scene
from spatialgeom.apps.datagen.synthetic import (
    Room,
    SyntheticOptions,
    build_room,
    camera_path,
    pinhole,
    render,
)
from spatialgeom.apps.datagen.writer import BESIDE
from spatialgeom.apps.errors import UsageError

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
        SceneHandle("synthetic", _space(index) + suffix, f"{index} {scan}", options)
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
    return replace(scene, source="synthetic", space=_space(index))


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


READER = Reader(
    name="synthetic",
    title="rendered rooms, no path needed",
    options=SyntheticOptions,
    recognises=lambda _: False,
    scenes=_scenes,
    load=_load,
)
