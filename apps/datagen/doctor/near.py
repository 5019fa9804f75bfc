"""What is near where no reader recognises a path: archives, halves of layouts, a level too high or low."""

import itertools
import os
from pathlib import Path

from spatialgeom.apps.datagen.doctor.findings import Finding
from spatialgeom.apps.datagen.readers import load_readers

_ARCHIVES = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar")
_ENTRIES = 2000  # of a folder that are looked at
_FOLDERS = 50  # of each level below
# what a layout needs, beside the file that it was known by
_HALVES = (
    ("rgbd_folder", "frame-*.pose.txt", ("frame-*.depth.png", "frame-*.color.*")),
    ("rgbd_folder", "frame-*.depth.png", ("frame-*.pose.txt", "frame-*.color.*")),
    ("rgbd_folder", "frame-*.color.*", ("frame-*.pose.txt", "frame-*.depth.*")),
    ("tum_rgbd", "rgb.txt", ("depth.txt", "groundtruth.txt")),
    ("tum_rgbd", "groundtruth.txt", ("rgb.txt", "depth.txt")),
    ("scannet", "*_vh_clean_2.ply", ("*.sens",)),
    ("scannet", "*.aggregation.json", ("*.sens",)),
    ("scannet_export", "color", ("depth", "pose", "intrinsic*")),
    ("scannet_export", "pose", ("color", "depth", "intrinsic*")),
    ("scannet_export", "intrinsic.txt", ("[0-9]*.txt", "[0-9]*.jpg", "[0-9]*.png")),
    ("arkitscenes", "lowres_depth", ("lowres_wide", "lowres_wide.traj", "lowres_wide_intrinsics")),
    ("arkitscenes", "*_3dod_mesh.ply", ("lowres_wide", "*_frames")),
    ("adt_views", "meta.json", ("[0-9]*.inst.png", "[0-9]*.depth.png")),
    ("adt_views", "*.inst.png", ("meta.json",)),
    ("tapvid3d", "*.npz", ("tracks_XYZ in the .npz",)),
)


def what_is_near(path: Path) -> Finding:
    """Return what was looked for at a path that no reader recognises, and what is near."""
    readers = [reader for name, reader in load_readers().items() if name != "synthetic"]
    looked_for = {reader.name: reader.title for reader in readers}
    hints = _hints(path)
    said = "; ".join(hints) if hints else "nothing of any layout is near"
    titles = "; ".join(f"{name} ({title})" for name, title in looked_for.items())
    return Finding(
        "layout", "error", f"no reader knows {path}: {said}. Looked for: {titles}",
        {"near": hints, "looked_for": looked_for},
    )  # fmt: skip


def _hints(path: Path) -> list[str]:
    if path.is_file():
        if path.suffix.lower() in _ARCHIVES:
            return [f"{path.name} is an archive: unpack it and name the folder"]
        return [f"it is a file; name its folder{_known(path.parent)}"]
    names = _names(path)
    hints = [] if names else ["the folder is empty or cannot be read"]
    hints += _archives(names)
    hints += _halves(path, names)
    hints += _levels(path)
    return hints


def _names(path: Path) -> list[str]:
    try:
        with os.scandir(path) as entries:
            return sorted(entry.name for entry in itertools.islice(entries, _ENTRIES))
    except OSError:
        return []


def _archives(names: list[str]) -> list[str]:
    found = [name for name in names if name.lower().endswith(_ARCHIVES)]
    return [f"{len(found)} archives such as {found[0]} are not unpacked"] if found else []


def _halves(path: Path, names: list[str]) -> list[str]:
    hints = []
    for reader, known, needed in _HALVES:
        if not _any(names, known):
            continue
        missing = [name for name in needed if " in " in name or not _any(names, name)]
        if missing:
            hints.append(f"{known} found, but no {' or '.join(missing)}, which {reader} needs")
    return list(dict.fromkeys(hints))


def _any(names: list[str], pattern: str) -> bool:
    return any(Path(name).match(pattern) for name in names)


def _levels(path: Path) -> list[str]:
    top = path.resolve()
    below = [folder for folder in _folders(top) if _known(folder)]
    deeper = [] if below else [f for folder in _folders(top) for f in _folders(folder)[:5] if _known(f)]
    for found in (below, deeper):
        if found:
            return [f"{len(found)} folders below are known, such as {found[0]}{_known(found[0])}: name it"]
    for parent in (top.parent, top.parent.parent):
        # the root of a disk, or a home, is nobody's data set
        if len(parent.parts) > 2 and _known(parent):
            return [f"the folder above is known, {parent}{_known(parent)}: name it"]
    return []


def _folders(path: Path) -> list[Path]:
    return [path / name for name in _names(path)[: 4 * _FOLDERS] if (path / name).is_dir()][:_FOLDERS]


def _known(path: Path) -> str:
    """Return which reader knows a path, in brackets; empty where none does."""
    names = [reader.name for reader in load_readers().values() if reader.recognises(path)]
    return f" ({' and '.join(names)})" if names else ""
