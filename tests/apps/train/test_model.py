"""What is trained and what is frozen, and the loss of the two, for every family."""

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from torch import nn
from transformers.quantizers.quantizers_utils import should_convert_module

from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.train.config import (
    DataConfig,
    ImageOptions,
    LoraOptions,
    ModelConfig,
    OptimizerConfig,
    TrainConfig,
)
from spatialgeom.apps.train.data.batch import IGNORED
from spatialgeom.apps.train.inputs import image_budget, load_inputs
from spatialgeom.apps.train.loop import adamw
from spatialgeom.apps.train.loss import ModelWithLoss
from spatialgeom.apps.train.model import (
    KEPT_WHOLE,
    TARGETS,
    add_adapters,
    check_trainable,
    load_model,
    without_notices,
)
from spatialgeom.apps.train.run import make_model
from spatialgeom.apps.train.testing.questions import write_questions

FAMILIES = ("internvl", "qwen2_5", "qwen3", "llava")
CPU = torch.device("cpu")
SITES = [f"self_attn.{x}_proj" for x in "qkvo"] + [f"mlp.{x}_proj" for x in ("gate", "up", "down")]


@pytest.fixture(scope="module")
def questions(tmp_path_factory):
    return write_questions(tmp_path_factory.mktemp("questions"), 6)


def configuration(model, questions, out, *, checkpointing=False):
    return TrainConfig(
        out=str(out),
        model=ModelConfig(path=str(model), dtype="float32", gradient_checkpointing=checkpointing),
        images=ImageOptions(max_tiles=2),
        lora=LoraOptions(rank=4),
        data=DataConfig(
            sources=[str(questions)], batch=3, max_length=400, micro_batch_tokens=1200, workers=0
        ),
        tracker="none",
        quiet=True,
    )


@pytest.fixture(scope="module", params=FAMILIES)
def tiny(request, questions, tmp_path_factory):
    folder = request.getfixturevalue(f"tiny_{request.param}")
    config = configuration(folder, questions, tmp_path_factory.mktemp("run"))
    inputs = load_inputs(config, tells=False)
    batch = next(iter(inputs.batches(0, 1, start=0)))
    return SimpleNamespace(folder=folder, config=config, family=inputs.family, batch=batch)


def trainable(tiny, **model):
    """Return the model with adapters, both sides of which are random: new ones do nothing."""
    config = replace(tiny.config, model=replace(tiny.config.model, **model))
    vlm = make_model(config, tiny.family, CPU)
    generator = torch.Generator().manual_seed(1)
    for value in vlm.parameters():
        if value.requires_grad:
            value.data = 0.1 * torch.randn(value.shape, generator=generator)
    return vlm


def gradients(vlm):
    return {name: value.grad for name, value in vlm.named_parameters() if value.grad is not None}


def test_adapters_of_every_linear_layer_of_the_llm_are_trained_and_nothing_else(tiny):
    vlm = make_model(tiny.config, tiny.family, CPU)
    names = {name for name, value in vlm.named_parameters() if value.requires_grad}
    assert names == {
        f"base_model.model.model.language_model.layers.{layer}.{site}.lora_{side}.default.weight"
        for layer in range(2)
        for site in SITES
        for side in "AB"
    }
    assert {value.dtype for value in vlm.parameters() if value.requires_grad} == {torch.float32}


def test_tower_and_projector_stay_in_evaluation_mode_and_out_of_the_graph(tiny):
    model = ModelWithLoss(trainable(tiny)).train()
    inner = model.vlm.get_base_model().model
    frozen = [inner.get_submodule(name) for name in tiny.family.parts.vision]
    assert inner.language_model.training
    assert not any(part.training for module in frozen for part in module.modules())
    images = {
        name: value
        for name, value in tiny.batch.inputs.items()
        if name not in ("input_ids", "attention_mask", "mm_token_type_ids")
    }
    graphs = []
    for module in frozen:
        module.register_forward_hook(lambda *_: graphs.append(torch.is_grad_enabled()))
    seen = inner.get_image_features(**images, return_dict=True).pooler_output
    seen = seen if isinstance(seen, list | tuple) else [seen]
    assert not any(part.requires_grad for part in seen)
    model(tiny.batch.inputs, tiny.batch.labels)
    assert torch.is_grad_enabled()
    assert len(graphs) >= 2
    assert not any(graphs)


def test_steps_change_adapters_alone(tiny):
    model = ModelWithLoss(trainable(tiny)).train()
    before = {name: value.detach().clone() for name, value in model.named_parameters()}
    optimizer = adamw(model, OptimizerConfig(lr=1e-2, weight_decay=0.1))
    for _ in range(2):
        model(tiny.batch.inputs, tiny.batch.labels).nll.sum().backward()
        optimizer.step()
        optimizer.zero_grad()
    changed = {name for name, value in model.named_parameters() if not torch.equal(value, before[name])}
    assert changed == {name for name in before if ".lora_" in name}
    assert len(changed) == 2 * 2 * len(SITES)


@pytest.mark.parametrize("checkpointing", [False, True])
def test_loss_and_gradients_are_those_of_the_plain_model(tiny, checkpointing):
    batch, own = tiny.batch, trainable(tiny, gradient_checkpointing=checkpointing)
    found = ModelWithLoss(own).train()(batch.inputs, batch.labels)
    found.nll.sum().backward()

    # the plain model, loaded as anyone would, with no part of it changed but for the adapters
    plain = add_adapters(load_model(tiny.config.model, CPU), tiny.config.lora).train()
    tiny.family.configure(plain.get_base_model().config, image_budget(tiny.config))
    plain.load_state_dict(own.state_dict())
    wanted = plain(**batch.inputs, labels=batch.labels)
    count = int((batch.labels[:, 1:] != IGNORED).sum())
    assert count == len(found.nll) > 10
    (wanted.loss * count).backward()

    torch.testing.assert_close(found.nll.mean(), wanted.loss, rtol=1e-5, atol=0)
    following = batch.labels[:, 1:]
    likeliest = wanted.logits[:, :-1].argmax(-1)
    assert torch.equal(found.exact, (likeliest == following)[following != IGNORED])
    assert found.rows.tolist() == torch.nonzero(following != IGNORED)[:, 0].tolist()
    mine, theirs = gradients(own), gradients(plain)
    assert set(mine) == set(theirs)
    largest = max(float(value.abs().max()) for value in theirs.values())
    for name, value in theirs.items():
        torch.testing.assert_close(mine[name], value, rtol=0, atol=largest * 1e-5)


def test_logits_are_computed_where_a_label_is_predicted_and_nowhere_else(tiny):
    vlm = trainable(tiny)
    seen = []
    vlm.get_base_model().lm_head.register_forward_hook(lambda _, given, __: seen.append(given[0].shape))
    ModelWithLoss(vlm)(tiny.batch.inputs, tiny.batch.labels)
    assert seen == [(int((tiny.batch.labels != IGNORED).sum()), 64)]


def test_checkpointing_runs_the_llm_again_and_not_the_tower(tiny):
    def calls(checkpointing):
        vlm = trainable(tiny, gradient_checkpointing=checkpointing)
        inner, counts = vlm.get_base_model().model, {"llm": 0, "tower": 0}

        def count(name):
            return lambda *_: counts.update({name: counts[name] + 1})

        # before they run: the second time ends as soon as everything that is missing is there
        inner.language_model.layers[0].mlp.register_forward_pre_hook(count("llm"))
        tower = inner.get_submodule(tiny.family.parts.vision[0])
        next(m for m in tower.modules() if isinstance(m, nn.Linear)).register_forward_pre_hook(count("tower"))
        ModelWithLoss(vlm).train()(tiny.batch.inputs, tiny.batch.labels).nll.sum().backward()
        return counts

    plain, saving = calls(False), calls(True)
    assert (plain["llm"], saving["llm"]) == (1, 2)
    assert plain["tower"] == saving["tower"] > 0


@pytest.mark.parametrize("suffixes", [["q_proj"], ["fc1"], ["linear_1"], ["lm_head"]])
def test_adapters_outside_the_llm_are_refused(tiny_llava, suffixes):
    model = load_model(ModelConfig(path=str(tiny_llava)), CPU)
    with without_notices():
        adapted = get_peft_model(model, LoraConfig(r=2, target_modules=suffixes))
    with pytest.raises(InputError, match=r"only adapters .* must be trained, but .* would be") as caught:
        check_trainable(adapted)
    assert "\n" not in str(caught.value)


def test_a_frozen_model_and_a_whole_one_are_refused(tiny_internvl):
    model = load_model(ModelConfig(path=str(tiny_internvl), dtype="float32"), CPU)
    with pytest.raises(InputError, match="nothing would be"):
        check_trainable(model)
    adapted = add_adapters(model, LoraOptions(rank=2))
    check_trainable(adapted)
    for name, value in adapted.named_parameters():
        if name.endswith("layers.1.mlp.up_proj.base_layer.weight"):
            value.requires_grad_(True)
    with pytest.raises(InputError, match=r"up_proj\.base_layer\.weight would be"):
        check_trainable(adapted)


def test_a_model_without_a_known_llm_is_refused():
    with pytest.raises(InputError, match="must have a language_model with linear layers"):
        add_adapters(nn.Sequential(nn.Linear(2, 2)), LoraOptions())


def copied(folder, target):
    target.mkdir()
    for file in folder.iterdir():
        (target / file.name).write_bytes(file.read_bytes())
    return target


def test_a_checkpoint_that_lacks_weights_is_refused(tiny_internvl, tmp_path):
    folder = copied(tiny_internvl, tmp_path / "model")
    weights = load_file(folder / "model.safetensors")
    lost = next(name for name in weights if "lm_head" in name)
    del weights[lost]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match=r"must hold the weights .* lacks 1 .*\(lm_head"):
        load_model(ModelConfig(path=str(folder), dtype="float32"), CPU)


@pytest.mark.parametrize("content", [None, b"", b"these are no tensors"])
def test_a_checkpoint_with_damaged_weights_is_refused(tiny_internvl, tmp_path, content):
    folder = copied(tiny_internvl, tmp_path / "model")
    (folder / "model.safetensors").unlink()
    if content is not None:
        (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(InputError, match="must be a checkpoint that transformers loads, but") as caught:
        load_model(ModelConfig(path=str(folder)), CPU)
    assert "\n" not in str(caught.value)


def test_weights_of_another_shape_are_refused(tiny_internvl, tmp_path):
    folder = copied(tiny_internvl, tmp_path / "model")
    text = (folder / "config.json").read_text()
    (folder / "config.json").write_text(re.sub(r'"intermediate_size": 96', '"intermediate_size": 80', text))
    with pytest.raises(InputError, match=r"lacks 6 .*\(model\.language_model\.layers"):
        load_model(ModelConfig(path=str(folder)), CPU)


def test_packages_that_are_not_installed_are_named(tiny_internvl, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    path = str(tiny_internvl)
    with pytest.raises(UsageError, match="4bit needs the package bitsandbytes; install it, or"):
        load_model(ModelConfig(path=path, quantization="4bit"), CPU)
    with pytest.raises(UsageError, match="flash_attention_2 needs the package flash-attn; install it, or"):
        load_model(ModelConfig(path=path, attention="flash_attention_2"), CPU)


def test_four_bits_hold_exactly_the_layers_that_have_adapters(tiny):
    model = load_model(ModelConfig(path=str(tiny.folder)), CPU)
    linear = {name for name, module in model.named_modules() if isinstance(module, nn.Linear)}
    halved = {name for name in linear if should_convert_module(name, list(KEPT_WHOLE))}
    assert halved == {name for name in linear if re.fullmatch(TARGETS, name)}
    assert len(halved) == 2 * len(SITES) < len(linear)


def test_weights_have_the_type_that_is_asked_for_and_sdpa_is_the_default(tiny_internvl):
    model = load_model(ModelConfig(path=str(tiny_internvl)), CPU)
    assert {value.dtype for value in model.parameters()} == {torch.bfloat16}
    assert not any(value.requires_grad for value in model.parameters())
    assert model.config._attn_implementation == "sdpa"
