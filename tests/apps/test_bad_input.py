"""Bad input gets one sentence and an exit code; no traceback, nothing half-written, other scenes go on."""

import io
import shutil
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from spatialgeom.apps.records import Dataset

OPTIONS = ("--quiet", "--max-per-task", 5, "--rgbd_folder.up", "[0, 0, 1]")


def refused(cli, code, said, *arguments, out=None):
    """Run and require one sentence on stderr that says ``said``, and nothing left on disk."""
    found, _, stderr = cli(*arguments)
    assert found == code
    assert said in stderr
    assert "Traceback" not in stderr
    assert len(stderr.strip().splitlines()) == 1
    if out is not None:
        assert not out.exists()


def run(folder, out, *more):
    return ("datagen", "run", folder, "--out", out, *OPTIONS, *more)


def test_a_path_that_is_missing_or_no_scene(cli, tmp_path):
    out = tmp_path / "out"
    (tmp_path / "empty").mkdir()
    refused(cli, 1, "does not exist", *run(tmp_path / "nowhere", out), out=out)
    refused(cli, 1, "is not a scene in a layout that is known", *run(tmp_path / "empty", out), out=out)
    refused(
        cli, 1, "must hold frame-NNNNNN", *run(tmp_path / "empty", out, "--reader", "rgbd_folder"), out=out
    )


@pytest.mark.parametrize("kind", ["depth.png", "color.jpg", "pose.txt"])
def test_a_missing_file_drops_its_frame(cli, folder, tmp_path, kind):
    folder.file(3, kind).unlink()
    code, said, _ = cli(*run(folder.path, tmp_path / "out"))
    assert code == 3
    assert f"dropped 1 frames: {kind.split('.')[0]} file missing" in said


def test_a_truncated_colour_image_drops_its_frame(cli, folder, tmp_path):
    file = folder.file(5, "color.jpg")
    file.write_bytes(file.read_bytes()[:-200])
    code, said, _ = cli(*run(folder.path, tmp_path / "out"))
    assert code == 3
    assert "dropped 1 frames: color file is truncated" in said


@pytest.mark.parametrize("damage", ["far", "folder", "link"])
def test_a_pose_that_cannot_be_used_or_read_drops_its_frame(cli, folder, tmp_path, damage):
    file = folder.file(5, "pose.txt")
    pose = np.loadtxt(file)
    file.unlink()
    if damage == "far":
        pose[0, 3] = 1e9
        np.savetxt(file, pose)
    elif damage == "folder":
        file.mkdir()
    else:
        file.symlink_to(tmp_path / "nowhere")
    code, said, _ = cli(*run(folder.path, tmp_path / "out"))
    assert code == 3
    assert "dropped 1 frames: pose" in said


@pytest.mark.parametrize("kept", [0, 30, 400])
def test_a_truncated_depth_image_drops_its_frame(cli, folder, tmp_path, kept):
    file = folder.file(5, "depth.png")
    file.write_bytes(file.read_bytes()[:kept])
    code, said, _ = cli(*run(folder.path, tmp_path / "out"))
    assert code == 3
    assert "dropped 1 frames: depth file" in said
    names = {image["path"] for row in Dataset.open(tmp_path / "out").rows() for image in row["images"]}
    assert "frame-000005.color.jpg" not in names
    assert len(names) > 10


@pytest.mark.parametrize("value", ["nan", "-inf", "inf"])
def test_a_lost_pose_drops_its_frame(cli, folder, tmp_path, value):
    pose = np.loadtxt(folder.file(4, "pose.txt"))
    pose[0, 3] = float(value)
    np.savetxt(folder.file(4, "pose.txt"), pose)
    code, said, _ = cli(*run(folder.path, tmp_path / "out"))
    assert code == 3
    assert "dropped 1 frames: pose is not finite" in said


@pytest.mark.parametrize("text", ["", "1 2 3", "a b c", "1 0 0 0 0 2 0 0 0 0 3 0 0 0 0 1"])
def test_a_pose_that_is_none_drops_its_frame(cli, folder, tmp_path, text):
    folder.file(4, "pose.txt").write_text(text)
    code, said, _ = cli(*run(folder.path, tmp_path / "out"))
    assert code == 3
    assert "dropped 1 frames: pose" in said


def test_all_poses_lost_is_the_scene_s_fault(cli, folder, tmp_path):
    for frame in range(48):
        folder.file(frame, "pose.txt").write_text("-inf " * 16)
    refused(
        cli,
        1,
        "has no usable frame (48 x pose is not finite",
        *run(folder.path, tmp_path / "o"),
        out=tmp_path / "o",
    )


def test_a_colour_image_of_another_size_drops_its_frame(cli, folder, tmp_path):
    Image.new("RGB", (64, 48)).save(folder.file(2, "color.jpg"))
    code, said, _ = cli(*run(folder.path, tmp_path / "out"))
    assert code == 3
    assert "dropped 1 frames: image size differs from the other frames" in said


def test_intrinsics_of_another_size_are_refused(cli, folder, tmp_path):
    k = np.loadtxt(folder.path / "camera-intrinsics.txt")
    np.savetxt(folder.path / "camera-intrinsics.txt", np.diag([2.0, 2, 1]) @ k)
    refused(
        cli,
        1,
        "does not fit the depth images of 192x144",
        *run(folder.path, tmp_path / "o"),
        out=tmp_path / "o",
    )


def test_colour_images_of_another_size_need_their_own_intrinsics(cli, folder, tmp_path):
    for frame in range(48):
        Image.new("RGB", (400, 300)).save(folder.file(frame, "color.jpg"))
    refused(
        cli,
        1,
        "colour images of 400x300 and depth images of 192x144",
        *run(folder.path, tmp_path / "o"),
        out=tmp_path / "o",
    )


def test_intrinsics_that_are_missing_or_text(cli, folder, tmp_path):
    (folder.path / "camera-intrinsics.txt").write_text("hello")
    refused(cli, 1, "must hold a 3x3 camera matrix", *run(folder.path, tmp_path / "o"), out=tmp_path / "o")
    (folder.path / "camera-intrinsics.txt").unlink()
    refused(cli, 1, "--rgbd_folder.depth_intrinsics", *run(folder.path, tmp_path / "o"), out=tmp_path / "o")


def test_no_reading_at_all(cli, folder, tmp_path):
    for frame in range(48):
        Image.fromarray(np.zeros((144, 192), np.uint16)).save(folder.file(frame, "depth.png"))
    refused(cli, 1, "has no surface", *run(folder.path, tmp_path / "o"), out=tmp_path / "o")


@pytest.mark.parametrize("scale", ["1", "1e-6"])
def test_an_implausible_depth_scale(cli, folder, tmp_path, scale):
    more = ("--rgbd_folder.depth_scale", scale)
    code, _, stderr = cli(*run(folder.path, tmp_path / "o", *more))
    assert code == 1
    assert "check the reader's depth_scale" in stderr
    assert not (tmp_path / "o").exists()


def test_a_scene_without_a_pair_in_range_still_gives_depth(cli, folder, tmp_path):
    for file in folder.path.glob("frame-0000[0-9]*"):
        if not file.name.startswith("frame-000000"):
            file.unlink()
    for file in folder.path.glob("frame-0000[1-9]?*"):
        file.unlink()
    code, said, _ = cli(*run(folder.path, tmp_path / "out"))
    assert code == 3
    assert "without an image pair whose overlap is in range" in said
    assert {row["family"] for row in Dataset.open(tmp_path / "out").rows()} == {"depth"}
    refused(
        cli, 1, "no question could be made", *run(folder.path, tmp_path / "o", "--tasks", "camera_distance"),
        out=tmp_path / "o",
    )  # fmt: skip


def test_one_bad_scene_does_not_stop_the_others(cli, whole_folder, tmp_path):
    root = tmp_path / "scans"
    shutil.copytree(whole_folder.path, root / "good")
    shutil.copytree(whole_folder.path, root / "bad")
    (root / "bad" / "camera-intrinsics.txt").write_text("hello")
    code, said, _ = cli(*run(root, tmp_path / "out", "--workers", 1))
    assert code == 3
    assert "skipped scene scans_bad: " in said
    assert {row["scene"] for row in Dataset.open(tmp_path / "out").rows()} == {"scans_good"}
    refused(cli, 1, "(--strict)", *run(root, tmp_path / "o", "--workers", 1, "--strict"), out=tmp_path / "o")


def test_strict_makes_a_dropped_frame_fatal(cli, folder, tmp_path):
    folder.file(3, "color.jpg").unlink()
    refused(cli, 1, "(--strict)", *run(folder.path, tmp_path / "o", "--strict"), out=tmp_path / "o")


def test_an_output_path_below_a_file(cli, whole_folder, tmp_path):
    (tmp_path / "file").write_text("x")
    refused(cli, 2, "is a file", *run(whole_folder.path, tmp_path / "file" / "out"))
    refused(cli, 2, "is a file", *run(whole_folder.path, tmp_path / "file"))
    assert (tmp_path / "file").read_text() == "x"


def test_a_foreign_folder_or_another_run_is_refused(cli, whole_folder, dataset, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("x")
    refused(cli, 2, "is not empty and holds no run", *run(whole_folder.path, tmp_path / "mine"))
    before = (dataset / "manifest.json").read_bytes()
    refused(cli, 2, "holds another run", *run(whole_folder.path, dataset, "--seed", 99))
    assert (dataset / "manifest.json").read_bytes() == before


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--tasks", "depth_valu"), "there is no task 'depth_valu'; there are camera_chain_displacement, "),
        (("--rules", "mine"), "there are no rules 'mine'; there are default, paper"),
        (("--reader", "scannot"), "there is no reader 'scannot'"),
        (("--max-per-task", 0), "max_per_task must be at least 1"),
        (("--workers", -1), "workers must be at least 0"),
        (("--rgbd_folder.up", "[0, 0]"), "rgbd_folder.up must be 3 finite numbers"),
        (("--rgbd_folder.stride", 0), "rgbd_folder.stride must be at least 1"),
        (("--rgbd_folder.colour_from_depth", str([0.0] * 16)), "must be a rigid transform by rows"),
        (("--rgbd_folder.colour_from_depth", "[29, 21, 0]"), "of less than 1 metre"),
        (("--reader", "synthetic"), "takes the source 'synthetic' alone"),
        (("--seed", "-1"), "seed must be at least 0, got -1"),
        (("--split", "dev"), "there is no split 'dev'; there are train, val, test, all"),
        (("--max-per-space", "-1"), "max_per_space must be at least 0"),
        (("--hold-out", "vsi"), "vsi is neither a file nor a list; the lists are "),
        (("--device", "tpu"), "device must be 'cpu', 'cuda' or 'cuda:N', got 'tpu'"),
    ],
)
def test_an_option_that_does_not_exist_or_fit(cli, whole_folder, tmp_path, more, said):
    refused(cli, 2, said, *run(whole_folder.path, tmp_path / "o", *more), out=tmp_path / "o")


@pytest.mark.parametrize(
    "text",
    ["rgbd_folder: 3", "sources: 3", "sources: [3]", "tasks: 3", "sed: 1", "rgbd_folder: {stride: x}", "["],
)
def test_a_config_file_that_does_not_fit(cli, whole_folder, tmp_path, text):
    config = tmp_path / "c.yaml"
    config.write_text(text)
    sources = () if "sources" in text else (whole_folder.path,)
    code, _, stderr = cli("datagen", "run", *sources, "--config", config, "--out", tmp_path / "o")
    assert code == 2
    assert "Traceback" not in stderr
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("name", ["run.json", "manifest.json"])
def test_a_damaged_record_of_a_run(cli, whole_folder, tmp_path, name):
    out = tmp_path / "o"
    assert cli(*run(whole_folder.path, out))[0] == 0
    (out / name).write_text("{")
    refused(cli, 2, "must be JSON", *run(whole_folder.path, out))


def test_a_cache_that_cannot_be_written_leaves_nothing(cli, whole_folder, tmp_path):
    (tmp_path / "file").write_text("x")
    out = tmp_path / "o"
    refused(cli, 1, "file", *run(whole_folder.path, out, "--cache", tmp_path / "file" / "c"), out=out)


def test_an_unknown_option_is_usage(cli, whole_folder, tmp_path):
    code, _, stderr = cli(*run(whole_folder.path, tmp_path / "o", "--sed", 1))
    assert code == 2
    assert "--sed" in stderr
    assert "Traceback" not in stderr
    assert not (tmp_path / "o").exists()


def test_a_folder_without_a_dataset_cannot_be_viewed(cli, tmp_path):
    refused(cli, 1, "holds no finished dataset", "datagen", "view", tmp_path, "--out", tmp_path / "p.html")


def test_where_nothing_can_be_asked_the_reason_is_said(cli, whole_folder, tmp_path):
    tasks = ("--tasks", "point_distance_dot", "object_height")
    said = "the tasks need scenes with named objects or tracked points; choose others with --tasks"
    refused(cli, 1, said, *run(whole_folder.path, tmp_path / "o", *tasks), out=tmp_path / "o")


def test_a_path_of_two_layouts_is_asked_about(cli, folder, tmp_path):
    for name in ("rgb.txt", "depth.txt", "groundtruth.txt"):
        (folder.path / name).write_text("")
    said = "has files of more than one layout (rgbd_folder and tum_rgbd); name one, as in rgbd_folder:"
    refused(cli, 2, said, *run(folder.path, tmp_path / "o"), out=tmp_path / "o")
    code, _, _ = cli(*run(f"rgbd_folder:{folder.path}", tmp_path / "o", "--max-per-task", 2))
    assert code == 0


@pytest.mark.parametrize("chunk", [b"zTXt", b"iTXt", b"iCCP"])
def test_a_text_of_an_image_that_inflates_without_end_drops_its_frame(cli, folder, tmp_path, chunk):
    text = zlib.compress(bytes(1 << 27), 9)
    head = b"k\0\1\0\0\0" if chunk == b"iTXt" else b"k\0\0"
    body = chunk + head + text
    image = folder.file(0, "color.jpg")
    with io.BytesIO() as file:
        Image.open(image).save(file, "PNG")
        content = file.getvalue()
    packed = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    image.write_bytes(content[:33] + packed + content[33:])
    code, said, _ = cli(*run(folder.path, tmp_path / "o", "--max-per-task", 2))
    assert code == 3
    assert "dropped 1 frames" in said
