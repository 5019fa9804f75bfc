"""Who sees which points of a scene, gathered block by block as depth maps arrive."""

import numpy as np
import torch
from torch import Tensor

import spatialgeom as sg
from spatialgeom.apps.datagen.rules import Rules
from spatialgeom.apps.datagen.scene import Scene
from spatialgeom.apps.marks import dot_radius

# the colour camera's own occlusions: a coarse z-buffer has no holes at 2 cm voxels, and its tolerance
# forgives the depth range of a slanted surface within one of its cells
_COARSE = 4
_COARSE_RULE = sg.VisibilityRule(behind_rel=0.1)
_BLOCK_FRAMES = 32


def world_from_colour(scene: Scene, rules: Rules) -> np.ndarray:
    """Return poses (F, 4, 4) of the camera that questions are asked in."""
    colour_from_depth = np.eye(4) if rules.one_camera else scene.colour_from_depth
    return scene.world_from_depth @ np.linalg.inv(colour_from_depth)


class Sight:
    """Packed bits of the points that frames see, and of those on the surface that they see.

    Args:
        scene: Whose frames will be added, by their number in it.
        rules: When a point counts as seen.
        points: The cloud, (P, 3) float32.
        device: Where to compute.
    """

    def __init__(self, scene: Scene, rules: Rules, points: np.ndarray, device: str) -> None:
        self._scene, self._rules = scene, rules
        dtype = torch.float64 if rules.one_camera else torch.float32
        self._points = torch.from_numpy(points).to(device, dtype)
        self._poses = _inverse(scene.world_from_depth, self._points)
        # under one camera the colour intrinsics are meant
        self._camera = scene.colour_camera if rules.one_camera else scene.depth_camera
        self._matrix = torch.from_numpy(self._camera.intrinsics).to(self._points)
        self._sets = [_Rows(len(scene.frames))]
        self._rule = [rules.visible]
        if rules.askable is not None:
            self._sets.append(_Rows(len(scene.frames)))
            self._rule.append(rules.askable)

    def add(self, frames: np.ndarray, depth: Tensor) -> None:
        """Add frames, in order, with their depth maps; a device is sent no more unless some were lost."""
        whole = len(frames) == len(self._poses)
        poses = self._poses if whole else self._poses[frames[0] : frames[-1] + 1]
        if len(poses) > len(frames):
            poses = poses[torch.from_numpy(frames - frames[0]).to(poses.device)]
        for rows, rule in zip(self._sets, self._rule, strict=True):
            rows.add(
                sg.visible_points(
                    self._points,
                    poses,
                    self._matrix if self._matrix.ndim == 2 else self._matrix[frames],
                    depth,
                    depth_scale=self._scene.depth_scale,
                    image_size=self._camera.size,
                    rule=rule,
                )
            )

    @property
    def visible(self) -> Tensor:
        """(F, W) of the frames that were added."""
        return self._sets[0].words

    def askable(self, scene: Scene) -> Tensor:
        """Return (F, W): points on the surface seen that leave a dot room in the colour image.

        Args:
            scene: With the frames that were added, and no others.
        """
        if self._rules.askable is None:
            return self.visible
        world_from_camera, camera = world_from_colour(scene, self._rules), scene.colour_camera
        pose = _inverse(world_from_camera, self._points)
        matrix = torch.from_numpy(camera.intrinsics).to(self._points)
        border = int(np.ceil(dot_radius(camera.size[1])))
        inner = (camera.size[0] - 2 * border, camera.size[1] - 2 * border)
        nothing = self._points.new_full((1, 1, 1), torch.inf).expand(len(pose), 1, 1)
        cropped = sg.crop_intrinsics(matrix, border, border)
        askable = self._sets[1].words & sg.visible_points(
            self._points, pose, cropped, nothing, image_size=inner
        )
        if np.array_equal(world_from_camera, scene.world_from_depth):
            return askable
        return askable & _unoccluded(self._points, pose, matrix, camera.size)


class _Rows:
    """Rows of words that come in blocks, in memory that is taken once."""

    def __init__(self, frames: int) -> None:
        self._frames, self._count = frames, 0
        self._words: Tensor | None = None

    def add(self, words: Tensor) -> None:
        if len(words) == self._frames:
            self._words = words
        else:
            if self._words is None:
                self._words = words.new_empty((self._frames, words.shape[1]))
            self._words[self._count : self._count + len(words)] = words
        self._count += len(words)

    @property
    def words(self) -> Tensor:
        if self._words is None:
            raise RuntimeError("no frame was added")
        return self._words[: self._count]


def _unoccluded(points: Tensor, pose: Tensor, matrix: Tensor, size: tuple[int, int]) -> Tensor:
    """Return packed bits of points that no nearer part of the cloud hides from another camera."""
    small = (-(-size[0] // _COARSE), -(-size[1] // _COARSE))
    coarse = sg.resize_intrinsics(matrix, size, small)
    blocks = []
    for k, block in enumerate(torch.split(pose, _BLOCK_FRAMES)):
        own = coarse if coarse.ndim == 2 else coarse[k * _BLOCK_FRAMES :][: len(block)]
        nearest = sg.render_depth(points, block, own, small, radius=1)
        blocks.append(sg.visible_points(points, block, own, nearest, rule=_COARSE_RULE))
    return torch.cat(blocks)


def _inverse(poses: np.ndarray, like: Tensor) -> Tensor:
    return sg.invert_poses(torch.from_numpy(poses)).to(like)
