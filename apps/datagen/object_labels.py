"""Which object each point of a scene's cloud belongs to."""

from collections import Counter

import numpy as np
import torch

import spatialgeom as sg
from spatialgeom.apps.datagen.objects import Objects
from spatialgeom.apps.datagen.scene import Scene
from spatialgeom.apps.errors import InputError

_SLACK_M = 0.01  # a surface is measured on either side of its box
_LEAN = 0.02  # of the longest side, by which a box that was set straight leaves its object
_VOTES_HELD = 1 << 22  # until they are added up


def label_points(scene: Scene, points: np.ndarray, visible: np.ndarray) -> tuple[np.ndarray, dict[str, int]]:
    """Return the object of each point, and faults of instance images with their number.

    The scene's labels count first; else each image in which a point is seen has a vote, and more than half
    of the votes decide; else the smallest box around a point does. A point outside its object's known box
    was named wrongly, at the object's edge in an image, or after it had moved.

    Args:
        scene: With the frames that ``visible`` tells of; its labels are in the order of ``points``.
        points: The cloud, (P, 3).
        visible: (F, W) int64, packed bits of the points that frames see.

    Returns:
        (P,) int32 indices into the scene's objects, -1 for none.
    """
    objects, nothing = scene.objects, np.full(len(points), -1, np.int32)
    if objects is None or not objects.ids:
        return nothing, {}
    if scene.labels is not None:
        known = (scene.labels >= 0) & (scene.labels < len(objects.ids))
        return _within_own(objects, points, np.where(known, scene.labels, -1).astype(np.int32)), {}
    if scene.instances is not None:
        labels, faults = _voted(scene, objects, points, visible)
        return _within_own(objects, points, labels), faults
    return _smallest_around(objects, points), {}


def _smallest_around(objects: Objects, points: np.ndarray) -> np.ndarray:
    labels = np.full(len(points), -1, np.int32)
    volume = objects.size.prod(axis=1)
    for k in np.argsort(-volume, kind="stable")[: np.isfinite(volume).sum()].tolist():  # NaN is last
        height = objects.size[k, 2] / 2 + _SLACK_M
        near = np.flatnonzero(np.abs(points[:, 2] - objects.world_from_box[k, 2, 3]) <= height)
        labels[near[_inside(objects, k, points[near], _SLACK_M)]] = k
    return labels


def _within_own(objects: Objects, points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    named = np.flatnonzero(labels >= 0)
    named = named[np.argsort(labels[named], kind="stable")]
    for own in np.split(named, np.flatnonzero(np.diff(labels[named])) + 1):
        k = int(labels[own[0]]) if len(own) else 0
        if len(own) and np.isfinite(objects.size[k]).all():
            slack = _SLACK_M + _LEAN * objects.size[k].max()
            labels[own[~_inside(objects, k, points[own], slack)]] = -1
    return labels


def _inside(objects: Objects, k: int, points: np.ndarray, slack: float) -> np.ndarray:
    pose = objects.world_from_box[k]
    local = (points.astype(np.float64) - pose[:3, 3]) @ pose[:3, :3]
    inside: np.ndarray = (np.abs(local) <= objects.size[k] / 2 + slack).all(axis=1)
    return inside


class _Votes:
    """How many images show which object at each point: exact, in memory of the distinct pairs."""

    def __init__(self, objects: int) -> None:
        self._base = objects + 1  # 0 is no object
        self._keys = self._counts = np.zeros(0, np.int64)
        self._held: list[np.ndarray] = []
        self._holding = 0

    def add(self, points: np.ndarray, objects: np.ndarray) -> None:
        self._held.append(points * self._base + objects)
        self._holding += len(points)
        if self._holding > _VOTES_HELD:
            self._merge()

    def _merge(self) -> None:
        keys, counts = np.unique(np.concatenate([np.zeros(0, np.int64), *self._held]), return_counts=True)
        merged, where = np.unique(np.concatenate((self._keys, keys)), return_inverse=True)
        total = np.zeros(len(merged), np.int64)
        np.add.at(total, where, np.concatenate((self._counts, counts)))
        self._keys, self._counts, self._held, self._holding = merged, total, [], 0

    def majority(self, points: int) -> np.ndarray:
        """Return the object that has more than half of each point's votes, -1 for none."""
        self._merge()
        voters = np.zeros(points, np.int64)
        point = self._keys // self._base
        np.add.at(voters, point, self._counts)
        won = 2 * self._counts > voters[point]
        labels = np.full(points, -1, np.int32)
        labels[point[won]] = self._keys[won] % self._base - 1
        return labels


def _voted(
    scene: Scene, objects: Objects, points: np.ndarray, visible: np.ndarray
) -> tuple[np.ndarray, dict[str, int]]:
    count = len(objects.ids)
    votes, faults = _Votes(count), Counter[str]()
    depth_from_world = np.linalg.inv(scene.world_from_depth)
    for frame, pose in enumerate(depth_from_world):
        try:
            shown = _shown_objects(scene, frame)
        except InputError as fault:
            faults[str(fault)] += 1
            continue
        bits = sg.unpack_bits(torch.from_numpy(visible[frame : frame + 1]), len(points))
        seen = np.flatnonzero(bits[0].numpy())
        xyz = points[seen].astype(np.float64) @ pose[:3, :3].T + pose[:3, 3]
        camera = scene.depth_camera.of(np.array(frame))
        k = camera.intrinsics
        uv = np.floor(xyz[:, :2] / xyz[:, 2:] * k[[0, 1], [0, 1]] + k[:2, 2] + 0.5)
        inside = ((uv >= 0) & (uv < camera.size[::-1])).all(axis=1)
        u, v = uv[inside].astype(np.int64).T
        value = shown[v, u].astype(np.int64)
        votes.add(seen[inside], np.where(value <= count, value, 0))
    return votes.majority(len(points)), dict(faults)


def _shown_objects(scene: Scene, frame: int) -> np.ndarray:
    if scene.instances is None:
        raise ValueError("label_points: the scene has no instance images")
    shown = scene.instances(frame)
    if shown.shape != scene.depth_camera.size:
        raise InputError("instance file is not of the depth image's size, so it names no points")
    return shown
