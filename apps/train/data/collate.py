"""Planned conversations become tensors: images read, dots drawn, tokens padded."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from spatialgeom.apps.errors import InputError
from spatialgeom.apps.images import open_image
from spatialgeom.apps.marks import draw_marks
from spatialgeom.apps.train.conversation import Conversation
from spatialgeom.apps.train.data.batch import IGNORED, MicroBatch
from spatialgeom.apps.train.encoding import Encoded
from spatialgeom.apps.train.families import Family

UNREADABLE = "an image cannot be read"
UNDRAWABLE = "dots do not fit their image"


@dataclass(frozen=True)
class Planned:
    """A conversation that will be read.

    Args:
        id: ``source/id``.
        conversation: What it says.
        encoded: Its tokens.
        counts: False where it only keeps a process busy that would have nothing to do: nothing is learnt.
    """

    id: str
    conversation: Conversation
    encoded: Encoded
    counts: bool = True

    def standing_in(self, stands_in: bool) -> "Planned":
        """Return it as one that counts, or does not."""
        return replace(self, counts=not stands_in)


@dataclass(frozen=True)
class Request:
    """A micro-batch before its images are read.

    Args:
        step: The optimizer step it belongs to, from 0.
        last: Is it this process' last one of the step?
        planned: What goes through the model together.
        dropped: Conversations of the step that cannot be used, by reason; told once, by one process.
    """

    step: int
    last: bool
    planned: tuple[Planned, ...]
    dropped: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Sample:
    """A conversation's image inputs, and why nothing can be learnt from them, if so."""

    images: dict[str, Tensor]
    fault: str | None = None


def load(planned: Planned, family: Family) -> Sample:
    """Read a conversation's images and draw its dots.

    An image that cannot be read becomes a black picture of its size: the batch keeps its planned shape, which
    processes with sharded weights rely on.
    """
    conversation = planned.conversation
    pictures: list[Image.Image] = []
    fault = None
    for number, (image, plan) in enumerate(zip(conversation.images, planned.encoded.plans, strict=True)):
        marks = [mark for mark in conversation.marks if mark["image"] == number]
        try:
            picture = open_image(image)
        except (InputError, OSError):
            picture, fault = Image.new("RGB", (image.width, image.height)), UNREADABLE
        try:
            picture = draw_marks(picture, marks, shown_width=plan.shown_width)
        except InputError:
            fault = fault or UNDRAWABLE
        pictures.append(picture)
    return Sample(family.pixels(pictures, planned.encoded.plans) if pictures else {}, fault)


def collate(
    request: Request,
    samples: Sequence[Sample],
    family: Family,
    pad_id: int,
    dtype: torch.dtype,
    packing: bool = False,
) -> MicroBatch:
    """Return a micro-batch as tensors; nothing is learnt from a conversation with a fault.

    Args:
        request: What was planned.
        samples: Its conversations' images.
        family: How the model takes images.
        pad_id: Token that fills rows on the right.
        dtype: Of pixels: half the bytes take half the time on their way to a GPU.
        packing: Put all conversations into one row, behind one another.
    """
    dropped = Counter(request.dropped)
    rows: list[tuple[np.ndarray, np.ndarray]] = []
    for planned, sample in zip(request.planned, samples, strict=True):
        encoded = planned.encoded
        if sample.fault and planned.counts:
            dropped[sample.fault] += 1
        learnt = encoded.labels & bool(planned.counts and not sample.fault)
        rows.append((encoded.ids, np.where(learnt, encoded.ids, IGNORED)))
    if not rows:
        nothing = torch.empty((0, 0), dtype=torch.int64)
        return MicroBatch(request.step, request.last, {}, nothing, (), (), 0, dropped=dropped)
    lengths = tuple(len(ids) for ids, _ in rows)
    if packing:
        rows = [(np.concatenate([ids for ids, _ in rows]), np.concatenate([labels for _, labels in rows]))]
    ids, labels = _pad([ids for ids, _ in rows], pad_id), _pad([labels for _, labels in rows], IGNORED)
    mask = {} if packing else {"attention_mask": _pad([np.ones(length) for length in lengths], 0)}
    images = family.join([_cast(sample.images, dtype) for sample in samples])
    return MicroBatch(
        step=request.step,
        last=request.last,
        inputs={"input_ids": ids, **mask, **images, **family.token_inputs(ids)},
        labels=labels,
        ids=tuple(planned.id for planned in request.planned if planned.counts),
        tasks=tuple(planned.conversation.task for planned in request.planned),
        tokens=sum(lengths),
        lengths=lengths if packing else (),
        dropped=dropped,
    )


def _cast(images: Mapping[str, Tensor], dtype: torch.dtype) -> dict[str, Tensor]:
    return {name: value.to(dtype) if value.is_floating_point() else value for name, value in images.items()}


def _pad(rows: Sequence[np.ndarray], value: int) -> Tensor:
    """Return (B, T) int64 rows, filled on the right."""
    padded = np.full((len(rows), max(map(len, rows))), value, np.int64)
    for filled, row in zip(padded, rows, strict=True):
        filled[: len(row)] = row
    return torch.from_numpy(padded)
