"""Made-up pairs of pictures with dots and questions, as many per step as asked for, the same steps again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from spatialgeom.apps.datagen.tasks import load_tasks
from spatialgeom.apps.images import ImageRef
from spatialgeom.apps.prompts import prompt
from spatialgeom.apps.train.conversation import Conversation, Message
from spatialgeom.apps.train.data.plan import Draw

HEIGHT, WIDTH = 968, 1296  # ScanNet's colour images
_PICTURES = 16
_QUALITY = 92
_FIELD = re.compile(r"\{\w*\}")


@dataclass(frozen=True)
class Pairs:
    """Conversations about two pictures each, as the loader takes them."""

    conversations: tuple[Conversation, ...]
    name: str = "pairs"

    def conversation(self, round: int, index: int) -> Conversation:
        """Return one; all rounds are alike."""
        return self.conversations[index]

    def texts(self) -> list[str]:
        """Return all that is said."""
        return [message.text for each in self.conversations for message in each.messages]


@dataclass(frozen=True)
class Turns:
    """Steps that draw the same conversations in turn, so that what each one holds is known beforehand.

    Args:
        steps: How many there are.
        batch: Conversations of a step.
        different: Steps that differ.
    """

    steps: int
    batch: int
    different: int

    def step(self, step: int) -> list[Draw]:
        """Return the draws of one."""
        first = step % self.different * self.batch
        return [Draw(0, 0, first + k) for k in range(self.batch)]


def write_pairs(folder: Path, count: int, seed: int = 0) -> Pairs:
    """Write pictures; return conversations about two of them each, in the data engine's wordings."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    pictures = [_picture(rng, folder / f"{k}.jpg") for k in range(_PICTURES)]
    wordings = [
        task.wording
        for task in load_tasks().values()
        if task.in_paper and task.unit in ("frame_pair", "track_pair")
    ]
    return Pairs(tuple(_conversation(rng, k, pictures, wordings) for k in range(count)))


def _picture(rng: np.random.Generator, path: Path) -> ImageRef:
    """Write a picture of noise at several scales: about 200 kB, as those of ScanNet have."""
    picture = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    for cells, strength in ((4, 60.0), (24, 30.0), (120, 12.0)):
        coarse = rng.normal(0, strength, (cells, cells * 4 // 3, 3)).astype(np.float32)
        for channel in range(3):
            scaled = Image.fromarray(coarse[..., channel]).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
            picture[..., channel] += np.asarray(scaled)
    picture += rng.normal(128, 2.0, (HEIGHT, WIDTH, 1))
    Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(path, quality=_QUALITY)
    return ImageRef(str(path), WIDTH, HEIGHT)


def _conversation(
    rng: np.random.Generator, number: int, pictures: Sequence[ImageRef], wordings: Sequence[object]
) -> Conversation:
    wording = wordings[int(rng.integers(len(wordings)))]
    opening, question, answer = (
        str(rng.choice(getattr(wording, part))) for part in ("openings", "questions", "answers")
    )
    asked = f"{opening} {_filled(rng, question)}"
    shown = rng.choice(len(pictures), 2, replace=False).tolist()
    marks = [
        {
            "image": image,
            "u": int(rng.integers(100, WIDTH - 100)),
            "v": int(rng.integers(100, HEIGHT - 100)),
            "label": label,
        }
        for image, label in ((0, ""), (1, "A"), (1, "B"), (1, "C"))
    ]
    return Conversation(
        id=str(number),
        task="pair",
        images=tuple(pictures[k] for k in shown),
        marks=tuple(marks),
        messages=(Message("user", prompt(2, asked)), Message("assistant", _filled(rng, answer))),
    )


def _filled(rng: np.random.Generator, text: str) -> str:
    """Fill placeholders with numbers, now one and now three of them."""
    return _FIELD.sub(lambda _: ", ".join(map(str, rng.integers(4000, size=rng.choice((1, 3))))), text)
