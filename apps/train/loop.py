"""The loop: micro-batches to gradients, gradients to steps; evaluation and checkpoints in between."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from spatialgeom.apps.errors import InputError
from spatialgeom.apps.train.checkpoint import RunState, prune, save
from spatialgeom.apps.train.config import OptimizerConfig, TrainConfig
from spatialgeom.apps.train.data.batch import IGNORED, MicroBatch
from spatialgeom.apps.train.meter import Meter
from spatialgeom.apps.train.report import Report
from spatialgeom.sampling import generator

_MANY = 1000  # conversations: of fewer, one that is dropped is no sign yet


def learning_rate(step: int, steps: int, config: OptimizerConfig) -> float:
    """Return the rate of a step: a linear rise from 0, then half a cosine down to 0.

    A function of the step alone, so that a resumed run needs no schedule's state.
    """
    warm = math.ceil(config.warmup * steps)
    if step < warm:
        return config.lr * step / warm
    return config.lr * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def adamw(model: torch.nn.Module, config: OptimizerConfig) -> torch.optim.AdamW:
    """Return the optimizer of what is trained."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return torch.optim.AdamW(
        trained,
        lr=config.lr,
        betas=(config.beta1, config.beta2),
        eps=config.eps,
        weight_decay=config.weight_decay,
        fused=trained[0].device.type == "cuda",
    )


@dataclass
class StepTotals:
    """Sums over a step's micro-batches, of one process or of all."""

    loss: float = 0.0  # nats over all label tokens
    exact: float = 0.0  # label tokens that were the likeliest
    labels: float = 0.0
    tokens: float = 0.0
    padded: float = 0.0
    flops: float = 0.0
    conversations: float = 0.0
    dropped: float = 0.0


@dataclass
class Loop:
    """One process' part of a run.

    Args:
        accelerator: Of accelerate.
        model: The prepared ``ModelWithLoss``.
        vlm: The model with adapters inside it.
        optimizer: The prepared optimizer.
        config: The run.
        sizes: Conversations that are planned for each step.
        state: Where the run is.
        report: Progress, log and tracker.
        meter: What a step costs.
        evaluate: Reports the loss by task after so many steps and returns the mean, nats per label token.
        dropped: Conversations that this process could not use since it started, by reason.
        before: Those of all processes before it started.
    """

    accelerator: Any
    model: Any
    vlm: Any
    optimizer: Any
    config: TrainConfig
    sizes: list[int]
    state: RunState
    report: Report
    meter: Meter
    evaluate: Callable[[int], float] | None = None
    dropped: Counter[str] = field(default_factory=Counter)
    before: Counter[str] = field(default_factory=Counter)

    def run(self, batches: Iterable[MicroBatch]) -> RunState:
        """Train to the last step and return where the run ended.

        Args:
            batches: This process' micro-batches, in order, from the state's step on.

        Raises:
            InputError: Too much was dropped, a batch does not fit, the loss is not finite, the disk is full.
        """
        steps = len(self.sizes)
        self.before = Counter(self.state.dropped)
        lost = self.before.total()
        ahead = Ahead(self.meter.waiting(batches))
        if self.evaluate and self.state.step == 0:
            self.evaluate(0)
        self.meter.start()
        for done in range(self.state.step + 1, steps + 1):
            totals = self._step(done - 1, ahead.of_step(done - 1))
            lost += int(totals.dropped)
            self.state = replace(self.state, step=done, seen=self.state.seen + self.sizes[done - 1])
            self.report.step(done, self._metrics(totals, lost))
            self._stop_if_too_many(lost)
            judged = self.evaluate and (done == steps or done % self.config.evaluation.every == 0)
            loss = self.evaluate(done) if self.evaluate and judged else None
            if done == steps or done % self.config.checkpoint.every == 0:
                self._save(loss)
            self.meter.start()
        return self.state

    def _step(self, step: int, batches: Iterator[MicroBatch]) -> StepTotals:
        """Add up the gradients of the summed loss, divide them by the label tokens of all, and step."""
        own = StepTotals()
        sums = torch.zeros(2, dtype=torch.float64, device=self.accelerator.device)
        self.model.train()
        for number, batch in enumerate(batches):
            # not once a step: a data loader that is started draws from torch's generator
            set_seed(self.config.seed, step, number, self.accelerator.process_index)
            if batch.inputs:
                sums += self._forward_backward(batch)
                own.flops += self.meter.flops(batch)
            own.labels += int((batch.labels[:, 1:] != IGNORED).sum())
            own.tokens += batch.tokens
            own.padded += batch.labels.numel()
            own.conversations += len(batch.ids)
            own.dropped += batch.dropped.total()
            self.dropped += batch.dropped
        own.loss, own.exact = sums.tolist()
        vector = torch.tensor(astuple(own), dtype=torch.float64, device=self.accelerator.device)
        totals = StepTotals(*self.accelerator.reduce(vector, reduction="sum").tolist())
        if totals.labels:
            self._update(step, totals)
        self.optimizer.zero_grad(set_to_none=True)
        return totals

    def _forward_backward(self, batch: MicroBatch) -> torch.Tensor:
        """Return the sum of the loss, and how many label tokens were the likeliest."""
        from accelerate.utils import send_to_device

        inputs, labels = send_to_device(
            (dict(batch.inputs), batch.labels), self.accelerator.device, non_blocking=True
        )
        # gradients of all processes meet once a step, on the last micro-batch
        with nullcontext() if batch.last else self.accelerator.no_sync(self.model):
            try:
                losses = self.model(inputs, labels, batch.lengths)
                total = losses.nll.sum()
                self.accelerator.backward(total)
            except torch.OutOfMemoryError:
                raise InputError(self._too_large(batch)) from None
        return torch.stack((total.detach(), losses.exact.sum())).double()

    def _too_large(self, batch: MicroBatch) -> str:
        data, images = self.config.data, self.config.images
        return (
            f"a batch must fit into the device's memory, but {len(batch.ids)} conversations of "
            f"{batch.labels.numel():,} tokens do not; lower data.micro_batch_tokens "
            f"({data.micro_batch_tokens}); in a new folder also data.max_length ({data.max_length}), "
            f"images.max_tiles ({images.max_tiles}), or take model.quantization 4bit"
        )

    def _update(self, step: int, totals: StepTotals) -> None:
        trained = [parameter for group in self.optimizer.param_groups for parameter in group["params"]]
        gradients = [parameter.grad for parameter in trained if parameter.grad is not None]
        # they were averaged over processes
        torch._foreach_mul_(gradients, self.accelerator.num_processes / totals.labels)
        limit = self.config.optimizer.max_grad_norm or math.inf
        norm = torch.nn.utils.clip_grad_norm_(trained, limit)
        self.meter.gradient_norm = float(norm.full_tensor() if hasattr(norm, "full_tensor") else norm)
        for name, value in (("loss", totals.loss), ("gradient's norm", self.meter.gradient_norm)):
            if not math.isfinite(value):
                raise InputError(
                    f"the {name} must be finite, but is {value} in step {step + 1}; "
                    "lower optimizer.lr in a new folder, or look at the data of that step"
                )
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(step, len(self.sizes), self.config.optimizer)
        self.optimizer.step()

    def _metrics(self, totals: StepTotals, lost: int) -> dict[str, float]:
        labels = totals.labels
        learnt = {"loss": totals.loss / labels, "exact": totals.exact / labels} if labels else {}
        return {
            **learnt,
            "lr": self.optimizer.param_groups[0]["lr"],
            "padding": 1 - totals.tokens / max(totals.padded, 1),
            "conversations": totals.conversations,
            "label_tokens": labels,
            "dropped": lost,
            **self.meter.read(totals.tokens, totals.flops),
        }

    def _stop_if_too_many(self, lost: int) -> None:
        allowed = self.config.data.max_dropped * max(self.state.seen, min(_MANY, sum(self.sizes)))
        if lost > allowed:
            reasons = "; ".join(f"{reason}: {count}" for reason, count in self._all_dropped().items())
            raise InputError(
                f"at most {self.config.data.max_dropped:.1%} of the conversations may be dropped, but "
                f"{lost} of {self.state.seen} were ({reasons}); mend the data in a new folder, "
                "or raise data.max_dropped and give the same command"
            )

    def _all_dropped(self) -> dict[str, int]:
        """Return what all processes could not use in the whole run."""
        from accelerate.utils import gather_object

        own: Counter[str] = sum(gather_object([self.dropped]), Counter())
        return dict(own + self.before)

    def _save(self, loss: float | None) -> None:
        out = Path(self.config.out)
        self.state = replace(
            self.state, loss=loss, dropped=self._all_dropped(), processes=self.accelerator.num_processes
        )
        writes = self.accelerator.is_main_process
        save(out, self.vlm, self.optimizer, self.state, writes=writes)
        if writes:
            prune(out, self.config.checkpoint.keep)
        self.accelerator.wait_for_everyone()


def set_seed(seed: int, step: int, number: int, rank: int) -> None:
    """Seed what a micro-batch draws, such as dropout, by its name: a resumed run draws the same."""
    torch.manual_seed(int(generator(seed, "step", str(step), str(number), str(rank)).integers(2**62)))


class Ahead:
    """Micro-batches, told apart by their step."""

    def __init__(self, batches: Iterable[MicroBatch]) -> None:
        self._batches = iter(batches)
        self._next: MicroBatch | None = None

    def of_step(self, step: int) -> Iterator[MicroBatch]:
        """Yield those of a step."""
        while (batch := self._next or next(self._batches, None)) is not None:
            self._next = batch
            if batch.step != step:
                return
            self._next = None
            yield batch
