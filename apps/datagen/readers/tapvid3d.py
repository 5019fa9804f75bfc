"""TAPVid-3D clips: tracked 3D points of a video in one ``.npz``, images and all."""

import hashlib
import itertools
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from spatialgeom.apps.datagen.clip import Clip
from spatialgeom.apps.datagen.reader import Reader, SceneHandle
from spatialgeom.apps.datagen.readers._clip_images import ImageHeader, extract, image_header, usual_size
from spatialgeom.apps.datagen.readers._npz import open_npz
from spatialgeom.apps.datagen.readers._tapvid3d import (
    IMAGES,
    TRACKS,
    TapVid3dOptions,
    Tracks,
    clip_source,
    read_arrays,
    space_of,
)
from spatialgeom.apps.datagen.scene import Camera
from spatialgeom.apps.errors import InputError
from spatialgeom.apps.images import ImageRef

_LICENCES = {
    "adt": "Aria Digital Twin Dataset licence (research)",
    "pstudio": "CMU Panoptic Studio, research only",
}
_LEVELS = 3  # a folder and two below it
# where to look until a path is known to hold no clips: of a scan there may be thousands of folders
_FOLDERS, _FILES = 16, 4


def _recognises(path: Path) -> bool:
    return any(_has_tracks(file) for file in itertools.islice(_clips(path, _FOLDERS), _FILES))


def _has_tracks(file: Path) -> bool:
    try:
        with open_npz(file) as npz:
            return any(name in npz for name in TRACKS)
    except InputError:
        return False


def _clips(path: Path, most_folders: int | None = None) -> Iterator[Path]:
    """Yield the files at a path or up to two levels below, of the first folders of each level."""
    if path.is_file():
        yield from [path] if path.suffix == ".npz" else []
        return
    folders = [path]
    for _ in range(_LEVELS):
        below: list[Path] = []
        for folder in folders[:most_folders]:
            for entry in _entries(folder):
                if _is_folder(entry):
                    below.append(folder / entry.name)
                elif entry.name.endswith(".npz") and (folder / entry.name).is_file():
                    yield folder / entry.name
        folders = below


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return what a folder holds, but for hidden names and what the published scripts leave unfinished."""
    try:
        with os.scandir(folder) as entries:
            kept = [entry for entry in entries if entry.name[0] != "." and entry.name != "tmp"]
    except OSError:
        return []
    return sorted(kept, key=lambda entry: entry.name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _scenes(path: Path, options: TapVid3dOptions) -> list[SceneHandle]:
    files = sorted(_clips(path))
    if not files:
        raise InputError(f"{path} must be a TAPVid-3D clip (NAME.npz) or a folder of such; none is there")
    stems = Counter(file.stem for file in files)
    handles = []
    for file in files:
        parts = file.relative_to(path).with_suffix("").parts if stems[file.stem] > 1 else (file.stem,)
        # not where links lead to: stores of downloads name files by their content
        name, place = "_".join(parts), file.absolute()
        source = clip_source(place, options)
        handles.append(SceneHandle("tapvid3d", name, str(place), options, source, space_of(name, source)))
    return handles


def _load(handle: SceneHandle, folder: Path) -> Clip:
    options: TapVid3dOptions = handle.options
    with open_npz(Path(handle.path)) as npz:
        if IMAGES not in npz:
            raise InputError(
                f"{handle.name} has no {IMAGES}, and tracks alone give no questions; "
                "run the published script that adds the video's frames"
            )
        contents = npz.byte_strings(IMAGES)
        headers = [image_header(content) for content in contents]
        size = usual_size(headers)
        if size is None:
            raise InputError(f"{handle.name} has no JPEG or PNG image; make or download the clip again")
        data = read_arrays(npz, handle.source, options, size)
    if len(contents) != len(data.tracks):
        raise InputError(
            f"{handle.name} has {len(contents)} images and tracks of {len(data.tracks)} frames; "
            "make or download the clip again"
        )
    kept, dropped = _sound_frames(headers, size, data.faults, options.stride)
    if not kept:
        reasons = "; ".join(f"{count} x {reason}" for reason, count in dropped.items())
        raise InputError(f"{handle.name} has no usable frame ({reasons})")
    files = {f"{i:06d}{header.suffix}": contents[i] for i, header in kept.items()}
    place = folder / "images" / handle.name
    extract(place, files)
    return _clip(handle, data, list(kept), dropped, files, place, size)


def _sound_frames(
    headers: list[ImageHeader | str], size: tuple[int, int], faults: tuple[str | None, ...], stride: int
) -> tuple[dict[int, ImageHeader], dict[str, int]]:
    """Return the frames to use, and how many are not, by reason."""
    dropped: Counter[str] = Counter()
    kept: dict[int, ImageHeader] = {}
    for i in range(0, len(headers), stride):
        header = headers[i]
        if isinstance(header, str):
            dropped[header] += 1
        elif header.size != size:
            dropped["image size differs from the other frames"] += 1
        elif fault := faults[i]:
            dropped[fault] += 1
        else:
            kept[i] = header
    return kept, dict(dropped)


def _clip(
    handle: SceneHandle,
    data: Tracks,
    kept: list[int],
    dropped: dict[str, int],
    files: dict[str, bytes],
    place: Path,
    size: tuple[int, int],
) -> Clip:
    height, width = size
    arrays = (data.tracks[kept], data.visible[kept], data.world_from_camera[kept])
    sizes = [(name, len(content)) for name, content in files.items()]
    digest = hashlib.sha256(
        repr((handle.options, data.source, data.intrinsics.tolist(), size, sizes)).encode()
    )
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return Clip(
        name=handle.name,
        space=handle.space,
        source=data.source,
        frames=tuple(f"{i:06d}" for i in kept),
        images=tuple(ImageRef(name, width, height) for name in files),
        root=str(place),
        world_from_camera=arrays[2],
        camera=Camera(data.intrinsics, size),
        tracks=arrays[0],
        visible=arrays[1],
        fingerprint=digest.hexdigest(),
        dropped=dropped,
        licence=handle.options.licence or _LICENCES.get(data.source, "unknown"),
    )


READER = Reader(
    name="tapvid3d",
    title="TAPVid-3D: NAME.npz with tracks_XYZ",
    options=TapVid3dOptions,
    recognises=_recognises,
    scenes=_scenes,
    load=_load,
)
