"""Checks against the world: which way is up, does the mesh fit, does colour fit depth."""

from collections.abc import Iterator

import numpy as np
from scipy.spatial import cKDTree

from spatialgeom.apps.datagen.doctor.edges import align
from spatialgeom.apps.datagen.doctor.findings import Finding
from spatialgeom.apps.datagen.doctor.gravity import Up, camera_up, suggest_up
from spatialgeom.apps.datagen.doctor.sample import Sample
from spatialgeom.apps.datagen.doctor.words import length
from spatialgeom.apps.errors import InputError
from spatialgeom.apps.images import ImageRef, open_image

_TILT_DEG = 10.0
_HELD_DEG = 60.0  # a camera is held no farther off upright on average
_LEVEL, _WALLS = 0.03, 0.1  # shares of normals that make a suggestion
_NEAR_M = 0.05
_FITS = 0.5  # of the readings that lie on the mesh
_MOST_POINTS = 500_000
_MOST_READINGS = 4000
_CLEARLY = 1.2  # times the score of the given alignment
_MOVED = 0.008  # of the width: less is a question of how edges are drawn


def check_colour(sample: Sample) -> Iterator[Finding]:
    """Open the sampled colour images, and compare their edges with those of depth."""
    scene, faults = sample.scene, set()
    for k in sample.frames.tolist():
        image = scene.images[k]
        whole = ImageRef(f"{scene.root}/{image.path}", image.width, image.height, image.offset, image.length)
        try:
            open_image(whole)
        except (InputError, OSError, ValueError):
            faults.add(k)
    figures = {"decoded": len(sample.frames) - len(faults), "sampled": len(sample.frames)}
    found = f"{figures['decoded']} of {figures['sampled']} sampled colour images decode"
    lost = [scene.frames[k] for k in sorted(faults)]
    yield Finding(
        "colour_files", "warning" if faults else "ok", found + (f"; not {', '.join(lost)}" if lost else ""),
        figures,
    )  # fmt: skip
    yield _alignment(sample)


def _alignment(sample: Sample) -> Finding:
    found = align(sample)
    if found is None:
        return Finding(
            "colour_alignment", "note", "too few edges of depth to compare with colour",
            means="Whether dots lie where they should in the colour image cannot be told from these frames.",
            todo="Nothing, if the cameras' intrinsics are their own; look at some questions after a run.",
        )  # fmt: skip
    right, down = found.shift_px
    figures = {
        "given": found.given, "best": found.best, "right_px": right, "down_px": down, "zoom": found.zoom,
        "images": found.images,
    }  # fmt: skip
    width = sample.scene.colour_camera.size[1]
    # at the image's edge a zoom moves what is half the width away
    moved = float(np.hypot(right, down)) + abs(found.zoom - 1) * width / 2
    said = f"at edges of depth colour changes {found.given:.2f} times as much as elsewhere"
    if found.best < _CLEARLY * found.given or moved < _MOVED * width:
        return Finding("colour_alignment", "ok", said, figures)
    return Finding(
        "colour_alignment",
        "warning",
        f"{said}, and {found.best:.2f} times with the colour camera's focal length times {found.zoom:g} and "
        f"its centre moved by ({right:.0f}, {down:.0f}) px: up to {moved:.0f} px may be off",
        figures,
    )


def check_up(sample: Sample) -> Finding:
    """Compare the world's z with the direction of level surfaces."""
    guess, z = camera_up(sample), np.array([0.0, 0.0, 1.0])
    up = suggest_up(sample, guess)
    if sample.scene.up_known and guess @ z > np.cos(np.radians(_HELD_DEG)):
        along_z = suggest_up(sample, z)
        # the given direction has the benefit of the doubt
        if along_z is not None and (up is None or along_z.level >= 0.8 * up.level):
            up = along_z
    if up is None or up.level < _LEVEL or up.walls < _WALLS:
        known = "known to the reader" if sample.scene.up_known else "not known"
        level = "ok" if sample.scene.up_known else "note"
        said = f"up is {known}; the sampled frames show too few level surfaces to tell"
        todo = f"Give up if you know it{_up_option(sample.scene.source)}, or align the poses."
        return Finding("up", level, said, {"known": sample.scene.up_known}, todo=todo)  # type: ignore[arg-type]
    return _judge_up(sample, up)


def _judge_up(sample: Sample, up: Up) -> Finding:
    tilt = float(np.degrees(np.arccos(np.clip(up.vector[2], -1, 1))))
    vector = "[" + ", ".join(f"{value:.3f}" for value in up.vector) + "]"
    figures = {
        "known": sample.scene.up_known, "suggested": up.vector.tolist(), "tilt_deg": tilt,
        "level_share": up.level, "wall_share": up.walls,
    }  # fmt: skip
    shares = f"{up.level:.0%} of surfaces are level to it, {up.walls:.0%} upright"
    if not sample.scene.up_known:
        said = f"up is not known; the data suggests {vector} ({shares})"
        return Finding("up", "warning", said, figures, todo=_turn(sample.scene.source))
    if tilt > _TILT_DEG:
        said = f"level surfaces are {tilt:.0f} degrees off the world's z, along {vector} ({shares})"
        return Finding("up", "warning", said, figures, todo=_turn(sample.scene.source))
    return Finding("up", "ok", f"level surfaces are {tilt:.1f} degrees off the world's z ({shares})", figures)


def _up_option(source: str) -> str:
    if source.startswith("scannet"):
        return " (axisAlignment in the scan's text file)"
    return f" (--{source}.up)" if source in ("rgbd_folder", "tum_rgbd") else ""


def _turn(source: str) -> str:
    return f"Give the vector that the finding names as up{_up_option(source)}, or align the poses."


def check_mesh(sample: Sample) -> Finding | None:
    """Measure how far depth readings are from the scene's points; None without points."""
    points = sample.scene.points
    if points is None:
        return None
    if not len(points):
        return Finding("mesh_fit", "error", "the mesh has no point", {"points": 0})
    world = sample.world[np.isfinite(sample.world).all(axis=-1)]
    if not len(world):
        return None
    chosen = world[np.unique(np.linspace(0, len(world) - 1, _MOST_READINGS).astype(int))]
    every = max(1, len(points) // _MOST_POINTS)
    apart, _ = cKDTree(points[::every]).query(chosen)
    near, median = float((apart < _NEAR_M).mean()), float(np.median(apart))
    found = f"{near:.0%} of readings are within 5 cm of {len(points)} points, median {length(median)}"
    figures = {"share_near": near, "median_m": median, "points": len(points)}
    return Finding("mesh_fit", "ok" if near >= _FITS else "warning", found, figures)
