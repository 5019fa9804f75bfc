"""Scenes: alignment of up, frames that are left out, and the geometry cache."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgeom.apps.datagen import cache
from spatialgeom.apps.datagen.geometry import compute_geometry
from spatialgeom.apps.datagen.readers import rgbd_folder
from spatialgeom.apps.datagen.rules import DEFAULT, PAPER
from spatialgeom.apps.datagen.scene import rotation_to_z
from spatialgeom.apps.progress import Progress

directions = st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: np.linalg.norm(v) > 1e-3)


@given(directions)
@settings(max_examples=60, deadline=None)
def test_up_turns_to_z_by_a_rotation(up):
    turn = rotation_to_z(np.array(up))[:3, :3]
    assert np.allclose(turn @ np.array(up) / np.linalg.norm(up), [0, 0, 1], atol=1e-9)
    assert np.allclose(turn @ turn.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(turn) == pytest.approx(1)


def test_down_is_turned_over():
    assert np.allclose(rotation_to_z(np.array([0, 0, -2.0])) @ [0, 0, 1, 1], [0, 0, -1, 1])


@pytest.fixture(scope="module")
def scene(whole_folder, tmp_path_factory):
    options = rgbd_folder.RgbdFolderOptions(up=[0.0, 0.0, 1.0])
    (handle,) = rgbd_folder.READER.scenes(whole_folder.path, options)
    return rgbd_folder.READER.load(handle, tmp_path_factory.mktemp("unused"))


def test_frames_that_are_left_out_are_counted_and_depth_follows(scene):
    keep = np.arange(48) % 3 == 1
    kept = scene.keep_frames(keep, "a reason")
    assert kept.dropped == {"a reason": 32}
    assert kept.frames == scene.frames[1::3]
    assert np.array_equal(kept.depth(2), scene.depth(7))
    assert np.array_equal(kept.world_from_depth[2], scene.world_from_depth[7])
    assert scene.keep_frames(np.ones(48, bool), "none") is scene


def test_the_cache_gives_back_what_was_saved(scene, tmp_path):
    geometry = compute_geometry(scene, DEFAULT, "key", Progress(quiet=True), "cpu")
    cache.save(geometry, tmp_path / "deep" / "g.h5")
    loaded = cache.load(tmp_path / "deep" / "g.h5")
    for name, value in vars(geometry).items():
        if isinstance(value, np.ndarray):
            assert np.array_equal(getattr(loaded, name), value), name
    assert loaded.images == geometry.images
    assert loaded.frames == geometry.frames
    assert loaded.camera.size == geometry.camera.size
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["g.h5"]


@pytest.mark.parametrize("damage", [b"", b"HDF", None])
def test_a_cache_that_is_missing_or_damaged_is_none(tmp_path, damage):
    file = tmp_path / "g.h5"
    if damage is not None:
        file.write_bytes(damage)
    assert cache.load(file) is None


def test_the_key_follows_inputs_and_rules(scene, folder, tmp_path):
    assert cache.cache_key(scene, DEFAULT) != cache.cache_key(scene, PAPER)
    options = rgbd_folder.RgbdFolderOptions(up=[0.0, 0.0, 1.0])
    (handle,) = rgbd_folder.READER.scenes(folder.path, options)
    before = rgbd_folder.READER.load(handle, tmp_path).fingerprint
    pose = np.loadtxt(folder.file(3, "pose.txt"))
    pose[0, 3] += 1e-6
    np.savetxt(folder.file(3, "pose.txt"), pose)
    assert rgbd_folder.READER.load(handle, tmp_path).fingerprint != before


def test_askable_points_are_visible_and_inside_the_border(scene):
    geometry = compute_geometry(scene, DEFAULT, "key", Progress(quiet=True), "cpu")
    assert not (geometry.askable & ~geometry.visible).any()
    height, width = scene.colour_camera.size
    bits = np.unpackbits(geometry.askable.view(np.uint8), bitorder="little").reshape(len(geometry.frames), -1)
    frames, points = np.nonzero(bits)
    uv, xyz = geometry.project(frames, points)
    border = 0.01 * width
    assert (uv >= border - 0.5).all()
    assert (uv[:, 0] <= width - border).all()
    assert (uv[:, 1] <= height - border).all()
    assert (xyz[:, 2] > 0).all()
