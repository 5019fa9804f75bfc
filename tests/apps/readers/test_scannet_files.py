"""What lies beside a ScanNet scan: the mesh, and the object of each of its vertices."""

import json

import numpy as np
import pytest

from spatialgeom.apps.datagen.readers._scannet import (
    colour_from_depth,
    licence_of,
    read_scan_files,
    space_of,
)
from spatialgeom.apps.datagen.testing.scannet import (
    ALIGNMENT,
    FURNITURE,
    SMALL_SCENE,
    SMALL_VERTICES,
    group,
    sample_box,
    write_aggregation,
    write_info,
    write_ply,
    write_scan_files,
)

SCENE = SMALL_SCENE


def read(folder, table=None, mesh=True):
    return read_scan_files(folder, SCENE, table, mesh)


def test_each_vertex_gets_the_object_of_its_segment(small_scan):
    files = read(small_scan)
    np.testing.assert_array_equal(files.points, SMALL_VERTICES)
    assert files.labels.tolist() == [0, -1, 0, 1]
    assert files.labels.dtype == np.int32
    assert files.objects.ids == ("5", "2")
    assert files.objects.categories == ("office chair", "trash can")
    assert np.isnan(files.objects.size).all()
    assert files.up_known


def test_a_furnished_room_is_found_where_it_stands(tmp_path):
    write_scan_files(tmp_path, SCENE)
    files = read(tmp_path)
    np.testing.assert_allclose(files.axis_alignment, ALIGNMENT)
    for label, box in FURNITURE.items():
        index = files.objects.categories.index(label.lower().replace("_", " "))
        points = files.points[files.labels == index]
        np.testing.assert_allclose([points.min(0), points.max(0)], box, atol=1e-5)
        assert len(points) == len(sample_box(box))


def test_what_is_not_there_is_none(tmp_path):
    files = read(tmp_path)
    assert (files.points, files.labels, files.objects, files.info) == (None, None, None, {})
    np.testing.assert_array_equal(files.axis_alignment, np.eye(4))


@pytest.mark.parametrize("lost", ["_vh_clean_2.ply", "_vh_clean_2.0.010000.segs.json", ".aggregation.json"])
def test_labels_need_the_mesh_its_segments_and_their_objects(small_scan, lost):
    (small_scan / f"{SCENE}{lost}").unlink()
    files = read(small_scan)
    assert files.labels is None
    assert (files.points is None) == (lost == "_vh_clean_2.ply")
    assert (files.objects is None) == (lost == ".aggregation.json")
    assert files.labelled() == (None, None)


def test_without_the_mesh_no_vertex_is_read(small_scan):
    (small_scan / f"{SCENE}_vh_clean_2.ply").write_bytes(b"damaged")
    files = read(small_scan, mesh=False)
    assert files.points is None
    assert files.labels is None
    assert files.objects.ids == ("5", "2")


def test_the_other_name_of_an_aggregation(small_scan):
    (small_scan / f"{SCENE}.aggregation.json").rename(small_scan / f"{SCENE}_vh_clean.aggregation.json")
    assert read(small_scan).labels.tolist() == [0, -1, 0, 1]
    write_aggregation(small_scan, SCENE, [group(9, [7])])
    assert read(small_scan).labels.tolist() == [-1, 0, -1, -1]


def test_a_segment_that_two_objects_claim_is_the_later_one_s(small_scan):
    write_aggregation(small_scan, SCENE, [group(1, [40, 7]), group(2, [3]), group(3, [40])])
    assert read(small_scan).labels.tolist() == [2, 0, 2, 1]


def test_groups_of_one_number_are_one_object(small_scan, refused):
    write_aggregation(small_scan, SCENE, [group(1, [40]), group(2, [7]), group(1, [3])])
    files = read(small_scan)
    assert files.objects.ids == ("1", "2")
    assert files.labels.tolist() == [0, 1, 0, 0]
    write_aggregation(small_scan, SCENE, [group(1, [40]), group(1, [3], "table")])
    refused(read, small_scan, said="gives object 1 two labels")


def test_a_scan_has_so_many_objects_at_most(small_scan, refused):
    write_aggregation(small_scan, SCENE, [group(number, []) for number in range(10_000)])
    assert len(read(small_scan).objects.ids) == 10_000
    write_aggregation(small_scan, SCENE, [group(number, []) for number in range(10_001)])
    refused(read, small_scan, said="at most 10000 objects, got 10001")


def test_segments_that_the_mesh_does_not_have_are_no_fault(small_scan):
    write_aggregation(small_scan, SCENE, [group(1, [40, 99]), group(2, [])])
    assert read(small_scan).labels.tolist() == [0, -1, 0, -1]


def test_vertices_that_lie_nowhere_go_with_their_labels(small_scan, refused):
    nowhere = SMALL_VERTICES.copy()
    nowhere[0, 1], nowhere[1, 2] = np.nan, -np.inf
    write_ply(small_scan / f"{SCENE}_vh_clean_2.ply", nowhere)
    files = read(small_scan)
    np.testing.assert_array_equal(files.points, SMALL_VERTICES[2:])
    assert files.labels.tolist() == [0, 1]
    nowhere[2, 0], nowhere[3, 0] = 10_001, 9_999
    write_ply(small_scan / f"{SCENE}_vh_clean_2.ply", nowhere)
    assert read(small_scan).labels.tolist() == [1]
    write_ply(small_scan / f"{SCENE}_vh_clean_2.ply", np.full((4, 3), np.nan))
    refused(read, small_scan, said="must have vertices with finite positions")


def test_an_empty_mesh_is_refused(small_scan, refused):
    write_ply(small_scan / f"{SCENE}_vh_clean_2.ply", np.zeros((0, 3)))
    refused(read, small_scan, said="for each of the mesh's 0 vertices, got 4")


def test_space_and_scan():
    assert space_of("scene0012_03") == "scene0012"
    assert [space_of(name) for name in ("scene12_03", "scene0012_03_out", "x", "")] == [
        "scene12_03",
        "scene0012_03_out",
        "x",
        "",
    ]


@pytest.mark.parametrize(
    ("name", "licence"),
    [
        ("scene0012_03", "ScanNet Terms of Use"),
        ("scene0012", "unknown"),
        ("scene0012_03_out", "unknown"),
        ("my_scene0012_03", "unknown"),
        ("", "unknown"),
    ],
)
def test_only_a_scan_of_scannet_has_its_licence(name, licence):
    assert licence_of(name) == licence


def test_extrinsics_give_the_transform_between_the_cameras():
    device_from_colour, device_from_depth = np.eye(4), np.eye(4)
    device_from_colour[0, 3], device_from_depth[1, 3] = 0.03, 0.01
    np.testing.assert_allclose(
        colour_from_depth(device_from_colour, device_from_depth)[:3, 3], [-0.03, 0.01, 0]
    )
    lost = np.full((4, 4), -np.inf)
    np.testing.assert_array_equal(colour_from_depth(lost, device_from_depth), np.eye(4))
    np.testing.assert_array_equal(colour_from_depth(device_from_colour, np.zeros((4, 4))), np.eye(4))


def test_the_fingerprint_follows_what_labels_depend_on(small_scan):
    before = read(small_scan).fingerprint
    assert read(small_scan).fingerprint == before
    seen = {before, read(small_scan, mesh=False).fingerprint}
    write_ply(small_scan / f"{SCENE}_vh_clean_2.ply", SMALL_VERTICES + np.array([[0, 0, 0.001]]))
    seen.add(read(small_scan).fingerprint)
    write_info(small_scan / f"{SCENE}.txt", ALIGNMENT)
    seen.add(read(small_scan).fingerprint)
    write_aggregation(small_scan, SCENE, [group(1, [40])])
    seen.add(read(small_scan).fingerprint)
    write_aggregation(small_scan, SCENE, [group(1, [40], "table")])
    seen.add(read(small_scan).fingerprint)
    write_aggregation(small_scan, SCENE, [group(1, [7], "table")])
    seen.add(read(small_scan).fingerprint)
    write_aggregation(small_scan, SCENE, [group(2, [7], "table")])
    seen.add(read(small_scan).fingerprint)
    # an alignment that changes nothing still tells that z is up
    for alignment in (None, np.eye(4)):
        write_info(small_scan / f"{SCENE}.txt", alignment)
        seen.add(read(small_scan).fingerprint)
    assert len(seen) == 10


def test_json_is_written_as_published(tmp_path):
    write_scan_files(tmp_path, SCENE)
    content = json.loads((tmp_path / f"{SCENE}.aggregation.json").read_text())
    assert [group["label"] for group in content["segGroups"]] == [*FURNITURE, "floor"]
    segments = json.loads((tmp_path / f"{SCENE}_vh_clean_2.0.010000.segs.json").read_text())["segIndices"]
    claimed = {segment for group in content["segGroups"] for segment in group["segments"]}
    assert claimed < set(segments)
