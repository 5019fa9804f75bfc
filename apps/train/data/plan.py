"""From a seed and a step to the conversations of that step; the same for any number of processes."""

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spatialgeom.apps.errors import InputError
from spatialgeom.sampling import generator

_MOST = np.iinfo(np.int32).max  # conversations of a source, and draws of an epoch
_BLOCK = 4096  # slots of an epoch between two that know how often each source came before them
_KEPT = 2  # permutations of each source: a step may begin in one round and end in the next


@dataclass(frozen=True, slots=True, order=True)
class Draw:
    """A conversation: of which source, in which of its rounds, and its number there."""

    source: int
    round: int
    index: int


@dataclass(frozen=True)
class Share:
    """How much of a source is seen.

    Args:
        name: Of the source; its order follows from it, and does not change with what else is in the mix.
        length: Its conversations.
        draws: How many of them an epoch draws: fewer than all, or each several times.
    """

    name: str
    length: int
    draws: int

    @classmethod
    def of(cls, name: str, length: int, *, repeat: float = 1.0, samples: int | None = None) -> "Share":
        """Return the share of a source seen ``repeat`` times per epoch, or ``samples`` draws of it."""
        return cls(name, length, max(1, round(repeat * length)) if samples is None else samples)


class Plan:
    """Which conversations each step draws: a function of the seed and the step alone.

    A source is gone through in rounds, each of which shows every conversation once in an order of its own;
    epochs take their draws where the last one stopped. So half of a source per epoch shows all of it in two,
    and twice a source shows each conversation twice in every epoch. Within an epoch sources are mixed at
    random; its last step may be smaller than the others.

    Memory is one byte per draw of an epoch, and 8 per conversation of a source.

    Args:
        shares: What is seen of each source.
        batch: Conversations of a step.
        seed: Of all orders.
        epochs: How often the shares are gone through; a part of an epoch is rounded up to whole steps.
        max_steps: Steps in place of those of ``epochs``, fewer or more.

    Raises:
        InputError: There is nothing to draw, or more than 2^31 - 1 conversations in an epoch.
    """

    def __init__(
        self,
        shares: Sequence[Share],
        batch: int,
        seed: int,
        epochs: float = 1.0,
        max_steps: int | None = None,
    ) -> None:
        self.shares, self.batch, self.seed = tuple(shares), batch, seed
        self.draws = sum(share.draws for share in shares)
        _check(self.shares, self.draws)
        self.steps_per_epoch = -(-self.draws // batch)
        # 0.1 x 30 is a little more than 3
        steps = max(1, math.ceil(epochs * self.steps_per_epoch - 1e-6))
        self.steps = steps if max_steps is None else max_steps
        self._layout: tuple[int, np.ndarray, np.ndarray] | None = None
        self._rounds: dict[int, OrderedDict[int, np.ndarray]] = {}

    def size(self, step: int) -> int:
        """Return how many conversations a step draws."""
        first = step % self.steps_per_epoch * self.batch
        return min(self.batch, self.draws - first)

    def step(self, step: int) -> list[Draw]:
        """Return the draws of a step, at any time and in any order.

        Raises:
            IndexError: The step is negative.
        """
        if step < 0:
            raise IndexError(f"a step must not be negative, got {step}")
        epoch, place = divmod(step, self.steps_per_epoch)
        first = place * self.batch
        sources, before = self._slots(epoch, first, first + self.size(step))
        found: list[Draw] = [Draw(0, 0, 0)] * len(sources)
        for source in np.unique(sources).tolist():
            where = np.flatnonzero(sources == source)
            begin = epoch * self.shares[source].draws + int(before[source])
            for slot, draw in zip(where.tolist(), self._walk(source, begin, len(where)), strict=True):
                found[slot] = draw
        return found

    def _slots(self, epoch: int, first: int, end: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the sources of an epoch's slots, and how often each source came before the first of them."""
        if self._layout is None or self._layout[0] != epoch:
            self._layout = None  # one at a time in memory
            self._layout = (epoch, *self._mix(epoch))
        _, sources, marks = self._layout
        block = first // _BLOCK
        rest = np.bincount(sources[block * _BLOCK : first], minlength=len(self.shares))
        return sources[first:end], marks[block] + rest

    def _mix(self, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        count = len(self.shares)
        draws = [share.draws for share in self.shares]
        sources = np.repeat(np.arange(count, dtype=np.min_scalar_type(count)), draws)
        generator(self.seed, "plan", "mix", str(epoch)).shuffle(sources)
        blocks = range(0, self.draws, _BLOCK)
        counts = [np.bincount(sources[begin : begin + _BLOCK], minlength=count) for begin in blocks]
        return sources, np.concatenate((np.zeros((1, count), np.int64), np.cumsum(counts, axis=0)))

    def _walk(self, source: int, begin: int, count: int) -> list[Draw]:
        """Return draws of a source from its ``begin``-th ever on."""
        length = self.shares[source].length
        draws: list[Draw] = []
        while count:
            round, place = divmod(begin, length)
            indices = self._order(source, round)[place : place + count]
            draws += [Draw(source, round, index) for index in indices.tolist()]
            begin, count = begin + len(indices), count - len(indices)
        return draws

    def _order(self, source: int, round: int) -> np.ndarray:
        kept = self._rounds.setdefault(source, OrderedDict())
        if round not in kept:
            if len(kept) == _KEPT:
                kept.popitem(last=False)
            share = self.shares[source]
            kept[round] = np.arange(share.length, dtype=np.int32)
            generator(self.seed, "plan", share.name, str(round)).shuffle(kept[round])
        kept.move_to_end(round)
        return kept[round]


def _check(shares: Sequence[Share], draws: int) -> None:
    if len({share.name for share in shares}) != len(shares):
        raise InputError(f"sources must have different names, got {[share.name for share in shares]}")
    for share in shares:
        if share.draws < 0 or (share.draws and share.length < 1):
            raise InputError(
                f"{share.name} must hold conversations, got {share.length} to draw {share.draws} of"
            )
        if share.length > _MOST:
            raise InputError(f"{share.name} must hold at most {_MOST} conversations, got {share.length}")
    if not 1 <= draws <= _MOST:
        raise InputError(
            f"an epoch must draw from 1 to {_MOST} conversations, got {draws}; "
            "change repeat or samples of the sources"
        )
