"""Blocks of depth maps on their way to a device: copied beside the computation, out of page-locked memory."""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from spatialgeom.apps.datagen.decoding import Block
from spatialgeom.apps.errors import InputError


class Copies(Protocol):
    """Copies to a device that run beside what it computes."""

    def free_bytes(self) -> int:
        """Return how much memory of the device is free."""

    def empty(self, shape: tuple[int, ...]) -> Tensor:
        """Return uint16 memory of the device."""

    def start(self, source: np.ndarray, target: Tensor, after: Any) -> Any:
        """Copy after the event ``after``; computation that is queued later waits for the event returned."""

    def mark(self) -> Any:
        """Return an event that happens when everything queued so far is computed."""

    def wait(self, event: Any) -> None:
        """Hold this thread until an event has happened."""

    def close(self) -> None:
        """Finish all copies and unlock the memory that they read."""


class CudaCopies:
    """Copies on a stream of their own, from ``memory``, which is page-locked where it lies.

    Raises:
        InputError: It cannot be page-locked.
    """

    def __init__(self, device: torch.device, memory: np.ndarray) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._runtime = torch.cuda.cudart()  # type: ignore[no-untyped-call]
        self._address = memory.ctypes.data
        with torch.cuda.device(device):
            fault = self._runtime.cudaHostRegister(self._address, memory.nbytes, 0)
        if int(fault):
            raise InputError(
                f"{memory.nbytes >> 20} MiB of shared memory cannot be page-locked for {device} ({fault}); "
                "give the container more /dev/shm, or take --device cpu"
            )

    def free_bytes(self) -> int:
        free: int = torch.cuda.mem_get_info(self._device)[0]
        return free + torch.cuda.memory_reserved(self._device) - torch.cuda.memory_allocated(self._device)

    def empty(self, shape: tuple[int, ...]) -> Tensor:
        return torch.empty(shape, dtype=torch.uint16, device=self._device)

    def start(self, source: np.ndarray, target: Tensor, after: torch.cuda.Event) -> torch.cuda.Event:
        self._stream.wait_event(after)
        with torch.cuda.stream(self._stream):
            target.copy_(torch.from_numpy(source), non_blocking=True)
            arrived = self._stream.record_event()
        torch.cuda.current_stream(self._device).wait_event(arrived)
        return arrived

    def mark(self) -> torch.cuda.Event:
        return torch.cuda.current_stream(self._device).record_event()

    def wait(self, event: torch.cuda.Event) -> None:
        event.synchronize()

    def close(self) -> None:
        self._stream.synchronize()
        with torch.cuda.device(self._device):
            self._runtime.cudaHostUnregister(self._address)


class Uploader:
    """Blocks copied into two buffers in turn; the host waits for copies, never for computation."""

    def __init__(self, copies: Copies) -> None:
        self._copies = copies
        self._buffers: list[Tensor] = []

    def upload(self, blocks: Iterator[Block], store: Tensor | None = None) -> Iterator[tuple[Block, Tensor]]:
        """Yield each block with its maps on the device, in ``store`` or only until the next is asked for."""
        free: list[Any] = []
        for turn, block in enumerate(blocks):
            target = self._target(block, store, turn % 2)
            if turn < 2:
                free.append(self._copies.mark())  # after the memory was taken: it may have been in use
            arrived = self._copies.start(block.depth, target, free[turn % 2])
            yield block, target
            free[turn % 2] = self._copies.mark()
            self._copies.wait(arrived)
            block.release()

    def _target(self, block: Block, store: Tensor | None, turn: int) -> Tensor:
        if store is not None:
            return store[block.first : block.first + len(block.depth)]
        if not self._buffers or self._buffers[0].numel() < block.depth.size:
            self._buffers = [self._copies.empty((block.depth.size,)) for _ in range(2)]
        return self._buffers[turn][: block.depth.size].view(block.depth.shape)


class InPlace:
    """The CPU's twin of an uploader: maps are used where they were decoded."""

    def upload(self, blocks: Iterator[Block], store: Tensor | None = None) -> Iterator[tuple[Block, Tensor]]:
        del store  # they were decoded into it
        for block in blocks:
            yield block, torch.from_numpy(block.depth)
            block.release()
