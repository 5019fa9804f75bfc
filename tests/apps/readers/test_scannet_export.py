"""ScanNet's scannet_export layouts: one room in four of them is one world, and each says what it is."""

import json
import pickle

import numpy as np
import pytest

from spatialgeom.apps.datagen.readers import choose_reader
from spatialgeom.apps.datagen.readers._scannet_layouts import _resized
from spatialgeom.apps.datagen.readers.scannet_export import READER, ScannetExportOptions
from spatialgeom.apps.datagen.testing.scannet import (
    COLOUR_SIZE,
    DEPTH_SIZE,
    EXPORTS,
    FURNITURE,
    ROOM,
    change_info,
    depth_along,
    frame_file,
    write_label_table,
    write_scan_files,
)
from spatialgeom.apps.errors import InputError
from spatialgeom.apps.records import Dataset

SCENE = "scene0007_01"
VOXEL_M = 0.02


def load(path, **options):
    (handle,) = READER.scenes(path, ScannetExportOptions(**options))
    return READER.load(handle, path)


def surface_distance(points):
    """Return how far points are from the nearest surface of the room or its furniture."""
    walls = np.minimum(points - ROOM[0], ROOM[1] - points)
    distance = np.abs(walls.min(axis=-1))
    for box in FURNITURE.values():
        outside = np.maximum(box[0] - points, points - box[1])
        away = np.linalg.norm(np.maximum(outside, 0), axis=-1) + np.minimum(outside.max(axis=-1), 0)
        distance = np.minimum(distance, np.abs(away))
    return distance


def unproject(scene, frame):
    depth = scene.depth(frame) * scene.depth_scale
    v, u = np.mgrid[: depth.shape[0], : depth.shape[1]]
    rays = np.stack((u, v, np.ones_like(u)), axis=-1) @ np.linalg.inv(scene.depth_camera.intrinsics).T
    pose = scene.world_from_depth[frame]
    return (rays * depth[..., None]) @ pose[:3, :3].T + pose[:3, 3]


def frame_number(row):
    return int("".join(filter(str.isdigit, row["images"][0]["path"].rsplit("/", 1)[-1])))


@pytest.mark.parametrize("mesh", [True, False])
def test_depth_labels_are_those_of_the_room(cli, tmp_path, export_layout, scannet_recording, mesh):
    folder = tmp_path / "scans" / SCENE
    write_scan_files(folder, SCENE)
    EXPORTS[export_layout](folder, scannet_recording)
    out = tmp_path / "out"
    tasks = ("--tasks", "depth_value_dot", "depth_value_coord", "camera_distance")
    options = ("--quiet", "--workers", 1, "--max-per-task", 40, "--scannet_export.mesh", str(mesh).lower())
    code, _, errors = cli("datagen", "run", folder.parent, "--out", out, *tasks, *options)
    assert (code, errors) == (0, "")
    rows = list(Dataset.open(out).rows())
    assert {(row["source"], row["scene"], row["space"]) for row in rows} == {
        ("scannet_export", SCENE, "scene0007")
    }
    depth_rows = [row for row in rows if row["family"] == "depth"]
    assert len(depth_rows) == 80
    assert len(rows) == 120
    unseen = np.linalg.inv(scannet_recording.colour_matrix)
    errors_m = []
    for row in depth_rows:
        measured = json.loads(row["measured"])
        place = frame_number(row) // (100 if export_layout == "frames_25k" else 1)
        pose = scannet_recording.world_from_camera[place]
        ray = pose[:3, :3] @ unseen @ [measured["u_px"], measured["v_px"], 1]
        errors_m.append(abs(measured["depth_m"] - depth_along(pose[:3, 3], ray)))
        assert row["images"][0]["width"] == COLOUR_SIZE[1]
    # vertices lie on the surface; a fused point lies within a voxel of it, and most much nearer
    assert max(errors_m) < (1e-4 if mesh else 0.02 + VOXEL_M)
    assert np.median(errors_m) < (1e-5 if mesh else 0.002)


def test_the_four_layouts_are_one_world(tmp_path, scannet_recording):
    worlds = {}
    for layout, write in EXPORTS.items():
        folder = tmp_path / layout / SCENE
        write_scan_files(folder, SCENE)
        write(folder, scannet_recording.first(12))
        scene = load(folder)
        assert len(scene.frames) == 12
        assert scene.dropped == {}
        worlds[layout] = np.stack([unproject(scene, frame) for frame in range(12)])
        # millimetres are rounded, and matrices have six digits
        assert surface_distance(worlds[layout]).max() < 0.001
        np.testing.assert_allclose(
            scene.world_from_depth, scannet_recording.world_from_camera[:12], atol=1e-5
        )
        np.testing.assert_allclose(scene.depth_camera.intrinsics, scannet_recording.depth_matrix, atol=1e-5)
        np.testing.assert_allclose(scene.colour_camera.intrinsics, scannet_recording.colour_matrix, atol=1e-5)
        np.testing.assert_array_equal(scene.colour_from_depth, np.eye(4))
        assert surface_distance(scene.points).max() < 1e-5
    first, *others = worlds.values()
    for other in others:
        assert np.abs(first - other).max() < 1e-4


def test_a_scene_says_where_it_comes_from(scannet_export, export_layout):
    write_scan_files(scannet_export, SCENE)
    scene = load(scannet_export)
    assert (scene.name, scene.space, scene.source) == (SCENE, "scene0007", "scannet_export")
    assert scene.licence == "ScanNet Terms of Use"
    assert scene.up_known
    assert scene.depth_camera.size == DEPTH_SIZE
    assert scene.colour_camera.size == COLOUR_SIZE
    assert scene.objects.categories == ("filing cabinet", "coffee table", "floor")
    assert scene.labels.shape == (len(scene.points),)
    for place, image in enumerate(scene.images):
        assert scannet_export / image.path == frame_file(export_layout, scannet_export, place, "color")
        assert (image.height, image.width) == COLOUR_SIZE


def test_depth_can_be_sent_to_other_processes(scannet_export, scannet_short):
    depth = pickle.loads(pickle.dumps(load(scannet_export).depth))
    for frame, expected in enumerate(scannet_short.depth):
        found = depth(frame)
        assert found.dtype == np.uint16
        np.testing.assert_array_equal(found, expected)


def test_a_reader_is_chosen_for_the_scene_and_the_folders_above(scannet_export):
    for path in (scannet_export, scannet_export.parent, scannet_export.parent.parent):
        assert READER.recognises(path)
    assert choose_reader(str(scannet_export), None)[0].name == "scannet_export"
    assert choose_reader(str(scannet_export.parent), None)[0].name == "scannet_export"


def test_frames_are_sorted_by_number(tmp_path, scannet_recording):
    folder = tmp_path / "box"
    EXPORTS["sensreader_folders"](folder, scannet_recording)
    scene = load(folder)
    assert scene.frames == tuple(map(str, range(40)))
    assert load(folder, stride=13).frames == ("0", "13", "26", "39")


def test_names_of_scenes(tmp_path, scannet_short):
    EXPORTS["posed_images"](tmp_path / "posed_images" / SCENE, scannet_short)
    EXPORTS["sensreader_flat"](tmp_path / "scene0008_00" / "out", scannet_short)
    EXPORTS["frames_25k"](tmp_path / "other" / "kitchen", scannet_short)
    EXPORTS["posed_images"](tmp_path / "scene0009_00" / "scene0010_00", scannet_short)
    handles = READER.scenes(tmp_path, ScannetExportOptions())
    names = {handle.name for handle in handles}
    assert names == {SCENE, "scene0008_00", "scene0010_00", f"{tmp_path.name}_other_kitchen"}
    assert READER.scenes(tmp_path / "other" / "kitchen", ScannetExportOptions())[0].name == "kitchen"


def test_a_link_keeps_the_scan_s_name(tmp_path, scannet_short):
    EXPORTS["posed_images"](tmp_path / "blob", scannet_short)
    (tmp_path / "posed").mkdir()
    (tmp_path / "posed" / SCENE).symlink_to(tmp_path / "blob")
    assert load(tmp_path / "posed").name == SCENE


def test_the_scan_s_files_above_its_frames_are_found(tmp_path, export_layout, scannet_short):
    EXPORTS[export_layout](tmp_path / SCENE / "frames", scannet_short)
    write_scan_files(tmp_path / SCENE, SCENE)
    scene = load(tmp_path / SCENE)
    assert scene.name == SCENE
    assert surface_distance(scene.points).max() < 1e-5


def test_the_scan_s_files_elsewhere_are_found(tmp_path, scannet_export):
    write_scan_files(tmp_path / "down" / "scans" / SCENE, SCENE)
    write_label_table(tmp_path / "down" / "scannetv2-labels.combined.tsv", {"filing cabinet": "cabinet"})
    assert load(scannet_export).points is None
    scene = load(scannet_export, scans=str(tmp_path / "down" / "scans"))
    assert surface_distance(scene.points).max() < 1e-5
    assert surface_distance(unproject(scene, 2)).max() < 0.001
    assert scene.objects.categories == ("cabinet", "coffee table", "floor")
    table = tmp_path / "mine.tsv"
    write_label_table(table, {"coffee table": "low table"})
    named = load(scannet_export, scans=str(tmp_path / "down" / "scans"), label_table=str(table))
    assert named.objects.categories == ("filing cabinet", "low table", "floor")


def test_a_folder_of_scans_without_any_of_them_is_refused(tmp_path, scannet_export):
    (tmp_path / "scans").mkdir()
    for scans in (tmp_path / "scans", tmp_path / "nowhere"):
        with pytest.raises(InputError, match=f"must have a folder of each scan, such as {SCENE}"):
            load(scannet_export, scans=str(scans))


def test_objects_without_labelled_points_are_left_out(scannet_export):
    write_scan_files(scannet_export, SCENE)
    scene = load(scannet_export, mesh=False)
    assert (scene.points, scene.objects, scene.labels) == (None, None, None)
    (scannet_export / f"{SCENE}_vh_clean_2.0.010000.segs.json").unlink()
    scene = load(scannet_export)
    assert scene.points is not None
    assert (scene.objects, scene.labels) == (None, None)


def test_up_is_known_of_a_scan_or_of_what_was_aligned(tmp_path, scannet_short):
    folder = tmp_path / "box"
    EXPORTS["posed_images"](folder, scannet_short)
    assert not load(folder).up_known
    assert load(folder).licence == "unknown"
    assert load(folder, licence="mine").licence == "mine"
    write_scan_files(folder, "box")
    assert load(folder).up_known


def test_scannet_s_own_depth_camera_follows_from_its_colour_camera():
    """The matrices that scene0000_00 publishes."""
    colour = np.array([[1169.621094, 0, 646.295044], [0, 1167.105103, 489.927032], [0, 0, 1]])
    depth = np.array([[577.590698, 0, 318.905426], [0, 578.729797, 242.683609], [0, 0, 1]])
    np.testing.assert_allclose(_resized(colour, (968, 1296), (480, 640)), depth, atol=0.005)


def test_a_depth_camera_of_its_own_is_used(tmp_path, scannet_short):
    folder = tmp_path / "box"
    EXPORTS["posed_images"](folder, scannet_short)
    own = np.eye(4)
    own[:3, :3] = scannet_short.depth_matrix
    own[0, 0] = 111
    np.savetxt(folder / "depth_intrinsic.txt", own)
    assert load(folder).depth_camera.intrinsics[0, 0] == 111
    (folder / "depth_intrinsic.txt").write_text("x")
    with pytest.raises(InputError, match="must hold a 4x4 matrix"):
        load(folder)


def test_extrinsics_place_the_cameras(tmp_path, scannet_short):
    """The depth camera 3 cm to the right of the colour camera, by both ways to say so."""
    extrinsic = np.eye(4)
    extrinsic[0, 3] = 0.03
    EXPORTS["sensreader_folders"](tmp_path / "a", scannet_short)
    np.savetxt(tmp_path / "a" / "intrinsic" / "extrinsic_depth.txt", extrinsic)
    np.testing.assert_allclose(load(tmp_path / "a").colour_from_depth, extrinsic)
    (tmp_path / "a" / "intrinsic" / "extrinsic_depth.txt").unlink()
    np.testing.assert_array_equal(load(tmp_path / "a").colour_from_depth, np.eye(4))
    EXPORTS["sensreader_flat"](tmp_path / "b", scannet_short)
    change_info(tmp_path / "b", "m_calibrationDepthExtrinsic", " ".join(map(str, extrinsic.ravel())))
    np.testing.assert_allclose(load(tmp_path / "b").colour_from_depth, extrinsic)


def test_the_unit_of_depth(tmp_path, scannet_short, export_layout):
    folder = tmp_path / "box"
    EXPORTS[export_layout](folder, scannet_short)
    assert load(folder).depth_scale == 0.001
    assert load(folder, depth_scale=0.002).depth_scale == 0.002
    if export_layout == "sensreader_flat":
        change_info(folder, "m_depthShift", "4000")
        assert load(folder).depth_scale == 0.00025
        assert load(folder, depth_scale=0.002).depth_scale == 0.002
        change_info(folder, "m_depthShift", None)
        assert load(folder).depth_scale == 0.001


def test_the_fingerprint_follows_what_labels_depend_on(scannet_export, export_layout):
    before = load(scannet_export).fingerprint
    assert load(scannet_export).fingerprint == before
    seen = {
        before,
        load(scannet_export, stride=2).fingerprint,
        load(scannet_export, depth_scale=0.002).fingerprint,
    }
    pose = np.loadtxt(frame_file(export_layout, scannet_export, 3, "pose"))
    pose[0, 3] += 0.001
    np.savetxt(frame_file(export_layout, scannet_export, 3, "pose"), pose)
    seen.add(load(scannet_export).fingerprint)
    write_scan_files(scannet_export, SCENE)
    seen |= {load(scannet_export).fingerprint, load(scannet_export, mesh=False).fingerprint}
    assert len(seen) == 6


@pytest.mark.parametrize("export_layout", ["sensreader_folders"])
def test_the_fingerprint_follows_the_cameras(scannet_export):
    seen = {load(scannet_export).fingerprint}
    for name, place in (("intrinsic_color", 0), ("intrinsic_depth", 0), ("extrinsic_depth", 3)):
        matrix = np.loadtxt(scannet_export / "intrinsic" / f"{name}.txt")
        matrix[0, place] += 0.01
        np.savetxt(scannet_export / "intrinsic" / f"{name}.txt", matrix)
        seen.add(load(scannet_export).fingerprint)
    assert len(seen) == 4
