"""Time whole jobs beside the obvious loops: ``python -m benchmarks.jobs --help``.

A scene pass (decode every depth image, then visibility, overlap and relative poses of all pairs) in wall time
on all cores, against the CPU time of one core of the loops; the engine's first pass over scenes in a row
against decoding alone, on a device too; and questions per second and core, by task.
"""

import argparse
import csv
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.environment import environment
from benchmarks.inputs import kitchen_folder

_UP = [0.003, -0.890, -0.457]
_EXAMPLES = """examples:
  python -m benchmarks.jobs
  python -m benchmarks.jobs --repeats 7 --out benchmarks/results/jobs.csv
  python -m benchmarks.jobs --device cuda --workers 16
"""
Row = dict[str, str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table and write rows; return 2 where the real sequence is absent."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.jobs",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--repeats", type=int, default=5, help="runs of each job; the loops run at most 3 times"
    )
    parser.add_argument("--device", default="cpu", help="cuda: only the first pass, on that device")
    parser.add_argument(
        "--workers", type=int, default=0, help="processes that decode for a device; 0: per core"
    )
    parser.add_argument("--scenes", type=int, default=0, help="scenes in a row; 0: 4 on the CPU, else 40")
    parser.add_argument("--questions", type=int, default=10_000, help="questions per task")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    asked = parser.parse_args(arguments)
    folder = kitchen_folder()
    if folder is None:
        print(
            "needs the redkitchen sequence: set SPATIALGEOM_TEST_DATA to the folder that holds it",
            file=sys.stderr,
        )
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        rows = _first_pass(folder, Path(scratch), asked)
        if asked.device == "cpu":
            rows += [*_scene_pass(folder, Path(scratch), asked.repeats), *_questions(Path(scratch), asked)]
    shared = environment(asked.device)
    for row in rows:
        value = f"{row['median']:>10} {row['unit']:12}"
        print(f"{row['job']:40} {value} {row['ratio']:>6} {row['goal']:>10}  {row['note']}")
    if asked.out:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        with asked.out.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, [*rows[0], *shared])
            writer.writeheader()
            writer.writerows(row | shared for row in rows)
    return 0


def _row(
    job: str, values: Sequence[float], unit: str, ratio: str = "", goal: str = "", note: str = ""
) -> Row:
    low, middle, high = np.percentile(values, [20, 50, 80])
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "job": job,
        "p20": f"{low:.4g}",
        "median": f"{middle:.4g}",
        "p80": f"{high:.4g}",
        "unit": unit,
        "repeats": str(len(values)),
        "ratio": ratio,
        "goal": goal,
        "peak_rss_mib": f"{peak_mib:.0f}",
        "note": note,
    }


def _first_pass(folder: Path, scratch: Path, asked: argparse.Namespace) -> list[Row]:
    """Time the engine's first pass against decoding alone: with points of the scene's own, and fused ones."""
    from benchmarks.scene_pass import measure
    from spatialgeom.apps.datagen.geometry import compute_geometry
    from spatialgeom.apps.datagen.rules import DEFAULT
    from spatialgeom.apps.progress import Progress

    scene = _kitchen(folder, scratch)
    points = compute_geometry(scene, DEFAULT, "key", Progress(quiet=True), "cpu").points
    count = asked.scenes or (4 if asked.device == "cpu" else 40)
    rows = []
    for cloud, given, goal in (("given", points, ">= 95 %"), ("fused", None, "")):
        rates = measure(scene, given, asked.device, asked.workers, count, asked.repeats, scratch)
        ratio = f"{100 * np.median(rates.whole) / np.median(rates.alone):.0f} %"
        size = f"{count} x {len(scene.frames)} frames, {len(points):,} points"
        rows += [
            _row(f"{asked.device}, cloud {cloud}: decoding alone", rates.alone, "frames/s", note=size),
            _row(
                f"{asked.device}, cloud {cloud}: first pass",
                rates.whole,
                "frames/s",
                ratio,
                goal,
                f"ms a frame: {rates.stages}",
            ),
        ]
    return rows


def _kitchen(folder: Path, scratch: Path) -> Any:
    from spatialgeom.apps.datagen.readers.rgbd_folder import READER, RgbdFolderOptions

    (handle,) = READER.scenes(folder, RgbdFolderOptions(up=_UP))
    return READER.load(handle, scratch)


def _scene_pass(folder: Path, scratch: Path, repeats: int) -> list[Row]:
    """Time the engine's passes and the loops in turn on the same frames, and the loops on the same points."""
    from spatialgeom.apps.datagen import cache
    from spatialgeom.apps.datagen.geometry import compute_geometry
    from spatialgeom.apps.datagen.rules import DEFAULT
    from spatialgeom.apps.progress import Progress

    scene = _kitchen(folder, scratch)
    scenes = {"PNG depth": scene, ".sens": _kitchen_sens(folder, scratch)}
    spent: dict[str, list[dict[str, float]]] = {kind: [] for kind in scenes}
    loops, loading = [], []
    file = scratch / "geometry.h5"
    for turn in range(repeats + 1):
        geometries = {
            kind: compute_geometry(each, DEFAULT, "key", Progress(quiet=True), "cpu")
            for kind, each in scenes.items()
        }
        geometry = geometries["PNG depth"]
        cache.save(geometry, file)
        if turn == 0:
            continue  # compiles the kernels, or loads them
        for kind, made in geometries.items():
            spent[kind].append(made.seconds)
        loading.append(_elapsed(lambda: _load_relative(file)))
        if turn <= min(repeats, 3):
            loops.append(_naive_pass(folder, scene, geometry.points))
    base = float(np.median(loops))
    size = f"{len(scene.frames)} frames, {len(geometry.points):,} points"
    png, sens = (
        [stages["decode"] + stages["visibility, overlap, poses"] for stages in spent[kind]] for kind in scenes
    )
    decoding, decoding_sens = ([stages["decode"] for stages in spent[kind]] for kind in scenes)
    fusing = [stages["fuse"] for stages in spent["PNG depth"]]
    cores = f"{os.cpu_count()} cores"
    return [
        _row("scene pass, loops", loops, "s CPU", note=f"{size}; PIL, NumPy, one core"),
        _row("scene pass, PNG depth", png, "s wall", _ratio(base, png), ">= 10x", cores),
        _row("  of it decoding", decoding, "s wall"),
        _row("  fusing the cloud besides", fusing, "s wall", note="the loops are given the points"),
        _row("scene pass, .sens", sens, "s wall", _ratio(base, sens), ">= 25x", cores),
        _row("  of it decoding .sens", decoding_sens, "s wall"),
        _row("scene pass, from the cache", loading, "s wall", _ratio(base, loading), ">= 100x"),
    ]


def _kitchen_sens(folder: Path, scratch: Path) -> Any:
    """Return the same frames from a .sens file, their depth maps compressed as ScanNet's are."""
    from spatialgeom.apps.datagen.readers.scannet import READER, ScannetOptions
    from spatialgeom.apps.datagen.testing.sens import write_sens_from_folder

    file = scratch / "redkitchen.sens"
    write_sens_from_folder(folder, file)
    (handle,) = READER.scenes(file, ScannetOptions())
    return READER.load(handle, scratch)


def _load_relative(file: Path) -> Any:
    """Load the geometry and compute what the cache leaves to be computed: relative poses."""
    from spatialgeom.apps.datagen import cache

    geometry = cache.load(file)
    return geometry.relative if geometry else None


def _ratio(base: float, values: Sequence[float]) -> str:
    return f"{base / float(np.median(values)):.0f}x"


def _elapsed(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _naive_pass(folder: Path, scene: Any, points: np.ndarray) -> float:
    """Return the CPU seconds of the loops for decoding, visibility, overlap and all relative poses."""
    from PIL import Image

    from benchmarks.naive.overlap import overlap_matrix
    from benchmarks.naive.relative_pose import relative_poses
    from benchmarks.naive.visibility import visible_points

    start = time.process_time()
    depth = np.stack([np.asarray(Image.open(folder / f"{name}.depth.png")) for name in scene.frames])
    poses = scene.world_from_depth
    count = len(poses)
    matrices = np.broadcast_to(scene.depth_camera.intrinsics, (count, 3, 3))
    cam_from_world = np.linalg.inv(poses)
    visible = visible_points(points.astype(np.float64), cam_from_world, matrices, depth, scene.depth_scale)
    overlap_matrix(visible)
    relative_poses(poses, np.stack(np.triu_indices(count, 1), axis=1))
    return time.process_time() - start


def _questions(scratch: Path, asked: argparse.Namespace) -> list[Row]:
    """Time drawing and wording from the geometry cache, on one thread."""
    import numba
    import torch

    from benchmarks.scenes import clip_geometry, room_geometry
    from spatialgeom.apps.datagen import cache
    from spatialgeom.apps.datagen.rules import DEFAULT
    from spatialgeom.apps.datagen.tasks import load_tasks

    numba.set_num_threads(1)
    torch.set_num_threads(1)
    kitchen = cache.load(scratch / "geometry.h5")
    others = {"motion": clip_geometry(DEFAULT), "size": room_geometry(scratch, DEFAULT)}
    goals = {"camera": 100_000, "depth": 50_000, "correspondence": 50_000, "motion": 50_000}
    rows = []
    for name, task in load_tasks().items():
        geometry = others.get(task.family, kitchen)
        rates = [_rate(task, geometry, DEFAULT, asked.questions, seed) for seed in range(asked.repeats)]
        goal = goals.get(task.family) if task.in_paper else None
        note = json.dumps({"questions": asked.questions, "threads": 1})
        rows.append(
            _row(f"questions: {name}", rates, "per second", goal=f">= {goal:,}" if goal else "", note=note)
        )
    tracking = [clip_geometry(DEFAULT).seconds["tracks"] for _ in range(asked.repeats)]
    size = f"{others['motion'].tracks.world.shape[0]} frames, {others['motion'].tracks.world.shape[1]} points"
    return [*rows, _row("tracks of a clip", tracking, "s wall", note=f"parts and displacements; {size}")]


def _rate(task: Any, geometry: Any, rules: Any, most: int, seed: int) -> float:
    from spatialgeom.apps.datagen.rows import build_table
    from spatialgeom.apps.datagen.task import Context
    from spatialgeom.apps.datagen.units import UNITS, draw_units
    from spatialgeom.sampling import balanced_quota

    start = time.perf_counter()
    quota = balanced_quota(UNITS[task.unit].histogram(task, geometry, rules), most)
    context = Context(geometry, rules, task.name, seed, int(quota.sum()))
    units, _, _ = draw_units(task, context, quota)
    return len(build_table(task, context, units, "benchmark")) / (time.perf_counter() - start)


if __name__ == "__main__":
    sys.exit(main())
