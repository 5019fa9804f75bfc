"""Damage to the frames of an ARKitScenes video drops them or ends in a sentence."""

import os
import zlib

import kornia_rs.io
import numpy as np
import pytest

from spatialgeom.apps.datagen.testing.arkitscenes import (
    edit_trajectory,
    files_of,
    part_of,
)
from spatialgeom.apps.datagen.testing.images import grey_header, png
from spatialgeom.apps.datagen.testing.views import FRAMES
from spatialgeom.apps.errors import InputError


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("lowres_wide", "color file missing"),
        ("lowres_depth", "depth file missing"),
        ("lowres_wide_intrinsics", "color intrinsics file missing"),
        ("confidence", "confidence file missing"),
    ],
)
def test_a_missing_file_drops_its_frame(load_arkit, arkit_video, arkit_views, name, reason):
    for number in (3, 8):
        files_of(arkit_video, name)[number - (number == 8)].unlink()
    scene = load_arkit(arkit_video)
    assert scene.dropped == {reason: 2}
    kept = [view for number, view in enumerate(arkit_views) if number not in (3, 8)]
    np.testing.assert_allclose(scene.depth_camera.intrinsics, [view.matrix for view in kept], atol=1e-3)
    np.testing.assert_allclose(scene.depth(7) * 0.001, kept[7].depth_m, atol=5.1e-4)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        *(
            ("lowres_wide_intrinsics", content, "color intrinsics file is not 'width height fx fy cx cy'")
            for content in (b"", b"1 2 3", b"a b c d e f", b"128 96 1 1 1 1\n" * 2, b"\xff\xfe", b"1 " * 9999)
        ),
        *(
            ("lowres_wide_intrinsics", content, "color intrinsics do not fit the color image")
            for content in (
                b"256 192 212 212 128 96",
                b"130 96 106 106 64 48",
                b"128 96 nan 106 64 48",
                b"128 96 106 106 64 inf",
                b"128 96 106 106 1.7e308 48",
                b"1e11 96 106 106 64 48",
                b"128 96 -106 106 64 48",
                b"128 96 106 106 640 48",
            )
        ),
        *(("lowres_wide", content, "color file is not an image") for content in (b"", b"\x89PNG", b"text")),
        *(("lowres_depth", content, "depth file is not an image") for content in (b"", b"\x89PNG", b"text")),
    ],
)  # fmt: skip
def test_a_damaged_file_drops_its_frame(load_arkit, arkit_video, name, content, reason):
    files_of(arkit_video, name)[3].write_bytes(content)
    scene = load_arkit(arkit_video)
    assert scene.dropped == {reason: 1}
    assert len(scene.frames) == FRAMES - 1


@pytest.mark.parametrize(("size", "dropped"), [(4096, {}), (4097, 1)])
def test_a_camera_of_more_than_4096_bytes_is_none(load_arkit, arkit_video, size, dropped):
    file = files_of(arkit_video, "lowres_wide_intrinsics")[3]
    text = file.read_bytes() + b"\n"
    file.write_bytes(text + b"\n" * (size - len(text)))
    reason = "color intrinsics file is not 'width height fx fy cx cy'"
    assert load_arkit(arkit_video).dropped == (dropped and {reason: dropped})


@pytest.mark.parametrize("name", ["lowres_wide", "lowres_depth", "lowres_wide_intrinsics", "confidence"])
def test_a_folder_in_the_place_of_a_file_is_survived(load_arkit, arkit_video, name):
    file = files_of(arkit_video, name)[3]
    file.unlink()
    file.mkdir()
    scene = load_arkit(arkit_video)
    if name == "confidence":
        with pytest.raises(InputError, match="confidence file cannot be decoded"):
            scene.depth(3)
    else:
        assert list(scene.dropped.values()) == [1]


def test_a_pipe_in_the_place_of_a_file_is_survived(load_arkit, arkit_video):
    file = files_of(arkit_video, "lowres_wide_intrinsics")[3]
    file.unlink()
    os.mkfifo(file)
    assert list(load_arkit(arkit_video).dropped.values()) == [1]
    part_of(arkit_video, "lowres_wide.traj").unlink()
    os.mkfifo(part_of(arkit_video, "lowres_wide.traj"))
    with pytest.raises(InputError, match=r"lowres_wide\.traj is missing"):
        load_arkit(arkit_video)


def test_poses_that_are_none_drop_their_frames(load_arkit, arkit_video, arkit_views):
    times = [f"{view.time:.3f}" for view in arkit_views]

    def damage(lines):
        lines[0] = f"{times[0]} nan 0 0 0 0 0"
        lines[1] = f"{times[1]} 0 0 0 0 0 inf"
        lines[2] = f"{times[2]} 1e308 1e308 0 0 0 0"
        lines[3] = f"{times[3]} 0 0 0 1e308 1e308 1e308"

    edit_trajectory(arkit_video, damage)
    scene = load_arkit(arkit_video)
    assert scene.dropped == {
        "pose is not finite (tracking was lost)": 3,
        "pose is not a rigid transform": 1,
    }
    np.testing.assert_allclose(scene.depth_camera.intrinsics[0], arkit_views[4].matrix, atol=1e-3)


@pytest.mark.parametrize(
    "content", [b"hello", b"1 2 3", b"nan 0 0 0 0 0 0", b"\xff\n", b"1 " * 40_000, b"1000 0 0 0 0 0 0 0"]
)
def test_a_damaged_trajectory_is_told_in_one_sentence(load_arkit, arkit_video, content):
    part_of(arkit_video, "lowres_wide.traj").write_bytes(content)
    with pytest.raises(InputError, match=r"lowres_wide\.traj") as said:
        load_arkit(arkit_video)
    assert "\n" not in str(said.value)
    assert len(str(said.value)) < 500


def test_a_trajectory_that_is_absent_or_of_another_clock_is_the_scene_s_fault(load_arkit, arkit_video):
    part_of(arkit_video, "lowres_wide.traj").write_text("")
    with pytest.raises(InputError, match="has no usable frame"):
        load_arkit(arkit_video)
    part_of(arkit_video, "lowres_wide.traj").write_text("".join(f"{t} 0 0 0 0 0 0\n" for t in range(5)))
    with pytest.raises(InputError, match=r"has no usable frame \(5 x color file missing\)"):
        load_arkit(arkit_video)
    part_of(arkit_video, "lowres_wide.traj").unlink()
    with pytest.raises(InputError, match=r"lowres_wide\.traj is missing"):
        load_arkit(arkit_video)


def test_confidence_that_does_not_decode_is_told_when_it_is_read(load_arkit, arkit_video):
    file = files_of(arkit_video, "confidence")[3]
    whole = file.read_bytes()
    scene = load_arkit(arkit_video)
    data = (b"IDAT", zlib.compress(b"")), (b"IEND", b"")
    other = png(grey_header(64, 48, 8), (b"IDAT", zlib.compress(bytes(65 * 48))), (b"IEND", b""))
    for content in (
        b"",
        b"text",
        whole[:40],
        whole[:-30],
        png(grey_header(2**31 - 1, 2**31 - 1, 8), *data),
        other,
    ):
        file.write_bytes(content)
        with pytest.raises(InputError, match="confidence file"):
            scene.depth(3)
    kornia_rs.io.write_image_png_u16(str(file), np.full((96, 128, 1), 2, np.uint16), "mono")
    with pytest.raises(InputError, match="confidence file"):
        scene.depth(3)
    file.unlink()
    with pytest.raises(InputError, match="confidence file"):
        scene.depth(3)
    file.write_bytes(png(grey_header(128, 96, 8), (b"IDAT", zlib.compress(bytes(64 << 20))), (b"IEND", b"")))
    assert scene.depth(3).shape == (96, 128)


def test_depth_that_does_not_decode_is_told_when_it_is_read(load_arkit, arkit_video):
    file = files_of(arkit_video, "lowres_depth")[3]
    whole = file.read_bytes()
    for content in (whole[:200], whole[: len(whole) // 2]):
        file.write_bytes(content)
        with pytest.raises(InputError, match="depth file"):
            load_arkit(arkit_video).depth(3)
