"""Training data of each format: read back as it was written, unusable records counted, broken files named."""

import io
import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from spatialgeom.apps.cli import main
from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.images import open_image, read_bytes
from spatialgeom.apps.progress import Progress
from spatialgeom.apps.records import SCHEMA
from spatialgeom.apps.train.data.entry import SourceConfig
from spatialgeom.apps.train.data.prepare import expand, prepare, prepare_all
from spatialgeom.apps.train.data.sources import choose_format

SIZE = (64, 48)  # width, height
QUIET = Progress(quiet=True)


def encoded(seed, kind="JPEG", size=SIZE):
    colour = np.random.default_rng(seed).integers(0, 255, 3)
    buffer = io.BytesIO()
    Image.new("RGB", size, tuple(colour.tolist())).save(buffer, kind)
    return buffer.getvalue()


def image(path, offset=None, length=None, size=SIZE):
    return {"path": path, "offset": offset, "length": length, "width": size[0], "height": size[1]}


def row(id, images, marks=(), scene="room", **fields):
    """Return a row of a dataset."""
    return {
        "schema_version": 1,
        "id": id,
        "task": "camera_distance",
        "family": "camera",
        "source": "handmade",
        "space": f"{scene}-space",
        "scene": scene,
        "images": images,
        "marks": [dict(zip(("image", "u", "v", "label"), mark, strict=True)) for mark in marks],
        "question": f"What is {id}?",
        "answer": f"It is `{id}`.",
        "truth": "1",
        "scoring": {"kind": "number", "options": [], "unit": "mm", "tolerance": 0.2},
        "measured": "{}",
        "rules": "default",
        "fingerprint": "",
        **fields,
    }


def write_dataset(folder, rows, shards=2, **manifest):
    roots = {"room": str(folder.parent / "room"), "vault": str(folder.parent / "vault")}
    names = [f"data/{k}.parquet" for k in range(shards)]
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for k, name in enumerate(names):
        table = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(rows[k::shards], schema=SCHEMA)
        pq.write_table(table, folder / name)
    content = {"schema_version": 1, "roots": roots, "shards": [{"path": name} for name in names], **manifest}
    (folder / "manifest.json").write_text(json.dumps(content))
    return folder


@pytest.fixture
def images(tmp_path):
    """Files in one scene, and a container with two images in another."""
    (tmp_path / "room").mkdir()
    for k in range(3):
        (tmp_path / "room" / f"{k}.jpg").write_bytes(encoded(k))
    (tmp_path / "vault").mkdir()
    one, two = encoded(8), encoded(9)
    (tmp_path / "vault" / "v.sens").write_bytes(b"head" + one + b"gap" + two)
    inside = [image("v.sens", 4, len(one)), image("v.sens", 7 + len(one), len(two))]
    return [image(f"{k}.jpg") for k in range(3)], inside


@pytest.fixture
def rows(images):
    files, inside = images
    mark = [(0, 10, 20, "A"), (1, 63, 47, "")]
    return [
        row("one", files[:1]),
        row("pair", files[:2], marks=mark),
        row("again", files[:2], marks=mark),
        row("turned", files[1::-1], marks=mark, family="object", task="object_height"),
        row("bare", [], family="motion", task="point_distance", source="adt", scene="clip"),
        row("packed", inside, scene="vault", family="motion", task="point_distance"),
        row("words", []),
    ]


@pytest.fixture
def dataset(tmp_path, rows):
    return write_dataset(tmp_path / "made", rows)


@pytest.fixture
def load(tmp_path):
    def run(path, **options):
        return prepare(SourceConfig(str(path), **options), tmp_path / "cache", QUIET)

    return run


def conversations(source, round=0):
    return {(found := source.conversation(round, k)).id: found for k in range(len(source))}


def said(conversation):
    return [(message.role, message.text) for message in conversation.messages]


def test_a_dataset_is_read_as_it_is(dataset, load, tmp_path):
    source = load(dataset)
    found = conversations(source)
    assert (source.name, len(source), source.dropped) == ("made", 7, Counter())
    assert said(found["one"]) == [("user", "<image>\nWhat is one?"), ("assistant", "It is `one`.")]
    assert said(found["pair"])[0] == ("user", "Image-1: <image>\nImage-2: <image>\nWhat is pair?")
    assert said(found["words"])[0] == ("user", "What is words?")
    assert [ref.path for ref in found["turned"].images] == [str(tmp_path / f"room/{k}.jpg") for k in (1, 0)]
    assert found["pair"].marks == (
        {"image": 0, "u": 10, "v": 20, "label": "A"},
        {"image": 1, "u": 63, "v": 47, "label": ""},
    )
    assert [read_bytes(ref) for ref in found["packed"].images] == [encoded(8), encoded(9)]
    assert {id: one.task for id, one in found.items()} == {
        **dict.fromkeys(["one", "pair", "again", "words"], "camera_distance"),
        "turned": "object_height",
        "bare": "point_distance@adt",
        "packed": "point_distance@handmade",
    }
    assert source.scenes["vault"] == ("handmade", "vault-space")


def test_codes_of_tasks_are_those_of_conversations(dataset, load):
    source = load(dataset)
    names = [source.task_names[code] for code in source.tasks()]
    assert names == [source.conversation(0, k).task for k in range(len(source))]
    assert Counter(names)["camera_distance"] == 4


@pytest.mark.parametrize(
    ("tasks", "ids"),
    [
        (("camera_distance",), {"one", "pair", "again", "words"}),
        (("motion",), {"bare", "packed"}),
        (("point_distance@adt",), {"bare"}),
        (("object", "point_distance@handmade"), {"turned", "packed"}),
    ],
)
def test_tasks_are_chosen_by_name_family_or_subtask(dataset, load, tasks, ids):
    source = load(dataset, tasks=tasks)
    assert set(conversations(source)) == ids
    assert len(source.task_names) == len(set(source.tasks()))


def test_a_task_that_is_not_there_is_refused_with_what_is(dataset, load, tmp_path):
    with pytest.raises(
        UsageError, match=r"task 'depth' is not in .*; it has camera, camera_distance, motion"
    ):
        load(dataset, tasks=("camera", "depth"))
    assert not any((tmp_path / "cache").iterdir())


def test_only_rows_of_one_image_set_and_equal_marks_share_a_conversation(dataset, load):
    source = load(dataset, questions=4)
    together = Counter(len(found.messages) // 2 for found in conversations(source).values())
    assert (len(source), together) == (6, {1: 5, 2: 1})
    (shared,) = [found for found in conversations(source).values() if len(found.messages) == 4]
    questions = [text for role, text in said(shared) if role == "user"]
    assert sorted(text.removeprefix("Image-1: <image>\nImage-2: <image>\n") for text in questions) == [
        "What is again?",
        "What is pair?",
    ]
    assert [text.count("<image>") for text in questions] == [2, 0]
    assert len(load(dataset)) == 7


@pytest.mark.parametrize("change", ["mark", "label", "image", "scene", "size"])
def test_what_differs_in_one_thing_does_not_share(tmp_path, images, load, change):
    files, _ = images
    one = row("a", files[:2], marks=[(0, 1, 2, "A")])
    other = {
        "mark": row("b", files[:2], marks=[(0, 1, 3, "A")]),
        "label": row("b", files[:2], marks=[(0, 1, 2, "B")]),
        "image": row("b", [files[0], files[2]], marks=[(0, 1, 2, "A")]),
        "scene": row("b", files[:2], marks=[(0, 1, 2, "A")], scene="twin"),
        "size": row("b", [files[0], image("1.jpg", size=(60, 48))], marks=[(0, 1, 2, "A")]),
    }[change]
    path = write_dataset(tmp_path / "made", [one, other, {**one, "id": "c"}])
    roots = json.loads((path / "manifest.json").read_text())["roots"]
    write_dataset(path, [one, other, {**one, "id": "c"}], roots={**roots, "twin": roots["room"]})
    assert sorted(len(c.messages) for c in conversations(load(path, questions=3)).values()) == [2, 4]


def test_roots_replace_those_of_the_manifest(dataset, load, tmp_path):
    (tmp_path / "room").rename(tmp_path / "moved")
    before = load(dataset)
    assert before.dropped == {"image file is missing": 4}
    after = load(dataset, roots={"room": str(tmp_path / "moved")})
    assert (len(before), len(after), after.dropped) == (3, 7, {})
    with pytest.raises(UsageError, match="roots names the scene 'hall', which is not in"):
        load(dataset, roots={"hall": "x"})


def test_rows_that_cannot_be_used_are_dropped_and_counted(tmp_path, images, load):
    files, inside = images
    unsized, outside = image("0.jpg", size=(0, 48)), {**inside[1], "length": inside[1]["length"] + 1}
    rows = [
        row("a", files, answer=" \n"),
        row("sound", files),
        row("edge", files[:1], marks=[(0, 63, 0, None), (0, 0, 47, "")]),
        row("last", inside[1:], scene="vault"),
        row("b", files, question=""),
        row("c", files, question="Where is <image>?"),
        row("d", files, answer="<image>"),
        row("e", [files[0], image("none.jpg")]),
        row("f", [image("")]),
        row("g", [outside], scene="vault"),
        row("h", [image("0.jpg", offset=-5, length=9)]),
        row("i", [files[0], unsized]),
        row("j", files, marks=[(3, 1, 1, "A")]),
        row("k", files, marks=[(2, 64, 1, "A")]),
        row("l", files, marks=[(2, 1, 48, "A")]),
        row("m", [], marks=[(0, 1, 1, "A")]),
        row("n", files, marks=[(0, None, 1, "A")]),
    ]
    source = load(write_dataset(tmp_path / "made", rows))
    assert set(conversations(source)) == {"sound", "edge", "last"}
    expected = {
        "empty answer": 1,
        "empty question": 1,
        "number of <image> differs from that of images": 2,
        "image file is missing": 4,
        "image has no size": 1,
        "a mark lies in no image": 5,
    }
    assert source.dropped == expected
    assert len(load(tmp_path / "made", questions=9)) == 3
    assert load(tmp_path / "made").dropped == expected  # found, not prepared again


@pytest.mark.parametrize("format", ["internvl", "llava", "messages"])
def test_an_export_reads_back_as_the_dataset_itself(dataset, load, tmp_path, format):
    out = tmp_path / f"out_{format}"
    command = ["datagen", "export", dataset, "--format", format, "--out", out, "--quiet", "--workers", 1]
    assert main([str(argument) for argument in command]) == 0
    own, source = conversations(load(dataset)), load(out)
    found = conversations(source)
    assert choose_format(str(out), None)[0].name == format
    assert (source.name, source.scenes, source.dropped) == (out.name, None, Counter())
    assert found.keys() == own.keys()
    for id, conversation in found.items():
        assert said(conversation) == said(own[id])
        assert (conversation.task, conversation.marks) == (out.name, ())
        dotted = {mark["image"] for mark in own[id].marks}
        for number, (ref, original) in enumerate(zip(conversation.images, own[id].images, strict=True)):
            assert (ref.width, ref.height) == (original.width, original.height)
            same = open_image(ref).tobytes() == open_image(original).tobytes()
            assert same == (number not in dotted)


def test_a_mix_file_names_sources_with_their_weights(dataset, tmp_path):
    out = tmp_path / "out"
    assert main(["datagen", "export", str(dataset), "--out", str(out), "--quiet", "--workers", "1"]) == 0
    mix = json.loads((out / "mix.json").read_text())
    general = tmp_path / "general" / "chat.jsonl"
    general.parent.mkdir()
    turns = [{"from": "human", "value": "Hello"}, {"from": "gpt", "value": "Hello."}]
    general.write_text(json.dumps({"conversations": turns}) + "\n")
    mix["chat"] = {"annotation": "general/chat.jsonl", "repeat_time": 0.5, "max_dynamic_patch": 6}
    (tmp_path / "mix.json").write_text(json.dumps(mix))

    config = SourceConfig(str(tmp_path / "mix.json"), repeat=3.0, samples=13)
    made, chat = prepare_all([config], tmp_path / "cache", QUIET)
    assert [(s.name, len(s), s.repeat) for s in (made, chat)] == [("made", 7, 3.0), ("chat", 1, 1.5)]
    assert made.samples + chat.samples == 13
    assert said(chat.conversation(0, 0)) == [("user", "Hello"), ("assistant", "Hello.")]
    assert [entry.name for entry in expand(replace(config, name="all"))] == ["all/made", "all/chat"]
    with pytest.raises(UsageError, match="is a mix file; name the files in it"):
        prepare(config, tmp_path / "cache", QUIET)
    with pytest.raises(UsageError, match="two sources are called 'made'; give each a name of its own"):
        prepare_all([config, SourceConfig(str(dataset))], tmp_path / "cache", QUIET)


def test_preparation_is_found_again_until_something_changes(dataset, load, tmp_path, rows):
    def count():
        return len(list((tmp_path / "cache").iterdir()))

    first = load(dataset)
    assert load(dataset).fingerprint == first.fingerprint
    assert count() == 1
    assert load(dataset, questions=2).fingerprint != first.fingerprint
    assert count() == 1  # the same preparation
    load(dataset, tasks=("camera",))
    assert count() == 2
    write_dataset(dataset, rows[:3])
    assert len(load(dataset)) == 3
    assert count() == 3


def test_the_fingerprint_does_not_depend_on_where_files_lie(dataset, load, tmp_path):
    first = load(dataset).fingerprint
    (tmp_path / "other").mkdir()
    dataset.rename(tmp_path / "other" / "made")
    assert load(tmp_path / "other" / "made").fingerprint == first


@pytest.mark.parametrize(("option", "value"), [("tasks", ("a",)), ("questions", 2), ("roots", {"room": "x"})])
def test_options_of_datasets_are_refused_for_files(load, tmp_path, option, value):
    (tmp_path / "a.jsonl").write_text('{"conversations": []}\n')
    with pytest.raises(UsageError, match=f"{option} is for datasets, but .* has the format internvl"):
        load(tmp_path / "a.jsonl", **{option: value})


def without(*keys):
    return lambda manifest: {key: value for key, value in manifest.items() if key not in keys}


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: [],
        without("roots"),
        without("shards"),
        lambda m: {**m, "roots": [1]},
        lambda m: {**m, "roots": {"room": 3}},
        lambda m: {**m, "shards": 3},
        lambda m: {**m, "shards": ["a"]},
        lambda m: {**m, "shards": [{"path": 3}]},
        lambda m: {**m, "shards": [{"path": "data/9.parquet"}]},
        lambda m: {**m, "shards": [{"path": "data"}]},
        lambda m: {**m, "schema_version": 2},
        lambda m: {**m, "shards": []},
    ],
)
def test_a_damaged_manifest_is_named(dataset, load, tmp_path, change):
    path = dataset / "manifest.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(InputError, match=str(dataset)):
        load(dataset, format="spatialgeom")
    assert not any(tmp_path.glob("cache/*"))


def cut_file(path):
    path.write_bytes(path.read_bytes()[:-200])


def with_column(number, values):
    return lambda table: table.set_column(number, table.column_names[number], values)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda table: table.drop_columns(["answer"]), "must have a column 'answer'"),
        (lambda table: table.rename_columns([f"x{k}" for k in range(16)]), "must have a column 'id'"),
        (with_column(9, pa.array([1] * 7)), "column 'question' must be string, got int64"),
        (with_column(2, pa.array([1] * 7)), "column 'task' must be string, got int64"),
        (with_column(7, pa.array([["a"]] * 7)), "column 'images' must be"),
        (with_column(10, pa.array([None] * 7, pa.string())), "column 'answer' must not be null"),
        (with_column(6, pa.array([None] * 7, pa.string())), "column 'scene' must not be null"),
    ],
)
def test_shards_of_other_columns_are_named(tmp_path, rows, load, change, expected):
    table = change(pa.Table.from_pylist(rows, schema=SCHEMA))
    path = write_dataset(tmp_path / "made", table, shards=1)
    with pytest.raises(InputError, match=f"0.parquet.*{expected}"):
        load(path)


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view()])
def test_text_in_other_layouts_is_taken(tmp_path, rows, load, kind):
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    for number in (1, 2, 9):
        table = table.set_column(number, table.column_names[number], table.column(number).cast(kind))
    source = load(write_dataset(tmp_path / "made", table, shards=1))
    assert said(conversations(source)["words"])[0] == ("user", "What is words?")


@pytest.mark.parametrize("damage", [cut_file, lambda path: path.write_bytes(b"")])
def test_a_damaged_shard_is_named(dataset, load, damage):
    damage(dataset / "data" / "1.parquet")
    with pytest.raises(InputError, match=r"1\.parquet must be a Parquet shard, but .*run datagen again"):
        load(dataset)


def test_a_scene_in_two_places_is_refused(tmp_path, images, load):
    path = write_dataset(tmp_path / "made", [row("a", images[0]), row("b", images[0], space="elsewhere")])
    with pytest.raises(InputError, match="gives the scene 'room' another space or source than before"):
        load(path)
