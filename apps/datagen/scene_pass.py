"""A scene's depth maps, each decoded once: seen as they arrive, or kept until a cloud is fused from them."""

import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import spatialgeom as sg
from spatialgeom.apps.datagen.decoding import Block, Decoders
from spatialgeom.apps.datagen.rules import Rules
from spatialgeom.apps.datagen.scene import Scene
from spatialgeom.apps.datagen.sight import Sight
from spatialgeom.apps.datagen.upload import Copies, CudaCopies, InPlace, Uploader
from spatialgeom.apps.errors import InputError
from spatialgeom.apps.progress import Progress

_IN_MEMORY_BYTES = 1 << 30  # of depth maps; more are kept in a file
_SHARE_OF_DEVICE = 0.5  # of its free memory that depth maps may take
_BLOCK_FRAMES = 64  # of maps in host memory that a device is given at a time
_PLAUSIBLE_M = (0.05, 100.0)  # median depth
_SAMPLES = 16  # frames whose depth is judged
_THREADS = 2  # that decode on the CPU


class Stopwatch:
    """Seconds by stage, for the summary."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.resume()

    def resume(self) -> None:
        """Leave out what has passed since the last lap."""
        self._start = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._start
        self._start = now


@dataclass(frozen=True)
class Begun:
    """A scene whose depth images are being decoded."""

    scene: Scene
    blocks: Iterator[Block]
    store: np.ndarray | None  # (F, H, W) that they are decoded into


@dataclass(frozen=True)
class Received:
    """A scene whose depth images are decoded: what its frames see, or, without points, their maps."""

    scene: Scene  # without frames whose depth cannot be decoded
    sight: Sight | None
    points: np.ndarray | None  # (P, 3) float32, Morton order
    depth: Tensor | None  # (F, H, W) uint16, on the host or the device
    watch: Stopwatch = field(default_factory=Stopwatch)


class ScenePass:
    """Decodes scenes in the order in which they are begun, and sees or keeps their depth maps.

    Args:
        device: Where geometry is computed. For the CPU, images are decoded by two threads; else by processes
            into page-locked memory, for which a scene's ``depth`` must be picklable.
        workers: Decoding processes; 0: one per core.
        folder: Where depth maps are kept that are too many for memory; None: the system's.
        copies: How maps get from the decoders' memory to the device; None: as CUDA does, or not at all.
    """

    def __init__(
        self,
        device: str,
        workers: int = 0,
        folder: Path | None = None,
        copies: Callable[[np.ndarray], Copies] | None = None,
    ) -> None:
        self.device = device
        self._folder = folder
        if copies is None and torch.device(device).type != "cpu":
            copies = partial(CudaCopies, torch.device(device))
        count = _THREADS if copies is None else workers or os.cpu_count() or 1
        self.decoders = Decoders(count, processes=copies is not None)
        try:
            self._copies = copies and copies(self.decoders.memory)
        except BaseException:
            self.decoders.close()
            raise
        self._uploader = Uploader(self._copies) if self._copies else InPlace()

    def begin(self, scene: Scene) -> Begun:
        """Begin to decode a scene, a few blocks ahead of the scenes begun before.

        Raises:
            InputError: Its depth images are too large.
        """
        store = None
        if scene.points is not None:
            scene = _along_curve(scene, scene.points)
        elif self._copies is None:
            store = _host_store(scene, self._folder)
        return Begun(scene, self.decoders.submit(scene, store), store)

    def receive(self, begun: Begun, rules: Rules, progress: Progress) -> Received:
        """Take all depth maps of a scene.

        Raises:
            InputError: No depth image decodes, or their scale is wrong.
        """
        scene, taken = begun.scene, _Taken(len(begun.scene.frames))
        sight = keep = None
        points, watch = scene.points, Stopwatch()
        if points is None:
            keep = self._memory(begun)
        else:
            sight = Sight(scene, rules, points, self.device)
        shown = self._take(begun, keep, sight, taken, watch)
        for _ in progress.track(shown, len(scene.frames), f"{scene.name}: depth images"):
            pass
        scene = taken.without_lost(scene)
        taken.check_scale(scene)
        depth = None if keep is None else _moved_up(keep[0], taken.kept)
        return Received(scene, sight, points, depth, watch)

    def _memory(self, begun: Begun) -> tuple[Tensor, bool]:
        """Return memory for all maps of a scene, of the device if they fit there, and whether they do not."""
        if begun.store is not None or self._copies is None:
            return torch.from_numpy(begun.store), False
        shape = (len(begun.scene.frames), *begun.scene.depth_camera.size)
        if 2 * math.prod(shape) <= _SHARE_OF_DEVICE * self._copies.free_bytes():
            return self._copies.empty(shape), False
        return torch.from_numpy(_host_store(begun.scene, self._folder)), True

    def _take(
        self,
        begun: Begun,
        keep: tuple[Tensor, bool] | None,
        sight: Sight | None,
        taken: "_Taken",
        watch: Stopwatch,
    ) -> Iterator[None]:
        """Take block after block; yield once a frame."""
        store, beside = keep or (None, False)
        if store is not None and beside:
            arrived = _copied(begun.blocks, store)
        else:
            arrived = self._uploader.upload(begun.blocks, store)
        for block, depth in arrived:
            watch.lap("decode")
            kept = block.kept
            taken.add(block)
            if sight is not None and len(kept):
                sight.add(kept, _moved_up(depth, kept - block.first))
                watch.lap("visibility, overlap, poses")
            yield from (None for _ in block.depth)
        watch.lap("decode")

    def close(self) -> None:
        if self._copies is not None:
            self._copies.close()
        self.decoders.close()

    def __enter__(self) -> "ScenePass":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Taken:
    """What is remembered of each block: which frames decode, and a sample of their depth."""

    def __init__(self, frames: int) -> None:
        self._every = max(1, frames // _SAMPLES)
        self._samples: list[np.ndarray] = []
        self._kept: list[np.ndarray] = []
        self._fault = ""

    def add(self, block: Block) -> None:
        kept = block.kept
        self._kept.append(kept)
        sampled = kept[kept % self._every == 0] - block.first
        self._samples += [block.depth[k, ::8, ::8].copy() for k in sampled]
        if block.lost and not self._fault:
            self._fault = next(iter(block.lost.values()))

    @property
    def kept(self) -> np.ndarray:
        return np.concatenate(self._kept)

    def without_lost(self, scene: Scene) -> Scene:
        keep = np.zeros(len(scene.frames), bool)
        keep[self.kept] = True
        if not keep.any():
            raise InputError(f"{scene.name} has no usable depth image: {self._fault}")
        return scene.keep_frames(keep, "depth file cannot be decoded")

    def check_scale(self, scene: Scene) -> None:
        """Refuse readings that no room has, before they are fused."""
        sample = np.stack(self._samples) if self._samples else np.zeros(0, np.uint16)
        readings = sample[(sample > 0) & (sample < 65535)]
        median_m = float(np.median(readings)) * scene.depth_scale if readings.size else 1.0
        if not _PLAUSIBLE_M[0] <= median_m <= _PLAUSIBLE_M[1]:
            raise InputError(
                f"{scene.name} has a median depth of {median_m:g} m, expected {_PLAUSIBLE_M[0]:g} to "
                f"{_PLAUSIBLE_M[1]:g} m; check the reader's depth_scale"
            )


def see(received: Received, points: np.ndarray, rules: Rules, device: str) -> Sight:
    """Return what the frames of kept depth maps see of a cloud that was fused from them."""
    scene, depth = received.scene, received.depth
    if depth is None:
        raise ValueError("see: the depth maps were not kept")
    sight = Sight(scene, rules, points, device)
    here = depth.device.type == torch.device(device).type
    step = len(depth) if here else _BLOCK_FRAMES
    for first in range(0, len(depth), step):
        some = depth[first : first + step]
        sight.add(np.arange(first, first + len(some)), some.to(device))
    return sight


def _along_curve(scene: Scene, points: np.ndarray) -> Scene:
    """Put points and their labels along a Morton curve: neighbours in memory are neighbours in space."""
    cloud = torch.from_numpy(points.astype(np.float32))
    order = sg.morton_order(cloud).numpy()
    labels = None if scene.labels is None else scene.labels[order]
    return replace(scene, points=cloud.numpy()[order], labels=labels)


def _copied(blocks: Iterator[Block], keep: Tensor) -> Iterator[tuple[Block, Tensor]]:
    for block in blocks:
        here = keep[block.first : block.first + len(block.depth)]
        here.numpy()[:] = block.depth
        yield block, here
        block.release()


def _moved_up(depth: Tensor, kept: np.ndarray) -> Tensor:
    """Close the gaps between the frames that are kept, in place."""
    for place, frame in enumerate(kept.tolist()):
        if place != frame:
            depth[place].copy_(depth[frame])
    return depth[: len(kept)]


def _host_store(scene: Scene, folder: Path | None) -> np.ndarray:
    """Return memory for all maps of a scene; a large one is a file without a name."""
    shape = (len(scene.frames), *scene.depth_camera.size)
    size = 2 * math.prod(shape)
    if size <= _IN_MEMORY_BYTES:
        return np.empty(shape, np.uint16)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)  # a full disk is said here, not by a bus error later
        return np.memmap(file, np.uint16, "w+", shape=shape)
