"""Depth images decoded ahead of their use, into a ring of blocks, by threads or by processes.

Each worker takes every n-th frame. Nothing passes between it and the consumer but counts of free and of
finished blocks: no image is pickled, and a worker that dies leaves no lock locked.
"""

import ctypes
import multiprocessing
import os
import pickle
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any, NamedTuple

import numpy as np

from spatialgeom.apps.datagen.scene import Scene
from spatialgeom.apps.errors import InputError

_SLOT_BYTES = 12 << 20  # 20 VGA depth maps; four slots fit the 64 MiB of shared memory that containers give
_MOST_FRAMES = 32  # of a block
_LOOK_S = 0.5  # between two looks at whether a worker that keeps silent is alive
_LONGEST_FAULT = 500  # characters


@dataclass(frozen=True)
class Block:
    """Consecutive frames of a scene; the maps of those in ``lost`` hold nothing."""

    first: int
    depth: np.ndarray  # (n, H, W) uint16; another block's after ``release``
    lost: dict[int, str]  # frame -> fault
    release: Callable[[], None]

    @property
    def kept(self) -> np.ndarray:
        """Frames that were decoded, by their number in the scene."""
        frames = np.arange(self.first, self.first + len(self.depth))
        return frames[~np.isin(frames, list(self.lost))] if self.lost else frames


@dataclass(frozen=True)
class _Plan:
    depth: Callable[[int], np.ndarray]
    frames: int
    size: tuple[int, int]
    step: int  # frames of a block
    into: np.ndarray | None  # (F, H, W) to decode into in place of the ring

    def maps(self, ring: np.ndarray, slot: int, first: int) -> np.ndarray:
        count = min(self.step, self.frames - first)
        if self.into is not None:
            return self.into[first : first + count]
        flat = ring[slot, : count * _bytes(self.size)]
        return flat.view(np.uint16).reshape(count, *self.size)


def _bytes(size: tuple[int, int]) -> int:
    return 2 * size[0] * size[1]


class _Ends(NamedTuple):
    """What a worker shares with the consumer."""

    plans: Any  # queue of plans, then None
    faults: Connection
    free: Any  # semaphore: blocks that may be written
    done: Any  # semaphore: blocks that are written


@dataclass
class _Worker:
    ends: _Ends
    faults: Connection
    runner: Any  # thread or process
    lost: dict[int, str | Exception] = field(default_factory=dict)


class Decoders:
    """Workers that decode scenes one after another, a few blocks ahead of their consumer.

    Args:
        workers: How many.
        processes: Spawned processes, for which a scene's ``depth`` must be picklable; else threads.
    """

    def __init__(self, workers: int, processes: bool) -> None:
        slots = 2 + max(2, -(-workers // 8))
        self._processes = processes
        self._stop: Any
        shared: Any
        if processes:
            # never forked: a forked child of a process that has run a parallel Numba kernel is killed
            self._context = multiprocessing.get_context("spawn")
            shared = self._context.RawArray(ctypes.c_uint8, slots * _SLOT_BYTES)
            self._stop = self._context.RawValue(ctypes.c_bool)
            self.memory = np.frombuffer(shared, np.uint8).reshape(slots, _SLOT_BYTES)
        else:
            self.memory = shared = np.empty((slots, _SLOT_BYTES), np.uint8)
            self._stop = ctypes.c_bool()
        self._slot = 0  # of the next block to be consumed
        self._waiting: list[_Plan] = []
        self._workers: list[_Worker] = []
        try:
            for index in range(workers):
                self._workers.append(self._start(index, workers, shared, slots))
        except BaseException:
            self.close()
            raise

    def _start(self, index: int, workers: int, shared: Any, slots: int) -> _Worker:
        receiver, sender = multiprocessing.Pipe(duplex=False)
        runner: Any
        if self._processes:
            ends = _Ends(
                self._context.Queue(), sender, self._context.Semaphore(slots), self._context.Semaphore(0)
            )
            job = (index, workers, shared, slots, ends, self._stop)
            runner = self._context.Process(target=_work_in_process, args=job, daemon=True)
        else:
            ends = _Ends(queue.SimpleQueue(), sender, threading.Semaphore(slots), threading.Semaphore(0))
            runner = threading.Thread(
                target=_work, args=(index, workers, shared, ends, self._stop), daemon=True
            )
        runner.start()
        if self._processes:
            sender.close()  # so that a worker's death ends what can be read
        return _Worker(ends, receiver, runner)

    def submit(self, scene: Scene, into: np.ndarray | None = None) -> Iterator[Block]:
        """Begin to decode a scene, after those submitted before; return its blocks, to be read in that order.

        Raises:
            InputError: Its depth images are too large for a block.
            TypeError: Workers are processes and the scene's ``depth`` is not picklable.
        """
        height, width = scene.depth_camera.size
        step = min(_MOST_FRAMES, _SLOT_BYTES // _bytes((height, width))) if into is None else _MOST_FRAMES
        if not step:
            raise InputError(
                f"{scene.name} has depth images of {width}x{height}, too large to be decoded ahead"
            )
        plan = _Plan(scene.depth, len(scene.frames), (height, width), step, into)
        message: Any = plan
        if self._processes:
            try:
                message = bytes(ForkingPickler.dumps(plan))
            except (pickle.PicklingError, AttributeError, TypeError) as fault:
                raise TypeError(
                    f"the depth of {scene.name} must be picklable to be decoded in other processes: {fault}"
                ) from None
        for worker in self._workers:
            worker.ends.plans.put(message)
        self._waiting.append(plan)
        return self._blocks(plan)

    def _blocks(self, plan: _Plan) -> Iterator[Block]:
        if not self._waiting or self._waiting[0] is not plan:
            raise RuntimeError(
                "scenes must be read in the order in which they were submitted, each to its end"
            )
        for first in range(0, plan.frames, plan.step):
            depth = plan.maps(self.memory, self._slot, first)
            lost: dict[int, str] = {}
            for worker in self._workers:
                lost |= self._await(worker, range(first, first + len(depth)))
            self._slot = (self._slot + 1) % len(self.memory)
            yield Block(first, depth, dict(sorted(lost.items())), self._release)
        self._waiting.pop(0)

    def _await(self, worker: _Worker, frames: range) -> dict[int, str]:
        """Return the worker's faults among these frames once it has finished its share of them."""
        while not worker.ends.done.acquire(True, _LOOK_S):
            if not worker.runner.is_alive():
                raise BrokenProcessPool(
                    f"a decoder ended with code {getattr(worker.runner, 'exitcode', None)}"
                )
        while worker.faults.poll():
            try:
                worker.lost |= worker.faults.recv()
            except EOFError:
                break  # it died; the next look says so
        lost: dict[int, str] = {}
        for frame in frames:
            fault = worker.lost.pop(frame, None)
            if isinstance(fault, Exception):
                raise fault
            if fault is not None:
                lost[frame] = fault
        return lost

    def _release(self) -> None:
        for worker in self._workers:
            worker.ends.free.release()

    def close(self) -> None:
        """Stop the workers, whatever they are at."""
        self._stop.value = True
        for worker in self._workers:
            worker.ends.plans.put(None)
            worker.ends.free.release()
            if self._processes:
                worker.runner.terminate()
                worker.ends.plans.cancel_join_thread()
                worker.ends.plans.close()
            worker.runner.join()
            worker.faults.close()
        self._workers.clear()

    def __enter__(self) -> "Decoders":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _work(index: int, workers: int, ring: np.ndarray, ends: _Ends, stop: Any) -> None:
    """Decode every ``workers``-th frame of each plan, block by block."""
    slot = 0
    while (message := ends.plans.get()) is not None:
        plan: _Plan = pickle.loads(message) if isinstance(message, bytes) else message
        for first in range(0, plan.frames, plan.step):
            ends.free.acquire()
            if stop.value:
                return
            maps = plan.maps(ring, slot, first)
            faults: dict[int, str | Exception] = {}
            for place in range((index - first) % workers, len(maps), workers):
                try:
                    maps[place] = _checked(plan.depth(first + place), plan.size)
                except InputError as fault:
                    faults[first + place] = str(fault)[:_LONGEST_FAULT]
                except Exception as fault:  # noqa: BLE001 - raised again where the block is read
                    faults[first + place] = fault
            if faults:
                ends.faults.send(faults)
            ends.done.release()
            slot = (slot + 1) % len(ring)


def _checked(depth: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Refuse a map that would be broadcast."""
    if depth.shape != size:
        shape = "x".join(map(str, depth.shape[::-1]))
        raise InputError(f"depth image is {shape}, expected {size[1]}x{size[0]}")
    return depth


def _work_in_process(index: int, workers: int, shared: Any, slots: int, ends: _Ends, stop: Any) -> None:
    leave_signals_to_parent()
    ring = np.frombuffer(shared, np.uint8).reshape(slots, _SLOT_BYTES)
    _work(index, workers, ring, ends, stop)


def leave_signals_to_parent() -> None:
    """Ignore interrupts in a worker process, and end it when its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
