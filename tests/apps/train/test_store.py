"""The store and the rounds: random access, groups, atomic preparation, and that copies see the same."""

import os
import pickle
import threading
import time
from collections import Counter
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.images import ImageRef
from spatialgeom.apps.train.data import store as stores
from spatialgeom.apps.train.data.entry import SourceConfig
from spatialgeom.apps.train.data.grouping import cut, group, hash_lists, join_hashes, shuffle_within
from spatialgeom.apps.train.data.source import ConversationSource, share_samples
from spatialgeom.apps.train.data.sources import choose_format, load_formats
from spatialgeom.apps.train.data.store import ROWS, Store, make_store

NOTE = {"tasks": ["a", "b"], "scenes": None, "prompted": True, "content": "c"}


def table(begin, count):
    """Return rows whose every field tells which row it is."""
    numbers = range(begin, begin + count)
    columns = [
        [f"row{k}" for k in numbers],
        [k % 2 for k in numbers],
        [[0] * (k % 3) for k in numbers],
        [[{"image": 0, "u": k, "v": 1, "label": "A"}] for k in numbers],
        [False] * count,
        [[f"q{k}", f"a{k}"] for k in numbers],
    ]
    return pa.table(columns, schema=ROWS)


def filler(sizes, hashes=None, note=NOTE):
    """Return what fills a store with parts of these many rows."""

    def fill(writer):
        writer.image(ImageRef("/x/i.jpg", 8, 6))
        begin = 0
        for size in sizes:
            own = None if hashes is None else hashes[begin : begin + size]
            writer.add(table(begin, size), own)
            begin += size
        return note

    return fill


def grouped(keys):
    """Return hashes of rows that are alike where their keys are."""
    keys = np.asarray(keys)
    return hash_lists(keys[:, None], np.ones(len(keys), np.int64))


@pytest.fixture
def source(tmp_path):
    """Eleven rows in groups of 5, 3, 2 and 1, three questions to a conversation at most."""
    keys = [1, 2, 1, 3, 1, 2, 4, 1, 2, 3, 1]
    store = make_store(tmp_path / "s", filler([4, 7], grouped(keys)))
    return ConversationSource("made", store, SourceConfig("x", questions=3), seed=5), np.array(keys)


@pytest.mark.parametrize("sizes", [[1], [3, 4, 5], [stores._BATCH_ROWS - 1, 1, 2], [stores._BATCH_ROWS, 1]])
def test_each_row_is_found_across_batches(tmp_path, sizes):
    store = make_store(tmp_path / "s", filler(sizes))
    total = sum(sizes)
    assert len(store) == total
    for k in {0, total // 2, max(total - 3, 0), max(total - 2, 0), total - 1}:
        row = store.row(k)
        assert (row.id, row.task, len(row.images)) == (f"row{k}", k % 2, k % 3)
        assert (row.marks[0]["u"], row.texts) == (k, [f"q{k}", f"a{k}"])
    np.testing.assert_array_equal(store.tasks(), np.arange(total) % 2)
    for outside in (-1, total):
        with pytest.raises(IndexError, match=f"0 to {total - 1}"):
            store.row(outside)


def test_more_images_than_a_batch_are_each_found(tmp_path, monkeypatch):
    monkeypatch.setattr(stores, "_BATCH_ROWS", 4)

    def fill(writer):
        for k in range(10):
            assert writer.image(ImageRef(f"/{k}", k + 1, 6, offset=k, length=2)) == k
        assert writer.image(ImageRef("/3", 4, 6, offset=3, length=2)) == 3
        return NOTE

    store = make_store(tmp_path / "s", fill)
    assert [store.image(k) for k in range(10)] == [ImageRef(f"/{k}", k + 1, 6, k, 2) for k in range(10)]


def test_bytes_are_copied_once_and_found_where_they_lie(tmp_path):
    contents = [b"one", b"three", b"one", b"two"]

    def fill(writer):
        assert [writer.copy_image(content, lambda _: (6, 8)) for content in contents] == [0, 1, 0, 2]
        return NOTE

    store = make_store(tmp_path / "s", fill)
    blob = (tmp_path / "s" / "images.bin").read_bytes()
    assert blob == b"onethreetwo"
    refs = [store.image(k) for k in range(3)]
    assert [blob[ref.offset : ref.offset + ref.length] for ref in refs] == [b"one", b"three", b"two"]
    assert {(ref.path, ref.width, ref.height) for ref in refs} == {(str(tmp_path / "s" / "images.bin"), 8, 6)}


def test_a_finished_store_is_not_filled_again(tmp_path):
    make_store(tmp_path / "s", filler([3]))
    again = make_store(tmp_path / "s", lambda writer: pytest.fail("filled again"))
    assert len(again) == 3


def test_a_fault_on_the_way_leaves_nothing(tmp_path):
    def fill(writer):
        writer.add(table(0, 3))
        raise InputError("a broken line")

    with pytest.raises(InputError, match="a broken line"):
        make_store(tmp_path / "cache" / "s", fill)
    assert list((tmp_path / "cache").iterdir()) == []


def test_what_a_killed_process_left_is_not_taken_and_swept_when_old(tmp_path, monkeypatch):
    place = tmp_path / "s"

    def fill(writer):
        writer.add(table(0, stores._BATCH_ROWS))
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(stores.shutil, "rmtree", lambda *_, **__: None)
        with pytest.raises(KeyboardInterrupt):
            make_store(place, fill)
    (left,) = tmp_path.iterdir()
    assert left != place
    assert len(make_store(place, filler([2]))) == 2
    assert left.is_dir()  # its owner could still be at work

    old = time.time() - stores._ABANDONED_S - 60
    for path in (*left.iterdir(), left):
        os.utime(path, (old, old))
    make_store(tmp_path / "other", filler([1]))
    assert left.is_dir()  # not its place
    place.rename(tmp_path / "gone")
    make_store(place, filler([2]))
    assert not left.exists()


def test_two_at_once_do_not_hurt_one_another(tmp_path):
    place, both = tmp_path / "s", threading.Barrier(2, timeout=20)
    found = []

    def fill(writer):
        both.wait()
        note = filler([5])(writer)
        both.wait()  # neither has renamed its folder while the other fills
        return note

    threads = [threading.Thread(target=lambda: found.append(make_store(place, fill))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [store.row(4).id for store in found] == ["row4", "row4"]
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


@pytest.mark.parametrize("name", ["note.json", "rows.arrow", "images.arrow"])
@pytest.mark.parametrize("damage", ["cut", "empty", "gone"])
def test_a_damaged_store_is_named(tmp_path, name, damage):
    path = tmp_path / "s" / name
    make_store(tmp_path / "s", filler([5]))
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[: len(path.read_bytes()) // 2 if damage == "cut" else 0])
    with pytest.raises(InputError, match=r"the prepared source .*s cannot be used.*; remove that folder"):
        read_one(tmp_path / "s")


def read_one(folder):
    store = Store(folder)
    return store.image(store.row(1).images[0])


def test_a_cache_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match=r"file must take prepared data, but .* name another folder"):
        make_store(tmp_path / "file" / "s", filler([1]))


def test_a_copy_reads_the_same_and_is_small(source):
    whole, _ = source
    whole.conversation(0, 0)
    sent = pickle.dumps(whole)
    assert len(sent) < 2000
    copy = pickle.loads(sent)
    assert [copy.conversation(1, k) for k in range(len(copy))] == [
        whole.conversation(1, k) for k in range(len(whole))
    ]


def questions(conversation):
    return [
        int(message.text.removeprefix("q")) for message in conversation.messages if message.role == "user"
    ]


@pytest.mark.parametrize("round", [0, 1, 7])
def test_every_row_appears_once_per_round_among_its_like(source, round):
    whole, keys = source
    assert len(whole) == 2 + 1 + 1 + 1
    rows = [questions(whole.conversation(round, k)) for k in range(len(whole))]
    assert sorted(row for some in rows for row in some) == list(range(11))
    assert sorted(map(len, rows)) == [1, 2, 2, 3, 3]
    assert all(len(set(keys[some])) == 1 for some in rows)
    for k, some in enumerate(rows):
        conversation = whole.conversation(round, k)
        more = len(some) - 1
        assert conversation.id == f"row{some[0]}" + (f"+{more}" if more else "")
        assert conversation.task == "ab"[some[0] % 2]
        assert [m.text for m in conversation.messages[1::2]] == [f"a{row}" for row in some]
        assert whole.tasks(round)[k] == some[0] % 2


def test_rounds_seeds_and_names_shuffle_differently_and_repeat(source):
    whole, _ = source

    def rounds(other, round):
        return [questions(other.conversation(round, k)) for k in range(len(other))]

    def like(name="made", seed=5):
        return ConversationSource(name, whole._store, SourceConfig("x", questions=3), seed=seed)

    first = rounds(whole, 0)
    assert rounds(like(), 0) == first
    assert all(rounds(*other) != first for other in ((whole, 1), (like(seed=6), 0), (like("other"), 0)))


def test_one_question_each_keeps_the_order_of_the_file(source):
    one = ConversationSource("made", source[0]._store, SourceConfig("x"), seed=5)
    assert [questions(one.conversation(r, k)) for r in (0, 3) for k in range(len(one))] == [
        [k] for k in range(11)
    ] * 2
    np.testing.assert_array_equal(one.tasks(), np.arange(11) % 2)
    for outside in (-1, 11):
        with pytest.raises(IndexError, match="0 to 10 in made"):
            one.conversation(0, outside)


def test_unprompted_rows_get_placeholders_in_their_first_question_alone(tmp_path):
    def fill(writer):
        writer.image(ImageRef("/i", 8, 6))
        rows = pa.table(
            [list("ab"), [0, 0], [[0, 0]] * 2, [[]] * 2, [False] * 2, [["q", "a"], ["q", "a"]]], schema=ROWS
        )
        writer.add(rows, grouped([1, 1]))
        return {**NOTE, "prompted": False}

    store = make_store(tmp_path / "s", fill)
    source = ConversationSource("n", store, SourceConfig("x", questions=2))
    assert len(source) == 1
    conversation = source.conversation(0, 0)
    assert [(m.role, m.text) for m in conversation.messages] == [
        ("user", "Image-1: <image>\nImage-2: <image>\nq"),
        ("assistant", "a"),
        ("user", "q"),
        ("assistant", "a"),
    ]


lists = st.lists(st.lists(st.integers(-(2**62), 2**62), max_size=4), max_size=30)


@given(lists)
def test_hashes_are_equal_exactly_for_equal_lists(some):
    flat = np.array([[value] for one in some for value in one], np.int64).reshape(-1, 1)
    hashes = hash_lists(flat, np.array([len(one) for one in some], np.int64))
    assert len({*map(tuple, some)}) == len({*map(tuple, hashes.tolist())})
    assert len(hashes) == len(some)


def test_hashes_tell_order_columns_and_lengths_apart():
    lengths = np.array([2, 2, 1, 0, 3, 2])
    values = np.array([[1, 2], [3, 4], [3, 4], [1, 2], [1, 2], [0, 0], [0, 0], [0, 0], [2, 1], [4, 3]])
    hashes = hash_lists(values, lengths)
    assert len({*map(tuple, hashes.tolist())}) == 6
    assert (join_hashes(hashes, hashes[::-1]) != join_hashes(hashes[::-1], hashes)).all()


@given(st.lists(st.integers(0, 6), max_size=60), st.integers(1, 5), st.integers(0, 99))
def test_groups_are_shuffled_within_and_cut(keys, most, seed):
    keys = np.array(keys, np.int64)
    order, starts = group(grouped(keys) if len(keys) else np.zeros((0, 2), np.uint64))
    assert len(starts) == len(set(keys.tolist())) + 1
    shuffled = shuffle_within(order, starts, np.random.default_rng(seed))
    begins = cut(starts, most)
    assert sorted(shuffled.tolist()) == list(range(len(keys)))
    pieces = [keys[shuffled[a:b]] for a, b in pairwise(begins)]
    assert all(1 <= len(piece) <= most and len(set(piece.tolist())) == 1 for piece in pieces)
    counts = Counter(keys.tolist())
    assert len(pieces) == sum(-(-count // most) for count in counts.values())


def test_shuffles_of_groups_are_even():
    order, starts = np.arange(6), np.array([0, 3, 5, 6])
    seen = Counter(
        tuple(shuffle_within(order, starts, np.random.default_rng(k)).tolist()) for k in range(1200)
    )
    assert len(seen) == 6 * 2
    assert {(*sorted(one[:3]), *sorted(one[3:5]), one[5]) for one in seen} == {(0, 1, 2, 3, 4, 5)}
    assert min(seen.values()) > 50  # 100 each, five sigma


def test_a_different_row_in_a_group_of_one_hash_lane_stays_apart():
    hashes = np.array([[7, 1], [7, 2], [7, 2]], np.uint64)
    order, starts = group(hashes)
    assert starts.tolist() == [0, 1, 3]
    assert order.tolist() == [0, 1, 2]


class _Sized:
    def __init__(self, length, repeat):
        self.length, self.repeat = length, repeat

    def __len__(self):
        return self.length


def test_samples_are_shared_by_length_and_repeat():
    assert share_samples([_Sized(100, 1.0), _Sized(100, 3.0)], 40) == [10, 30]
    thirds = share_samples([_Sized(5, 1.0)] * 3, 100)
    assert sum(thirds) == 100
    assert max(thirds) - min(thirds) <= 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"path": ""}, "path of a source must name"),
        ({"path": "a\0b"}, "path of a source must name"),
        ({"repeat": 0}, "repeat of the source x must be a positive number, got 0"),
        ({"repeat": float("nan")}, "repeat"),
        ({"repeat": float("inf")}, "repeat"),
        ({"repeat": True}, "repeat"),
        ({"samples": 0}, "samples of the source x must be at least 1, got 0"),
        ({"questions": 0}, "questions"),
        ({"questions": 1.5}, "questions"),
        ({"tasks": "camera"}, "tasks of the source x must be a list of names"),
        ({"tasks": ("",)}, "tasks"),
        ({"name": " "}, "name of the source x must not be empty"),
    ],
)
def test_entries_that_make_no_sense_are_refused(options, said):
    with pytest.raises(UsageError, match=said):
        SourceConfig(**{"path": "x", **options})


def test_the_formats_are_those_of_the_folder(tmp_path):
    assert set(load_formats()) == {"internvl", "llava", "messages", "spatialgeom"}
    with pytest.raises(UsageError, match="there is no format 'llav'; there are internvl, llava, messages"):
        choose_format(str(tmp_path), "llav")
    with pytest.raises(InputError, match="does not exist; name a dataset's folder or an annotation file"):
        choose_format(str(tmp_path / "nowhere"), None)
    with pytest.raises(InputError, match="does not exist"):
        choose_format("x" * 5000, None)
