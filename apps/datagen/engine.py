"""The data engine: readers to scenes to geometry to a global plan to rows, in two exact passes."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from spatialgeom.apps.datagen import jobs
from spatialgeom.apps.datagen.config import RunConfig
from spatialgeom.apps.datagen.device_pass import prepare_on_device
from spatialgeom.apps.datagen.jobs import Prepared, Skipped, Wanted
from spatialgeom.apps.datagen.manifest import build_manifest, notes_of, write_card
from spatialgeom.apps.datagen.plan import Share, crowded, plan_quotas
from spatialgeom.apps.datagen.reader import SceneHandle
from spatialgeom.apps.datagen.selection import select_scenes
from spatialgeom.apps.datagen.writer import CACHE, OURS, Shard, abandon_folder, claim_folder, write_json
from spatialgeom.apps.errors import InputError
from spatialgeom.apps.progress import Progress
from spatialgeom.apps.provenance import fingerprint, versions
from spatialgeom.apps.records import MANIFEST


@dataclass(frozen=True)
class RunResult:
    """What a run did.

    Args:
        manifest: As it stands in the folder.
        seconds: Wall time by stage; empty where the run had been finished before.
        finished_before: Nothing was left to do.
    """

    manifest: dict[str, Any]
    seconds: dict[str, float]
    finished_before: bool = False

    @property
    def skipped(self) -> bool:
        """Was anything left out that the user should look at?"""
        manifest = self.manifest
        dropped = any(scene["dropped"] for scene in manifest["scenes"].values())
        return bool(manifest["skipped"] or manifest["notes"] or dropped)


def run(config: RunConfig) -> RunResult:
    """Make a dataset, or go on with an interrupted one.

    Raises:
        InputError: Nothing could be made from the sources, or ``strict`` and something was skipped.
        UsageError: The configuration contradicts itself or the folder belongs to another run.
    """
    folder, progress, started = Path(config.out), Progress(config.quiet), time.perf_counter()
    handles, notes = select_scenes(config)
    claim = claim_folder(folder, config.identity())
    if claim.manifest is not None:
        return RunResult(claim.manifest, {}, finished_before=True)
    try:
        with _workers(config.workers, len(handles)) as workers:
            prepared, skipped = _first_pass(config, handles, workers, progress)
            quotas = plan_quotas(
                prepared, config.chosen_tasks(), config.seed, config.max_per_task, config.max_per_space
            )
            shards = _second_pass(config, prepared, quotas, workers.map, progress)
        if not sum(shard.rows for shard in shards):
            raise InputError("no question could be made: " + "; ".join(_reasons(config, prepared, skipped)))
    except InputError:
        abandon_folder(folder, claim)
        raise
    except Exception:
        if not any((folder / name).exists() for name in OURS):
            abandon_folder(folder, claim)
        raise
    notes += crowded(prepared, config.chosen_tasks(), quotas, config.max_per_space)
    manifest = build_manifest(config, prepared, skipped, shards, notes)
    write_card(folder, manifest)
    write_json(folder / MANIFEST, manifest)
    seconds: dict[str, float] = {}
    for scene in prepared:
        for stage, spent in scene.seconds.items():
            seconds[stage] = seconds.get(stage, 0.0) + spent
    return RunResult(manifest, {**seconds, "total": time.perf_counter() - started})


Mapped = Callable[..., Iterator[Any]]


class _Workers(NamedTuple):
    """Where jobs run: in this process for one worker, else in spawned ones with one thread each."""

    map: Mapped
    submit: Callable[..., "Future[Any]"]


@contextmanager
def _workers(asked: int, scenes: int) -> Iterator[_Workers]:
    count = min(asked or os.cpu_count() or 1, scenes)
    if count <= 1:
        yield _Workers(map, _at_once)
        return
    # never forked: a forked child of a process that has run a parallel Numba kernel is killed
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context, initializer=jobs.start_worker) as pool:
        try:
            with _without_interrupts():
                pool.submit(os.getpid)  # starts all of them
            yield _Workers(pool.map, pool.submit)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Let processes that start here ignore interrupts from their first moment on, not only once they can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _at_once(job: Callable[..., Any], *arguments: Any) -> "Future[Any]":
    done: Future[Any] = Future()
    done.set_result(job(*arguments))
    return done


def _first_pass(
    config: RunConfig, handles: Sequence[SceneHandle], workers: _Workers, progress: Progress
) -> tuple[list[Prepared], list[Skipped]]:
    tasks = tuple(task.name for task in config.chosen_tasks())
    cache = config.cache or str(Path(config.out) / CACHE)
    count, on_device = len(handles), config.device.partition(":")[0] != "cpu"
    # workers' bars would write over one another
    quiet = config.quiet or not (on_device or workers.map is map)
    wanted = Wanted(config.rules, tasks, config.out, cache, config.device, quiet)
    with ExitStack() as stack:
        done: Iterator[Prepared | Skipped]
        if on_device:
            made = prepare_on_device(handles, wanted, config.workers, workers.submit)
            done = stack.enter_context(closing(made))
        else:
            done = workers.map(jobs.prepare, handles, [wanted] * count)
        return _sorted_out(config, progress.track(done, count, "scenes"), progress)


def _sorted_out(
    config: RunConfig, done: Iterable[Prepared | Skipped], progress: Progress
) -> tuple[list[Prepared], list[Skipped]]:
    prepared, skipped = [], []
    for result in done:
        if isinstance(result, Prepared):
            prepared.append(result)
            continue
        if config.strict:
            raise InputError(f"{result.reason} (--strict)")
        progress.say(f"skipped {result.name}: {result.reason}")
        skipped.append(result)
    if config.strict:
        _refuse_any_skip(prepared)
    return prepared, skipped


def _refuse_any_skip(prepared: Sequence[Prepared]) -> None:
    for scene in prepared:
        for reason in scene.dropped:
            raise InputError(f"{scene.name} has a frame that would be dropped: {reason} (--strict)")
    for note in notes_of(prepared):
        raise InputError(f"{note} (--strict)")


def _second_pass(
    config: RunConfig,
    prepared: Sequence[Prepared],
    quotas: Sequence[dict[str, Share]],
    mapped: Mapped,
    progress: Progress,
) -> list[Shard]:
    count, identity, code = len(prepared), config.fingerprint(), _code(config)
    plans = [
        fingerprint(
            [
                identity,
                code,
                scene.key,
                {name: [share.quota.tolist(), share.offset] for name, share in shares.items()},
            ]
        )
        for scene, shares in zip(prepared, quotas, strict=True)
    ]
    done = mapped(
        jobs.write,
        prepared,
        quotas,
        *([value] * count for value in (config.rules, config.seed, identity)),
        plans,
        [config.out] * count,
    )
    return list(progress.track(done, count, "questions"))


_SHOWN = 3  # scenes whose reasons are said


def _code(config: RunConfig) -> str:
    """Return a fingerprint of what words questions: shards of another version are not taken for ours."""
    wordings = [asdict(task.wording) for task in config.chosen_tasks()]
    return fingerprint([versions()["spatialgeom"], wordings])


def _reasons(config: RunConfig, prepared: Sequence[Prepared], skipped: Sequence[Skipped]) -> Iterator[str]:
    yield from (fault.reason for fault in skipped[:_SHOWN])
    if len(skipped) > _SHOWN:
        yield f"and {len(skipped) - _SHOWN} more scenes"
    for scene in prepared[:_SHOWN]:
        if scene.has_surface and not scene.pairs:
            yield f"{scene.name} has no image pair whose overlap is in range"
        if scene.without_up:
            yield f"up is unknown in {scene.name}, which {', '.join(scene.without_up)} need"
    needs = {_NEEDS[task.family] for task in config.chosen_tasks()}
    wanted = " or ".join(sorted(needs))
    if prepared:
        yield f"the tasks need scenes with {wanted}; choose others with --tasks, or other sources"


_NEEDS = {
    "depth": "depth images",
    "correspondence": "depth images",
    "camera": "depth images",
    "size": "named objects",
    "motion": "tracked points",
}
