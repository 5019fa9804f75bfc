"""Rendered rooms: exact depth and poses, written once into the dataset's folder as a posed RGB-D folder."""

import json
import os
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import kornia_rs.io
import numpy as np
from PIL import Image

from spatialgeom.apps.datagen.reader import Reader, SceneHandle
from spatialgeom.apps.datagen.readers import rgbd_folder
from spatialgeom.apps.datagen.scene import Scene
from spatialgeom.apps.datagen.synthetic import Room, SyntheticOptions, build_room, camera_path, render
from spatialgeom.apps.errors import UsageError

_DEPTH_SCALE = 0.0002  # 0.2 mm steps reach 13 m
_FOCAL_PER_WIDTH = 0.85
_JPEG_QUALITY = 92


def _scenes(_: Path, options: SyntheticOptions) -> list[SceneHandle]:
    if options.scenes < 1 or options.frames < 1 or options.width < 32 or options.height < 32:
        raise UsageError(
            f"synthetic.scenes and frames must be at least 1, width and height at least 32; got {options}"
        )
    return [
        SceneHandle("synthetic", f"room{index:04d}", str(index), options) for index in range(options.scenes)
    ]


def _load(handle: SceneHandle, folder: Path) -> Scene:
    options: SyntheticOptions = handle.options
    place = folder / "images" / handle.name
    fx = _FOCAL_PER_WIDTH * options.width
    camera = [fx, fx, (options.width - 1) / 2, (options.height - 1) / 2]
    if not place.is_dir():
        _render_scene(place, int(handle.path), options, camera)
    layout = rgbd_folder.RgbdFolderOptions(
        depth_intrinsics=camera, up=[0.0, 0.0, 1.0], depth_scale=_DEPTH_SCALE, licence="Apache-2.0"
    )
    scene = rgbd_folder.READER.load(replace(handle, path=str(place), options=layout), folder)
    return replace(scene, source="synthetic", space=handle.name)


def _render_scene(place: Path, index: int, options: SyntheticOptions, camera: list[float]) -> None:
    """Write a room's frames beside their place and rename the folder, so that it is whole or absent."""
    room = build_room(options.seed, index)
    poses = camera_path(room, options.frames, options.seed)
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    fx, fy, cx, cy = camera
    matrix = np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])
    np.savetxt(beside / "camera-intrinsics.txt", matrix)
    _write_instances(beside / "instances.json", room)

    for frame, pose in enumerate(poses):
        picture = render(room, pose, matrix, (options.height, options.width))
        stem = str(beside / f"frame-{frame:06d}")
        depth = np.rint(picture.depth_m / _DEPTH_SCALE)
        kornia_rs.io.write_image_png_u16(
            f"{stem}.depth.png", np.where(depth < 65535, depth, 0).astype(np.uint16)[..., None], "mono"
        )
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
