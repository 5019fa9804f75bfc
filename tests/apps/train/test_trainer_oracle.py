"""The loop's losses and gradients, held against those of ``transformers.Trainer`` and of one large batch."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from spatialgeom.apps.train.checkpoint import RunState
from spatialgeom.apps.train.config import (
    CheckpointConfig,
    DataConfig,
    ImageOptions,
    LoraOptions,
    ModelConfig,
    OptimizerConfig,
    TrainConfig,
)
from spatialgeom.apps.train.inputs import load_inputs
from spatialgeom.apps.train.loop import Loop
from spatialgeom.apps.train.loss import ModelWithLoss
from spatialgeom.apps.train.meter import Cost, Meter
from spatialgeom.apps.train.report import Report
from spatialgeom.apps.train.run import make_accelerator, make_model, train
from spatialgeom.apps.train.testing.questions import write_questions

STEPS, BATCH = 6, 8


@pytest.fixture(scope="module")
def questions(tmp_path_factory):
    return write_questions(tmp_path_factory.mktemp("questions"), STEPS * BATCH)


def configuration(model, questions, out, **data):
    return TrainConfig(
        out=str(out),
        model=ModelConfig(path=str(model), dtype="float32"),
        images=ImageOptions(max_tiles=2),
        lora=LoraOptions(rank=8),
        data=DataConfig(
            sources=[str(questions)],
            batch=BATCH,
            **{"max_length": 300, "micro_batch_tokens": 600, "workers": 0, **data},
        ),
        optimizer=OptimizerConfig(lr=3e-2, warmup=0.2, weight_decay=0.01),
        checkpoint=CheckpointConfig(every=1000),
        tracker="none",
        quiet=True,
    )


def losses_of(out):
    lines = [json.loads(line) for line in (Path(out) / "log.jsonl").read_text().splitlines()]
    return [line["loss"] for line in lines if "loss" in line]


def trainer_losses(config, micro_batches):
    from transformers import Trainer, TrainingArguments

    class InOrder(Trainer):
        def _get_train_sampler(self, *_):
            return torch.utils.data.SequentialSampler(self.train_dataset)

    inputs = load_inputs(config, tells=False)
    model = make_model(config, inputs.family, torch.device("cpu"), None)
    per_step = len(micro_batches) // STEPS
    arguments = TrainingArguments(
        output_dir=config.out,
        per_device_train_batch_size=1,  # an item is a whole micro-batch
        gradient_accumulation_steps=per_step,
        num_train_epochs=1,
        learning_rate=config.optimizer.lr,
        lr_scheduler_type="cosine",
        warmup_steps=config.optimizer.warmup,
        weight_decay=config.optimizer.weight_decay,
        max_grad_norm=config.optimizer.max_grad_norm,
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="no",
        report_to=[],
        remove_unused_columns=False,
        disable_tqdm=True,
        use_cpu=True,
        dataloader_pin_memory=False,
    )
    trainer = InOrder(
        model=model,
        args=arguments,
        train_dataset=[{**batch.inputs, "labels": batch.labels} for batch in micro_batches],
        data_collator=lambda items: items[0],
    )
    trainer.train()
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


@pytest.mark.slow
def test_every_step_has_the_loss_of_transformers_trainer(tiny_internvl, questions, tmp_path):
    config = configuration(tiny_internvl, questions, tmp_path / "run")
    train(config)
    own = losses_of(config.out)
    micro_batches = list(load_inputs(config, tells=False).batches(0, 1, start=0))
    assert len(micro_batches) % STEPS == 0
    assert len(micro_batches) > STEPS
    expected = trainer_losses(config, micro_batches)
    assert len(own) == STEPS
    assert max(own) - min(own) > 0.2  # something was learnt, so that later losses tell of earlier updates
    assert own == pytest.approx(expected, abs=1e-5)


class Recorder(torch.optim.SGD):
    """Keeps the gradients that a step would have been made with."""

    def step(self, closure=None):
        self.seen = [value.grad.clone() for group in self.param_groups for value in group["params"]]


def first_gradients(config):
    accelerator = make_accelerator(config)
    inputs = load_inputs(config, tells=False)
    vlm = make_model(config, inputs.family, accelerator.device, None)
    # new adapters are zero on one side, where half of the gradients would vanish
    generator = torch.Generator().manual_seed(0)
    for value in vlm.parameters():
        if value.requires_grad:
            value.data = 0.1 * torch.randn(value.shape, generator=generator)
    trained = [value for value in vlm.parameters() if value.requires_grad]
    model, optimizer = accelerator.prepare(ModelWithLoss(vlm), Recorder(trained, lr=0.0))
    batches = [batch for batch in inputs.batches(0, 1, start=0) if batch.step == 0]
    loop = Loop(
        accelerator=accelerator,
        model=model,
        vlm=vlm,
        optimizer=optimizer,
        config=config,
        sizes=[BATCH],
        state=RunState(0, ""),
        report=Report(accelerator, Path(config.out), steps=1, done=0, quiet=True),
        meter=Meter(Cost.of(vlm, inputs.family.parts.vision), accelerator.device, 1),
    )
    Path(config.out).mkdir(parents=True, exist_ok=True)
    loop.run(batches)
    return len(batches), optimizer.optimizer.seen


def test_accumulation_does_not_change_the_gradient_at_unequal_answer_lengths(
    tiny_internvl, questions, tmp_path
):
    found = {}
    for budget in (150, 300, 1200):
        config = configuration(
            tiny_internvl, questions, tmp_path / str(budget), max_length=150, micro_batch_tokens=budget
        )
        config = replace(config, optimizer=replace(config.optimizer, max_grad_norm=0.0))
        count, gradients = first_gradients(config)
        found[count] = gradients
    counts = sorted(found)
    assert counts[0] == 1
    assert counts[2] >= 2 * counts[1] >= 4
    largest = max(value.abs().max() for value in found[counts[0]])
    for count in counts[1:]:
        for one, other in zip(found[counts[0]], found[count], strict=True):
            torch.testing.assert_close(one, other, rtol=0, atol=float(largest) * 1e-5)
