"""What of objects is missing beside a scene, by its reader: which files, and what to do."""

import os
from pathlib import Path
from typing import Any

from spatialgeom.apps.datagen.scene import Scene

LABEL_TABLE = "scannetv2-labels.combined.tsv"
_TABLE_ABOVE = 3  # levels above a scan at which the readers look for it
_SCAN_FILES = ("{}_vh_clean_2.ply", "{}_vh_clean_2.0.010000.segs.json", "{}.aggregation.json")
_OTHER_AGGREGATION = "{}_vh_clean.aggregation.json"
_ELSE = "Other questions do not need objects."


def missing_objects(scene: Scene, options: Any) -> tuple[str, str]:
    """Return what is missing, and what to do, for a scene without objects.

    Args:
        scene: Of any reader.
        options: Of its reader; None: its defaults.
    """
    if scene.source in ("scannet", "scannet_export"):
        return _of_scan(scene, options)
    if scene.source == "arkitscenes":
        name = f"{scene.name}_3dod_annotation.json"
        return (
            f"{name} is not there",
            f"Put {name} into the video's folder (the 3dod part of ARKitScenes). {_ELSE}",
        )
    if scene.source in ("rgbd_folder", "tum_rgbd"):
        said = f"{scene.source} has no annotations"
        return said, f"Nothing: such folders have no file that names objects. {_ELSE}"
    return "", f"Take a source with annotated objects, if sizes are to be asked. {_ELSE}"


def _of_scan(scene: Scene, options: Any) -> tuple[str, str]:
    flag = f"--{scene.source}"
    if options is not None and not options.mesh:
        return f"{flag}.mesh is false", f"Leave out {flag}.mesh false: objects are found on the mesh. {_ELSE}"
    folder = scan_folder(scene, options)
    names = [pattern.format(scene.name) for pattern in _SCAN_FILES]
    other = folder / _OTHER_AGGREGATION.format(scene.name)
    missing = [
        name
        for name in names
        if not os.path.lexists(folder / name) and not (name == names[-1] and os.path.lexists(other))
    ]
    if not missing:
        return "", f"Check the label table and {names[-1]}: it names no object. {_ELSE}"
    todo = f"Put {' and '.join(missing)} into {folder}"
    if scene.source == "scannet_export":
        todo += f", or name the folder of the downloaded scans with {flag}.scans FOLDER"
    return f"{folder} has no {' or '.join(missing)}", f"{todo}. {_ELSE}"


def missing_table(scene: Scene, options: Any) -> bool:
    """Tell whether a ScanNet scan's objects go by raw labels, for want of the label table."""
    if scene.source not in ("scannet", "scannet_export") or getattr(options, "label_table", None):
        return False
    folder = scan_folder(scene, options)
    return not any((place / LABEL_TABLE).is_file() for place in (folder, *folder.parents[:_TABLE_ABOVE]))


def scan_folder(scene: Scene, options: Any) -> Path:
    """Return the folder in which a ScanNet scan's mesh and annotations are looked for."""
    root = Path(scene.root)
    if scene.source == "scannet":
        return root
    home = root.parent if root.parent.name == scene.name and root.name != scene.name else root
    scans = getattr(options, "scans", None)
    return home if scans is None else Path(scans) / home.name
