"""ScanNet as downloaded: what lies beside a scan's file, any damage to it, and whole runs."""

import contextlib
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatialgeom.apps.datagen.readers.scannet import READER, ScannetOptions
from spatialgeom.apps.datagen.testing.sens import (
    LOST,
    PLAIN_CAMERA,
    plain_frame,
    plain_pose,
    write_sens,
    write_sens_from_folder,
)
from spatialgeom.apps.errors import InputError
from spatialgeom.apps.images import open_image, read_bytes
from spatialgeom.apps.records import Dataset

SCAN = "scene0011_01"  # of sens_path
POINTS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 1]], "<f4")
ALIGNMENT = np.array([[0.0, -1, 0, 10], [1, 0, 0, 20], [0, 0, 1, 30], [0, 0, 0, 1]])


def load(path, **options):
    (handle,) = READER.scenes(path, ScannetOptions(**options))
    return READER.load(handle, path.parent)


def written(path, camera=PLAIN_CAMERA, frames=None, **options):
    write_sens(path, camera, [plain_frame(number) for number in range(6)] if frames is None else frames)
    return load(path, **options)


def write_beside(sens_path):
    """Write a mesh of four vertices and two objects of two segments each, turned and moved by its text."""
    folder, numbers = sens_path.parent, " ".join(map(str, ALIGNMENT.ravel()))
    (folder / f"{SCAN}.txt").write_text(f"axisAlignment = {numbers}\r\nsceneType = Kitchen\r\n")
    head = b"ply\nformat binary_little_endian 1.0\nelement vertex 4\n"
    head += b"property float x\nproperty float y\nproperty float z\nend_header\n"
    (folder / f"{SCAN}_vh_clean_2.ply").write_bytes(head + POINTS.tobytes())
    (folder / f"{SCAN}_vh_clean_2.0.010000.segs.json").write_text('{"segIndices": [5, 5, 9, 7]}')
    groups = '{"objectId": 0, "segments": [5], "label": "trash can"}'
    groups += ', {"objectId": 3, "segments": [7], "label": "sink"}'
    (folder / f"{SCAN}.aggregation.json").write_text(f'{{"segGroups": [{groups}]}}')


def test_mesh_and_objects_come_from_beside_the_file(sens_path):
    write_beside(sens_path)
    scene = written(sens_path)
    np.testing.assert_allclose(scene.points, POINTS @ ALIGNMENT[:3, :3].T + ALIGNMENT[:3, 3], atol=1e-9)
    np.testing.assert_allclose(scene.world_from_depth[1], ALIGNMENT @ plain_pose(1))
    assert scene.labels.tolist() == [0, 0, -1, 1]
    assert scene.objects.categories == ("trash can", "sink")
    alone = load(sens_path, mesh=False)
    assert alone.points is alone.labels is alone.objects is None
    np.testing.assert_allclose(alone.world_from_depth, scene.world_from_depth)


def test_objects_without_labelled_points_are_left_out(sens_path):
    write_beside(sens_path)
    (sens_path.parent / f"{SCAN}_vh_clean_2.0.010000.segs.json").unlink()
    scene = written(sens_path)
    assert scene.points is not None
    assert scene.objects is scene.labels is None


def test_a_damaged_file_beside_the_scan_is_its_fault(sens_path):
    write_beside(sens_path)
    (sens_path.parent / f"{SCAN}.aggregation.json").write_text("{")
    with pytest.raises(InputError, match="must be JSON"):
        written(sens_path)


@pytest.mark.parametrize(("above", "category"), [(0, "bin"), (1, "bin"), (3, "bin"), (4, "trash can")])
def test_the_label_table_is_looked_for_up_to_three_levels_above(tmp_path, above, category):
    folder = tmp_path / "1" / "2" / "3" / SCAN
    folder.mkdir(parents=True)
    write_beside(folder / "x")
    table = (folder, *folder.parents)[above] / "scannetv2-labels.combined.tsv"
    table.write_text("id\traw_category\tcategory\n1\ttrash can\tbin\n")
    scene = written(folder / f"{SCAN}.sens")
    assert scene.objects.categories == (category, "sink")
    assert load(folder / f"{SCAN}.sens", label_table=str(table)).objects.categories == ("bin", "sink")
    with pytest.raises(InputError, match="missing"):
        load(folder / f"{SCAN}.sens", label_table=str(tmp_path / "missing.tsv"))


def test_the_fingerprint_follows_what_labels_depend_on(sens_path, tmp_path):
    write_beside(sens_path)
    first = written(sens_path).fingerprint
    assert load(sens_path).fingerprint == load(sens_path, licence="other").fingerprint == first
    shutil.copytree(sens_path.parent, tmp_path / "moved" / SCAN)
    assert load(tmp_path / "moved").fingerprint == first
    frames = [plain_frame(number) for number in range(6)]
    changed = [
        load(sens_path, stride=2).fingerprint,
        load(sens_path, mesh=False).fingerprint,
        written(sens_path, replace(PLAIN_CAMERA, depth_shift=999.0)).fingerprint,
        written(sens_path, replace(PLAIN_CAMERA, depth=PLAIN_CAMERA.depth + np.diag([1, 0, 0]))).fingerprint,
        written(sens_path, frames=[replace(frame, pose=plain_pose(7)) for frame in frames]).fingerprint,
        written(sens_path, frames=frames[:5]).fingerprint,
    ]
    # a byte more in one image or in another, which leaves the file's size and all other lengths
    for kind in ("colour", "depth"):
        for at in (1, 2):
            longer = replace(frames[at], **{kind: getattr(frames[at], kind) + b"0"})
            changed.append(written(sens_path, frames=[*frames[:at], longer, *frames[at + 1 :]]).fingerprint)
    write_sens(sens_path, PLAIN_CAMERA, frames, imu_frames=1)
    changed.append(load(sens_path).fingerprint)
    (sens_path.parent / f"{SCAN}.txt").unlink()
    changed.append(written(sens_path).fingerprint)
    assert len({first, *changed}) == 13


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_raises_anything_else(sens_path, data):
    write_sens(sens_path, PLAIN_CAMERA, [plain_frame(0), plain_frame(1)])
    raw = bytearray(sens_path.read_bytes())
    words = st.sampled_from([bytes(4), b"\xff" * 4, b"\0\0\x80\xff", b"\0\0\x81\x7f", b"\xff\xff\x7f\x7f"])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw) // 4 - 1)) * 4
        raw[at : at + 4] = data.draw(st.one_of(words, st.binary(min_size=4, max_size=4)))
    sens_path.write_bytes(raw)
    with contextlib.suppress(InputError):
        scene = load(sens_path)
        assert np.isfinite(scene.world_from_depth).all()
        for number in range(len(scene.frames)):
            assert scene.depth(number).shape == scene.depth_camera.size


@pytest.fixture(scope="session")
def rendered_scans(whole_folder, tmp_path_factory):
    """Two sound scans of one space; do not damage them."""
    root = tmp_path_factory.mktemp("scannet") / "scans"
    for name in ("scene0000_00", "scene0000_01"):
        (root / name).mkdir(parents=True)
        write_sens_from_folder(whole_folder.path, root / name / f"{name}.sens")
    return root


def run(root, out, *more):
    return ("datagen", "run", root, "--out", out, "--max-per-task", 5, "--quiet", "--workers", 1, *more)


def test_two_scans_give_questions_whose_images_open(cli, rendered_scans, whole_folder, tmp_path):
    code, _, stderr = cli(*run(rendered_scans, tmp_path / "out"))
    assert code == 0, stderr
    dataset = Dataset.open(tmp_path / "out")
    rows = list(dataset.rows())
    assert {row["scene"] for row in rows} == {"scene0000_00", "scene0000_01"}
    assert {row["source"] for row in rows} == {"scannet"}
    assert {row["family"] for row in rows} >= {"depth", "camera", "correspondence"}
    originals = {file.read_bytes() for file in whole_folder.path.glob("*.color.jpg")}
    for row in rows:
        for number, image in enumerate(row["images"]):
            assert image["path"] == f"{row['scene']}.sens"
            assert read_bytes(dataset.image(row, number)) in originals
            assert open_image(dataset.image(row, number)).size == (192, 144)


@pytest.mark.parametrize("damage", ["header", "codec", "empty", "poses"])
def test_a_damaged_scan_is_skipped_beside_a_sound_one(cli, rendered_scans, tmp_path, damage):
    root = tmp_path / "scans"
    shutil.copytree(rendered_scans, root)
    bad = root / "scene0000_00" / "scene0000_00.sens"
    if damage == "codec":
        write_sens(bad, replace(PLAIN_CAMERA, depth_codec=2), [plain_frame()])
    elif damage == "poses":
        write_sens(bad, PLAIN_CAMERA, [plain_frame(pose=LOST)])
    else:
        os.truncate(bad, 100 if damage == "header" else 0)
    code, said, _ = cli(*run(root, tmp_path / "out"))
    assert code == 3
    assert "skipped scene scene0000_00: " in said
    assert {row["scene"] for row in Dataset.open(tmp_path / "out").rows()} == {"scene0000_01"}


def test_a_map_that_cannot_be_decoded_drops_its_frame(cli, rendered_scans, tmp_path):
    root = tmp_path / "scene0000_00"
    shutil.copytree(rendered_scans / "scene0000_00", root)
    depth = load(root).depth
    with (root / "scene0000_00.sens").open("r+b") as file:
        file.seek(int(depth.offsets[3]) + 40)
        file.write(bytes(200))
    code, said, _ = cli(*run(root, tmp_path / "out", "--scannet.stride", 1))
    assert code == 3
    assert "dropped 1 frames: depth file cannot be decoded" in said
