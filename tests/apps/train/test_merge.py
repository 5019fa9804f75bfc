"""Merged checkpoints: what base and adapter say together, in the layout and with the files of the base."""

import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForImageTextToText, AutoTokenizer

from spatialgeom.apps.cli import main
from spatialgeom.apps.errors import InputError
from spatialgeom.apps.train.checkpoint import RunState, save
from spatialgeom.apps.train.config import (
    DataConfig,
    ImageOptions,
    LoraOptions,
    ModelConfig,
    OptimizerConfig,
    TrainConfig,
)
from spatialgeom.apps.train.families import load_family
from spatialgeom.apps.train.inputs import load_inputs
from spatialgeom.apps.train.loop import adamw
from spatialgeom.apps.train.merge import choose_checkpoint, merge
from spatialgeom.apps.train.run import make_model
from spatialgeom.apps.train.testing.questions import write_questions

FAMILIES = ("internvl", "qwen2_5", "qwen3", "llava")


@pytest.fixture(scope="module")
def questions(tmp_path_factory):
    return write_questions(tmp_path_factory.mktemp("questions"), 4)


def trained(folder, questions, run):
    """Return a run whose adapters are random on both sides, its checkpoint, and what its model says."""
    config = TrainConfig(
        out=str(run),
        model=ModelConfig(path=str(folder), dtype="float32"),
        images=ImageOptions(max_tiles=2),
        lora=LoraOptions(rank=4),
        data=DataConfig(sources=[str(questions)], max_length=400, micro_batch_tokens=2000, workers=0),
        quiet=True,
    )
    inputs = load_inputs(config, tells=False)
    batch = next(iter(inputs.batches(0, 1, start=0)))
    vlm = make_model(config, inputs.family, torch.device("cpu"))
    generator = torch.Generator().manual_seed(1)
    for value in vlm.parameters():
        if value.requires_grad:
            value.data = 0.1 * torch.randn(value.shape, generator=generator)
    optimizer = adamw(vlm, OptimizerConfig())
    checkpoint = save(run, vlm, optimizer, RunState(3, "", 2.0), writes=True)
    with torch.no_grad():
        logits = vlm.eval()(**batch.inputs).logits
        with vlm.disable_adapter():
            assert float((vlm(**batch.inputs).logits - logits).abs().max()) > 0.1

    def save_again(step, loss):
        return save(run, vlm, optimizer, RunState(step, "", loss), writes=True)

    return SimpleNamespace(
        base=folder, run=run, checkpoint=checkpoint, inputs=batch.inputs, logits=logits, save=save_again
    )


@pytest.fixture(scope="module", params=FAMILIES)
def run(request, questions, tmp_path_factory):
    folder = request.getfixturevalue(f"tiny_{request.param}")
    return trained(folder, questions, tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def merged(run, tmp_path_factory):
    return merge(run.checkpoint, tmp_path_factory.mktemp("merged") / "model", dtype="float32")


@pytest.fixture
def internvl(tiny_internvl, questions, tmp_path):
    return trained(tiny_internvl, questions, tmp_path / "run")


def shapes(folder):
    with safe_open(folder / "model.safetensors", "pt") as file:
        return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118


def test_a_merged_checkpoint_says_what_base_and_adapter_say(run, merged):
    model = AutoModelForImageTextToText.from_pretrained(merged).eval()
    with torch.no_grad():
        logits = model(**run.inputs).logits
    # rounding of the update's product, and of one product where there were two
    torch.testing.assert_close(logits, run.logits, rtol=0, atol=2e-5 * float(run.logits.abs().max()))


def test_weights_have_the_names_and_shapes_of_the_base(run, merged):
    assert shapes(merged) == shapes(run.base)
    before, after = (load_file(folder / "model.safetensors") for folder in (run.base, merged))
    changed = {name for name, value in before.items() if not torch.equal(value, after[name])}
    assert len(changed) == 14
    assert all(".layers." in name and name.endswith("_proj.weight") for name in changed)
    assert not any(word in name for name in changed for word in ("vision", "visual"))


def test_the_configuration_is_that_of_the_base(run, merged):
    before, after = (json.loads((folder / "config.json").read_text()) for folder in (run.base, merged))
    assert after["architectures"] == before["architectures"]
    assert after == before


def test_every_other_file_is_taken_over_byte_for_byte(run, merged):
    own = {"config.json", "generation_config.json", "model.safetensors"}
    names = {file.name for file in run.base.iterdir()} - own
    assert {"tokenizer.json", "tokenizer_config.json", "chat_template.jinja"} < names
    assert "preprocessor_config.json" in names
    assert {file.name for file in merged.iterdir()} - own == names
    for name in names:
        assert (merged / name).read_bytes() == (run.base / name).read_bytes()


def test_a_merged_checkpoint_can_be_trained_again(run, merged):
    assert load_family(merged).name == load_family(run.base).name
    assert AutoTokenizer.from_pretrained(merged).chat_template


def test_bfloat16_is_rounded_once(internvl, tmp_path):
    exact = load_file(merge(internvl.checkpoint, tmp_path / "f32", dtype="float32") / "model.safetensors")
    out = merge(internvl.checkpoint, tmp_path / "bf16")
    rounded = load_file(out / "model.safetensors")
    assert json.loads((out / "config.json").read_text())["dtype"] == "bfloat16"
    assert set(exact) == set(rounded)
    for name, value in exact.items():
        assert torch.equal(rounded[name], value.bfloat16())


def test_the_best_checkpoint_of_a_run_is_chosen_else_the_last(internvl):
    fourth = internvl.save(4, None)
    assert choose_checkpoint(internvl.run) == internvl.checkpoint
    fifth = internvl.save(5, 1.5)
    sixth = internvl.save(6, 1.75)
    assert choose_checkpoint(internvl.run) == fifth
    assert choose_checkpoint(fourth) == fourth
    for folder in (internvl.checkpoint, fifth, sixth):
        shutil.rmtree(folder)
    internvl.save(2, None)
    assert choose_checkpoint(internvl.run) == fourth


def test_a_folder_that_is_there_is_left_alone(internvl, tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(InputError, match="must be a new folder, but is there already"):
        merge(internvl.checkpoint, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_a_merge_that_breaks_off_leaves_no_folder_and_the_next_one_succeeds(internvl, tmp_path, monkeypatch):
    def killed(source, target):
        raise KeyboardInterrupt

    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", killed)
        with pytest.raises(KeyboardInterrupt):
            merge(internvl.checkpoint, out)
    assert {path.name for path in tmp_path.iterdir()} == {"run"}
    (tmp_path / ".out.tmp").mkdir()
    (tmp_path / ".out.tmp" / "left over").touch()  # as by a merge that was killed
    merge(internvl.checkpoint, out)
    assert not (tmp_path / ".out.tmp").exists()
    assert not (out / "left over").exists()
    assert shapes(out) == shapes(internvl.base)


def test_a_parent_folder_is_made(internvl, tmp_path):
    assert merge(internvl.checkpoint, tmp_path / "a" / "b").is_dir()


def told(capsys, *arguments):
    code = main(["train", "merge", *map(str, arguments)])
    said = capsys.readouterr()
    lines = [line for line in said.err.splitlines() if line.startswith("spatialgeom:")]
    return code, lines, said.out


def test_the_command_merges_and_says_what(internvl, tmp_path, capsys):
    code, lines, out = told(capsys, internvl.run, "--out", tmp_path / "merged")
    assert (code, lines) == (0, [])
    assert out == f"step-0000003 merged into its base -> {tmp_path / 'merged'}\n"


def damage_adapter(run):
    (run.checkpoint / "adapter_model.safetensors").write_bytes(b"none")


def lose_part_of_adapter(run):
    path = run.checkpoint / "adapter_model.safetensors"
    tensors = load_file(path)
    del tensors[min(tensors)]
    save_file(tensors, path)


def forget_base(run):
    path = run.checkpoint / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"base_model_name_or_path": None}))


def break_config(run):
    (run.checkpoint / "adapter_config.json").write_text("{")


def leave(run):
    pass


@pytest.mark.parametrize(
    ("damage", "options", "code", "said"),
    [
        (damage_adapter, [], 1, "adapter_model.safetensors must be a file of tensors, but "),
        (lose_part_of_adapter, [], 1, "must hold the adapters of this model and no others"),
        (forget_base, [], 1, "must name the adapter's base, but has None; name it with --model"),
        (break_config, [], 1, "must name the adapter's base, but .*; name it with --model"),
        (break_config, ["--model", "BASE"], 1, "the adapter .* must fit its base, but "),
        (leave, ["--model", "/gone/away"], 1, "the model /gone/away must be a checkpoint that transformers"),
        (leave, ["--dtype", "int8"], 2, "--dtype.*'?int8'?.*bfloat16"),
        (leave, ["--model", "DEEPER"], 1, "must hold the adapters of this model and no others"),
    ],
)
def test_faults_are_one_sentence_and_leave_nothing(
    internvl, deeper, tmp_path, capsys, damage, options, code, said
):
    damage(internvl)
    folders = {"DEEPER": str(deeper), "BASE": str(internvl.base)}
    options = [folders.get(option, option) for option in options]
    found, lines, _ = told(capsys, internvl.run, "--out", tmp_path / "merged", *options)
    assert (found, len(lines)) == (code, 1)
    assert re.search(said, lines[0])
    assert {path.name for path in tmp_path.iterdir()} == {"run"}


@pytest.fixture(scope="module")
def deeper(tiny_internvl, tmp_path_factory):
    """A model with a layer more."""
    config = AutoConfig.from_pretrained(tiny_internvl)
    config.text_config.num_hidden_layers = 3
    config.text_config.layer_types = ["full_attention"] * 3
    folder = tmp_path_factory.mktemp("deeper")
    AutoModelForImageTextToText.from_config(config).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("make", [lambda path: None, Path.mkdir, Path.touch])
def test_a_run_without_a_checkpoint_is_refused(tmp_path, make):
    make(tmp_path / "run")
    with pytest.raises(InputError, match="must be a checkpoint or a run with one, but holds none"):
        choose_checkpoint(tmp_path / "run")
