"""All 26 subtasks in one run, under either rules; an evaluation set and its recipe."""

import json
import shutil
from pathlib import Path

import pytest

from spatialgeom.apps.datagen.testing.tapvid3d import render_clip, write_adt, write_pstudio
from spatialgeom.apps.records import PER_SOURCE, Dataset, subtask

EVALUATION = Path(__file__).parents[2] / "configs" / "evaluation.yaml"
ROOMS = {"scenes": 3, "frames": 24, "width": 200, "height": 150}


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """Rendered rooms by name, and made-up clips of both kinds."""
    folder = tmp_path_factory.mktemp("sources")
    write_adt(folder / "adt", render_clip(frames=24))
    write_pstudio(folder / "pstudio", render_clip(frames=24, moving_camera=False))
    rooms = [word for name, value in ROOMS.items() for word in (f"--synthetic.{name}", value)]
    return ("synthetic", folder / "adt", folder / "pstudio"), rooms


@pytest.fixture(scope="module", params=["default", "paper"])
def made(request, sources, tmp_path_factory):
    from spatialgeom.apps.cli import main

    out = tmp_path_factory.mktemp("made") / request.param
    places, rooms = sources
    asked = ["datagen", "run", *places, "--out", out, "--rules", request.param, "--tasks", "paper"]
    assert main([str(word) for word in (*asked, "--max-per-task", 12, "--quiet", *rooms)]) in (0, 3)
    return out


def test_there_are_26_of_them(made):
    tasks = Dataset.open(made).manifest["tasks"]
    assert len(tasks) == 26
    assert sum("@adt" in name for name in tasks) == sum("@pstudio" in name for name in tasks) == 4
    assert {name: task["rows"] for name, task in tasks.items() if task["rows"] < 6} == {}


def test_each_answer_is_right_by_its_own_scoring(made):
    for row in Dataset.open(made).rows():
        truth, scoring = json.loads(row["truth"]), row["scoring"]
        assert f"`{truth if isinstance(truth, str) else row['truth']}`" in row["answer"]
        if scoring["kind"] == "choice":
            assert truth in scoring["options"]
        assert row["images"]
        assert all(mark["image"] < len(row["images"]) for mark in row["marks"])


def test_sizes_are_asked_of_one_or_two_images_that_name_their_object(made):
    rows = [row for row in Dataset.open(made).rows() if row["family"] == "size"]
    assert {len(row["images"]) for row in rows} <= {1, 2}
    categories = {json.loads(row["measured"])["category"] for row in rows}
    assert len(categories) >= 4
    assert not categories & {"wall", "floor", "ceiling", "window", "object"}
    for row in rows:
        assert f" {json.loads(row['measured'])['category']}" in row["question"]


def test_an_evaluation_set_holds_out_its_spaces_and_is_made_again(cli, sources, tmp_path):
    """Of one and of two processes, and with sources in another order."""
    places, rooms = sources
    evaluation = ("--config", EVALUATION, "--split", "all", "--max-per-task", 9, "--quiet", *rooms)
    out = tmp_path / "evaluation"
    code, said, _ = cli("datagen", "run", *places, "--out", out, *evaluation, "--workers", 2)
    assert code in (0, 3), said
    rows = list(Dataset.open(out).rows())
    by_subtask = {}
    for row in rows:
        by_subtask.setdefault(subtask(row["task"], row["family"], row["source"]), []).append(row["space"])
    assert len(by_subtask) == 26
    rest = [spaces for name, spaces in by_subtask.items() if "@" not in name and len(spaces) == 9]
    # nine of three rooms, six of each at most
    assert len(rest) > 12
    assert all(spaces.count(space) <= 6 for spaces in rest for space in spaces)
    recipe = tmp_path / "evaluation.json"
    assert cli("datagen", "recipe", out, "--out", recipe, "--quiet")[0] == 0
    again = ("datagen", "regenerate", recipe, *reversed(places), "--out", tmp_path / "again", "--quiet")
    code, said, _ = cli(*again, "--workers", 1)
    assert f"{len(rows)} of {len(rows)} items are the same, bit for bit" in said
    assert code == 0
    held = ("datagen", "run", places[1], "--out", tmp_path / "train", "--quiet", "--hold-out", out)
    code, _, said = cli(*held)
    assert code == 1
    assert "holds out 1 scene" in said


def test_the_split_of_a_clip_is_that_of_its_activity(cli, sources, tmp_path):
    (_, _, pstudio), _ = sources
    both = tmp_path / "pstudio"
    shutil.copytree(pstudio, both)
    (file,) = both.glob("*.npz")
    shutil.copy(file, both / "juggle_3.npz")
    for split, scene in (("val", "basketball_3"), ("train", "juggle_3")):
        out = tmp_path / split
        command = ("datagen", "run", both, "--out", out, "--split", split, "--max-per-task", 4, "--quiet")
        assert cli(*command)[0] == 0
        assert list(Dataset.open(out).manifest["scenes"]) == [scene]


def test_motion_alone_counts_by_source(made):
    rows = list(Dataset.open(made).rows())
    named = {subtask(row["task"], row["family"], row["source"]) for row in rows if "@" in row["task"]}
    assert named == set()
    assert {row["family"] for row in rows if row["source"] in ("adt", "pstudio")} == set(PER_SOURCE)
