"""The doctor names each fault that is planted, is silent on sound data, and its codes and report hold."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spatialgeom.apps.datagen.doctor.depth import check_depth
from spatialgeom.apps.datagen.doctor.examine import check_scene
from spatialgeom.apps.datagen.doctor.frames import check_cameras, check_frames, check_poses
from spatialgeom.apps.datagen.doctor.sample import take_sample
from spatialgeom.apps.datagen.doctor.things import check_objects
from spatialgeom.apps.datagen.doctor.world import check_colour, check_mesh, check_up
from spatialgeom.apps.datagen.objects import Objects
from spatialgeom.apps.datagen.scene import Camera, Scene, rotation_to_z
from spatialgeom.apps.datagen.synthetic import build_room
from spatialgeom.apps.datagen.testing.scannet import (
    COLOUR_SIZE,
    DEPTH_SIZE,
    FURNITURE,
    ROOM,
    record,
    sample_box,
)
from spatialgeom.apps.datagen.testing.views import room_views
from spatialgeom.apps.errors import InputError
from spatialgeom.apps.images import ImageRef

FRAMES = 40


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """A furnished room with two cameras, a mesh and labels."""
    root = tmp_path_factory.mktemp("room")
    found = record(FRAMES, 0.11)
    for k, colour in enumerate(found.colour):
        Image.fromarray(colour).save(root / f"{k:03d}.jpg", quality=90)
    height, width = COLOUR_SIZE
    parts = [sample_box(box) for box in (ROOM, *FURNITURE.values())]
    labels = np.concatenate([np.full(len(part), k - 1) for k, part in enumerate(parts)])
    return Scene(
        name="room", space="room", source="test", frames=tuple(f"{k:03d}" for k in range(FRAMES)),
        images=tuple(ImageRef(f"{k:03d}.jpg", width, height) for k in range(FRAMES)), root=str(root),
        world_from_depth=found.world_from_camera, depth_camera=Camera(found.depth_matrix, DEPTH_SIZE),
        colour_camera=Camera(found.colour_matrix, COLOUR_SIZE), colour_from_depth=np.eye(4),
        depth=lambda frame: found.depth[frame].copy(), fingerprint="", points=np.concatenate(parts),
        objects=Objects.without_boxes(("1", "2"), ("filing cabinet", "coffee table")),
        labels=labels.astype(np.int32),
    )  # fmt: skip


def findings(scene):
    return {finding.code: finding for finding in check_scene(scene)}


SAMPLED = {"up": check_up, "mesh_fit": check_mesh, "objects": check_objects}


def find(scene, code):
    """Return one finding, by its own check alone."""
    if code in SAMPLED:
        return SAMPLED[code](take_sample(scene))
    if code.startswith("pose"):
        found = list(check_poses(scene.world_from_depth, scene.frames, moves=True))
    elif code.startswith("colour"):
        found = list(check_colour(take_sample(scene)))
    elif code.startswith("depth"):
        found = []
        for finding in check_depth(take_sample(scene)):  # the last is the dear one
            found.append(finding)
            if finding.code == code:
                break
    elif code == "frames":
        found = [check_frames(scene)]
    else:
        found = [check_cameras({"colour": scene.colour_camera, "depth": scene.depth_camera})]
    return {finding.code: finding for finding in found}[code]


def moved(scene, change):
    return replace(scene, world_from_depth=change(scene.world_from_depth))


def with_depth(scene, change):
    return replace(scene, depth=lambda frame: change(scene.depth(frame)))


def test_a_sound_room_is_in_order(room):
    assert {code: f.found for code, f in findings(room).items() if f.level != "ok"} == {}
    assert find(room, "depth_consistency").figures["agree"] > 0.9


def test_at_most_a_dozen_frames_are_decoded_and_spread(room):
    decoded = []
    sample = take_sample(replace(room, depth=lambda frame: decoded.append(frame) or room.depth(frame)))
    assert len(decoded) == len(sample.frames) <= 12
    assert min(decoded) < 4
    assert max(decoded) >= FRAMES - 2
    for first, second in sample.pairs:
        assert 1 <= sample.frames[second] - sample.frames[first] <= 30


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (np.linalg.inv, "inverted poses"),
        (lambda poses: poses @ np.diag([1.0, -1, -1, 1]), "OpenGL"),
        (lambda poses: np.linalg.inv(poses @ np.diag([1.0, -1, -1, 1])), "OpenGL's, world to camera"),
        (
            lambda poses: np.concatenate(
                (np.concatenate((poses[:, :3, :3].transpose(0, 2, 1), poses[:, :3, 3:]), 2), poses[:, 3:]), 1
            ),
            "by columns",
        ),
    ],
)
def test_poses_of_another_convention_are_named(room, change, said):
    found = find(moved(room, change), "depth_consistency")
    assert found.level == "warning"
    assert said in found.found


@pytest.mark.parametrize(("factor", "named"), [(5.0, "0.2"), (0.2, "5")])
def test_a_depth_scale_five_times_off_is_named(room, factor, named):
    found = find(replace(room, depth_scale=0.001 * factor), "depth_consistency")
    assert found.level == "warning"
    assert f"depth times {named}:" in found.found


@pytest.mark.parametrize("factor", [1000.0, 0.001])
def test_a_depth_scale_a_thousand_times_off_is_an_error(room, factor):
    assert find(replace(room, depth_scale=0.001 * factor), "depth_range").level == "error"


def test_poses_in_millimetres_are_named(room):
    def change(poses):
        poses = poses.copy()
        poses[:, :3, 3] *= 1000
        return poses

    assert "millimetres" in find(moved(room, change), "poses").found
    assert "depth times 1000" in find(moved(room, change), "depth_consistency").found


def test_a_depth_matrix_of_another_focal_length_is_named(room):
    matrix = room.depth_camera.intrinsics * np.array([[0.7, 1, 1], [1, 0.7, 1], [1, 1, 1]])
    found = find(replace(room, depth_camera=Camera(matrix, DEPTH_SIZE)), "depth_consistency")
    assert found.level == "warning"
    assert 1.3 <= found.figures["focal"] <= 1.5


@pytest.mark.parametrize("factor", [0.3, 3.0])
def test_a_matrix_of_an_image_of_another_size_is_noticed(room, factor):
    matrix = np.diag([factor, factor, 1]) @ room.colour_camera.intrinsics
    assert find(replace(room, colour_camera=Camera(matrix, COLOUR_SIZE)), "intrinsics").level == "warning"


@pytest.mark.parametrize(("view_deg", "level"), [(19, "warning"), (21, "ok"), (129, "ok"), (131, "warning")])
def test_a_field_of_view_that_few_cameras_have_is_noticed(room, view_deg, level):
    matrix = room.colour_camera.intrinsics.copy()
    matrix[[0, 1], [0, 1]] = COLOUR_SIZE[1] / 2 / np.tan(np.radians(view_deg / 2))
    found = find(replace(room, colour_camera=Camera(matrix, COLOUR_SIZE)), "intrinsics")
    assert found.level == level


def test_pixels_that_are_not_square_are_noticed(room):
    matrix = np.diag([1.06, 1, 1]) @ room.colour_camera.intrinsics
    assert "not square" in find(replace(room, colour_camera=Camera(matrix, COLOUR_SIZE)), "intrinsics").found


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """A room with many things, whose colours differ from what is behind them."""
    root = tmp_path_factory.mktemp("rendered")
    views = room_views(build_room(0, 0), 16)
    for k, view in enumerate(views):
        Image.fromarray(view.colour).save(root / f"{k}.png")
    height, width = views[0].depth_m.shape
    maps = [np.rint(view.depth_m * 1000).astype(np.uint16) for view in views]
    camera = Camera(views[0].matrix, (height, width))
    return Scene(
        name="rendered", space="rendered", source="test", frames=tuple(map(str, range(16))),
        images=tuple(ImageRef(f"{k}.png", width, height) for k in range(16)), root=str(root),
        world_from_depth=np.stack([view.pose for view in views]), depth_camera=camera, colour_camera=camera,
        colour_from_depth=np.eye(4), depth=lambda frame: maps[frame].copy(), fingerprint="",
    )  # fmt: skip


def test_a_rendered_room_is_in_order(rendered):
    assert {code for code, finding in findings(rendered).items() if finding.level != "ok"} == {"objects"}


@pytest.mark.parametrize("shift", [(0, 0), (8, 0), (-6, 8)])
def test_a_shifted_colour_camera_is_noticed_with_its_shift(rendered, shift):
    matrix = rendered.colour_camera.intrinsics.copy()
    matrix[:2, 2] += shift
    camera = Camera(matrix, rendered.colour_camera.size)
    found = find(replace(rendered, colour_camera=camera), "colour_alignment")
    assert found.level == ("warning" if any(shift) else "ok")
    assert ("may be off" in found.found) == any(shift)
    assert [found.figures["right_px"], found.figures["down_px"]] == pytest.approx(
        [-s for s in shift], abs=2.1
    )


def test_a_colour_camera_of_another_focal_length_is_noticed(rendered):
    matrix = rendered.colour_camera.intrinsics * np.array([[1.12, 1, 1], [1, 1.12, 1], [1, 1, 1]])
    camera = Camera(matrix, rendered.colour_camera.size)
    found = find(replace(rendered, colour_camera=camera), "colour_alignment")
    assert found.level == "warning"
    assert found.figures["zoom"] == pytest.approx(1 / 1.12, abs=0.041)


@pytest.mark.parametrize(("tilt", "level"), [(5, "ok"), (15, "warning"), (85, "warning")])
def test_a_tilted_world_is_noticed(room, tilt, level):
    angle = np.radians(tilt)
    turn = rotation_to_z(np.array([np.sin(angle), 0, np.cos(angle)]))
    found = find(replace(moved(room, lambda poses: turn @ poses), points=None, labels=None), "up")
    assert found.level == level
    assert found.figures["tilt_deg"] == pytest.approx(tilt, abs=1)
    np.testing.assert_allclose(found.figures["suggested"], turn[:3, 2], atol=0.02)


def test_where_up_is_not_known_the_data_suggests_it(room):
    turn = rotation_to_z(np.array([0.2, -0.9, 0.3]))
    found = find(replace(moved(room, lambda poses: turn @ poses), up_known=False), "up")
    assert found.level == "warning"
    np.testing.assert_allclose(found.figures["suggested"], turn[:3, 2], atol=0.02)


def test_a_mesh_in_other_axes_is_noticed(room):
    found = find(replace(room, points=room.points + np.array([0.4, 0.3, 0.2])), "mesh_fit")
    assert found.level == "warning"
    assert found.figures["share_near"] < 0.5


def test_depth_files_that_do_not_decode_are_counted(room):
    def broken(frame):
        if frame % 2:
            raise InputError("depth file is truncated")
        return room.depth(frame)

    found = find(replace(room, depth=broken), "depth_files")
    assert found.level == "warning"
    assert (
        found.figures["faults"]["depth file is truncated"]
        == found.figures["sampled"] - found.figures["decoded"]
    )


def test_maps_of_another_size_count_as_faults(room):
    assert find(with_depth(room, lambda depth: depth[:-1]), "depth_files").level == "error"


def test_no_reading_at_all_is_an_error(room):
    for value in (0, 65535):
        found = find(with_depth(room, lambda depth, v=value: np.full_like(depth, v)), "depth_readings")
        assert found.level == "error"


def test_a_value_that_stands_for_no_reading_is_named(room):
    def holes(depth):
        depth[:, ::3] = 9999
        return depth

    found = find(with_depth(room, holes), "depth_readings")
    assert found.level == "warning"
    assert "9999" in found.found


def test_few_readings_are_noticed(room):
    def sparse(depth):
        depth[:, 20:] = 0
        return depth

    assert find(with_depth(room, sparse), "depth_readings").level == "warning"


def test_depth_of_other_frames_is_noticed(room):
    """Poses that belong to other frames: nothing simple mends them."""
    order = np.random.default_rng(0).permutation(FRAMES)
    found = find(moved(room, lambda poses: poses[order]), "depth_consistency")
    assert found.level == "warning"
    assert "no simple change" in found.found


def test_one_lost_pose_is_a_jump(room):
    def lose(poses):
        poses = poses.copy()
        poses[17, :3, 3] += [1.5, 0, 0]
        return poses

    found = find(moved(room, lose), "pose_jumps")
    assert found.level == "warning"
    assert "016 to 017" in found.found


def test_a_sparse_capture_has_no_jumps_to_warn_of(room):
    sparse = room.keep_frames(np.arange(FRAMES) % 12 == 0, "stride")
    assert find(sparse, "pose_jumps").level == "note"


def test_poses_that_are_not_rigid_or_all_equal_are_noticed(room):
    assert find(moved(room, lambda poses: poses * [[1.02], [1], [1], [1]]), "poses").level == "warning"
    assert "hardly" in find(moved(room, lambda poses: poses[:1].repeat(FRAMES, 0)), "poses").found


def test_colour_images_that_are_cut_off_are_named(room, tmp_path):
    for image in room.images:
        content = (Path(room.root) / image.path).read_bytes()
        (tmp_path / image.path).write_bytes(content if image.path != "000.jpg" else content[:300])
    found = find(replace(room, root=str(tmp_path)), "colour_files")
    assert found.level == "warning"
    assert found.found.endswith("not 000")


def test_dropped_frames_are_told_by_reason(room):
    assert find(replace(room, dropped={"pose lost": 4}), "frames").level == "note"
    found = find(replace(room, dropped={"pose lost": 5}), "frames")
    assert found.level == "warning"
    assert "5 x pose lost" in found.found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda room: {"labels": np.where(room.labels == 1, 2, room.labels)}, "labels are of no object"),
        (lambda room: {"labels": np.full_like(room.labels, -1)}, "few points are labelled"),
        (lambda room: {"labels": room.labels[:-1]}, "labels for"),
        (lambda room: {"labels": None}, "there are no boxes"),
        (
            lambda room: {"objects": Objects.without_boxes(("1", "2"), ("wall", "object"))},
            "no object has a name",
        ),
        (
            lambda room: {"labels": None, "instances": lambda k: np.zeros((2, 2), int)},
            "not of the depth image's",
        ),
        (lambda room: {"labels": None, "instances": lambda k: np.zeros(DEPTH_SIZE, int)}, "few pixels show"),
    ],
)
def test_labels_that_are_missing_or_wrong_are_noticed(room, change, said):
    found = find(replace(room, **change(room)), "objects")
    assert found.level == "warning"
    assert said in found.found


def test_without_objects_is_a_note(room):
    assert find(replace(room, objects=None, labels=None), "objects").level == "note"
