"""What a format is: how one sample becomes one JSON value, and which files go beside them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spatialgeom.apps.prompts import prompt


@dataclass(frozen=True)
class ExportedImage:
    """An image file of the export; ``path`` is relative to its folder."""

    path: str
    width: int
    height: int


@dataclass(frozen=True)
class Sample:
    """One question and its answer, with the images that it is about, in order."""

    id: str
    images: Sequence[ExportedImage]
    question: str
    answer: str

    def prompt(self) -> str:
        """Return the question after the placeholders of its images."""
        return prompt(len(self.images), self.question)


def _nothing(folder: Path, name: str, rows: int) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Format:
    """A trainer's layout.

    Args:
        annotations: Name of the file that holds the samples.
        record: Returns a sample as a JSON value.
        as_list: Is the file one JSON list? Otherwise it has one value per line.
        beside: Returns further JSON files by name, from the final folder, the dataset's name and the number
            of samples.
    """

    annotations: str
    record: Callable[[Sample], Mapping[str, Any]]
    as_list: bool = False
    beside: Callable[[Path, str, int], Mapping[str, Any]] = _nothing
