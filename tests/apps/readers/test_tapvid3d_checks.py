"""What a clip says of itself is checked: visibility, where its queries lie, which way its poses go."""

import numpy as np
import pytest

from spatialgeom.apps.datagen.readers._tapvid3d import TapVid3dOptions, read_tracks
from spatialgeom.apps.datagen.readers._track_checks import first_centre, static_residual, to_world
from spatialgeom.apps.datagen.readers.tapvid3d import READER
from spatialgeom.apps.datagen.testing.tapvid3d import (
    write_changed,
)
from spatialgeom.apps.errors import InputError


def load(path, folder, options=None):
    handles = READER.scenes(path, options or TapVid3dOptions())
    assert len(handles) == 1
    return READER.load(handles[0], folder)


def test_what_is_visible(clip, tmp_path):
    """Said by the file, finite, in front, nearest pixel inside; positions of invisible points stay."""
    focal, _, cx, cy = clip.fx_fy_cx_cy
    height, width = clip.size
    points, seen = clip.points.copy(), np.ones_like(clip.visible)
    points[:, :10] = [0, 0, 2.0]
    seen[0, 0] = False
    points[0, 1] = np.nan
    points[0, 2, 2] = -2.0
    points[0, 3, 2] = 0.0
    # the file's 0 and its width are the outer edges of the first and last pixels
    for i, x in enumerate((-1e-6, 1e-6, width - 1e-6, width + 1e-6), start=4):
        points[0, i, 0] = 2 * (x - cx) / focal
    points[0, 8, 1] = 2 * (height + 1e-6 - cy) / focal
    points[0, 9, 0] = np.inf
    path = write_changed(tmp_path, clip, tracks_XYZ=points, visibility=seen)
    found = load(path, tmp_path / "out")
    assert found.visible[0, :10].tolist() == [False] * 5 + [True, True] + [False] * 3
    assert found.visible[1, :10].all()
    assert np.isfinite(found.tracks[0, [0, 2, 3, 4, 7, 8]]).all()
    assert np.isnan(found.tracks[0, [1, 9]]).all()


def test_visibility_may_be_numbers(clip, tmp_path):
    found = load(
        write_changed(tmp_path, clip, visibility=clip.visible.astype(np.uint8) * 255), tmp_path / "out"
    )
    np.testing.assert_array_equal(found.visible, clip.visible)


@pytest.mark.parametrize(("corner", "lowered"), [(0.0, 0.0), (0.5, 0.5)])
def test_a_camera_matrix_tells_where_its_first_pixel_is(clip, tmp_path, corner, lowered):
    """A principal point amid the pixels' centres needs no shift; one amid their edges loses half a pixel."""
    matrix = clip.fx_fy_cx_cy + np.array([0, 0, corner - 0.5, corner - 0.5])
    queries = clip.queries_xyt + np.array([corner - 0.5, corner - 0.5, 0])
    path = write_changed(tmp_path, clip, fx_fy_cx_cy=matrix, queries_xyt=queries)
    found = read_tracks(path)
    assert found.first_centre == lowered
    np.testing.assert_array_equal(found.intrinsics[:2, 2], clip.fx_fy_cx_cy[2:] - 0.5)
    assert found.query_errors_px == pytest.approx((0, 0.5**0.5), abs=1e-9)


def test_queries_that_are_pixels_settle_where_the_first_pixel_is(clip, tmp_path):
    matrix = clip.fx_fy_cx_cy - [0, 0, 0.5, 0.5]
    found = read_tracks(
        write_changed(tmp_path, clip, fx_fy_cx_cy=matrix, queries_xyt=clip.queries_xyt - [1, 1, 0])
    )
    assert found.query_errors_px == pytest.approx((0.5**0.5, 0), abs=1e-9)
    assert found.first_centre == 0.5


@pytest.mark.parametrize(("errors", "expected"), [((0.2, 0.2), 0), ((0.2, 0.1), 0.5), ((np.nan, np.nan), 0)])
def test_queries_that_do_not_tell_leave_it_to_the_camera_matrix(errors, expected):
    matrix = np.array([[90, 0, 63.5], [0, 90, 47.5], [0, 0, 1]])
    assert first_centre(matrix, (96, 128), errors) == expected
    for axis, off, found in ((0, 0.0099, expected), (0, 0.011, 0.5), (1, 0.0099, expected), (1, -0.011, 0.5)):
        other = matrix.copy()
        other[axis, 2] += off
        assert first_centre(other, (96, 128), errors) == found


def test_queries_beside_their_tracks_are_refused(clip, tmp_path):
    def with_queries(off):
        return write_changed(tmp_path, clip, queries_xyt=clip.queries_xyt + np.array([off, 0, 0]))

    assert read_tracks(with_queries(4.99)).query_errors_px[0] == pytest.approx(4.99)
    # half a pixel less fits better here, so the limit is half a pixel farther
    with pytest.raises(InputError, match=r"5\.5\d px .* camera matrix or tracks do not belong to the images"):
        read_tracks(with_queries(-6.0))
    with pytest.raises(InputError, match="do not belong to the images"):
        read_tracks(write_changed(tmp_path, clip, fx_fy_cx_cy=clip.fx_fy_cx_cy * [2, 2, 1, 1]))


def test_queries_that_cannot_be_judged_stop_nothing(clip, tmp_path):
    lost = clip.queries_xyt.copy()
    lost[::3] = np.nan
    lost[1::3, 2] = 99
    lost[2::3, 2] = -1
    for queries in (None, lost, clip.queries_xyt[:-1]):
        found = read_tracks(write_changed(tmp_path, clip, queries_xyt=queries))
        assert np.isnan(found.query_errors_px).all()


def test_a_query_that_is_not_visible_in_its_own_frame_does_not_count(clip, tmp_path):
    queries, visible = clip.queries_xyt.copy(), clip.visible.copy()
    hidden = np.flatnonzero(np.arange(len(queries)) % 4)
    queries[hidden, 0] += 50
    visible[queries[hidden, 2].astype(int), hidden] = False
    found = read_tracks(write_changed(tmp_path, clip, queries_xyt=queries, visibility=visible))
    assert found.query_errors_px[0] < 1e-9


def test_the_measure_of_stillness():
    tracks = np.zeros((4, 8, 3))
    tracks[:, :, 0] = np.arange(4)[:, None] * np.arange(8)  # point n moves n metres a frame
    everywhere = np.ones((4, 8), bool)
    assert static_residual(tracks, everywhere) == 1.75
    tracks[0, 0, 1] = 50  # of three steps the median counts
    assert static_residual(tracks, everywhere) == 1.75
    tracks[2, 0, 1] = 100
    assert static_residual(tracks, everywhere) == pytest.approx(2.75)
    alternating = np.tile([[True], [False]], (2, 8))
    assert np.isnan(static_residual(tracks, alternating))
    tracks[:, :4] = np.nan
    assert static_residual(tracks, everywhere) == 4.75


def test_poses_that_are_true_leave_points_still(clip):
    true = np.linalg.inv(clip.camera_from_world)
    assert static_residual(to_world(clip.points, true), clip.visible) < 1e-12
    assert static_residual(clip.points, clip.visible) > 0.04
    assert static_residual(to_world(clip.points, clip.camera_from_world), clip.visible) > 0.05


@pytest.mark.parametrize("shift", [-1, 1])
def test_poses_of_the_next_frame_are_refused(clip, tmp_path, shift):
    poses = clip.camera_from_world[np.clip(np.arange(8) + shift, 0, 7)]
    which = "after" if shift < 0 else "before"
    with pytest.raises(InputError, match=f"shifted in time: .* with the pose of the frame {which}"):
        read_tracks(write_changed(tmp_path, clip, extrinsics_w2c=poses))


def test_poses_the_wrong_way_round_are_refused(clip, tmp_path):
    path = write_changed(tmp_path, clip, extrinsics_w2c=np.linalg.inv(clip.camera_from_world))
    with pytest.raises(InputError, match="inverted or wrong; it must map world to camera"):
        read_tracks(path)
    # identity for a camera that moves: no better than none
    same = np.tile(clip.camera_from_world[:1], (8, 1, 1))
    assert read_tracks(write_changed(tmp_path, clip, extrinsics_w2c=same)).faults == (None,) * 8


def test_a_camera_that_only_turns_is_checked_too(still, tmp_path):
    angles = np.radians(2.0) * np.arange(8)
    turned = np.tile(np.eye(4), (8, 1, 1))
    turned[:, 0, 0] = turned[:, 2, 2] = np.cos(angles)
    turned[:, 0, 2] = np.sin(angles)
    turned[:, 2, 0] = -turned[:, 0, 2]
    points = to_world(still.points, turned)
    keep = {"tracks_XYZ": points, "queries_xyt": None}
    assert (
        read_tracks(write_changed(tmp_path, still, extrinsics_w2c=turned, **keep)).tracks.shape
        == points.shape
    )
    with pytest.raises(InputError, match="inverted or wrong"):
        read_tracks(write_changed(tmp_path, still, extrinsics_w2c=turned.swapaxes(1, 2), **keep))
