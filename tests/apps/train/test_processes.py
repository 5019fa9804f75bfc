"""Several processes learn what one does, with whole weights or sharded ones, and go on after being killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import torch
from accelerate.commands.config.config_args import load_config_from_file
from safetensors.torch import load_file

from spatialgeom.apps.train.config import (
    CheckpointConfig,
    DataConfig,
    EvaluationConfig,
    ImageOptions,
    LoraOptions,
    ModelConfig,
    OptimizerConfig,
    TrainConfig,
)
from spatialgeom.apps.train.inputs import load_inputs
from spatialgeom.apps.train.testing.processes import finish, start
from spatialgeom.apps.train.testing.questions import write_questions

SCRIPT = Path(__file__).with_name("rank.py")
CONFIGS = Path(__file__).parents[3] / "configs" / "accelerate"
STEPS, BATCH = 6, 7
KILLED = [-signal.SIGKILL] * 2


@pytest.fixture(scope="module")
def configuration(tiny_internvl, tmp_path_factory):
    """Half of the conversations have no image, so that one process may have some where another has none."""
    folder = tmp_path_factory.mktemp("data")
    count = STEPS * BATCH // 2
    seen = write_questions(folder / "seen", count)
    told = folder / "told.jsonl"
    with told.open("w") as file:
        for k in range(count):
            turns = [("human", f"What is {k} and {k + 1}?"), ("gpt", f"`{2 * k + 1}` " + "or so " * (k % 3))]
            record = {"id": f"t{k}", "conversations": [{"from": who, "value": said} for who, said in turns]}
            file.write(json.dumps(record) + "\n")
    held_out = write_questions(folder / "held_out", 6, seed=1)

    def of(out, *, dtype="float32", lr=1e-2):
        return TrainConfig(
            out=str(out),
            model=ModelConfig(path=str(tiny_internvl), dtype=dtype),
            images=ImageOptions(max_tiles=2),
            lora=LoraOptions(rank=4),
            data=DataConfig(
                sources=[str(seen), str(told)],
                batch=BATCH,
                max_length=300,
                micro_batch_tokens=600,
                workers=0,
                cache=str(folder / "cache"),
            ),
            optimizer=OptimizerConfig(lr=lr),
            evaluation=EvaluationConfig(sources=[str(held_out)], every=3),
            checkpoint=CheckpointConfig(every=2, keep=9),
            tracker="none",
            quiet=True,
        )

    return of


def figures_of(out, name):
    lines = [json.loads(line) for line in (Path(out) / "log.jsonl").read_text().splitlines()]
    return [line[name] for line in lines if name in line]


def losses_of(out):
    return figures_of(out, "loss")


def evaluations_of(out):
    return [told["all"]["loss"] for told in figures_of(out, "evaluation")]


def tensors_of(out, step=STEPS):
    files = sorted((Path(out) / f"step-{step:07d}").glob("*.safetensors"))
    assert len(files) == 2
    return {f"{path.name}/{name}": value for path in files for name, value in load_file(path).items()}


def assert_same(out, other):
    """Bit for bit, from the losses to the optimizer's state."""
    assert losses_of(out) == losses_of(other)
    assert evaluations_of(out) == evaluations_of(other)
    mine, others = tensors_of(out), tensors_of(other)
    assert list(mine) == list(others)
    assert all(torch.equal(mine[name], others[name]) for name in mine)


def assert_close(out, other):
    assert len(losses_of(out)) == STEPS
    assert losses_of(out) == pytest.approx(losses_of(other), abs=1e-5)
    # of which the optimizer alone would not tell a multiple
    assert figures_of(out, "gradient_norm") == pytest.approx(figures_of(other, "gradient_norm"), rel=1e-4)
    assert evaluations_of(out) == pytest.approx(evaluations_of(other), abs=1e-5)


def kill_after(step, config, *around):
    """Train in two processes and kill both after a step."""
    mark = Path(f"{config.out}-told")
    running = start(SCRIPT, *around, "stopped", config, step, mark, world=2)
    until = time.monotonic() + 60
    while not mark.exists():
        assert time.monotonic() < until
        assert all(process.exitcode is None for process in running)
        time.sleep(0.02)
    for process in running:
        process.kill()
    assert finish(running) == KILLED


def on_from(out, name):
    return shutil.copytree(out, out.with_name(name))


@pytest.fixture(scope="module")
def one(configuration, tmp_path_factory):
    out = tmp_path_factory.mktemp("one") / "run"
    assert finish(start(SCRIPT, "straight", configuration(out))) == [0]
    return out


def yaml_of(config, path):
    told = {
        "model": {"path": config.model.path, "dtype": config.model.dtype},
        "images": {"max_tiles": config.images.max_tiles},
        "lora": {"rank": config.lora.rank},
        "data": {
            name: getattr(config.data, name)
            for name in ("batch", "max_length", "micro_batch_tokens", "workers", "cache")
        }
        | {"sources": [entry.path for entry in config.data.sources]},
        "optimizer": {"lr": config.optimizer.lr},
        "evaluation": {"sources": [entry.path for entry in config.evaluation.sources], "every": 3},
        "checkpoint": {"every": 2, "keep": 9},
        "tracker": "none",
    }
    path.write_text(json.dumps(told))  # JSON is YAML
    return path


@pytest.fixture(scope="module")
def two(configuration, tmp_path_factory):
    """Two processes, by the command that people type; its folder, and what it said."""
    folder = tmp_path_factory.mktemp("two")
    options = yaml_of(configuration(folder / "run"), folder / "c.yaml")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    command += ["-m", "spatialgeom.apps.train", "--config", options, "--out", folder / "run"]
    environment = {**os.environ, "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return folder / "run", done


def test_two_processes_learn_what_one_does(one, two):
    out, done = two
    assert_close(out, one)
    losses = losses_of(one)
    assert max(losses) - min(losses) > 0.2
    assert "steps of 7 on 2 processes" in done.stderr
    assert done.stdout.count(f"{STEPS} steps, {STEPS * BATCH} conversations") == 1
    assert json.loads((out / f"step-{STEPS:07d}" / "state.json").read_text())["processes"] == 2


def test_two_killed_processes_go_on_bit_for_bit_and_one_goes_on_with_their_work(
    configuration, one, two, tmp_path
):
    killed = tmp_path / "killed"
    kill_after(3, configuration(killed))
    assert sorted(path.name for path in killed.glob("step-*")) == ["step-0000002"]
    alone = on_from(killed, "alone")
    runs = [
        *start(SCRIPT, "keeping_adapters", configuration(killed), world=2),
        *start(SCRIPT, "straight", configuration(alone)),
    ]
    assert finish(runs) == [0, 0, 0]
    assert_same(killed, two[0])
    assert_close(alone, one)

    held = [load_file(f"{killed}-{rank}.safetensors") for rank in range(2)]
    assert len(held[0]) == 28
    assert any(value.abs().max() > 1e-3 for value in held[0].values())
    assert all(torch.equal(held[0][name], held[1][name]) for name in held[0])


def test_one_killed_process_goes_on_as_two(configuration, one, tmp_path):
    out = tmp_path / "run"
    shutil.copytree(one, out)
    for path in out.glob("step-*"):
        if path.name != "step-0000002":
            shutil.rmtree(path)
    assert finish(start(SCRIPT, "straight", configuration(out), world=2)) == [0, 0]
    assert_close(out, one)


@pytest.mark.parametrize("first", [0, 3])
def test_each_step_has_the_same_conversations_on_any_number_of_processes(configuration, tmp_path, first):
    inputs = load_inputs(configuration(tmp_path / "run"), tells=False)
    planned = [
        Counter(
            f"{(source := inputs.sources[draw.source]).name}/{source.conversation(draw.round, draw.index).id}"
            for draw in inputs.plan.step(step)
        )
        for step in range(STEPS)
    ]
    assert sum(sum(planned, Counter()).values()) == STEPS * BATCH
    for world in (1, 2, 3):
        found = [Counter() for _ in range(STEPS)]
        shapes = []
        for rank in range(world):
            batches = list(inputs.batches(rank, world, first))
            shapes.append([(batch.step, batch.last) for batch in batches])
            for batch in batches:
                found[batch.step] += Counter(batch.ids)
        assert found[first:] == planned[first:]
        assert shapes == [shapes[0]] * world  # all meet for the gradients of a step


def test_sharded_processes_learn_the_same_and_their_work_is_gone_on_with_sharded_or_whole(
    configuration, one, two, tmp_path
):
    inputs = load_inputs(configuration(tmp_path / "seen"), tells=False)
    images = [["pixel_values" in batch.inputs for batch in inputs.batches(rank, 2, 0)] for rank in range(2)]
    assert any(mine != others for mine, others in zip(*images, strict=True))

    straight, killed = tmp_path / "straight", tmp_path / "killed"
    runs = start(SCRIPT, "sharded", "straight", configuration(straight), world=2)
    assert finish(runs) == [0, 0]
    assert_close(straight, one)
    mine, others = tensors_of(straight), tensors_of(two[0])
    assert list(mine) == list(others)
    for name in mine:
        torch.testing.assert_close(mine[name], others[name], rtol=0, atol=1e-4)

    kill_after(3, configuration(killed), "sharded")
    alone = on_from(killed, "alone")
    runs = [
        *start(SCRIPT, "sharded", "straight", configuration(killed), world=2),
        *start(SCRIPT, "straight", configuration(alone)),
    ]
    assert finish(runs) == [0, 0, 0]
    assert_same(killed, straight)
    assert_close(alone, one)


def test_weights_that_stay_together_after_an_evaluation_are_saved_with_their_optimizer(
    configuration, two, tmp_path
):
    out = tmp_path / "run"
    runs = start(SCRIPT, "sharded_until_the_end", "straight", configuration(out), world=2)
    assert finish(runs) == [0, 0]
    assert list(tensors_of(out)) == list(tensors_of(two[0]))


def test_sharded_losses_are_not_rounded_to_bfloat16(configuration, tmp_path):
    still = {"dtype": "bfloat16", "lr": 1e-9}
    runs = [
        *start(SCRIPT, "sharded", "straight", configuration(tmp_path / "sharded", **still), world=2),
        *start(SCRIPT, "straight", configuration(tmp_path / "whole", **still)),
    ]
    assert finish(runs) == [0, 0, 0]
    # a sum of about 200 nats is rounded to whole ones in bfloat16
    assert losses_of(tmp_path / "sharded") == pytest.approx(losses_of(tmp_path / "whole"), abs=1e-3)


@pytest.mark.parametrize(("name", "kind"), [("ddp", "MULTI_GPU"), ("fsdp2", "FSDP")])
def test_accelerate_reads_the_configurations_that_ship(name, kind):
    told = load_config_from_file(str(CONFIGS / f"{name}.yaml"))
    assert (told.distributed_type, told.mixed_precision, told.num_processes) == (kind, "bf16", 8)
    assert (told.fsdp_config.get("fsdp_version") == 2) == (name == "fsdp2")
