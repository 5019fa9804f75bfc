"""Checks of a scene's objects: names, boxes, labels, instance images."""

import numpy as np

from spatialgeom.apps.datagen.doctor.findings import Finding
from spatialgeom.apps.datagen.doctor.sample import Sample
from spatialgeom.apps.datagen.objects import Objects
from spatialgeom.apps.datagen.rules import DEFAULT
from spatialgeom.apps.datagen.scene import Scene
from spatialgeom.apps.errors import InputError

_FEW_LABELLED = 0.05


def check_objects(sample: Sample) -> Finding:
    """Judge what is known of objects."""
    scene, objects = sample.scene, sample.scene.objects
    if objects is None or not objects.ids:
        return Finding("objects", "note", "no objects are known: sizes are not asked", {"objects": 0})
    named = [category for category in objects.categories if category not in DEFAULT.not_objects]
    boxes = int(np.isfinite(objects.size).all(axis=1).sum())
    figures: dict[str, object] = {
        "objects": len(objects.ids), "named": len(named), "categories": len(set(named)), "with_box": boxes,
    }  # fmt: skip
    found = f"{len(objects.ids)} objects, {len(named)} of {len(set(named))} categories that are asked about"
    said, faults = _told_by(sample, scene, objects, figures, boxes)
    if not named:
        faults.append("no object has a name that is asked about")
    return Finding(
        "objects", "warning" if faults else "ok", "; ".join((found, f"{boxes} boxes", said, *faults)), figures
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
