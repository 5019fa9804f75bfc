"""The geometry cache: one HDF5 file per scene, named by the fingerprint of what it was made from."""

import hashlib
import io
import json
from dataclasses import asdict
from pathlib import Path

import h5py
import numpy as np

from spatialgeom.apps.datagen.clip import Clip
from spatialgeom.apps.datagen.geometry import SceneGeometry
from spatialgeom.apps.datagen.object_table import ObjectTable
from spatialgeom.apps.datagen.rules import Rules
from spatialgeom.apps.datagen.scene import Camera, Scene
from spatialgeom.apps.datagen.tracks import Tracks
from spatialgeom.apps.datagen.writer import write_atomically
from spatialgeom.apps.images import ImageRef

# raised whenever the same inputs would give other geometry
GEOMETRY_VERSION = 3

_ARRAYS = ("world_from_camera", "points", "visible", "askable", "pairs", "overlap_percent", "shared")
_TRACKS = ("world", "visible", "askable", "part", "moves")
_TEXTS = ("name", "space", "source", "root", "licence", "up_known", "dropped", "key", "frames")


def cache_key(scene: Scene | Clip, rules: Rules) -> str:
    """Return the fingerprint of a scene's inputs, the rules and the version."""
    return hashlib.sha256(f"{GEOMETRY_VERSION}|{rules!r}|{scene.fingerprint}".encode()).hexdigest()


def cache_path(folder: Path, scene: Scene | Clip, key: str) -> Path:
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
        for name, values in geometry.objects.to_arrays().items():
            file.create_dataset(f"objects/{name}", data=values)
        for name in _TRACKS:
            # most counts of displacements are 0
            packed = {"compression": "lzf"} if name == "moves" and geometry.tracks.moves.size else {}
            file.create_dataset(f"tracks/{name}", data=getattr(geometry.tracks, name), **packed)
    write_atomically(path, content.getvalue())


def load(path: Path) -> SceneGeometry | None:
    """Return a scene's geometry, or None where the file is missing or damaged, to be made again."""
    if not path.is_file():
        return None
    try:
        with h5py.File(path, "r") as file:
            header = json.loads(bytes(file.attrs["header"]))
            arrays = {name: file[name][()] for name in _ARRAYS}
            objects = ObjectTable.from_arrays({name: file["objects"][name][()] for name in file["objects"]})
            tracks = Tracks(**{name: file["tracks"][name][()] for name in _TRACKS})
    except (OSError, KeyError, ValueError):
        return None
    camera = header.pop("camera")
    images = header.pop("images")
    frames = header.pop("frames")
    return SceneGeometry(
        **header,
        **arrays,
        objects=objects,
        tracks=tracks,
        frames=tuple(frames),
        images=tuple(ImageRef(**image) for image in images),
        camera=Camera(np.array(camera["intrinsics"]), tuple(camera["size"])),
    )
