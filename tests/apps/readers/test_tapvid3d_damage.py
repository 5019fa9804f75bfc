"""A clip at fault is one sentence, a frame at fault is dropped, and nothing in it is run."""

import pickle
import struct

import numpy as np
import pytest

from spatialgeom.apps.datagen.readers._clip_images import image_header
from spatialgeom.apps.datagen.readers._tapvid3d import TapVid3dOptions, read_tracks
from spatialgeom.apps.datagen.readers.tapvid3d import READER
from spatialgeom.apps.datagen.testing.images import encoded, grey_header, png
from spatialgeom.apps.datagen.testing.tapvid3d import (
    members,
    npy_bytes,
    write_adt,
    write_changed,
)
from spatialgeom.apps.errors import InputError


def load(path, folder, options=None):
    handles = READER.scenes(path, options or TapVid3dOptions())
    assert len(handles) == 1
    return READER.load(handles[0], folder)


def changed(clip, changes):
    return np.array([changes.get(i, image) for i, image in enumerate(clip.images)], object)


def test_a_frame_at_fault_is_dropped_and_counted(clip, tmp_path):
    poses = clip.camera_from_world.copy()
    poses[0] = -np.inf
    poses[1, 1, 2] = np.nan
    poses[2, :3, :3] *= 2
    changes = {
        4: b"no image",
        5: clip.images[5][:-80],
        6: encoded(64, 48),
    }
    images = changed(clip, changes)
    path = write_changed(tmp_path, clip, extrinsics_w2c=poses, images_jpeg_bytes=images)
    found = load(path, tmp_path / "out")
    assert found.frames == ("000003", "000007")
    assert found.dropped == {
        "pose is not finite (tracking was lost)": 2,
        "pose is not a rigid transform": 1,
        "image is no JPEG or PNG": 1,
        "image is truncated": 1,
        "image size differs from the other frames": 1,
    }
    np.testing.assert_allclose(found.tracks, clip.world[[3, 7]], atol=1e-12)
    assert found.tracks.shape[0] == len(found.images) == len(found.world_from_camera) == len(found.visible)


@pytest.mark.parametrize(
    "last", [[0, 0, 0, 0], [0, 0, 0, 2], [0.1, 0, 0, 1]], ids=["zero", "scaled", "projective"]
)
def test_a_pose_whose_last_row_is_none_is_dropped(clip, tmp_path, last):
    poses = clip.camera_from_world.copy()
    poses[0, 3] = last
    poses[1, :3, 0] *= -1
    poses[2, 0, 3] = 1e300
    found = load(write_changed(tmp_path, clip, extrinsics_w2c=poses), tmp_path / "out")
    assert found.dropped == {"pose is not a rigid transform": 3}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"images_jpeg_bytes": None}, "no images_jpeg_bytes, and tracks alone give no questions"),
        ({"tracks_XYZ": None}, "has no tracks_XYZ"),
        ({"visibility": None}, "has no visibility"),
        ({"fx_fy_cx_cy": None}, "has no fx_fy_cx_cy"),
        ({"visibility": np.ones((8, 3), bool)}, r"array of 8 x 672 of kind b or u or i, got 8 x 3"),
        ({"visibility": np.ones((672, 8), bool)}, "visibility must be an array of 8 x 672"),
        ({"extrinsics_w2c": np.zeros((7, 4, 4))}, "extrinsics_w2c must be an array of 8 x 4 x 4"),
        ({"extrinsics_w2c": np.full((8, 4, 4), np.nan)}, r"no usable frame \(8 x pose is not finite"),
        ({"fx_fy_cx_cy": np.array([90, 90, 300, 48.0])}, r"centre at \(300, 48\), .* images of 128x96"),
        ({"fx_fy_cx_cy": np.array([90, 90, np.nan, 48.0])}, "must be fx, fy, cx, cy in pixels"),
        ({"fx_fy_cx_cy": np.array([-90, 90, 64, 48.0])}, "must be fx, fy, cx, cy in pixels"),
        ({"fx_fy_cx_cy": np.eye(3)}, "must be an array of 4 of kind"),
        ({"queries_xyt": np.zeros((672, 2))}, "queries_xyt must be an array of N x 3"),
        ({"images_jpeg_bytes": np.array([b"x"] * 8)}, "no JPEG or PNG image"),
        ({"images_jpeg_bytes": np.array([encoded(128, 96)] * 7)}, "7 images and tracks of 8 frames"),
        ({"images_jpeg_bytes": np.zeros((8, 96, 128, 3), np.uint8)}, "got 8 x 96 x 128 x 3 of kind u"),
    ],
)  # fmt: skip
def test_a_clip_at_fault_is_one_sentence(clip, tmp_path, changes, said):
    path = write_changed(tmp_path, clip, **changes)
    with pytest.raises(InputError, match=said) as fault:
        load(path, tmp_path / "out")
    assert "\n" not in str(fault.value)
    assert not (tmp_path / "out").exists()


class Call:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def test_a_clip_whose_images_would_run_code_runs_none(clip, tmp_path):
    mark = tmp_path / "ran"
    array = members(clip, objects=True)["images_jpeg_bytes"]
    array[3] = Call(eval, f"open({str(mark)!r}, 'w').close()")
    content = npy_bytes(array)
    assert pickle.loads(content[content.index(b"\x80\x04") :])[3] is None
    assert mark.exists()
    mark.unlink()
    with pytest.raises(InputError, match="images_jpeg_bytes is damaged or holds more than"):
        load(write_changed(tmp_path, clip, images_jpeg_bytes=content), tmp_path / "out")
    with pytest.raises(InputError, match="images_jpeg_bytes is damaged or holds more than"):
        read_tracks(write_changed(tmp_path, clip, images_jpeg_bytes=content))
    assert not mark.exists()


@pytest.mark.parametrize(
    "value", [np.nan, np.inf, -np.inf, 1e300, 1e-300], ids=["nan", "inf", "-inf", "huge", "tiny"]
)
def test_numbers_out_of_this_world_give_no_warning_and_no_point(clip, tmp_path, value):
    for name in ("tracks_XYZ", "queries_xyt"):
        array = members(clip)[name].copy()
        array[..., 1:] = value
        try:
            found = load(write_changed(tmp_path, clip, **{name: array}), tmp_path / "out")
        except InputError:
            # queries, and points at no depth at all, contradict one another
            assert name == "queries_xyt" or value == 1e-300
            continue
        assert np.isfinite(found.world_from_camera).all()
        assert name == "queries_xyt" or not found.visible.any()


def test_a_clip_cut_anywhere_is_an_input_error(clip, tmp_path):
    whole = write_adt(tmp_path / "adt", clip).read_bytes()
    path = tmp_path / "adt" / "cut.npz"
    for length in [*range(60), *range(60, len(whole), 4001), len(whole) - 1]:
        path.write_bytes(whole[:length])
        handle = READER.scenes(path, TapVid3dOptions())[0]
        with pytest.raises(InputError, match="damaged"):
            READER.load(handle, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_image_beyond_any_screen_is_no_image():
    def declared(side):
        return image_header(png(grey_header(side, side, 8), (b"IDAT", b""), (b"IEND", b"")))

    assert declared(9000).size == (9000, 9000)
    # Pillow warns of the first, and refuses the second by itself
    assert declared(10_000) == declared(65_536) == "image is no JPEG or PNG"
    for content in (b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", encoded(8, 8, "BMP"), encoded(8, 8, "TIFF")):
        assert image_header(content) == "image is no JPEG or PNG"
    for kind in ("JPEG", "PNG"):
        whole = encoded(12, 8, kind)
        assert image_header(whole).size == (8, 12)
        assert image_header(whole + bytes(16)).size == (8, 12)
        for length in range(len(whole) - 1):
            assert isinstance(image_header(whole[:length]), str), length
        # an end within, as a thumbnail has, is not the image's
        head = 2 if kind == "JPEG" else 33
        end = b"\xff\xd9" if kind == "JPEG" else b"IEND\xaeB`\x82"
        inner = (
            b"\xff\xfe" + struct.pack(">H", len(end) + 2) + end if kind == "JPEG" else png((b"teXt", end))[8:]
        )
        assert image_header(whole[:head] + inner + whole[head:]).size == (8, 12)
        assert image_header(whole[:head] + inner + whole[head:-12] + bytes(64)) == "image is truncated"
