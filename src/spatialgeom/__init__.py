"""Batched multi-view geometry: projection, occlusion, visibility, overlap, pose, rigid parts, coverage.

Metres, degrees and pixels; camera axes are x right, y down, z forward; integer pixel coordinates are pixel
centres. ``docs/conventions.md`` has the whole list.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spatialgeom._dispatch import (
        BACKENDS as BACKENDS,
    )
    from spatialgeom._dispatch import (
        available_backends as available_backends,
    )
    from spatialgeom._dispatch import (
        use_backend as use_backend,
    )
    from spatialgeom._dispatch import (
        why_unavailable as why_unavailable,
    )
    from spatialgeom.ops.bitsets import (
        count_bits as count_bits,
    )
    from spatialgeom.ops.bitsets import (
        nth_bit as nth_bit,
    )
    from spatialgeom.ops.bitsets import (
        pack_bits as pack_bits,
    )
    from spatialgeom.ops.bitsets import (
        select_bits as select_bits,
    )
    from spatialgeom.ops.bitsets import (
        union_bits as union_bits,
    )
    from spatialgeom.ops.bitsets import (
        unpack_bits as unpack_bits,
    )
    from spatialgeom.ops.cameras import (
        crop_intrinsics as crop_intrinsics,
    )
    from spatialgeom.ops.cameras import (
        invert_poses as invert_poses,
    )
    from spatialgeom.ops.cameras import (
        resize_intrinsics as resize_intrinsics,
    )
    from spatialgeom.ops.coverage import (
        Covers as Covers,
    )
    from spatialgeom.ops.coverage import (
        Extents as Extents,
    )
    from spatialgeom.ops.coverage import (
        axis_extents as axis_extents,
    )
    from spatialgeom.ops.coverage import (
        minimal_covers as minimal_covers,
    )
    from spatialgeom.ops.displacement import (
        TimePairs as TimePairs,
    )
    from spatialgeom.ops.displacement import (
        displacement_counts as displacement_counts,
    )
    from spatialgeom.ops.displacement import (
        nth_displacement as nth_displacement,
    )
    from spatialgeom.ops.fusion import (
        FusedCloud as FusedCloud,
    )
    from spatialgeom.ops.fusion import (
        fuse_depth as fuse_depth,
    )
    from spatialgeom.ops.fusion import (
        morton_order as morton_order,
    )
    from spatialgeom.ops.occlusion import render_depth as render_depth
    from spatialgeom.ops.overlap import (
        Overlap as Overlap,
    )
    from spatialgeom.ops.overlap import (
        overlap_matrix as overlap_matrix,
    )
    from spatialgeom.ops.projection import (
        Projection as Projection,
    )
    from spatialgeom.ops.projection import (
        Unprojected as Unprojected,
    )
    from spatialgeom.ops.projection import (
        project_points as project_points,
    )
    from spatialgeom.ops.projection import (
        unproject_depth as unproject_depth,
    )
    from spatialgeom.ops.relative_pose import (
        Heading as Heading,
    )
    from spatialgeom.ops.relative_pose import (
        RelativePoses as RelativePoses,
    )
    from spatialgeom.ops.relative_pose import (
        heading_and_pitch as heading_and_pitch,
    )
    from spatialgeom.ops.relative_pose import (
        relative_poses as relative_poses,
    )
    from spatialgeom.ops.rigid_clusters import (
        distance_change as distance_change,
    )
    from spatialgeom.ops.rigid_clusters import (
        rigid_clusters as rigid_clusters,
    )
    from spatialgeom.ops.visibility import (
        PAPER_RULE as PAPER_RULE,
    )
    from spatialgeom.ops.visibility import (
        VisibilityRule as VisibilityRule,
    )
    from spatialgeom.ops.visibility import (
        visible_points as visible_points,
    )

# imported on first use: a command's --help must not wait for torch
_HOME = {
    "_dispatch": ("BACKENDS", "available_backends", "use_backend", "why_unavailable"),
    "ops.bitsets": ("count_bits", "nth_bit", "pack_bits", "select_bits", "union_bits", "unpack_bits"),
    "ops.cameras": ("crop_intrinsics", "invert_poses", "resize_intrinsics"),
    "ops.coverage": ("Covers", "Extents", "axis_extents", "minimal_covers"),
    "ops.displacement": ("TimePairs", "displacement_counts", "nth_displacement"),
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
