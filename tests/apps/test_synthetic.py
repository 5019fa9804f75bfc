"""Rendered rooms: exact depth, boxes and paths."""

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgeom.apps.datagen.synthetic import (
    SyntheticOptions,
    build_room,
    camera_path,
    pinhole,
    render,
)
from spatialgeom.apps.datagen.synthetic import materials as m
from spatialgeom.apps.datagen.synthetic.layout import Placed
from spatialgeom.apps.datagen.synthetic.light import light_room, lit_share
from spatialgeom.apps.datagen.synthetic.room import Room, assemble
from spatialgeom.apps.datagen.synthetic.solids import BOX, CONE, ELLIPSOID, Assembly, rotation
from spatialgeom.apps.datagen.synthetic.trace import cast, make_view

SMALL = SyntheticOptions(width=64, height=48)
SIZE = (SMALL.height, SMALL.width)
WHITE = m.plain("ffffff")
LAMP = np.array([[0.0, 0.0, 2.3, 1.0, 1.0, 1.0]])


def rays(intrinsics, size=SIZE):
    """Return the direction (H, W, 3) of each pixel's ray in camera axes, with depth one."""
    v, u = np.mgrid[: size[0], : size[1]].astype(np.float64)
    pixel = np.stack([u, v, np.ones_like(u)], axis=-1)
    return np.einsum("ij,hwj->hwi", np.linalg.inv(intrinsics), pixel)


def surface_points(depth, pose, intrinsics):
    points = rays(intrinsics, depth.shape) * depth[..., None].astype(np.float64)
    return points @ pose[:3, :3].T + pose[:3, 3]


def look(position, target, roll_deg=0.0):
    forward = np.subtract(target, position) / np.linalg.norm(np.subtract(target, position))
    right = np.cross(forward, [0, 0, 1.0])
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(forward, right), forward], axis=1) @ rotation(0, 0, roll_deg)
    pose[:3, 3] = position
    return pose


def at_pixel(intrinsics, u, v):
    """Return intrinsics for an image of one pixel that looks where (u, v) does."""
    return intrinsics - np.array([[0, 0, u], [0, 0, v], [0, 0, 0]])


def in_box(points, item):
    """Return points (..., 3) in units of the half sizes of an instance's upright box."""
    return (points - item.centre) @ rotation(0, 0, item.yaw_deg) / (np.array(item.size) / 2)


def made_by_hand():
    """Return a room of 6 x 4 x 2.5 m with a turned box, a ball, an ellipsoid, a cylinder and a cone."""
    item = Assembly("things")
    item.box((1.2, 0.3, 0.4), (0.5, 0.8, 0.8), WHITE, turn=(0, 0, 30))
    item.box((0.2, 1.2, 1.0), (0.3, 0.9, 0.2), WHITE, turn=(35, 20, -50))
    item.ellipsoid((1.5, -1.0, 0.5), (1.0, 1.0, 1.0), WHITE)
    item.ellipsoid((0.4, -0.4, 1.3), (0.7, 0.2, 0.4), WHITE, turn=(0, 40, 70))
    item.cone((2.2, 0.9, 0.6), (0.6, 0.6, 1.2), WHITE)
    item.cone((0.3, 0.4, 0.5), (0.5, 0.7, 0.6), WHITE, taper=0.3, turn=(30, 0, 45))
    item.cone((2.0, -0.2, 1.8), (0.2, 0.2, 0.4), WHITE, taper=2.0)
    placed = Placed(item, np.array([0.1, -0.1, 0.0]), 20.0)
    size = (6.0, 4.0, 2.5)
    return Room("hand-made", size, (), assemble(size, [placed], [WHITE] * 6), LAMP)


def outside_by(solids, i, points):
    """Return for world points a number above zero outside of solid ``i``, zero on it, below zero inside."""
    x, y, z = np.moveaxis((points - solids.centre[i]) @ solids.rotation[i] / solids.half[i], -1, 0)
    if solids.kind[i] == BOX:
        return np.max(np.abs([x, y, z]), axis=0) - 1
    if solids.kind[i] == ELLIPSOID:
        return np.sqrt(x**2 + y**2 + z**2) - 1
    radius = 1 + (solids.taper[i] - 1) * (z + 1) / 2
    return np.maximum(np.hypot(x, y) - radius, np.abs(z) - 1)


@pytest.fixture(scope="module")
def rooms():
    return [build_room(3, index) for index in range(5)]


@pytest.fixture(scope="module")
def views(rooms):
    """Return room, poses and images of a few frames of each room."""
    matrix = pinhole(SMALL)
    result = []
    for room in rooms:
        path = camera_path(room, 24, 0)[::4]
        result.append((room, path, [render(room, pose, matrix, SIZE) for pose in path]))
    return result


@pytest.mark.parametrize("index", range(4))
def test_depth_is_that_of_the_first_surface_on_the_ray(index):
    room, matrix = made_by_hand(), pinhole(SMALL)
    eye = [(-2.5, -1.5, 1.5), (2.6, 1.7, 0.4), (-1.0, 1.8, 2.2), (0.0, -1.8, 0.9)][index]
    pose = look(eye, (1.0, 0.0, 0.7), 10.0 * index)
    depth, _ = cast(room.solids, make_view(room.solids, pose, matrix, SIZE), SIZE)
    np.testing.assert_array_equal(render(room, pose, matrix, SIZE).depth_m, depth.astype(np.float32))
    direction = rays(matrix) @ pose[:3, :3].T
    steps = np.linspace(1e-3, 1 - 1e-6, 1000)
    solids, on_some = room.solids, np.zeros(SIZE, bool)
    for i in range(1, len(solids.kind)):
        on_some |= np.abs(outside_by(solids, i, pose[:3, 3] + depth[..., None] * direction)) < 1e-9
        for row in range(SIZE[0]):
            before = pose[:3, 3] + (steps[:, None] * depth[row])[..., None] * direction[row]
            assert outside_by(solids, i, before).min() > -1e-9, (i, row)
    hit = pose[:3, 3] + depth[..., None] * direction
    sides = np.array([3.0, 2.0, 1.25]) - np.abs(hit - [0, 0, 1.25])
    wall = sides.min(axis=-1)
    assert (on_some | (np.abs(wall) < 1e-9)).all()
    assert wall.min() > -1e-9
    assert 0.05 < on_some.mean() < 0.95


def test_depth_of_walls_and_of_a_ball_in_closed_form():
    item = Assembly("ball")
    item.ellipsoid((0, 0, 0), (1, 1, 1), WHITE)
    size = (8.0, 8.0, 3.0)
    room = Room(
        "", size, (), assemble(size, [Placed(item, np.array([0.0, 0.0, 1.5]), 0.0)], [WHITE] * 6), LAMP
    )
    matrix = np.array([[40.0, 0, 32], [0, 50.0, 24], [0, 0, 1]])
    image = render(room, look((-3.0, 0, 1.5), (0, 0, 1.5)), matrix, SIZE)
    assert image.depth_m[24, 32] == pytest.approx(2.5)  # the pixel at (cx, cy) looks along the axis
    assert image.instance[24, 32] == 1
    # past the ball the ray of column 0 meets the wall at y = 4: it is 0.8 to the left per metre of depth
    assert image.depth_m[24, 0] == pytest.approx(4 / 0.8)
    # the ray of row 0 rises by 0.48 per metre and meets the ceiling
    assert image.depth_m[0, 32] == pytest.approx(1.5 / 0.48)
    assert image.instance[0, 32] == 0


@pytest.mark.parametrize("kind", [BOX, ELLIPSOID, CONE])
@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=25)
def test_bounds_of_a_part_hold_its_surface_and_no_more(kind, seed):
    rng = np.random.default_rng(seed)
    item, size, turn = Assembly(""), rng.uniform(0.1, 2, 3), tuple(rng.uniform(-180, 180, 3))
    centre, taper = rng.uniform(-1, 1, 3), rng.uniform(0, 2)
    if kind == BOX:
        item.box(centre, size, WHITE, turn)
        points = rng.choice([-1.0, 1.0], (400, 3))
    elif kind == ELLIPSOID:
        item.ellipsoid(centre, size, WHITE, turn)
        points = rng.normal(size=(40_000, 3))
        points /= np.linalg.norm(points, axis=1, keepdims=True)
    else:
        item.cone(centre, size, WHITE, taper, turn)
        angle, top = rng.uniform(0, 2 * np.pi, 20_000), rng.choice([0.0, 1.0], 20_000)
        radius = 1 + (taper - 1) * top
        points = np.stack([radius * np.cos(angle), radius * np.sin(angle), 2 * top - 1], axis=1)
    points = points * size / 2 @ rotation(*turn).T + centre
    low, high = item.bounds()
    assert (points >= low - 1e-9).all()
    assert (points <= high + 1e-9).all()
    np.testing.assert_allclose(points.min(axis=0), low, atol=0.01 * size.max())
    np.testing.assert_allclose(points.max(axis=0), high, atol=0.01 * size.max())


def test_the_same_numbers_give_the_same_room_path_and_image(rooms):
    again, matrix = build_room(3, 1), pinhole(SMALL)
    assert again.instances == rooms[1].instances
    for a, b in zip(again.solids, rooms[1].solids, strict=True):
        np.testing.assert_array_equal(a, b)
    path = camera_path(again, 9, 5)
    np.testing.assert_array_equal(path, camera_path(rooms[1], 9, 5))
    for a, b in zip(
        render(again, path[4], matrix, SIZE), render(rooms[1], path[4], matrix, SIZE), strict=True
    ):
        np.testing.assert_array_equal(a, b)
    assert build_room(4, 1).instances != again.instances
    assert not np.array_equal(path, camera_path(again, 9, 6))


def test_images_do_not_depend_on_the_number_of_threads(rooms):
    pose, matrix, count = camera_path(rooms[0], 3, 0)[1], pinhole(SMALL), numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        alone = render(rooms[0], pose, matrix, SIZE)
    finally:
        numba.set_num_threads(count)
    for a, b in zip(alone, render(rooms[0], pose, matrix, SIZE), strict=True):
        np.testing.assert_array_equal(a, b)


def test_spaces_differ_and_hold_many_things(rooms):
    assert len({room.kind for room in rooms}) == 5
    for room in rooms:
        names = [item.category for item in room.instances]
        assert [item.id for item in room.instances] == list(range(1, len(names) + 1))
        counts = [names.count(name) for name in set(names)]
        assert len(counts) >= 12
        assert counts.count(1) >= 4
        assert max(counts) >= 3
    assert len({item.category for room in rooms for item in room.instances}) >= 25


def test_image_types_and_that_every_pixel_sees_something(views):
    for _, _, images in views:
        for image in images:
            assert (image.colour.dtype, image.colour.shape) == (np.uint8, (*SIZE, 3))
            assert (image.depth_m.dtype, image.depth_m.shape) == (np.float32, SIZE)
            assert (image.instance.dtype, image.instance.shape) == (np.uint16, SIZE)
            assert np.isfinite(image.depth_m).all()
            assert image.depth_m.min() > 0.3
            assert image.depth_m.max() < 12
            assert image.colour.std() > 15  # not a blank wall


def test_boxes_hold_the_surface_of_their_instance(views):
    matrix = pinhole(SMALL)
    for room, path, images in views:
        assert np.unique([image.instance for image in images]).size > 12
        for pose, image in zip(path, images, strict=True):
            points = surface_points(image.depth_m, pose, matrix)
            for item in room.instances:
                inside = in_box(points[image.instance == item.id], item) * np.array(item.size) / 2
                assert (np.abs(inside) <= np.array(item.size) / 2 + 1e-5).all(), item


def test_things_stand_in_the_room_and_not_in_one_another(rooms):
    grid = np.stack(np.meshgrid(*[np.linspace(-0.999, 0.999, 12)] * 3), axis=-1).reshape(-1, 3)
    for room in rooms:
        clouds = [
            (grid * np.array(item.size) / 2) @ rotation(0, 0, item.yaw_deg).T + item.centre
            for item in room.instances
        ]
        limit = np.array([*np.array(room.size[:2]) / 2, room.size[2]]) + 1e-9
        for item, cloud in zip(room.instances, clouds, strict=True):
            assert (np.abs(cloud[:, :2]) <= limit[:2]).all(), item
            assert cloud[:, 2].min() >= 0
            assert cloud[:, 2].max() <= limit[2]
            for other in room.instances:
                if other.id != item.id and "rug" not in (item.category, other.category):
                    assert not (np.abs(in_box(cloud, other)) < 0.999).all(axis=1).any(), (item, other)


def test_a_surface_point_is_seen_from_elsewhere_unless_something_is_in_front(views):
    matrix, compared, equal = pinhole(SMALL), 0, 0
    for room, path, images in views:
        points = surface_points(images[1].depth_m, path[1], matrix)[3::7, 3::7].reshape(-1, 3)
        ids = images[1].instance[3::7, 3::7].ravel()
        local = (points - path[2][:3, 3]) @ path[2][:3, :3]
        uvw = local @ matrix.T
        for depth, (u, v), which in zip(local[:, 2], uvw[:, :2] / uvw[:, 2:], ids, strict=True):
            if depth < 0.1 or not (0 <= u < SIZE[1] and 0 <= v < SIZE[0]):
                continue
            seen = render(room, path[2], at_pixel(matrix, u, v), (1, 1))
            assert seen.depth_m[0, 0] <= depth + 2e-4
            compared += 1
            if seen.depth_m[0, 0] > depth - 2e-4:
                equal += 1
                assert seen.instance[0, 0] == which
    assert compared > 30
    assert equal > 0.5 * compared


@pytest.mark.parametrize("seed", range(3))
def test_paths_are_smooth_and_keep_their_distance(rooms, seed):
    for room in rooms:
        path = camera_path(room, 40, seed)
        assert (path.shape, path.dtype) == ((40, 4, 4), np.float64)
        turn, eye = path[:, :3, :3], path[:, :3, 3]
        np.testing.assert_allclose(turn @ turn.transpose(0, 2, 1), np.tile(np.eye(3), (40, 1, 1)), atol=1e-12)
        np.testing.assert_allclose(np.linalg.det(turn), 1)
        assert np.linalg.norm(np.diff(eye, axis=0), axis=1).max() < 0.3
        cosine = (np.einsum("fij,fij->f", turn[1:], turn[:-1]) - 1) / 2
        assert np.degrees(np.arccos(cosine.clip(-1, 1))).max() < 45
        assert (np.abs(eye[:, 2] - 1.5) < 0.25).all()
        assert (np.array(room.size[:2]) / 2 - np.abs(eye[:, :2])).min() > 0.4
        for item in room.instances:
            away = np.maximum(np.abs(in_box(eye, item)) - 1, 0) * np.array(item.size) / 2
            assert np.linalg.norm(away, axis=1).min() > 0.38, item


@pytest.mark.parametrize("seed", range(3))
def test_cameras_are_upright_and_pitch_within_limits(rooms, seed):
    for room in rooms:
        turn = camera_path(room, 40, seed)[:, :3, :3]
        assert (turn[:, 2, 1] < -0.75).all()  # image down is world down
        assert (np.abs(turn[:, 2, 0]) < np.sin(np.radians(4))).all()  # hardly any roll
        pitch = np.degrees(np.arcsin(turn[:, 2, 2]))
        assert pitch.min() >= -35.001
        assert pitch.max() <= 15.001
        assert np.ptp(pitch) > 10


def test_pairs_of_frames_overlap_little_much_and_in_between(rooms):
    matrix, poses = pinhole(SMALL), camera_path(rooms[0], 40, 1)
    seen = []
    for pose in poses:
        depth = render(rooms[0], pose, matrix, SIZE).depth_m
        cells = np.floor(surface_points(depth, pose, matrix)[::2, ::2].reshape(-1, 3) / 0.2).astype(int)
        seen.append(set(map(tuple, cells)))
    iou = np.array([len(a & b) / len(a | b) for k, a in enumerate(seen) for b in seen[:k]])
    assert (iou < 0.06).mean() > 0.1
    assert ((iou >= 0.06) & (iou <= 0.35)).mean() > 0.1
    assert (iou > 0.35).mean() > 0.03
    relative = np.linalg.inv(poses[:, None]) @ poses[None]
    assert (relative[..., :3, 3].std(axis=(0, 1)) > 0.12).all()


def test_a_frame_more_or_less_is_a_longer_or_shorter_walk(rooms):
    assert camera_path(rooms[2], 1, 0).shape == (1, 4, 4)
    steps = np.linalg.norm(np.diff(camera_path(rooms[2], 300, 0)[:, :3, 3], axis=0), axis=1)
    assert 0.01 < np.median(steps) < 0.1


def test_boxes_keep_the_lamp_from_what_is_behind_them():
    item = Assembly("slabs")
    item.box((0, 0, 1.0), (1.0, 1.0, 0.1), WHITE)
    item.box((0.5, 1.0, 2.3), (0.5, 0.1, 0.3), WHITE)
    item.box((-0.5, -1.0, 2.3), (0.5, 0.1, 0.3), WHITE)
    item.box((1.0, -0.5, 2.3), (0.1, 0.5, 0.3), WHITE)
    item.box((-1.0, 0.5, 2.3), (0.1, 0.5, 0.3), WHITE)
    size = (6.0, 6.0, 2.5)
    solids = assemble(size, [Placed(item, np.zeros(3), 0.0)], [WHITE] * 6)
    reach = light_room(solids, LAMP).reach
    dark = [(0, 0, 0), (0.7, 0.3, 0), (1.0, 2.0, 2.3), (-1.0, -2.0, 2.3), (2.0, -1.0, 2.3), (-2.0, 1.0, 2.3)]
    lit = [(1.4, 0, 0), (0, -2.0, 0), (0, 0, 1.2), (-1.0, 2.0, 2.3), (1.0, -2.0, 2.3), (2.0, 1.0, 2.3)]
    for expected, points in ((0, dark), (1, [*lit, (-2.0, -1.0, 2.3), (0, 2.0, 1.8), (2.0, 0, 1.7)])):
        for point in points:
            assert lit_share(reach, 0, *(np.array(point) - LAMP[0, :3])) == expected, point


def test_light_is_the_same_whether_interpolated_or_not():
    """A plain floor is as bright in an image as in each of its pixels rendered alone."""
    options = SyntheticOptions(width=320, height=240)
    room, matrix, size = made_by_hand(), pinhole(options), (240, 320)
    pose = look((-2.5, -1.5, 1.5), (-0.8, 0.5, 0.0))
    whole = render(room, pose, matrix, size)
    inner = [(v, u) for v in range(2, 240, 29) for u in range(2, 320, 29) if whole.instance[v, u] == 0]
    apart = [
        np.abs(
            render(room, pose, at_pixel(matrix, u, v), (1, 1)).colour[0, 0].astype(int) - whole.colour[v, u]
        )
        for v, u in inner
    ]
    assert len(inner) > 30
    assert np.median(apart) <= 1
    assert np.quantile(apart, 0.9) <= 4


def test_lens_of_the_options():
    matrix = pinhole(SyntheticOptions(width=640, height=480, fov_deg=90.0))
    np.testing.assert_allclose(matrix, [[320, 0, 319.5], [0, 320, 239.5], [0, 0, 1]])
