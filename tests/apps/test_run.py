"""A run: the same bytes for the same seed whatever the workers and interruptions."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import spatialgeom
from spatialgeom.apps.datagen import jobs
from spatialgeom.apps.datagen.tasks import load_tasks
from spatialgeom.apps.records import SCHEMA, Dataset

SMALL = ("--max-per-task", 12, "--quiet", "--rgbd_folder.up", "[0, 0, 1]")


def digests(out):
    """Return the SHA-256 of everything that a run promises to repeat."""
    files = [*sorted((out / "data").iterdir()), out / "manifest.json", out / "README.md"]
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.fixture(scope="session")
def two_scenes(whole_folder, tmp_path_factory):
    """Two scans under one root; the second lacks some frames of the first."""
    root = tmp_path_factory.mktemp("many") / "scans"
    shutil.copytree(whole_folder.path, root / "a")
    shutil.copytree(whole_folder.path, root / "b")
    for file in (root / "b").glob("frame-00001*"):
        file.unlink()
    return root


def test_rows_follow_the_schema_and_name_their_task(dataset):
    rows = list(Dataset.open(dataset).rows())
    static = {name for name, task in load_tasks().items() if task.family not in ("size", "motion")}
    assert {row["task"] for row in rows} == static
    assert len({row["id"] for row in rows}) == len(rows)
    for shard in Dataset.open(dataset).shards:
        assert pq.read_schema(shard).remove_metadata() == SCHEMA


def test_every_answer_words_its_truth_in_backticks(dataset):
    for row in Dataset.open(dataset).rows():
        truth = json.loads(row["truth"])
        assert row["answer"].count("`") == 2
        assert f"`{truth if isinstance(truth, str) else row['truth']}`" in row["answer"]
        assert not set("{}`") & set(row["question"])


def test_choices_and_directions_are_balanced(dataset):
    for name, task in Dataset.open(dataset).manifest["tasks"].items():
        if task.get("chance") is not None:
            # which image of a walk is farthest cannot be balanced to the end
            above = 1.5 if "chain" in name else 1.0
            assert task["constant"] <= above * task["chance"] + 0.05, name
    nearest = Dataset.open(dataset).manifest["tasks"]["correspondence_choice"]["nearest_option"]
    assert nearest <= 0.30


def test_one_seed_gives_the_same_bytes_and_another_seed_others(cli, two_scenes, tmp_path):
    for name, seed in (("first", 5), ("second", 5), ("other", 6)):
        assert (
            cli(
                "datagen", "run", two_scenes, "--out", tmp_path / name, "--seed", seed, "--workers", 1, *SMALL
            )[0]
            == 0
        )
    assert digests(tmp_path / "first") == digests(tmp_path / "second")
    different = {name: digests(tmp_path / "other")[name] for name in digests(tmp_path / "first")}
    assert not set(different.values()) & set(digests(tmp_path / "first").values())


@pytest.mark.slow
def test_workers_change_nothing_and_spawn_after_a_parallel_kernel(cli, two_scenes, tmp_path):
    eye = spatialgeom.visible_points(*_tiny_scene())
    assert eye.shape == (1, 1)  # a parallel Numba kernel has run in this process
    assert cli("datagen", "run", two_scenes, "--out", tmp_path / "one", "--workers", 1, *SMALL)[0] == 0
    assert cli("datagen", "run", two_scenes, "--out", tmp_path / "two", "--workers", 2, *SMALL)[0] == 0
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def _tiny_scene():
    import torch

    return torch.tensor([[0.0, 0, 1]]), torch.eye(4)[None], torch.eye(3), torch.ones(1, 2, 2)


def test_an_interrupted_run_goes_on_to_the_same_bytes(cli, two_scenes, tmp_path, monkeypatch):
    straight, broken = tmp_path / "straight", tmp_path / "broken"
    command = ("--workers", 1, *SMALL)
    assert cli("datagen", "run", two_scenes, "--out", straight, *command)[0] == 0

    write = jobs.write

    def killed(prepared, *rest):
        if prepared.name == "scans_b":
            raise KeyboardInterrupt
        return write(prepared, *rest)

    monkeypatch.setattr(jobs, "write", killed)
    assert cli("datagen", "run", two_scenes, "--out", broken, *command)[0] == 130
    assert not (broken / "manifest.json").exists()
    monkeypatch.undo()
    before = (broken / "data" / "scans_a.parquet").stat().st_mtime_ns
    assert cli("datagen", "run", two_scenes, "--out", broken, *command)[0] == 0
    assert (broken / "data" / "scans_a.parquet").stat().st_mtime_ns == before
    assert digests(broken) == digests(straight)


def test_a_finished_run_is_not_repeated(cli, whole_folder, dataset):
    before = digests(dataset)
    arguments = ("--max-per-task", 60, "--quiet", "--rgbd_folder.up", "[0, 0, 1]")
    code, said, _ = cli("datagen", "run", whole_folder.path, "--out", dataset, *arguments)
    assert code == 0
    assert "nothing was left to do" in said
    assert digests(dataset) == before


def test_a_damaged_cache_is_made_again(cli, whole_folder, tmp_path):
    cache = tmp_path / "cache"
    for name in ("first", "second", "third"):
        command = ("--out", tmp_path / name, "--cache", cache, *SMALL)
        assert cli("datagen", "run", whole_folder.path, *command)[0] == 0
        (file,) = cache.iterdir()
        if name == "second":
            file.write_bytes(file.read_bytes()[:2000])
    assert digests(tmp_path / "first") == digests(tmp_path / "second") == digests(tmp_path / "third")


def test_paper_rules_differ_and_run(cli, whole_folder, tmp_path):
    code, said, _ = cli(
        "datagen", "run", whole_folder.path, "--out", tmp_path / "o", "--rules", "paper", *SMALL
    )
    assert code == 0
    assert {row["rules"] for row in Dataset.open(tmp_path / "o").rows()} == {"paper"}
    assert "depth_value_dot" in said


def test_without_up_yaw_and_pitch_are_left_out_and_said(cli, whole_folder, tmp_path):
    code, said, _ = cli(
        "datagen", "run", whole_folder.path, "--out", tmp_path / "o", "--max-per-task", 9, "--quiet"
    )
    assert code == 3
    assert "without a known up direction" in said
    tasks = {row["task"] for row in Dataset.open(tmp_path / "o").rows()}
    assert "camera_x_direction" in tasks
    assert not any("yaw" in task or "pitch" in task for task in tasks)


def test_tasks_and_config_file_with_overrides(cli, whole_folder, tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text("tasks: [camera_distance]\nseed: 3\nmax_per_task: 7\nquiet: true\n")
    out = tmp_path / "o"
    code, _, _ = cli(
        "datagen", "run", whole_folder.path, "--config", config, "--max-per-task", 5, "--out", out
    )
    assert code == 0
    made = Dataset.open(out)
    assert made.manifest["config"]["seed"] == 3
    assert [row["task"] for row in made.rows()] == ["camera_distance"] * 5


def test_stride_uses_every_nth_frame(cli, whole_folder, tmp_path):
    command = ("--out", tmp_path / "o", "--rgbd_folder.stride", 3, "--tasks", "depth_value_dot", *SMALL)
    assert cli("datagen", "run", whole_folder.path, *command)[0] == 0
    (scene,) = Dataset.open(tmp_path / "o").manifest["scenes"].values()
    assert scene["frames"] == 16


def test_the_draw_spreads_over_the_bins(dataset):
    overlaps = [
        json.loads(row["measured"])["overlap_percent"]
        for row in Dataset.open(dataset).rows(("camera_distance",))
    ]
    counts = np.histogram(overlaps, np.arange(6, 36))[0]
    assert (counts[counts > 0] <= np.ceil(60 / (counts > 0).sum()) + 3).all()


def test_sources_may_stand_in_the_config_file_wherever_it_is_named(cli, whole_folder, tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text(f"sources: ['{whole_folder.path}']\nmax_per_task: 7\ntasks: [camera_distance]\n")
    out = tmp_path / "o"
    code, _, _ = cli("datagen", "run", "--out", out, "--max-per-task", 5, "--quiet", "--config", config)
    assert code == 0
    assert len(list(Dataset.open(out).rows())) == 5


def test_a_sequence_belongs_to_the_space_above_it(cli, whole_folder, tmp_path):
    for name in ("seq-01", "seq-02"):
        shutil.copytree(whole_folder.path, tmp_path / "kitchen" / name)
    for name, sources in (
        ("above", ["kitchen"]),
        ("each", ["kitchen/seq-01", "kitchen/seq-02"]),
    ):
        command = [
            *(tmp_path / source for source in sources),
            "--out",
            tmp_path / name,
            "--workers",
            1,
            *SMALL,
        ]
        assert cli("datagen", "run", *command, "--tasks", "camera_distance")[0] == 0
        scenes = Dataset.open(tmp_path / name).manifest["scenes"]
        assert {scene: held["space"] for scene, held in scenes.items()} == {
            "kitchen_seq-01": "kitchen",
            "kitchen_seq-02": "kitchen",
        }


def test_a_synthetic_dataset_can_move(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = (
        "--synthetic.scenes",
        1,
        "--synthetic.frames",
        12,
        "--synthetic.width",
        160,
        "--synthetic.height",
        120,
    )
    command = ("datagen", "run", "synthetic", "--out", "made", "--max-per-task", 4, "--quiet", *options)
    assert cli(*command, "--synthetic.rescans", 2, "--workers", 1)[0] in (0, 3)
    (tmp_path / "made").rename(tmp_path / "moved")
    made = Dataset.open(tmp_path / "moved")
    assert {scene["space"] for scene in made.manifest["scenes"].values()} == {"room0000"}
    assert set(made.manifest["scenes"]) == {"room0000_00", "room0000_01"}
    for row in made.rows():
        for k in range(len(row["images"])):
            assert Path(made.image(row, k).path).is_file()


def test_spellings_of_a_path_are_one_run(cli, whole_folder, tmp_path, monkeypatch):
    out = tmp_path / "o"
    monkeypatch.chdir(whole_folder.path.parent)
    assert cli("datagen", "run", whole_folder.path.name, "--out", out, *SMALL)[0] == 0
    before = digests(out)
    for spelling in (f"./{whole_folder.path.name}/", whole_folder.path):
        code, said, _ = cli("datagen", "run", spelling, "--out", out, *SMALL)
        assert code == 0
        assert "nothing was left to do" in said
    monkeypatch.chdir(whole_folder.path)
    assert cli("datagen", "run", ".", "--out", tmp_path / "dot", *SMALL)[0] == 0
    assert digests(tmp_path / "dot") == before


def test_what_an_interrupted_run_left_beside_is_swept(cli, whole_folder, tmp_path):
    out = tmp_path / "o"
    (out / "images" / ".room0000.1.beside").mkdir(parents=True)
    (out / ".run.json.1.beside").write_text("{")
    (out / "images" / ".room0000.1.beside" / "x").write_text("x")
    (out / "images").rename(out / ".images.1.beside")
    assert cli("datagen", "run", whole_folder.path, "--out", out, *SMALL)[0] == 0
    assert not list(out.glob("**/.*"))


def test_a_shard_that_vanished_is_made_again(cli, whole_folder, tmp_path):
    out = tmp_path / "o"
    assert cli("datagen", "run", whole_folder.path, "--out", out, *SMALL)[0] == 0
    before = digests(out)
    (out / "data" / "box.parquet").unlink()
    assert cli("datagen", "run", whole_folder.path, "--out", out, *SMALL)[0] == 0
    assert digests(out) == before
