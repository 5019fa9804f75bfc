"""Kernels address tensors of more than 2**31 elements: by arithmetic in the interpreter, with no memory."""

import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

_triton = importlib.util.find_spec("triton")
pytestmark = [
    pytest.mark.skipif(_triton is None, reason="triton is not installed"),
    pytest.mark.skipif(os.environ.get("TRITON_INTERPRET") != "1", reason="needs TRITON_INTERPRET=1"),
]


def _load(file):
    spec = importlib.util.spec_from_file_location(file, Path(__file__).with_name(f"{file}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


calls = _load("calls")


@dataclass(frozen=True)
class Case:
    """A call that is too large to make, and what loads of some kernel arguments return, else 0."""

    call: Callable[[], Any]
    fills: dict[str, Any] = field(default_factory=dict)


_F32, _F64, _U16 = torch.float32, torch.float64, torch.uint16


def _on_last_pixel(frames: int, height: int, width: int) -> dict[str, Any]:
    """Fill in the kernels' own tables that every point is on the last pixel of one frame in 32."""

    def camera(at):
        return np.array([0] * 11 + [1, width - 1, height - 1, 0, 0])[at % 16]

    def plane(at):
        # the fourth of five numbers, below zero: the frame sees nothing
        return np.where((at // frames % 5 == 3) & ((frames - 1 - at % frames) % 32 > 0), -1, 0)

    return {"camera_ptr": camera, "plane_ptr": plane}


CASES: dict[str, Case] = {
    "project_points": Case(partial(calls.project, 70_000, 50_000)),
    "project_points, many points": Case(partial(calls.project, 1, 3_000_000_000)),
    "unproject_depth": Case(partial(calls.unproject, 70_000, 200, 250, _U16, _F32)),
    "unproject_depth, large maps": Case(partial(calls.unproject, 1, 60_000, 60_000, _F64, _F64)),
    "visible_points, large maps": Case(
        partial(calls.visible, 150, 1_000, size=(5_000, 5_000)), _on_last_pixel(150, 5_000, 5_000)
    ),
    "visible_points, many words": Case(
        partial(calls.visible, 70_000, 3_200_000, expanded=True), _on_last_pixel(70_000, 480, 640)
    ),
    "render_depth": Case(
        partial(calls.render, 150, 1_000, 0, (5_000, 5_000)), _on_last_pixel(150, 5_000, 5_000)
    ),
    "render_depth radius 2": Case(
        partial(calls.render, 2, 1_000, 2, (40_000, 40_000)), _on_last_pixel(2, 40_000, 40_000)
    ),
    # blank maps: all are read, and no slot is looked for
    "fuse_depth": Case(
        partial(calls.fuse, 32, 8_000, 9_000, _U16, 64), {"camera_ptr": 1, "old_keys_ptr": -1}
    ),
    "fuse_depth, large maps": Case(
        partial(calls.fuse, 1, 60_000, 60_000, _F64, 64), {"camera_ptr": 1, "old_keys_ptr": -1}
    ),
    "overlap_matrix": Case(partial(calls.overlap, 60_000, 64)),
    "overlap_matrix of two": Case(partial(calls.overlap, 4_000_000, 64, 600)),
    "overlap_matrix, rows apart": Case(partial(calls.overlap, 600, 64, every=120_000)),
    "overlap_matrix, rows far apart": Case(partial(calls.overlap, 40, 65, every=1_000_000)),
    "overlap_matrix int8": Case(partial(calls.overlap, 60_000, 64, products="int8")),
    "overlap_matrix int8, rows apart": Case(partial(calls.overlap, 600, 64, products="int8", every=120_000)),
    "overlap_matrix int8, rows far apart": Case(
        partial(calls.overlap, 40, 65, products="int8", every=1_000_000)
    ),
    "count_bits": Case(partial(calls.count, 70_000, 50_000)),
    "count_bits of many": Case(partial(calls.count, 3_000_000_000, 1)),
    "count_bits of columns": Case(partial(calls.count_columns, 70_000, 50_000)),
    "union_bits": Case(partial(calls.union, 20, 50_000, 60_000, every=10_000), {"groups_ptr": 59_999}),
    "union_bits of columns": Case(
        partial(calls.union_columns, 70_000, 50_000, 60_000), {"groups_ptr": 59_999}
    ),
    "distance_change": Case(partial(calls.change, 3, 60_000, "range")),
    "distance_change, long": Case(partial(calls.change, 3, 500_000, "path", every=500)),
    "distance_change of seen": Case(partial(calls.change, 3, 500_000, "path", masked=True, every=1500)),
    "relative_poses": Case(partial(calls.relative, 70_000)),
    "relative_poses of pairs": Case(
        partial(calls.relative, 150_000_000, 1_000), {"pairs_ptr": 150_000_000 - 1}
    ),
    "axis_extents": Case(
        partial(calls.extents, 2_000_000, 128, 400),
        {"labels_ptr": 399, "member_ptr": 399, "visible_ptr": -1},
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_addresses_beyond_two_to_the_31(case, monkeypatch):
    recorder = _load("recorded").Recorder(monkeypatch, **case.fills)
    case.call()
    large = [region for region in recorder.regions if region.size // region.itemsize > 2**31]
    assert large
    for region in large:
        # the last element of the last program; nobody reads the last row of a pose
        unread = 4 * region.itemsize if region.name == "pose_ptr" else 0
        assert region.end == region.size - unread, region.name
