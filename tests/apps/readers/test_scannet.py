"""ScanNet as downloaded: its layouts, and what a file's headers say of its frames or lose."""

import os
import pickle
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from spatialgeom.apps.datagen.readers import choose_reader, rgbd_folder
from spatialgeom.apps.datagen.readers.scannet import READER, ScannetOptions
from spatialgeom.apps.datagen.testing.sens import (
    LOST,
    PLAIN_CAMERA,
    plain_frame,
    plain_image,
    plain_pose,
    write_sens,
    write_sens_from_folder,
)
from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.images import open_image

SCAN = "scene0011_01"  # of sens_path


def load(path, **options):
    (handle,) = READER.scenes(path, ScannetOptions(**options))
    return READER.load(handle, path.parent)


def written(path, camera=PLAIN_CAMERA, frames=None, **options):
    write_sens(path, camera, [plain_frame(number) for number in range(6)] if frames is None else frames)
    return load(path, **options)


def test_a_scan_says_what_it_holds(sens_path):
    scene = written(sens_path)
    assert (scene.name, scene.space, scene.source) == (SCAN, "scene0011", "scannet")
    assert scene.frames == ("000000", "000001", "000002", "000003", "000004", "000005")
    assert scene.root == str(sens_path.parent)
    assert scene.depth_camera.size == PLAIN_CAMERA.depth_size
    assert scene.colour_camera.size == PLAIN_CAMERA.colour_size
    np.testing.assert_array_equal(scene.depth_camera.intrinsics, PLAIN_CAMERA.depth)
    np.testing.assert_array_equal(scene.colour_camera.intrinsics, PLAIN_CAMERA.colour)
    np.testing.assert_array_equal(scene.colour_from_depth, np.eye(4))
    np.testing.assert_array_equal(scene.world_from_depth, [plain_pose(number) for number in range(6)])
    assert scene.depth_scale == 0.001
    assert scene.up_known
    assert scene.points is scene.objects is scene.labels is None
    assert scene.licence == "ScanNet Terms of Use"
    assert scene.dropped == {}
    assert pickle.loads(pickle.dumps(scene.depth))(5)[0, 0] == 1005


@pytest.mark.parametrize(("kind", "codec"), [("JPEG", 2), ("PNG", 1)])
def test_images_are_addressed_within_the_file(sens_path, kind, codec):
    frames = [plain_frame(number, colour=plain_image(kind=kind, shade=20 * number)) for number in range(4)]
    scene = written(sens_path, replace(PLAIN_CAMERA, colour_codec=codec), frames)
    for number, image in enumerate(scene.images):
        assert image.path == f"{SCAN}.sens"
        shown = np.asarray(open_image(replace(image, path=str(sens_path))))
        assert shown.shape == (*PLAIN_CAMERA.colour_size, 3)
        assert abs(int(shown[0, 0, 0]) - 20 * number) < 5


def test_a_sens_file_reads_as_the_folder_it_was_made_from(whole_folder, tmp_path):
    file = tmp_path / "box.sens"
    write_sens_from_folder(whole_folder.path, file)
    (handle,) = rgbd_folder.READER.scenes(whole_folder.path, rgbd_folder.RgbdFolderOptions())
    expected, scene = rgbd_folder.READER.load(handle, tmp_path), load(file)
    np.testing.assert_allclose(scene.world_from_depth, expected.world_from_depth, atol=1e-6)
    np.testing.assert_array_equal(scene.depth_camera.intrinsics, expected.depth_camera.intrinsics)
    for number in range(0, len(expected.frames), 7):
        np.testing.assert_array_equal(scene.depth(number), expected.depth(number))


def test_layouts_that_are_recognised(sens_path, tmp_path):
    written(sens_path)
    for place in (sens_path, sens_path.parent, tmp_path / "scans", tmp_path):
        assert READER.recognises(place)
        assert choose_reader(str(place), None)[0] is READER
        (handle,) = READER.scenes(place, ScannetOptions())
        assert (handle.name, handle.path) == (SCAN, str(sens_path))


def test_layouts_that_are_not(tmp_path):
    for name in (
        "color/0.jpg", "scene0000_00/color/0.jpg", "scene0000_00/scene0000_00.txt", "scene0000_00.txt",
        "scene0000_00/other.sens", "a/b/scene0000_00/scene0000_00.sens", "sens/x",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for place in (tmp_path, tmp_path / "color", tmp_path / "scene0000_00.txt", tmp_path / "nowhere.sens"):
        assert not READER.recognises(place)
        with pytest.raises(InputError, match=r"must be a \.sens file"):
            READER.scenes(place, ScannetOptions())


def test_a_large_collection_is_recognised_by_its_first_scan(tmp_path, monkeypatch):
    for number in range(300):
        (tmp_path / f"scene{number:04d}_00").mkdir()
        (tmp_path / f"scene{number:04d}_00" / f"scene{number:04d}_00.sens").touch()
    looks = []
    exists = os.path.lexists
    monkeypatch.setattr(os.path, "lexists", lambda path: looks.append(path) or exists(path))
    assert READER.recognises(tmp_path)
    assert len(looks) == 1
    assert len(READER.scenes(tmp_path, ScannetOptions())) == 300


def test_a_link_to_nowhere_is_a_scan_that_cannot_be_read(sens_path, tmp_path):
    sens_path.symlink_to(tmp_path / "gone")
    for place in (sens_path, sens_path.parent, tmp_path):
        assert READER.recognises(place)
        with pytest.raises(InputError, match=r"scene0011_01\.sens must be a file"):
            load(place)


def test_scans_are_sorted_and_named_after_their_files(sens_path, tmp_path):
    for name in ("scene0707_00", "apt0"):
        folder = tmp_path / "scans_test" / name
        folder.mkdir(parents=True)
        (folder / f"{name}.sens").touch()
    written(sens_path)
    handles = READER.scenes(tmp_path, ScannetOptions())
    assert [handle.name for handle in handles] == [SCAN, "apt0", "scene0707_00"]


def test_a_capture_of_another_name_is_its_own_space_and_its_up_unknown(tmp_path):
    scene = written(tmp_path / "my kitchen ü.sens")
    assert (scene.name, scene.space, scene.up_known) == ("my kitchen ü", "my kitchen ü", False)
    assert scene.licence == "unknown"
    assert load(tmp_path / "my kitchen ü.sens", licence="mine").licence == "mine"
    (tmp_path / "my kitchen ü.txt").write_text("axisAlignment = 1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1\n")
    assert load(tmp_path / "my kitchen ü.sens").up_known


def test_files_beside_a_link_belong_to_its_scan(sens_path, tmp_path):
    write_sens(tmp_path / "blob", PLAIN_CAMERA, [plain_frame()])
    sens_path.symlink_to(tmp_path / "blob")
    (sens_path.parent / f"{SCAN}.txt").write_text("axisAlignment = 1 0 0 7 0 1 0 0 0 0 1 0 0 0 0 1\r\n")
    scene = load(sens_path)
    assert scene.world_from_depth[0, 0, 3] == 7
    assert scene.root == str(sens_path.parent)
    assert scene.depth(0)[0, 0] == 1000


def scaled(factor):
    found = plain_pose()
    found[:3, :3] *= factor ** (1 / 3)
    return found


def moved(metres):
    found = plain_pose()
    found[1, 3] = metres
    return found


LOST_REASON = "pose is not finite (tracking was lost)"
RIGID_REASON = "pose is not a rigid transform"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"pose": LOST}, LOST_REASON),
        ({"pose": moved(np.nan)}, LOST_REASON),
        ({"pose": np.zeros((4, 4))}, RIGID_REASON),
        ({"pose": -plain_pose()}, RIGID_REASON),
        ({"pose": np.diag([1.0, 1, -1, 1])}, RIGID_REASON),
        ({"pose": np.diag([1.0, 1, 1, 0.998])}, RIGID_REASON),
        ({"pose": plain_pose(5).T}, RIGID_REASON),
        ({"pose": np.full((4, 4), 3e38)}, RIGID_REASON),
        ({"pose": scaled(1.051)}, RIGID_REASON),
        ({"pose": scaled(0.949)}, RIGID_REASON),
        ({"pose": moved(10_001)}, RIGID_REASON),
        ({"pose": moved(-10_001)}, RIGID_REASON),
        ({"colour": b""}, "colour image is not a JPEG"),
        ({"colour": plain_image(kind="PNG")}, "colour image is not a JPEG"),
        ({"depth": b""}, "depth data cannot be a map of the declared size"),
        ({"depth": bytes(5000)}, "depth data cannot be a map of the declared size"),
    ],
)
def test_a_frame_with_a_fault_is_dropped(sens_path, changes, reason):
    scene = written(
        sens_path,
        frames=[plain_frame(0), plain_frame(1, **changes), plain_frame(2), plain_frame(3, **changes)],
    )
    assert scene.frames == ("000000", "000002")
    assert scene.dropped == {reason: 2}
    assert len(scene.images) == len(scene.world_from_depth) == 2
    assert [scene.depth(number)[0, 0] for number in range(2)] == [1000, 1002]


@pytest.mark.parametrize(
    "found", [scaled(1.049), scaled(0.951), np.diag([1, 1, 1, 0.9995]), moved(10_000), moved(-10_000)]
)
def test_a_pose_at_the_bound_is_kept(sens_path, found):
    assert written(sens_path, frames=[plain_frame(pose=found)]).dropped == {}


def test_a_scan_without_a_usable_frame_is_refused(sens_path):
    with pytest.raises(InputError, match=r"no usable frame \(2 x pose is not finite .*; 1 x colour image"):
        written(sens_path, frames=[plain_frame(pose=LOST), plain_frame(pose=LOST), plain_frame(colour=b"")])
    with pytest.raises(InputError, match="it has no frames at all"):
        written(sens_path, frames=[])


def test_every_other_frame_is_used_and_counted(sens_path):
    frames = [
        plain_frame(number, pose=LOST if number in (1, 2, 3) else plain_pose(number)) for number in range(7)
    ]
    scene = written(sens_path, frames=frames, stride=2)
    assert scene.frames == ("000000", "000004", "000006")
    assert scene.dropped == {LOST_REASON: 1}


@pytest.mark.parametrize(
    ("stride", "kept", "missing"), [(1, 4, 3), (2, 2, 2), (3, 2, 1), (5, 1, 1), (7, 1, 0)]
)
def test_a_truncated_file_keeps_its_whole_frames(sens_path, stride, kept, missing):
    write_sens(sens_path, PLAIN_CAMERA, [plain_frame(number) for number in range(7)])
    whole = load(sens_path)
    os.truncate(sens_path, whole.depth.offsets[4] + 1)
    scene = load(sens_path, stride=stride)
    assert len(scene.frames) == kept
    assert scene.dropped == ({"file ends before the frame does": missing} if missing else {})


def test_a_header_with_another_colour_size_is_refused(sens_path):
    frames = [plain_frame(colour=plain_image((48, 65)))]
    with pytest.raises(InputError, match="64x48 as its header says, but frame 0 is 65x48"):
        written(sens_path, frames=frames)
    broken = plain_frame(colour=b"\xff\xd8\xff" + bytes(100))
    assert len(written(sens_path, frames=[broken] * 15 + [plain_frame()]).frames) == 16
    with pytest.raises(InputError, match="frame 15 is 65x48"):
        written(sens_path, frames=[broken] * 15 + frames)
    with pytest.raises(InputError, match="none of the first 16 is one"):
        written(sens_path, frames=[broken] * 16 + [plain_frame()])


def test_an_image_beyond_the_bomb_limit_is_refused(sens_path, monkeypatch):
    # an image of twice the limit is another error of the decoder's
    for limit in (48 * 64 - 1, 48 * 64 // 2 - 1):
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        with pytest.raises(InputError, match="must hold colour images"):
            written(sens_path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 48 * 64)
    assert len(load(sens_path).frames) == 6


@pytest.mark.parametrize("kind", ["colour", "depth"])
@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        (np.diag([2.0, 2, 1]) @ PLAIN_CAMERA.colour, "does not fit the"),
        (PLAIN_CAMERA.colour + np.eye(3, k=1), "pinhole without skew"),
        (PLAIN_CAMERA.colour * [[-1], [1], [1]], "pinhole without skew"),
        (PLAIN_CAMERA.colour * np.nan, "must hold camera matrices"),
        (PLAIN_CAMERA.colour + np.diag([0, np.nan, 0]), "pinhole without skew"),
        (PLAIN_CAMERA.colour + np.diag([1, 0], k=-1), "must hold camera matrices"),
        (PLAIN_CAMERA.colour + np.diag([0, 1], k=-1), "must hold camera matrices"),
        (PLAIN_CAMERA.colour * 0, "must hold camera matrices"),
    ],
)
def test_intrinsics_that_do_not_fit_are_refused(sens_path, kind, matrix, said):
    with pytest.raises(InputError, match=said):
        written(sens_path, replace(PLAIN_CAMERA, **{kind: matrix}))


def test_depth_units_are_the_header_s(sens_path):
    assert written(sens_path, replace(PLAIN_CAMERA, depth_shift=5000.0)).depth_scale == 0.0002


def turned(degrees, shift):
    angle = np.radians(degrees)
    found = np.eye(4)
    found[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    found[:3, 3] = shift
    return found


def test_two_cameras_are_told_apart_by_the_header_alone(sens_path):
    first, second = turned(90, [0.1, 0.2, 0.3]), turned(0, [0.5, 0, 0])
    (sens_path.parent / f"{SCAN}.txt").write_text(f"colorToDepthExtrinsics = {'9 ' * 16}\n")
    scene = written(sens_path, replace(PLAIN_CAMERA, depth_extrinsic=first))
    np.testing.assert_allclose(scene.colour_from_depth, first, atol=1e-7)
    scene = written(sens_path, replace(PLAIN_CAMERA, colour_extrinsic=second, depth_extrinsic=first))
    np.testing.assert_allclose(scene.colour_from_depth, turned(90, [-0.4, 0.2, 0.3]), atol=1e-7)
    for unknown in (np.zeros((4, 4)), LOST, np.full((4, 4), np.nan)):
        scene = written(sens_path, replace(PLAIN_CAMERA, colour_extrinsic=second, depth_extrinsic=unknown))
        np.testing.assert_array_equal(scene.colour_from_depth, np.eye(4))


def test_a_stride_below_one_is_refused():
    with pytest.raises(UsageError, match=r"scannet\.stride must be at least 1, got 0"):
        ScannetOptions(stride=0)
