"""ScanNet's frames as its tools export them, with mesh and objects from the scan's own folder."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spatialgeom.apps.datagen.reader import Reader, SceneHandle
from spatialgeom.apps.datagen.readers._frames import read_frames
from spatialgeom.apps.datagen.readers._scannet import (
    check_label_table,
    find_label_table,
    is_scan,
    licence_of,
    read_scan_files,
    space_of,
)
from spatialgeom.apps.datagen.readers._scannet_layouts import LAYOUTS, Layout, depth_maps
from spatialgeom.apps.datagen.scene import Camera, Scene
from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.images import ImageRef

_DEEPEST = 2  # levels below the source at which a scene may lie


@dataclass(frozen=True)
class ScannetExportOptions:
    """How an exported ScanNet scene is read.

    Args:
        scans: Folder with <scene>/<scene>_vh_clean_2.ply and the other files of the download; default: they
            are looked for in the scene's own folder.
        label_table: scannetv2-labels.combined.tsv, which names the objects' categories; default: the one
            beside those files or up to three levels above; without it raw labels are used.
        mesh: Take the cloud and the objects from the scan's mesh; else the cloud is fused from depth.
        depth_scale: Metres per unit of the depth images; default: what _info.txt says, else 0.001.
        stride: Use every n-th frame.
        licence: Licence of the images, for the dataset's card; default: ScanNet's terms of its own scans.
    """

    scans: str | None = None
    label_table: str | None = None
    mesh: bool = True
    depth_scale: float | None = None
    stride: int = 1
    licence: str = ""

    def __post_init__(self) -> None:
        if self.stride < 1:
            raise UsageError(f"scannet_export.stride must be at least 1, got {self.stride}")
        if self.depth_scale is not None and not 0 < self.depth_scale < np.inf:
            raise UsageError(f"scannet_export.depth_scale must be positive, got {self.depth_scale}")


def _recognises(path: Path) -> bool:
    return any(True for _ in _scene_folders(path, _DEEPEST))


def _layout_of(folder: Path) -> Layout | None:
    return next((layout for layout in LAYOUTS if layout.recognises(folder)), None)


def _scene_folders(path: Path, deepest: int) -> Iterator[Path]:
    """Yield the folders of scenes at ``path`` or below, sorted; none is looked for within another."""
    if _layout_of(path):
        yield path
    elif deepest:
        try:
            with os.scandir(path) as entries:
                # a plain file need not be looked at again, and a link may lead in a circle
                others = [entry for entry in entries if not entry.is_file(follow_symlinks=False)]
            folders = sorted(entry.name for entry in others if Path(entry).is_dir())
        except OSError:
            return
        for name in folders:
            yield from _scene_folders(path / name, deepest - 1)


def _scan_folder(folder: Path) -> Path:
    """Return the scan's own folder: that of the frames or, where it is named as a scan, the one above."""
    return folder.parent if is_scan(folder.parent.name) and not is_scan(folder.name) else folder


def _scenes(path: Path, options: ScannetExportOptions) -> list[SceneHandle]:
    check_label_table(options.label_table)
    # not resolved: of a link, its own name is the scan's
    root = Path(os.path.abspath(path))  # noqa: PTH100
    folders = list(_scene_folders(root, _DEEPEST))
    if not folders:
        raise InputError(
            f"{path} must hold a ScanNet export: color, depth, pose and intrinsic(s), frame-NNNNNN.depth.pgm "
            "with _info.txt, or NNNNN.{jpg,png,txt} with intrinsic.txt; none is there"
        )
    scans = [_scan_folder(folder).name for folder in folders]
    if options.scans is not None and not any((Path(options.scans) / scan).is_dir() for scan in scans):
        raise InputError(
            f"{options.scans} must have a folder of each scan, such as {scans[0]}; "
            "correct --scannet_export.scans"
        )
    names = (
        scan if is_scan(scan) else "_".join((root.name, *folder.relative_to(root).parts))
        for scan, folder in zip(scans, folders, strict=True)
    )
    return [
        SceneHandle("scannet_export", name, str(folder), options, "scannet_export", space_of(name))
        for name, folder in zip(names, folders, strict=True)
    ]


def load_scene(handle: SceneHandle, _: Path) -> Scene:
    """Read one scene's headers and poses, and what lies beside the scan."""
    options: ScannetExportOptions = handle.options
    folder = Path(handle.path)
    layout = _layout_of(folder)
    if layout is None:
        raise InputError(f"{folder} no longer holds a ScanNet export; name the folder it moved to")
    kinds = ("color", "depth", "pose")
    frames = read_frames(layout.list_frames(folder), kinds, layout.read_pose, options.stride, handle.name)
    cameras = layout.cameras(folder, frames)
    scale = options.depth_scale or cameras.depth_scale
    home = _scan_folder(folder)
    beside = home if options.scans is None else Path(options.scans) / home.name
    table = Path(options.label_table) if options.label_table else find_label_table(beside)
    files = read_scan_files(beside, home.name, table, options.mesh)
    height, width = frames.colour_size
    told = cameras.colour.tolist(), cameras.depth.tolist(), cameras.colour_from_depth.tolist(), scale
    objects, labels = files.labelled()
    return Scene(
        name=handle.name,
        space=handle.space,
        source=handle.source,
        frames=tuple(frames.names),
        images=tuple(
            ImageRef(files["color"].relative_to(folder).as_posix(), width, height) for files in frames.files
        ),
        root=str(folder),
        world_from_depth=files.axis_alignment @ frames.poses,
        depth_camera=Camera(cameras.depth, frames.depth_size),
        colour_camera=Camera(cameras.colour, frames.colour_size),
        colour_from_depth=cameras.colour_from_depth,
        depth=depth_maps(frames),
        fingerprint=hashlib.sha256(f"{told}{frames.fingerprint}{files.fingerprint}".encode()).hexdigest(),
        depth_scale=scale,
        up_known=files.up_known,
        points=files.points,
        objects=objects,
        labels=labels,
        dropped=frames.dropped,
        licence=options.licence or licence_of(handle.name),
    )


READER = Reader(
    name="scannet_export",
    title="ScanNet as exported: SensReader's folders, scannet_frames_25k or posed_images",
    options=ScannetExportOptions,
    recognises=_recognises,
    scenes=_scenes,
    load=load_scene,
)
