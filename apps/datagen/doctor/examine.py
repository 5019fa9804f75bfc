"""Examine sources: choose the reader, load some scenes, run all checks."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from spatialgeom.apps.datagen.clip import Clip
from spatialgeom.apps.datagen.doctor.clips import check_clip
from spatialgeom.apps.datagen.doctor.depth import check_depth
from spatialgeom.apps.datagen.doctor.findings import Finding
from spatialgeom.apps.datagen.doctor.frames import (
    check_cameras,
    check_frames,
    check_poses,
    check_sizes,
    hardly_moves,
)
from spatialgeom.apps.datagen.doctor.near import what_is_near
from spatialgeom.apps.datagen.doctor.neighbours import unread_folders
from spatialgeom.apps.datagen.doctor.sample import take_sample
from spatialgeom.apps.datagen.doctor.things import check_objects
from spatialgeom.apps.datagen.doctor.words import count
from spatialgeom.apps.datagen.doctor.world import check_colour, check_mesh, check_up
from spatialgeom.apps.datagen.reader import Reader, SceneHandle
from spatialgeom.apps.datagen.readers import choose_reader, load_readers
from spatialgeom.apps.datagen.scene import Scene
from spatialgeom.apps.datagen.task import Task
from spatialgeom.apps.datagen.tasks import load_tasks
from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.progress import Progress
from spatialgeom.apps.splits import split_of

_SHOWN = 5


@dataclass(frozen=True)
class Examined:
    """A scene or clip, and what was found.

    Args:
        name: Of the scene.
        kind: ``scene``, ``clip``, or empty where it could not be loaded.
        frames: How many a run would use.
        serves: Family -> names of tasks that a run would make from it.
        findings: Of all checks.
        space: The place that it shows.
        split: That all scenes of this place belong to.
    """

    name: str
    kind: str
    frames: int
    serves: dict[str, list[str]]
    findings: list[Finding]
    space: str = ""
    split: str = ""

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
        return Source(path, chosen.name, chosen.title, 0, [_refused(fault)])
    said = f"{count(len(handles), 'scene')} of {chosen.name}"
    found = [Finding("layout", "ok", said, {"scenes": len(handles)})]
    if reader is None and path == str(place):  # who names a reader leaves the rest out
        found += check_unread(unread_folders(place, handles))
    found += check_names([handle.name for handle in handles])
    taken = np.unique(np.linspace(0, len(handles) - 1, min(most, len(handles))).astype(int))
    examined = []
    for done, k in enumerate(taken.tolist(), 1):
        progress.say(f"{handles[k].name} ({done} of {len(taken)})")
        examined.append(examine_scene(chosen, handles[k]))
    return Source(path, chosen.name, chosen.title, len(handles), found, examined)


def _is_known(path: Path) -> bool:
    return any(reader.recognises(path) for reader in load_readers().values())


def _refused(fault: InputError) -> Finding:
    return Finding("layout", "error", str(fault), todo="Do what the message says.")


def check_unread(folders: list[str]) -> Iterator[Finding]:
    """Yield a finding where subfolders of another layout are left out."""
    if folders:
        shown = ", ".join(f"{name}/" for name in folders[:_SHOWN])
        shown += f" and {len(folders) - _SHOWN} more" if len(folders) > _SHOWN else ""
        yield Finding(
            "layout", "warning", f"nothing is read of {shown}, where scenes of some layout are",
            {"unread": folders}, "A run of this path leaves them out.",
            "Name these folders, too, if they are to be used.",
        )  # fmt: skip


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
        findings = list(
            check_clip(loaded) if isinstance(loaded, Clip) else check_scene(loaded, handle.options)
        )
    split = split_of(handle.source, handle.space) if handle.source and handle.space else ""
    kind = "clip" if is_clip else "scene"
    found = Examined(handle.name, kind, len(loaded.frames), {}, findings, handle.space, split)
    return replace(found, serves=_serves(loaded)) if found.usable else found


def check_scene(scene: Scene, options: Any = None) -> Iterator[Finding]:
    """Judge a scene; ``options`` are those of its reader."""
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
    yield check_objects(sample, options)


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
    # with one image, or all from one place, only questions about one image are left
    return task.unit == "frame_point" or not (len(loaded.frames) < 2 or hardly_moves(loaded.world_from_depth))
