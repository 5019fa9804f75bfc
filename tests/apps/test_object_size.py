"""Size questions: the sets of images that are asked about, drawn in turn, and what the rows say."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import spatialgeom as sg
from spatialgeom.apps.datagen import object_units
from spatialgeom.apps.datagen.object_table import ObjectTable, measure_objects
from spatialgeom.apps.datagen.objects import Objects
from spatialgeom.apps.datagen.readers import load_readers
from spatialgeom.apps.datagen.rules import DEFAULT, PAPER
from spatialgeom.apps.datagen.synthetic import SyntheticOptions, build_room
from spatialgeom.apps.datagen.task import Context
from spatialgeom.apps.datagen.tasks import load_tasks
from spatialgeom.apps.datagen.units import UNITS, draw_units
from spatialgeom.apps.errors import InputError

ALL_SEEN = replace(DEFAULT, unique_category=False, set_overlap_percent=0.0)
AXES = {"length": 0, "width": 1, "height": 2}
TASKS = load_tasks()


def packed(mask):
    return sg.pack_bits(torch.from_numpy(np.asarray(mask, bool))).numpy()


def geometry(table, visible=None):
    frames = table.counts.shape[1]
    return SimpleNamespace(
        name="s", objects=table, visible=packed(np.ones((frames, 64)) if visible is None else visible)
    )


def table(*rows, size=(1.0, 1.0, 1.0)):
    """Return a table of objects, each (category, points, points seen by frame, low and high by frame)."""
    low = np.array([[[a] * 3 for a, _ in extents] for *_, extents in rows], float)
    high = np.array([[[b] * 3 for _, b in extents] for *_, extents in rows], float)
    return ObjectTable(
        ids=tuple(f"id{k}" for k in range(len(rows))),
        categories=tuple(category for category, *_ in rows),
        world_from_box=np.tile(np.eye(4), (len(rows), 1, 1)),
        size=np.array([size] * len(rows), float),
        low=low,
        high=high,
        counts=np.array([counts for _, _, counts, _ in rows], np.int32),
        total=np.array([total for _, total, *_ in rows]),
    )


def population(kind, scene, rules=ALL_SEEN):
    """Return {object: set of images} of all units, drawn by their quota."""
    task = TASKS[f"object_{kind}"]
    counts = UNITS[task.unit].histogram(task, scene, rules)
    columns, failed, short = draw_units(task, Context(scene, rules, task.name, 0, int(counts.sum())), counts)
    assert (failed, short) == (0, 0)
    if not columns:
        return set()
    rows = {
        (owner, tuple(f for f in frames if f >= 0))
        for owner, frames in zip(columns["object"].tolist(), columns["frames"].tolist(), strict=True)
    }
    assert len(rows) == len(columns["object"]) == counts.sum()
    assert np.array_equal(np.bincount([len(f) - 1 for _, f in rows], minlength=len(counts)), counts)
    return rows


def random_scene(seed, frames):
    """Return points on a grid of 1/16 m, labels and sight: coverage often meets 0.875 m exactly."""
    rng = np.random.default_rng(seed)
    points, labels = [], []
    for k in range(3):
        corners = np.array([[0, 0, 0], [16, 16, 16]])
        inside = np.concatenate((corners, rng.choice([0, 1, 2, 3, 8, 13, 14, 15, 16], (18, 3))))
        points.append(inside / 16 + [3 * k, k, 0])
        labels += [k] * 20
    points.append(rng.random((9, 3)))
    order = rng.permutation(69)
    visible = rng.random((frames, 69)) < rng.uniform(0.03, 0.3, (frames, 1))
    return np.concatenate(points)[order], np.array([*labels, *[-1] * 9])[order], visible


def minimal_by_trying(points, labels, visible, axes, most):
    """Return all minimal sets of up to ``most`` images, by trying every set of any size."""
    found, largest = set(), 0
    for k in range(3):
        own = labels == k
        enough = [f for f in range(len(visible)) if visible[f, own].mean() >= 0.05]
        low = np.where(visible[:, own, None], points[own], np.inf).min(axis=1)[:, axes]
        high = np.where(visible[:, own, None], points[own], -np.inf).max(axis=1)[:, axes]
        covering = set()
        for size in range(1, len(enough) + 1):
            for chosen in combinations(enough, size):
                reach = high[list(chosen)].max(axis=0) - low[list(chosen)].min(axis=0)
                if (np.abs(reach - 1) <= 0.125).all():
                    covering.add(frozenset(chosen))
        minimal = {s for s in covering if not any(other < s for other in covering)}
        largest = max([largest, *map(len, minimal)])
        found |= {(k, tuple(sorted(s))) for s in minimal if len(s) <= most}
    return found, largest


@pytest.mark.parametrize(("seed", "frames"), [(0, 12), (1, 9), (2, 7), (3, 4), (4, 1), (5, 8)])
def test_all_minimal_sets_and_no_others_from_points_to_units(seed, frames, monkeypatch):
    monkeypatch.setattr(object_units, "_EACH", 10_000)
    points, labels, visible = random_scene(seed, frames)
    known = Objects(("a", "b", "c"), ("x", "y", "z"), np.tile(np.eye(4), (3, 1, 1)), np.ones((3, 3)))
    for k in range(3):
        known.world_from_box[k, :3, 3] = np.array([3 * k, k, 0]) + 0.5
    scene = geometry(measure_objects(known, labels, points, packed(visible), upright=True), visible)
    rules = replace(ALL_SEEN, cover_tolerance=0.125)
    for name, axis in AXES.items():
        expected, largest = minimal_by_trying(points, labels, visible, [axis], 2)
        assert population(name, scene, rules) == expected
        assert largest <= 2
    expected, _ = minimal_by_trying(points, labels, visible, [0, 1, 2], 3)
    assert population("dimensions", scene, rules) == expected


def test_random_scenes_have_sets_of_every_size():
    sizes = {name: set() for name in ("one", "joint")}
    for seed in range(3):
        points, labels, visible = random_scene(seed, 9)
        sizes["one"] |= {len(s) for _, s in minimal_by_trying(points, labels, visible, [0], 2)[0]}
        sizes["joint"] |= {len(s) for _, s in minimal_by_trying(points, labels, visible, [0, 1, 2], 3)[0]}
    assert sizes["one"] == {1, 2}
    assert sizes["joint"] >= {2, 3}


@pytest.mark.parametrize(
    ("seen", "total", "asked"),
    [(5, 100, True), (7, 140, True), (6, 140, False), (49, 1000, False), (0, 9, False)],
)
def test_an_image_with_five_percent_of_the_points_counts(seen, total, asked):
    scene = geometry(table(("cup", total, [seen], [(0, 1)])))
    assert bool(population("height", scene)) is asked


@pytest.mark.parametrize(("least", "asked"), [(0.02, True), (np.nextafter(0.02, 0), False), (0.0, False)])
def test_every_side_is_two_centimetres(least, asked):
    for size in ((1, least, 1), (1, 1, least)):
        scene = geometry(table(("cup", 10, [10], [(0, 1)]), size=size))
        assert bool(population("length", scene)) is asked


def test_the_paper_asks_about_thin_things_but_not_about_flat_ones():
    for least, asked in ((0.001, True), (0.0004, False)):
        scene = geometry(table(("cup", 10, [10], [(0, 1)]), size=(1, least, 1)))
        assert bool(population("length", scene, PAPER)) is asked


@pytest.mark.parametrize(
    ("reach", "asked"), [(0.875, True), (0.874, False), (1.125, True), (1.126, False), (1.0, True)]
)
def test_coverage_may_be_off_by_the_tolerance_either_way(reach, asked):
    scene = geometry(table(("cup", 10, [10], [(0, reach)])))
    assert bool(population("height", scene, replace(ALL_SEEN, cover_tolerance=0.125))) is asked


def test_ten_percent_is_the_default_tolerance():
    extents = [(0, 0.901), (0, 0.899), (0, 1.099), (0, 1.101)]
    scene = geometry(table(("cup", 10, [10] * 4, extents)))
    assert {frames for _, frames in population("height", scene)} == {(0,), (2,)}


@pytest.mark.parametrize("category", ["wall", "floor", "ceiling", "window", "object"])
def test_what_is_no_object_is_not_asked_about(category):
    scene = geometry(table((category, 10, [10], [(0, 1)]), ("cup", 10, [10], [(0, 1)])))
    for rules in (ALL_SEEN, PAPER):
        assert {owner for owner, _ in population("width", scene, rules)} == {1}


@pytest.mark.parametrize(
    ("other", "total", "asked"),
    [
        (0, 1000, True),
        (9, 1000, True),
        (10, 1000, False),
        (19, 9999, True),
        (20, 9999, False),
        (1, 100, False),
    ],
)
def test_no_image_shows_another_object_of_the_name(other, total, asked):
    rows = [("cup", 10, [10, 10], [(0, 1)] * 2), ("cup", total, [other, 0], [(0, 0.1)] * 2)]
    rows.append(("mug", 10, [10, 10], [(0, 0.1)] * 2))
    rules = replace(ALL_SEEN, unique_category=True)
    found = population("height", geometry(table(*rows)), rules)
    assert found == ({(0, (0,)), (0, (1,))} if asked else {(0, (1,))})
    assert population("height", geometry(table(*rows)), PAPER) == {(0, (0,)), (0, (1,))}


def test_a_pair_is_not_asked_about_if_either_image_shows_another():
    halves = [(0, 0.6), (0.4, 1), (0.4, 1)]
    rows = table(("cup", 10, [9, 9, 9], halves), ("cup", 50, [0, 50, 0], [(0, 0.1)] * 3))
    assert population("height", geometry(rows), replace(ALL_SEEN, unique_category=True)) == {(0, (0, 2))}
    assert population("height", geometry(rows)) == {(0, (0, 1)), (0, (0, 2))}


@pytest.mark.parametrize(("shared", "asked"), [(6, True), (5, False)])
def test_two_images_of_a_set_overlap(shared, asked):
    # of 100 points, the first image sees 50 and the second the others and some of the first's
    visible = np.zeros((2, 100), bool)
    visible[0, :50], visible[1, 50 - shared :] = True, True
    scene = geometry(table(("cup", 10, [9, 9], [(0, 0.6), (0.4, 1)])), visible)
    assert bool(population("height", scene, DEFAULT)) is asked
    assert population("height", scene, PAPER) == {(0, (0, 1))}


def test_three_images_hang_together_through_one_of_them():
    corner = np.eye(3) - 0.5
    rows = replace(
        table(("cup", 10, [9, 9, 9], [(0, 0)] * 3)),
        low=np.minimum(0, corner)[None] * [[[0, 1, 1]]],
        high=np.maximum(0, corner)[None],
    )
    # each image reaches far along one axis; lows make up the rest
    rows = replace(rows, low=np.full((1, 3, 3), -0.5))
    visible = np.zeros((3, 300), bool)
    for frame, part in enumerate((slice(0, 120), slice(100, 200), slice(180, 300))):
        visible[frame, part] = True
    assert population("dimensions", geometry(rows, visible), DEFAULT) == {(0, (0, 1, 2))}
    visible[1, 100:120] = False
    assert population("dimensions", geometry(rows, visible), DEFAULT) == set()
    assert population("dimensions", geometry(rows, visible), PAPER) == {(0, (0, 1, 2))}


def crowd():
    """Return a scene of three objects with 100, 5 and 40 images that show each whole."""
    rows = [
        (f"thing {k}", 10, [10 if f < n else 0 for f in range(100)], [(0, 1)] * 100)
        for k, n in enumerate((100, 5, 40))
    ]
    return geometry(table(*rows))


def test_no_object_has_more_than_its_part_and_histogram_and_draw_agree():
    task = TASKS["object_height"]
    counts = UNITS[task.unit].histogram(task, crowd(), DEFAULT)
    assert counts.tolist() == [64 + 5 + 40, 0]
    whole = [draw_units(task, Context(crowd(), DEFAULT, "t", seed), counts)[0] for seed in (0, 1)]
    units = [sorted(zip(w["object"].tolist(), w["frames"][:, 0].tolist(), strict=True)) for w in whole]
    assert units[0] == units[1]
    assert len(set(units[0])) == 109
    first = {frame for owner, frame in units[0] if owner == 0}
    assert max(first) > 64  # drawn from all, not the first ones


def test_objects_take_turns_and_the_seed_chooses():
    task = TASKS["object_length"]
    drawn = {}
    for seed in (0, 1):
        columns, *_ = draw_units(task, Context(crowd(), DEFAULT, "t", seed), np.array([24, 0]))
        assert sorted(np.bincount(columns["object"]).tolist()) == [5, 9, 10]
        assert np.bincount(columns["object"])[1] == 5
        drawn[seed] = set(zip(columns["object"].tolist(), columns["frames"][:, 0].tolist(), strict=True))
    assert drawn[0] != drawn[1]
    columns, *_ = draw_units(task, Context(crowd(), DEFAULT, "t", 0), np.array([2, 0]))
    assert len(set(columns["object"].tolist())) == 2


def test_an_empty_table_has_no_units():
    scene = geometry(ObjectTable.empty(4))
    for name in ("height", "width", "length", "dimensions"):
        assert population(name, scene, DEFAULT) == set()


def test_a_joint_search_that_is_cut_short_says_so(monkeypatch):
    monkeypatch.setattr(object_units, "_JOINT_IMAGES", 10)
    scene = geometry(table(("cup", 10, [10] * 12, [(0, 1)] * 12)))
    task = TASKS["object_dimensions"]
    for count, said in ((12, 1), (10, 0)):
        scene.objects.counts[:, count:] = 0
        columns, *_ = draw_units(task, Context(scene, DEFAULT, "t", 0), np.array([10, 0, 0]))
        assert set(columns["truncated"].tolist()) == {said}
    monkeypatch.setattr(object_units, "_SETS", 3)
    columns, *_ = draw_units(task, Context(scene, DEFAULT, "t", 0), np.array([3, 0, 0]))
    assert columns["truncated"].tolist() == [1, 1, 1]


def described(name, seed=0, rules=ALL_SEEN):
    halves = [(-0.5, 0.0625), (-0.0625, 0.5)] * 20
    rows = table(
        ("armchair", 10, [9] * 40, halves),
        ("pot", 10, [9] * 40, [(-0.5, 0.46)] * 40),
        size=(1, 0.97, 1.0005),
    )
    scene, task = geometry(rows), TASKS[f"object_{name}"]
    context = Context(scene, rules, task.name, seed)
    quota = np.array([20, 20, 0][: UNITS[task.unit].most])
    columns, *_ = draw_units(task, context, quota)
    return columns, task.describe(context, columns)


@pytest.mark.parametrize(
    ("name", "meaning", "size"),
    [("length", "longer", "1000"), ("width", "shorter", "970"), ("height", "vertical", "1001")],
)
def test_rows_say_which_side_is_meant_and_hold_its_size(name, meaning, size):
    columns, said = described(name)
    assert set(said.truth) == set(said.fields["size"]) == {size}
    assert all(meaning in text for text in said.fields["meaning"])
    assert set(said.fields["dimension"]) == {name}
    alone = columns["frames"][:, 1] < 0
    names = np.where(alone, "pot", "armchair").tolist()
    assert list(said.fields["object"]) == names
    assert list(said.fields["views"]) == np.where(alone, "the image", "the two images").tolist()
    assert said.measured["covered_m"] == pytest.approx(np.where(alone, 0.96, 1.0))
    assert said.measured["size_m"] == pytest.approx(int(size) / 1000, abs=0.0005)
    assert 0 < alone.sum() < len(alone)


def test_dimensions_are_height_width_and_length():
    _, said = described("dimensions")
    assert set(said.truth) == {"[1001, 970, 1000]"}
    assert said.measured["width_m"] == pytest.approx(0.97)
    assert {"covered_height_m", "covered_width_m", "covered_length_m"} < set(said.measured)


def test_images_of_a_set_come_in_either_order_by_the_seed():
    columns, said = described("height")
    assert np.array_equal(np.sort(said.frames, axis=1), np.sort(columns["frames"], axis=1))
    pairs = said.frames[said.frames[:, 1] >= 0]
    assert 3 < (pairs[:, 0] > pairs[:, 1]).sum() < len(pairs) - 3
    assert (said.frames[:, 0] >= 0).all()
    assert np.array_equal(described("height")[1].frames, said.frames)
    assert not np.array_equal(described("height", seed=1)[1].frames, said.frames)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rooms")
    reader, options = load_readers()["synthetic"], SyntheticOptions(1, 3, 96, 72)
    (handle,) = reader.scenes(Path("synthetic"), options)
    return folder / "images" / handle.name, lambda: reader.load(handle, folder), build_room(options.seed, 0)


def test_a_rendered_room_has_its_true_boxes_and_instances(rendered):
    _, load, room = rendered
    scene = load()
    assert scene.objects.categories == tuple(item.category for item in room.instances)
    assert np.allclose(scene.objects.size, [item.size for item in room.instances])
    assert np.allclose(scene.objects.world_from_box[:, :3, 3], [item.centre for item in room.instances])
    surfaces = sg.unproject_depth(
        torch.from_numpy(scene.depth(0).astype(np.float64) * scene.depth_scale)[None],
        torch.from_numpy(scene.depth_camera.intrinsics)[None],
        torch.from_numpy(scene.world_from_depth[:1]),
    )
    shown = scene.instances(0)
    assert shown.shape == scene.depth_camera.size
    for value in np.unique(shown[shown > 0]):
        points = surfaces.points[0].numpy()[(shown == value) & surfaces.valid[0].numpy()]
        pose, size = scene.objects.world_from_box[value - 1], scene.objects.size[value - 1]
        assert (np.abs((points - pose[:3, 3]) @ pose[:3, :3]) <= size / 2 + 0.002).all()
    assert len(np.unique(shown)) > 3


@pytest.mark.parametrize("content", ["", "{", "[3]", '[{"id": 1}]', None, "[" * 200_000])
def test_a_rendered_room_whose_boxes_are_damaged_says_what_to_delete(rendered, content):
    place, load, _ = rendered
    whole = (place / "instances.json").read_text()
    damaged = whole.replace('"id": 1,', '"id": -1,', 1) if content is None else content
    (place / "instances.json").write_text(damaged)
    with pytest.raises(InputError, match="delete"):
        load()
    (place / "instances.json").write_text(whole)


def test_size_questions_need_up():
    assert all(TASKS[f"object_{name}"].needs_up for name in (*AXES, "dimensions"))
