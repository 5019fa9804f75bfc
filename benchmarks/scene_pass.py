"""The first pass over scenes in a row, against decoding their depth images alone with the same workers."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple


class Rates(NamedTuple):
    """Frames per second, start-up apart, and where a frame's milliseconds went; stages may overlap."""

    alone: list[float]
    whole: list[float]
    stages: str


def measure(
    scene: Any, points: Any, device: str, workers: int, scenes: int, repeats: int, scratch: Path
) -> Rates:
    """Time decoding and the whole pass in turn over ``scenes`` copies of a scene; points None: fused."""
    scene = replace(scene, points=points)
    alone, whole = [], []
    stages: dict[str, float] = {}
    for turn in range(repeats + 1):
        folder = scratch / f"pass-{points is None}-{turn}"
        decoded, (made, spent) = (
            _decode(scene, device, workers, scenes),
            _pass(scene, device, workers, scenes, folder),
        )
        if turn:  # the first compiles kernels, or loads them
            alone.append(decoded)
            whole.append(made)
            stages = spent
    frames = len(scene.frames) * scenes
    return Rates(alone, whole, json.dumps({name: round(1e3 * s / frames, 3) for name, s in stages.items()}))


def _decode(scene: Any, device: str, workers: int, scenes: int) -> float:
    from spatialgeom.apps.datagen.scene_pass import ScenePass

    def ends(sources: ScenePass) -> Iterator[None]:
        begun = [sources.begin(scene)]
        for turn in range(scenes):
            if turn + 1 < scenes:
                begun.append(sources.begin(scene))
            for block in begun.pop(0).blocks:
                block.release()
            yield

    with ScenePass(device, workers) as sources:
        return _rate(ends(sources), len(scene.frames))


def _pass(scene: Any, device: str, workers: int, scenes: int, folder: Path) -> tuple[float, dict[str, float]]:
    from spatialgeom.apps.datagen.device_pass import prepare_on_device
    from spatialgeom.apps.datagen.jobs import Opened, Wanted
    from spatialgeom.apps.datagen.tasks import load_tasks

    def opened(_: Any, index: int, __: Wanted) -> Any:
        done: Future[Opened] = Future()
        done.set_result(Opened(replace(scene, name=str(index)), str(index), folder / f"{index}.h5"))
        return done

    wanted = Wanted("default", tuple(load_tasks()), str(folder), str(folder), device, quiet=True)
    indices: Any = range(scenes)
    results: Any = prepare_on_device(indices, wanted, workers, opened)
    stages: dict[str, float] = {}

    def ends() -> Iterator[None]:
        for result in results:
            for stage, seconds in result.seconds.items():
                stages[stage] = stages.get(stage, 0.0) + seconds
            yield

    # a result comes out when the depth maps of the scene after it are there
    return _rate(ends(), len(scene.frames), ahead=1), stages


def _rate(ends: Iterator[None], frames: int, ahead: int = 0) -> float:
    """Return frames per second between the ends of the first and the last scene; ``ahead`` came before."""
    times = [time.perf_counter() for _ in ends]
    return frames * (len(times) - 1 - ahead) / (times[-1] - times[0])
