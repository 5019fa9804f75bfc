"""TAPVid-3D clips: true tracks come back in the world, with their images."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from spatialgeom.apps.datagen.readers._tapvid3d import TapVid3dOptions, read_tracks
from spatialgeom.apps.datagen.readers._track_checks import static_residual
from spatialgeom.apps.datagen.readers.tapvid3d import READER
from spatialgeom.apps.datagen.testing.images import encoded
from spatialgeom.apps.datagen.testing.tapvid3d import (
    members,
    write_adt,
    write_changed,
    write_npz,
)
from spatialgeom.apps.errors import InputError
from spatialgeom.apps.images import open_image, read_size

STILL = TapVid3dOptions(source="pstudio")


def load(path, folder, options=None):
    handles = READER.scenes(path, options or TapVid3dOptions())
    assert len(handles) == 1
    return READER.load(handles[0], folder)


def test_tracks_come_back_in_the_world(clip, tmp_path):
    found = load(write_adt(tmp_path / "adt", clip), tmp_path / "out")
    np.testing.assert_allclose(found.tracks, clip.world, atol=1e-12)
    np.testing.assert_array_equal(found.visible, clip.visible)
    np.testing.assert_allclose(found.world_from_camera @ clip.camera_from_world, [np.eye(4)] * 8, atol=1e-12)
    moved = np.linalg.norm(found.tracks[-1] - found.tracks[0], axis=-1)
    assert moved[clip.part == 0].max() < 1e-9
    np.testing.assert_allclose(moved[clip.part == 1], 0.35, atol=1e-9)
    assert (found.name, found.space, found.source) == (
        "Apartment_release_meal_seq136_0",
        "Apartment_release_meal_seq136",
        "adt",
    )
    assert found.frames == tuple(f"{i:06d}" for i in range(8))
    assert found.dropped == {}
    assert "Aria" in found.licence


def test_the_parts_of_a_clip_are_found_in_its_tracks(clip, tmp_path):
    """By the rule for rigid parts: range of distances, average linkage, cut at 10 cm."""
    tracks = load(write_adt(tmp_path / "adt", clip), tmp_path / "out").tracks[:, ::3]
    part = clip.part[::3]
    distance = np.linalg.norm(tracks[:, :, None] - tracks[:, None], axis=-1)
    change = squareform(np.ptp(distance, axis=0), checks=False)
    labels = fcluster(linkage(change, "average"), 0.1, "distance")
    for number in range(3):
        values, counts = np.unique(labels[part == number], return_counts=True)
        assert counts.max() == counts.sum() > 5
        assert (part[labels == values[0]] == number).all()


def test_a_track_s_projection_is_on_its_query_with_the_first_centre_at_0(clip, tmp_path):
    found = load(write_adt(tmp_path / "adt", clip), tmp_path / "out")
    np.testing.assert_array_equal(found.camera.intrinsics[:2, 2], clip.fx_fy_cx_cy[2:] - 0.5)
    frame, track = clip.queries_xyt[:, 2].astype(int), np.arange(len(clip.part))
    camera = np.linalg.inv(found.world_from_camera)[frame]
    point = np.einsum("nij,nj->ni", camera[:, :3, :3], found.tracks[frame, track]) + camera[:, :3, 3]
    pixel = point @ found.camera.intrinsics.T
    np.testing.assert_allclose(pixel[:, :2] / pixel[:, 2:], clip.queries_xyt[:, :2] - 0.5, atol=1e-9)


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("objects", [False, True])
@pytest.mark.parametrize("compressed", [False, True])
def test_all_spellings_hold_the_same_clip(clip, tmp_path, lower, objects, compressed):
    plain = load(write_adt(tmp_path / "adt", clip), tmp_path / "plain")
    arrays = members(clip, lower=lower, objects=objects)
    path = write_npz(tmp_path / "adt" / "other" / "Apartment_release_meal_seq136_0.npz", arrays, compressed)
    found = load(path, tmp_path / "out")
    assert found.fingerprint == plain.fingerprint
    for image, content in zip(found.images, clip.images, strict=True):
        assert Path(found.root, image.path).read_bytes() == content


def test_images_are_extracted_once_and_mended(clip, tmp_path):
    path = write_adt(tmp_path / "adt", clip)
    found = load(path, tmp_path / "out")
    root = Path(found.root)
    assert root == tmp_path / "out" / "images" / found.name
    assert sorted(file.name for file in root.iterdir()) == [f"{i:06d}.jpg" for i in range(8)]
    assert sorted(file.name for file in root.parent.iterdir()) == [found.name]
    picture = open_image(replace(found.images[3], path=str(root / found.images[3].path)))
    assert (picture.height, picture.width) == found.camera.size == clip.size
    before = {file: file.stat().st_mtime_ns for file in (root.parent, *root.iterdir())}
    assert load(path, tmp_path / "out").fingerprint == found.fingerprint
    assert {file: file.stat().st_mtime_ns for file in (root.parent, *root.iterdir())} == before
    (root / "000002.jpg").write_bytes(b"of another clip")
    load(path, tmp_path / "out")
    assert (root / "000002.jpg").read_bytes() == clip.images[2]
    assert sorted(file.name for file in root.parent.iterdir()) == [found.name]


def test_what_an_earlier_process_of_the_same_number_left_is_no_hindrance(clip, tmp_path):
    path = write_adt(tmp_path / "adt", clip)
    left = tmp_path / "out" / "images" / f".{path.stem}.{os.getpid()}.beside"
    left.mkdir(parents=True)
    (left / "000009.jpg").write_bytes(b"of a run that was killed")
    root = Path(load(path, tmp_path / "out").root)
    assert sorted(file.name for file in root.iterdir()) == [f"{i:06d}.jpg" for i in range(8)]
    assert [file.name for file in root.parent.iterdir()] == [root.name]


def test_png_images_keep_their_format(clip, tmp_path):
    height, width = clip.size
    images = [encoded(width, height, "PNG")] * len(clip.images)
    found = load(write_changed(tmp_path, clip, images_jpeg_bytes=np.array(images)), tmp_path / "out")
    assert found.images[0].path == "000000.png"
    assert read_size(Path(found.root, "000000.png")) == clip.size


def test_poses_as_inexact_as_real_ones_are_kept_and_truly_inverted(clip, tmp_path):
    poses = clip.camera_from_world.copy()
    poses[:, 0, 0] *= 1 + 4e-4
    found = load(write_changed(tmp_path, clip, extrinsics_w2c=poses), tmp_path / "out")
    np.testing.assert_allclose(found.world_from_camera @ poses, [np.eye(4)] * 8, atol=1e-12)


def test_every_nth_frame(clip, tmp_path):
    path = write_adt(tmp_path / "adt", clip)
    found = load(path, tmp_path / "out", TapVid3dOptions(stride=3))
    assert found.frames == ("000000", "000003", "000006")
    assert [image.path for image in found.images] == ["000000.jpg", "000003.jpg", "000006.jpg"]
    np.testing.assert_allclose(found.tracks, clip.world[::3], atol=1e-12)
    np.testing.assert_array_equal(found.visible, clip.visible[::3])
    np.testing.assert_allclose(
        found.world_from_camera @ clip.camera_from_world[::3], [np.eye(4)] * 3, atol=1e-12
    )
    for image, content in zip(found.images, clip.images[::3], strict=True):
        assert Path(found.root, image.path).read_bytes() == content
    assert found.fingerprint != load(path, tmp_path / "whole").fingerprint


def test_the_fingerprint_follows_what_labels_depend_on(clip, tmp_path):
    points, visible, poses = clip.points.copy(), clip.visible.copy(), clip.camera_from_world.copy()
    points[3, 5, 1] += 1e-9
    visible[3, np.flatnonzero(visible[3])[0]] = False
    poses[2, 0, 3] += 1e-9
    changes = (
        {},
        {"tracks_XYZ": points},
        {"visibility": visible},
        {"extrinsics_w2c": poses},
        {"fx_fy_cx_cy": clip.fx_fy_cx_cy * (1 + 1e-12)},
    )
    found = [
        load(write_changed(tmp_path, clip, **change), tmp_path / "out").fingerprint for change in changes
    ]
    assert len(set(found)) == len(found)
    assert load(write_changed(tmp_path, clip), tmp_path / "out").fingerprint == found[0]


@pytest.fixture
def kitchen():
    beside = Path(__file__).parents[4] / "shared" / "data"
    file = Path(os.environ.get("SPATIALGEOM_TEST_DATA", beside)) / "adt_kitchen" / "tracks.npz"
    if not file.is_file():
        pytest.skip(f"needs real data in {file}; set SPATIALGEOM_TEST_DATA")
    return file


def test_the_real_kitchen(kitchen, tmp_path):
    """Its camera turns 1.2 degrees, fork and spoon are lifted, all else rests."""
    found = load(kitchen, tmp_path)
    assert (found.source, found.camera.size, found.tracks.shape) == ("adt", (800, 800), (3, 704, 3))
    assert found.camera.intrinsics[0, 2] == 399.5  # amid 800 pixels' centres, and the queries agree
    numbers = read_tracks(kitchen)
    assert numbers.query_errors_px == pytest.approx((0, 0.5**0.5), abs=1e-4)
    assert 0.98 < found.visible.mean() < 1
    assert static_residual(found.tracks, found.visible) < 1e-6
    assert static_residual(numbers.points, numbers.visible) > 0.005
    labels = np.load(kitchen)["labels"]
    moved = np.linalg.norm(found.tracks[2] - found.tracks[0], axis=-1)
    for name in np.unique(labels):
        median = np.median(moved[labels == name])
        if name in ("WoodenFork", "WoodenSpoon"):
            assert median == pytest.approx(0.048, abs=0.001)
        else:
            assert median < 2e-4, name
    cosine = (np.trace(found.world_from_camera[0, :3, :3].T @ found.world_from_camera[2, :3, :3]) - 1) / 2
    assert np.degrees(np.arccos(cosine)) == pytest.approx(1.2, abs=0.1)


def test_the_real_band_has_tracks_and_no_images(panoptic, tmp_path):
    assert READER.recognises(panoptic.parent)
    found = read_tracks(panoptic, STILL)
    assert found.tracks.shape == (20, 47, 3)
    assert (found.world_from_camera == found.world_from_camera[0]).all()
    assert found.faults == (None,) * 20
    lengths = np.linalg.norm(np.diff(found.tracks, axis=0), axis=-1)
    np.testing.assert_allclose(lengths, np.linalg.norm(np.diff(found.points, axis=0), axis=-1), atol=1e-9)
    assert 0 < np.nanmedian(lengths) < 0.2
    with pytest.raises(InputError, match="160906_band1 has no images_jpeg_bytes"):
        load(panoptic, tmp_path, STILL)
