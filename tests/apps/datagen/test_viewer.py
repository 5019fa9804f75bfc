"""The page: what it shows, where it puts rings, that it needs nothing else, and what it refuses."""

import base64
import io
import os
import re
from collections import Counter
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from spatialgeom.apps.datagen.viewer import write_page
from spatialgeom.apps.errors import InputError, UsageError

VOID = {"meta", "input", "img", "br"}


class Page(HTMLParser):
    """Elements with their attributes, and the text; refuses unbalanced tags."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.words = [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def all(self, tag, **wanted):
        return [
            a
            for t, a in self.elements
            if t == tag and all(a.get(k.strip("_")) == v for k, v in wanted.items())
        ]

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def pictures(self):
        return [Image.open(io.BytesIO(base64.b64decode(i["src"].partition(",")[2]))) for i in self.all("img")]


@pytest.fixture
def show(tmp_path):
    def write(dataset, **options):
        path = tmp_path / "page.html"
        count = write_page(dataset, path, **options)
        page = Page(path.read_text(encoding="utf-8"))
        assert len(page.all("article")) == count
        return page

    return write


def test_shows_up_to_so_many_items_of_each_task(handmade, show):
    page = show(handmade.open(), per_task=3)
    shown = Counter(a["id"].rpartition("-")[0] for a in page.all("article"))
    assert set(shown.values()) == {3}
    assert len(shown) == 7
    assert len(show(handmade.open(), per_task=100).all("article")) == len(handmade.rows)


def test_named_tasks_alone_are_shown_and_counted(handmade, show):
    page = show(handmade.open(), tasks=("depth_order_coord", "camera_distance"))
    assert {a["id"].rpartition("-")[0] for a in page.all("article")} == {
        "depth_order_coord",
        "camera_distance",
    }
    assert "8 questions in 2 tasks; 8 of them below" in page.text


def test_navigation_reaches_each_family_and_task(handmade, show):
    page = show(handmade.open())
    links = [a["href"] for a in page.all("a")]
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(links) == 4 + 7
    assert all(link.startswith("#") and link[1:] in ids for link in links)
    assert len(set(ids)) == len(ids)


def test_a_seed_picks_the_same_items_whatever_else_is_shown(handmade, show):
    def picked(**options):
        return {a["id"] for a in show(handmade.open(), per_task=1, **options).all("article")}

    assert picked(seed=1) == picked(seed=1)
    assert picked(seed=1, tasks=("object_height",)) <= picked(seed=1)
    assert len({frozenset(picked(seed=seed)) for seed in range(5)}) > 1


def test_the_page_needs_nothing_else_and_is_the_same_each_time(handmade, tmp_path):
    paths = [tmp_path / "a.html", tmp_path / "deep" / "b.html"]
    for path in paths:
        write_page(handmade.open(), path)
    text = paths[0].read_text(encoding="utf-8")
    assert text == paths[1].read_text(encoding="utf-8")
    assert not re.search(r"https?:|<script|<link|@import|url\(", text)
    assert all(i["src"].startswith("data:image/jpeg;base64,") for i in Page(text).all("img"))


def test_what_rows_say_is_escaped(empty, show):
    bad = '<script>alert("1")</script> & `<b>`'
    empty.add("depth_value_dot", ["color/0.jpg"], bad, bad, bad, ("choice", [bad], None, None))
    page = show(empty.open())
    assert not page.all("script")
    assert not page.all("b", class_="x")
    assert 'alert("1")' in page.text


def test_answers_truth_and_measured_values_are_there(handmade, show):
    page = show(handmade.open(), tasks=("correspondence_coord",), per_task=1)
    assert "[750, 125]" in page.text
    assert "pixel in thousandths of width and height, within 5 % of the width" in page.text
    assert "overlap_percent 12.35" in page.text
    assert len(page.all("span", class_="value mono")) == 1


def test_rings_surround_the_point_asked_about_and_the_true_answer(handmade, show):
    page = show(handmade.open(), tasks=("correspondence_coord",), per_task=1)
    rings = [(c["class"], float(c["cx"]), float(c["cy"])) for c in page.all("circle")]
    assert [r for r in rings if r[0] == "asked"] == [("asked", 48.08, 48.06)]
    assert [r for r in rings if r[0] == "true"] == [("true", 120.08, 15.06)]
    assert [s["viewbox"] for s in page.all("svg", class_="truth")] == ["0 0 160 120"] * 2
    assert page.text.count("ring: the true answer") == page.text.count("dashed ring: a point that") == 1
    assert page.text.index("dashed ring") < page.text.index("ring: the true answer")


def test_rings_of_a_choice_between_coordinates(handmade, show):
    page = show(handmade.open(), tasks=("depth_order_coord",), per_task=1)
    assert len(page.all("circle", class_="asked")) == 2
    assert [(float(c["cx"]), float(c["cy"])) for c in page.all("circle", class_="true")] == [(128.08, 72.06)]


def test_the_origin_of_coordinates_is_no_point(handmade, show):
    page = show(handmade.open(), tasks=("depth_value_coord",), per_task=1)
    assert [float(c["cx"]) for c in page.all("circle", class_="asked")] == [
        pytest.approx(0.2505 * 160, abs=0.01)
    ]


def test_no_rings_where_dots_are_drawn(handmade, show):
    page = show(handmade.open(), tasks=("correspondence_choice", "depth_value_dot"))
    assert not page.all("circle")


def test_answers_can_be_hidden(handmade, show):
    page = show(handmade.open(), per_task=1)
    assert page.all("input", id="answers", type="checkbox")
    hidden = [a for _, a in page.elements if "truth" in a.get("class", "").split()]
    rings = page.all("svg")
    assert len(hidden) >= 2 * 7 + len(rings)
    assert all(ring["class"] == "truth" for ring in rings)


def test_dots_are_drawn_at_the_size_shown(empty, show):
    wide = Image.new("RGB", (1200, 600), (90, 90, 90))
    buffer = io.BytesIO()
    wide.save(buffer, "JPEG")
    empty.add_file("room", "wide.jpg", buffer.getvalue())
    empty.images["room", "wide.jpg"] |= {"width": 1200, "height": 600}
    scoring = ("number", (), "mm", 0.2)
    empty.add("depth_value_dot", ["wide.jpg"], "?", "`1`", 1, scoring, [(0, 900, 150, "")])

    (picture,) = show(empty.open()).pictures()
    assert picture.size == (480, 240)
    drawn = np.abs(np.asarray(picture).astype(int) - 90).max(axis=-1) > 60
    v, u = np.nonzero(drawn)
    assert (u.mean(), v.mean()) == (pytest.approx(360, abs=0.5), pytest.approx(60, abs=0.5))
    assert 2 * 4.8 <= np.ptp(u) + 1 <= 16


def test_images_in_containers_are_shown(handmade, show):
    page = show(handmade.open(), tasks=("camera_distance",), per_task=1)
    assert [p.size for p in page.pictures()] == [(160, 120)] * 2
    assert "scene.sens @ 4" in page.text


def test_the_summary_says_what_the_manifest_knows(handmade, show):
    scene = {"source": "handmade", "licence": "CC0"}
    dataset = handmade.open(
        config={"rules": "paper", "seed": 17},
        versions={"spatialgeom": "1.2.3"},
        scenes={"room": scene, "hall": scene},
        tasks={"correspondence_choice": {"constant": 0.25, "chance": 0.25, "nearest_option": 0.31}},
        skipped=[{"name": "attic", "reason": "no poses"}],
        notes=["a note"],
    )
    text = show(dataset).text
    for words in (
        "rules paper",
        "seed 17",
        "version 1.2.3",
        "handmade 2 scenes; licence: CC0",
        "correspondence_choice 4 25 % 25 % 31 %",
        "attic: no poses",
        "a note",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("limit", "held_out", "words"),
    [
        (0, [], "max per space no limit scenes"),
        (7, ["a.txt", "b.json"], "space 7 held out a.txt, b.json scenes"),
    ],
)
def test_the_summary_says_how_rows_were_chosen(handmade, show, limit, held_out, words):
    config = {"rules": "default", "split": "val", "seed": 3, "max_per_task": 5, "max_per_space": limit}
    text = show(handmade.open(config=config, held_out=held_out, scenes={"room": {}})).text
    assert "rules default split val seed 3 max per task 5 max per space" in text
    assert words in text


def test_one_of_a_kind_is_worded_so(empty, show):
    empty.add("depth_value_dot", ["color/0.jpg"], "?", "`1`", 1, ("number", (), "mm", 0.2))
    text = show(empty.open(shards=1, scenes={"room": {"source": "handmade", "licence": "CC0"}})).text
    assert "1 question in 1 task; 1 of them below" in text
    assert "handmade 1 scene; licence" in text


def test_the_navigation_names_a_task_in_full_where_it_is_cut(handmade, show):
    links = show(handmade.open()).all("a", title="correspondence_choice")
    assert [link["href"] for link in links] == ["#correspondence_choice"]


@pytest.mark.parametrize(
    ("size", "count", "layout"),
    [
        ((40, 30), 1, "shots"),
        ((40, 30), 2, "shots"),
        ((40, 30), 3, "shots many by3"),
        ((40, 40), 4, "shots many by4"),
        ((40, 30), 5, "shots many by3"),
        ((40, 30), 8, "shots many by4"),
        ((30, 40), 2, "shots upright"),
        ((30, 40), 5, "shots upright many by5"),
        ((30, 40), 6, "shots upright many by6"),
        ((30, 40), 7, "shots upright many by4"),
    ],
)
def test_a_series_is_spread_over_rows_of_about_one_length(empty, show, size, count, layout):
    buffer = io.BytesIO()
    Image.new("RGB", size, (90, 90, 90)).save(buffer, "JPEG")
    empty.add_file("room", "small.jpg", buffer.getvalue())
    empty.images["room", "small.jpg"] |= dict(zip(("width", "height"), size, strict=True))
    empty.add("camera_chain_turn", ["small.jpg"] * count, "?", "`1`", 1, ("number", (), "degree", 0.2))
    page = show(empty.open())
    assert [a["class"] for a in page.all("div") if "shots" in a.get("class", "").split()] == [layout]
    assert len(page.all("figure")) == count


def test_refuses_a_task_that_is_not_there(handmade, tmp_path):
    with pytest.raises(UsageError, match=r"task 'size' is not in .*made; it has camera_distance, corr"):
        write_page(handmade.open(), tmp_path / "page.html", tasks=("size",))


def test_refuses_no_items_and_a_folder(handmade, tmp_path):
    with pytest.raises(UsageError, match="per-task must be at least 1, got 0"):
        write_page(handmade.open(), tmp_path / "page.html", per_task=0)
    with pytest.raises(UsageError, match=r"the page must be a file, but .* is a folder; name a file in it"):
        write_page(handmade.open(), tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"my notes", b"<!doctype html>\n<html><title>made</title>", b"\xff" * 300]
)
def test_a_file_that_is_no_page_of_ours_is_kept(handmade, tmp_path, content):
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"notes\.txt exists and is no page of ours; choose another name"):
        write_page(handmade.open(), path)
    assert path.read_bytes() == content


def test_a_page_of_ours_is_written_anew(handmade, tmp_path):
    path = tmp_path / "page.html"
    write_page(handmade.open(), path, per_task=1)
    short = path.stat().st_size
    write_page(handmade.open(), path, per_task=4)
    assert path.stat().st_size > short


def test_a_pipe_is_refused_without_waiting(handmade, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="exists and is no page of ours"):
        write_page(handmade.open(), tmp_path / "pipe")


def test_refuses_a_dataset_without_rows(empty, tmp_path):
    with pytest.raises(InputError, match="must hold questions, but it has none"):
        write_page(empty.open(), tmp_path / "page.html")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda made: (made.folder / "data/1.parquet").unlink(),
            r"1\.parquet is missing though the manifest",
        ),
        (
            lambda made: (made.folder / "data/1.parquet").write_bytes(b"PAR1"),
            r"must be a Parquet shard, but ",
        ),
        (
            lambda made: (made.folder.parent / "room/color/0.jpg").unlink(),
            r"0\.jpg is missing; name the folder",
        ),
    ],
)
def test_damage_is_one_sentence_and_leaves_no_page(handmade, tmp_path, damage, message):
    dataset = handmade.open()
    damage(handmade)
    with pytest.raises(InputError, match=message) as caught:
        write_page(dataset, tmp_path / "page.html")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "page.html").exists()
