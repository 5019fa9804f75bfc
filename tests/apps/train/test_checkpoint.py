"""Checkpoints are whole or not there; what cannot be gone on with is said in one sentence."""

import json
import os
import resource
import shutil
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from spatialgeom.apps.cli import main
from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.train import loss as loss_module
from spatialgeom.apps.train.checkpoint import (
    RunState,
    best_checkpoint,
    checkpoints,
    load_adapter,
    load_optimizer,
    prune,
    read_state,
    save,
)
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
from spatialgeom.apps.train.folder import claim
from spatialgeom.apps.train.loop import Loop, adamw
from spatialgeom.apps.train.model import add_adapters, load_model
from spatialgeom.apps.train.run import train
from spatialgeom.apps.train.testing.questions import write_questions

FILES = ("adapter_config.json", "adapter_model.safetensors", "optimizer.safetensors", "state.json")
STATE = RunState(4, "own", loss=1.5, dropped={"too long": 3}, seen=24, processes=2)


@pytest.fixture(scope="module")
def trained(tiny_internvl):
    """A model and its optimizer after a step of random gradients."""
    return adapted(tiny_internvl, rank=4, steps=1)


def adapted(folder, *, rank, steps):
    base = load_model(ModelConfig(path=str(folder), dtype="float32"), torch.device("cpu"))
    model = add_adapters(base, LoraOptions(rank=rank))
    optimizer = adamw(model, OptimizerConfig(lr=0.1))
    draws = torch.Generator().manual_seed(rank)
    for _ in range(steps):
        for value in (value for value in model.parameters() if value.requires_grad):
            value.grad = torch.randn(value.shape, generator=draws)
        optimizer.step()
    return model, optimizer


def trained_values(model):
    return {name: value.detach() for name, value in model.named_parameters() if value.requires_grad}


def test_a_checkpoint_is_read_back_as_it_was(trained, tiny_internvl, tmp_path):
    folder = save(tmp_path, *trained, STATE, writes=True)
    assert sorted(path.name for path in tmp_path.rglob("*")) == sorted((*FILES, "step-0000004"))
    assert checkpoints(tmp_path) == [folder]
    assert read_state(folder) == STATE

    model, optimizer = adapted(tiny_internvl, rank=4, steps=0)
    load_adapter(folder, model)
    load_optimizer(folder, model, optimizer)
    expected = trained_values(trained[0])
    assert all(torch.equal(value, expected[name]) for name, value in trained_values(model).items())
    told = zip(optimizer.state_dict()["state"].items(), trained[1].state_dict()["state"].items(), strict=True)
    for (number, mine), (other, its) in told:
        assert number == other
        assert all(torch.equal(mine[name], its[name]) for name in ("step", "exp_avg", "exp_avg_sq"))


def test_only_adapters_are_in_it_and_all_may_read_what_the_umask_allows(trained, tmp_path):
    before = os.umask(0o027)
    try:
        folder = save(tmp_path, *trained, STATE, writes=True)
    finally:
        os.umask(before)
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in folder.iterdir()} == dict.fromkeys(
        FILES, "0o640"
    )
    names = load_file(folder / "adapter_model.safetensors")
    assert len(names) == 28
    assert all(".lora_" in name and ".language_model." in name for name in names)


def test_a_process_that_does_not_write_leaves_no_trace(trained, tmp_path):
    save(tmp_path, *trained, STATE, writes=False)
    assert list(tmp_path.iterdir()) == []


@contextmanager
def largest_file(size):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("name", FILES)
def test_a_full_disk_is_said_and_leaves_what_was_there(trained, tmp_path, name):
    whole = save(tmp_path, *trained, replace(STATE, step=2), writes=True)
    # the state is as large as is needed for it to be the file that does not fit
    state = replace(STATE, dropped={"x" * 10**6: 1}) if name == "state.json" else STATE
    size = 10**6 if name == "state.json" else (whole / name).stat().st_size
    bytes_before = {path.name: path.read_bytes() for path in whole.iterdir()}
    with largest_file(size - 1), pytest.raises(InputError) as fault:
        save(tmp_path, *trained, state, writes=True)
    assert str(fault.value) == (
        f"{tmp_path}/step-0000004 must have room for a checkpoint, but the disk is full; "
        "make room and give the same command"
    )
    assert list(tmp_path.iterdir()) == [whole]
    assert {path.name: path.read_bytes() for path in whole.iterdir()} == bytes_before
    save(tmp_path, *trained, STATE, writes=True)
    assert len(checkpoints(tmp_path)) == 2


def test_another_fault_of_the_disk_is_not_called_a_full_one(trained, tmp_path):
    (tmp_path / "run").write_text("a file")
    with pytest.raises(NotADirectoryError):
        save(tmp_path / "run", *trained, STATE, writes=True)


@pytest.mark.parametrize(
    "text", ["", '{"step": 4', "[]", '{"step": 4}', '{"step": 4, "fingerprint": "a", "z": 1}']
)
def test_a_damaged_state_is_named(tmp_path, text):
    (tmp_path / "state.json").write_text(text)
    with pytest.raises(
        InputError, match=r"state\.json must be a checkpoint's state, but .*; remove its folder"
    ):
        read_state(tmp_path)


def half(path):
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize("damage", [half, os.unlink, lambda path: os.truncate(path, 0)])
def test_damaged_tensors_are_named(trained, tmp_path, damage):
    folder = save(tmp_path, *trained, STATE, writes=True)
    damage(folder / "adapter_model.safetensors")
    damage(folder / "optimizer.safetensors")
    with pytest.raises(InputError, match=r"adapter_model\.safetensors must be a file of tensors, but"):
        load_adapter(folder, trained[0])
    with pytest.raises(InputError, match=r"optimizer\.safetensors must be a file of tensors, but"):
        load_optimizer(folder, *trained)


def test_another_models_checkpoint_is_refused(trained, tiny_internvl, tmp_path):
    folder = save(tmp_path, *trained, STATE, writes=True)
    other = adapted(tiny_internvl, rank=2, steps=0)
    foreign = "must hold the adapters of this model and no others; go on with the model it was made from"
    with pytest.raises(InputError, match=foreign):
        load_adapter(folder, other[0])
    with pytest.raises(InputError, match=foreign):
        load_optimizer(folder, *other)


@pytest.mark.parametrize(
    ("file", "load"),
    [("adapter_model", lambda folder, model, _: load_adapter(folder, model)), ("optimizer", load_optimizer)],
)
def test_a_checkpoint_that_lacks_a_layer_is_refused(trained, tmp_path, file, load):
    folder = save(tmp_path, *trained, STATE, writes=True)
    path = folder / f"{file}.safetensors"
    save_file({name: value for name, value in load_file(path).items() if ".layers.1." not in name}, path)
    with pytest.raises(InputError, match="must hold the adapters of this model"):
        load(folder, *trained)


def write_states(run, losses):
    for step, loss in losses.items():
        folder = run / f"step-{step:07d}"
        folder.mkdir()
        (folder / "state.json").write_text(json.dumps({"step": step, "fingerprint": "a", "loss": loss}))


@pytest.mark.parametrize(
    ("losses", "keep", "kept"),
    [
        ({2: 1.0, 4: None, 6: 2.0, 8: None}, 1, [2, 8]),  # the best one is older than the last ones
        ({2: 1.0, 4: None, 6: 0.5, 8: None}, 2, [6, 8]),  # it is among them
        ({2: None, 4: None, 6: None, 8: None}, 2, [6, 8]),  # nothing was evaluated
        ({2: 1.0, 4: 1.0, 6: 3.0, 8: 2.0}, 1, [2, 8]),  # of equal ones the first
        ({2: 1.0, 4: 0.5}, 2, [2, 4]),
        ({2: 1.0, 4: 0.5}, 9, [2, 4]),
        ({}, 1, []),
    ],
)
def test_the_last_ones_and_the_best_are_kept(tmp_path, losses, keep, kept):
    write_states(tmp_path, losses)
    (tmp_path / ".step-0000003.tmp").mkdir()
    (tmp_path / ".step-0000003.tmp" / "optimizer.safetensors").touch()
    prune(tmp_path, keep)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"step-{step:07d}" for step in kept]


def test_no_checkpoint_is_the_best_where_none_was_evaluated(tmp_path):
    assert best_checkpoint(tmp_path) is None
    write_states(tmp_path, {2: None, 4: 0.75, 6: None})
    assert best_checkpoint(tmp_path) == tmp_path / "step-0000004"


IDENTITY = {"seed": 0, "data": {"batch": 8, "sources": [{"name": "q"}]}}


def test_a_folder_belongs_to_one_run(tmp_path):
    out = tmp_path / "run"
    begun = claim(out, IDENTITY, {"versions": {}}, writes=True)
    assert (begun.step, begun.loss, begun.seen) == (0, None, 0)
    assert claim(out, IDENTITY, {}, writes=True) == begun
    (out / "step-0000002").mkdir()
    (out / "step-0000002" / "state.json").write_text(
        json.dumps({"step": 2, "fingerprint": begun.fingerprint})
    )
    assert claim(out, IDENTITY, {}, writes=False) == replace(begun, step=2)

    (out / "step-0000002" / "state.json").write_text(json.dumps({"step": 2, "fingerprint": "another"}))
    with pytest.raises(InputError, match="step-0000002 must be a checkpoint of this run, but is another's"):
        claim(out, IDENTITY, {}, writes=True)


def test_another_run_is_refused_and_told_what_differs(tmp_path):
    claim(tmp_path / "run", IDENTITY, {}, writes=True)
    write_states(tmp_path / "run", {2: None})
    other = {"seed": 1, "data": {"batch": 16, "sources": [{"name": "q"}]}}
    with pytest.raises(UsageError, match=r"differs in seed \(0, now 1\), data\.batch \(8, now 16\); choose"):
        claim(tmp_path / "run", other, {}, writes=True)


def test_only_what_a_run_leaves_before_it_began_may_be_in_a_new_folder(tmp_path):
    (tmp_path / "sources").mkdir()
    (tmp_path / ".run.json.tmp").write_text('{"ident')
    assert claim(tmp_path, IDENTITY, {}, writes=True).step == 0
    (tmp_path / "run.json").unlink()
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(UsageError, match="must be a new folder or a run's, but is neither"):
        claim(tmp_path, IDENTITY, {}, writes=True)


def test_a_damaged_note_of_a_run_is_named(tmp_path):
    (tmp_path / "run.json").write_text('{"identity": ')
    with pytest.raises(InputError, match=r"run\.json must be JSON, but"):
        claim(tmp_path, IDENTITY, {}, writes=True)


@pytest.fixture(scope="module")
def questions(tmp_path_factory):
    return write_questions(tmp_path_factory.mktemp("questions"), 24)


@pytest.fixture
def configuration(tiny_internvl, questions, tmp_path):
    return TrainConfig(
        out=str(tmp_path / "run"),
        model=ModelConfig(path=str(tiny_internvl), dtype="float32"),
        images=ImageOptions(max_tiles=2),
        lora=LoraOptions(rank=2),
        data=DataConfig(sources=[str(questions)], batch=6, max_length=300, micro_batch_tokens=600, workers=0),
        checkpoint=CheckpointConfig(every=2),
        tracker="none",
        quiet=True,
    )


def test_a_loss_is_kept_with_the_weights_that_it_is_of_alone(configuration, tmp_path):
    held_out = write_questions(tmp_path / "held_out", 4, seed=1)
    config = replace(
        configuration,
        evaluation=EvaluationConfig(sources=[str(held_out)], every=2),
        checkpoint=CheckpointConfig(every=1, keep=9),
    )
    ended = train(config)
    losses = {read_state(path).step: read_state(path).loss for path in checkpoints(tmp_path / "run")}
    assert [step for step, loss in losses.items() if loss is not None] == [2, 4]
    assert ended == read_state(checkpoints(tmp_path / "run")[-1])
    assert (ended.loss, ended.seen) == (losses[4], 24)


def test_a_finished_run_that_is_given_again_says_so(configuration, capsys):
    train(configuration)
    before = sorted(os.walk(configuration.out))
    again = [
        "train",
        "--out",
        configuration.out,
        "--model.path",
        configuration.model.path,
        "--tracker",
        "none",
    ]
    again += ["--model.dtype", "float32", "--images.max_tiles", "2", "--lora.rank", "2", "--data.batch", "6"]
    again += [
        "--data.max_length",
        "300",
        "--data.sources",
        json.dumps([entry.path for entry in configuration.data.sources]),
    ]
    assert main(again) == 0
    said = capsys.readouterr()
    assert f"{configuration.out} is done: 4 steps" in said.err
    assert "4 steps, 24 conversations" in said.out
    assert sorted(os.walk(configuration.out)) == before
    again[again.index("--lora.rank") + 1] = "4"
    assert main(again) == 2
    assert "holds another run, which differs in lora.rank (2, now 4)" in capsys.readouterr().err


@pytest.fixture
def damaged(questions, tmp_path):
    """Questions of which some show a picture that cannot be read."""
    folder = shutil.copytree(questions.parent, tmp_path / "damaged")
    (folder / "3.png").write_bytes(b"no picture")
    lines = (folder / questions.name).read_text().splitlines()
    lost = sum('"3.png"' in line for line in lines)
    assert 3 < lost < 12
    return folder / questions.name, lost


def test_too_many_dropped_conversations_stop_the_run_with_their_reasons(configuration, damaged):
    path, lost = damaged
    data = replace(configuration.data, sources=[str(path)], max_dropped=(lost - 1) / 24)
    with pytest.raises(InputError, match=rf"{lost} of \d+ were \(an image cannot be read: {lost}\); mend"):
        train(replace(configuration, data=data))


def test_as_many_as_are_allowed_do_not_and_are_told(configuration, damaged):
    path, lost = damaged
    data = replace(configuration.data, sources=[str(path)], max_dropped=lost / 24)
    config = replace(configuration, data=data)
    told = {"an image cannot be read": lost}
    assert train(config).dropped == told
    assert train(config).dropped == told
    shutil.rmtree(checkpoints(Path(config.out))[-1])
    assert train(config).dropped == told


def test_a_loss_that_is_not_finite_stops_the_run(configuration, monkeypatch):
    wanted = loss_module.functional.cross_entropy
    monkeypatch.setattr(loss_module.functional, "cross_entropy", lambda *a, **o: wanted(*a, **o) * torch.nan)
    with pytest.raises(
        InputError, match=r"the loss must be finite, but is nan in step 1; lower optimizer\.lr"
    ):
        train(configuration)


def test_a_gradient_that_is_not_finite_stops_the_run_before_it_spoils_the_weights(configuration, monkeypatch):
    updates = []
    monkeypatch.setattr(torch.optim.AdamW, "step", lambda *_: updates.append(1))
    through = Loop._forward_backward

    def overflowing(self, batch):
        sums = through(self, batch)
        if batch.step == 1:
            self.optimizer.param_groups[0]["params"][0].grad[0, 0] = torch.inf
        return sums

    monkeypatch.setattr(Loop, "_forward_backward", overflowing)
    with pytest.raises(InputError, match="the gradient's norm must be finite, but is inf in step 2"):
        train(configuration)
    assert len(updates) == 1


def test_a_batch_that_does_not_fit_is_said(configuration, monkeypatch):
    def forward(*_):
        raise torch.OutOfMemoryError("tried to allocate 80 GiB")

    monkeypatch.setattr(loss_module.ModelWithLoss, "forward", forward)
    sentence = r"must fit into the device's memory, but .* lower data\.micro_batch_tokens"
    with pytest.raises(InputError, match=sentence):
        train(configuration)
