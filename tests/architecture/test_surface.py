"""The public surface: the names of the design, documented, typed, and each with its backends."""

import ast
import inspect
from pathlib import Path

import pytest

import spatialgeom
from spatialgeom._dispatch import BACKENDS
from spatialgeom._operation import OPERATIONS, WITHOUT_KERNEL

# the names that users build on; one may be added, none taken away
# fmt: off
SURFACE = [
    "BACKENDS", "Covers", "Extents", "FusedCloud", "Heading", "Overlap", "PAPER_RULE", "Projection",
    "RelativePoses", "TimePairs", "Unprojected", "VisibilityRule", "available_backends", "axis_extents",
    "count_bits", "crop_intrinsics", "displacement_counts", "distance_change", "fuse_depth",
    "heading_and_pitch", "invert_poses", "minimal_covers", "morton_order", "nth_bit", "nth_displacement",
    "overlap_matrix", "pack_bits", "project_points", "relative_poses", "render_depth",
    "resize_intrinsics", "rigid_clusters",
    "select_bits", "union_bits", "unpack_bits", "unproject_depth", "use_backend", "visible_points",
    "why_unavailable",
]
# fmt: on
PUBLIC = [name for name in SURFACE if callable(getattr(spatialgeom, name))]


def test_the_surface_is_that_of_the_design():
    assert sorted(spatialgeom.__all__) == sorted(SURFACE)
    assert set(SURFACE) <= set(dir(spatialgeom))


def test_type_checkers_see_the_same_names():
    tree = ast.parse(Path(spatialgeom.__file__).read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen = [alias.name for node in block.body for alias in node.names]
    assert sorted(seen) == sorted(SURFACE)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        spatialgeom.nothing  # noqa: B018


@pytest.mark.parametrize("name", PUBLIC)
def test_documented_and_annotated(name):
    value = getattr(spatialgeom, name)
    assert value.__doc__
    if inspect.isfunction(value):
        signature = inspect.signature(value)
        assert signature.return_annotation is not signature.empty
        assert all(p.annotation is not p.empty for p in signature.parameters.values())


@pytest.mark.parametrize(
    "name",
    [
        n
        for n in PUBLIC
        if n[0].islower() and n not in {"use_backend", "available_backends", "why_unavailable"}
    ],
)
def test_an_operation_says_shapes_results_errors_and_shows_an_example(name):
    text = getattr(spatialgeom, name).__doc__
    for part in ("Args:", "Returns:", "Raises:", "Example:", ">>>"):
        assert part in text, f"{name} lacks {part}"


def test_every_operation_has_a_reference_and_a_cpu_backend():
    for name in spatialgeom.__all__:
        getattr(spatialgeom, name)
    assert len(OPERATIONS) >= 14
    for operation in OPERATIONS.values():
        assert set(WITHOUT_KERNEL) <= set(operation.backends) <= set(BACKENDS), operation.name
        assert all(callable(operation.implementation(backend)) for backend in operation.backends)
