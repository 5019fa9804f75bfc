"""The doctor's advice fits the cause, its words are short where all is well, nothing is left unread."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spatialgeom.apps.datagen.doctor.annotations import LABEL_TABLE, missing_objects
from spatialgeom.apps.datagen.doctor.examine import _serves
from spatialgeom.apps.datagen.doctor.findings import CODES
from spatialgeom.apps.datagen.doctor.frames import check_poses, hardly_moves
from spatialgeom.apps.datagen.doctor.neighbours import unread_folders
from spatialgeom.apps.datagen.doctor.things import check_objects
from spatialgeom.apps.datagen.doctor.words import count, length
from spatialgeom.apps.datagen.doctor.world import check_colour
from spatialgeom.apps.datagen.objects import Objects
from spatialgeom.apps.datagen.readers import choose_reader
from spatialgeom.apps.datagen.readers.rgbd_folder import RgbdFolderOptions
from spatialgeom.apps.datagen.readers.scannet import ScannetOptions
from spatialgeom.apps.datagen.readers.scannet_export import ScannetExportOptions
from spatialgeom.apps.datagen.testing.scannet import (
    DEPTH_SIZE,
    record,
    write_scan_files,
    write_sensreader_folders,
)
from spatialgeom.apps.datagen.testing.tapvid3d import render_clip, write_adt

SCAN = "scene0012_03"
UP = ("--rgbd_folder.up", "[0, 0, 1]")


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    """An exported ScanNet scan with mesh and annotations, but without a label table."""
    top = tmp_path_factory.mktemp("export") / "a" / "b" / "c" / SCAN
    write_sensreader_folders(top, record(6))
    write_scan_files(top, SCAN)
    for place in (top, *top.parents[:3]):
        (place / LABEL_TABLE).unlink(missing_ok=True)
    return top


def load(folder, options=None):
    reader, path = choose_reader(str(folder), None)
    (handle,) = reader.scenes(path, options or reader.options())
    return reader.load(handle, folder)


class Sampled:
    """All that the check of labelled objects looks at."""

    def __init__(self, scene):
        self.scene = scene
        self.frames = np.arange(2)


def doctor(cli, *arguments):
    code, said, faults = cli("datagen", "doctor", *arguments, "--quiet")
    assert "Traceback" not in faults
    return code, said


@pytest.mark.parametrize(
    ("metres", "said"),
    [
        (3.3e-16, "under 0.01 cm"),
        (0.00004, "under 0.01 cm"),
        (0.0001, "0.01 cm"),
        (0.00419, "0.42 cm"),
        (0.0, "0 cm"),
        (1.0, "1 m"),
        (12.3456, "12.35 m"),
        (float("nan"), "an unknown length"),
    ],
)
def test_lengths_are_worded_to_the_tenth_of_a_millimetre(metres, said):
    assert length(metres) == said


def test_one_of_a_thing_is_not_many():
    assert [count(1, "frame"), count(2, "frame"), count(0, "box", "boxes")] == [
        "1 frame",
        "2 frames",
        "0 boxes",
    ]


def test_objects_are_counted_with_their_categories(export):
    scene = load(export)
    chairs = Objects.without_boxes(("1", "2"), ("chair", "chair"))
    found = check_objects(Sampled(replace(scene, objects=chairs)))
    assert found.found.startswith("2 objects of 1 category; ")
    mixed = Objects.without_boxes(("1", "2"), ("chair", "wall"))
    found = check_objects(Sampled(replace(scene, objects=mixed)))
    assert found.found.startswith("1 object of 1 category and 1 more that are not asked about; ")


def test_without_a_label_table_the_file_is_named(export, tmp_path):
    scene = load(export)
    found = check_objects(Sampled(scene), ScannetExportOptions())
    assert (found.level, LABEL_TABLE in found.found) == ("note", True)
    assert "--scannet_export.label_table FILE" in found.advice[1]
    assert check_objects(Sampled(scene), ScannetExportOptions(label_table="x")).level == "ok"
    assert check_objects(Sampled(replace(scene, source="test"))).level == "ok"


@pytest.mark.parametrize(
    "file", [f"{SCAN}_vh_clean_2.ply", f"{SCAN}.aggregation.json", f"{SCAN}_vh_clean_2.0.010000.segs.json"]
)
def test_each_file_that_objects_need_is_named(tmp_path, file):
    write_scan_files(tmp_path, SCAN)
    write_sensreader_folders(tmp_path / SCAN, record(2))
    for path in tmp_path.glob(f"{SCAN}*.*"):
        path.rename(tmp_path / SCAN / path.name)
    (tmp_path / SCAN / file).unlink()
    scene = load(tmp_path / SCAN)
    missing, todo = missing_objects(scene, ScannetExportOptions())
    assert missing.endswith(f"has no {file}")
    assert f"Put {file} into" in todo
    assert "--scannet_export.scans FOLDER" in todo
    todo = missing_objects(replace(scene, source="scannet"), ScannetOptions())[1]
    assert (file in todo, "scans FOLDER" in todo) == (True, False)


def test_where_the_mesh_is_left_out_that_is_the_cause(export):
    options = ScannetExportOptions(mesh=False)
    assert "--scannet_export.mesh" in missing_objects(load(export, options), options)[1]


@pytest.mark.parametrize("source", ["tum_rgbd", "rgbd_folder"])
def test_where_nothing_can_be_added_nothing_is_asked_for(export, source):
    found = check_objects(Sampled(replace(load(export), source=source, objects=None)))
    assert found.level == "note"
    assert f"{source} has no annotations" in found.found
    assert found.advice[1].startswith("Nothing")


def test_arkitscenes_annotation_is_named(export):
    missing, _ = missing_objects(replace(load(export), source="arkitscenes", name="41"), None)
    assert missing == "41_3dod_annotation.json is not there"


def test_a_camera_that_stands_still_is_told_to_move_and_serves_no_pairs(export):
    scene = load(export)
    still = replace(scene, world_from_depth=np.repeat(scene.world_from_depth[:1], len(scene.frames), axis=0))
    (finding, _) = check_poses(still.world_from_depth, still.frames, moves=True)
    assert "camera moves" in finding.advice[1]
    assert finding.advice != (CODES["poses"].means, CODES["poses"].todo)
    assert {"camera", "correspondence"} <= set(_serves(scene))
    assert not {"camera", "correspondence"} & set(_serves(still))
    assert "depth" in _serves(still)


@pytest.mark.parametrize(("step", "still"), [(0.049, True), (0.051, False)])
def test_five_centimetres_are_a_move(step, still):
    poses = np.repeat(np.eye(4)[None], 2, axis=0)
    poses[1, 0, 3] = step
    assert hardly_moves(poses) is still
    assert not hardly_moves(poses[:1])


def test_poses_with_another_fault_keep_their_advice():
    poses = np.repeat(np.diag([2.0, 2, 2, 1])[None], 2, axis=0)
    assert next(check_poses(poses, ("0", "1"), moves=True)).advice[1] == CODES["poses"].todo


def test_too_few_edges_ask_for_no_intrinsics(export):
    from spatialgeom.apps.datagen.doctor.sample import take_sample

    flat = replace(load(export), depth=lambda frame: np.full(DEPTH_SIZE, 2000, np.uint16))
    _, found = check_colour(take_sample(flat))
    assert found.level == "note"
    assert found.advice[1].startswith("Nothing")


def test_a_wrong_folder_of_scans_is_not_an_archive(cli, export, tmp_path):
    code, said = doctor(cli, export, "--scannet_export.scans", tmp_path)
    assert code == 1
    assert "correct --scannet_export.scans" in " ".join(said.split())
    assert "archives" not in said


def test_a_sound_scene_is_a_line_with_space_and_split(cli, whole_folder):
    code, said = doctor(cli, whole_folder.path, *UP)
    plain = " ".join(said.split())
    assert code == 0
    assert "pose_jumps" not in plain
    assert "image_sizes" not in plain
    assert ", split " in plain
    assert (
        f"1 of 1 scene usable; next with the options given here: spatialgeom datagen run {whole_folder.path}"
        in plain
    )
    assert "ok  pose_jumps" in doctor(cli, whole_folder.path, *UP, "--verbose")[1]


def test_the_verdict_counts_scenes_and_warnings(cli, whole_folder, folder, tmp_path):
    (tmp_path / "other").mkdir()
    for file in ("frame-000000.pose.txt", "frame-000000.depth.png"):
        (tmp_path / "other" / file).write_text("nothing")
    plain = " ".join(doctor(cli, tmp_path)[1].split())
    assert "1 of 2 scenes usable, 1 error, 1 warning; next: spatialgeom datagen run" in plain
    assert "other: cannot be used" in plain
    assert "next" not in doctor(cli, tmp_path / "other")[1]


@pytest.fixture
def disk(tmp_path, export):
    """Two layouts under one folder, and folders that are of none."""
    write_adt(tmp_path / "tapvid3d", render_clip())
    (tmp_path / "scannet").mkdir()
    (tmp_path / "scannet" / SCAN).symlink_to(export)
    for name in ("color", "__MACOSX", "notes"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "0.jpg").write_text("x")
    return tmp_path


def listed(path, reader):
    chosen, place = choose_reader(str(path), reader)
    return chosen.scenes(place, chosen.options())


def test_folders_of_another_layout_are_unread(disk):
    clips = listed(disk, "tapvid3d")
    assert unread_folders(disk, clips) == ["scannet"]
    assert unread_folders(disk, [*clips, *listed(disk, "scannet_export")]) == []
    assert unread_folders(disk / "tapvid3d", clips) == []
    assert unread_folders(Path("synthetic"), []) == []


def test_a_folder_is_read_by_its_link_or_its_own_name(disk):
    (disk / "again").symlink_to(disk / "tapvid3d")
    assert unread_folders(disk, listed(disk / "tapvid3d", "tapvid3d")) == ["scannet"]


def test_a_scene_s_own_folders_are_no_neighbours(export, whole_folder):
    assert unread_folders(export, listed(export, None)) == []
    (handle,) = listed(whole_folder.path, "rgbd_folder")
    assert isinstance(handle.options, RgbdFolderOptions)
    assert unread_folders(Path(whole_folder.path).parent, [handle]) == []


def test_what_is_not_read_is_a_warning_unless_a_reader_is_named(cli, tmp_path, export):
    write_adt(tmp_path / "tapvid3d", render_clip())
    deep = tmp_path / "scannet" / "kept"
    deep.mkdir(parents=True)
    (deep / SCAN).symlink_to(export)
    code, said = doctor(cli, tmp_path, "--json")
    (warning,) = [f for f in json.loads(said)["sources"][0]["findings"] if f["level"] == "warning"]
    assert (code, warning["figures"], "scannet/" in warning["found"]) == (3, {"unread": ["scannet"]}, True)
    assert doctor(cli, f"tapvid3d:{tmp_path}", "--json")[0] == 0
