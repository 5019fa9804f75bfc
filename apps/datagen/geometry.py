"""What all tasks need of a scene, computed once: its cloud, who sees what, which images overlap."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import spatialgeom as sg
from spatialgeom.apps.datagen.clip import Clip
from spatialgeom.apps.datagen.object_labels import label_points
from spatialgeom.apps.datagen.object_table import ObjectTable, measure_objects
from spatialgeom.apps.datagen.rules import Rules
from spatialgeom.apps.datagen.scene import Camera, Scene
from spatialgeom.apps.datagen.scene_pass import Received, ScenePass, Stopwatch, see
from spatialgeom.apps.datagen.sight import world_from_colour
from spatialgeom.apps.datagen.tracks import Tracks, track
from spatialgeom.apps.errors import InputError
from spatialgeom.apps.images import ImageRef
from spatialgeom.apps.progress import Progress

_ENOUGH_FRAMES = 5  # that must see a voxel of the fused cloud


@dataclass(frozen=True)
class SceneGeometry:
    """The geometry cache of one scene; everything downstream reads this and decodes no depth again."""

    name: str
    space: str
    source: str
    root: str
    licence: str
    up_known: bool
    dropped: dict[str, int]
    key: str  # fingerprint of inputs, rules and version
    frames: tuple[str, ...]
    images: tuple[ImageRef, ...]
    camera: Camera  # that questions are asked in: colour
    world_from_camera: np.ndarray  # (F, 4, 4) float64
    points: np.ndarray  # (P, 3) float32, Morton order
    visible: np.ndarray  # (F, W) int64 packed bits
    askable: np.ndarray  # (F, W) int64 packed bits
    pairs: np.ndarray  # (Q, 2) int64, i < j, overlap in range
    overlap_percent: np.ndarray  # (Q,) float64
    shared: np.ndarray  # (Q,) int64, points askable in both images
    objects: ObjectTable
    tracks: Tracks
    seconds: dict[str, float] = field(default_factory=dict, compare=False)  # by stage; empty from the cache

    @cached_property
    def camera_from_world(self) -> np.ndarray:
        """(F, 4, 4), truly inverted."""
        return np.linalg.inv(self.world_from_camera)

    @cached_property
    def relative(self) -> tuple[sg.RelativePoses, sg.RelativePoses]:
        """Relative poses of ``pairs``: first to second, and second to first."""
        poses = torch.from_numpy(self.world_from_camera)
        there = torch.from_numpy(self.pairs)
        return sg.relative_poses(poses, there), sg.relative_poses(poses, there.flip(1))

    @cached_property
    def _heading(self) -> sg.Heading:
        return sg.heading_and_pitch(torch.from_numpy(self.world_from_camera))

    @cached_property
    def yaw_deg(self) -> np.ndarray:
        """(F,) angle of each camera's view about the vertical."""
        return self._heading.yaw_deg.numpy()

    @cached_property
    def pitch_deg(self) -> np.ndarray:
        """(F,) angle of each camera's view above the horizon."""
        return self._heading.pitch_deg.numpy()

    def project(self, frames: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return pixels (n, 2) and camera-frame positions (n, 3) of one point per frame, float64."""
        return self._project(frames, self.points[points])

    def project_track(self, frames: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the same of tracked points, each at its frame's time."""
        return self._project(frames, self.tracks.world[frames, points])

    def _project(self, frames: np.ndarray, world: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        pose = self.camera_from_world[frames]
        xyz = np.einsum("nij,nj->ni", pose[:, :3, :3], world.astype(np.float64)) + pose[:, :3, 3]
        k = self.camera.of(frames).intrinsics
        return xyz[:, :2] / xyz[:, 2:] * k[..., [0, 1], [0, 1]] + k[..., :2, 2], xyz


def compute_geometry(
    scene: Scene, rules: Rules, key: str, progress: Progress, device: str, folder: Path | None = None
) -> SceneGeometry:
    """Decode each depth image once and derive everything that tasks read.

    Args:
        scene: Whose depth images are decoded.
        rules: What counts as seen.
        key: Fingerprint of inputs, rules and version.
        progress: Is told of each depth image.
        device: Where to compute.
        folder: Where depth maps are kept that are too many for memory.

    Raises:
        InputError: No depth image decodes, or they hold no surface.
    """
    with ScenePass(device, folder=folder) as scenes:
        return derive(scenes.receive(scenes.begin(scene), rules, progress), rules, key, device)


def derive(received: Received, rules: Rules, key: str, device: str) -> SceneGeometry:
    """Return the geometry of a scene whose depth images are decoded.

    Raises:
        InputError: They hold no surface.
    """
    scene, watch, sight, points = received.scene, received.watch, received.sight, received.points
    watch.resume()
    if sight is None or points is None:
        points = _fuse(received)
        watch.lap("fuse")
        sight = see(received, points, rules, device)
    world_from_camera = world_from_colour(scene, rules)
    visible = sight.visible
    pairs, percent, matrix = _pair_table(visible, rules)
    sg.relative_poses(torch.from_numpy(world_from_camera), pairs)
    watch.lap("visibility, overlap, poses")
    askable = sight.askable(scene)
    shared = sg.overlap_matrix(askable).intersection if rules.askable else matrix
    watch.lap("askable points")
    seen = visible.cpu().numpy()
    labels, faults = label_points(scene, points, seen)
    objects = measure_objects(scene.objects, labels, points, seen, upright=rules.upright_boxes)
    watch.lap("objects")
    return SceneGeometry(
        name=scene.name, space=scene.space, source=scene.source, root=scene.root, licence=scene.licence,
        up_known=scene.up_known, dropped={**scene.dropped, **faults}, key=key, frames=scene.frames,
        images=scene.images, camera=scene.colour_camera, world_from_camera=world_from_camera, points=points,
        visible=seen, askable=askable.cpu().numpy(), pairs=pairs.numpy(),
        overlap_percent=percent.numpy(), shared=shared.cpu()[pairs[:, 0], pairs[:, 1]].numpy(),
        objects=objects, tracks=Tracks.none(len(scene.frames), rules), seconds=watch.seconds,
    )  # fmt: skip


def follow(clip: Clip, rules: Rules, key: str) -> SceneGeometry:
    """Return the geometry of a clip: its tracks, and no surface.

    Raises:
        InputError: It has too few frames, or no point is part of anything.
    """
    watch, frames = Stopwatch(), len(clip.frames)
    tracks = track(clip, rules)
    watch.lap("tracks")
    nothing = np.zeros((frames, 0), np.int64)
    return SceneGeometry(
        name=clip.name, space=clip.space, source=clip.source, root=clip.root, licence=clip.licence,
        up_known=False, dropped=clip.dropped, key=key, frames=clip.frames, images=clip.images,
        camera=clip.camera, world_from_camera=clip.world_from_camera, points=np.zeros((0, 3), np.float32),
        visible=nothing, askable=nothing, pairs=np.zeros((0, 2), np.int64), overlap_percent=np.zeros(0),
        shared=np.zeros(0, np.int64), objects=ObjectTable.empty(frames), tracks=tracks, seconds=watch.seconds,
    )  # fmt: skip


def _fuse(received: Received) -> np.ndarray:
    """Return the cloud of a scene without one, along a Morton curve, fused where its depth maps lie."""
    scene, depth = received.scene, received.depth
    if depth is None:
        raise ValueError("derive: neither points nor depth maps were received")
    try:
        fused = sg.fuse_depth(
            depth,
            torch.from_numpy(scene.depth_camera.intrinsics).to(depth.device),
            torch.from_numpy(scene.world_from_depth).to(depth.device),
            depth_scale=scene.depth_scale,
            min_count=min(_ENOUGH_FRAMES, 1 + len(depth) // 20),  # a sparse capture sees nothing five times
        )
    except ValueError as fault:
        raise InputError(f"{scene.name} cannot be fused: {fault}; check poses and scale") from None
    if not len(fused.points):
        raise InputError(
            f"{scene.name} has no surface: its depth images agree nowhere; check poses and depth scale"
        )
    return fused.points.cpu().numpy().astype(np.float32)


def _pair_table(visible: Tensor, rules: Rules) -> tuple[Tensor, Tensor, Tensor]:
    """Return the pairs in range (Q, 2), their overlap in percent (Q,), and all intersections (F, F)."""
    overlap = sg.overlap_matrix(visible)
    percent = (overlap.iou.cpu() * 100).round(decimals=9)  # 7 % is 7.000000000000001 in floats
    low, high = rules.overlap_percent
    in_range = ((percent >= low) & (percent <= high)).triu(1)
    pairs = in_range.nonzero()
    return pairs, percent[pairs[:, 0], pairs[:, 1]], overlap.intersection
