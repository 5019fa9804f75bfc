"""What a training run is told: the same dataclasses serve the command line, config files and Python."""

import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from spatialgeom.apps.errors import UsageError
from spatialgeom.apps.train.data.entry import entries

ATTENTION = ("auto", "sdpa", "flash_attention_2", "eager")
DTYPES = ("bfloat16", "float32")
QUANTIZATION = ("none", "4bit")
TRACKERS = ("tensorboard", "wandb", "none")


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise UsageError(f"{name} must be one of {', '.join(known)}, got {value!r}")


def _at_least(name: str, value: float, least: float) -> None:
    if not value >= least:
        raise UsageError(f"{name} must be at least {least:g}, got {value}")


def _positive(name: str, value: float) -> None:
    if not 0 < value < math.inf:
        raise UsageError(f"{name} must be above 0 and finite, got {value}")


@dataclass(frozen=True)
class ModelConfig:
    """The model that is fine-tuned.

    Args:
        path: Folder or hub name of a checkpoint in transformers' own form.
        revision: Revision on the hub; None: its newest.
        attention: ``auto`` takes flash-attn where it is installed and a GPU runs, else sdpa.
        dtype: Of the frozen weights and of computing; trained weights are float32.
        quantization: ``4bit`` holds the LLM's frozen weights in NF4 (needs bitsandbytes).
        gradient_checkpointing: Compute activations again on the way back, which saves most of their memory.
    """

    path: str = ""
    revision: str | None = None
    attention: str = "auto"
    dtype: str = "bfloat16"
    quantization: str = "none"
    gradient_checkpointing: bool = True

    def __post_init__(self) -> None:
        _one_of("model.attention", self.attention, ATTENTION)
        _one_of("model.dtype", self.dtype, DTYPES)
        _one_of("model.quantization", self.quantization, QUANTIZATION)


@dataclass(frozen=True)
class LoraOptions:
    """Adapters of the language model's linear layers (Hu et al., LoRA, 2021).

    Args:
        rank: Rank of each update.
        alpha: Updates are scaled by alpha / rank.
        dropout: Of the adapters' input. Above 0, another number of processes gives other masks.
    """

    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0

    def __post_init__(self) -> None:
        _at_least("lora.rank", self.rank, 1)
        _at_least("lora.alpha", self.alpha, 1)
        if not 0 <= self.dropout < 1:
            raise UsageError(f"lora.dropout must be in [0, 1), got {self.dropout}")


@dataclass(frozen=True)
class ImageOptions:
    """How finely images are seen.

    Args:
        max_tiles: Most tiles per image, its thumbnail not counted; a tile of InternVL is 448x448 pixels.
        max_total_tiles: Most tiles per conversation; where images would have more, each gets fewer.
    """

    max_tiles: int = 6
    max_total_tiles: int = 24

    def __post_init__(self) -> None:
        _at_least("images.max_tiles", self.max_tiles, 1)
        _at_least("images.max_total_tiles", self.max_total_tiles, 1)


@dataclass(frozen=True)
class DataConfig:
    """What is learnt from.

    Args:
        sources: Datasets and conversation files: paths, or entries with the keys path, format, repeat,
            samples, root, roots, tasks, questions and name.
        max_length: Longest conversation in tokens; longer ones are dropped and counted, never cut.
        max_dropped: Share of conversations that may be dropped before the run stops.
        hold_out: Lists, manifests or recipes, as for ``datagen run``: a source that shows one of their scenes
            is refused.
        batch: Conversations per optimizer step, over all processes.
        micro_batch_tokens: Most tokens, padding included, that go through the model at once on one device.
        packing: Put conversations behind one another in place of padding them; refused where the model lets
            them see each other.
        epochs: How often each source's share is gone through.
        max_steps: Stop after so many steps, whatever the epochs; None: do not.
        workers: Processes that read images, for each device; 0: none, in the main process.
        cache: Folder of the prepared sources; None: inside ``out``.
    """

    sources: list[Any] = field(default_factory=list)
    max_length: int = 8192
    max_dropped: float = 0.01
    hold_out: list[str] = field(default_factory=list)
    batch: int = 192
    micro_batch_tokens: int = 16384
    packing: bool = False
    epochs: float = 1.0
    max_steps: int | None = None
    workers: int = 8
    cache: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "sources", entries(self.sources, "data.sources"))
        _at_least("data.batch", self.batch, 1)
        _at_least("data.max_length", self.max_length, 1)
        _at_least("data.workers", self.workers, 0)
        if not 0 <= self.max_dropped <= 1:
            raise UsageError(f"data.max_dropped must be a share from 0 to 1, got {self.max_dropped}")
        if self.max_length > self.micro_batch_tokens:
            raise UsageError(
                f"data.micro_batch_tokens must hold the longest conversation, data.max_length = "
                f"{self.max_length}, got {self.micro_batch_tokens}; lower the one or raise the other"
            )
        _positive("data.epochs", self.epochs)
        if self.max_steps is not None:
            _at_least("data.max_steps", self.max_steps, 1)


@dataclass(frozen=True)
class OptimizerConfig:
    """AdamW (Loshchilov and Hutter, 2019) under a cosine schedule.

    Args:
        lr: Highest learning rate.
        warmup: Share of the steps over which it rises from 0; it then falls to 0 along a cosine.
        weight_decay: Of the adapters.
        beta1: Decay of the gradients' mean.
        beta2: Decay of the gradients' square.
        eps: Added to the denominator.
        max_grad_norm: Gradients are clipped to this norm; 0: not at all.
    """

    lr: float = 4e-5
    warmup: float = 0.03
    weight_decay: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    max_grad_norm: float = 1.0

    def __post_init__(self) -> None:
        _positive("optimizer.lr", self.lr)
        if not 0 <= self.warmup < 1:
            raise UsageError(f"optimizer.warmup must be a share in [0, 1), got {self.warmup}")
        for name, value in (("beta1", self.beta1), ("beta2", self.beta2)):
            if not 0 <= value < 1:
                raise UsageError(f"optimizer.{name} must be in [0, 1), got {value}")
        _at_least("optimizer.eps", self.eps, 0)
        _at_least("optimizer.weight_decay", self.weight_decay, 0)
        _at_least("optimizer.max_grad_norm", self.max_grad_norm, 0)


@dataclass(frozen=True)
class EvaluationConfig:
    """What is looked at while training.

    Args:
        sources: Datasets and files that are not trained on: a training source that shows one of their scenes
            is refused. Empty: no evaluation.
        every: Steps between evaluations; there is one before the first step and one after the last.
        per_task: Most conversations of each subtask.
    """

    sources: list[Any] = field(default_factory=list)
    every: int = 500
    per_task: int = 20

    def __post_init__(self) -> None:
        object.__setattr__(self, "sources", entries(self.sources, "evaluation.sources"))
        _at_least("evaluation.every", self.every, 1)
        _at_least("evaluation.per_task", self.per_task, 1)


@dataclass(frozen=True)
class CheckpointConfig:
    """What is kept.

    Args:
        every: Steps between checkpoints; there is one after the last step.
        keep: How many of the last ones stay; the best one stays, too.
    """

    every: int = 500
    keep: int = 2

    def __post_init__(self) -> None:
        _at_least("checkpoint.every", self.every, 1)
        _at_least("checkpoint.keep", self.keep, 1)


@dataclass(frozen=True)
class TrainConfig:
    """One training run.

    Args:
        out: The run's folder.
        model: The model.
        lora: Its adapters.
        images: How finely it sees.
        data: What it learns from.
        optimizer: How it learns.
        evaluation: What is looked at while it learns.
        checkpoint: What is kept.
        seed: Everything random follows from it.
        tracker: ``tensorboard``, ``wandb`` or ``none``; the log in ``out`` is written always.
        quiet: No progress.
    """

    out: str = ""
    model: ModelConfig = field(default_factory=ModelConfig)
    lora: LoraOptions = field(default_factory=LoraOptions)
    images: ImageOptions = field(default_factory=ImageOptions)
    data: DataConfig = field(default_factory=DataConfig)
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)
    checkpoint: CheckpointConfig = field(default_factory=CheckpointConfig)
    seed: int = 0
    tracker: str = "tensorboard"
    quiet: bool = False

    def __post_init__(self) -> None:
        _one_of("tracker", self.tracker, TRACKERS)
        _at_least("seed", self.seed, 0)
        if not self.out:
            raise UsageError("name the run's folder with --out")
        if not self.model.path:
            raise UsageError("name the model with --model.path: a folder, or a name on the hub")
        if not self.data.sources:
            raise UsageError("name at least one source under data.sources: a dataset or conversation file")

    def identity(self) -> dict[str, Any]:
        """Return what tells this run from another one, as JSON values.

        How many processes run it, how they cut its batches, and how it is watched does not belong to it.
        """
        told = asdict(self)
        told["model"]["path"] = Path(self.model.path).resolve().name  # wherever it lies
        for free in ("out", "tracker", "quiet", "evaluation", "checkpoint"):
            del told[free]
        for free in ("workers", "cache", "micro_batch_tokens", "packing", "max_dropped", "hold_out"):
            del told["data"][free]
        for entry in told["data"]["sources"]:  # a source's contents have a fingerprint of their own
            for free in ("path", "root", "roots"):
                del entry[free]
        for free in ("attention", "gradient_checkpointing"):
            del told["model"][free]
        return told
