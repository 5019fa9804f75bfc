"""Damage to a sequence of TUM RGB-D drops frames or ends in a sentence."""

import io
import shutil
import zlib

import numpy as np
import pytest
from PIL import Image

from spatialgeom.apps.datagen.readers.tum_rgbd import READER
from spatialgeom.apps.datagen.testing.images import grey_header, png
from spatialgeom.apps.datagen.testing.tum_rgbd import format_pose, read_lines, write_lines
from spatialgeom.apps.datagen.testing.views import FRAMES
from spatialgeom.apps.errors import InputError


@pytest.mark.parametrize("name", ["rgb.txt", "depth.txt", "groundtruth.txt"])
@pytest.mark.parametrize(
    "content",
    [
        b"hello\n",
        b"1 2 3\n4 five\n5\n",
        b"nan rgb/1.png 0 0 0 0 0 1\n",
        b"inf rgb/1.png\n",
        b"1e300 rgb/1.png\n",
        b"1305031102.1753\n",
        b"\xff\xfe1 2 3 4 5 6 7 8\n",
        b"1 " + b"2 " * 40_000,
        b"1 /etc/passwd\n",
        b"1 ../../secret.png\n",
        b"1 rgb/\0.png\n",
        b"1 0 0 0 0 0 0 1 9\n1 0 0 0 0 0 0\n",
    ],
)
def test_a_damaged_list_is_told_in_one_sentence(load_tum, tum_folder, name, content):
    (tum_folder / name).write_bytes(content)
    with pytest.raises(InputError) as said:
        load_tum(tum_folder)
    assert len(str(said.value)) < 600
    assert "\n" not in str(said.value)


@pytest.mark.parametrize("name", ["rgb.txt", "depth.txt"])
@pytest.mark.parametrize("where", ["/absolute", "..", "rgb/../..", "nul"])
def test_a_sound_image_outside_the_folder_is_refused(load_tum, tum_folder, tum_views, name, where):
    lines = read_lines(tum_folder / name)
    time, own = lines[8].split()
    outside = shutil.copy(tum_folder / own, tum_folder.parent / "outside.png")
    other = {"/absolute": str(outside), "nul": f"{own}\0"}.get(where, f"{where}/outside.png")
    write_lines(tum_folder / name, [*lines[:8], f"{time} {other}", *lines[9:]])
    with pytest.raises(InputError, match=f"{name} must name files in its folder, got "):
        load_tum(tum_folder)


@pytest.mark.parametrize("name", ["rgb.txt", "depth.txt", "groundtruth.txt"])
def test_an_empty_or_vast_list_is_refused(load_tum, tum_folder, name):
    (tum_folder / name).write_bytes(b"")
    with pytest.raises(InputError, match="has no usable frame"):
        load_tum(tum_folder)
    with (tum_folder / name).open("wb") as file:
        file.truncate(1 << 40)  # takes no room on disk
    with pytest.raises(InputError, match="must have at most"):
        load_tum(tum_folder)
    for content in (b"\n" * 300_000, b"#" * 4096):
        (tum_folder / name).write_bytes(content)
        with pytest.raises(InputError, match="has no usable frame"):
            load_tum(tum_folder)
    for content in (b"\n" * 300_001, b"#" * 4097):
        (tum_folder / name).write_bytes(content)
        with pytest.raises(InputError, match="must have at most 300000 lines of at most 4096 bytes"):
            load_tum(tum_folder)


@pytest.mark.parametrize("name", ["rgb.txt", "depth.txt", "groundtruth.txt"])
def test_any_truncation_of_a_list_is_survived(load_tum, tum_folder, name):
    content = (tum_folder / name).read_bytes()
    for kept in range(0, min(len(content), 260), 7):
        (tum_folder / name).write_bytes(content[:kept])
        try:
            scene = load_tum(tum_folder)
        except InputError:
            continue
        assert 0 < len(scene.frames) < FRAMES


def test_a_name_that_no_file_can_have_is_a_missing_file(load_tum, tum_folder):
    colour = read_lines(tum_folder / "rgb.txt")
    depth = read_lines(tum_folder / "depth.txt")
    colour[5] = f"{colour[5].split()[0]} rgb/{'x' * 3000}.png"
    depth[8] = f"{depth[8].split()[0]} depth/ü {'y' * 2000}.png"
    write_lines(tum_folder / "rgb.txt", colour)
    write_lines(tum_folder / "depth.txt", depth)
    assert load_tum(tum_folder).dropped == {"color file missing": 1, "depth file missing": 1}


BOMB = png(grey_header(192, 144), (b"IDAT", zlib.compress(bytes(64 << 20))), (b"IEND", b""))


HUGE = png(grey_header(2**31 - 1, 2**31 - 1), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))


@pytest.mark.parametrize("kind", ["rgb", "depth"])
@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG", b"not a PNG at all", HUGE], ids=["empty", "cut", "text", "huge"]
)
def test_a_damaged_image_drops_its_frame(load_tum, tum_folder, kind, content):
    sorted((tum_folder / kind).iterdir())[3].write_bytes(content)
    scene = load_tum(tum_folder)
    assert list(scene.dropped.values()) == [1]
    assert "file is" in next(iter(scene.dropped))
    assert len(scene.frames) == FRAMES - 1


def test_depth_that_does_not_decode_is_told_when_it_is_read(load_tum, tum_folder, tum_views):
    file = sorted((tum_folder / "depth").iterdir())[3]
    whole = file.read_bytes()
    eight = io.BytesIO()
    Image.fromarray(np.zeros((144, 192), np.uint8)).save(eight, "PNG")
    for content in (whole[:200], whole[: len(whole) // 2], eight.getvalue()):
        file.write_bytes(content)
        scene = load_tum(tum_folder)
        with pytest.raises(InputError, match="depth file"):
            scene.depth(3)
    file.write_bytes(BOMB)
    assert load_tum(tum_folder).depth(3).shape == (144, 192)


def test_a_folder_in_the_place_of_a_file_is_survived(load_tum, tum_folder, tum_views):
    for kind in ("rgb", "depth"):
        file = sorted((tum_folder / kind).iterdir())[3 if kind == "rgb" else 6]
        file.unlink()
        file.mkdir()
    assert load_tum(tum_folder).dropped == {"color file missing": 1, "depth file missing": 1}
    (tum_folder / "rgb.txt").unlink()
    (tum_folder / "rgb.txt").mkdir()
    assert not READER.recognises(tum_folder)


def test_poses_that_are_none_drop_their_frames(load_tum, tum_folder, tum_views):
    track = read_lines(tum_folder / "groundtruth.txt")
    times = [f"{view.time + 0.003:.4f}" for view in tum_views]
    track[3] = f"{times[0]} 1e308 0 0 0 0 0 1"
    track[4] = f"{times[1]} 0 0 0 1e308 1e308 0 0"
    track[5] = f"{times[2]} 0 0 0 0 0 0 0"
    track[6] = f"{times[3]} inf 0 0 0 0 0 1"
    track[7] = format_pose(tum_views[4].time, tum_views[4].pose)
    write_lines(tum_folder / "groundtruth.txt", track)
    scene = load_tum(tum_folder)
    assert scene.dropped == {
        "pose is not a rigid transform": 1,
        "pose is not finite (tracking was lost)": 3,
    }
