"""What a format is: how one sample becomes one JSON value, and which files go beside them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


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
        """Return the question after one ``<image>`` per image, numbered if there are several."""
        if len(self.images) == 1:
            return f"<image>\n{self.question}"
        return "".join(f"Image-{k}: <image>\n" for k in range(1, len(self.images) + 1)) + self.question


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
