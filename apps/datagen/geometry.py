"""What all tasks need of a scene, computed once: its cloud, who sees what, which images overlap."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

import spatialgeom as sg
from spatialgeom.apps.datagen.progress import Progress
from spatialgeom.apps.datagen.rules import Rules
from spatialgeom.apps.datagen.scene import Camera, Scene
from spatialgeom.apps.errors import InputError
from spatialgeom.apps.images import ImageRef
from spatialgeom.apps.marks import dot_radius

# the colour camera's own occlusions: a coarse z-buffer has no holes at 2 cm voxels, and its tolerance
# forgives the depth range of a slanted surface within one of its cells
_COARSE = 4
_COARSE_RULE = sg.VisibilityRule(behind_rel=0.1)
_BLOCK_FRAMES = 32
_PLAUSIBLE_M = (0.05, 100.0)  # median depth
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
    def pitch_deg(self) -> np.ndarray:
        """(F,) angle of each camera's view above the horizon."""
        return sg.heading_and_pitch(torch.from_numpy(self.world_from_camera)).pitch_deg.numpy()

    def project(self, frames: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return pixels (n, 2) and camera-frame positions (n, 3) of one point per frame, float64."""
        pose = self.camera_from_world[frames]
        xyz = (
            np.einsum("nij,nj->ni", pose[:, :3, :3], self.points[points].astype(np.float64)) + pose[:, :3, 3]
        )
        k = self.camera.intrinsics
        return xyz[:, :2] / xyz[:, 2:] * k[[0, 1], [0, 1]] + k[:2, 2], xyz


class Stopwatch:
    """Seconds by stage, for the summary."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._start = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._start
        self._start = now


def compute_geometry(scene: Scene, rules: Rules, key: str, progress: Progress, device: str) -> SceneGeometry:
    """Decode each depth image once and derive everything that tasks read.

    Raises:
        InputError: No depth image decodes, or they hold no surface.
    """
    watch = Stopwatch()
    scene, depth = _decode(scene, progress)
    _check_scale(scene, depth)
    watch.lap("decode")
    cameras = _Cameras.of(scene, rules)
    points = _cloud(scene, depth)
    watch.lap("fuse")
    dtype = torch.float64 if rules.one_camera else torch.float32
    located = torch.from_numpy(points).to(device, dtype)
    seen_depth = torch.from_numpy(depth).to(device)
    visible = cameras.visible(located, seen_depth, scene.depth_scale, rules.visible)
    pairs, percent, matrix = _pair_table(visible, rules)
    sg.relative_poses(torch.from_numpy(cameras.world_from_camera), pairs)
    watch.lap("visibility, overlap, poses")
    askable = (
        visible if rules.askable is None else cameras.askable(located, seen_depth, scene.depth_scale, rules)
    )
    shared = sg.overlap_matrix(askable).intersection if rules.askable else matrix
    watch.lap("askable points")
    return SceneGeometry(
        name=scene.name, space=scene.space, source=scene.source, root=scene.root, licence=scene.licence,
        up_known=scene.up_known, dropped=scene.dropped, key=key, frames=scene.frames, images=scene.images,
        camera=scene.colour_camera, world_from_camera=cameras.world_from_camera, points=points,
        visible=visible.cpu().numpy(), askable=askable.cpu().numpy(), pairs=pairs.numpy(),
        overlap_percent=percent.numpy(), shared=shared.cpu()[pairs[:, 0], pairs[:, 1]].numpy(),
        seconds=watch.seconds,
    )  # fmt: skip


def _decode(scene: Scene, progress: Progress) -> tuple[Scene, np.ndarray]:
    """Return the scene without the frames whose depth cannot be decoded, and all readings (F, H, W)."""
    height, width = scene.depth_camera.size
    depth = np.zeros((len(scene.frames), height, width), np.uint16)
    faults: dict[str, list[int]] = {}

    def decode(frame: int) -> None:
        try:
            depth[frame] = scene.depth(frame)
        except InputError as fault:
            faults.setdefault(str(fault), []).append(frame)

    with ThreadPoolExecutor(2) as pool:
        for _ in progress.track(
            pool.map(decode, range(len(depth))), len(depth), f"{scene.name}: depth images"
        ):
            pass
    if faults:
        lost = sorted(frame for frames in faults.values() for frame in frames)
        keep = np.ones(len(depth), bool)
        keep[lost] = False
        if not keep.any():
            raise InputError(f"{scene.name} has no usable depth image: {next(iter(faults))}")
        scene = scene.keep_frames(keep, "depth file cannot be decoded")
        depth = depth[keep]
    return scene, depth


def _check_scale(scene: Scene, depth: np.ndarray) -> None:
    """Refuse readings that no room has, before they are fused."""
    sample = depth[:: max(1, len(depth) // 16), ::8, ::8]
    readings = sample[(sample > 0) & (sample < 65535)]
    median_m = float(np.median(readings)) * scene.depth_scale if readings.size else 1.0
    if not _PLAUSIBLE_M[0] <= median_m <= _PLAUSIBLE_M[1]:
        raise InputError(
            f"{scene.name} has a median depth of {median_m:g} m, expected {_PLAUSIBLE_M[0]:g} to "
            f"{_PLAUSIBLE_M[1]:g} m; check the reader's depth_scale"
        )


def _cloud(scene: Scene, depth: np.ndarray) -> np.ndarray:
    """Return the scene's points along a Morton curve: neighbours in memory are neighbours in space."""
    if scene.points is not None:
        points = torch.from_numpy(scene.points.astype(np.float32))
        return points[sg.morton_order(points)].numpy()
    try:
        fused = sg.fuse_depth(
            torch.from_numpy(depth),
            torch.from_numpy(scene.depth_camera.intrinsics),
            torch.from_numpy(scene.world_from_depth),
            depth_scale=scene.depth_scale,
            min_count=min(_ENOUGH_FRAMES, 1 + len(depth) // 20),  # a sparse capture sees nothing five times
        )
    except ValueError as fault:
        raise InputError(f"{scene.name} cannot be fused: {fault}; check poses and scale") from None
    if not len(fused.points):
        raise InputError(
            f"{scene.name} has no surface: its depth images agree nowhere; check poses and depth scale"
        )
    return fused.points.numpy().astype(np.float32)


@dataclass(frozen=True)
class _Cameras:
    """Both cameras' poses and matrices, as the rules use them."""

    scene: Scene
    world_from_camera: np.ndarray
    one: bool

    @classmethod
    def of(cls, scene: Scene, rules: Rules) -> "_Cameras":
        colour_from_depth = np.eye(4) if rules.one_camera else scene.colour_from_depth
        return cls(scene, scene.world_from_depth @ np.linalg.inv(colour_from_depth), rules.one_camera)

    def visible(self, points: Tensor, depth: Tensor, scale: float, rule: sg.VisibilityRule) -> Tensor:
        """Return packed bits by the depth image; under one camera the colour intrinsics are meant."""
        camera = self.scene.colour_camera if self.one else self.scene.depth_camera
        return sg.visible_points(
            points,
            _inverse(self.scene.world_from_depth, points),
            torch.from_numpy(camera.intrinsics).to(points),
            depth,
            depth_scale=scale,
            image_size=camera.size,
            rule=rule,
        )

    def askable(self, points: Tensor, depth: Tensor, scale: float, rules: Rules) -> Tensor:
        """Return packed bits of points on the surface seen that leave a dot room in the colour image."""
        on_surface = self.visible(points, depth, scale, rules.askable or rules.visible)
        camera = self.scene.colour_camera
        pose = _inverse(self.world_from_camera, points)
        matrix = torch.from_numpy(camera.intrinsics).to(points)
        border = int(np.ceil(dot_radius(camera.size[1])))
        inner = (camera.size[0] - 2 * border, camera.size[1] - 2 * border)
        nothing = points.new_full((1, 1, 1), torch.inf).expand(len(pose), 1, 1)
        cropped = sg.crop_intrinsics(matrix, border, border)
        askable = on_surface & sg.visible_points(points, pose, cropped, nothing, image_size=inner)
        if np.array_equal(self.world_from_camera, self.scene.world_from_depth):
            return askable
        return askable & _unoccluded(points, pose, matrix, camera.size)


def _unoccluded(points: Tensor, pose: Tensor, matrix: Tensor, size: tuple[int, int]) -> Tensor:
    """Return packed bits of points that no nearer part of the cloud hides from another camera."""
    small = (-(-size[0] // _COARSE), -(-size[1] // _COARSE))
    coarse = sg.resize_intrinsics(matrix, size, small)
    blocks = []
    for block in torch.split(pose, _BLOCK_FRAMES):
        nearest = sg.render_depth(points, block, coarse, small, radius=1)
        blocks.append(sg.visible_points(points, block, coarse, nearest, rule=_COARSE_RULE))
    return torch.cat(blocks)


def _inverse(poses: np.ndarray, like: Tensor) -> Tensor:
    return sg.invert_poses(torch.from_numpy(poses)).to(like)


def _pair_table(visible: Tensor, rules: Rules) -> tuple[Tensor, Tensor, Tensor]:
    """Return the pairs in range (Q, 2), their overlap in percent (Q,), and all intersections (F, F)."""
    overlap = sg.overlap_matrix(visible)
    percent = (overlap.iou.cpu() * 100).round(decimals=9)  # 7 % is 7.000000000000001 in floats
    low, high = rules.overlap_percent
    in_range = ((percent >= low) & (percent <= high)).triu(1)
    pairs = in_range.nonzero()
    return pairs, percent[pairs[:, 0], pairs[:, 1]], overlap.intersection
