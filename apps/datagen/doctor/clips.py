"""Checks of a clip: images, tracks, poses, motion, rigid parts."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

import spatialgeom as sg
from spatialgeom.apps.datagen.clip import Clip
from spatialgeom.apps.datagen.doctor.findings import Finding
from spatialgeom.apps.datagen.doctor.frames import check_cameras, check_frames, check_poses
from spatialgeom.apps.datagen.doctor.words import count as of
from spatialgeom.apps.datagen.doctor.words import length
from spatialgeom.apps.datagen.readers._track_checks import static_residual, to_world
from spatialgeom.apps.datagen.rules import DEFAULT
from spatialgeom.apps.images import is_complete

_FEW_VISIBLE = 0.05
_LEAST_POINTS = 6
_STILL_M = 0.01
_NOISE_M = 0.001
_STIFFER = 3.0
_MOST_POINTS = 1500  # that are put into parts here


def check_clip(clip: Clip) -> Iterator[Finding]:
    """Judge a clip."""
    yield check_frames(clip)
    yield _images(clip)
    yield check_cameras({"colour": clip.camera})
    yield from check_poses(clip.world_from_camera, clip.frames, moves=False)
    tracks = _tracks(clip)
    yield tracks
    if tracks.level != "error" and len(clip.frames) > 1:
        yield _static(clip)
        yield _displacement(clip)
        yield _parts(clip)


def _images(clip: Clip) -> Finding:
    lost = [image.path for image in clip.images if not _is_whole(Path(clip.root, image.path))]
    found = f"{len(clip.images) - len(lost)} of {len(clip.images)} images are there and whole"
    figures = {"images": len(clip.images), "lost": lost[:10]}
    level = "ok" if not lost else "error" if len(lost) == len(clip.images) else "warning"
    return Finding("image_files", level, found, figures)  # type: ignore[arg-type]


def _is_whole(path: Path) -> bool:
    try:
        return is_complete(path)
    except OSError:
        return False


def _tracks(clip: Clip) -> Finding:
    count = clip.tracks.shape[1]
    known = np.isfinite(clip.tracks).all(axis=-1)
    visible = float(clip.visible.mean()) if clip.visible.size else 0.0
    twice = int((clip.visible.sum(axis=0) > 1).sum())
    figures = {
        "points": count, "visible_share": visible, "unknown_share": float(1 - known.mean()) if count else 1.0,
        "visible_twice": twice, "source": clip.source,
    }  # fmt: skip
    found = (
        f"{of(count, 'point')} of {clip.source}, visible in {visible:.0%} of frames, {twice} in two or more"
    )
    if clip.visible.size and (clip.visible & ~known).any():
        return Finding("tracks", "warning", f"{found}; some are visible at unknown places", figures)
    level = "error" if twice < _LEAST_POINTS else "warning" if visible < _FEW_VISIBLE else "ok"
    return Finding("tracks", level, found, figures)  # type: ignore[arg-type]


def _static(clip: Clip) -> Finding:
    inverse = np.linalg.inv(clip.world_from_camera)
    seen = to_world(clip.tracks, inverse)
    world, own, inverted = (
        static_residual(tracks, clip.visible) for tracks in (clip.tracks, seen, to_world(seen, inverse))
    )
    figures = {"world_m": _number(world), "camera_m": _number(own), "inverted_m": _number(inverted)}
    found = f"the stiller points move {length(world)} a frame in the world, {length(own)} as seen"
    if world > _NOISE_M and world > _STIFFER * inverted:
        found += f", and {length(inverted)} with inverted extrinsics"
        return Finding("static_tracks", "warning", found, figures)
    moves = bool((np.abs(clip.world_from_camera - clip.world_from_camera[0]) > 1e-3).any())
    if moves and world > _NOISE_M and world >= own:
        return Finding("static_tracks", "warning", f"{found}: the extrinsics explain nothing", figures)
    return Finding("static_tracks", "ok", found + ("" if moves else "; the camera stands still"), figures)


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _displacement(clip: Clip) -> Finding:
    places = np.where(clip.visible[..., None], clip.tracks, np.nan)
    first = np.argmax(clip.visible, axis=0)
    start = places[first, np.arange(places.shape[1])]
    apart = np.linalg.norm(places - start, axis=-1)
    seen = clip.visible.sum(axis=0) > 1
    farthest = np.nanmax(apart[:, seen], axis=0)
    share = float((farthest >= _STILL_M).mean())
    found = (
        f"{share:.0%} of points move a centimetre or more; median {length(float(np.median(farthest)))}, "
        f"most {length(float(farthest.max()))}"
    )
    figures = {"moving_share": share, "median_m": float(np.median(farthest)), "most_m": float(farthest.max())}
    return Finding("displacement", "ok" if share else "warning", found, figures)


def _parts(clip: Clip) -> Finding:
    every = max(1, -(-clip.tracks.shape[1] // _MOST_POINTS))
    world = torch.from_numpy(clip.tracks[:, ::every].astype(np.float32))
    # what is left of a thinned part has gaps of its own
    gap = DEFAULT.part_gap_m if every == 1 else None
    part = sg.rigid_clusters(world, measure=DEFAULT.part_measure, max_gap=gap).numpy()
    sizes = sorted(np.bincount(part[part >= 0]).tolist(), reverse=True)
    alone = float((part < 0).mean())
    found = f"{of(len(sizes), 'rigid part')} of {', '.join(map(str, sizes[:8])) or 'no'} points"
    found += ", ..." if len(sizes) > 8 else ""
    found += f"; {alone:.0%} of points in none" + (f" (of every {every}th point)" if every > 1 else "")
    figures = {"parts": len(sizes), "sizes": sizes, "in_none_share": alone, "every": every}
    return Finding("rigid_parts", "ok" if sizes else "error" if every == 1 else "warning", found, figures)
