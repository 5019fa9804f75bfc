"""Checks of a scene's objects: names, boxes, labels, instance images."""

from typing import Any

import numpy as np

from spatialgeom.apps.datagen.doctor.annotations import LABEL_TABLE, missing_objects, missing_table
from spatialgeom.apps.datagen.doctor.findings import Finding
from spatialgeom.apps.datagen.doctor.sample import Sample
from spatialgeom.apps.datagen.doctor.words import count
from spatialgeom.apps.datagen.objects import Objects
from spatialgeom.apps.datagen.rules import DEFAULT
from spatialgeom.apps.datagen.scene import Scene
from spatialgeom.apps.errors import InputError

_FEW_LABELLED = 0.05
_TODO = "Fetch the scan's annotations again, all of one version; other questions do not need them."
_NAME_THEM = (
    "Name objects as a person would; walls, floors, ceilings, windows and plain objects are not asked about."
)
_RAW_MEANS = "Questions name objects by raw labels, some misspelt, and one thing may have several names."


def check_objects(sample: Sample, options: Any = None) -> Finding:
    """Judge what is known of objects; ``options`` are those of the scene's reader."""
    scene, objects = sample.scene, sample.scene.objects
    if objects is None or not objects.ids:
        missing, todo = missing_objects(scene, options)
        said = "; ".join(filter(None, ("no objects are known: sizes are not asked", missing)))
        return Finding("objects", "note", said, {"objects": 0}, todo=todo)
    named = [category for category in objects.categories if category not in DEFAULT.not_objects]
    boxes = int(np.isfinite(objects.size).all(axis=1).sum())
    figures: dict[str, object] = {
        "objects": len(objects.ids), "named": len(named), "categories": len(set(named)), "with_box": boxes,
    }  # fmt: skip
    found = f"{count(len(named), 'object')} of {count(len(set(named)), 'category', 'categories')}"
    if len(named) < len(objects.ids):
        found += f" and {len(objects.ids) - len(named)} more that are not asked about"
    said, faults = _told_by(sample, scene, objects, figures, boxes)
    if not named:
        faults.append("no object has a name that is asked about")
    whole = "; ".join((found, count(boxes, "box", "boxes"), said, *faults))
    if faults:
        return Finding("objects", "warning", whole, figures, todo=_TODO if named else _NAME_THEM)
    if missing_table(scene, options):
        whole += f"; {LABEL_TABLE} was not found, so raw labels are used"
        return Finding("objects", "note", whole, figures, _RAW_MEANS, _table_todo(scene))
    return Finding("objects", "ok", whole, figures)


def _table_todo(scene: Scene) -> str:
    return (
        f"Put {LABEL_TABLE} into the folder of the scans, or name it with --{scene.source}.label_table FILE."
    )


def _told_by(
    sample: Sample, scene: Scene, objects: Objects, figures: dict[str, object], boxes: int
) -> tuple[str, list[str]]:
    """Return what tells which object a point is of, and what is wrong with it."""
    if scene.labels is not None:
        return _labels(scene, objects, figures)
    if scene.instances is not None:
        return _instances(sample, scene, objects, figures)
    figures["told_by"] = "boxes"
    return "points are told by boxes", [] if boxes else ["there are no boxes, so no point is of an object"]


def _labels(scene: Scene, objects: Objects, figures: dict[str, object]) -> tuple[str, list[str]]:
    labels = np.asarray(scene.labels)
    outside = int(((labels < -1) | (labels >= len(objects.ids))).sum())
    share = float(((labels >= 0) & (labels < len(objects.ids))).mean()) if len(labels) else 0.0
    figures |= {"told_by": "labels", "labelled_share": share, "out_of_range": outside}
    faults = [f"{outside} labels are of no object"] if outside else []
    if share < _FEW_LABELLED:
        faults.append("few points are labelled")
    if scene.points is not None and len(labels) != len(scene.points):
        faults.append(f"there are {len(labels)} labels for {len(scene.points)} points")
    return f"{share:.0%} of the points are labelled", faults


def _instances(
    sample: Sample, scene: Scene, objects: Objects, figures: dict[str, object]
) -> tuple[str, list[str]]:
    if scene.instances is None:
        return "", []
    faults: set[str] = set()
    shares, broken = [], 0
    for frame in sample.frames.tolist():
        try:
            shown = scene.instances(frame)
        except InputError as fault:
            broken += 1
            faults.add(str(fault))
            continue
        if shown.shape != scene.depth_camera.size:
            broken += 1
            faults.add("instance image is not of the depth image's size")
            continue
        shares.append(float(((shown > 0) & (shown <= len(objects.ids))).mean()))
    share = float(np.mean(shares)) if shares else 0.0
    figures |= {"told_by": "instances", "labelled_share": share, "unreadable": broken}
    said = [f"{broken} instance images are at fault ({'; '.join(sorted(faults))})"] if broken else []
    if share < _FEW_LABELLED and shares:
        said.append("few pixels show an object")
    return f"{share:.0%} of pixels show an object in {len(shares)} instance images", said
