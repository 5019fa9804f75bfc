"""Checks of what a scene or clip says before anything is decoded: frames, sizes, cameras, poses."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from spatialgeom.apps.datagen.clip import Clip
from spatialgeom.apps.datagen.doctor.findings import Finding
from spatialgeom.apps.datagen.doctor.sample import turn_deg
from spatialgeom.apps.datagen.doctor.words import count, length
from spatialgeom.apps.datagen.scene import Camera, Scene

_VIEW_DEG = (20.0, 130.0)
_PIXEL_SHAPE = 0.05  # by which fx and fy may differ
_OFF_CENTRE = 0.1  # of the side
_OTHER_SHAPE = 0.02
_RIGID = 0.01
_EXTENT_M = 200.0
_STILL_M, _STILL_DEG = 0.05, 5.0  # a camera that moves less sees the same in all images
_JUMP_M, _JUMP_DEG = 1.0, 60.0
_FEW = 0.05  # of the steps: more are a sparse capture, not lost tracking
_MANY_DROPPED = 0.1
_SHOWN = 3
_STILL_MEANS = "No question about two or more images is made: they must show different parts of the room."
_STILL_TODO = (
    "Take a recording in which the camera moves; if it did move, its poses are not those of these frames, "
    "or in a unit far larger than metres."
)


def check_frames(scene: Scene | Clip) -> Finding:
    """Count frames and what was dropped."""
    used, dropped = len(scene.frames), sum(scene.dropped.values())
    figures = {"used": used, "dropped": dict(scene.dropped)}
    reasons = "; ".join(f"{lost} x {reason}" for reason, lost in scene.dropped.items())
    found = f"{count(used, 'frame')} used, {dropped} dropped" + (f" ({reasons})" if reasons else "")
    if used < 2:
        return Finding("frames", "error" if isinstance(scene, Clip) else "warning", found, figures)
    many = dropped > _MANY_DROPPED * (used + dropped)
    return Finding("frames", "warning" if many else "note" if dropped else "ok", found, figures)


def check_sizes(scene: Scene) -> Finding:
    """Compare the shapes of colour and depth images."""
    (height, width), (depth_height, depth_width) = scene.colour_camera.size, scene.depth_camera.size
    found = f"colour {width}x{height}, depth {depth_width}x{depth_height}"
    ratio = (width / height) / (depth_width / depth_height)
    level = "ok" if abs(ratio - 1) <= _OTHER_SHAPE else "note"
    figures = {"colour": [width, height], "depth": [depth_width, depth_height]}
    return Finding("image_sizes", level, found, figures)  # type: ignore[arg-type]


def check_cameras(cameras: dict[str, Camera]) -> Finding:
    """Judge camera matrices by the size of their images."""
    faults, said, figures = [], [], {}
    for name, camera in cameras.items():
        matrix = np.median(np.reshape(camera.intrinsics, (-1, 3, 3)), axis=0)
        height, width = camera.size
        (fx, fy), (cx, cy) = matrix[[0, 1], [0, 1]], matrix[:2, 2]
        view = float(np.degrees(2 * np.arctan(width / 2 / fx)))
        off = max(abs(cx - (width - 1) / 2) / width, abs(cy - (height - 1) / 2) / height)
        said.append(f"{name} f {fx:.4g} px, {view:.0f} deg wide, centre ({cx:.4g}, {cy:.4g})")
        figures[name] = {"fx": fx, "fy": fy, "cx": cx, "cy": cy, "view_deg": view}
        if not _VIEW_DEG[0] <= view <= _VIEW_DEG[1]:
            faults.append(f"the {name} camera sees {view:.0f} degrees, which few cameras do")
        if abs(fx / fy - 1) > _PIXEL_SHAPE:
            faults.append(f"the {name} camera has fx {fx:.4g} and fy {fy:.4g}: pixels are not square")
        if off > _OFF_CENTRE:
            faults.append(f"the {name} camera's centre is {off:.0%} of the side off the image's")
    found = "; ".join(faults or said)
    plain = {name: {key: float(value) for key, value in row.items()} for name, row in figures.items()}
    return Finding("intrinsics", "warning" if faults else "ok", found, plain)


def check_poses(poses: np.ndarray, frames: tuple[str, ...], moves: bool) -> Iterator[Finding]:
    """Judge poses (F, 4, 4) by themselves; ``moves`` tells whether the camera must move."""
    rotation, centre = poses[:, :3, :3], poses[:, :3, 3]
    off = float(np.abs(rotation @ rotation.transpose(0, 2, 1) - np.eye(3)).max())
    extent = float(np.linalg.norm(np.ptp(centre, axis=0)))
    step_m = np.linalg.norm(np.diff(centre, axis=0), axis=1)
    turns = [turn_deg(a, b[None])[0] for a, b in pairwise(rotation)]
    step_deg = np.array(turns, float)
    faults = []
    if off > _RIGID or (np.linalg.det(rotation) < 0).any():
        faults.append(f"rotations are off by up to {off:.2g}, so they are not rigid")
    if extent > _EXTENT_M:
        faults.append(f"the path spans {length(extent)}: the poses may be in millimetres")
    means = todo = ""
    if moves and hardly_moves(poses):
        if not faults:
            means, todo = _STILL_MEANS, _STILL_TODO
        faults.append(
            f"the camera hardly moves ({length(extent)} in all): its images overlap by more than "
            "the 35 % up to which pairs are asked about"
        )
    found = f"the path spans {length(extent)} and is {length(float(step_m.sum()))} long"
    figures = {"extent_m": extent, "path_m": float(step_m.sum()), "rigid_error": off}
    yield Finding("poses", "warning" if faults else "ok", "; ".join(faults) or found, figures, means, todo)
    if len(step_m):
        yield _jumps(step_m, step_deg, frames)


def hardly_moves(poses: np.ndarray) -> bool:
    """Tell whether two or more poses (F, 4, 4) are so near each other that all images show the same."""
    rotation, centre = poses[:, :3, :3], poses[:, :3, 3]
    extent = np.linalg.norm(np.ptp(centre, axis=0))
    return bool(len(poses) > 1 and extent < _STILL_M and turn_deg(rotation[0], rotation).max() < _STILL_DEG)


def _jumps(step_m: np.ndarray, step_deg: np.ndarray, frames: tuple[str, ...]) -> Finding:
    far = np.flatnonzero((step_m > _JUMP_M) | (step_deg > _JUMP_DEG))
    usual = f"{length(float(np.median(step_m)))} and {np.median(step_deg):.2g} degrees in the median step"
    figures = {
        "median_m": float(np.median(step_m)), "median_deg": float(np.median(step_deg)),
        "largest_m": float(step_m.max()), "largest_deg": float(step_deg.max()), "jumps": len(far),
    }  # fmt: skip
    if not len(far):
        return Finding("pose_jumps", "ok", usual, figures)
    shown = ", ".join(f"{frames[k]} to {frames[k + 1]}" for k in far[:_SHOWN].tolist())
    found = f"{count(len(far), 'step')} of over 1 m or 60 degrees ({shown}); {usual}"
    calm = np.median(step_m) < _JUMP_M / 4 and np.median(step_deg) < _JUMP_DEG / 4
    lost = calm and len(far) <= max(2, _FEW * len(step_m))
    return Finding("pose_jumps", "warning" if lost else "note", found, figures)
