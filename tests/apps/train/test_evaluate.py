"""Evaluation while training: figures by subtask, the same conversations each time, and none trained on."""

import json
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from spatialgeom.apps.cli import main
from spatialgeom.apps.errors import InputError
from spatialgeom.apps.images import open_image
from spatialgeom.apps.records import SCHEMA
from spatialgeom.apps.train.config import (
    DataConfig,
    EvaluationConfig,
    ImageOptions,
    LoraOptions,
    ModelConfig,
    OptimizerConfig,
    TrainConfig,
)
from spatialgeom.apps.train.evaluate import Evaluator
from spatialgeom.apps.train.inputs import load_inputs, pick
from spatialgeom.apps.train.loop import adamw
from spatialgeom.apps.train.loss import ModelWithLoss
from spatialgeom.apps.train.run import make_model

CPU = torch.device("cpu")
TASKS = {"depth_value_dot": 5, "depth_order_coord": 3, "camera_distance": 9}


def write_dataset(folder, tasks, scenes=("hall", "room"), *, source="rgbd", seed=0):
    """Write a dataset of so many questions of each task, on one picture for each scene."""
    rng = np.random.default_rng(seed)
    rows = []
    for scene in scenes:
        (folder / "images" / scene).mkdir(parents=True)
        pixels = rng.integers(0, 256, (28, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "images" / scene / "0.png")
    for task, count in tasks.items():
        for number in range(count):
            scene = scenes[number % len(scenes)]
            words = " ".join(["near"] * int(rng.integers(1, 6)))
            row = dict.fromkeys(SCHEMA.names)
            row |= {
                "schema_version": 1,
                "id": f"{task}-{number}",
                "task": task,
                "family": task.split("_")[0],
                "source": source,
                "space": scene,
                "scene": scene,
                "images": [{"path": "0.png", "offset": None, "length": None, "width": 40, "height": 28}],
                "marks": [],
                "question": f"What of {number}?",
                "answer": f"`{number}` {words}",
                "truth": "0",
                "scoring": {"kind": "number", "options": [], "unit": "mm", "tolerance": 0.1},
                "measured": "{}",
                "rules": "default",
                "fingerprint": "",
            }
            rows.append(row)
    (folder / "data").mkdir()
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), folder / "data" / "0.parquet")
    manifest = {
        "schema_version": 1,
        "roots": {scene: f"images/{scene}" for scene in scenes},
        "shards": [{"path": "data/0.parquet"}],
        "scenes": {scene: {"source": source, "space": scene} for scene in scenes},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture(scope="module")
def held_out(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("held") / "out", TASKS)


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    return write_dataset(
        tmp_path_factory.mktemp("learnt") / "in", {"depth_value_dot": 4}, ("attic", "cellar")
    )


def configuration(model, learnt, held_out, out, *, per_task=4, **data):
    return TrainConfig(
        out=str(out),
        model=ModelConfig(path=str(model), dtype="float32"),
        images=ImageOptions(max_tiles=2),
        lora=LoraOptions(rank=4),
        data=DataConfig(
            sources=[str(learnt)],
            **{"batch": 4, "max_length": 200, "micro_batch_tokens": 500, "workers": 0, **data},
        ),
        evaluation=EvaluationConfig(sources=[str(held_out)], per_task=per_task),
        tracker="none",
        quiet=True,
    )


@pytest.fixture(scope="module")
def run(tiny_internvl, learnt, held_out, tmp_path_factory):
    config = configuration(tiny_internvl, learnt, held_out, tmp_path_factory.mktemp("run"))
    inputs = load_inputs(config, tells=False)
    vlm = make_model(config, inputs.family, CPU)
    learn_some(vlm, list(inputs.evaluation_batches(0, 1)))
    return SimpleNamespace(config=config, inputs=inputs, vlm=vlm)


def learn_some(vlm, batches):
    """Train until some answers are exact and others are not."""
    model, optimizer = ModelWithLoss(vlm), adamw(vlm, OptimizerConfig())
    for group in optimizer.param_groups:
        group["lr"] = 1e-2
    exact = 0
    while exact < 3:
        exact = 0
        for batch in batches:
            losses = model(batch.inputs, batch.labels)
            losses.nll.sum().backward()
            wrong = torch.bincount(losses.rows, weights=(~losses.exact).float())
            exact += int((wrong == 0).sum())
        optimizer.step()
        optimizer.zero_grad()


def directly(run):
    """Return figures of each task, one conversation after another, from the logits of the plain model."""
    sums = {}
    (source,) = run.inputs.held_out
    for index in pick(source, run.config.evaluation.per_task, run.config.seed):
        conversation = source.conversation(0, index)
        encoded = run.inputs.encoder.encode(conversation)
        pixels = run.inputs.family.pixels([open_image(conversation.images[0])], encoded.plans)
        ids = torch.from_numpy(encoded.ids)[None].long()
        with torch.no_grad():
            logits = run.vlm.eval()(input_ids=ids, **pixels).logits[0].double()
        nll, right, count = 0.0, True, 0
        for place in np.flatnonzero(encoded.labels):
            chances = logits[place - 1].log_softmax(-1)
            nll -= float(chances[ids[0, place]])
            right &= int(chances.argmax()) == int(ids[0, place])
            count += 1
        for task in (conversation.task, "all"):
            sums.setdefault(task, []).append((nll, count, right))
    return {
        task: {
            "loss": sum(nll for nll, _, _ in found) / sum(count for _, count, _ in found),
            "exact": sum(right for _, _, right in found) / len(found),
            "conversations": len(found),
        }
        for task, found in sums.items()
    }


def evaluated(run, world, monkeypatch):
    """Return what the last of so many processes, one after another, would report, and the mean loss."""
    parts, told = [], []

    def gather(own):
        parts.extend(own)
        return parts

    monkeypatch.setattr("accelerate.utils.gather_object", gather)
    report = SimpleNamespace(evaluation=lambda step, by_task: told.append((step, by_task)))
    for rank in range(world):
        batches = run.inputs.evaluation_batches(rank, world)
        evaluate = Evaluator(SimpleNamespace(device=CPU), ModelWithLoss(run.vlm), batches, report)
        loss = evaluate(7)
        assert run.vlm.training
    (step, by_task) = told[-1]
    assert step == 7
    return by_task, loss


@pytest.mark.parametrize("world", [1, 2, 3, 16])  # of 16, five have nothing of their own
def test_figures_by_task_are_those_of_a_direct_computation(run, world, monkeypatch):
    wanted = directly(run)
    found, loss = evaluated(run, world, monkeypatch)
    assert next(iter(found)) == "all"
    assert set(found) == set(wanted)
    assert wanted["all"]["conversations"] == 4 + 3 + 4
    assert 0 < wanted["all"]["exact"] < 1
    for task, figures in wanted.items():
        assert found[task]["conversations"] == figures["conversations"]
        assert found[task]["exact"] == figures["exact"]
        assert found[task]["loss"] == pytest.approx(figures["loss"], rel=1e-5)
    assert found["all"]["dropped"] == 0
    assert loss == found["all"]["loss"]


@pytest.mark.parametrize("world", [1, 2, 3, 16])
def test_every_conversation_is_gone_through_once_each_time(run, world):
    for _ in range(2):
        seen = [
            name
            for rank in range(world)
            for batch in run.inputs.evaluation_batches(rank, world)
            for name in batch.ids
        ]
        assert Counter(Counter(seen).values()) == {1: 4 + 3 + 4}


def test_at_most_so_many_of_each_task_are_picked_and_the_same_ones_each_time(run):
    (source,) = run.inputs.held_out
    for most in (1, 3, 4, 8, 100):
        chosen = pick(source, most, seed=0)
        assert chosen == pick(source, most, seed=0)
        assert len(set(chosen)) == len(chosen)
        counts = Counter(source.tasks()[chosen].tolist())
        assert sorted(counts.values()) == sorted(min(most, count) for count in TASKS.values())
    assert pick(source, 3, seed=0) != pick(source, 3, seed=1)


def test_what_is_too_long_is_counted(run, monkeypatch):
    (source,) = run.inputs.held_out
    chosen = pick(source, run.config.evaluation.per_task, run.config.seed)
    lengths = sorted(run.inputs.encoder.encode(source.conversation(0, index)).tokens for index in chosen)
    monkeypatch.setattr(run.inputs.encoder, "max_length", lengths[5])
    found, _ = evaluated(run, 2, monkeypatch)
    longer = sum(length > lengths[5] for length in lengths)
    assert longer > 2
    assert (found["all"]["dropped"], found["all"]["conversations"]) == (longer, len(lengths) - longer)
    monkeypatch.setattr(run.inputs.encoder, "max_length", 1)
    with pytest.raises(InputError, match="must have conversations that can be used, but"):
        evaluated(run, 1, monkeypatch)


def refused(config):
    with pytest.raises(InputError) as caught:
        load_inputs(config, tells=False)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_sources_that_share_no_scene_are_taken(tiny_internvl, learnt, held_out, tmp_path):
    inputs = load_inputs(configuration(tiny_internvl, learnt, held_out, tmp_path / "run"), tells=False)
    assert [len(source) for source in (*inputs.sources, *inputs.held_out)] == [4, 17]


def test_a_source_that_shows_a_scene_of_the_evaluation_is_refused(tiny_internvl, held_out, tmp_path):
    shown = write_dataset(tmp_path / "shown", {"camera_distance": 4}, ("attic", "room"))
    said = refused(configuration(tiny_internvl, shown, held_out, tmp_path / "run"))
    assert "shown must not show scenes of evaluation.sources, but shows 1 of them (room)" in said


def test_a_scene_of_the_same_name_from_elsewhere_is_another_one(tiny_internvl, held_out, tmp_path):
    shown = write_dataset(tmp_path / "shown", {"camera_distance": 4}, ("attic", "room"), source="tum")
    load_inputs(configuration(tiny_internvl, shown, held_out, tmp_path / "run"), tells=False)


def test_another_scan_of_an_evaluated_space_is_refused(tiny_internvl, tmp_path):
    one = write_dataset(tmp_path / "one", {"camera_distance": 2}, ("scene0011_00",), source="scannet")
    other = write_dataset(tmp_path / "other", {"camera_distance": 2}, ("scene0011_01",), source="scannet")
    said = refused(configuration(tiny_internvl, one, other, tmp_path / "run"))
    assert "one must not show scenes of evaluation.sources" in said


@pytest.mark.parametrize("content", ["room\n", "manifest"])
def test_a_source_that_shows_what_is_held_out_is_refused(tiny_internvl, learnt, tmp_path, content):
    shown = write_dataset(tmp_path / "shown", {"camera_distance": 4}, ("hall", "room"))
    path = tmp_path / "list.txt"
    path.write_text(content)
    if content == "manifest":
        path = write_dataset(tmp_path / "judged", {"camera_distance": 1}, ("room",)) / "manifest.json"
    config = configuration(tiny_internvl, shown, learnt, tmp_path / "run", hold_out=[str(path)])
    said = refused(config)
    assert "room" in said
    assert "hall" not in said
    load_inputs(
        configuration(tiny_internvl, learnt, shown, tmp_path / "run", hold_out=[str(path)]), tells=False
    )


def test_the_command_line_says_so_in_one_sentence(tiny_internvl, held_out, tmp_path, capsys):
    shown = write_dataset(tmp_path / "shown", {"camera_distance": 4}, ("attic", "room"))
    told = {
        "--model.path": tiny_internvl,
        "--model.dtype": "float32",
        "--data.sources": f"['{shown}']",
        "--evaluation.sources": f"['{held_out}']",
        "--out": tmp_path / "run",
    }
    code = main(["train", "--quiet", *(str(word) for pair in told.items() for word in pair)])
    said = capsys.readouterr().err.splitlines()
    assert code == 1
    assert len(said) == 1
    assert said[0].startswith("spatialgeom: shown must not show scenes of evaluation.sources")
    assert not (tmp_path / "run" / "run.json").exists()
