"""Memory of the emulated card: tensors at made-up addresses, far apart, and what a block shares."""

import ctypes
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy import ndarray

_SPACING = 40  # bits of an address within one tensor's range
_WORDS = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}
_ATOMIC: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "min": min,
    "max": max,
    "or": lambda a, b: a | b,
    "and": lambda a, b: a & b,
    "exch": lambda a, b: b,
    "cas": lambda a, b, c: c if a == b else a,
}


class MemoryFault(RuntimeError):
    """An access outside of every tensor, one that is not aligned, or stores that contradict each other."""


class Memory:
    """Ranges of octets by number; at ``number << 40`` one begins, but for its alignment."""

    def __init__(self) -> None:
        self._ranges: list[tuple[int, ndarray]] = []
        self._numbers: dict[int, int] = {}

    @classmethod
    def shared(cls, size: int) -> "Memory":
        """Return the memory of one block, from address 0, full of garbage."""
        memory = cls()
        memory._ranges.append((0, np.full(size, 0xFF, np.uint8)))
        return memory

    def address(self, tensor: Any) -> int:
        """Return where a tensor of PyTorch begins."""
        storage = tensor.untyped_storage()
        start = storage.data_ptr()
        if start not in self._numbers:
            self._numbers[start] = len(self._ranges) + 1
            octets = np.empty(0, np.uint8)
            if storage.nbytes():
                octets = np.ctypeslib.as_array((ctypes.c_uint8 * storage.nbytes()).from_address(start))
            self._ranges.append(((self._numbers[start] << _SPACING) + start % 256, octets))
        return self._ranges[self._numbers[start] - 1][0] + tensor.storage_offset() * tensor.itemsize

    def load(self, addresses: ndarray, size: int, count: int) -> ndarray:
        """Return ``count`` words of ``size`` octets from each address, (count, threads)."""
        found = np.empty((count, len(addresses)), _WORDS[size])
        for chosen, words, index in self._places(addresses, size, count):
            found[:, chosen] = words[index + np.arange(count)[:, None]]
        return found

    def store(self, addresses: ndarray, values: ndarray) -> None:
        """Write words, (count, threads)."""
        count, size = len(values), values.itemsize
        for chosen, words, index in self._places(addresses, size, count):
            place = index + np.arange(count)[:, None]
            words[place] = values[:, chosen]
            if (words[place] != values[:, chosen]).any():
                raise MemoryFault("one instruction stores different words at one address")

    def update(self, addresses: ndarray, operands: list[ndarray], operation: str) -> ndarray:
        """Apply ``operation`` at one address after the other, and return what was there before."""
        apply, values = _ATOMIC[operation], operands[0]
        before, places = np.empty_like(values), [None] * len(addresses)
        for chosen, words, index in self._places(addresses, values.itemsize, 1):
            for thread, place in zip(np.arange(len(addresses))[chosen], index, strict=True):
                places[thread] = words.view(values.dtype), place
        for thread, (words, place) in enumerate(places):
            before[thread] = words[place]
            words[place] = apply(words[place], *(values[thread] for values in operands))
        return before

    def _places(self, addresses: ndarray, size: int, count: int) -> Iterable[tuple[Any, ndarray, ndarray]]:
        """Return for each range its threads, its words, and the first that each of these threads accesses."""
        if not len(addresses):
            return
        wide = addresses.astype(np.int64)
        if (wide % (size * count)).any():
            raise MemoryFault(f"an access to {count} words of {size} octets is not aligned")
        numbers = wide >> _SPACING
        for number in [numbers[0]] if (numbers == numbers[0]).all() else np.unique(numbers):
            chosen = numbers == number
            if not self._ranges or not 0 <= number <= len(self._ranges):
                raise MemoryFault(f"no tensor is at address {wide[chosen][0]:#x}")
            base, octets = self._ranges[max(number - 1, 0)]
            first = wide[chosen] - base
            if first.min() < 0 or first.max() + size * count > len(octets):
                raise MemoryFault(
                    f"octets {first.min()} to {first.max() + size * count} of the {len(octets)} of tensor "
                    f"{number} are accessed"
                )
            words = octets[: len(octets) // size * size].view(_WORDS[size])
            yield chosen, words, first // size
