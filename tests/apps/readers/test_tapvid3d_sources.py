"""Which clips lie under a path, and of which source and space each is."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from spatialgeom.apps.datagen.readers import choose_reader
from spatialgeom.apps.datagen.readers._tapvid3d import TapVid3dOptions, read_tracks, source_of, space_of
from spatialgeom.apps.datagen.readers.tapvid3d import READER
from spatialgeom.apps.datagen.testing.images import encoded
from spatialgeom.apps.datagen.testing.tapvid3d import (
    members,
    write_adt,
    write_npz,
    write_pstudio,
)
from spatialgeom.apps.errors import InputError, UsageError

ADT = TapVid3dOptions(source="adt")


def load(path, folder, options=None):
    handles = READER.scenes(path, options or TapVid3dOptions())
    assert len(handles) == 1
    return READER.load(handles[0], folder)


def test_a_clip_without_extrinsics(clip, still, tmp_path):
    moving = write_adt(tmp_path / "adt", clip, extrinsics=False)
    with pytest.raises(InputError, match=r"no extrinsics_w2c, .* --tapvid3d\.static_camera true"):
        load(moving, tmp_path / "out")
    found = load(moving, tmp_path / "out", TapVid3dOptions(static_camera=True))
    np.testing.assert_array_equal(found.tracks, clip.points)
    found = load(write_pstudio(tmp_path / "pstudio", still), tmp_path / "out")
    np.testing.assert_array_equal(found.tracks, still.points)
    np.testing.assert_array_equal(found.world_from_camera, [np.eye(4)] * 8)
    assert (found.source, found.space, found.name) == ("pstudio", "basketball", "basketball_3")
    assert "Panoptic" in found.licence
    assert load(moving, tmp_path / "o", TapVid3dOptions(static_camera=True, licence="X")).licence == "X"


def test_drivetrack_has_to_be_asked_for(clip, tmp_path):
    name = "tapvid3d_9142545919543484617_86_000_106_000_2_5AKc-TYQochsSWXpv376cA.npz"
    path = write_npz(tmp_path / name, members(clip))
    with pytest.raises(InputError, match=r"half a metre; .*--tapvid3d\.drivetrack true"):
        load(path, tmp_path / "out")
    found = load(path, tmp_path / "out", TapVid3dOptions(drivetrack=True))
    assert (found.source, found.licence) == ("drivetrack", "unknown")
    assert found.space == "tapvid3d_9142545919543484617_86_000_106_000"


@pytest.mark.parametrize(
    ("stem", "source", "space"),
    [
        ("basketball_3", "pstudio", "basketball"),
        ("juggle_27", "pstudio", "juggle"),
        ("softball_12", "pstudio", "softball"),
        ("160906_band1_00_12", "pstudio", "160906_band1"),
        ("boxes", "pstudio", "boxes"),
        ("7", "pstudio", "7"),
        (
            "Apartment_release_work_skeleton_seq131_M1292_0",
            "adt",
            "Apartment_release_work_skeleton_seq131_M1292",
        ),
        (
            "Apartment_release_multiskeleton_party_seq117_12",
            "adt",
            "Apartment_release_multiskeleton_party_seq117",
        ),
        ("Lite_release_recognition_Mug_2_seq031_4", "adt", "Lite_release_recognition_Mug_2_seq031"),
        ("tracks", "adt", "tracks"),
        ("kitchen_2", "tapvid3d", "kitchen_2"),
        ("tapvid3d_12_86_000_106_000_2_5A-_c", "drivetrack", "tapvid3d_12_86_000_106_000"),
        ("anything_3", "drivetrack", "anything_3"),
    ],
)
def test_the_space_of_a_name(stem, source, space):
    assert space_of(stem, source) == space


@pytest.mark.parametrize(
    ("path", "size", "source"),
    [
        ("/data/tapvid3d_dataset/ADT/x.npz", None, "adt"),
        ("/data/adt_kitchen/tracks.npz", None, "adt"),
        ("/adt/PStudio/x.npz", None, "pstudio"),
        ("/pstudio/new-adt/x.npz", None, "adt"),
        ("/data/my_DriveTrack_clips/x.npz", None, "drivetrack"),
        ("/roadtrip/loadtest/x.npz", None, "tapvid3d"),
        ("/roadtrip/x.npz", (512, 512), "adt"),
        ("/roadtrip/x.npz", (360, 640), "pstudio"),
        ("/roadtrip/x.npz", (640, 360), "tapvid3d"),
        ("/clips/Lite_release_recognition_Mug_2_seq031_4.npz", (360, 640), "adt"),
        ("/adt/tapvid3d_1_2_3_4_5_6_x.npz", None, "drivetrack"),
    ],
)
def test_the_source_of_a_path(path, size, source):
    assert source_of(Path(path), size) == source


def blank_clip(width, height, objects):
    """Return a clip of the size of real ones: one point, two images."""
    images = np.array([encoded(width, height)] * 2, object if objects else None)
    return {
        "images_jpeg_bytes": images,
        "tracks_XYZ": np.tile([[[0.1, 0.2, 1.5]]], (2, 1, 1)),
        "visibility": np.ones((2, 1), bool),
        "fx_fy_cx_cy": np.array([280, 280, width / 2, height / 2]),
    }


@pytest.mark.parametrize("objects", [False, True])
@pytest.mark.parametrize(
    ("size", "source"), [((512, 512), "adt"), ((640, 360), "pstudio"), ((320, 240), "tapvid3d")]
)
def test_the_size_of_its_images_tells_the_source_of_a_clip_without_a_name(tmp_path, size, source, objects):
    poses = np.tile(np.eye(4), (2, 1, 1))
    path = write_npz(tmp_path / "x_4.npz", blank_clip(*size, objects) | {"extrinsics_w2c": poses})
    (handle,) = READER.scenes(path, TapVid3dOptions())
    found = READER.load(handle, tmp_path / "out")
    assert found.source == handle.source == read_tracks(path).source == source
    assert found.space == handle.space == ("x_4" if source == "tapvid3d" else "x")
    assert found.camera.intrinsics[:2, 2].tolist() == [size[0] / 2 - 0.5, size[1] / 2 - 0.5]


def test_a_camera_like_those_of_the_real_clips(tmp_path):
    path = write_npz(tmp_path / "pstudio" / "x_4.npz", blank_clip(512, 512, False))
    assert load(path, tmp_path / "out").camera.intrinsics.tolist() == [
        [280, 0, 255.5],
        [0, 280, 255.5],
        [0, 0, 1],
    ]


def test_what_is_recognised(clip, tmp_path):
    write_adt(tmp_path / "set" / "adt", clip)
    write_adt(tmp_path / "deep" / "a" / "b" / "c", clip)
    np.savez(tmp_path / "poses.npz", poses=np.eye(4))
    (tmp_path / "empty").mkdir()
    (tmp_path / "folder.npz").mkdir()
    (tmp_path / "text.npz").write_text("x")
    known = [tmp_path / "set", tmp_path / "set" / "adt", next((tmp_path / "set" / "adt").iterdir())]
    for path in known:
        assert READER.recognises(path)
        assert choose_reader(str(path), None)[0] is READER
    for name in ("poses.npz", "empty", "folder.npz", "text.npz", "nowhere", "deep"):
        assert not READER.recognises(tmp_path / name), name


def test_the_scenes_of_a_folder(clip, tmp_path):
    write_adt(tmp_path / "adt", clip, chunk=1)
    write_adt(tmp_path / "adt", clip, chunk=0)
    write_pstudio(tmp_path / "pstudio" / "train", clip)
    write_pstudio(tmp_path / "pstudio" / "val", clip)
    # what the published scripts leave: clips not finished, and what copies of a disk have
    write_adt(tmp_path / "adt" / "tmp", clip, chunk=7)
    write_npz(tmp_path / "adt" / "._x.npz", {})
    (tmp_path / "adt" / "folder.npz").mkdir()
    handles = READER.scenes(tmp_path, ADT)
    assert [handle.name for handle in handles] == [
        "Apartment_release_meal_seq136_0",
        "Apartment_release_meal_seq136_1",
        "pstudio_train_basketball_3",
        "pstudio_val_basketball_3",
    ]
    assert {handle.source for handle in handles} == {"adt"}  # by the option
    assert [handle.space for handle in handles[:2]] == ["Apartment_release_meal_seq136"] * 2
    assert all(Path(handle.path).is_file() and handle.options is ADT for handle in handles)
    assert pickle.loads(pickle.dumps(handles)) == handles
    for name in ("nowhere", "adt/folder.npz"):
        with pytest.raises(InputError, match="must be a TAPVid-3D clip"):
            READER.scenes(tmp_path / name, ADT)


def test_links_are_followed_and_keep_their_names(clip, tmp_path):
    blob = write_adt(tmp_path / "store", clip).rename(tmp_path / "store" / "5f3a")
    (tmp_path / "adt").mkdir()
    (tmp_path / "adt" / "kitchen_2.npz").symlink_to(blob)
    (tmp_path / "adt" / "lost.npz").symlink_to(tmp_path / "nowhere")
    for name in ("loop", "loop.npz"):
        (tmp_path / "adt" / name).symlink_to(tmp_path / "adt" / name)
    assert READER.recognises(tmp_path)
    found = load(tmp_path, tmp_path / "out")
    assert (found.name, found.source, found.space) == ("kitchen_2", "adt", "kitchen")


def test_options_that_do_not_fit():
    for options, said in (({"source": "waymo"}, "one of auto, adt, "), ({"stride": 0}, "at least 1, got 0")):
        with pytest.raises(UsageError, match=said):
            TapVid3dOptions(**options)
    assert TapVid3dOptions(source="other").source == "other"


def test_other_is_no_known_source(clip, tmp_path):
    found = load(write_adt(tmp_path / "adt", clip), tmp_path / "out", TapVid3dOptions(source="other"))
    assert (found.source, found.licence, found.space) == ("tapvid3d", "unknown", found.name)
