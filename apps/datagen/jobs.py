"""What a worker does to one scene in each of the two passes; plain values in, plain values out."""

import hashlib
import os
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from spatialgeom.apps.datagen import cache
from spatialgeom.apps.datagen.clip import Clip
from spatialgeom.apps.datagen.decoding import leave_signals_to_parent
from spatialgeom.apps.datagen.geometry import SceneGeometry, compute_geometry, derive, follow
from spatialgeom.apps.datagen.plan import Share
from spatialgeom.apps.datagen.reader import SceneHandle
from spatialgeom.apps.datagen.readers import load_readers
from spatialgeom.apps.datagen.rows import build_table
from spatialgeom.apps.datagen.rules import RULES, Rules
from spatialgeom.apps.datagen.scene import Scene
from spatialgeom.apps.datagen.scene_pass import Received
from spatialgeom.apps.datagen.task import Context
from spatialgeom.apps.datagen.tasks import load_tasks
from spatialgeom.apps.datagen.units import UNITS, draw_units
from spatialgeom.apps.datagen.writer import Shard, find_shard, write_shard
from spatialgeom.apps.errors import InputError
from spatialgeom.apps.progress import Progress


@dataclass(frozen=True)
class Prepared:
    """A scene after the first pass: its cached geometry, and how many units each task finds in each bin."""

    name: str
    space: str
    source: str
    licence: str
    root: str
    key: str
    cache: str
    frames: int
    points: int
    pairs: int
    objects: int
    tracks: int
    dropped: dict[str, int]
    histograms: dict[str, np.ndarray]
    without_up: tuple[str, ...]  # tasks left out because up is unknown
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def has_surface(self) -> bool:
        """Does it have depth images, and so points that do not move?"""
        return self.points > 0


@dataclass(frozen=True)
class Skipped:
    """A scene with a fault, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Wanted:
    """What the first pass is to make of scenes.

    Args:
        rules: Name of the rules.
        tasks: Names of the tasks.
        folder: Of the dataset.
        cache: Folder of the geometry cache.
        device: Where geometry is computed.
        quiet: No progress.
    """

    rules: str
    tasks: tuple[str, ...]
    folder: str
    cache: str
    device: str
    quiet: bool


@dataclass(frozen=True)
class Opened:
    """A scene whose geometry is not in the cache."""

    scene: Scene
    key: str
    path: Path


def start_worker() -> None:
    """Give a worker one thread, leave interrupts to its parent, and end it when the parent is gone."""
    leave_signals_to_parent()
    for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    import torch

    torch.set_num_threads(1)


def open_scene(handle: SceneHandle, wanted: Wanted) -> Prepared | Skipped | Opened:
    """Read a scene's headers; if its geometry is in the cache, count its units."""
    try:
        scene = load_readers()[handle.reader].load(handle, Path(wanted.folder))
    except InputError as fault:
        return Skipped(handle.name, str(fault))
    rules = RULES[wanted.rules]
    key = cache.cache_key(scene, rules) if isinstance(scene, Clip) else _key(scene, rules, wanted.device)
    path = cache.cache_path(Path(wanted.cache), scene, key)
    geometry = cache.load(path)
    if geometry is not None:
        return _count(geometry, scene.root, path, wanted)
    return _follow(scene, key, path, wanted) if isinstance(scene, Clip) else Opened(scene, key, path)


def _follow(clip: Clip, key: str, path: Path, wanted: Wanted) -> Prepared | Skipped:
    """Make the geometry of a clip, which has nothing to decode, where it was opened."""
    try:
        geometry = follow(clip, RULES[wanted.rules], key)
    except InputError as fault:
        return Skipped(clip.name, str(fault))
    cache.save(geometry, path)
    return _count(geometry, clip.root, path, wanted)


def _key(scene: Scene, rules: Rules, device: str) -> str:
    """Return the cache's key: devices agree only up to rounding, so what one computed is not another's."""
    key, kind = cache.cache_key(scene, rules), device.partition(":")[0]
    return key if kind == "cpu" else hashlib.sha256(f"{kind}|{key}".encode()).hexdigest()


def prepare(handle: SceneHandle, wanted: Wanted) -> Prepared | Skipped:
    """Read a scene, make or load its geometry, count its units."""
    opened = open_scene(handle, wanted)
    if not isinstance(opened, Opened):
        return opened
    rules, progress, folder = RULES[wanted.rules], Progress(wanted.quiet), Path(wanted.cache)
    try:
        geometry = compute_geometry(opened.scene, rules, opened.key, progress, wanted.device, folder)
    except InputError as fault:
        return Skipped(opened.scene.name, str(fault))
    return _keep(opened, geometry, wanted)


def finish(opened: Opened, received: Received, wanted: Wanted) -> Prepared | Skipped:
    """Make the geometry of a scene whose depth images are decoded, count its units."""
    try:
        geometry = derive(received, RULES[wanted.rules], opened.key, wanted.device)
    except InputError as fault:
        return Skipped(opened.scene.name, str(fault))
    return _keep(opened, geometry, wanted)


def _keep(opened: Opened, geometry: SceneGeometry, wanted: Wanted) -> Prepared:
    cache.save(geometry, opened.path)
    return _count(geometry, opened.scene.root, opened.path, wanted)


def _count(geometry: SceneGeometry, root: str, path: Path, wanted: Wanted) -> Prepared:
    chosen = [load_tasks()[name] for name in wanted.tasks]
    without_up = tuple(
        task.name for task in chosen if task.needs_up and not geometry.up_known and len(geometry.points)
    )
    return Prepared(
        name=geometry.name,
        space=geometry.space,
        source=geometry.source,
        licence=geometry.licence,
        root=root,
        key=geometry.key,
        cache=str(path),
        frames=len(geometry.frames),
        points=len(geometry.points),
        pairs=len(geometry.pairs),
        objects=len(geometry.objects.ids),
        tracks=geometry.tracks.world.shape[1],
        dropped=geometry.dropped,
        histograms={
            task.name: UNITS[task.unit].histogram(task, geometry, RULES[wanted.rules])
            for task in chosen
            if task.name not in without_up
        },
        without_up=without_up,
        seconds=geometry.seconds,
    )


def write(
    prepared: Prepared, quotas: dict[str, Share], rules: str, seed: int, run: str, plan: str, folder: str
) -> Shard:
    """Draw a scene's part of the plan and write its shard, or find it finished."""
    finished = find_shard(Path(folder), prepared.name, plan)
    if finished is not None:
        return finished
    geometry = _load(prepared)
    tables, counts = [], {}
    for name, share in quotas.items():
        task = load_tasks()[name]
        context = Context(geometry, RULES[rules], name, seed, int(share.quota.sum()), share.offset)
        units, replaced, short = draw_units(task, context, share.quota)
        rows = len(next(iter(units.values()))) if units else 0
        if rows:
            tables.append(build_table(task, context, units, run))
        counts[name] = {"rows": rows, "replaced": replaced, "short": short}
    return write_shard(Path(folder), prepared.name, plan, tables, counts)


def _load(prepared: Prepared) -> SceneGeometry:
    geometry = cache.load(Path(prepared.cache))
    if geometry is None:
        raise InputError(f"{prepared.cache} vanished or was damaged while the run went on; run again")
    return replace(geometry, root=prepared.root)
