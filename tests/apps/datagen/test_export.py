"""Exports: formats, images, order, that bytes repeat, and that nothing half-written is left."""

import io
import json
import re
from pathlib import Path

import pytest
from PIL import Image

from spatialgeom.apps.datagen._shuffle import Shuffle
from spatialgeom.apps.datagen.export import export_dataset
from spatialgeom.apps.datagen.exports import load_formats
from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.marks import draw_marks


def lines(path):
    text = path.read_text(encoding="utf-8")
    return json.loads(text) if path.suffix == ".json" else [json.loads(line) for line in text.splitlines()]


def tree(folder, without=("mix.json",)):
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in without)
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}


@pytest.fixture
def export(handmade, tmp_path):
    def run(name="out", format="internvl", dataset=None, **options):
        out = tmp_path / name
        dataset = dataset or handmade.open()
        summary = export_dataset(dataset, out, format=format, progress=False, **options)
        return out, summary

    return run


def test_internvl_lines(handmade, export):
    out, summary = export()
    found = {line["id"]: line for line in lines(out / "annotations.jsonl")}
    assert summary.samples == len(found) == len(handmade.rows)

    one = found["depth_value_coord-0001"]
    assert list(one) == ["id", "image", "width", "height", "conversations"]
    assert (one["image"], one["width"], one["height"]) == (
        "images/frames/handmade/room/color/0.jpg",
        160,
        120,
    )
    assert one["conversations"] == [
        {"from": "human", "value": "<image>\nHow deep is [250, 500]? [0, 0] is the corner."},
        {"from": "gpt", "value": "`7` mm"},
    ]
    two = found["correspondence_coord-0004"]
    assert list(two) == ["id", "image", "width_list", "height_list", "conversations"]
    assert (two["width_list"], two["height_list"]) == ([160, 160], [120, 120])
    assert two["conversations"][0]["value"] == (
        "Image-1: <image>\nImage-2: <image>\nWhere in Image-2 is [300, 400] of Image-1?"
    )


def test_the_mix_file_points_to_the_export(handmade, export):
    out, _ = export()
    assert json.loads((out / "mix.json").read_text()) == {
        "made": {
            "root": str(out.resolve()),
            "annotation": str(out.resolve() / "annotations.jsonl"),
            "data_augment": False,
            "repeat_time": 1,
            "length": len(handmade.rows),
        }
    }


def test_llava_is_one_list_with_the_same_conversations(export):
    llava, internvl = (lines(next(export(f, f)[0].glob("annotations.*"))) for f in ("llava", "internvl"))
    assert [line["conversations"] for line in llava] == [line["conversations"] for line in internvl]
    assert all(set(line) == {"id", "image", "conversations"} for line in llava)


def test_messages_say_the_same_with_typed_content(export):
    messages, llava = (lines(next(export(f, f)[0].glob("annotations.*"))) for f in ("messages", "llava"))
    for line, other in zip(messages, llava, strict=True):
        user, assistant = line["messages"]
        kinds = [part["type"] for part in user["content"]]
        assert kinds.count("image") == len(line["images"])
        spoken = "".join("<image>" if part["type"] == "image" else part["text"] for part in user["content"])
        assert spoken == other["conversations"][0]["value"]
        assert assistant == {
            "role": "assistant",
            "content": [{"type": "text", "text": other["conversations"][1]["value"]}],
        }


@pytest.mark.parametrize("name", sorted(load_formats()))
def test_every_image_named_is_there_and_nothing_else(export, name):
    out, summary = export(format=name)
    named = set()
    for line in lines(next(out.glob("annotations.*"))):
        images = line.get("images", line.get("image"))
        named.update([images] if isinstance(images, str) else images)
    there = {p.relative_to(out).as_posix() for p in (out / "images").rglob("*") if p.is_file()}
    assert there == named
    assert summary.frames == sum(name.startswith("images/frames") for name in named)
    assert summary.drawn == sum(name.startswith("images/dots") for name in named)
    assert str(summary).endswith(str(out))


def test_dots_are_drawn_and_the_rest_is_kept_byte_for_byte(handmade, export):
    dataset = handmade.open()
    out, _ = export(quality=80)
    source = handmade.folder.parent
    assert (out / "images/frames/handmade/hall/other/0.png").read_bytes() == (
        source / "hall/other/0.png"
    ).read_bytes()

    row = next(row for row in dataset.rows() if row["task"] == "correspondence_choice")
    for index in (0, 1):
        marks = [mark for mark in row["marks"] if mark["image"] == index]
        buffer = io.BytesIO()
        picture = draw_marks(Image.open(dataset.image(row, index).path), marks)
        picture.save(buffer, "JPEG", quality=80, subsampling=0)
        drawn = out / f"images/dots/handmade/room/{row['id']}-{index + 1}.jpg"
        assert drawn.read_bytes() == buffer.getvalue()


@pytest.mark.parametrize("link", [True, False])
def test_frames_are_linked_where_allowed(handmade, export, link):
    out, _ = export(link=link)
    copy = out / "images/frames/handmade/room/color/1.jpg"
    source = handmade.folder.parent / "room/color/1.jpg"
    assert copy.samefile(source) is link
    assert copy.read_bytes() == source.read_bytes()


def test_frames_are_copied_where_links_cannot_be_made(export, monkeypatch):
    def refuse(self, target):
        raise OSError(18, "Invalid cross-device link")

    linked, _ = export("linked")
    monkeypatch.setattr(Path, "hardlink_to", refuse)
    copied, _ = export("copied")
    assert tree(linked) == tree(copied)


def test_a_link_to_a_file_is_followed(handmade, export):
    frame = handmade.folder.parent / "room/color/1.jpg"
    frame.rename(frame.with_name("real.jpg"))
    frame.symlink_to("real.jpg")
    out, _ = export()
    copy = out / "images/frames/handmade/room/color/1.jpg"
    assert not copy.is_symlink()
    assert copy.read_bytes() == frame.read_bytes()


def test_images_inside_a_container_are_extracted_once(handmade, export):
    out, _ = export(tasks=("camera_distance",))
    line = lines(out / "annotations.jsonl")[0]
    container = (handmade.folder.parent / "vault/scene.sens").read_bytes()
    assert len(list((out / "images").rglob("*.jpg"))) == 2
    for name in line["image"]:
        assert re.fullmatch(r"images/frames/handmade/vault/scene\.sens/\d+\.jpg", name)
        offset = int(Path(name).stem)
        content = (out / name).read_bytes()
        assert container[offset : offset + len(content)] == content
        assert Image.open(io.BytesIO(content)).size == (160, 120)


def test_names_that_are_unsafe_stay_apart_and_inside(handmade, export):
    handmade.rows.clear()
    names = ["../room/color/0.jpg", "a b/0.jpg", "a_b/0.jpg", "a:b/0.jpg"]
    for name in names:
        if "room" not in name:
            handmade.add_file("room", name, (handmade.folder.parent / "room/color/1.jpg").read_bytes())
        handmade.note("room", name, name)
        handmade.add("depth_value_coord", [name], "?", "`1`", 1, ("number", (), "mm", 0.2))
    out, summary = export()
    assert summary.frames == 4
    paths = [line["image"] for line in lines(out / "annotations.jsonl")]
    assert len(set(paths)) == 4
    assert all(re.fullmatch(r"images/frames/[\w./-]+", path) and ".." not in path for path in paths)
    assert all((out / path).is_file() for path in paths)


def test_bytes_follow_from_seed_and_dataset(export):
    first, again, other = (export(name, seed=seed)[0] for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert tree(first) == tree(again)
    order, shuffled = ([line["id"] for line in lines(f / "annotations.jsonl")] for f in (first, other))
    assert order != shuffled
    assert sorted(order) == sorted(shuffled)
    assert order != sorted(order)


@pytest.mark.slow
def test_workers_change_nothing(handmade, export):
    for k in range(150):
        handmade.rows += [{**row, "id": f"{row['id']}-{k}", "marks": []} for row in handmade.rows[:3]]
    assert tree(export("one")[0]) == tree(export("two", workers=2)[0])


@pytest.mark.parametrize("bucket", [1, 3, 10, 1000])
def test_a_shuffle_on_disk_is_one_permutation_whatever_the_buckets(tmp_path, bucket):
    def shuffled(bucket):
        with Shuffle(tmp_path / "buckets", 10, seed=4, bucket=bucket) as shuffle:
            for k in range(10):
                shuffle.add(b"x" * k)
            return [len(line) for line in shuffle.lines()]

    assert shuffled(bucket) == shuffled(10)
    assert sorted(shuffled(bucket)) == list(range(10)) != shuffled(bucket)
    assert not (tmp_path / "buckets").exists()


def test_the_same_export_again_does_nothing(export):
    out, summary = export()
    (out / "annotations.jsonl").write_text("touched")
    assert export()[1] == summary
    assert (out / "annotations.jsonl").read_text() == "touched"


@pytest.mark.parametrize(
    "options", [{"seed": 1}, {"quality": 80}, {"format": "llava"}, {"tasks": ("camera_distance",)}]
)
def test_refuses_the_folder_of_another_export(export, options):
    out, _ = export()
    before = tree(out)
    with pytest.raises(UsageError, match="holds another export; choose an empty folder"):
        export(**options)
    assert tree(out) == before


def test_refuses_a_foreign_folder_and_takes_an_empty_one(export, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.tex").write_text("mine")
    with pytest.raises(UsageError, match="is not empty and holds no export; choose an empty folder"):
        export()
    (out / "thesis.tex").unlink()
    assert export()[1].samples
    with pytest.raises(UsageError, match=r"must be a folder, but .* is a file"):
        export("out/annotations.jsonl")
    with pytest.raises(UsageError, match="cannot be made: Not a directory; choose another place"):
        export("out/annotations.jsonl/deeper")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "coco"}, "format must be one of internvl, llava, messages, got 'coco'"),
        ({"quality": 0}, "quality must be 1 to 100, got 0"),
        ({"workers": -1}, r"workers must be 0 \(one per core\) or more, got -1"),
        ({"tasks": ("size",)}, "task 'size' is not in "),
    ],
)
def test_refuses_options_that_make_no_sense(export, tmp_path, options, message):
    with pytest.raises(UsageError, match=message):
        export(**options)
    assert not (tmp_path / "out").exists()


def damage_container(source):
    path = source / "vault/scene.sens"
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda source: (source / "hall/other/0.png").unlink(),
            r"0\.png is missing; name the folder .* --root",
        ),
        (lambda source: (source / "hall/other/0.png").write_bytes(b"no"), r"0\.png must be an image, but "),
        (lambda source: (source / "vault/scene.sens").unlink(), r"scene\.sens is missing; name the folder"),
        (
            lambda source: (source / "vault/scene.sens").write_bytes(b"head"),
            r"must hold an image at byte \d+, but",
        ),
        (damage_container, r"must hold a whole JPEG or PNG at byte \d+; fetch it again"),
        (
            lambda source: Image.new("RGB", (8, 8)).save(source / "hall/other/0.png"),
            r"must be 160x120, got 8x8",
        ),
    ],
)
def test_a_fault_is_one_sentence_and_leaves_nothing(handmade, export, tmp_path, damage, message):
    dataset = handmade.open()
    damage(handmade.folder.parent)
    with pytest.raises(InputError, match=message) as caught:
        export(dataset=dataset)
    assert "\n" not in str(caught.value)
    assert {p.name for p in tmp_path.iterdir()} == {"made", "room", "hall", "vault"}


def test_what_an_interrupted_export_left_is_taken_away(export, tmp_path):
    left = tmp_path / ".out.partial/images"
    left.mkdir(parents=True)
    (left / "half.jpg").write_bytes(b"half")
    out, _ = export()
    assert not left.parent.exists()
    assert not list(out.rglob("half.jpg"))
