"""What the doctor says of clips, of folders and of real data; its exit codes, its report and its page."""

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spatialgeom.apps.datagen.clip import Clip
from spatialgeom.apps.datagen.doctor.clips import check_clip
from spatialgeom.apps.datagen.doctor.findings import CODES, LEVELS
from spatialgeom.apps.datagen.scene import Camera
from spatialgeom.apps.datagen.testing.tapvid3d import members, render_clip, write_adt, write_npz
from spatialgeom.apps.images import ImageRef

DATA = Path(os.environ.get("SPATIALGEOM_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    root = tmp_path_factory.mktemp("film")
    shown = render_clip()
    matrix = np.array([[90.0, 0, 63.5], [0, 90, 47.5], [0, 0, 1]])
    for k, content in enumerate(shown.images):
        (root / f"{k}.jpg").write_bytes(content)
    count = len(shown.images)
    return Clip(
        name="film", space="film", source="adt", frames=tuple(map(str, range(count))),
        images=tuple(ImageRef(f"{k}.jpg", 128, 96) for k in range(count)), root=str(root),
        world_from_camera=np.linalg.inv(shown.camera_from_world), camera=Camera(matrix, (96, 128)),
        tracks=shown.world, visible=shown.visible, fingerprint="",
    )  # fmt: skip


def clip_findings(clip):
    return {finding.code: finding for finding in check_clip(clip)}


def test_a_sound_clip_is_in_order(film):
    found = clip_findings(film)
    assert {code: f.found for code, f in found.items() if f.level != "ok"} == {}
    assert found["rigid_parts"].figures["parts"] in (
        3,
        4,
    )  # the room and two boxes, and what is not seen with the rest
    assert found["displacement"].figures["most_m"] == pytest.approx(0.35, abs=0.1)


def test_inverted_extrinsics_of_a_clip_are_noticed(film):
    pose = film.world_from_camera
    camera = np.linalg.inv(pose)
    seen = np.einsum("tij,tnj->tni", camera[:, :3, :3], film.tracks) + camera[:, None, :3, 3]
    wrong = np.einsum("tij,tnj->tni", camera[:, :3, :3], seen) + camera[:, None, :3, 3]
    found = clip_findings(replace(film, world_from_camera=camera, tracks=wrong))["static_tracks"]
    assert found.level == "warning"
    assert "inverted extrinsics" in found.found


def test_a_clip_in_which_nothing_moves_is_noticed(film):
    still = replace(film, tracks=np.repeat(film.tracks[:1], len(film.frames), axis=0))
    assert clip_findings(still)["displacement"].level == "warning"


def test_images_of_a_clip_that_are_gone_or_cut_off_are_named(film, tmp_path):
    for image in film.images[2:]:
        (tmp_path / image.path).write_bytes((Path(film.root) / image.path).read_bytes())
    (tmp_path / "1.jpg").write_bytes((Path(film.root) / "1.jpg").read_bytes()[:-100])
    found = clip_findings(replace(film, root=str(tmp_path)))["image_files"]
    assert (found.level, found.figures["lost"]) == ("warning", ["0.jpg", "1.jpg"])


def test_tracks_that_nobody_sees_are_an_error(film):
    assert clip_findings(replace(film, visible=np.zeros_like(film.visible)))["tracks"].level == "error"


def test_fewer_than_six_points_are_no_part(film):
    few = replace(film, tracks=film.tracks[:, ::80][:, :6], visible=np.ones((len(film.frames), 6), bool))
    assert clip_findings(few)["rigid_parts"].level == "error"


def doctor(cli, *arguments):
    code, said, faults = cli("datagen", "doctor", *arguments)
    assert "Traceback" not in faults
    return code, said, faults


def test_the_exit_code_and_the_report_of_a_sound_folder(cli, whole_folder):
    code, said, faults = doctor(cli, whole_folder.path, "--rgbd_folder.up", "[0, 0, 1]", "--quiet")
    assert (code, faults) == (0, "")
    assert "serves camera, correspondence, depth; not size, motion" in said
    assert "WARNING" not in said


def test_without_up_the_tasks_that_it_costs_are_left_out(cli, whole_folder):
    code, said, _ = doctor(cli, whole_folder.path, "--quiet")
    assert code == 3
    assert "WARNING up: up is not known; the data suggests [0.000, 0.000, 1.000]" in said.replace(
        "-0.000", "0.000"
    )
    assert re.search(r"camera \(\d+ of \d+ tasks\)", said)


def test_the_json_report_keeps_its_schema(cli, whole_folder):
    code, said, faults = doctor(cli, whole_folder.path, "--json")
    report = json.loads(said)
    assert set(report) == {"schema_version", "exit_code", "counts", "sources"}
    assert (report["schema_version"], report["exit_code"], code) == (1, 3, 3)
    (source,) = report["sources"]
    assert set(source) == {"path", "reader", "scenes", "findings", "examined"}
    (scene,) = source["examined"]
    assert set(scene) == {"name", "kind", "frames", "usable", "serves", "findings"}
    for finding in [*source["findings"], *scene["findings"]]:
        assert set(finding) == {"code", "level", "found", "means", "do", "figures"}
        assert finding["code"] in CODES
        assert finding["level"] in LEVELS
        assert (finding["do"] is None) == (finding["level"] == "ok")
    assert sum(report["counts"].values()) == len(source["findings"]) + len(scene["findings"])
    assert "box (1 of 1)" in faults


def test_a_scene_s_fault_does_not_hide_the_others(cli, folder, tmp_path):
    (tmp_path / "other").mkdir()
    for file in ("frame-000000.pose.txt", "frame-000000.depth.png"):
        (tmp_path / "other" / file).write_text("nothing")
    code, said, _ = doctor(cli, tmp_path, "--rgbd_folder.up", "[0, 0, 1]", "--quiet")
    assert code == 3
    assert "ERROR load" in said
    assert "serves camera" in said


def test_where_nothing_can_be_used_a_script_is_told(cli, tmp_path):
    (tmp_path / "frame-000000.pose.txt").write_text("nothing")
    (tmp_path / "frame-000000.depth.png").write_text("nothing")
    assert doctor(cli, tmp_path, "--quiet")[0] == 1


def test_scenes_are_looked_at_evenly(cli, tmp_path):
    for k in range(7):
        (tmp_path / f"scan{k}").mkdir()
        (tmp_path / f"scan{k}" / "frame-000000.pose.txt").write_text("x")
        (tmp_path / f"scan{k}" / "frame-000000.depth.png").write_text("x")
    _, said, _ = doctor(cli, tmp_path, "--scenes", 3, "--json", "--quiet")
    (source,) = json.loads(said)["sources"]
    assert source["scenes"] == 7
    assert [scene["name"][-5:] for scene in source["examined"]] == ["scan0", "scan3", "scan6"]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda top: (top / "frame-000000.pose.txt").write_text("x"),
            "no frame-*.depth.png or frame-*.color.*",
        ),
        (
            lambda top: (top / "rgb.txt").write_text("x"),
            "no depth.txt or groundtruth.txt, which tum_rgbd needs",
        ),
        (lambda top: (top / "scan.zip").write_text("x"), "archives such as scan.zip are not unpacked"),
        (lambda top: (top / "meta.json").write_text("{}"), "which adt_views needs"),
        (lambda top: None, "the folder is empty"),
    ],
)
def test_what_is_near_an_unknown_layout_is_told(cli, tmp_path, make, said):
    make(tmp_path)
    code, found, _ = doctor(cli, tmp_path, "--quiet", "--json")
    assert code == 1
    (finding,) = json.loads(found)["sources"][0]["findings"]
    assert said in finding["found"]
    assert "TUM RGB-D" in finding["found"]


def test_an_archive_itself_is_not_unpacked(cli, tmp_path):
    (tmp_path / "scans.zip").write_text("x")
    _, found, _ = doctor(cli, tmp_path / "scans.zip", "--quiet")
    assert "unpack it" in found


def test_a_level_too_high_or_too_deep_is_told(cli, folder, tmp_path):
    box = tmp_path / "a" / "b" / "c" / "box"
    box.parent.mkdir(parents=True)
    folder.path.rename(box)
    (box / "thumbs").mkdir()
    high = json.loads(doctor(cli, tmp_path, "--quiet", "--json")[1])["sources"][0]["findings"][0]
    deep = doctor(cli, box / "thumbs", "--quiet", "--json")[1]
    assert f"folders below are known, such as {tmp_path / 'a' / 'b'} (rgbd_folder)" in high["found"]
    assert "the folder above is known" in json.loads(deep)["sources"][0]["findings"][0]["found"]


def test_usage_faults(cli, whole_folder, tmp_path):
    assert doctor(cli)[0] == 2
    assert doctor(cli, whole_folder.path, "--scenes", 0)[0] == 2
    assert doctor(cli, whole_folder.path, "--reader", "nobody")[0] == 2
    assert doctor(cli, tmp_path / "nowhere")[0] == 1


def test_a_config_file_of_a_run_serves(cli, whole_folder, tmp_path):
    config = tmp_path / "run.yaml"
    config.write_text(
        f"sources: [{whole_folder.path}]\nmax_per_task: 3\ntasks: [depth_order_dot]\nstrict: true\n"
        "rgbd_folder:\n  up: [0, 0, 1]\n"
    )
    assert doctor(cli, "--config", config, "--out", "x", "--quiet")[0] == 0


def test_clips_are_examined_and_nothing_stays_behind(cli, tmp_path):
    write_adt(tmp_path / "adt", render_clip())
    before = sorted(tmp_path.rglob("*"))
    code, said, _ = doctor(cli, tmp_path / "adt", "--quiet")
    assert code == 0
    assert "serves motion" in said
    assert sorted(tmp_path.rglob("*")) == before


def test_a_clip_whose_extrinsics_are_inverted_cannot_be_used(cli, tmp_path):
    clip = render_clip()
    content = members(clip) | {"extrinsics_w2c": np.linalg.inv(clip.camera_from_world)}
    write_npz(tmp_path / "adt" / "Apartment_release_meal_seq136_0.npz", content)
    code, said, _ = doctor(cli, tmp_path / "adt", "--quiet")
    assert code == 1
    assert "inverted or wrong" in said


def test_the_page_has_a_row_for_each_code_in_its_words():
    page = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text(encoding="utf-8")
    rows = [line for line in page.split("## All findings")[1].splitlines() if line.startswith("| `")]
    expected = [
        f"| `{name}` | {code.looks_at} | {code.means} | {code.todo} |" for name, code in CODES.items()
    ]
    assert rows == expected


def real(name):
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip(f"needs real data in {folder}; set SPATIALGEOM_TEST_DATA")
    return folder


def real_report(cli, *arguments):
    code, said, _ = doctor(cli, *arguments, "--quiet", "--json")
    (scene,) = json.loads(said)["sources"][0]["examined"]
    return code, {finding["code"]: finding for finding in scene["findings"]}


def test_the_real_kitchen_with_its_colour_camera_is_in_order(cli):
    config = Path(__file__).parents[2] / "configs" / "redkitchen.yaml"
    code, found = real_report(cli, real("redkitchen"), "--config", config)
    assert code == 0
    assert {name for name, finding in found.items() if finding["level"] != "ok"} == {"objects"}


def test_the_real_kitchen_without_its_colour_camera_is_noticed(cli):
    code, found = real_report(cli, real("redkitchen"))
    assert code == 3
    assert found["colour_alignment"]["level"] == "warning"
    assert found["colour_alignment"]["figures"]["zoom"] == pytest.approx(520 / 585, abs=0.04)
    up = np.array([0.003, -0.890, -0.457])
    assert up / np.linalg.norm(up) @ found["up"]["figures"]["suggested"] > np.cos(np.radians(1.5))


def test_the_real_views_are_in_order_but_for_what_they_lack(cli):
    code, found = real_report(cli, real("adt_kitchen"), "--reader", "adt_views")
    assert code == 3
    assert {name for name, finding in found.items() if finding["level"] != "ok"} == {"frames", "poses"}


def test_the_real_clip_is_in_order(cli):
    code, found = real_report(cli, real("adt_kitchen"), "--reader", "tapvid3d")
    assert code == 0
    assert found["rigid_parts"]["figures"]["parts"] >= 3
