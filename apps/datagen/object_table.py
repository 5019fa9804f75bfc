"""What each image shows of each object: how many of its points, and how far they reach along its box."""

import json
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch

import spatialgeom as sg
from spatialgeom.apps.datagen.objects import Objects, box_corners, least_upright_box, level_box

# columns of sizes and extents
LENGTH: Final = 0
WIDTH: Final = 1
HEIGHT: Final = 2
_ARRAYS = ("world_from_box", "size", "low", "high", "counts", "total")


@dataclass(frozen=True)
class ObjectTable:
    """The K objects of a scene that have points, and their views in F images.

    Axes of measurement are those of the object's box, in the order length, width (the larger and the smaller
    horizontal side) and height.
    """

    ids: tuple[str, ...]
    categories: tuple[str, ...]
    world_from_box: np.ndarray  # (K, 4, 4) float64
    size: np.ndarray  # (K, 3) float64, metres
    low: np.ndarray  # (K, F, 3) float64, metres from the box's centre; +inf where nothing is seen
    high: np.ndarray  # (K, F, 3) float64; -inf where nothing is seen
    counts: np.ndarray  # (K, F) int32, points of the object that are seen
    total: np.ndarray  # (K,) int64, points of the object

    @classmethod
    def empty(cls, frames: int) -> "ObjectTable":
        """Return the table of a scene whose objects are not known."""
        extents = np.zeros((0, frames, 3))
        return cls(
            (), (), np.zeros((0, 4, 4)), np.zeros((0, 3)), extents, extents,
            np.zeros((0, frames), np.int32), np.zeros(0, np.int64),
        )  # fmt: skip

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return plain arrays from which ``from_arrays`` makes the same table."""
        names = json.dumps([self.ids, self.categories]).encode()
        return {"names": np.frombuffer(names, np.uint8), **{name: getattr(self, name) for name in _ARRAYS}}

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> "ObjectTable":
        """Return the table of ``to_arrays``.

        Raises:
            KeyError: An array is missing.
            ValueError: The names are damaged.
        """
        ids, categories = json.loads(arrays["names"].tobytes())
        return cls(tuple(ids), tuple(categories), **{name: arrays[name] for name in _ARRAYS})


def measure_objects(
    objects: Objects | None, labels: np.ndarray, points: np.ndarray, visible: np.ndarray, *, upright: bool
) -> ObjectTable:
    """Return what frames see of each object that has points.

    Args:
        objects: Names, and the boxes that are known.
        labels: (P,) object of each point, -1 for none.
        points: (P, 3) the cloud.
        visible: (F, W) int64, packed bits of the points that frames see.
        upright: Measure along the source's own upright box, else the one of least horizontal area around the
            object's points; False: along the world's axes, around the box's corners, else the points.
    """
    if objects is None or not (labels >= 0).any():
        return ObjectTable.empty(len(visible))
    order = np.argsort(labels, kind="stable")
    found, first, total = np.unique(labels[order], return_index=True, return_counts=True)
    members = np.split(order, first[1:])
    if found[0] < 0:
        found, total, members = found[1:], total[1:], members[1:]
    boxes = [
        _box(objects, k, points[own].astype(np.float64), upright)
        for k, own in zip(found, members, strict=True)
    ]
    pose, size = _long_side_first(np.stack([p for p, _ in boxes]), np.stack([s for _, s in boxes]))
    local, index = np.zeros((len(points), 3)), np.full(len(points), -1, np.int64)
    for k, own in enumerate(members):
        local[own] = (points[own].astype(np.float64) - pose[k, :3, 3]) @ pose[k, :3, :3]
        index[own] = k
    bits = torch.from_numpy(visible)
    extents = sg.axis_extents(torch.from_numpy(local), bits, torch.from_numpy(index), label_count=len(found))
    counts = [sg.count_bits(sg.select_bits(bits, torch.from_numpy(own))).numpy() for own in members]
    return ObjectTable(
        ids=tuple(objects.ids[k] for k in found),
        categories=tuple(objects.categories[k] for k in found),
        world_from_box=pose,
        size=size,
        low=extents.low.numpy(),
        high=extents.high.numpy(),
        counts=np.stack(counts).astype(np.int32),
        total=total.astype(np.int64),
    )


def _box(objects: Objects, k: int, points: np.ndarray, upright: bool) -> tuple[np.ndarray, np.ndarray]:
    pose, size = objects.world_from_box[k], objects.size[k]
    known = bool(np.isfinite(pose).all() and np.isfinite(size).all())
    if upright:
        return (pose, size) if known else least_upright_box(points)
    return level_box(box_corners(pose, size) if known else points)


def _long_side_first(pose: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return boxes turned a quarter about up where their second side is the longer one."""
    quarter = np.stack((pose[..., 1], -pose[..., 0], pose[..., 2], pose[..., 3]), axis=-1)
    swap = size[:, WIDTH] > size[:, LENGTH]
    turned = np.where(swap[:, None, None], quarter, pose)
    return turned, np.where(swap[:, None], size[:, [1, 0, 2]], size)
