"""The geometry cache: one HDF5 file per scene, named by the fingerprint of what it was made from."""

import hashlib
import io
import json
from dataclasses import asdict
from pathlib import Path

import h5py
import numpy as np

from spatialgeom.apps.datagen.geometry import SceneGeometry
from spatialgeom.apps.datagen.rules import Rules
from spatialgeom.apps.datagen.scene import Camera, Scene
from spatialgeom.apps.datagen.writer import write_atomically
from spatialgeom.apps.images import ImageRef

# raised whenever the same inputs would give other geometry
GEOMETRY_VERSION = 2

_ARRAYS = ("world_from_camera", "points", "visible", "askable", "pairs", "overlap_percent", "shared")
_TEXTS = ("name", "space", "source", "root", "licence", "up_known", "dropped", "key", "frames")


def cache_key(scene: Scene, rules: Rules) -> str:
    """Return the fingerprint of a scene's inputs, the rules and the version."""
    return hashlib.sha256(f"{GEOMETRY_VERSION}|{rules!r}|{scene.fingerprint}".encode()).hexdigest()


def cache_path(folder: Path, scene: Scene, key: str) -> Path:
    """Return where the geometry of a scene is kept."""
    return folder / f"{scene.name}-{key[:16]}.h5"


def save(geometry: SceneGeometry, path: Path) -> None:
    """Write the file beside its place and rename it, so that a reader never sees half of it."""
    header = {name: getattr(geometry, name) for name in _TEXTS}
    header["images"] = [asdict(image) for image in geometry.images]
    header["camera"] = {"intrinsics": geometry.camera.intrinsics.tolist(), "size": geometry.camera.size}
    # in memory first: on a full disk the HDF5 library fails in ways of its own
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file.attrs["header"] = np.bytes_(json.dumps(header).encode())
        for name in _ARRAYS:
            file.create_dataset(name, data=getattr(geometry, name))
    write_atomically(path, content.getvalue())


def load(path: Path) -> SceneGeometry | None:
    """Return a scene's geometry, or None where the file is missing or damaged, to be made again."""
    if not path.is_file():
        return None
    try:
        with h5py.File(path, "r") as file:
            header = json.loads(bytes(file.attrs["header"]))
            arrays = {name: file[name][()] for name in _ARRAYS}
    except (OSError, KeyError, ValueError):
        return None
    camera = header.pop("camera")
    images = header.pop("images")
    frames = header.pop("frames")
    return SceneGeometry(
        **header,
        **arrays,
        frames=tuple(frames),
        images=tuple(ImageRef(**image) for image in images),
        camera=Camera(np.array(camera["intrinsics"]), tuple(camera["size"])),
    )
