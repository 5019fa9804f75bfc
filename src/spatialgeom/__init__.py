"""Batched multi-view geometry on tensors: projection, occlusion, visibility, overlap, pose, rigid parts, coverage.

Metres, degrees and pixels; camera axes are x right, y down, z forward; integer pixel coordinates are pixel
centres. ``docs/conventions.md`` has the whole list.
"""

import importlib
from typing import Any

from spatialgeom._dispatch import available_backends, use_backend, why_unavailable

_HOME = {
    "invert_poses": "cameras",
    "resize_intrinsics": "cameras",
    "crop_intrinsics": "cameras",
    "Projection": "projection",
    "project_points": "projection",
    "Unprojected": "projection",
    "unproject_depth": "projection",
    "render_depth": "occlusion",
    "VisibilityRule": "visibility",
    "PAPER_RULE": "visibility",
    "visible_points": "visibility",
    "pack_bits": "bitsets",
    "unpack_bits": "bitsets",
    "count_bits": "bitsets",
    "union_bits": "bitsets",
    "select_bits": "bitsets",
    "nth_bit": "bitsets",
    "Overlap": "overlap",
    "overlap_matrix": "overlap",
    "RelativePoses": "relative_pose",
    "relative_poses": "relative_pose",
    "Heading": "relative_pose",
    "heading_and_pitch": "relative_pose",
    "distance_change": "rigid_clusters",
    "rigid_clusters": "rigid_clusters",
    "Extents": "coverage",
    "axis_extents": "coverage",
    "Covers": "coverage",
    "minimal_covers": "coverage",
    "FusedCloud": "fusion",
    "fuse_depth": "fusion",
    "morton_order": "fusion",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f"spatialgeom.ops.{_HOME[name]}"), name)
    raise AttributeError(f"module 'spatialgeom' has no attribute {name!r}")
