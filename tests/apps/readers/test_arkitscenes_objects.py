"""What lies beside the frames of an ARKitScenes video: boxes, mesh, and the table that tells its space."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from spatialgeom.apps.datagen.testing.arkitscenes import (
    VIDEO,
    files_of,
    one_box,
    write_annotation,
    write_mesh,
)
from spatialgeom.apps.errors import InputError


def corners(pose, size):
    signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T
    found = (signs * np.array(size) / 2) @ pose[:3, :3].T + pose[:3, 3]
    return found[np.lexsort(found.round(6).T)]


def test_boxes_are_the_annotated_ones(load_arkit, arkit_whole, arkit_room):
    objects = load_arkit(arkit_whole).objects
    assert objects.ids == tuple(f"uid-{item.id}" for item in arkit_room.instances)
    assert objects.categories == tuple(item.category for item in arkit_room.instances)
    for item, pose, size in zip(arkit_room.instances, objects.world_from_box, objects.size, strict=True):
        np.testing.assert_allclose(pose[:3, 3], item.centre)
        np.testing.assert_allclose(size, item.size)
        angle = np.deg2rad(item.yaw_deg)
        np.testing.assert_allclose(pose[:3, 0], [np.cos(angle), np.sin(angle), 0], atol=1e-9)
        np.testing.assert_allclose(pose[:3, 2], [0, 0, 1])
        assert np.linalg.det(pose[:3, :3]) > 0.999


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 2, 0), (2, 1, 0), (2, 0, 1)])
@pytest.mark.parametrize("sign", [1, -1])
def test_whichever_axis_is_upright_becomes_the_third(load_arkit, arkit_video, order, sign):
    axes = Rotation.from_euler("z", 30, degrees=True).as_matrix().T[list(order)] * sign
    write_annotation(arkit_video, one_box(axes))
    objects = load_arkit(arkit_video).objects
    assert objects.categories == ("tv monitor",)
    true = np.eye(4)
    true[:3, :3], true[:3, 3] = axes.T, [1, 2, 0.5]
    np.testing.assert_allclose(objects.world_from_box[0, :3, 2], [0, 0, 1])
    assert np.linalg.det(objects.world_from_box[0, :3, :3]) > 0.999
    np.testing.assert_allclose(
        corners(objects.world_from_box[0], objects.size[0]), corners(true, (1, 2, 3)), atol=1e-9
    )


@pytest.mark.parametrize("axis", ["x", "y"])
@pytest.mark.parametrize(("lean_deg", "stays"), [(4.99, True), (5.01, False), (90, True), (45, False)])
def test_a_box_that_leans_is_unknown(load_arkit, arkit_video, axis, lean_deg, stays):
    write_annotation(arkit_video, one_box(Rotation.from_euler(axis, lean_deg, degrees=True).as_matrix()))
    objects = load_arkit(arkit_video).objects
    assert len(objects.ids) == 1
    assert np.isfinite(objects.world_from_box).all() == np.isfinite(objects.size).all() == stays
    if stays:
        rotation = objects.world_from_box[0, :3, :3]
        np.testing.assert_array_equal(rotation[:, 2], [0, 0, 1])
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)


def test_an_annotation_is_not_needed(load_arkit, arkit_video):
    (arkit_video / f"{VIDEO}_3dod_annotation.json").unlink()
    assert load_arkit(arkit_video).objects is None
    write_annotation(arkit_video, {"data": []})
    objects = load_arkit(arkit_video).objects
    assert objects.ids == ()
    assert objects.size.shape == (0, 3)


def spoilt(**change):
    content = one_box(np.eye(3))
    box = content["data"][0]["segments"]["obbAligned"]
    for name, value in change.items():
        (box if name in box else content["data"][0])[name] = value
    return json.dumps(content)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "3", "null", '{"data": 3}', '{"data": [3]}', '{"data": {"a": 1}}', '{"data": [{}]}',
        "[" * 100_000, '{"data": ' + "9" * 5000 + "}", "\xff",
        spoilt(label=3), spoilt(label=""), spoilt(label="x" * 101), spoilt(label="a\nb"),
        spoilt(label="\ud800"),
        spoilt(centroid=[1, 2]), spoilt(centroid=[1, 2, np.nan]), spoilt(centroid=[1, 2, 1e300]),
        spoilt(centroid=[1, 2, 10**400]), spoilt(axesLengths=[1, 2, -3]), spoilt(axesLengths=[1, 2, np.inf]),
        spoilt(axesLengths="abc"), spoilt(normalizedAxes=[0.0] * 9), spoilt(normalizedAxes=[1e300] * 9),
        spoilt(normalizedAxes=[[1, 2], [3]]), spoilt(segments=None),
        json.dumps({"data": one_box(np.eye(3))["data"] * 2}),
    ],
)  # fmt: skip
def test_a_damaged_annotation_is_told_in_one_sentence(load_arkit, arkit_video, text):
    (arkit_video / f"{VIDEO}_3dod_annotation.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match="must list objects with boxes") as said:
        load_arkit(arkit_video)
    assert len(str(said.value)) < 500
    assert "\n" not in str(said.value)


def test_a_vast_annotation_is_refused(load_arkit, arkit_video):
    with (arkit_video / f"{VIDEO}_3dod_annotation.json").open("wb") as file:
        file.truncate(1 << 40)  # takes no room on disk
    with pytest.raises(InputError, match="it has more than"):
        load_arkit(arkit_video)


def test_the_mesh_gives_the_points(load_arkit, arkit_video):
    assert load_arkit(arkit_video).points is None
    write_mesh(arkit_video, [[1, 2, 3], [np.nan, 0, 0], [0, 1e9, 0], [4, 5, 6]])
    np.testing.assert_array_equal(load_arkit(arkit_video).points, [[1, 2, 3], [4, 5, 6]])
    write_mesh(arkit_video, [[np.nan, 0, 0]])
    with pytest.raises(InputError, match="it has no vertex"):
        load_arkit(arkit_video)
    (arkit_video / f"{VIDEO}_3dod_mesh.ply").write_bytes(b"ply\n")
    with pytest.raises(InputError, match="must be a PLY mesh"):
        load_arkit(arkit_video)


@pytest.mark.parametrize(
    ("place", "text", "space"),
    [
        ("..", "video_id,visit_id,fold\n1,7,Training\n41048190,421378,Training\n", "421378"),
        ("../..", "video_id,visit_id,sky_direction\n41048190,421378.0,Left\n", "421378"),
        ("../../..", "visit_id,video_id\n421378,41048190\n", "421378"),
        ("../..", "\ufeffvideo_id,visit_id\n41048190,421378\n", "421378"),
        ("../..", f"video_id,visit_id\n41048190,{'7' * 12}\n", "7" * 12),
        ("../..", f"video_id,visit_id\n41048190,{'7' * 13}\n", VIDEO),
        ("../..", "video_id,visit_id\n41048190,NA\n", VIDEO),
        ("../..", "video_id,visit_id\n41048190,\n", VIDEO),
        ("../..", ",video_id,fold\n0,41048190,Training\n", VIDEO),
        ("../..", "video_id,visit_id\n", VIDEO),
        ("../..", "", VIDEO),
        ("../../../..", "video_id,visit_id\n41048190,421378\n", VIDEO),
    ],
)
def test_a_table_above_tells_the_space(load_arkit, arkit_whole, tmp_path, place, text, space):
    video = shutil.copytree(arkit_whole, tmp_path / "data" / "3dod" / "Training" / VIDEO)
    (video / place / "metadata.csv").write_text(text)
    scene = load_arkit(video)
    assert scene.space == space
    assert scene.name == VIDEO


@pytest.mark.parametrize("name", ["metadata", "raw_train_val_splits", "3dod_train_val_splits"])
def test_a_table_that_changed_is_read_again(load_arkit, arkit_video, name):
    table = arkit_video.parent / f"{name}.csv"
    for visit in (421378, 421379):
        table.write_text(f"video_id,visit_id\n{VIDEO},{visit}\n")
        os.utime(table, ns=(visit, visit))
        assert load_arkit(arkit_video).space == str(visit)


def test_a_table_that_is_a_pipe_or_cannot_be_read_is_told(load_arkit, arkit_video, monkeypatch):
    table = arkit_video.parent / "metadata.csv"
    os.mkfifo(table)
    with pytest.raises(InputError, match="must be a table of videos, but it is no file"):
        load_arkit(arkit_video)
    table.unlink()
    table.write_text("video_id,visit_id\n")

    def fail(*_, **__):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "read_text", fail)
    with pytest.raises(InputError, match="must be a table of videos, but Input/output error"):
        load_arkit(arkit_video)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"video_id,visit_id\n" + b'"' + b"x" * 200_000, None])
def test_a_damaged_table_is_told_in_one_sentence(load_arkit, arkit_video, content):
    file = arkit_video.parent / "metadata.csv"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    with pytest.raises(InputError, match="must be a table of videos"):
        load_arkit(arkit_video)


def test_the_fingerprint_follows_what_labels_depend_on(load_arkit, arkit_video, arkit_views):
    found = [load_arkit(arkit_video).fingerprint, load_arkit(arkit_video, least_confidence=2).fingerprint]
    files_of(arkit_video, "lowres_wide_intrinsics")[2].write_text("128 96 99 99 63.1 47.1")
    found.append(load_arkit(arkit_video).fingerprint)
    write_annotation(arkit_video, one_box(np.eye(3)))
    found.append(load_arkit(arkit_video).fingerprint)
    write_annotation(arkit_video, one_box(np.eye(3), size=(1, 2, 4)))
    found.append(load_arkit(arkit_video).fingerprint)
    named = one_box(np.eye(3), size=(1, 2, 4))
    named["data"][0]["label"] = "chair"
    write_annotation(arkit_video, named)
    found.append(load_arkit(arkit_video).fingerprint)
    write_mesh(arkit_video, [[1, 2, 3]])
    found.append(load_arkit(arkit_video).fingerprint)
    (arkit_video.parent / "metadata.csv").write_text(f"video_id,visit_id\n{VIDEO},5\n")
    found.append(load_arkit(arkit_video).fingerprint)
    assert len(set(found)) == len(found)
    assert load_arkit(arkit_video).fingerprint == found[-1]
