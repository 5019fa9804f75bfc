"""The LoRA step, timed: ours, and as people write it with PEFT and a loop of their own."""

import gc
import json
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks._training_data import Pairs, Turns
from benchmarks._training_model import stir
from benchmarks.measure import peak_bytes, synchronise
from spatialgeom.apps.errors import InputError
from spatialgeom.apps.images import open_image
from spatialgeom.apps.marks import draw_marks
from spatialgeom.apps.train.config import TrainConfig
from spatialgeom.apps.train.data.batch import IGNORED, MicroBatch
from spatialgeom.apps.train.data.loader import Loader
from spatialgeom.apps.train.encoding import Encoded
from spatialgeom.apps.train.loop import Loop, adamw
from spatialgeom.apps.train.loss import ModelWithLoss
from spatialgeom.apps.train.meter import Cost, Meter
from spatialgeom.apps.train.model import TARGETS, save_memory
from spatialgeom.apps.train.report import LOG, Report

_TOO_LARGE = "a batch must fit into the device's memory"
Inputs = dict[str, Tensor]


@dataclass(frozen=True)
class Work:
    """What every step has to do, whoever does it.

    Args:
        config: Of our loop.
        family: How the model takes images.
        encoder: How conversations become tokens.
        pairs: What is learnt.
        turns: The steps.
        warm_up: How many of them are not timed.
        device: Where the model is.
    """

    config: TrainConfig
    family: Any
    encoder: Any
    pairs: Pairs
    turns: Turns
    warm_up: int
    device: torch.device

    def loader(self, steps: int, workers: int | None = None) -> Loader:
        """Return our loader of the first steps."""
        return Loader(
            [self.pairs],
            self.encoder,
            self.family,
            replace(self.turns, steps=steps),
            budget_tokens=self.config.data.micro_batch_tokens,
            workers=self.config.data.workers if workers is None else workers,
            dtype=getattr(torch, self.config.model.dtype),
        )

    def encoded(self, step: int) -> list[tuple[Any, Encoded]]:
        """Return a step's conversations with their tokens."""
        draws = self.turns.step(step)
        found = [self.pairs.conversation(draw.round, draw.index) for draw in draws]
        return [(each, self.encoder.encode(each)) for each in found]


@dataclass(frozen=True)
class Timed:
    """What a row's steps were like.

    Args:
        seconds: Of each timed step.
        losses: Of each step, those of the warm-up among them; nats per label token.
        wait: Share of each timed step that data were waited for.
        padding: Share of padding in all tokens.
        peak_bytes: How far memory rose above what was held before: the base model, and batches in memory. On
            a GPU as PyTorch allocates it, else resident in this process.
        note: Why there is nothing else.
    """

    seconds: tuple[float, ...] = ()
    losses: tuple[float, ...] = ()
    wait: tuple[float, ...] = ()
    padding: float = 0.0
    peak_bytes: int = 0
    note: str = ""


def measured(row: Callable[[], Timed], device: torch.device) -> Timed:
    """Return what a row measures, with its peak of memory; where that does not suffice, a note."""
    found: list[Timed] = []
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    try:
        peak = peak_bytes(lambda: found.append(row()), device.type)
    except torch.OutOfMemoryError as fault:
        return Timed(note=f"out of memory: {str(fault).splitlines()[0]}")
    except InputError as fault:
        if not str(fault).startswith(_TOO_LARGE):
            raise
        return Timed(note=f"out of memory: {fault}")
    return replace(found[0], peak_bytes=peak)


def held(work: Work) -> list[list[MicroBatch]]:
    """Return our micro-batches of each step that differs, in memory."""
    steps: list[list[MicroBatch]] = [[] for _ in range(work.turns.different)]
    for batch in work.loader(work.turns.different, workers=0):
        steps[batch.step].append(batch)
    return steps


def again(steps: list[list[MicroBatch]], count: int) -> Iterator[MicroBatch]:
    """Yield the micro-batches of so many steps, those that differ in turn."""
    for step in range(count):
        yield from (replace(batch, step=step) for batch in steps[step % len(steps)])


class _Unsaved(Loop):
    """The loop without a checkpoint at its end."""

    def _save(self, loss: float | None) -> None:
        del loss


def ours(base: Any, work: Work, batches: Iterable[MicroBatch]) -> Timed:
    """Time our loop.

    Args:
        base: The model without adapters; it has none afterwards either.
        work: The steps.
        batches: Their micro-batches.
    """
    from spatialgeom.apps.train.checkpoint import RunState
    from spatialgeom.apps.train.run import adapt, make_accelerator

    config, out = work.config, Path(work.config.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / LOG).unlink(missing_ok=True)
    accelerator = make_accelerator(config)
    vlm = adapt(base, config, work.family, None)
    stir(vlm)
    model, optimizer = accelerator.prepare(ModelWithLoss(vlm), adamw(vlm, config.optimizer))
    cost = Cost.of(vlm, work.family.parts.vision)
    loop = _Unsaved(
        accelerator=accelerator,
        model=model,
        vlm=vlm,
        optimizer=optimizer,
        config=config,
        sizes=[work.turns.batch] * work.turns.steps,
        state=RunState(0, ""),
        report=Report(accelerator, out, steps=work.turns.steps, done=0, quiet=True),
        meter=Meter(cost, work.device, 1),
    )
    try:
        loop.run(batches)
    finally:
        _leave(accelerator, vlm)
    told = [json.loads(line) for line in (out / LOG).read_text(encoding="utf-8").splitlines()]
    timed = told[work.warm_up :]
    return Timed(
        seconds=tuple(line["seconds"] for line in timed),
        losses=tuple(line["loss"] for line in told),
        wait=tuple(line["wait"] for line in timed),
        padding=sum(line["padding"] for line in timed) / len(timed),
    )


def _leave(accelerator: Any, vlm: Any) -> None:
    """Take adapters off the model that the next row takes, and forget the optimizer."""
    base = vlm.get_base_model()
    accelerator.free_memory()
    vlm.unload()
    base.model.__dict__.pop("get_image_features", None)
    for module in base.modules():
        module.__dict__.pop("train", None)


def plain(base: Any, work: Work, kept: list[list[Inputs]] | None = None) -> Timed:
    """Time what one writes without us: a conversation at a time, its images prepared in the main process.

    Args:
        base: The model without adapters; it has none afterwards either.
        work: The steps.
        kept: Inputs of each step that differs, already in memory.
    """
    config = work.config
    vlm = _plain_model(base, config)
    stir(vlm)
    trained = [parameter for parameter in vlm.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=config.optimizer.lr)
    seconds, losses, waits = [], [], []
    vlm.train()
    try:
        for step in range(work.turns.steps):
            batches = iter(kept[step % len(kept)]) if kept else plain_inputs(work, step)
            start = time.perf_counter()
            loss, waited = _plain_step(vlm, optimizer, trained, batches, work)
            synchronise(work.device.type)
            seconds.append(time.perf_counter() - start)
            losses.append(loss)
            waits.append(waited / seconds[-1])
    finally:
        vlm.unload()
    first = work.warm_up
    return Timed(tuple(seconds[first:]), tuple(losses), tuple(waits[first:]))


def _plain_model(base: Any, config: TrainConfig) -> Any:
    from peft import LoraConfig, get_peft_model

    lora = config.lora
    adapters = LoraConfig(r=lora.rank, lora_alpha=lora.alpha, lora_dropout=0.0, target_modules=TARGETS)
    with warnings.catch_warnings():  # peft asks transformers by an older name
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        vlm = get_peft_model(base, adapters)
    if config.model.gradient_checkpointing:
        save_memory(vlm)
    return vlm


def plain_inputs(work: Work, step: int) -> Iterator[Inputs]:
    """Yield a conversation's inputs at a time, as the stock image processor makes them."""
    for conversation, encoded in work.encoded(step):
        pictures = [
            draw_marks(
                open_image(image),
                [mark for mark in conversation.marks if mark["image"] == number],
                shown_width=plan.shown_width,
            )
            for number, (image, plan) in enumerate(zip(conversation.images, encoded.plans, strict=True))
        ]
        seen = work.family.processor(
            pictures,
            crop_to_patches=True,
            min_patches=1,
            max_patches=encoded.plans[0].tiles,
            return_tensors="pt",
        )
        ids = torch.from_numpy(encoded.ids).long()[None]
        labels = ids.masked_fill(~torch.from_numpy(encoded.labels), IGNORED)
        yield {
            "input_ids": ids,
            "attention_mask": torch.ones_like(ids),
            "pixel_values": seen["pixel_values"],
            "labels": labels,
        }


def _plain_step(
    vlm: Any, optimizer: torch.optim.Optimizer, trained: list[Tensor], batches: Iterator[Inputs], work: Work
) -> tuple[float, float]:
    """Do one step; return its loss per label token, and the seconds that inputs took."""
    bf16 = work.config.model.dtype == "bfloat16"
    summed = torch.zeros((), device=work.device)
    labels, waited = 0, 0.0
    while True:
        asked = time.perf_counter()
        inputs = next(batches, None)
        waited += time.perf_counter() - asked
        if inputs is None:
            break
        count = int((inputs["labels"][:, 1:] != IGNORED).sum())
        moved = {name: value.to(work.device) for name, value in inputs.items()}
        with torch.autocast(work.device.type, torch.bfloat16) if bf16 else nullcontext():
            loss = vlm(**moved).loss
        (loss / work.turns.batch).backward()
        summed += loss.detach() * count
        labels += count
    torch.nn.utils.clip_grad_norm_(trained, work.config.optimizer.max_grad_norm)
    optimizer.step()
    optimizer.zero_grad()
    return float(summed) / labels, waited


def work_of_steps(
    vision: tuple[str, ...], base: Any, steps: list[list[MicroBatch]]
) -> tuple[list[int], list[float]]:
    """Return the tokens and the operations of each step that differs, without padding."""
    cost = Cost.of(Bare(base), vision)
    tokens = [sum(batch.tokens for batch in step) for step in steps]
    return tokens, [sum(cost.flops(batch) for batch in step) for step in steps]


@dataclass(frozen=True)
class Bare:
    """A model without adapters, as ``Cost`` takes one with them."""

    model: Any

    def get_base_model(self) -> Any:
        """Return it."""
        return self.model
