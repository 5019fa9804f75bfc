"""ARKitScenes: frames are poses, each with a camera of its own, and rows agree with the room."""

import json
import pickle
import shutil

import numpy as np
import pytest
from PIL import Image

from spatialgeom.apps.datagen.readers import choose_reader
from spatialgeom.apps.datagen.readers.arkitscenes import READER, ArkitscenesOptions
from spatialgeom.apps.datagen.testing.arkitscenes import (
    VIDEO,
    edit_trajectory,
    files_of,
    format_pose,
    part_of,
)
from spatialgeom.apps.datagen.testing.views import FRAMES
from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.records import Dataset


def reprojected_m(scene, first, second, depth_matrices):
    """Return how far the surface that one depth image shows is from what another shows."""
    depth = scene.depth(first) * scene.depth_scale
    v, u = np.nonzero(depth)
    rays = np.stack((u, v, np.ones_like(u)), axis=-1) @ np.linalg.inv(depth_matrices[first]).T
    world = np.c_[rays * depth[v, u, None], np.ones(len(u))] @ scene.world_from_depth[first].T
    seen = world @ np.linalg.inv(scene.world_from_depth[second]).T
    seen = seen[seen[:, 2] > 0.1, :3]
    pixel = np.rint((seen @ depth_matrices[second].T)[:, :2] / seen[:, 2:]).astype(int)
    height, width = depth.shape
    inside = ((pixel >= 0) & (pixel < [width, height])).all(axis=1)
    other = scene.depth(second)[pixel[inside, 1], pixel[inside, 0]] * scene.depth_scale
    return np.abs(other - seen[inside, 2])[other > 0]


@pytest.mark.parametrize("layout", ["3dod", "raw"])
def test_a_scene_holds_what_was_written(load_arkit, arkit_whole, arkit_raw, arkit_views, layout):
    scene = load_arkit(arkit_whole if layout == "3dod" else arkit_raw)
    assert scene.name == scene.space == VIDEO
    assert scene.dropped == {}
    assert scene.frames == tuple(f"{VIDEO}_{view.time:.3f}" for view in arkit_views)
    assert scene.images[3].path == f"lowres_wide/{VIDEO}_{arkit_views[3].time:.3f}.png"
    assert scene.up_known
    assert "CC BY-NC-SA" in scene.licence
    np.testing.assert_allclose(scene.world_from_depth, [view.pose for view in arkit_views], atol=1e-7)
    for camera in (scene.depth_camera, scene.colour_camera):
        assert camera.size == (96, 128)
        np.testing.assert_allclose(camera.intrinsics, [view.matrix for view in arkit_views], atol=1e-3)
    depth = pickle.loads(pickle.dumps(scene.depth))
    np.testing.assert_allclose(depth(7) * scene.depth_scale, arkit_views[7].depth_m, atol=5.1e-4)


def test_a_known_pose_and_camera(load_arkit, arkit_video):
    # world to camera turns by 90 degrees about x: the camera looks along world y, its y axis points down
    edit_trajectory(arkit_video, lambda lines: lines.__setitem__(0, "1000.0 1.5707963268 0 0 1 2 3"))
    files_of(arkit_video, "lowres_wide_intrinsics")[0].write_text("128 96 105.5 106.5 63.5 47.25")
    scene = load_arkit(arkit_video)
    pose = scene.world_from_depth[0]
    np.testing.assert_allclose(pose[:3, :3], [[1, 0, 0], [0, 0, 1], [0, -1, 0]], atol=1e-9)
    np.testing.assert_allclose(pose[:3, 3], [-1, -3, 2], atol=1e-9)
    # 63.5 is 952.5 in the image of 1920 pixels, whose pixels are a fifteenth as large
    shift = 0.5 / 15 - 0.5
    expected = [[105.5, 0, 63.5 + shift], [0, 106.5, 47.25 + shift], [0, 0, 1]]
    np.testing.assert_allclose(scene.depth_camera.intrinsics[0], expected)


def test_each_frame_has_its_own_camera(load_arkit, arkit_whole):
    scene = load_arkit(arkit_whole)
    own = scene.depth_camera.intrinsics
    focal = own[:, 0, 0]
    assert focal.max() / focal.min() > 1.09
    shared = np.broadcast_to(own.mean(axis=0), own.shape)
    right, wrong = (
        np.concatenate([reprojected_m(scene, i, i + 1, matrices) for i in range(0, 30, 3)])
        for matrices in (own, shared)
    )
    # positions are rounded to pixels, which slanted surfaces show
    assert np.median(right) < 0.008
    assert np.median(wrong) > 0.04


@pytest.mark.parametrize("layout", ["3dod", "raw", "vga"])
def test_rows_agree_with_the_room(cli, arkit_whole, arkit_raw, arkit_views, arkit_large, layout, tmp_path):
    colour, seen = ("vga_wide", arkit_large) if layout == "vga" else ("lowres_wide", arkit_views)
    size = seen[0].depth_m.shape
    by_path = {f"{colour}/{VIDEO}_{view.time:.3f}.png": view for view in seen}
    code, said, _ = cli(
        "datagen", "run", arkit_whole if layout == "3dod" else arkit_raw,
        "--out", tmp_path / "out", "--quiet", "--max-per-task", 40, "--arkitscenes.colour", colour,
        "--tasks", "depth_value_coord", "correspondence_coord", "camera_distance", "camera_yaw_angle",
    )  # fmt: skip
    assert code == 0, said
    rows = [(row, json.loads(row["measured"])) for row in Dataset.open(tmp_path / "out").rows()]
    assert {row["task"] for row, _ in rows} >= {
        "depth_value_coord",
        "correspondence_coord",
        "camera_distance",
    }
    assert {(image["width"], image["height"]) for row, _ in rows for image in row["images"]} == {size[::-1]}
    depth_off, pixel_off = [], []
    for row, measured in rows:
        pair = [by_path[image["path"]] for image in row["images"]]
        if row["task"] == "depth_value_coord":
            u, v = round(measured["u_px"]), round(measured["v_px"])
            near = pair[0].depth_m[max(v - 1, 0) : v + 2, max(u - 1, 0) : u + 2]
            depth_off.append(np.abs(near - measured["depth_m"]).min())
        elif row["task"] == "correspondence_coord":
            first, second = pair
            u, v = measured["u1_px"], measured["v1_px"]
            ray = np.linalg.inv(first.matrix) @ [u, v, 1]
            world = first.pose @ [*(ray * first.depth_m[v, u]), 1]
            camera = (np.linalg.inv(second.pose) @ world)[:3]
            pixel = (second.matrix @ camera)[:2] / camera[2]
            pixel_off.append(np.hypot(*(pixel - [measured["u2_px"], measured["v2_px"]])) / size[1])
        elif row["task"] == "camera_distance":
            true = np.linalg.norm(pair[0].pose[:3, 3] - pair[1].pose[:3, 3])
            np.testing.assert_allclose(measured["distance_m"], true, atol=1e-6)
    assert len(depth_off) >= 20
    assert np.median(depth_off) < 0.015
    assert len(pixel_off) >= 20
    # one shared camera would put them 5 % of the way to the border, thus about 1.5 % of the width off
    assert np.median(pixel_off) < 0.01


def test_doubted_depth_is_no_reading(load_arkit, arkit_video, arkit_views):
    confidence = np.full((96, 128), 2, np.uint8)
    confidence[:30], confidence[30:60] = 0, 1
    Image.fromarray(confidence).save(files_of(arkit_video, "confidence")[4])
    for least, first in ((0, 0), (1, 30), (2, 60)):
        depth = load_arkit(arkit_video, least_confidence=least).depth(4) * 0.001
        assert not depth[:first].any()
        np.testing.assert_allclose(depth[first:], arkit_views[4].depth_m[first:], atol=5.1e-4)
    assert not load_arkit(arkit_video).depth(4)[:30].any()


def test_confidence_may_be_absent_where_it_is_not_asked_for(load_arkit, arkit_video):
    shutil.rmtree(part_of(arkit_video, "confidence"))
    with pytest.raises(InputError, match=r"--arkitscenes\.least_confidence 0"):
        load_arkit(arkit_video)
    assert len(load_arkit(arkit_video, least_confidence=0).frames) == FRAMES


def test_larger_images_have_a_camera_of_their_own(load_arkit, arkit_whole, arkit_raw, arkit_large):
    scene = load_arkit(arkit_raw, colour="vga_wide")
    assert scene.colour_camera.size == (192, 256)
    assert scene.depth_camera.size == (96, 128)
    assert scene.images[0].path.startswith("vga_wide/")
    np.testing.assert_allclose(
        scene.colour_camera.intrinsics, [view.matrix for view in arkit_large], atol=2e-3
    )
    with pytest.raises(InputError, match="must have a folder vga_wide, got none; fetch it from the raw part"):
        load_arkit(arkit_whole, colour="vga_wide")


def test_images_between_poses_are_left_alone(load_arkit, arkit_video, arkit_views):
    for name in ("lowres_wide", "lowres_depth", "confidence"):
        shutil.copy(
            files_of(arkit_video, name)[0],
            part_of(arkit_video, name) / f"{VIDEO}_{arkit_views[0].time + 0.017:.3f}.png",
        )
    scene = load_arkit(arkit_video)
    assert scene.dropped == {}
    assert len(scene.frames) == FRAMES


def test_a_pose_belongs_to_an_image_within_two_milliseconds(load_arkit, arkit_video, arkit_views):
    def late(lines):
        lines[5] = format_pose(arkit_views[5].time + 0.0019, arkit_views[5].pose)
        lines[6] = format_pose(arkit_views[6].time + 0.0021, arkit_views[6].pose)

    edit_trajectory(arkit_video, late)
    scene = load_arkit(arkit_video)
    assert scene.dropped == {"color file missing": 1}
    assert f"{VIDEO}_{arkit_views[5].time:.3f}" in scene.frames
    assert f"{VIDEO}_{arkit_views[6].time:.3f}" not in scene.frames
    assert load_arkit(arkit_video, max_time_difference_s=0.004).dropped == {}


def test_names_of_one_frame_may_differ_by_a_millisecond(load_arkit, arkit_video, arkit_views):
    for name, suffix, shift in (("lowres_wide_intrinsics", "pincam", 0.001), ("lowres_depth", "png", -0.001)):
        file = files_of(arkit_video, name)[5]
        file.rename(file.with_name(f"{VIDEO}_{arkit_views[5].time + shift:.3f}.{suffix}"))
    scene = load_arkit(arkit_video)
    assert scene.dropped == {}
    np.testing.assert_allclose(scene.depth_camera.intrinsics[5], arkit_views[5].matrix, atol=1e-3)
    np.testing.assert_allclose(scene.depth(5) * 0.001, arkit_views[5].depth_m, atol=5.1e-4)


def test_stride_takes_every_nth_pose(load_arkit, arkit_whole, arkit_views):
    scene = load_arkit(arkit_whole, stride=5)
    assert scene.frames == load_arkit(arkit_whole).frames[::5]
    np.testing.assert_allclose(
        scene.depth_camera.intrinsics, [view.matrix for view in arkit_views[::5]], atol=1e-3
    )


def test_it_is_recognised_from_each_level(arkit_whole, arkit_raw, tmp_path):
    assert choose_reader(str(arkit_whole), None)[0].name == "arkitscenes"
    for place in (
        arkit_whole,
        arkit_whole / f"{VIDEO}_frames",
        arkit_whole.parent,
        arkit_whole.parents[1],
        arkit_whole.parents[2],
        arkit_raw,
    ):
        assert READER.recognises(place)
        (handle,) = READER.scenes(place, ArkitscenesOptions())
        assert handle.name == VIDEO
    assert not READER.recognises(tmp_path)
    assert not READER.recognises(arkit_whole / f"{VIDEO}_frames" / "lowres_wide")
    assert not READER.recognises(arkit_whole / f"{VIDEO}_3dod_annotation.json")
    with pytest.raises(InputError, match="must be a video's folder"):
        READER.scenes(tmp_path, ArkitscenesOptions())


def test_a_video_without_trajectory_is_a_scene_with_a_fault(arkit_video):
    part_of(arkit_video, "lowres_wide.traj").unlink()
    assert [handle.name for handle in READER.scenes(arkit_video.parent, ArkitscenesOptions())] == [VIDEO]


def test_one_video_in_both_parts_is_named_once(arkit_whole, arkit_raw, tmp_path):
    (tmp_path / "3dod").symlink_to(arkit_whole.parents[1])
    (tmp_path / "raw").symlink_to(arkit_raw.parents[1])
    with pytest.raises(InputError, match="holds video 41048190 twice"):
        READER.scenes(tmp_path, ArkitscenesOptions())


@pytest.mark.parametrize(
    "more",
    [
        {"colour": "wide"},
        {"least_confidence": 3},
        {"least_confidence": -1},
        {"max_time_difference_s": 0.0},
        {"max_time_difference_s": np.nan},
        {"stride": 0},
    ],
)
def test_options_that_cannot_be_are_refused(more):
    with pytest.raises(UsageError, match=f"arkitscenes.{next(iter(more))} must be"):
        ArkitscenesOptions(**more)
