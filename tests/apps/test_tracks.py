"""Object motion: units are pairs of times, balanced over displacement with parts in turn; labels are true."""

import json
import re
from itertools import combinations

import numpy as np
import pytest

from spatialgeom.apps.datagen.clip import Clip
from spatialgeom.apps.datagen.geometry import follow
from spatialgeom.apps.datagen.rows import build_table
from spatialgeom.apps.datagen.rules import DEFAULT, PAPER
from spatialgeom.apps.datagen.scene import Camera
from spatialgeom.apps.datagen.task import Context
from spatialgeom.apps.datagen.tasks import load_tasks
from spatialgeom.apps.datagen.units import UNITS, draw_units
from spatialgeom.apps.errors import InputError
from spatialgeom.apps.images import ImageRef

TIMES = 9
SIZE = (240, 320)
FOCAL = 200.0


def camera_path(times):
    """A camera that looks along +y of a world with z up, walks sideways and turns."""
    poses = np.tile(np.eye(4), (times, 1, 1))
    for k, pose in enumerate(poses):
        turn = 0.03 * k
        forward, right = [np.sin(turn), np.cos(turn), 0], [np.cos(turn), -np.sin(turn), 0]
        pose[:3, :3] = np.stack((right, [0, 0, -1], forward), axis=1)
        pose[:3, 3] = [0.05 * k, -0.02 * k, 0.01 * k]
    return poses


def clip_of(tracks, visible=None, **changes):
    times, points = tracks.shape[:2]
    camera = Camera(np.array([[FOCAL, 0, (SIZE[1] - 1) / 2], [0, FOCAL, (SIZE[0] - 1) / 2], [0, 0, 1]]), SIZE)
    frames = tuple(f"{k:06d}" for k in range(times))
    clip = {
        "name": "clip",
        "space": "clip",
        "source": "adt",
        "frames": frames,
        "images": tuple(ImageRef(f"{name}.jpg", SIZE[1], SIZE[0]) for name in frames),
        "root": "somewhere",
        "world_from_camera": camera_path(times),
        "camera": camera,
        "tracks": tracks,
        "visible": np.ones((times, points), bool) if visible is None else visible,
        "fingerprint": "f",
    }
    return Clip(**{**clip, **changes})


def three_parts(seed=0):
    """A still part, one that slides 7 cm a step and one that sinks by 20 cm once, some of it unseen."""
    rng = np.random.default_rng(seed)
    centres = np.repeat([[-0.8, 3, 0], [0, 3, 0], [0.8, 3, 0]], 10, axis=0)
    start = centres + rng.uniform(-0.1, 0.1, (30, 3))
    tracks = np.tile(start, (TIMES, 1, 1))
    tracks[:, 10:20, 0] += 0.07 * np.arange(TIMES)[:, None]
    tracks[TIMES // 2 :, 20:, 2] -= 0.2
    return tracks, rng.random((TIMES, 30)) < 0.8


@pytest.fixture(scope="module")
def geometry():
    tracks, visible = three_parts()
    return follow(clip_of(tracks, visible), DEFAULT, "key")


def brute_force(geometry, rules):
    """Every (point, first, second) by its bin."""
    tracks, found = geometry.tracks, {}
    edges = np.array(rules.motion_edges_m)
    for point in range(tracks.world.shape[1]):
        for first, second in combinations(range(len(tracks.world)), 2):
            if tracks.askable[first, point] and tracks.askable[second, point]:
                moved = np.linalg.norm(
                    tracks.world[second, point].astype(float) - tracks.world[first, point].astype(float)
                )
                found.setdefault(int((edges <= moved).sum()), set()).add((point, first, second))
    return found


def context_of(geometry, task="point_distance_dot", slots=40, rules=DEFAULT):
    return Context(geometry, rules, task, 0, slots, 0)


def test_parts_and_bins_are_those_of_brute_force(geometry):
    assert len(np.unique(geometry.tracks.part)) == 3
    assert [len(set(geometry.tracks.part[k : k + 10])) for k in (0, 10, 20)] == [1, 1, 1]
    units = brute_force(geometry, DEFAULT)
    counted = UNITS["track_pair"].histogram(None, geometry, DEFAULT)
    assert counted.tolist() == [len(units.get(k, ())) for k in range(len(counted))]
    assert (counted > 0).sum() >= 4


def test_a_queue_holds_every_unit_of_its_bin_once(geometry):
    units = brute_force(geometry, DEFAULT)
    quota = UNITS["track_pair"].histogram(None, geometry, DEFAULT)
    queues = UNITS["track_pair"].queues(load_tasks()["point_distance_dot"], context_of(geometry), quota)
    for index, queue in enumerate(queues):
        drawn = list(zip(*(queue[name].tolist() for name in ("point", "first", "second")), strict=True))
        assert len(set(drawn)) == len(drawn)
        assert set(drawn) == units.get(index, set())


def test_parts_take_turns_from_the_first_unit_on(geometry):
    queue = UNITS["track_pair"].queues(
        load_tasks()["point_distance_dot"], context_of(geometry), np.full(11, 30)
    )[0]  # all stand still
    for count in (3, 6, 30):
        taken = np.bincount(geometry.tracks.part[queue["point"][:count]])
        present = taken[taken > 0]
        assert present.max() - present.min() <= 1
    assert len(present) >= 2


def test_displacement_is_that_of_the_world_in_the_first_cameras_axes(geometry):
    task = load_tasks()["point_displacement_dot"]
    context = context_of(geometry, task.name, 60)
    units, _, _ = draw_units(task, context, np.full(11, 12))
    rows = build_table(task, context, units, "run").to_pylist()
    assert len(rows) > 40
    tracks, visible = three_parts()
    for row, point in zip(rows, units["point"], strict=True):
        first, second = (int(image["path"].split(".")[0]) for image in row["images"])
        pose = camera_path(TIMES)[first]
        moved = np.linalg.solve(pose[:3, :3], tracks[second, point] - tracks[first, point])
        expected = [0, 0, 0] if np.linalg.norm(moved) < 0.01 else np.rint(moved * 1000).astype(int).tolist()
        assert np.abs(np.array(json.loads(row["truth"])) - expected).max() <= 1
        assert (expected == [0, 0, 0]) == (row["truth"] == "[0, 0, 0]")
        assert f"`{row['truth']}`" in row["answer"]
        at_camera = np.linalg.solve(pose, [*tracks[first, point], 1])
        uv = FOCAL * at_camera[:2] / at_camera[2] + [(SIZE[1] - 1) / 2, (SIZE[0] - 1) / 2]
        (mark,) = row["marks"]
        assert abs(mark["u"] - uv[0]) <= 0.51
        assert abs(mark["v"] - uv[1]) <= 0.51
        assert visible[second, point]


def fits(answer, template):
    return re.fullmatch(re.sub(r"\\\{\w+\\\}", ".*", re.escape(template)), answer)


@pytest.mark.parametrize(("step_m", "said"), [(0.00999, "0"), (0.0101, "10"), (0.2, "200")])
def test_what_moves_less_than_a_centimetre_did_not_move(step_m, said):
    tracks, _ = three_parts()
    tracks = np.stack((tracks[0], tracks[0] + [0, 0, step_m]))
    task = load_tasks()["point_distance_coord"]
    context = context_of(follow(clip_of(tracks), DEFAULT, "key"), task.name)
    units, _, _ = draw_units(task, context, np.full(11, 5))
    rows = build_table(task, context, units, "run").to_pylist()
    assert {row["truth"] for row in rows} == {said}
    unmoved = [any(fits(row["answer"], text) for text in task.wording.unmoved) for row in rows]
    assert all(unmoved) if said == "0" else not any(unmoved)


def test_a_dot_needs_room_under_our_rules_alone():
    tracks, _ = three_parts()
    tracks = np.tile(tracks[0], (3, 1, 1))
    edge = 1.5 / FOCAL * 3  # two pixels inside the left border
    tracks[:, 0] = [-(SIZE[1] / 2) / FOCAL * 3 + edge, 3, 0]
    clip = clip_of(tracks, world_from_camera=np.tile(camera_path(1), (3, 1, 1)))
    for rules, room in ((DEFAULT, False), (PAPER, True)):
        found = follow(clip, rules, "key").tracks
        assert found.visible[0, 0] or found.part[0] < 0
        assert found.askable[0, 0] == (room and found.part[0] >= 0)
        assert found.askable[0, 15]


def test_points_of_no_part_are_not_asked_about():
    tracks, _ = three_parts()
    alone = tracks[:, :1] + np.sin(np.arange(TIMES))[:, None, None] * [0.3, 0.2, 0.4]
    tracks = np.concatenate((tracks, alone), axis=1)
    found = follow(clip_of(tracks), DEFAULT, "key").tracks
    assert found.part[-1] == -1
    assert not found.askable[:, -1].any()
    assert not found.moves[-1].any()


def test_a_clip_that_gives_nothing_is_refused_in_words():
    tracks, _ = three_parts()
    with pytest.raises(InputError, match="clip has 1 usable frame, expected at least 2"):
        follow(clip_of(tracks[:1]), DEFAULT, "key")
    with pytest.raises(InputError, match="clip has 4 tracked points, of which no six move as one"):
        follow(clip_of(tracks[:, :4]), DEFAULT, "key")


@pytest.mark.parametrize("name", ["point_chain_displacement_dot", "point_chain_most_coord"])
def test_chains_of_a_point_are_in_time_order_and_visible(geometry, name):
    task = load_tasks()[name]
    context = context_of(geometry, name, 60)
    units, _, _ = draw_units(task, context, np.full(11, 12))
    rows = build_table(task, context, units, "run").to_pylist()
    assert len(rows) > 15
    lengths = set()
    for row, point, frames in zip(rows, units["point"], units["frames"], strict=True):
        shown = [int(image["path"].split(".")[0]) for image in row["images"]]
        assert shown == sorted(set(shown)) == [f for f in frames.tolist() if f >= 0]
        assert geometry.tracks.visible[shown, point].all()
        lengths.add(len(shown))
        steps = np.linalg.norm(np.diff(geometry.tracks.world[shown, point], axis=0), axis=1)
        if name.startswith("point_chain_most"):
            k = row["scoring"]["options"].index(json.loads(row["truth"]))
            assert k == steps.argmax()
            assert row["scoring"]["options"] == [f"Image-{i} and Image-{i + 1}" for i in range(1, len(shown))]
            assert np.sort(steps)[-1] - np.sort(steps)[-2] >= max(0.05, 0.1 * steps.max()) - 1e-6
        else:
            moved = geometry.tracks.world[shown[-1], point] - geometry.tracks.world[shown[0], point]
            assert np.linalg.norm(json.loads(row["truth"])) == pytest.approx(
                1000 * np.linalg.norm(moved), abs=11 if row["truth"] == "[0, 0, 0]" else 1
            )
    assert len(lengths) >= 3
