"""Micro-batches of one process, in order: planned in the main process, read by workers."""

import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker
from typing import Any, Protocol

import torch
from torch.utils.data import DataLoader, Dataset

from spatialgeom.apps.errors import InputError
from spatialgeom.apps.train.conversation import Conversation
from spatialgeom.apps.train.data.batch import MicroBatch
from spatialgeom.apps.train.data.collate import Planned, Request, collate, load
from spatialgeom.apps.train.data.partition import Cost, pack, partition
from spatialgeom.apps.train.data.plan import Draw
from spatialgeom.apps.train.encoding import DroppedError, Encoded
from spatialgeom.apps.train.families import Family

_AHEAD = 2  # micro-batches that each worker reads before they are asked for
_MOST_SKIPPED = 16  # steps in a row without a usable conversation: the rest will be no better
_DIED = "DataLoader worker (pid"  # how torch begins to say that one did


class Source(Protocol):
    """Conversations by number."""

    name: str

    def conversation(self, round: int, index: int) -> Conversation:
        """Return one of a round."""


class Encoder(Protocol):
    """Turns conversations into tokens."""

    tokenizer: Any

    def encode(self, conversation: Conversation) -> Encoded:
        """Return its tokens, or raise DroppedError."""


class Steps(Protocol):
    """What steps draw."""

    @property
    def steps(self) -> int:
        """How many there are."""

    def step(self, step: int) -> list[Draw]:
        """Return the draws of one."""


@dataclass
class Loader:
    """Yields a process' micro-batches; each time it is gone through, from the start.

    Results do not depend on the number of workers, nor a step's conversations on the number of processes.
    A step whose conversations were all dropped has one micro-batch, an empty one, which tells what it lost.

    Args:
        sources: By the number that draws give.
        encoder: How conversations become tokens.
        family: How images become tensors.
        plan: What each step draws.
        rank: This process.
        world: Processes.
        budget_tokens: Most tokens of a micro-batch, padding included.
        start_step: Where to begin.
        workers: Processes that read images; 0: this one.
        dtype: Of floating-point inputs.
        packing: Put the conversations of a micro-batch into one row.
    """

    sources: Sequence[Source]
    encoder: Encoder
    family: Family
    plan: Steps
    rank: int = 0
    world: int = 1
    budget_tokens: int = 16384
    start_step: int = 0
    workers: int = 0
    dtype: torch.dtype = torch.float32
    packing: bool = False

    def __iter__(self) -> Iterator[MicroBatch]:
        tokenizer = self.encoder.tokenizer
        pad = tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id
        options: dict[str, Any] = {}
        if self.workers:
            options = {"prefetch_factor": _AHEAD, "multiprocessing_context": "spawn"}
        batches = DataLoader(
            _Reader(self.family, pad, self.dtype, self.packing),
            batch_size=None,
            sampler=_Requests(self),
            num_workers=self.workers,
            collate_fn=_as_it_is,
            pin_memory=torch.cuda.is_available(),
            worker_init_fn=_start_worker,
            **options,
        )
        with _interrupts_held():
            found = iter(batches)
        try:
            yield from found
        except (RuntimeError, EOFError, ConnectionError) as fault:
            raise worker_fault(fault) from None
        finally:
            if self.workers:
                found._shutdown_workers()  # type: ignore[attr-defined]

    def requests(self) -> Iterator[Request]:
        """Yield this process' micro-batches before their images are read.

        Raises:
            InputError: Many steps in a row have no usable conversation.
        """
        skipped = 0
        for step in range(self.start_step, self.plan.steps):
            planned, dropped = self._planned(step)
            skipped = 0 if planned else skipped + 1
            if skipped == min(_MOST_SKIPPED, self.plan.steps):
                told = "; ".join(f"{reason}: {count}" for reason, count in dropped.most_common())
                raise InputError(
                    f"a step must have conversations that can be used, but {skipped} in a row had none "
                    f"({told}); mend the data"
                )
            yield from self._cut(step, planned, dropped if self.rank == 0 else Counter())

    def _planned(self, step: int) -> tuple[list[Planned], Counter[str]]:
        """Encode a step's conversations: all of them, since every process must cut the step alike."""
        planned, dropped = [], Counter[str]()
        for draw in self.plan.step(step):
            source = self.sources[draw.source]
            conversation = source.conversation(draw.round, draw.index)
            try:
                encoded = self.encoder.encode(conversation)
            except DroppedError as reason:
                dropped[str(reason)] += 1
                continue
            planned.append(Planned(f"{source.name}/{conversation.id}", conversation, encoded))
        return planned, dropped

    def _cut(self, step: int, planned: Sequence[Planned], dropped: Counter[str]) -> Iterator[Request]:
        costs = [Cost(one.encoded.patches, one.encoded.tokens) for one in planned]
        cut = pack if self.packing else partition
        own = cut(costs, self.world, self.budget_tokens)[self.rank] or [[]]
        for number, slots in enumerate(own):
            yield Request(
                step=step,
                last=number == len(own) - 1,
                planned=tuple(planned[slot.index].standing_in(not slot.counts) for slot in slots),
                dropped=dropped if number == 0 else Counter(),
            )


def worker_fault(fault: Exception) -> Exception:
    """Return the sentence for a worker that died, which torch may report from anywhere; else the fault."""
    cut_off = isinstance(fault, EOFError | ConnectionError)  # it died while it handed a batch over
    if not cut_off and not str(fault).startswith(_DIED):
        return fault
    told = str(fault).splitlines()[0].rstrip(". ") if not cut_off else "in the middle of a batch"
    return InputError(
        f"workers that read images must live, but one died ({told}); "
        "it may have run out of memory, or of shared memory: lower data.workers or data.micro_batch_tokens"
    )


class _Requests:
    """What is to be read, as the data loader takes it."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def __iter__(self) -> Iterator[Request]:
        return self._loader.requests()


class _Reader(Dataset[MicroBatch]):
    """Reads what is requested; this is what workers get a copy of."""

    def __init__(self, family: Family, pad_id: int, dtype: torch.dtype, packing: bool) -> None:
        self._family, self._pad_id, self._dtype, self._packing = family, pad_id, dtype, packing

    def __getitem__(self, request: Request) -> MicroBatch:
        samples = [load(planned, self._family) for planned in request.planned]
        return collate(request, samples, self._family, self._pad_id, self._dtype, self._packing)


def _as_it_is(batch: Any) -> Any:
    return batch


def _start_worker(worker: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Start processes that no interrupt reaches, not even before their first line."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # it would let interrupts through if it started later
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
