"""Progress on a terminal as a bar, elsewhere as plain lines, with --quiet not at all; always on stderr."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")

_LINE_EVERY_S = 10.0


class Progress:
    """How a run says how far it is."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self._bar = sys.stderr.isatty()

    def say(self, message: str) -> None:
        """Print one line, unless quiet."""
        if not self.quiet:
            tqdm.write(message, file=sys.stderr)

    def track(self, items: Iterable[T], total: int, title: str) -> Iterator[T]:
        """Yield ``items``, showing how many of ``total`` are done."""
        if self.quiet:
            yield from items
        elif self._bar:
            yield from tqdm(items, total=total, desc=title, file=sys.stderr, leave=False, dynamic_ncols=True)
        else:
            yield from self._lines(items, total, title)

    def _lines(self, items: Iterable[T], total: int, title: str) -> Iterator[T]:
        said = time.monotonic()
        for done, item in enumerate(items, 1):
            yield item
            if time.monotonic() - said > _LINE_EVERY_S:
                said = time.monotonic()
                self.say(f"{title}: {done} of {total}")
