"""Annotation files of other people: JSON lines, lists, chat messages; hostile records and broken files."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from spatialgeom.apps.errors import InputError
from spatialgeom.apps.images import read_bytes
from spatialgeom.apps.progress import Progress
from spatialgeom.apps.train.data.entry import SourceConfig
from spatialgeom.apps.train.data.prepare import prepare, prepare_all
from spatialgeom.apps.train.data.sources import _files, choose_format

NAN = float("nan")


def picture(kind="JPEG", size=(64, 48)):
    buffer = io.BytesIO()
    Image.new("RGB", size, (9, 99, 199)).save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture
def place(tmp_path):
    """A folder with two images, one in a folder beside it, and a file that is none."""
    folder = tmp_path / "made.1"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.jpg").write_bytes(picture())
    (folder / "sub" / "b.png").write_bytes(picture("PNG", (10, 20)))
    (folder / "none.jpg").write_bytes(b"no image")
    (tmp_path / "beside.jpg").write_bytes(picture(size=(30, 40)))
    return folder


@pytest.fixture
def load(tmp_path):
    def run(path, **options):
        return prepare(SourceConfig(str(path), **options), tmp_path / "cache", Progress(quiet=True))

    return run


def talk(*values, roles=("human", "gpt")):
    return [{"from": roles[k % len(roles)], "value": value} for k, value in enumerate(values)]


def record(*values, **fields):
    return {"conversations": talk(*(values or ("Q?", "A."))), **fields}


SOUND = record(id="sound")


def lines(path, records):
    path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
    return path


def everything(source):
    return [source.conversation(0, k) for k in range(len(source))]


def said(conversation):
    return [(message.role, message.text) for message in conversation.messages]


IMAGE_FIELDS = [
    ({"image": "a.jpg"}, [(64, 48)]),
    ({"image": ["a.jpg"], "width": 64, "height": 48}, [(64, 48)]),
    ({"image": ["a.jpg", "sub/b.png"], "width_list": [9, 10], "height_list": [8, 2]}, [(9, 8), (10, 2)]),
    ({"image": ["a.jpg", "sub/b.png"], "width_list": [9, NAN], "height_list": [8, 200]}, [(9, 8), (10, 20)]),
    ({"image": ["a.jpg", "a.jpg"], "width_list": [640], "height_list": [480, 200]}, [(64, 48)] * 2),
    ({"image": "a.jpg", "width": 0, "height": 48}, [(64, 48)]),
    ({"image": "a.jpg", "width": -1, "height": 48}, [(64, 48)]),
    ({"image": "a.jpg", "width": 1 << 40, "height": 48}, [(64, 48)]),
    ({"image": "a.jpg", "width": "64", "height": True}, [(64, 48)]),
    ({"image": "../beside.jpg"}, [(30, 40)]),
    ({"image": []}, []),
    ({"image": ""}, []),
    ({"image": None}, []),
    ({}, []),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "sizes"), IMAGE_FIELDS)
@pytest.mark.parametrize("as_list", [False, True])
def test_sizes_come_from_the_record_or_else_from_the_header(place, load, fields, sizes, as_list):
    one = record("<image>\n" * len(sizes) + "Q?", "A.", **fields)
    if as_list:
        path = place / "a.json"
        path.write_text(json.dumps([one], indent=1))
    else:
        path = lines(place / "a.jsonl", [one])
    assert choose_format(str(path), None)[0].name == ("llava" if as_list else "internvl")
    (found,) = everything(load(path))
    assert [(image.width, image.height) for image in found.images] == sizes
    assert [image.offset for image in found.images] == [None] * len(sizes)


def test_an_absolute_path_is_taken_as_it_is(place, load, tmp_path):
    path = lines(place / "a.jsonl", [record("<image>Q?", "A.", image=str(tmp_path / "beside.jpg"))])
    (found,) = everything(load(path))
    assert found.images[0].path == str(tmp_path / "beside.jpg")


def test_paths_are_relative_to_the_root_that_is_given(place, load):
    path = lines(place / "a.jsonl", [record("<image>Q?", "A.", image="b.png")])
    with pytest.raises(InputError, match=r"all are dropped \(1 x image file is missing\)"):
        load(path)
    assert everything(load(path, root=str(place / "sub")))[0].images[0].width == 10


def test_conversations_of_many_turns_with_a_system_turn(place, load):
    turns = [{"from": "system", "value": "Be brief."}, *talk("<image>\nQ1?", "A1.", "Q2? <image>", "A2.")]
    path = lines(place / "a.jsonl", [{"id": 7, "image": ["a.jpg", "sub/b.png"], "conversations": turns}])
    (found,) = everything(load(path))
    assert said(found) == [
        ("system", "Be brief."),
        ("user", "<image>\nQ1?"),
        ("assistant", "A1."),
        ("user", "Q2? <image>"),
        ("assistant", "A2."),
    ]
    assert (found.id, found.task, found.marks) == ("7", "a", ())


DROPPED = [
    (record("Q?", "A.", image="a.jpg"), "number of <image> differs from that of images"),
    (record("<image><image>Q?", "A.", image="a.jpg"), "number of <image> differs from that of images"),
    (record("<image>Q?", "A."), "number of <image> differs from that of images"),
    (record("Q?", "<image>", image="a.jpg"), "number of <image> differs from that of images"),
    (record("<image>Q?", "<image>", image="a.jpg"), "number of <image> differs from that of images"),
    (record("<image>Q?", "A.", image="no.jpg"), "image file is missing"),
    (record("<image>Q?", "A.", image="sub"), "image file is missing"),
    (record("<image>Q?", "A.", image="a\0b"), "image file is missing"),
    (record("<image>Q?", "A.", image="x" * 5000), "image file is missing"),
    (record("<image>Q?", "A.", image="\ud800.jpg"), "image file is missing"),
    (record("<image>Q?", "A.", image="../nowhere/../../a.jpg"), "image file is missing"),
    (record("<image>Q?", "A.", image="none.jpg"), "image header cannot be read"),
    (record("<image>Q?", "A.", image="http://localhost/a.jpg"), "image is a URL"),
    (record("<image>Q?", "A.", image="S3://bucket/a.jpg"), "image is a URL"),
    (record("<image>Q?", "A.", image="file:///etc/a.jpg"), "image is a URL"),
    (record("<image>Q?", "A.", image="data:image/png;base64,AAAA"), "image is a URL"),
    (record("Q?", " \n"), "empty answer"),
    (record("Q?", "A.", "Q?", ""), "empty answer"),
    (record(" ", "A."), "empty question"),
    (record("<image>\n", "A.", image="a.jpg"), "empty question"),
    (record("Q?", "A.", "Q?"), "last turn is not an answer"),
    ({"conversations": []}, "first turn is not the user's"),
    ({"conversations": talk("A.", "Q?", roles=("gpt", "human"))}, "first turn is not the user's"),
    ({"conversations": talk("S", "A.", roles=("system", "gpt"))}, "first turn is not the user's"),
    ({"conversations": talk("Q?", "A.", roles=("human", "tool"))}, "unknown role"),
    ({"conversations": talk("Q?", "Q?", roles=("human", "user"))}, "user and assistant do not take turns"),
    ({"conversations": talk("Q?", "A.", "S", roles=("human", "gpt", "system"))}, "user and assistant do not "
     "take turns"),
    (record("Q\ud800?", "A."), "text is not Unicode"),
]  # fmt: skip


@pytest.mark.parametrize(("bad", "reason"), DROPPED)
def test_a_record_that_cannot_be_used_is_dropped_and_counted(place, load, bad, reason):
    path = lines(place / "a.jsonl", [SOUND, bad, SOUND, bad])
    for source in (load(path), load(path)):  # prepared, then found
        assert source.dropped == {reason: 2}
        assert [one.id for one in everything(source)] == ["sound", "sound#3"]


@pytest.mark.parametrize("name", ["v1.5", "v1.5/annotations.jsonl", "v1.5.jsonl"])
def test_a_source_is_called_after_what_tells_most(place, load, name):
    (place / name).parent.mkdir(exist_ok=True)
    (place / "v1.5").mkdir(exist_ok=True)
    lines(place / "v1.5" / "annotations.jsonl", [SOUND])
    assert load(lines(place / name, [SOUND]) if name.endswith("l") else place / name).name == "v1.5"


def test_ids_are_made_unique_and_never_missing(place, load):
    ids = ["a", "a#3", "a", None, 5, True, "", "\ud800", "a", {"x": 1}]
    source = load(lines(place / "a.jsonl", [record(id=one) for one in ids]))
    found = [one.id for one in everything(source)]
    assert found == ["a", "a#3", "a#3#3", "4", "5", "True", "7", "8", "a#9", "10"]


REFUSED = [
    ({"conversation": []}, "line 2 must have 'conversations', but has 'conversation'"),
    ({}, "line 2 must have 'conversations', but has nothing"),
    ({"conversations": "Q?"}, "line 2: 'conversations' must be a list, got str"),
    ({"conversations": ["Q?"]}, "line 2, turn 1 must be an object with 'from' and 'value', got str"),
    ({"conversations": [*talk("Q?"), {"from": "gpt"}]}, "line 2, turn 2 must have 'value', but has 'from'"),
    ({"conversations": [{"from": 1, "value": "Q?"}]}, "line 2, turn 1: 'from' must be text, got int"),
    ({"conversations": [{"from": "human", "value": None}]}, "line 2, turn 1: 'value' must be text"),
    (record(image=3), "line 2: 'image' must be a path or a list of paths"),
    (record(image=[None]), "line 2: 'image' must be a path or a list of paths"),
    (record(image={"path": "a.jpg"}), "line 2: 'image' must be a path or a list of paths"),
    ([], "line 2 must be a JSON object, got list"),
    (3, "line 2 must be a JSON object, got int"),
    (None, "line 2 must be a JSON object, got NoneType"),
]


@pytest.mark.parametrize(("bad", "expected"), REFUSED)
def test_a_file_of_another_shape_is_named_with_its_line(place, load, tmp_path, bad, expected):
    with pytest.raises(InputError) as fault:
        load(lines(place / "a.jsonl", [SOUND, bad]))
    assert str(place / "a.jsonl") in str(fault.value)
    assert expected in str(fault.value)
    assert list((tmp_path / "cache").iterdir()) == []


GOOD = json.dumps(SOUND).encode()


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.jsonl", GOOD + b"\n" + GOOD[:-3], "line 2 must be JSON in UTF-8, but Unterminated string"),
        ("a.jsonl", GOOD + b"\n\n" + b"{\xff}", "line 3 must be JSON in UTF-8, but byte 0xff"),
        ("a.jsonl", GOOD + b"\n" + b"[" * 100_000, "line 2 must be JSON in UTF-8"),
        ("a.jsonl", GOOD + b"\n" + b"9" * 5000, "line 2 must be JSON in UTF-8"),
        ("a.json", b"[" + GOOD + b"," + GOOD[:-1], "record 2 must be JSON in UTF-8, but Expecting"),
        ("a.json", b"[" + GOOD + b",", "record 2 must be JSON in UTF-8"),
        ("a.json", b"[" + GOOD + b"] {}", "record 2 must be JSON in UTF-8, but something follows the list"),
        ("a.json", b"[" + GOOD, "record 2 must be JSON in UTF-8"),
        ("a.json", b"[" + GOOD + b", 3]", "record 2 must be a JSON object, got int"),
        ("a.json", b"[" + GOOD + b",{\"x\": \"\xff\"}]", "must be JSON in UTF-8, but byte 0xff"),
        ("a.json", b"[" + GOOD + b"," + b"[" * 100_000, "record 2 must be JSON in UTF-8"),
        ("a.json", b"[" + GOOD + b",{}]", "record 2 must have 'conversations', but has nothing"),
    ],
)  # fmt: skip
def test_a_broken_file_is_named_with_its_record(place, load, tmp_path, name, content, expected):
    (place / name).write_bytes(content)
    with pytest.raises(InputError) as fault:
        load(place / name)
    assert str(place / name) in str(fault.value)
    assert expected in str(fault.value)
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"\n\n", b"[]", b"{}", b"x", b"\xff\xfe", b"[1]", b"\0" * 100])
@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.parquet", "a.txt"])
@pytest.mark.parametrize("format", [None, "internvl", "llava", "messages", "spatialgeom"])
def test_what_holds_nothing_is_refused_in_one_sentence(place, tmp_path, name, content, format):
    (place / name).write_bytes(content)
    config = SourceConfig(str(place / name), format=format)
    with pytest.raises(InputError) as fault:
        prepare_all([config], tmp_path / "cache", Progress(quiet=True))
    assert str(place / name) in str(fault.value)
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize("format", [None, "internvl", "llava", "messages", "spatialgeom"])
def test_a_folder_without_data_is_refused(place, load, format):
    with pytest.raises(InputError, match=str(place)):
        load(place, format=format)


def test_a_byte_order_mark_and_blank_lines_are_no_fault(place, load):
    (place / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + GOOD + b"\r\n\r\n  \n" + GOOD)
    (place / "a.json").write_bytes(b"\xef\xbb\xbf \n[" + GOOD + b"\n,\n" + GOOD + b"]\n")
    assert len(load(place / "a.jsonl")) == len(load(place / "a.json")) == 2


def test_a_list_is_read_in_pieces_of_any_size(place, load, monkeypatch):
    records = [record("Q" * k, f'A{k}[]{{}}\\" é', id=str(k)) for k in range(1, 60)]
    path = place / "a.json"
    path.write_text(json.dumps(records, ensure_ascii=False), encoding="utf-8")
    for chunk in (1, 7, 64, 1 << 20):
        monkeypatch.setattr(_files, "_CHUNK", chunk)
        assert [one for _, one in _files.read_records(path)] == records
    monkeypatch.setattr(_files, "_LONGEST", 40)
    monkeypatch.setattr(_files, "_CHUNK", 16)
    with pytest.raises(InputError, match="record 1 must be JSON"):
        load(path)


MIXES = [
    ("{", "must be a mix file in JSON"),
    ('{"a": 3}', "entry 'a' must be an object with 'annotation', got int"),
    ('{"a": {"root": "x"}}', "entry 'a' must have 'annotation', but has 'root'"),
    ('{"a": {"annotation": 3}}', "entry 'a': 'annotation' must be a path, got int"),
    ('{"a": {"annotation": "a.jsonl", "root": 3}}', "entry 'a': 'root' must be a folder, got int"),
    ('{"a": {"annotation": "a.jsonl", "repeat_time": 0}}', "'repeat_time' must be a positive number, got 0"),
    ('{"a": {"annotation": "a.jsonl", "repeat_time": NaN}}', "'repeat_time' must be a positive number"),
    ('{"a": {"annotation": "a.jsonl", "repeat_time": "1"}}', "'repeat_time' must be a positive number"),
    ('{"a": {"annotation": "no.jsonl"}}', "no.jsonl does not exist"),
    (json.dumps({"a": {"annotation": "x" * 5000}}), "does not exist"),
    ('{"": {"annotation": "a.jsonl"}}', "must name at least one annotation file"),
]


@pytest.mark.parametrize(("text", "expected"), MIXES)
def test_a_mix_file_that_does_not_fit_is_named(place, tmp_path, text, expected):
    lines(place / "a.jsonl", [SOUND])
    (place / "mix.json").write_text(text)
    with pytest.raises(InputError) as fault:
        prepare_all([SourceConfig(str(place / "mix.json"))], tmp_path / "cache", Progress(quiet=True))
    assert expected in str(fault.value)


def chat(*content, images=None, roles=("user", "assistant")):
    messages = [{"role": roles[k % 2], "content": one} for k, one in enumerate(content)]
    return {"messages": messages, **({} if images is None else {"images": images})}


def text(value):
    return {"type": "text", "text": value}


TYPED = [{"type": "image"}, text("Q?")]


@pytest.mark.parametrize("as_list", [False, True])
def test_messages_may_be_typed_or_plain(place, load, as_list):
    records = [
        chat(TYPED, [text("A."), text(" B.")], images=["a.jpg"]),
        chat("<image>\nQ?", "A.", images=[{"path": "sub/b.png", "bytes": None}]),
        chat("Q?", "A."),
    ]
    path = place / ("m.json" if as_list else "m.jsonl")
    path.write_text(json.dumps(records) if as_list else "\n".join(map(json.dumps, records)))
    source = load(path)
    first, second, third = everything(source)
    assert said(first) == [("user", "<image>Q?"), ("assistant", "A. B.")]
    assert [image.width for found in (first, second, third) for image in found.images] == [64, 10]
    assert (source.name, third.task, third.id) == ("m", "m", "3")


def test_bytes_of_parquet_are_copied_once_and_found_by_offset(place, load):
    one, two = picture("PNG", (5, 7)), picture("JPEG", (9, 8))
    piece = pa.struct([("type", pa.string()), ("text", pa.string())])
    message = pa.struct([("role", pa.string()), ("content", pa.list_(piece))])
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    rows = [
        chat(TYPED, [text("A.")], images=[{"bytes": one, "path": "x.png"}]),
        chat([*TYPED, *TYPED], [text("A.")], images=[{"bytes": two}, {"bytes": one, "path": ""}]),
        chat(TYPED, [text("A.")], images=[{"bytes": None, "path": "a.jpg"}]),
        chat(TYPED, [text("A.")], images=[{"bytes": b"none", "path": None}]),
        chat(TYPED, [text("A.")], images=[{"bytes": None, "path": None}]),
        chat(TYPED, [text("A.")], images=[None]),
    ]  # fmt: skip
    schema = pa.schema([("messages", pa.list_(message)), ("images", pa.list_(image))])
    folder = place / "data"
    folder.mkdir()
    pq.write_table(pa.Table.from_pylist(rows[:2], schema=schema), folder / "train-0.parquet")
    pq.write_table(pa.Table.from_pylist(rows[2:], schema=schema), folder / "train-1.parquet")
    source = load(place, root=str(place))
    found = everything(source)
    assert source.dropped == {"image header cannot be read": 1, "image file is missing": 2}
    assert [[read_bytes(image) for image in each.images] for each in found] == [
        [one],
        [two, one],
        [picture()],
    ]
    sizes = [[(image.width, image.height) for image in each.images] for each in found]
    assert sizes == [[(5, 7)], [(9, 8), (5, 7)], [(64, 48)]]
    assert found[0].images[0] == found[1].images[1]
    assert (found[0].images[0].offset, found[1].images[0].offset) == (0, len(one))
    assert [source.name, *(each.id for each in found)] == ["made.1", "1", "2", "1#1"]


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        ({"messages": 3}, "'messages' must be a list, got int"),
        ({"messages": [3]}, "message 1 must be an object with 'role' and 'content', got int"),
        ({"messages": [{"role": "user"}]}, "message 1: 'content' must be text or a list of pieces"),
        ({"messages": [{"content": "Q?"}]}, "message 1 must have 'role', but has 'content'"),
        (chat([3], "A."), "message 1: a piece of 'content' must have 'type' image or text"),
        (chat([{"type": "text"}], "A."), "message 1: a piece of 'content' must have 'type' image or text"),
        (chat("Q?", "A.", images="a.jpg"), "'images' must be a list, got str"),
        (chat("Q?", "A.", images=[3]), "'images' must be paths, or objects with 'path' or 'bytes'"),
        (chat("Q?", "A.", images=[{"bytes": "AAAA"}]), "'images' must be paths"),
        (chat("Q?", "A.", images=[{"path": 3}]), "'images' must be paths"),
    ],
)
def test_messages_of_another_shape_are_named(place, load, bad, expected):
    with pytest.raises(InputError) as fault:
        load(lines(place / "m.jsonl", [chat("Q?", "A."), bad]))
    assert f"{place / 'm.jsonl'}, line 2" in str(fault.value)
    assert expected in str(fault.value)


def test_messages_with_sound_are_dropped(place, load):
    source = load(lines(place / "m.jsonl", [chat("Q?", "A."), chat([{"type": "audio"}], "A.")]))
    assert source.dropped == {"content is neither text nor image": 1}


def test_a_parquet_with_other_columns_or_cut_off_is_refused(place, load):
    path = place / "m.parquet"
    pq.write_table(pa.table({"x": [1]}), path)
    with pytest.raises(InputError, match=r"m\.parquet is not training data in a format that is known"):
        load(path)
    with pytest.raises(InputError, match=r"m\.parquet, row 1 must have 'messages', but has 'x'"):
        load(path, format="messages")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match=r"m\.parquet, row 1 must be Parquet"):
        load(path, format="messages")
