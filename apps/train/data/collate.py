"""Planned conversations become tensors: images read, dots drawn, tokens padded."""

from collections import Counter
from collections.abc import Sequence
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
    """A conversation's image inputs, and whether its images could be read."""

    images: dict[str, Tensor]
    readable: bool


def load(planned: Planned, family: Family) -> Sample:
    """Read a conversation's images and draw its dots.

    An image that cannot be read becomes a black picture of its size: the batch keeps its planned shape, which
    processes with sharded weights rely on.
    """
    conversation = planned.conversation
    pictures: list[Image.Image] = []
    readable = True
    for number, (image, plan) in enumerate(zip(conversation.images, planned.encoded.plans, strict=True)):
        marks = [mark for mark in conversation.marks if mark["image"] == number]
        try:
            picture = open_image(image)
        except (InputError, OSError):
            picture, readable = Image.new("RGB", (image.width, image.height)), False
        pictures.append(draw_marks(picture, marks, shown_width=plan.shown_width))
    return Sample(family.pixels(pictures, planned.encoded.plans) if pictures else {}, readable)


def collate(
    request: Request, samples: Sequence[Sample], family: Family, pad_id: int, dtype: torch.dtype
) -> MicroBatch:
    """Return a micro-batch as tensors; nothing is learnt from a conversation that could not be read.

    Args:
        request: What was planned.
        samples: Its conversations' images.
        family: How the model takes images.
        pad_id: Token that fills rows on the right.
        dtype: Of pixels: half the bytes take half the time on their way to a GPU.
    """
    dropped = Counter(request.dropped)
    for planned, sample in zip(request.planned, samples, strict=True):
        dropped[UNREADABLE] += planned.counts and not sample.readable
    learnt = [
        planned.counts and sample.readable for planned, sample in zip(request.planned, samples, strict=True)
    ]
    ids, mask, labels = _pad(request.planned, learnt, pad_id)
    images = {
        name: value.to(dtype) if value.is_floating_point() else value
        for name, value in family.join([sample.images for sample in samples]).items()
    }
    return MicroBatch(
        step=request.step,
        last=request.last,
        inputs={"input_ids": ids, "attention_mask": mask, **images, **family.token_inputs(ids)},
        labels=labels,
        ids=tuple(planned.id for planned in request.planned if planned.counts),
        tasks=tuple(planned.conversation.task for planned in request.planned),
        tokens=int(mask.sum()),
        dropped=+dropped,
    )


def _pad(planned: Sequence[Planned], learnt: Sequence[bool], pad_id: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return ids, attention mask and labels, (B, T) int64, padded on the right."""
    length = max(each.encoded.tokens for each in planned)
    ids = np.full((len(planned), length), pad_id, np.int64)
    mask = np.zeros_like(ids)
    labels = np.full_like(ids, IGNORED)
    for row, each in enumerate(planned):
        tokens = each.encoded.tokens
        ids[row, :tokens] = each.encoded.ids
        mask[row, :tokens] = 1
        if learnt[row]:
            labels[row, :tokens] = np.where(each.encoded.labels, each.encoded.ids, IGNORED)
    return torch.from_numpy(ids), torch.from_numpy(mask), torch.from_numpy(labels)
