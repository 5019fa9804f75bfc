"""One small call of every operation, for tests that hold for all of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

import spatialgeom as sg
from spatialgeom.testing.scenes import random_depth, random_posed_points


@dataclass(frozen=True)
class Call:
    """A public operation, its tensors and its options."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    options: dict[str, Any]

    def __call__(self) -> Any:
        """Make the call."""
        return self.function(*self.arguments, **self.options)

    def to(self, device: str | torch.device) -> "Call":
        """Return the same call of tensors on ``device``."""
        return replace(self, arguments=_moved(self.arguments, device))


def example_calls(points: int = 300, frames: int = 3) -> dict[str, Call]:
    """Return calls by the name of their operation, variants behind a slash; tensors are on the CPU.

    None lets a result's shape follow from values where an option can give it.
    """
    generator = torch.Generator().manual_seed(0)
    exact = random_posed_points(0, points, frames)
    depth, posed = random_depth(exact, 0).millimetres, exact.to("cpu", torch.float32)
    world_from_cam = torch.linalg.inv(posed.cam_from_world)
    mask = torch.rand(frames, points, generator=generator) < 0.3
    words = sg.pack_bits(mask)
    labels = torch.randint(-1, 3, (points,), generator=generator)
    groups = torch.randint(-1, 2, (frames,), generator=generator)
    pairs = torch.randint(frames, (2 * frames, 2), generator=generator)
    chosen = torch.randint(points, (points,), generator=generator)
    ranks = torch.arange(frames) * 40
    tracks = torch.randn(5, points // 10, 3, generator=generator)
    seen = tracks[..., 0] > -1
    moves = sg.displacement_counts(tracks, seen, seen, [0.5])
    numbers = [torch.randint(most, (9,), generator=generator) for most in (points // 10, 2, 9)]
    extents = sg.axis_extents(posed.points, words)
    readings = (depth, posed.intrinsics, world_from_cam)
    metres = {"depth_scale": 0.001}
    return {
        "project_points": Call(sg.project_points, posed, {}),
        "unproject_depth": Call(sg.unproject_depth, readings, metres),
        "visible_points": Call(sg.visible_points, (*posed[:3], depth), metres),
        "render_depth": Call(sg.render_depth, posed, {}),
        "render_depth/squares": Call(sg.render_depth, posed, {"radius": 2}),
        "fuse_depth": Call(sg.fuse_depth, readings, {**metres, "min_count": 1}),
        "pack_bits": Call(sg.pack_bits, (mask,), {}),
        "unpack_bits": Call(sg.unpack_bits, (words, points), {}),
        "count_bits": Call(sg.count_bits, (words,), {}),
        "union_bits": Call(sg.union_bits, (words, groups), {"group_count": 2}),
        "select_bits": Call(sg.select_bits, (words, chosen), {}),
        "nth_bit": Call(sg.nth_bit, (words, ranks), {}),
        "overlap_matrix": Call(sg.overlap_matrix, (words,), {}),
        "overlap_matrix/other": Call(sg.overlap_matrix, (words, words[:2]), {}),
        "relative_poses": Call(sg.relative_poses, (world_from_cam,), {}),
        "relative_poses/pairs": Call(sg.relative_poses, (world_from_cam, pairs), {}),
        "heading_and_pitch": Call(sg.heading_and_pitch, (world_from_cam,), {}),
        "axis_extents": Call(sg.axis_extents, (posed.points, words), {}),
        "axis_extents/labels": Call(sg.axis_extents, (posed.points, words, labels), {"label_count": 3}),
        "minimal_covers": Call(sg.minimal_covers, (extents, torch.full((3,), 5.0), 0), {}),
        "distance_change": Call(sg.distance_change, (tracks,), {}),
        "distance_change/path": Call(sg.distance_change, (tracks, tracks[..., 0] > -1), {"measure": "path"}),
        "displacement_counts": Call(sg.displacement_counts, (tracks, seen, seen, [0.5]), {}),
        "nth_displacement": Call(sg.nth_displacement, (tracks, moves, seen, [0.5], *numbers), {}),
        "rigid_clusters/path": Call(sg.rigid_clusters, (tracks,), {"measure": "path", "min_size": 2}),
        "rigid_clusters": Call(sg.rigid_clusters, (tracks,), {"min_size": 2, "threshold": 2.0}),
    }


def _moved(value: Any, device: str | torch.device) -> Any:
    if isinstance(value, Tensor):
        return value.to(device)
    if isinstance(value, tuple):
        moved = [_moved(item, device) for item in value]
        return type(value)(*moved) if hasattr(value, "_fields") else tuple(moved)
    return value
