"""The first pass with a device: one process computes, others open scenes and decode ahead of it."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TypeVar

from spatialgeom.apps.datagen import jobs
from spatialgeom.apps.datagen.jobs import Opened, Prepared, Skipped, Wanted
from spatialgeom.apps.datagen.reader import SceneHandle
from spatialgeom.apps.datagen.rules import RULES
from spatialgeom.apps.datagen.scene_pass import Begun, ScenePass
from spatialgeom.apps.errors import InputError
from spatialgeom.apps.progress import Progress

T = TypeVar("T")
Result = Prepared | Skipped
Submit = Callable[..., "Future[Prepared | Skipped | Opened]"]

_OPENED_AHEAD = 8


def prepare_on_device(
    handles: Sequence[SceneHandle], wanted: Wanted, workers: int, submit: Submit
) -> Generator[Result, None, None]:
    """Yield what becomes of each scene, in order.

    While one scene's depth maps arrive, the next one's are decoded, and the one before is written down.

    Args:
        handles: The scenes.
        wanted: What to make of them.
        workers: Processes that decode; 0: one per core.
        submit: Starts a job elsewhere.
    """
    with ExitStack() as stack:

        @cache
        def scenes() -> ScenePass:  # nothing is started for scenes that are all in the cache
            return stack.enter_context(ScenePass(wanted.device, workers, Path(wanted.cache)))

        finisher = stack.enter_context(ThreadPoolExecutor(1))
        stack.callback(finisher.shutdown, cancel_futures=True)
        opened = _ahead((submit(jobs.open_scene, handle, wanted) for handle in handles), _OPENED_AHEAD)
        begun = _ahead((_begin(future.result(), scenes) for future in opened), 1)
        received = _ahead((_receive(item, scenes, wanted, finisher) for item in begun), 1)
        for item in received:
            yield item.result() if isinstance(item, Future) else item


def _ahead(items: Iterable[T], count: int) -> Iterator[T]:
    """Yield items, each when ``count`` more have been taken."""
    taken: deque[T] = deque()
    for item in items:
        taken.append(item)
        if len(taken) > count:
            yield taken.popleft()
    yield from taken


def _begin(opened: Result | Opened, scenes: Callable[[], ScenePass]) -> Result | tuple[Opened, Begun]:
    if not isinstance(opened, Opened):
        return opened
    try:
        return opened, scenes().begin(opened.scene)
    except InputError as fault:
        return Skipped(opened.scene.name, str(fault))


def _receive(
    item: Result | tuple[Opened, Begun],
    scenes: Callable[[], ScenePass],
    wanted: Wanted,
    finisher: ThreadPoolExecutor,
) -> "Result | Future[Result]":
    if not isinstance(item, tuple):
        return item
    opened, begun = item
    try:
        received = scenes().receive(begun, RULES[wanted.rules], Progress(wanted.quiet))
    except InputError as fault:
        return Skipped(opened.scene.name, str(fault))
    return finisher.submit(jobs.finish, opened, received, wanted)
