"""Shuffling more lines than fit into memory: scatter them over buckets on disk, then sort each bucket."""

import struct
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np

_HEAD = struct.Struct("<qq")  # position, length


class Shuffle:
    """Lines come in order and go out under a seeded permutation, at most ``bucket`` of them in memory.

    Args:
        folder: Where buckets lie while this is open; it is made here.
        count: How many lines will come.
        seed: The same seed and count give the same permutation.
        bucket: Lines per bucket.
    """

    def __init__(self, folder: Path, count: int, seed: int, bucket: int = 200_000) -> None:
        self._target = np.random.default_rng([seed, *b"shuffle"]).permutation(count)
        self._bucket = bucket
        self._next = 0
        self._stack = ExitStack()
        folder.mkdir()
        self._stack.callback(folder.rmdir)
        self._paths = [folder / str(k) for k in range(-(-count // bucket))]
        for path in self._paths:
            self._stack.callback(path.unlink)
        self._files: list[BinaryIO] = [self._stack.enter_context(path.open("wb")) for path in self._paths]

    def __enter__(self) -> "Shuffle":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def add(self, line: bytes) -> None:
        position = int(self._target[self._next])
        self._next += 1
        file = self._files[position // self._bucket]
        file.write(_HEAD.pack(position, len(line)))
        file.write(line)

    def lines(self) -> Iterator[bytes]:
        """Yield all lines that were added, shuffled."""
        for path, file in zip(self._paths, self._files, strict=True):
            file.close()
            content, start = path.read_bytes(), 0
            found: list[tuple[int, bytes]] = []
            while start < len(content):
                position, length = _HEAD.unpack_from(content, start)
                start += _HEAD.size + length
                found.append((position, content[start - length : start]))
            yield from (line for _, line in sorted(found))
