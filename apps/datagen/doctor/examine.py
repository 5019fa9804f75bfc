"""Examine sources: choose the reader, load some scenes, run all checks."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from spatialgeom.apps.datagen.clip import Clip
from spatialgeom.apps.datagen.doctor.clips import check_clip
from spatialgeom.apps.datagen.doctor.depth import check_depth
from spatialgeom.apps.datagen.doctor.findings import Finding
from spatialgeom.apps.datagen.doctor.frames import check_cameras, check_frames, check_poses, check_sizes
from spatialgeom.apps.datagen.doctor.near import what_is_near
from spatialgeom.apps.datagen.doctor.sample import take_sample
from spatialgeom.apps.datagen.doctor.things import check_objects
from spatialgeom.apps.datagen.doctor.world import check_colour, check_mesh, check_up
from spatialgeom.apps.datagen.progress import Progress
from spatialgeom.apps.datagen.reader import Reader, SceneHandle
from spatialgeom.apps.datagen.readers import choose_reader, load_readers
from spatialgeom.apps.datagen.scene import Scene
from spatialgeom.apps.datagen.task import Task
from spatialgeom.apps.datagen.tasks import load_tasks
from spatialgeom.apps.errors import InputError, UsageError


@dataclass(frozen=True)
class Examined:
    """A scene or clip, and what was found.

    Args:
        name: Of the scene.
        kind: ``scene``, ``clip``, or empty where it could not be loaded.
        frames: How many a run would use.
        serves: Family -> names of tasks that a run would make from it.
        findings: Of all checks.
    """

    name: str
    kind: str
    frames: int
    serves: dict[str, list[str]]
    findings: list[Finding]

    @property
    def usable(self) -> bool:
        """Would a run make something from it?"""
        return bool(self.kind) and all(finding.level != "error" for finding in self.findings)


@dataclass(frozen=True)
class Source:
    """A path, and what was found there.

    Args:
        path: As it was named.
        reader: That knows the layout; empty if none does.
        title: Of the reader.
        scenes: How many are there.
        findings: Of the path as a whole.
        examined: The scenes that were looked at.
    """

    path: str
    reader: str
    title: str
    scenes: int
    findings: list[Finding] = field(default_factory=list)
    examined: list[Examined] = field(default_factory=list)


def examine(path: str, reader: str | None, options: dict[str, Any], most: int, progress: Progress) -> Source:
    """Look at what is at a path.

    Args:
        path: A folder or file, or the name of a reader that needs none.
        reader: Name of the reader; None: the one that recognises the path.
        options: Options of readers, by name.
        most: Scenes to look at, spread evenly.
        progress: Is told of each scene.

    Raises:
        UsageError: There is no reader of that name, or several recognise the path.
        InputError: The path does not exist.
    """
    if reader is None and path not in load_readers() and Path(path).exists() and not _is_known(Path(path)):
        return Source(path, "", "", 0, [what_is_near(Path(path))])
    chosen, place = choose_reader(path, reader)
    given = options.get(chosen.name, chosen.options() if chosen.options else None)
    try:
        handles = chosen.scenes(place, given)
    except InputError as fault:
        return Source(path, chosen.name, chosen.title, 0, [Finding("layout", "error", str(fault))])
    found = [
        Finding("layout", "ok", f"{len(handles)} scenes or clips of {chosen.name}", {"scenes": len(handles)})
    ]
    found += check_names([handle.name for handle in handles])
    taken = np.unique(np.linspace(0, len(handles) - 1, min(most, len(handles))).astype(int))
    examined = []
    for done, k in enumerate(taken.tolist(), 1):
        progress.say(f"{handles[k].name} ({done} of {len(taken)})")
        examined.append(examine_scene(chosen, handles[k]))
    return Source(path, chosen.name, chosen.title, len(handles), found, examined)


def _is_known(path: Path) -> bool:
    return any(reader.recognises(path) for reader in load_readers().values())


def check_names(names: list[str]) -> Iterator[Finding]:
    """Yield a finding where scenes share a name."""
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        said = f"{len(twice)} names are of more than one scene, such as {twice[0]}"
        yield Finding("scene_names", "error", said, {"names": twice[:10]})


def examine_scene(reader: Reader, handle: SceneHandle) -> Examined:
    """Load one scene and run all checks; what a reader extracts is thrown away afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            loaded = reader.load(handle, Path(folder))
        except (InputError, UsageError, OSError) as fault:
            return Examined(handle.name, "", 0, {}, [Finding("load", "error", str(fault))])
        is_clip = isinstance(loaded, Clip)
        findings = list(check_clip(loaded) if isinstance(loaded, Clip) else check_scene(loaded))
    kind = "clip" if is_clip else "scene"
    found = Examined(handle.name, kind, len(loaded.frames), {}, findings)
    return Examined(found.name, kind, found.frames, _serves(loaded) if found.usable else {}, findings)


def check_scene(scene: Scene) -> Iterator[Finding]:
    """Judge a scene."""
    yield check_frames(scene)
    yield check_sizes(scene)
    yield check_cameras({"colour": scene.colour_camera, "depth": scene.depth_camera})
    yield from check_poses(scene.world_from_depth, scene.frames, moves=True)
    sample = take_sample(scene)
    yield from check_depth(sample)
    if sample.read.any():
        yield from check_colour(sample)
        yield check_up(sample)
        mesh = check_mesh(sample)
        if mesh is not None:
            yield mesh
    yield check_objects(sample)


def _serves(loaded: Scene | Clip) -> dict[str, list[str]]:
    """Return by family the tasks that a run would make."""
    served: dict[str, list[str]] = {}
    for task in load_tasks().values():
        if _is_served(task, loaded):
            served.setdefault(task.family, []).append(task.name)
    return served


def _is_served(task: Task, loaded: Scene | Clip) -> bool:
    if isinstance(loaded, Clip) or task.family == "motion":
        return isinstance(loaded, Clip) and task.family == "motion"
    if task.needs_up and not loaded.up_known:
        return False
    if task.family == "size":
        return loaded.objects is not None and bool(loaded.objects.ids)
    return task.unit == "frame_point" or len(loaded.frames) > 1
