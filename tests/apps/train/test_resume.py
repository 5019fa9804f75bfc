"""A run that is killed, anywhere, and given again ends with the bytes of one that was left alone."""

import json
import signal
import time
from pathlib import Path

import pytest

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
from spatialgeom.apps.train.testing.processes import finish, start
from spatialgeom.apps.train.testing.questions import write_questions

SCRIPT = Path(__file__).with_name("rank.py")
STEPS, BATCH = 8, 6
KILLED = -signal.SIGKILL
TIMES = ("seconds", "tokens_per_s", "tflops_per_device", "wait", "memory_gib")


@pytest.fixture(scope="module")
def configuration(tiny_internvl, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    learnt = write_questions(folder / "learnt", STEPS * BATCH)
    held_out = write_questions(folder / "held_out", 6, seed=1)

    def of(out):
        return TrainConfig(
            out=str(out),
            model=ModelConfig(path=str(tiny_internvl), dtype="float32"),
            images=ImageOptions(max_tiles=2),
            lora=LoraOptions(rank=4, dropout=0.1),
            data=DataConfig(
                sources=[str(learnt)], batch=BATCH, max_length=300, micro_batch_tokens=600, workers=0
            ),
            optimizer=OptimizerConfig(lr=1e-2, weight_decay=0.01),
            evaluation=EvaluationConfig(sources=[str(held_out)], every=3),
            checkpoint=CheckpointConfig(every=2, keep=2),
            tracker="none",
            quiet=True,
        )

    return of


def log_of(out):
    """What the log says of steps, but for what the clock says."""
    lines = [json.loads(line) for line in (Path(out) / "log.jsonl").read_text().splitlines()]
    # a run that was killed before its first checkpoint tells again how it began
    return [{name: line[name] for name in line if name not in TIMES} for line in lines if line["step"]]


def files_of(out):
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(Path(out).glob("step-*/*.safetensors"))
    }


@pytest.fixture(scope="module")
def straight(configuration, tmp_path_factory):
    out = tmp_path_factory.mktemp("straight") / "run"
    assert finish(start(SCRIPT, "straight", configuration(out))) == [0]
    return out


def test_a_run_that_is_killed_again_and_again_ends_with_the_same_bytes(configuration, straight, tmp_path):
    out, mark = tmp_path / "run", tmp_path / "told"
    config = configuration(out)

    def found():
        return sorted(path.name for path in out.glob("*step-*"))

    assert finish(start(SCRIPT, "killed_in_a_file", config, "adapter_model.safetensors")) == [KILLED]
    assert found() == [".step-0000002.tmp"]
    assert finish(start(SCRIPT, "killed_in_a_file", config, "optimizer.safetensors")) == [KILLED]
    assert finish(start(SCRIPT, "killed_before_renaming", config)) == [KILLED]
    assert found() == [".step-0000002.tmp"]

    running = start(SCRIPT, "stopped", config, 5, mark)
    _wait_for(mark, running)
    running[0].kill()
    assert finish(running) == [KILLED]
    assert found() == ["step-0000002", "step-0000004"]
    assert log_of(out)[-1]["step"] == 5

    assert finish(start(SCRIPT, "killed_while_pruning", config)) == [KILLED]
    assert found() == [".step-0000002.tmp", "step-0000004", "step-0000006"]
    assert finish(start(SCRIPT, "straight", config)) == [0]

    assert log_of(out) == log_of(straight)
    assert files_of(out) == files_of(straight)
    assert found() == ["step-0000006", "step-0000008"]
    for name in found():
        assert (out / name / "state.json").read_bytes() == (straight / name / "state.json").read_bytes()


def test_the_straight_run_is_worth_comparing_with(straight):
    losses = [line["loss"] for line in log_of(straight) if "loss" in line]
    assert len(losses) == STEPS
    assert max(losses) - min(losses) > 0.2
    assert [line["step"] for line in log_of(straight) if "evaluation" in line] == [3, 6, 8]
    assert len(files_of(straight)) == 4


def _wait_for(mark, running):
    until = time.monotonic() + 60
    while not mark.exists():
        assert time.monotonic() < until
        assert all(process.exitcode is None for process in running)
        time.sleep(0.02)
