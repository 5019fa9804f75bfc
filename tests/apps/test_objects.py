"""Boxes of objects, which points are theirs, and what frames see of them."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

import spatialgeom as sg
from spatialgeom.apps.datagen.object_labels import label_points
from spatialgeom.apps.datagen.object_table import ObjectTable, measure_objects
from spatialgeom.apps.datagen.objects import Objects, box_corners, least_upright_box, level_box, upright_box
from spatialgeom.apps.datagen.scene import Camera
from spatialgeom.apps.errors import InputError


def turn(axis, degrees):
    """Return a rotation by degrees about x, y or z."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    i, j = [(1, 2), (2, 0), (0, 1)][axis]
    rotation = np.eye(3)
    rotation[[i, i, j, j], [i, j, i, j]] = cos, -sin, sin, cos
    return rotation


def posed(rotation=None, centre=(0, 0, 0)):
    pose = np.eye(4)
    pose[:3, :3] = np.eye(3) if rotation is None else rotation
    pose[:3, 3] = centre
    return pose


def filled(pose, size, count=4000, seed=0):
    """Return points in a box, its corners among them."""
    rng = np.random.default_rng(seed)
    local = rng.uniform(-0.5, 0.5, (count, 3)) * size
    return np.concatenate((box_corners(pose, np.array(size)), local @ pose[:3, :3].T + pose[:3, 3]))


def packed(mask):
    return sg.pack_bits(torch.from_numpy(np.asarray(mask, bool))).numpy()


@pytest.mark.parametrize("yaw", [0, 17, 45, 89.9, 120, 300])
def test_the_least_box_of_a_turned_box_is_that_box(yaw):
    pose = posed(turn(2, yaw), (30, -20, 1.5))
    found, size = least_upright_box(filled(pose, (1.2, 0.5, 2.0)))
    assert np.sort(size[:2]) == pytest.approx([0.5, 1.2], abs=1e-9)
    assert size[2] == pytest.approx(2.0)
    assert found[:3, 3] == pytest.approx(pose[:3, 3])
    assert np.linalg.det(found[:3, :3]) == pytest.approx(1)
    assert np.array_equal(found[:3, 2], [0, 0, 1])


def test_no_angle_gives_a_smaller_box():
    rng = np.random.default_rng(1)
    for _ in range(20):
        points = rng.normal(size=(int(rng.integers(3, 40)), 3)) * rng.uniform(0.05, 2, 3)
        angles = np.radians(np.arange(0, 90, 0.05))
        axes = np.stack((np.cos(angles), np.sin(angles)))
        areas = np.ptp(points[:, :2] @ axes, axis=0) * np.ptp(points[:, 1::-1] @ (axes * [[1], [-1]]), axis=0)
        pose, size = least_upright_box(points)
        assert size[0] * size[1] <= areas.min() + 1e-12
        assert size[0] * size[1] >= areas.min() * 0.99
        local = (points - pose[:3, 3]) @ pose[:3, :3]
        assert (np.abs(local) <= size / 2 + 1e-12).all()


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([[1, 2, 3]], (0, 0, 0)),
        ([[0, 0, 0], [3, 4, 1]], (5, 0, 1)),
        ([[0, 0, 0], [3, 4, 1], [6, 8, 0], [9, 12, 0.5]], (15, 0, 1)),
        ([[2, 2, 0], [2, 2, 1], [2, 2, 7]], (0, 0, 7)),
    ],
)
def test_few_points_and_points_in_a_line_have_a_box(points, expected):
    points = np.array(points, float)
    pose, size = least_upright_box(points)
    assert size == pytest.approx(expected, abs=1e-9)
    assert pose[:3, 3] == pytest.approx((points.min(axis=0) + points.max(axis=0)) / 2)


def test_many_points_in_a_line_take_little_memory():
    along = np.linspace(0, 1, 200_000)
    _, size = least_upright_box(np.stack((3 * along, 4 * along, along), axis=1))
    assert size == pytest.approx([5, 0, 1], abs=1e-9)


def test_a_level_box_is_along_the_world_axes():
    pose, size = level_box(filled(posed(turn(2, 45)), (1, 1, 3)))
    assert size == pytest.approx([np.sqrt(2), np.sqrt(2), 3])
    assert np.array_equal(pose[:3, :3], np.eye(3))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_any_axis_of_a_box_can_be_up(axis):
    size = np.array([0.3, 0.7, 1.9])
    stand = {0: turn(1, -90), 1: turn(0, 90), 2: np.eye(3)}[axis]
    pose, found = upright_box(posed(turn(2, 33) @ stand, (1, 2, 3)), size)
    assert found[2] == size[axis]
    assert sorted(found) == sorted(size)
    both = [box_corners(pose, found), box_corners(posed(turn(2, 33) @ stand, (1, 2, 3)), size)]
    assert np.allclose(*(corners[np.lexsort(corners.round(6).T)] for corners in both), atol=1e-9)


def test_a_box_that_leans_five_degrees_is_set_straight_and_one_that_leans_more_is_boxed_in():
    size = np.array([0.4, 0.2, 1.0])
    pose, found = upright_box(posed(turn(2, 60) @ turn(0, 4.999)), size)
    assert np.array_equal(found, size)
    assert np.array_equal(pose[:3, 2], [0, 0, 1])
    leaning = posed(turn(2, 60) @ turn(0, 5.001))
    _, found = upright_box(leaning, size)
    cos, sin = np.cos(np.radians(5.001)), np.sin(np.radians(5.001))
    assert np.sort(found) == pytest.approx(sorted([0.4, 0.2 * cos + 1.0 * sin, 1.0 * cos + 0.2 * sin]))


def objects(*boxes, categories=None):
    """Return objects with boxes of (centre, size), None for one without."""
    plain = Objects.without_boxes(
        tuple(f"id{k}" for k in range(len(boxes))), tuple(categories or ["thing"] * len(boxes))
    )
    for k, box in enumerate(boxes):
        if box is not None:
            plain.world_from_box[k], plain.size[k] = posed(centre=box[0]), box[1]
    return plain


def scene(known, **more):
    fields = {"objects": known, "labels": None, "instances": None, **more}
    return SimpleNamespace(**fields)


def test_a_scene_without_objects_has_no_labels():
    points = np.zeros((3, 3), np.float32)
    for known in (None, objects()):
        labels, faults = label_points(scene(known), points, packed(np.ones((2, 3))))
        assert labels.tolist() == [-1] * 3
        assert labels.dtype == np.int32
        assert faults == {}


def test_labels_of_the_source_count_first_and_numbers_out_of_range_are_none():
    given = np.array([1, 0, -1, 2, -7, 1 << 20])
    source = scene(objects(None, None, ((0, 0, 0), (9, 9, 9))), labels=given, instances=lambda _: 1 / 0)
    labels, _ = label_points(source, np.zeros((6, 3), np.float32), packed(np.ones((1, 6))))
    assert labels.tolist() == [1, 0, -1, 2, -1, -1]


def test_the_smallest_box_around_a_point_is_its_object_and_a_centimetre_is_forgiven():
    known = objects(((0, 0, 0), (2, 2, 2)), None, ((0, 0, 0), (0.5, 0.5, 0.5)), ((5, 0, 0), (1, 1, 1)))
    points = np.array(
        [[0, 0, 0], [0.9, 0, 0], [0, 0, 0.2599], [0, 0, 0.2601], [5.5099, 0, 0], [5.5101, 0, 0], [0, 9, 0]]
    )
    labels, _ = label_points(scene(known), points, packed(np.ones((1, 7))))
    assert labels.tolist() == [2, 0, 2, 0, 3, -1, -1]


def row_of_points(count, known, images):
    """Return a scene of cameras at the origin that see ``count`` points, one under each pixel of a row."""
    points = np.stack((np.arange(count) * 0.1, np.zeros(count), np.ones(count)), axis=1).astype(np.float32)

    def instances(frame):
        if isinstance(images[frame], str):
            raise InputError(images[frame])
        return np.array([images[frame]])

    camera = Camera(np.array([[10.0, 0, 0], [0, 10, 0], [0, 0, 1]]), (1, count))
    poses = np.tile(np.eye(4), (len(images), 1, 1))
    return scene(known, instances=instances, depth_camera=camera, world_from_depth=poses), points


def test_more_than_half_of_the_images_that_see_a_point_name_its_object():
    images = [[1, 1, 2, 0, 0, 9], [1, 2, 2, 0, 1, 9], [1, 2, 1, 1, 1, 9], [1, 1, 1, 1, 2, 2]]
    source, points = row_of_points(6, objects(None, None), images)
    seen = np.ones((4, 6), bool)
    seen[3, 4] = False
    labels, faults = label_points(source, points, packed(seen))
    #        all one, a tie, a tie, half of none, two of three, numbers of no object
    assert labels.tolist() == [0, -1, -1, -1, 0, -1]
    assert faults == {}


def test_images_that_do_not_see_a_point_have_no_vote_and_faulty_ones_are_counted():
    images = [[1, 1], [2, 2], "torn", "torn", [2, 2]]
    source, points = row_of_points(2, objects(None, None), images)
    labels, faults = label_points(source, points, packed([[1, 1], [0, 1], [1, 1], [1, 1], [0, 1]]))
    assert labels.tolist() == [0, 1]
    assert faults == {"torn": 2}


def test_an_instance_image_of_another_size_is_a_fault():
    source, points = row_of_points(2, objects(None), [[1, 1, 1]])
    labels, faults = label_points(source, points, packed([[1, 1]]))
    assert labels.tolist() == [-1, -1]
    assert list(faults.values()) == [1]


def test_votes_are_exact_however_often_they_are_added_up(monkeypatch):
    rng = np.random.default_rng(3)
    images = rng.integers(0, 4, (9, 50)).tolist()
    source, points = row_of_points(50, objects(None, None, None), images)
    seen = rng.random((9, 50)) < 0.7
    at_once, _ = label_points(source, points, packed(seen))
    monkeypatch.setattr("spatialgeom.apps.datagen.object_labels._VOTES_HELD", 40)
    bit_by_bit, _ = label_points(source, points, packed(seen))
    expected = []
    for p in range(50):
        votes = np.bincount(np.array(images)[seen[:, p], p], minlength=4)
        best = int(votes.argmax())
        expected.append(best - 1 if 2 * votes[best] > votes.sum() else -1)
    assert at_once.tolist() == bit_by_bit.tolist() == expected
    assert len(set(expected)) == 4


@pytest.mark.parametrize(("length", "own"), [(0.56, 4), (0.55, 3)])
def test_a_point_that_is_outside_its_objects_known_box_is_not_its_own(length, own):
    # the fourth point lies at 0.3 m; 1 cm and 2 % of the length are forgiven
    source, points = row_of_points(6, objects(((0, 0, 1), (length, 0.5, 0.5)), None), [[1, 1, 1, 1, 2, 2]])
    labels, _ = label_points(source, points, packed(np.ones((1, 6))))
    assert labels.tolist() == [0] * own + [-1] * (4 - own) + [1, 1]


def test_extents_and_counts_are_along_the_objects_own_box():
    pose = posed(turn(2, 30), (4, -3, 0.5))
    local = np.array([[-0.2, -0.6, -0.1], [0.2, 0.6, 0.1], [0.0, 0.1, 0.0], [0.1, -0.3, 0.05]])
    points = np.concatenate((np.zeros((2, 3)), local @ pose[:3, :3].T + pose[:3, 3]))
    known = objects(None, None)
    known.world_from_box[1], known.size[1] = pose, (0.4, 1.2, 0.2)
    labels = np.array([-1, -1, 1, 1, 1, 1])
    seen = packed([[1, 1, 1, 1, 1, 1], [1, 1, 0, 0, 1, 1], [1, 0, 0, 0, 0, 0]])
    table = measure_objects(known, labels, points, seen, upright=True)
    assert table.ids == ("id1",)
    assert table.size.tolist() == [[1.2, 0.4, 0.2]]
    assert table.total.tolist() == [4]
    assert table.counts.tolist() == [[4, 2, 0]]
    assert table.high[0] - table.low[0] == pytest.approx(
        np.array([[1.2, 0.4, 0.2], [0.4, 0.1, 0.05], [-np.inf] * 3])
    )
    assert np.linalg.det(table.world_from_box[0, :3, :3]) == pytest.approx(1)


def test_a_turned_object_without_a_box_is_measured_along_the_least_one_or_the_world():
    points = filled(posed(turn(2, 45), (1, 1, 1)), (2.0, 1.0, 0.5))
    labels, seen = np.zeros(len(points), int), packed(np.ones((1, len(points))))
    upright = measure_objects(objects(None), labels, points, seen, upright=True)
    assert upright.size[0] == pytest.approx([2.0, 1.0, 0.5])
    assert (upright.high - upright.low)[0, 0] == pytest.approx([2.0, 1.0, 0.5])
    level = measure_objects(objects(None), labels, points, seen, upright=False)
    assert level.size[0] == pytest.approx([3 / np.sqrt(2), 3 / np.sqrt(2), 0.5])


def test_the_paper_takes_the_level_box_of_the_sources_corners():
    known = objects(None)
    known.world_from_box[0], known.size[0] = posed(turn(2, 45)), (2.0, 1.0, 0.5)
    table = measure_objects(known, np.zeros(2, int), np.zeros((2, 3)), packed([[1, 1]]), upright=False)
    assert table.size[0] == pytest.approx([3 / np.sqrt(2), 3 / np.sqrt(2), 0.5])


def test_a_table_survives_plain_arrays():
    points = filled(posed(), (1, 2, 3), 20)
    known = objects(None, None, categories=["büro chair", "thing"])
    table = measure_objects(
        known, np.arange(28) % 2, points, packed(np.random.default_rng(0).random((5, 28)) < 0.5), upright=True
    )
    for each in (table, ObjectTable.empty(4)):
        again = ObjectTable.from_arrays(each.to_arrays())
        assert (again.ids, again.categories) == (each.ids, each.categories)
        for name, array in each.to_arrays().items():
            assert np.array_equal(again.to_arrays()[name], array)
            assert again.to_arrays()[name].dtype == array.dtype


def test_nothing_labelled_is_an_empty_table():
    for known in (None, objects(None)):
        table = measure_objects(
            known, np.full(3, -1), np.zeros((3, 3)), packed(np.ones((2, 3))), upright=True
        )
        assert table.ids == ()
        assert table.low.shape == (0, 2, 3)
