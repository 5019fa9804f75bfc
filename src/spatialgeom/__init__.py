"""Batched multi-view geometry on tensors: projection, occlusion, visibility, overlap, pose, rigid parts, coverage.

Metres, degrees and pixels; camera axes are x right, y down, z forward; integer pixel coordinates are pixel
centres. ``docs/conventions.md`` has the whole list.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spatialgeom._dispatch import BACKENDS, available_backends, use_backend, why_unavailable
    from spatialgeom.ops.bitsets import count_bits, nth_bit, pack_bits, select_bits, union_bits, unpack_bits
    from spatialgeom.ops.cameras import crop_intrinsics, invert_poses, resize_intrinsics
    from spatialgeom.ops.coverage import Covers, Extents, axis_extents, minimal_covers
    from spatialgeom.ops.fusion import FusedCloud, fuse_depth, morton_order
    from spatialgeom.ops.occlusion import render_depth
    from spatialgeom.ops.overlap import Overlap, overlap_matrix
    from spatialgeom.ops.projection import Projection, Unprojected, project_points, unproject_depth
    from spatialgeom.ops.relative_pose import Heading, RelativePoses, heading_and_pitch, relative_poses
    from spatialgeom.ops.rigid_clusters import distance_change, rigid_clusters
    from spatialgeom.ops.visibility import PAPER_RULE, VisibilityRule, visible_points

# imported on first use: a command's --help must not wait for torch
_HOME = {
    "_dispatch": ("BACKENDS", "available_backends", "use_backend", "why_unavailable"),
    "ops.bitsets": ("count_bits", "nth_bit", "pack_bits", "select_bits", "union_bits", "unpack_bits"),
    "ops.cameras": ("crop_intrinsics", "invert_poses", "resize_intrinsics"),
    "ops.coverage": ("Covers", "Extents", "axis_extents", "minimal_covers"),
    "ops.fusion": ("FusedCloud", "fuse_depth", "morton_order"),
    "ops.occlusion": ("render_depth",),
    "ops.overlap": ("Overlap", "overlap_matrix"),
    "ops.projection": ("Projection", "Unprojected", "project_points", "unproject_depth"),
    "ops.relative_pose": ("Heading", "RelativePoses", "heading_and_pitch", "relative_poses"),
    "ops.rigid_clusters": ("distance_change", "rigid_clusters"),
    "ops.visibility": ("PAPER_RULE", "VisibilityRule", "visible_points"),
}
_MODULE = {name: f"spatialgeom.{module}" for module, names in _HOME.items() for name in names}

__all__ = [*_MODULE]


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"module 'spatialgeom' has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_MODULE[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULE])
