"""ScanNet's scans as they are downloaded: frames from the ``.sens`` file, mesh and objects from beside it."""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spatialgeom.apps.datagen.reader import Reader, SceneHandle
from spatialgeom.apps.datagen.readers._frames import check_intrinsics, judge_poses
from spatialgeom.apps.datagen.readers._scannet import (
    ScanFiles,
    check_label_table,
    colour_from_depth,
    find_label_table,
    licence_of,
    read_scan_files,
    space_of,
)
from spatialgeom.apps.datagen.readers._sens import SensDepth, SensIndex, read_colour_size, read_index
from spatialgeom.apps.datagen.scene import Camera, Scene
from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.images import ImageRef

_SUFFIX = ".sens"
_COLLECTIONS = ("scans", "scans_test")  # folders of scans in a download
_TRIES = 16  # frames whose colour image may be damaged before the file is taken to be


@dataclass(frozen=True)
class ScannetOptions:
    """How a ScanNet scan is read.

    Args:
        stride: Use every n-th frame.
        label_table: scannetv2-labels.combined.tsv, which names the objects' categories; default: the one
            in the scan's folder or up to three levels above; without it raw labels are used.
        mesh: Take the cloud and the objects from the scan's mesh; else the cloud is fused from depth.
        licence: Licence of the images, for the dataset's card; default: ScanNet's terms of its own scans.
    """

    stride: int = 1
    label_table: str | None = None
    mesh: bool = True
    licence: str = ""

    def __post_init__(self) -> None:
        if self.stride < 1:
            raise UsageError(f"scannet.stride must be at least 1, got {self.stride}")


def _recognises(path: Path) -> bool:
    return any(True for _ in _sens_files(path))


def _sens_files(path: Path) -> Iterator[Path]:
    """Yield ``path`` itself, its ``.sens`` files, and ``NAME/NAME.sens`` in it and in its ``scans``."""
    if not path.is_dir():
        if path.suffix == _SUFFIX and os.path.lexists(path):
            yield path
        return
    for entry in _entries(path):
        if entry.name.endswith(_SUFFIX):
            yield path / entry.name
        elif entry.is_dir():
            yield from _scan_in(Path(entry.path))
            for scan in _entries(Path(entry.path)) if entry.name in _COLLECTIONS else ():
                yield from _scan_in(Path(scan.path))


def _entries(folder: Path) -> Iterator["os.DirEntry[str]"]:
    """Yield what a folder holds, as far as it may be looked at."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        yield from entries


def _scan_in(folder: Path) -> Iterator[Path]:
    """Yield the ``.sens`` file that is called like its folder, by one look: the folder may hold thousands."""
    file = folder / f"{folder.name}{_SUFFIX}"
    if os.path.lexists(file):
        yield file


def _scenes(path: Path, options: ScannetOptions) -> list[SceneHandle]:
    check_label_table(options.label_table)
    files = sorted(_sens_files(path))
    if not files:
        raise InputError(
            f"{path} must be a .sens file, the folder of one, or a folder with NAME/NAME.sens; none is there"
        )
    # only the folder is resolved: of a link to a file, what lies beside the link belongs to the scan
    places = [(file.stem, str(file.parent.resolve() / file.name)) for file in files]
    return [SceneHandle("scannet", name, place, options, "scannet", space_of(name)) for name, place in places]


def load_scene(handle: SceneHandle, _: Path) -> Scene:
    """Read one scan's headers and poses, and what lies beside it."""
    options: ScannetOptions = handle.options
    path = Path(handle.path)
    index = read_index(path)
    header = index.header
    kept, dropped = _usable(index, options.stride, handle.name)
    _check_colour_size(path, index, kept)
    source = f"a sound copy of {path.name}"
    colour_k, depth_k = _pinhole(path, header.intrinsic_colour), _pinhole(path, header.intrinsic_depth)
    check_intrinsics(handle.name, "colour", colour_k, header.colour_size, source)
    check_intrinsics(handle.name, "depth", depth_k, header.depth_size, source)
    table = Path(options.label_table) if options.label_table else find_label_table(path.parent)
    files = read_scan_files(path.parent, handle.name, table, options.mesh)
    objects, labels = files.labelled()
    height, width = header.colour_size
    return Scene(
        name=handle.name,
        space=handle.space,
        source=handle.source,
        frames=tuple(f"{number:06d}" for number in kept),
        images=tuple(
            ImageRef(path.name, width, height, offset, length)
            for offset, length in zip(
                index.colour_offset[kept].tolist(), index.colour_bytes[kept].tolist(), strict=True
            )
        ),
        root=str(path.parent),
        world_from_depth=files.axis_alignment @ index.poses[kept],
        depth_camera=Camera(depth_k, header.depth_size),
        colour_camera=Camera(colour_k, header.colour_size),
        colour_from_depth=colour_from_depth(header.extrinsic_colour, header.extrinsic_depth),
        depth=SensDepth(
            path, index.depth_offset[kept], index.depth_bytes[kept], header.depth_size, header.depth_codec
        ),
        fingerprint=_fingerprint(index, files, options),
        depth_scale=1 / header.depth_shift,
        up_known=files.up_known,
        points=files.points,
        objects=objects,
        labels=labels,
        dropped=dropped,
        licence=options.licence or licence_of(handle.name),
    )


def _usable(index: SensIndex, stride: int, scene: str) -> tuple[np.ndarray, dict[str, int]]:
    """Return the numbers of the frames without a fault, and how many have which.

    Raises:
        InputError: There is no such frame.
    """
    numbers = np.arange(0, len(index.poses), stride)
    dropped: dict[str, int] = {}
    sound_by_reason = judge_poses(index.poses) | {
        f"colour image is not a {index.header.colour_codec.upper()}": index.is_colour(),
        "depth data cannot be a map of the declared size": index.may_be_depth(),
    }
    for reason, sound in sound_by_reason.items():
        left = numbers[sound[numbers]]
        if len(left) < len(numbers):
            dropped[reason] = len(numbers) - len(left)
        numbers = left
    missing = len(range(0, index.header.frames, stride)) - len(range(0, len(index.poses), stride))
    if missing:
        dropped["file ends before the frame does"] = missing
    if not len(numbers):
        reasons = "; ".join(f"{count} x {reason}" for reason, count in dropped.items())
        raise InputError(f"{scene} has no usable frame ({reasons or 'it has no frames at all'})")
    return numbers, dropped


def _check_colour_size(path: Path, index: SensIndex, kept: np.ndarray) -> None:
    """Refuse a header that gives its images another size than they have themselves."""
    height, width = index.header.colour_size
    for frame in kept[:_TRIES]:
        found = read_colour_size(path, int(index.colour_offset[frame]), int(index.colour_bytes[frame]))
        if found == (height, width):
            return
        if found is not None:
            raise InputError(
                f"{path} must have colour images of {width}x{height} as its header says, "
                f"but frame {frame} is {found[1]}x{found[0]}; fetch it again"
            )
    raise InputError(f"{path} must hold colour images, but none of the first {_TRIES} is one; fetch it again")


def _pinhole(path: Path, intrinsic: np.ndarray) -> np.ndarray:
    matrix = intrinsic[:3, :3]
    if matrix[1, 0] != 0 or not np.array_equal(matrix[2], [0, 0, 1]):
        raise InputError(f"{path} must hold camera matrices, got {matrix.tolist()}; fetch it again")
    return matrix


def _fingerprint(index: SensIndex, files: ScanFiles, options: ScannetOptions) -> str:
    digest = hashlib.sha256(repr((options.stride, index.size, index.header.raw, files.fingerprint)).encode())
    for array in (index.poses, index.colour_bytes, index.depth_bytes):
        digest.update(array.tobytes())
    return digest.hexdigest()


READER = Reader(
    name="scannet",
    title="ScanNet as downloaded: NAME/NAME.sens, with mesh and annotations beside it",
    options=ScannetOptions,
    recognises=_recognises,
    scenes=_scenes,
    load=load_scene,
)
