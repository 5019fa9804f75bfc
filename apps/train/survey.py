"""A look at data before a run: lengths, labels, padding, and what will be dropped, from some of its steps."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spatialgeom.apps.progress import Progress
from spatialgeom.apps.train.data.partition import Cost, pack, packed_tokens, padded_tokens, partition
from spatialgeom.apps.train.encoding import DroppedError, Encoded
from spatialgeom.apps.train.inputs import Inputs


@dataclass(frozen=True)
class Survey:
    """What some of a run's steps look like.

    Args:
        conversations: That were looked at.
        dropped: Those that cannot be used, by reason.
        tokens: (N,) length of each that can.
        labels: (N,) label tokens of each.
        processes: That each step was cut for.
        padding: Share of padding.
        micro_batches: Mean number of micro-batches per step and process.
    """

    conversations: int
    dropped: dict[str, int]
    tokens: np.ndarray
    labels: np.ndarray
    processes: int
    padding: float
    micro_batches: float

    def lines(self) -> Iterator[str]:
        """Yield lines for people."""
        lost = sum(self.dropped.values())
        share = lost / max(self.conversations, 1)
        yield f"looked at {self.conversations:,} conversations: {lost:,} cannot be used ({share:.2%})"
        yield from (f"  {reason}: {count:,}" for reason, count in sorted(self.dropped.items()))
        if not len(self.tokens):
            return
        middle, most = np.median(self.tokens), self.tokens.max()
        yield f"tokens: median {middle:,.0f}, longest {most:,}; label tokens: mean {self.labels.mean():.1f}"
        yield (
            f"on {self.processes} process{'es' if self.processes > 1 else ''}: {self.micro_batches:.1f} "
            f"micro-batches per step and process, padding {self.padding:.2%}"
        )


def survey(inputs: Inputs, *, steps: int, processes: int, progress: Progress) -> Survey:
    """Encode the conversations of evenly spaced steps, without opening an image.

    Args:
        inputs: What the run reads.
        steps: How many steps to look at.
        processes: Processes to cut them for.
        progress: How far it is.
    """
    plan, data = inputs.plan, inputs.config.data
    chosen = np.unique(np.linspace(0, plan.steps - 1, min(steps, plan.steps)).astype(int)).tolist()
    dropped: Counter[str] = Counter()
    found: list[Encoded] = []
    seen, padded, micro_batches = 0, 0, 0
    for step in progress.track(chosen, len(chosen), "looking at steps"):
        seen += len(plan.step(step))
        own = list(_encoded(inputs, step, dropped))
        found += own
        costs = [Cost(each.patches, each.tokens) for each in own]
        cut, length = (pack, packed_tokens) if data.packing else (partition, padded_tokens)
        ranks = cut(costs, processes, data.micro_batch_tokens)
        padded += sum(length(slots, costs) for rank in ranks for slots in rank)
        micro_batches += len(ranks[0])
    tokens = np.array([each.tokens for each in found], dtype=np.int64)
    return Survey(
        conversations=seen,
        dropped=dict(dropped),
        tokens=tokens,
        labels=np.array([each.labels.sum() for each in found], dtype=np.int64),
        processes=processes,
        padding=1 - float(tokens.sum()) / max(padded, 1),
        micro_batches=micro_batches / len(chosen),
    )


def _encoded(inputs: Inputs, step: int, dropped: Counter[str]) -> Iterator[Encoded]:
    for draw in inputs.plan.step(step):
        try:
            yield inputs.encoder.encode(inputs.sources[draw.source].conversation(draw.round, draw.index))
        except DroppedError as reason:
            dropped[str(reason)] += 1
