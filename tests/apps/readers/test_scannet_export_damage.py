"""ScanNet's scannet_export layouts: what is none of them, and a fault that costs its frame or its scene."""

import os
import shutil

import numpy as np
import pytest
from PIL import Image

from spatialgeom.apps.datagen.readers.scannet_export import READER, ScannetExportOptions
from spatialgeom.apps.datagen.testing.scannet import (
    EXPORTS,
    change_info,
    frame_file,
    write_pgm,
    write_scan_files,
)
from spatialgeom.apps.errors import InputError, UsageError

SCENE = "scene0007_01"
INTRINSICS = {
    "sensreader_folders": ("intrinsic/intrinsic_color.txt", "intrinsic/intrinsic_depth.txt"),
    "sensreader_flat": ("_info.txt",),
    "frames_25k": ("intrinsics_color.txt", "intrinsics_depth.txt"),
    "posed_images": ("intrinsic.txt",),
}
FAR = np.eye(4) + 10_001 * np.eye(4, k=3)
BY_COLUMNS = np.eye(4) + 3 * np.eye(4, k=-3)
MATRICES = [(layout, name) for layout, names in INTRINSICS.items() for name in names if name != "_info.txt"]


def load(path, **options):
    (handle,) = READER.scenes(path, ScannetExportOptions(**options))
    return READER.load(handle, path)


def test_other_folders_are_not_recognised(tmp_path, scannet_export, export_layout):
    (tmp_path / "seq-01").mkdir()
    for name in ("_info.txt", "frame-000000.depth.png", "frame-000000.color.jpg", "frame-000000.pose.txt"):
        (tmp_path / "seq-01" / name).write_bytes(b"x")
    assert not READER.recognises(tmp_path / "seq-01")
    assert not READER.recognises(tmp_path / "nowhere")
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / f"{SCENE}.sens").write_bytes(b"x")
    write_scan_files(tmp_path / "scans" / SCENE, SCENE)
    assert not READER.recognises(tmp_path / "scans")
    assert not READER.recognises(tmp_path / "scans" / f"{SCENE}.sens")
    for name in INTRINSICS[export_layout]:
        (scannet_export / name).unlink()
    assert not READER.recognises(scannet_export)
    with pytest.raises(InputError, match="must hold a ScanNet export"):
        READER.scenes(scannet_export, ScannetExportOptions())


def test_a_folder_without_depth_images_is_not_recognised(scannet_export, export_layout):
    for place in range(4):
        assert READER.recognises(scannet_export)
        frame_file(export_layout, scannet_export, place, "depth").unlink()
    assert not READER.recognises(scannet_export)


def test_scenes_lie_at_most_two_levels_below(tmp_path, scannet_short):
    EXPORTS["posed_images"](tmp_path / "a" / "b" / "c", scannet_short)
    assert READER.recognises(tmp_path / "a")
    assert not READER.recognises(tmp_path)


def test_links_in_a_circle_are_no_scenes(tmp_path, scannet_export):
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    (tmp_path / "above").symlink_to(tmp_path)
    assert not READER.recognises(tmp_path / "circle")
    assert str(scannet_export) in {handle.path for handle in READER.scenes(tmp_path, ScannetExportOptions())}


def test_an_export_that_went_away(scannet_export):
    (handle,) = READER.scenes(scannet_export, ScannetExportOptions())
    shutil.rmtree(scannet_export)
    with pytest.raises(InputError, match="no longer holds"):
        READER.load(handle, scannet_export)


@pytest.mark.parametrize(
    "options", [{"stride": 0}, {"depth_scale": 0.0}, {"depth_scale": np.nan}, {"depth_scale": np.inf}]
)
def test_options_that_cannot_be(options):
    with pytest.raises(UsageError, match="scannet_export"):
        ScannetExportOptions(**options)


# a frame's fault


def dropped(folder, reason):
    """Require that frame 1 of the four was dropped for a reason, at once or when it is decoded."""
    scene = load(folder)
    assert scene.dropped == {reason: 1}
    assert len(scene.frames) == 3
    assert scene.frames[0].strip("0") == ""


@pytest.mark.parametrize("kind", ["color", "depth", "pose"])
@pytest.mark.parametrize("damage", ["missing", "link", "pipe", "folder", "circle"])
def test_a_file_that_is_not_there_drops_its_frame(scannet_export, export_layout, kind, damage):
    file = frame_file(export_layout, scannet_export, 1, kind)
    file.unlink()
    if damage == "link":
        file.symlink_to(scannet_export / "nowhere")
    elif damage == "circle":
        file.symlink_to(file)
    elif damage == "pipe":
        os.mkfifo(file)
    elif damage == "folder":
        file.mkdir()
    dropped(scannet_export, f"{kind} file missing")


@pytest.mark.parametrize("value", ["-inf", "inf", "nan"])
def test_a_lost_pose_drops_its_frame(scannet_export, export_layout, value):
    frame_file(export_layout, scannet_export, 1, "pose").write_text("\n".join([" ".join([value] * 4)] * 4))
    dropped(scannet_export, "pose is not finite (tracking was lost)")
    pose = np.eye(4)
    pose[0, 3] = value
    np.savetxt(frame_file(export_layout, scannet_export, 1, "pose"), pose)
    dropped(scannet_export, "pose is not finite (tracking was lost)")


@pytest.mark.parametrize(
    "content", [b"", b"1 2 3", b"x " * 16, b"1 " * 17, b"\xff\xfe", b"1 0 0 0 " * 40_000]
)
def test_a_pose_that_is_none_drops_its_frame(scannet_export, export_layout, content):
    frame_file(export_layout, scannet_export, 1, "pose").write_bytes(content)
    dropped(scannet_export, "pose file is not a 4x4 matrix")


@pytest.mark.parametrize(
    "pose",
    [
        np.diag([2.0, 1, 1, 1]),
        np.diag([1.0, 1, -1, 1]),
        np.zeros((4, 4)),
        FAR,
        BY_COLUMNS,
        1e300 * np.eye(4),
    ],
)
def test_a_pose_that_is_not_rigid_drops_its_frame(scannet_export, export_layout, pose):
    np.savetxt(frame_file(export_layout, scannet_export, 1, "pose"), pose)
    dropped(scannet_export, "pose is not a rigid transform")


def test_a_terabyte_of_pose_is_not_read(scannet_export, export_layout):
    os.truncate(frame_file(export_layout, scannet_export, 1, "pose"), 1 << 40)
    dropped(scannet_export, "pose file is not a 4x4 matrix")


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xd8\xff"])
def test_a_colour_image_that_is_none_drops_its_frame(scannet_export, export_layout, content):
    frame_file(export_layout, scannet_export, 1, "color").write_bytes(content)
    dropped(scannet_export, "color file is not an image")


def test_a_truncated_colour_image_drops_its_frame(scannet_export, export_layout):
    file = frame_file(export_layout, scannet_export, 1, "color")
    file.write_bytes(file.read_bytes()[:-200])
    dropped(scannet_export, "color file is truncated")


@pytest.mark.parametrize("kind", ["color", "depth"])
def test_an_image_of_another_size_drops_its_frame(scannet_export, export_layout, kind):
    file = frame_file(export_layout, scannet_export, 1, kind)
    if file.suffix == ".pgm":
        write_pgm(file, np.zeros((5, 7), np.uint16))
    else:
        Image.fromarray(np.zeros((5, 7), np.uint8 if kind == "color" else np.uint16)).save(file)
    dropped(scannet_export, "image size differs from the other frames")


def test_a_depth_image_cut_short_anywhere_drops_its_frame(scannet_export, export_layout):
    file = frame_file(export_layout, scannet_export, 1, "depth")
    whole = file.read_bytes()
    for length in (0, 1, 2, 3, 5, 9, 12, 16, 24, 33, 60, 500, len(whole) - 1):
        file.write_bytes(whole[:length])
        scene = load(scannet_export)
        if len(scene.frames) == 4 and length < len(whole) - 1:
            with pytest.raises(InputError, match="depth file"):
                scene.depth(1)
        elif len(scene.frames) < 4:
            ((reason, count),) = scene.dropped.items()
            assert reason.startswith("depth file is")
            assert count == 1
        if export_layout == "sensreader_flat":
            assert scene.dropped


@pytest.mark.parametrize("kind", ["color", "depth"])
def test_an_image_that_declares_too_many_pixels_drops_its_frame(scannet_export, export_layout, kind):
    file = frame_file(export_layout, scannet_export, 1, kind)
    if file.suffix == ".pgm":
        file.write_bytes(b"P5\n99999 99999\n65535\n" + bytes(100))
        dropped(scannet_export, "depth file is not a 16-bit PGM image")
        return
    Image.new("L", (1, 1)).save(scannet_export / "bomb.png")
    content = bytearray((scannet_export / "bomb.png").read_bytes())
    content[16:24] = (99_999).to_bytes(4, "big") * 2
    file.write_bytes(content)
    dropped(scannet_export, f"{kind} file is not an image")


def test_all_poses_lost_is_the_scene_s_fault(scannet_export, export_layout):
    for place in range(4):
        frame_file(export_layout, scannet_export, place, "pose").write_text("-inf " * 16)
    with pytest.raises(InputError, match=r"has no usable frame \(4 x pose is not finite"):
        load(scannet_export)


# the scene's fault


@pytest.mark.parametrize(("export_layout", "name"), MATRICES)
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "must hold a 4x4 matrix"),
        (b"hello", "must hold a 4x4 matrix"),
        (b"1 " * 15, "must hold a 4x4 matrix"),
        (b"\xff" * 16, "must hold a 4x4 matrix"),
        (b"nan " * 16, "intrinsics must be pinhole"),
        (b"-inf " * 16, "intrinsics must be pinhole"),
        (b"0 " * 16, "intrinsics must be pinhole"),
        (b"220 0 130 0 0 -220 97 0 0 0 1 0 0 0 0 1", "intrinsics must be pinhole"),
        (b"220 5 130 0 0 220 97 0 0 0 1 0 0 0 0 1", "intrinsics must be pinhole"),
        (b"inf 0 130 0 0 220 97 0 0 0 1 0 0 0 0 1", "intrinsics must be pinhole"),
        (b"1170 0 646 0 0 1170 489 0 0 0 1 0 0 0 0 1", "does not fit the"),
    ],
)
def test_intrinsics_that_are_none_or_of_other_images(scannet_export, export_layout, name, content, said):
    (scannet_export / name).write_bytes(content)
    with pytest.raises(InputError, match=said):
        load(scannet_export)


@pytest.mark.parametrize(("export_layout", "name"), MATRICES)
@pytest.mark.parametrize("damage", ["pipe", "folder", "link"])
def test_intrinsics_that_are_no_file(scannet_export, export_layout, name, damage):
    (scannet_export / name).unlink()
    {
        "pipe": os.mkfifo,
        "folder": os.mkdir,
        "link": lambda path: path.symlink_to(path),
    }[damage](scannet_export / name)
    with pytest.raises(InputError, match="must hold a 4x4 matrix"):
        load(scannet_export)


@pytest.mark.parametrize("export_layout", ["sensreader_folders", "frames_25k"])
def test_one_of_two_intrinsics_is_missing(scannet_export, export_layout):
    for name in INTRINSICS[export_layout]:
        kept = (scannet_export / name).read_bytes()
        (scannet_export / name).unlink()
        with pytest.raises(InputError, match="must hold a 4x4 matrix"):
            load(scannet_export)
        (scannet_export / name).write_bytes(kept)


@pytest.mark.parametrize("export_layout", ["sensreader_flat"])
@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("m_calibrationColorIntrinsic", None, "must give m_calibrationColorIntrinsic as 16 numbers"),
        ("m_calibrationDepthIntrinsic", "1 2 3", "must give m_calibrationDepthIntrinsic as 16 numbers"),
        ("m_calibrationDepthIntrinsic", "x " * 16, "must give m_calibrationDepthIntrinsic as 16 numbers"),
        ("m_calibrationDepthIntrinsic", "nan " * 16, "intrinsics must be pinhole"),
        ("m_calibrationDepthExtrinsic", "1 2", "must give m_calibrationDepthExtrinsic as 16 numbers"),
        ("m_depthShift", "0", "must give m_depthShift"),
        ("m_depthShift", "-1000", "must give m_depthShift"),
        ("m_depthShift", "nan", "must give m_depthShift"),
        ("m_depthShift", "inf", "must give m_depthShift"),
        ("m_depthShift", "5e-324", "must give m_depthShift"),
        ("m_depthShift", "", "must give m_depthShift"),
        ("m_colorWidth", "261", "must give the size of the color images, which is 262x196, got 261x196"),
        ("m_depthHeight", "9" * 5000, "must give the size of the depth images"),
    ],
)
def test_an_info_that_cannot_be(scannet_export, export_layout, key, value, said):
    change_info(scannet_export, key, value)
    with pytest.raises(InputError, match=said):
        load(scannet_export)


@pytest.mark.parametrize("export_layout", ["sensreader_flat"])
@pytest.mark.parametrize("damage", ["pipe", "folder", "terabyte", "bytes"])
def test_an_info_that_is_no_text(scannet_export, export_layout, damage):
    file = scannet_export / "_info.txt"
    if damage == "bytes":
        file.write_bytes(b"\xff\xfe" + file.read_bytes())
    elif damage == "terabyte":
        os.truncate(file, 1 << 40)
    else:
        file.unlink()
        (os.mkfifo if damage == "pipe" else os.mkdir)(file)
    with pytest.raises(InputError, match=r"_info\.txt must be"):
        load(scannet_export)


def test_a_damaged_mesh_is_its_scene_s_fault(cli, tmp_path, scannet_export, scannet_recording, export_layout):
    write_scan_files(scannet_export, SCENE)
    (scannet_export / f"{SCENE}_vh_clean_2.ply").write_bytes(b"ply\n")
    EXPORTS[export_layout](tmp_path / "scene0008_00", scannet_recording.first(12))
    arguments = ("datagen", "run", tmp_path, "--out", tmp_path.parent / f"{tmp_path.name}_out", "--quiet")
    code, said, errors = cli(*arguments, "--workers", 1, "--max-per-task", 2, "--tasks", "depth_value_dot")
    assert code == 3
    assert f"skipped scene {SCENE}: " in said
    assert "must be a PLY mesh" in said
    assert "Traceback" not in errors
