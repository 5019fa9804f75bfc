"""What the loader hands to the loop."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from torch import Tensor

IGNORED = -100  # label of a token that is not learnt, as in torch's cross entropy


@dataclass(frozen=True)
class MicroBatch:
    """Conversations that go through the model together.

    Args:
        step: The optimizer step it belongs to, from 0.
        last: Is it this process' last one of the step?
        inputs: What the model takes: ``input_ids``, ``attention_mask`` (B, T), image inputs. Empty where
            the step has no conversation that can be used.
        labels: (B, T) int64 token ids, ``IGNORED`` where nothing is learnt; not shifted.
        ids: ``source/id`` of each conversation that counts.
        tasks: Subtask of each conversation, of those that do not count as well.
        tokens: Tokens without padding.
        lengths: Tokens of each conversation where they lie in one row, packed; else empty.
        dropped: Conversations that cannot be used, by reason: of the whole step where it was planned, and
            those whose images cannot be read.
    """

    step: int
    last: bool
    inputs: Mapping[str, Tensor]
    labels: Tensor
    ids: tuple[str, ...]
    tasks: tuple[str, ...]
    tokens: int
    lengths: tuple[int, ...] = ()
    dropped: Counter[str] = field(default_factory=Counter)

    def pin_memory(self) -> "MicroBatch":
        """Return it in memory that a GPU reads directly."""
        inputs = {name: value.pin_memory() for name, value in self.inputs.items()}
        return replace(self, inputs=inputs, labels=self.labels.pin_memory())
