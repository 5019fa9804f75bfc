"""TUM RGB-D: images, depth and poses are paired by time, and rows agree with the room."""

import json
import pickle
import shutil

import numpy as np
import pytest
from PIL import Image

from spatialgeom.apps.datagen.readers import choose_reader
from spatialgeom.apps.datagen.readers.tum_rgbd import _INTRINSICS as TUM_INTRINSICS
from spatialgeom.apps.datagen.readers.tum_rgbd import READER, TumRgbdOptions
from spatialgeom.apps.datagen.synthetic import build_room
from spatialgeom.apps.datagen.testing.tum_rgbd import format_pose, read_lines, write_lines, write_tum_rgbd
from spatialgeom.apps.datagen.testing.views import FRAMES, room_views
from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.records import Dataset


def test_a_scene_holds_what_was_written(load_tum, tum_whole, tum_views):
    scene = load_tum(tum_whole)
    assert scene.name == scene.space == "rgbd_dataset_made_up"
    assert scene.dropped == {}
    assert scene.frames == tuple(f"{view.time:.6f}" for view in tum_views)
    assert scene.up_known
    assert scene.licence == "CC BY 4.0"
    np.testing.assert_allclose(scene.world_from_depth, [view.pose for view in tum_views], atol=1e-7)
    np.testing.assert_allclose(scene.depth_camera.intrinsics, tum_views[0].matrix)
    assert scene.depth_camera.size == scene.colour_camera.size == tum_views[0].depth_m.shape
    depth = pickle.loads(pickle.dumps(scene.depth))
    for frame in (0, FRAMES - 1):
        np.testing.assert_allclose(depth(frame) * scene.depth_scale, tum_views[frame].depth_m, atol=1.1e-4)


def test_rows_agree_with_the_room(cli, tum_whole, tum_views, tum_options, tmp_path):
    out = tmp_path / "out"
    matrix = tum_options().intrinsics
    code, said, _ = cli(
        "datagen", "run", tum_whole, "--out", out, "--quiet", "--max-per-task", 40,
        "--tum_rgbd.intrinsics", str(matrix),
    )  # fmt: skip
    assert code == 0, said
    by_path = {f"rgb/{view.time:.6f}.png": view for view in tum_views}
    rows = list(Dataset.open(out).rows())
    assert {row["source"] for row in rows} == {"tum_rgbd"}
    depths = [(row, json.loads(row["measured"])) for row in rows if row["task"] == "depth_value_coord"]
    assert len(depths) >= 20
    off = []
    for row, measured in depths:
        view = by_path[row["images"][0]["path"]]
        u, v = round(measured["u_px"]), round(measured["v_px"])
        near = view.depth_m[max(v - 1, 0) : v + 2, max(u - 1, 0) : u + 2]
        off.append(np.abs(near - measured["depth_m"]).min())
    assert np.median(off) < 0.01
    moved = [row for row in rows if row["task"] == "camera_distance"]
    assert moved
    for row in moved:
        first, second = (by_path[image["path"]].pose[:3, 3] for image in row["images"])
        distance = json.loads(row["measured"])["distance_m"]
        np.testing.assert_allclose(distance, np.linalg.norm(second - first), atol=1e-6)
    assert {"camera_yaw_angle", "correspondence_coord"} <= {row["task"] for row in rows}


def test_it_is_recognised_alone_and_among_others(tum_whole, tmp_path):
    assert choose_reader(str(tum_whole), None)[0].name == "tum_rgbd"
    assert choose_reader(str(tum_whole.parent), None)[0].name == "tum_rgbd"
    for name in ("rgb.txt", "depth.txt", "groundtruth.txt"):
        part = shutil.copytree(tum_whole, tmp_path / name.removesuffix(".txt"))
        (part / name).unlink()
        assert not READER.recognises(part)
    assert not READER.recognises(tmp_path)
    assert not READER.recognises(tum_whole / "rgb.txt")
    with pytest.raises(InputError, match=r"must hold rgb\.txt, depth\.txt, groundtruth\.txt"):
        READER.scenes(tmp_path / "rgb", TumRgbdOptions())


def test_several_sequences_are_scenes_by_their_names(tum_whole, tmp_path):
    for name in ("b_freiburg1_desk", "a_freiburg2_xyz"):
        shutil.copytree(tum_whole, tmp_path / name)
    (tmp_path / "notes").mkdir()
    handles = READER.scenes(tmp_path, TumRgbdOptions())
    assert [handle.name for handle in handles] == ["a_freiburg2_xyz", "b_freiburg1_desk"]


def test_frames_without_partner_are_dropped_each_under_one_reason(load_tum, tum_folder, tum_views):
    depth = read_lines(tum_folder / "depth.txt")
    del depth[3 + 4]  # of image 4
    write_lines(tum_folder / "depth.txt", depth)
    (tum_folder / "depth" / f"{tum_views[7].time + 0.004:.6f}.png").unlink()
    (tum_folder / "rgb" / f"{tum_views[9].time:.6f}.png").unlink()
    track = read_lines(tum_folder / "groundtruth.txt")
    del track[3 + 12]
    track[3 + 20] = f"{tum_views[21].time:.4f} 0 0 0 nan 0 0 1"
    track[3 + 21] = f"{tum_views[22].time:.4f} 0 0 0 0 0 0 0.98"
    write_lines(tum_folder / "groundtruth.txt", track)
    scene = load_tum(tum_folder)
    assert scene.dropped == {
        "no depth image within 0.02 s of the colour image": 1,
        "depth file missing": 1,
        "color file missing": 1,
        "no pose within 0.02 s of the colour image": 1,
        "pose is not finite (tracking was lost)": 2,
    }
    assert len(scene.frames) == FRAMES - 6
    kept = [view for view in tum_views if f"{view.time:.6f}" in scene.frames]
    np.testing.assert_allclose(scene.world_from_depth, [view.pose for view in kept], atol=1e-7)
    np.testing.assert_allclose(scene.depth(5) * scene.depth_scale, kept[5].depth_m, atol=1.1e-4)


def test_a_depth_image_serves_one_colour_image_the_closest(load_tum, tum_folder, tum_views):
    # a second colour image 6 ms before image 5 is farther from its depth
    colour = read_lines(tum_folder / "rgb.txt")
    name = f"rgb/{tum_views[5].time:.6f}.png"
    shutil.copy(tum_folder / name, tum_folder / "rgb" / "again.png")
    colour.append(f"{tum_views[5].time - 0.006:.6f} rgb/again.png")
    write_lines(tum_folder / "rgb.txt", colour)
    scene = load_tum(tum_folder)
    assert scene.dropped == {"no depth image within 0.02 s of the colour image": 1}
    assert "again" not in scene.frames
    assert len(scene.frames) == FRAMES


def test_order_of_lines_and_repeated_lines_do_not_matter(load_tum, tum_whole, tum_folder):
    for name in ("rgb.txt", "depth.txt", "groundtruth.txt"):
        lines = read_lines(tum_folder / name)
        write_lines(tum_folder / name, [*lines[:3], *reversed(lines[3:]), "", *lines[5:9]])
    scene, sound = load_tum(tum_folder), load_tum(tum_whole)
    assert scene.frames == sound.frames
    assert scene.dropped == {}
    np.testing.assert_array_equal(scene.world_from_depth, sound.world_from_depth)
    assert [path.name for path in scene.depth.paths] == [path.name for path in sound.depth.paths]


def test_of_an_image_that_is_listed_twice_the_earlier_time_counts(load_tum, tum_folder, tum_views):
    colour = read_lines(tum_folder / "rgb.txt")
    colour.insert(3, f"{tum_views[5].time + 0.05:.6f} rgb/./{tum_views[5].time:.6f}.png")
    write_lines(tum_folder / "rgb.txt", colour)
    scene = load_tum(tum_folder)
    assert scene.dropped == {}
    assert len(scene.frames) == FRAMES


def test_stride_takes_every_nth_colour_image(load_tum, tum_whole):
    assert load_tum(tum_whole, stride=5).frames == load_tum(tum_whole).frames[::5]


def test_up_turns_the_world_or_is_unknown(load_tum, tum_whole, tum_views):
    turned = load_tum(tum_whole, up=[0.0, 1.0, 0.0])
    np.testing.assert_allclose(
        turned.world_from_depth[:, 2, 3], [view.pose[1, 3] for view in tum_views], atol=1e-7
    )
    assert turned.up_known
    unknown = load_tum(tum_whole, up=None)
    assert not unknown.up_known
    np.testing.assert_array_equal(unknown.world_from_depth, load_tum(tum_whole).world_from_depth)


@pytest.fixture(scope="module")
def vga(tmp_path_factory):
    """A sound sequence of two frames of the size of real ones."""
    folder = tmp_path_factory.mktemp("tum") / "vga"
    write_tum_rgbd(folder, room_views(build_room(0, 0), 2, (480, 640), rate=1))
    return folder


def test_the_camera_that_a_name_tells_is_in_the_fingerprint(load_tum, vga, tmp_path):
    found = set()
    for name in ("freiburg1", "freiburg2", "freiburg2_again"):
        shutil.copytree(vga, tmp_path / name)
        found.add(load_tum(tmp_path / name, intrinsics=None).fingerprint)
    assert len(found) == 2


@pytest.mark.parametrize(
    ("name", "fx", "cy"),
    [
        ("rgbd_dataset_freiburg1_desk", 530.1765, 254.3667),
        ("fr2_xyz", 533.0271, 249.1228),
        ("rgbd_dataset_freiburg3_long_office_household", 535.433105, 247.632132),
    ],
)
def test_the_folder_names_the_camera(load_tum, vga, tmp_path, name, fx, cy):
    shutil.copytree(vga, tmp_path / name)
    matrix = load_tum(tmp_path / name, intrinsics=None).colour_camera.intrinsics
    assert matrix[0, 0] == fx
    assert matrix[1, 2] == cy


@pytest.mark.parametrize(
    ("kinect", "calibration", "rms_px"),
    [
        (
            "1",
            (
                517.306408,
                516.469215,
                318.643040,
                255.313989,
                0.262383,
                -0.953104,
                -0.005358,
                0.002628,
                1.163314,
            ),
            1.6,
        ),
        (
            "2",
            (
                520.908620,
                521.007327,
                325.141442,
                249.701764,
                0.231222,
                -0.784899,
                -0.003257,
                -0.000105,
                0.917205,
            ),
            1.2,
        ),
    ],
)
def test_the_camera_of_distorted_images_is_the_nearest_pinhole(kinect, calibration, rms_px):
    fx, fy, cx, cy, k1, k2, p1, p2, k3 = calibration
    v, u = np.mgrid[:480:4, :640:4].astype(float)
    x, y = x_seen, y_seen = (u - cx) / fx, (v - cy) / fy
    for _ in range(200):
        square = x * x + y * y
        radial = 1 + k1 * square + k2 * square**2 + k3 * square**3
        x, y = (
            (x_seen - 2 * p1 * x * y - p2 * (square + 2 * x * x)) / radial,
            (y_seen - p1 * (square + 2 * y * y) - 2 * p2 * x * y) / radial,
        )
    matrix = TUM_INTRINSICS[kinect]
    np.testing.assert_allclose(np.polyfit(x.ravel(), u.ravel(), 1), [matrix[0], matrix[2]], atol=2e-3)
    np.testing.assert_allclose(np.polyfit(y.ravel(), v.ravel(), 1), [matrix[1], matrix[3]], atol=2e-3)
    off = np.hypot(matrix[0] * x + matrix[2] - u, matrix[1] * y + matrix[3] - v)
    assert np.sqrt(np.mean(off**2)) < rms_px


@pytest.mark.parametrize("name", ["made_up", "freiburg12", "freiburg4", "xfr1"])
def test_a_folder_that_names_no_camera_asks_for_it(load_tum, vga, tmp_path, name):
    shutil.copytree(vga, tmp_path / name)
    with pytest.raises(InputError, match=r"--tum_rgbd\.intrinsics"):
        load_tum(tmp_path / name, intrinsics=None)


def test_intrinsics_of_another_size_are_refused(load_tum, tum_whole):
    with pytest.raises(InputError, match="does not fit the colour images of 192x144"):
        load_tum(tum_whole, intrinsics=[525.0, 525.0, 319.5, 239.5])


def test_depth_that_is_not_registered_is_refused(load_tum, tum_folder):
    for file in (tum_folder / "depth").iterdir():
        Image.fromarray(np.ones((72, 96), np.uint16)).save(file)
    with pytest.raises(InputError, match="registered to colour, got colour images of 192x144"):
        load_tum(tum_folder)


@pytest.mark.parametrize(
    "more",
    [
        {"intrinsics": [1.0, 2.0, 3.0]},
        {"intrinsics": [1.0, 2.0, 3.0, np.nan]},
        {"up": [0.0, 0.0, 0.0]},
        {"up": [0.0, 1.0]},
        {"stride": 0},
        {"depth_scale": 0.0},
        {"depth_scale": np.inf},
        {"max_time_difference_s": np.nan},
        {"max_time_difference_s": -1.0},
    ],
)
def test_options_that_cannot_be_are_refused(more):
    with pytest.raises(UsageError, match=f"tum_rgbd.{next(iter(more))} must be"):
        TumRgbdOptions(**more)


def test_the_fingerprint_follows_what_labels_depend_on(load_tum, tum_folder, tum_views):
    first = load_tum(tum_folder).fingerprint
    assert load_tum(tum_folder).fingerprint == first
    assert load_tum(tum_folder, depth_scale=0.0002001).fingerprint != first
    track = read_lines(tum_folder / "groundtruth.txt")
    moved = tum_views[3].pose.copy()
    moved[0, 3] += 1e-6
    track[6] = format_pose(tum_views[3].time + 0.003, moved)
    write_lines(tum_folder / "groundtruth.txt", track)
    assert load_tum(tum_folder).fingerprint != first
