"""The loader alone: where a worker's time goes, for one conversation about two pictures."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from benchmarks._training_steps import Work
from spatialgeom.apps.images import open_image
from spatialgeom.apps.marks import draw_marks
from spatialgeom.apps.train.data.collate import Sample, collate

PLAN = "encode and plan"  # in the main process, for all workers
WORKER = ("read and decode", "draw dots", "cut into tiles", "collate and cast")


def loader_stages(work: Work) -> dict[str, np.ndarray]:
    """Return the milliseconds per conversation of each stage, step by step, on one thread.

    The first step is not counted. The stages are those of ``Loader``, called one after another.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        steps = [_stages(work, step) for step in range(min(work.turns.steps, 4))]
    finally:
        torch.set_num_threads(threads)
    return {name: np.array([step[name] for step in steps[1:] or steps]) for name in (PLAN, *WORKER)}


def _stages(work: Work, step: int) -> dict[str, float]:
    spent: dict[str, float] = defaultdict(float)

    @contextmanager
    def timed(name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        spent[name] += (time.perf_counter() - start) * 1e3 / work.turns.batch

    loader = work.loader(step + 1)
    loader.start_step = step
    with timed(PLAN):
        requests = list(loader.requests())
    for request in requests:
        samples = []
        for planned in request.planned:
            pictures = []
            for number, (image, plan) in enumerate(
                zip(planned.conversation.images, planned.encoded.plans, strict=True)
            ):
                marks = [mark for mark in planned.conversation.marks if mark["image"] == number]
                with timed(WORKER[0]):
                    picture = open_image(image)
                with timed(WORKER[1]):
                    pictures.append(draw_marks(picture, marks, shown_width=plan.shown_width))
            with timed(WORKER[2]):
                samples.append(Sample(work.family.pixels(pictures, planned.encoded.plans), True))
        with timed(WORKER[3]):
            collate(request, samples, work.family, 0, loader.dtype)
    return dict(spent)
