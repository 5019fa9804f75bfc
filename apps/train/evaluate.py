"""Evaluation while training: loss and exact answers on held-out conversations, by subtask."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import torch

from spatialgeom.apps.errors import InputError
from spatialgeom.apps.train.data.batch import MicroBatch
from spatialgeom.apps.train.loss import LabelLoss
from spatialgeom.apps.train.report import Report

ALL = "all"


@dataclass
class TaskSums:
    """What a subtask's conversations add up to."""

    nll: float = 0.0  # nats
    labels: int = 0
    exact: int = 0  # conversations of which every label token is the likeliest after the true ones before it
    conversations: int = 0

    def add(self, other: "TaskSums") -> None:
        """Take another's sums in."""
        for item in fields(self):
            setattr(self, item.name, getattr(self, item.name) + getattr(other, item.name))

    def figures(self) -> dict[str, float]:
        """Return what is reported."""
        return {
            "loss": self.nll / max(self.labels, 1),
            "exact": self.exact / max(self.conversations, 1),
            "conversations": self.conversations,
        }


@dataclass(frozen=True)
class Evaluator:
    """Goes through the held-out conversations; every process takes its part.

    Answers are not generated: the model is asked for each token after the true ones before it. That costs one
    forward pass and tells runs and checkpoints apart; the benchmark judges generated answers.

    Args:
        accelerator: Of accelerate.
        model: The prepared ``ModelWithLoss``.
        batches: This process' micro-batches, the same each time they are gone through.
        report: Progress, log and tracker.
    """

    accelerator: Any
    model: Any
    batches: Iterable[MicroBatch]
    report: Report

    def __call__(self, step: int) -> float:
        """Report figures by subtask and return the mean loss, nats per label token."""
        from accelerate.utils import gather_object, send_to_device

        self.model.eval()
        own: dict[str, TaskSums] = defaultdict(TaskSums)
        dropped = 0
        with torch.no_grad():
            for batch in self.batches:
                dropped += batch.dropped.total()
                if not batch.inputs:
                    continue
                inputs, labels = send_to_device((dict(batch.inputs), batch.labels), self.accelerator.device)
                _add(own, batch.tasks, self.model(inputs, labels, batch.lengths))
        self.model.train()
        whole: dict[str, TaskSums] = defaultdict(TaskSums)
        parts = gather_object([(dict(own), dropped)])
        for part, _ in parts:
            for task, sums in part.items():
                whole[task].add(sums)
                whole[ALL].add(sums)
        by_task = {
            task: whole[task].figures() for task in sorted(whole, key=lambda name: (name != ALL, name))
        }
        if not by_task:
            raise InputError(
                "evaluation.sources must hold a conversation that can be used, but none of theirs can"
            )
        by_task[ALL]["dropped"] = sum(count for _, count in parts)
        self.report.evaluation(step, by_task)
        return by_task[ALL]["loss"]


def _add(sums: dict[str, TaskSums], tasks: tuple[str, ...], losses: LabelLoss) -> None:
    counts = torch.bincount(losses.rows, minlength=len(tasks)).tolist()
    zeros = torch.zeros(len(tasks), dtype=torch.float64, device=losses.nll.device)
    nll = zeros.index_add(0, losses.rows, losses.nll.double()).tolist()
    right = zeros.index_add(0, losses.rows, losses.exact.double()).tolist()
    for row, task in enumerate(tasks):
        if counts[row]:  # a conversation that counts for nothing stands in for another
            sums[task].add(TaskSums(nll[row], counts[row], int(right[row] == counts[row]), 1))
