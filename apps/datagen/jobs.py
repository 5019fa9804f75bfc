"""What a worker does to one scene in each of the two passes; plain values in, plain values out."""

import multiprocessing
import os
import signal
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from spatialgeom.apps.datagen import cache
from spatialgeom.apps.datagen.geometry import SceneGeometry, compute_geometry
from spatialgeom.apps.datagen.progress import Progress
from spatialgeom.apps.datagen.reader import SceneHandle
from spatialgeom.apps.datagen.readers import load_readers
from spatialgeom.apps.datagen.rows import build_table
from spatialgeom.apps.datagen.rules import RULES
from spatialgeom.apps.datagen.task import Context
from spatialgeom.apps.datagen.tasks import load_tasks
from spatialgeom.apps.datagen.units import UNITS, draw_units
from spatialgeom.apps.datagen.writer import Shard, find_shard, write_shard
from spatialgeom.apps.errors import InputError


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


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
    dropped: dict[str, int]
    histograms: dict[str, np.ndarray]
    without_up: tuple[str, ...]  # tasks left out because up is unknown
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Share:
    """A scene's part of a task's plan."""

    quota: np.ndarray  # (B,) units to draw from each bin
    offset: int  # units that the scenes before draw


@dataclass(frozen=True)
class Skipped:
    """A scene with a fault, and why."""

    name: str
    reason: str


def start_worker() -> None:
    """Give a worker one thread, leave interrupts to its parent, and end it when the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow_parent, daemon=True).start()
    for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    import torch

    torch.set_num_threads(1)


def prepare(
    handle: SceneHandle,
    rules_name: str,
    tasks: tuple[str, ...],
    folder: str,
    cache_folder: str,
    device: str,
    quiet: bool,
) -> Prepared | Skipped:
    """Read a scene, make or load its geometry, count its units."""
    rules, progress = RULES[rules_name], Progress(quiet)
    try:
        scene = load_readers()[handle.reader].load(handle, Path(folder))
        key = cache.cache_key(scene, rules)
        path = cache.cache_path(Path(cache_folder), scene, key)
        geometry = cache.load(path)
        if geometry is None:
            geometry = compute_geometry(scene, rules, key, progress, device)
            cache.save(geometry, path)
    except InputError as fault:
        return Skipped(handle.name, str(fault))
    chosen = [load_tasks()[name] for name in tasks]
    without_up = tuple(task.name for task in chosen if task.needs_up and not geometry.up_known)
    return Prepared(
        name=geometry.name,
        space=geometry.space,
        source=geometry.source,
        licence=geometry.licence,
        root=scene.root,
        key=key,
        cache=str(path),
        frames=len(geometry.frames),
        points=len(geometry.points),
        pairs=len(geometry.pairs),
        dropped=geometry.dropped,
        histograms={
            task.name: UNITS[task.unit].histogram(task, geometry, rules)
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
