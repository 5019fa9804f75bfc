"""Floors: the resource that needs longest sets them, and those of kernels are what was worked out by hand."""

import pytest
import torch

from benchmarks import card, inputs, measure
from benchmarks.cases import load_case
from benchmarks.ceilings import Ceilings
from benchmarks.floor import Limits, Work, floor
from spatialgeom import project_points

# an H200 as modelled: copies measured, one bit at the A100's rate, 32-byte sectors of L2 at 5.5 TB/s
MODEL = Limits(
    Ceilings(
        copy_bytes_per_s=4.3e12,
        int8_ops_per_s=1.83e15,
        one_bit_ops_per_s=7.6e15,
        gathers_per_s=5.5e12 / 32 / inputs.SECTORS_PER_READING,
        atomics_per_s=1.4e11 / inputs.SECTORS_PER_READING,
    ),
    132 * 128 * 1.755e9,
)
KITCHEN = "redkitchen"


def test_the_slowest_resource_binds():
    limits = Limits(Ceilings(copy_bytes_per_s=10.0, gathers_per_s=2.0), 4.0)
    assert floor(Work(bytes=20, gathers=2, instructions=4), limits) == (2.0, "memory")
    assert floor(Work(bytes=20, gathers=6, instructions=4), limits) == (3.0, "gathers")
    assert floor(Work(bytes=20, instructions=16), limits) == (4.0, "FP32")


def test_what_was_not_measured_does_not_count():
    assert floor(Work(bytes=20, atomics=1e9), Limits(Ceilings(copy_bytes_per_s=10.0))) == (2.0, "memory")


def test_bits_are_multiplied_by_the_faster_unit():
    def bound(one_bit, int8):
        ceilings = Ceilings(copy_bytes_per_s=10.0, one_bit_ops_per_s=one_bit, int8_ops_per_s=int8)
        return floor(Work(bytes=1, bit_ops=100), Limits(ceilings))

    assert bound(50.0, 20.0) == (2.0, "one-bit MMA")
    assert bound(10.0, 20.0) == (5.0, "int8 MMA")
    assert bound(None, 20.0) == (5.0, "int8 MMA")


@pytest.mark.parametrize(
    ("name", "size", "milliseconds", "bound_by"),
    [
        ("visible_points", (370, 150_000), 0.084, "gathers"),
        ("visible_points", (1000, 500_000), 0.57, "gathers"),
        ("overlap_matrix", (1000, 500_000), 0.078, "one-bit MMA"),
        ("render_depth", (370, 150_000), 0.106, "memory"),
        ("render_depth", (1000, 500_000), 0.68, "atomics"),
        ("project_points", (370, 150_000), 0.17, "memory"),
        ("project_points", (1000, 500_000), 1.5, "memory"),
        ("unproject_depth", (370,), 0.40, "memory"),
        ("unproject_depth", (1000,), 1.07, "memory"),
        ("relative_poses", (1000,), 0.0051, "memory"),
        ("distance_change/range", (300, 2048), 0.17, "FP32"),
        ("distance_change/path", (300, 2048), 0.25, "FP32"),
        ("axis_extents", (1000, 500_000), 0.042, "FP32"),
    ],
)
def test_floors_of_an_h200(name, size, milliseconds, bound_by):
    case = load_case(name)
    size = dict(zip(case.sizes, size, strict=True))
    found = floor(case.least_work(size, KITCHEN, "cuda"), MODEL)
    assert found.bound_by == bound_by
    assert found.seconds * 1e3 == pytest.approx(milliseconds, rel=0.06)


def test_ceilings_can_come_from_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(measure, "copy_bandwidth", lambda device: 7.0)
    assert card.limits_of("cpu", None) == Limits(Ceilings(copy_bytes_per_s=7.0))
    file = tmp_path / "ceilings.json"
    MODEL.ceilings.to_json(file)
    assert card.limits_of("cpu", file) == Limits(MODEL.ceilings)


def test_on_the_cpu_bytes_alone_count():
    case = load_case("visible_points")
    size = {"frames": 4, "points": 20_000}
    assert case.least_work(size, KITCHEN, "cpu") == Work(bytes=case.least_bytes(size))


def test_the_share_in_view_is_that_of_the_scene(tmp_path, monkeypatch):
    monkeypatch.setenv("SPATIALGEOM_TEST_DATA", str(tmp_path))
    view = inputs.scene(20, 20_000, tmp_path)
    found = project_points(view.points, view.cam_from_world, view.intrinsics, (480, 640))
    expected = inputs.in_view({"frames": 20, "points": 20_000}, view.source)
    assert float(found.valid.sum()) == pytest.approx(expected, rel=0.15)


def test_more_frames_than_there_are_stand_beside_them(tmp_path, monkeypatch):
    monkeypatch.setenv("SPATIALGEOM_TEST_DATA", str(tmp_path))
    monkeypatch.setattr(inputs, "FRAMES", 3)
    shot = inputs.recording(7, tmp_path)
    assert shot.depth.shape == (7, 480, 640)
    assert torch.equal(shot.depth[0], shot.depth[1])
    moved = (shot.world_from_cam[0, :3, 3] - shot.world_from_cam[1, :3, 3]).norm()
    assert 0 < moved < 0.3


def test_more_points_than_there_are_lie_on_the_same_surfaces(tmp_path, monkeypatch):
    monkeypatch.setenv("SPATIALGEOM_TEST_DATA", str(tmp_path))
    monkeypatch.setattr(inputs, "room_points", lambda count: torch.rand(50, 3).numpy())
    points = inputs.scene(2, 120, tmp_path).points
    assert len(points.unique(dim=0)) == 120
