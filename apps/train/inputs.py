"""What a run reads: its sources, how they become tokens, and the plan of its steps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from spatialgeom.apps.errors import InputError
from spatialgeom.apps.progress import Progress
from spatialgeom.apps.splits import HeldOut, place_of
from spatialgeom.apps.train.chat import ChatEncoder
from spatialgeom.apps.train.config import TrainConfig
from spatialgeom.apps.train.data.batch import MicroBatch
from spatialgeom.apps.train.data.loader import Loader
from spatialgeom.apps.train.data.plan import Draw, Plan, Share
from spatialgeom.apps.train.data.prepare import prepare_all
from spatialgeom.apps.train.data.source import ConversationSource
from spatialgeom.apps.train.encoding import DroppedError
from spatialgeom.apps.train.families import Family, ImageBudget, load_family
from spatialgeom.apps.train.folder import SOURCES
from spatialgeom.apps.train.model import check_packages
from spatialgeom.sampling import generator

_EVALUATION_BATCH = 64  # conversations that are shared out to the processes at once
_EVALUATION_WORKERS = 2  # few, since they are started for each evaluation


@dataclass(frozen=True)
class HeldOutPlan:
    """The draws of an evaluation, in batches, as a ``Plan`` gives those of training."""

    draws: Sequence[Draw]

    @property
    def steps(self) -> int:
        """Batches."""
        return -(-len(self.draws) // _EVALUATION_BATCH)

    def step(self, step: int) -> list[Draw]:
        """Return the draws of a batch."""
        return list(self.draws[step * _EVALUATION_BATCH : (step + 1) * _EVALUATION_BATCH])


@dataclass(frozen=True)
class Inputs:
    """What a run reads.

    Args:
        config: The run.
        family: How its model takes images.
        encoder: How conversations become tokens.
        sources: What it learns from.
        held_out: What it is evaluated on.
        plan: Its steps.
    """

    config: TrainConfig
    family: Family
    encoder: ChatEncoder
    sources: list[ConversationSource]
    held_out: list[ConversationSource]
    plan: Plan

    @property
    def identity(self) -> dict[str, Any]:
        """What tells this run from another one: its configuration, what its sources hold, and its plan."""
        return {
            **self.config.identity(),
            "contents": {source.name: source.fingerprint for source in self.sources},
            "draws": {share.name: share.draws for share in self.plan.shares},
            "order": [share.name for share in self.plan.shares],
        }

    def batches(self, rank: int, world: int, start: int) -> Iterable[MicroBatch]:
        """Return a process' micro-batches from a step on."""
        return self._loader(
            self.sources, self.plan, rank, world, start=start, workers=self.config.data.workers
        )

    def evaluation_batches(self, rank: int, world: int) -> Iterable[MicroBatch] | None:
        """Return a process' micro-batches of an evaluation; None if nothing is held out."""
        if not self.held_out:
            return None
        per_task = self.config.evaluation.per_task
        draws = [
            Draw(number, 0, index)
            for number, source in enumerate(self.held_out)
            for index in pick(source, per_task, self.config.seed)
        ]
        workers = min(_EVALUATION_WORKERS, self.config.data.workers)
        return self._loader(self.held_out, HeldOutPlan(draws), rank, world, workers=workers)

    def unusable(self) -> dict[str, int]:
        """Return numbers of records that sources cannot use, by source and reason."""
        return {
            f"{source.name}: {reason}": count
            for source in (*self.sources, *self.held_out)
            for reason, count in source.dropped.items()
        }

    def summary(self, processes: int) -> str:
        """Return a line for people."""
        shares = ", ".join(f"{share.name} {share.draws:,} of {share.length:,}" for share in self.plan.shares)
        return (
            f"{self.plan.draws:,} conversations per epoch ({shares}); {self.plan.steps:,} steps of "
            f"{self.plan.batch} on {processes} process{'es' if processes > 1 else ''}"
        )

    def _loader(
        self,
        sources: list[ConversationSource],
        plan: Plan | HeldOutPlan,
        rank: int,
        world: int,
        *,
        start: int = 0,
        workers: int,
    ) -> Loader:
        return Loader(
            sources,
            self.encoder,
            self.family,
            plan,
            rank=rank,
            world=world,
            budget_tokens=self.config.data.micro_batch_tokens,
            start_step=start,
            workers=workers,
            dtype=getattr(torch, self.config.model.dtype),
            packing=self.config.data.packing,
        )


def load_inputs(config: TrainConfig, *, tells: bool) -> Inputs:
    """Read what a run reads, but for images.

    Args:
        config: The run.
        tells: Does this process tell of its progress?

    Raises:
        UsageError: The configuration asks for what does not exist.
        InputError: A source cannot be used, too much of it is dropped, or it shows what is held out.
    """
    family, encoder = load_encoder(config)
    cache = Path(config.data.cache or Path(config.out) / SOURCES)
    progress = Progress(quiet=config.quiet or not tells)
    sources = prepare_all(config.data.sources, cache, progress, config.seed)
    held_out = prepare_all(config.evaluation.sources, cache, progress) if config.evaluation.sources else []
    for source in sources:
        _check_dropped(source, config.data.max_dropped, progress)
    _refuse_held_out(config, sources, held_out, progress)
    shares = [Share.of(s.name, len(s), repeat=s.repeat, samples=s.samples) for s in sources]
    data = config.data
    plan = Plan(shares, data.batch, config.seed, data.epochs, data.max_steps)
    return Inputs(config, family, encoder, sources, held_out, plan)


def load_encoder(config: TrainConfig) -> tuple[Family, ChatEncoder]:
    """Return how the model takes images, and how conversations become its tokens.

    Raises:
        UsageError: What the configuration asks for is not installed.
        InputError: The model's family is not supported, its tokenizer is missing, or its chat template cannot
            be trained on.
    """
    from transformers import AutoTokenizer

    check_packages(config.model)
    family = load_family(config.model.path, config.model.revision)
    tokenizer = AutoTokenizer.from_pretrained(config.model.path, revision=config.model.revision)
    if family.image_token not in tokenizer.get_vocab():  # without its files it is empty
        raise InputError(
            f"{config.model.path} must hold its tokenizer, with the token of an image, but does not; "
            "take a whole checkpoint"
        )
    encoder = ChatEncoder(tokenizer, family, image_budget(config), config.data.max_length)
    try:
        encoder.check_template()
    except DroppedError:
        raise InputError(
            f"data.max_length must hold two short questions and answers, got {config.data.max_length}"
        ) from None
    return family, encoder


def image_budget(config: TrainConfig) -> ImageBudget:
    """Return how finely images are seen."""
    return ImageBudget(config.images.max_tiles, config.images.max_total_tiles)


def pick(source: ConversationSource, per_task: int, seed: int) -> list[int]:
    """Return numbers of conversations of the first round: at most so many of each task, drawn by its name."""
    tasks = source.tasks()
    found: list[int] = []
    for code in np.unique(tasks).tolist():
        own = np.flatnonzero(tasks == code)
        rng = generator(seed, "evaluation", source.name, source.task_names[code])
        found += sorted(rng.choice(own, size=min(per_task, len(own)), replace=False).tolist())
    return found


def _check_dropped(source: ConversationSource, allowed: float, progress: Progress) -> None:
    lost = source.dropped.total()
    if not lost:
        return
    reasons = ", ".join(f"{reason}: {count:,}" for reason, count in source.dropped.most_common())
    if lost > allowed * (lost + len(source)):
        raise InputError(
            f"at most {allowed:.1%} of a source may be unusable, but {lost:,} records of {source.name} are "
            f"({reasons}); mend them, or raise data.max_dropped"
        )
    progress.say(f"{source.name}: {lost:,} records cannot be used ({reasons})")


def _refuse_held_out(
    config: TrainConfig,
    sources: list[ConversationSource],
    held_out: list[ConversationSource],
    progress: Progress,
) -> None:
    """Refuse a source that shows what the run, or the benchmark that will judge it, is evaluated on."""
    told = {source.name: source.scenes for source in sources}
    evaluated = {scene: said for source in held_out for scene, said in (source.scenes or {}).items()}
    guard = HeldOut.of(config.data.hold_out)
    for name, scenes in told.items():
        if scenes is None:
            if guard.entries or evaluated:
                progress.say(f"{name} does not tell its scenes: it was not compared with what is held out")
            continue
        guard.refuse(scenes)
        own = {place_of(*said) for said in scenes.values()}
        if shared := sorted(scene for scene, said in evaluated.items() if place_of(*said) in own):
            raise InputError(
                f"{name} must not show scenes of evaluation.sources, but shows {len(shared)} of them "
                f"({', '.join(shared[:3])}); split them by --split of datagen run"
            )
