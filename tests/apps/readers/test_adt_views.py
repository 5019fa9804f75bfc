"""Views of Aria Digital Twin: boxes set upright, instances, and files at fault."""

import json
import os
import pickle
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import kornia_rs.io
import numpy as np
import pytest
from PIL import Image

from spatialgeom.apps.datagen.geometry import compute_geometry
from spatialgeom.apps.datagen.objects import box_corners
from spatialgeom.apps.datagen.readers import load_readers
from spatialgeom.apps.datagen.readers.adt_views import READER, AdtViewsOptions
from spatialgeom.apps.datagen.rules import DEFAULT
from spatialgeom.apps.datagen.task import Context
from spatialgeom.apps.datagen.tasks import load_tasks
from spatialgeom.apps.datagen.units import UNITS, draw_units
from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.progress import Progress

SIZE, FOCAL = (60, 80), 50.0
# a camera 2 m above the floor that looks down: its y is the world's z, for up is the world's y
DOWN = [[1, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 2], [0, 0, 0, 1]]


def box(number, category, bounds, pose):
    return {"id": number, "uid": "7", "name": "Thing_1", "category": category, "motion": "static",
            "size": [1, 1, 1], "aabb": bounds, "T_world_obj": pose}  # fmt: skip


def turned(degrees, centre=(0, 0, 0)):
    """Return a pose that is turned about the world's y."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return [[cos, 0, sin, centre[0]], [0, 1, 0, centre[1]], [-sin, 0, cos, centre[2]], [0, 0, 0, 1]]


@dataclass(frozen=True)
class Views:
    """A scene: a flat stool of 0.5 x 0.4 m, 0.3 m high, on a floor, seen from above."""

    path: Path

    def file(self, frame, kind):
        return self.path / f"{frame:06d}.{kind}"

    def meta(self, **changes):
        content = json.loads((self.path / "meta.json").read_text()) | changes
        (self.path / "meta.json").write_text(json.dumps(content))

    def load(self, **options):
        (handle,) = READER.scenes(self.path, AdtViewsOptions(**options))
        return READER.load(handle, self.path)


@pytest.fixture
def views(tmp_path):
    made = Views(tmp_path / "kitchen")
    made.path.mkdir()
    height, width = SIZE
    stool = np.zeros(SIZE, bool)
    # the top is 1.7 m below the camera
    half_u, half_v = round(0.25 * FOCAL / 1.7), round(0.2 * FOCAL / 1.7)
    stool[height // 2 - half_v : height // 2 + half_v + 1, width // 2 - half_u : width // 2 + half_u + 1] = (
        True
    )
    for frame in range(3):
        depth = np.where(stool, 1700, 2000).astype(np.uint16)[..., None]
        instance = np.where(stool, 40000, 25).astype(np.uint16)[..., None]
        kornia_rs.io.write_image_png_u16(str(made.file(frame, "depth.png")), depth, "mono")
        kornia_rs.io.write_image_png_u16(str(made.file(frame, "inst.png")), instance, "mono")
        Image.fromarray(np.full((*SIZE, 3), 90 + frame, np.uint8)).save(made.file(frame, "jpg"))
    boxes = [
        box(40000, "Step  Stool", [-0.25, 0.25, 0, 0.3, -0.2, 0.2], turned(0)),
        box(25, "floor", [-5, 5, -0.1, 0.0, -5, 5], turned(0)),
    ]
    camera = [FOCAL, FOCAL, width / 2, height / 2]
    (made.path / "meta.json").write_text(json.dumps({"boxes": boxes, "K": camera, "w2c": [DOWN] * 3}))
    return made


def test_frames_are_in_metres_with_z_up(views):
    scene = views.load()
    assert scene.frames == ("000000", "000001", "000002")
    assert scene.up_known
    assert scene.depth_scale * scene.depth(0).max() == pytest.approx(2)
    assert scene.world_from_depth[0, :3, 3] == pytest.approx([0, 0, 2])
    assert scene.world_from_depth[0, :3, 2] == pytest.approx([0, 0, -1])
    assert scene.colour_camera.intrinsics.tolist() == [[50, 0, 40], [0, 50, 30], [0, 0, 1]]
    assert scene.licence == "Aria Digital Twin Dataset licence (research)"


def test_objects_have_spoken_names_and_upright_boxes(views):
    objects = views.load().objects
    assert objects.ids == ("40000", "25")
    assert objects.categories == ("step stool", "floor")
    assert objects.size[0] == pytest.approx([0.5, 0.4, 0.3])
    assert objects.world_from_box[0, :3, 3] == pytest.approx([0, 0, 0.15])


def test_instance_values_become_numbers_of_objects_also_in_another_process(views):
    shown = pickle.loads(pickle.dumps(views.load().instances))(1)
    assert shown.shape == SIZE
    assert shown[30, 40] == 1
    assert shown[0, 0] == 2
    assert np.unique(shown).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("category", "spoken"),
    [
        ("Coffee Table", "coffee table"),
        ("büro chair", "büro chair"),
        ("food object", "object"),
        ("part of a cabinet/wardrobe", "object"),
        ("kitchen utensil", "object"),
        ("x" * 100, "object"),
        (" ", "object"),
    ],
)
def test_names_that_nobody_would_use_are_no_objects(views, category, spoken):
    views.meta(boxes=[box(1, category, [0, 1, 0, 1, 0, 1], turned(0))])
    assert views.load().objects.categories == (spoken,)


@pytest.mark.parametrize("yaw", [0, 30, 77])
def test_a_box_on_its_side_stands_on_its_own_axis(views, yaw):
    lying = np.array(turned(yaw, (1, 0, 3))) @ np.array(
        [[1, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]]
    )
    views.meta(boxes=[box(1, "pot", [-0.1, 0.3, -0.2, 0.1, 0.0, 0.9], lying.tolist())])
    objects = views.load().objects
    assert objects.size[0, 2] == pytest.approx(0.9)
    assert sorted(objects.size[0]) == pytest.approx([0.3, 0.4, 0.9])
    mine = np.array([[x, y, z, 1] for x in (-0.1, 0.3) for y in (-0.2, 0.1) for z in (0, 0.9)]) @ lying.T
    corners = box_corners(objects.world_from_box[0], objects.size[0])
    expected = mine[:, [0, 2, 1]] * [1, -1, 1]  # y up to z up
    assert np.allclose(*(c[np.lexsort(c.round(6).T)] for c in (corners, expected)))


def test_a_size_question_carries_the_stools_true_sides(views):
    geometry = compute_geometry(views.load(), DEFAULT, "key", Progress(quiet=True), "cpu")
    assert geometry.objects.categories == ("step stool", "floor")
    tasks = load_tasks()
    for name, truth in (("length", "500"), ("width", "400")):
        task = tasks[f"object_{name}"]
        counts = UNITS[task.unit].histogram(task, geometry, DEFAULT)
        assert counts.tolist() == [3, 0]
        context = Context(geometry, DEFAULT, task.name, 0)
        said = task.describe(context, draw_units(task, context, counts)[0])
        assert set(said.truth) == {truth}
        assert set(said.fields["object"]) == {"step stool"}
    # from above nothing shows how high it is
    task = tasks["object_height"]
    assert UNITS[task.unit].histogram(task, geometry, DEFAULT).tolist() == [0, 0]


def test_a_layout_is_told_by_its_names(views, tmp_path, folder):
    assert READER.recognises(views.path)
    assert READER.recognises(tmp_path / "kitchen" / "..")
    assert not READER.recognises(folder.path)
    assert not READER.recognises(views.path / "meta.json")
    assert not load_readers()["rgbd_folder"].recognises(views.path)
    (views.path / "meta.json").unlink()
    assert not READER.recognises(views.path)
    with pytest.raises(InputError, match=r"must hold meta\.json"):
        READER.scenes(views.path, AdtViewsOptions())


def test_every_nth_frame_and_no_others(views):
    assert views.load(stride=2).frames == ("000000", "000002")
    assert views.load(stride=2).fingerprint != views.load().fingerprint
    with pytest.raises(UsageError, match="stride"):
        AdtViewsOptions(stride=0)


@pytest.mark.parametrize(
    ("kind", "reason"), [("depth.png", "depth file missing"), ("jpg", "color file missing")]
)
def test_a_missing_or_cut_image_drops_its_frame(views, kind, reason):
    file = views.file(1, kind)
    file.write_bytes(file.read_bytes()[:20])
    assert views.load().frames == ("000000", "000002")
    file.unlink()
    assert views.load().dropped == {reason: 1}
    file.mkdir()
    assert views.load().dropped == {reason: 1}


@pytest.mark.parametrize(
    "pose",
    [None, "x", [[1]], (2 * np.eye(4)).tolist(), np.zeros((4, 4)).tolist(), np.full((4, 4), 1e300).tolist()],
)
def test_a_pose_that_is_no_pose_drops_its_frame(views, pose):
    views.meta(w2c=[DOWN, pose, DOWN])
    assert views.load().dropped == {"pose file is not a 4x4 matrix": 1}
    views.meta(w2c=[DOWN, DOWN])
    assert views.load().frames == ("000000", "000001")


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e999", '"1"', "[1]", "null", "9" * 30])
def test_numbers_that_are_none_are_faults(views, text):
    meta = (views.path / "meta.json").read_text()
    for whole, damaged in (('"K": [50.0', f'"K": [{text}'), ('"aabb": [-0.25', f'"aabb": [{text}')):
        assert whole in meta
        (views.path / "meta.json").write_text(meta.replace(whole, damaged))
        with pytest.raises(InputError, match=r"meta\.json"):
            views.load()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b"\xff\xfe{}",
        b"[" * 200_000,
        b"{}",
        b'{"K": [50, 50, 40, 30]}',
        b'{"K": [50, 50, 40, 30], "w2c": 3, "boxes": []}',
        b'{"K": [50, 50, 40, 30], "w2c": [], "boxes": []}',
        b'{"K": ' + b"9" * 5000 + b"}",
    ],
)
def test_a_meta_file_that_is_none_is_a_fault_of_the_scene(views, content):
    (views.path / "meta.json").write_bytes(content)
    with pytest.raises(InputError):
        views.load()


def test_a_cut_meta_file_is_a_fault_wherever_it_is_cut(views):
    content = (views.path / "meta.json").read_bytes()
    for end in range(0, len(content) - 1, 37):
        (views.path / "meta.json").write_bytes(content[:end])
        with pytest.raises(InputError):
            views.load()


def test_a_large_meta_file_is_not_read(views):
    with (views.path / "meta.json").open("wb") as file:
        file.truncate(1 << 33)
    with pytest.raises(InputError, match="64 MiB"):
        views.load()


@pytest.mark.parametrize(
    "change",
    [
        {"id": 0}, {"id": 1 << 16}, {"id": -3}, {"id": 2**70}, {"id": 1.5}, {"id": None}, {"category": 3},
        {"aabb": [1, 0, 0, 1, 0, 1]}, {"aabb": [0, 1e30, 0, 1, 0, 1]}, {"aabb": []}, {"aabb": {}},
        {"T_world_obj": (np.eye(4) * 3).tolist()}, {"T_world_obj": np.diag([1, 1, -1, 1]).tolist()},
        {"T_world_obj": [[1, 2], [3]]}, {"T_world_obj": np.full((4, 4), 1e200).tolist()},
    ],
)  # fmt: skip
def test_a_box_that_is_none_is_named(views, change):
    views.meta(
        boxes=[
            box(3, "pot", [0, 1, 0, 1, 0, 1], turned(0)),
            box(4, "pot", [0, 1, 0, 1, 0, 1], turned(0)) | change,
        ]
    )
    with pytest.raises(InputError, match="box 1 of meta"):
        views.load()


def test_boxes_of_one_id_and_things_that_are_no_boxes_are_faults(views):
    twin = box(3, "pot", [0, 1, 0, 1, 0, 1], turned(0))
    for boxes, said in (([twin, twin], "share"), ([4], "box 0"), ("x", "list")):
        views.meta(boxes=boxes)
        with pytest.raises(InputError, match=said):
            views.load()


def test_no_boxes_are_no_objects(views):
    views.meta(boxes=[])
    scene = views.load()
    assert scene.objects.ids == ()
    assert not scene.instances(0).any()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def huge_png(width, height):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1 << 16))) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        huge_png(80, 60)[:60],
        huge_png(60, 80),
        huge_png(60000, 60000),
        None,
    ],
)
def test_an_instance_image_at_fault_names_no_points(views, content):
    file = views.file(1, "inst.png")
    file.unlink()
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    scene = views.load()
    assert len(scene.frames) == 3
    with pytest.raises(InputError, match="names no points"):
        scene.instances(1)
    geometry = compute_geometry(scene, DEFAULT, "key", Progress(quiet=True), "cpu")
    assert sum(geometry.dropped.values()) == 1
    assert geometry.objects.total.min() > 0


def test_instance_images_at_any_cut_are_faults_or_whole(views):
    file = views.file(0, "inst.png")
    whole, instances = file.read_bytes(), views.load().instances
    expected = instances(0)
    refused = 0
    for end in range(0, len(whole), 7):
        file.write_bytes(whole[:end])
        try:
            assert instances(0).shape == expected.shape
        except InputError:
            refused += 1
    assert refused > len(whole) // 14


def test_a_huge_depth_image_drops_its_frame(views):
    views.file(1, "depth.png").write_bytes(huge_png(60000, 60000))
    assert views.load().dropped == {"depth file is not an image": 1}


def test_the_fingerprint_tells_boxes_and_instances_apart(views):
    seen = {views.load().fingerprint}
    views.meta(boxes=[box(40000, "stool", [0, 1, 0, 1, 0, 1], turned(0))])
    seen.add(views.load().fingerprint)
    views.file(2, "inst.png").unlink()
    seen.add(views.load().fingerprint)
    assert len(seen) == 3


@pytest.fixture(scope="module")
def kitchen():
    beside = Path(__file__).parents[4] / "shared" / "data"
    folder = Path(os.environ.get("SPATIALGEOM_TEST_DATA", beside)) / "adt_kitchen"
    if not folder.is_dir():
        pytest.skip(f"needs real data in {folder}; set SPATIALGEOM_TEST_DATA")
    (handle,) = READER.scenes(folder, AdtViewsOptions())
    return READER.load(handle, folder)


def test_the_third_view_of_the_real_kitchen_has_no_depth(kitchen):
    assert kitchen.frames == ("000000", "000001")
    assert kitchen.dropped == {"depth file missing": 1}
    assert len(kitchen.objects.ids) == 349


def test_gravity_and_boxes_of_the_real_kitchen_agree(kitchen):
    """Standing furniture stands on the floor, and the camera is at a head's height."""
    rows = zip(kitchen.objects.world_from_box, kitchen.objects.size, strict=True)
    boxes = dict(zip(kitchen.objects.ids, rows, strict=True))
    for number in ("20", "80", "15", "22"):  # fridge, island, night stand, chair
        pose, size = boxes[number]
        assert pose[2, 3] - size[2] / 2 == pytest.approx(0, abs=0.03)
    assert (kitchen.world_from_depth[:, 2, 3] > 1.2).all()
    assert boxes["20"][1] == pytest.approx([0.699, 0.745, 1.534], abs=1e-3)


def test_questions_about_the_real_kitchen_carry_the_true_boxes(kitchen):
    geometry = compute_geometry(kitchen, DEFAULT, "key", Progress(quiet=True), "cpu")
    tasks = load_tasks()
    asked = {}
    for name in ("height", "width", "length"):
        task = tasks[f"object_{name}"]
        counts = UNITS[task.unit].histogram(task, geometry, DEFAULT)
        context = Context(geometry, DEFAULT, task.name, 0)
        said = task.describe(context, draw_units(task, context, counts)[0])
        for thing, truth in zip(said.fields["object"], said.truth, strict=True):
            asked.setdefault(thing, {})[name] = int(truth)
    # from the file: size by the box's own axes, the one along gravity apart
    assert asked["refrigerator"] == {"height": 1534, "width": 699, "length": 745}
    assert asked["bowl"] == {"height": 131, "width": 279, "length": 279}
    assert asked["pot"] == {"height": 175, "width": 245, "length": 351}
    assert asked["table"] == {"width": 790, "length": 1260}  # its feet are out of sight
    assert asked["cutting board"] == {"width": 268, "length": 380}
    assert not {"cup", "tray", "object", "napkin", "scissors", "shelf"} & set(asked)  # several, or no name
