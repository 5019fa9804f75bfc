"""Calls of the Triton backend on tensors without memory: shapes, types and strides decide the launch."""

import importlib
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

Call = Callable[[], Any]

_RULE = (0.02, 0.0, float("inf"), 1e-3)


def backend(module: str, name: str) -> Callable[..., Any]:
    return getattr(importlib.import_module(f"spatialgeom.backends.triton.{module}"), name)


def meta(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.empty(shape, dtype=dtype, device="meta")


def words(*shape: int) -> Tensor:
    return meta(*shape, dtype=torch.int64)


def _every(rows: Tensor, step: int) -> Tensor:
    """Return rows that lie far apart, of which the last is the last."""
    return rows[step - 1 :: step]


def project(frames: int, count: int, dtype: torch.dtype = torch.float32) -> Any:
    points, poses, cameras = _scene(frames, count, dtype)
    return backend("projection", "project_points")(points, poses, cameras, (480, 640), 1e-3)


def unproject(frames: int, height: int, width: int, depth: torch.dtype, real: torch.dtype) -> Any:
    _, poses, cameras = _scene(frames, 0, real)
    maps = meta(frames, height, width, dtype=depth)
    return backend("projection", "unproject_depth")(maps, cameras, poses, 0.001)


def visible(
    frames: int,
    count: int,
    depth: torch.dtype = torch.uint16,
    real: torch.dtype = torch.float32,
    size: tuple[int, int] = (480, 640),
    image: tuple[int, int] | None = None,
    half_open: bool = False,
    expanded: bool = False,
) -> Any:
    points, poses, cameras = _scene(frames, count, real)
    maps = meta(1 if expanded else frames, *size, dtype=depth).expand(frames, *size)
    run = backend("visibility", "visible_points")
    return run(points, poses, cameras, maps, 0.001, image or size, _RULE, half_open)


def render(
    frames: int,
    count: int,
    radius: int,
    size: tuple[int, int] = (480, 640),
    real: torch.dtype = torch.float32,
) -> Any:
    points, poses, cameras = _scene(frames, count, real)
    return backend("occlusion", "render_depth")(points, poses, cameras, size, radius, 1e-3)


def fuse(frames: int, height: int, width: int, depth: torch.dtype, slots: int) -> Any:
    """Launch the fusion of a few frames and the table's growth, without the reading between them."""
    double = torch.float64
    table = backend("fusion", "Table").empty(slots, torch.device("meta"))
    maps = meta(frames, height, width, dtype=depth)
    posed = meta(frames, 3, 3, dtype=double), meta(frames, 4, 4, dtype=double)
    table.add(maps, *posed, backend("fusion", "none_done")(maps), 0.001, 0.02, float("inf"))
    return table.grown()


def overlap(
    frames: int, width: int, others: int | None = None, products: str | None = None, every: int = 1
) -> Any:
    """Call for every so many rows of many; ``products`` names the kernel that a device would not take."""
    other = None if others is None else _every(words(others * every, width), every)
    arguments = _every(words(frames * every, width), every), other
    if products is None:
        return backend("overlap", "overlap_matrix")(*arguments)
    return backend("overlap", "overlap_by")(backend(f"_{products}", f"add_{products}_products"), *arguments)


def count(rows: int, width: int) -> Any:
    return backend("bitsets", "count_bits")(words(rows, width))


def count_columns(rows: int, width: int) -> Any:
    return backend("bitsets", "count_bits")(words(width, rows).mT)


def union(rows: int, width: int, groups: int, every: int = 1) -> Any:
    return backend("bitsets", "union_bits")(_every(words(rows * every, width), every), words(rows), groups)


def union_columns(rows: int, width: int, groups: int) -> Any:
    return backend("bitsets", "union_bits")(words(width, rows)[:, -20:].mT, words(20), groups)


def change(
    times: int,
    points: int,
    measure: str,
    real: torch.dtype = torch.float32,
    masked: bool = False,
    every: int = 1,
) -> Any:
    """Call for every so many times of a long recording."""
    tracks = _every(meta(times * every, points, 3, dtype=real), every)
    seen = _every(meta(times * every, points, dtype=torch.bool), every) if masked else None
    return backend("rigid_clusters", "distance_change")(tracks, seen, measure, 0.01)


def relative(frames: int, pairs: int | None = None, real: torch.dtype = torch.float32) -> Any:
    chosen = None if pairs is None else words(pairs, 2)
    return backend("relative_pose", "relative_poses")(meta(frames, 4, 4, dtype=real), chosen)


def extents(frames: int, count: int, groups: int | None = None, real: torch.dtype = torch.float32) -> Any:
    labels = None if groups is None else words(count)
    visible = words(frames, -(-count // 64))
    return backend("coverage", "axis_extents")(meta(count, 3, dtype=real), visible, labels, groups or 1)


def _scene(frames: int, count: int, real: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    cameras = meta(1, 3, 3, dtype=real).expand(frames, 3, 3)
    return meta(count, 3, dtype=real), meta(frames, 4, 4, dtype=real), cameras


def compiled(architecture: int) -> dict[str, Call]:
    """Return the calls whose kernels are compiled for ``architecture``: the sizes of a real scene."""
    double = torch.float64
    calls: dict[str, Call] = {
        "project_points": partial(project, 370, 150_000),
        "unproject_depth": partial(unproject, 370, 480, 640, torch.uint16, torch.float32),
        "visible_points": partial(visible, 370, 150_000),
        "render_depth": partial(render, 370, 150_000, 2),
        "render_depth of wide squares": partial(render, 370, 150_000, 6),
        "fuse_depth": partial(fuse, 32, 480, 640, torch.uint16, 1 << 20),
        "overlap_matrix": partial(overlap, 370, 2_344),
        "overlap_matrix of two": partial(overlap, 370, 2_343, 111),
        "overlap_matrix int8": partial(overlap, 370, 2_344, products="int8"),
        "overlap_matrix of few int8": partial(overlap, 40, 2_344, products="int8"),
        "union_bits": partial(union, 370, 2_344, 20),
        "distance_change range": partial(change, 300, 2_048, "range"),
        "distance_change path": partial(change, 300, 2_048, "path", masked=True),
        "relative_poses": partial(relative, 370),
        "axis_extents": partial(extents, 370, 150_000),
        "axis_extents groups": partial(extents, 370, 150_000, 20),
    }
    # once is enough for what is rarer
    rare: dict[str, Call] = {
        "project_points float64": partial(project, 370, 150_000, double),
        "unproject_depth float64": partial(unproject, 370, 480, 640, double, double),
        "visible_points float32": partial(visible, 370, 150_001, torch.float32, image=(968, 1296)),
        "visible_points float64": partial(visible, 370, 150_000, double, double, half_open=True),
        "fuse_depth float64": partial(fuse, 32, 480, 640, double, 1 << 20),
        "render_depth float64": partial(render, 370, 150_000, 2, real=double),
        "overlap_matrix of few": partial(overlap, 40, 2_344),
        "distance_change float64": partial(change, 150, 511, "path", double),
        "relative_poses float64": partial(relative, 370, 1_000, double),
        "axis_extents float64": partial(extents, 370, 150_001, 20, double),
    }
    return calls | rare if architecture == 90 else calls
