"""The record of a finished run: what was made, from what, what was left out and why; the dataset's card."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from spatialgeom.apps.datagen.baselines import chance, constant_score, nearest_option_score
from spatialgeom.apps.datagen.config import RunConfig
from spatialgeom.apps.datagen.jobs import Prepared, Skipped
from spatialgeom.apps.datagen.task import Task
from spatialgeom.apps.datagen.writer import Shard, write_atomically
from spatialgeom.apps.provenance import versions
from spatialgeom.apps.records import SCHEMA_VERSION, subtask

_BASELINE_ROWS = 20_000  # per task: enough for a percent
_BASELINE_COLUMNS = ["images", "marks", "truth", "scoring"]


def build_manifest(
    config: RunConfig,
    prepared: Sequence[Prepared],
    skipped: Sequence[Skipped],
    shards: Sequence[Shard],
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """Return everything that the summary prints and a reader of the dataset needs, as JSON values."""
    folder = Path(config.out).resolve()
    return {
        "schema_version": SCHEMA_VERSION,
        "run": config.fingerprint(),
        "config": config.identity(),
        "versions": versions(),
        "roots": {scene.name: _root(Path(scene.root).resolve(), folder) for scene in prepared},
        "shards": [{"path": shard.path, "rows": shard.rows, "sha256": shard.sha256} for shard in shards],
        "tasks": _tasks(config, prepared, shards),
        "scenes": {
            scene.name: {
                "space": scene.space,
                "source": scene.source,
                "licence": scene.licence,
                "frames": scene.frames,
                "points": scene.points,
                "pairs": scene.pairs,
                "objects": scene.objects,
                "tracks": scene.tracks,
                "dropped": scene.dropped,
                "geometry": scene.key,
            }
            for scene in prepared
        },
        "held_out": list(config.hold_out),
        "skipped": [asdict(scene) for scene in skipped],
        "notes": [*notes_of(prepared), *notes],
    }


def _root(root: Path, folder: Path) -> str:
    """Return a root inside the dataset relative to it, so that the folder can move."""
    return root.relative_to(folder).as_posix() if root.is_relative_to(folder) else str(root)


def notes_of(prepared: Sequence[Prepared]) -> list[str]:
    """Return a sentence for each reason that kept whole tasks from scenes."""
    notes = []
    lonely = [scene.name for scene in prepared if scene.has_surface and not scene.pairs]
    if lonely:
        notes.append(
            f"{_some(lonely)} without an image pair whose overlap is in range: no question about pairs"
        )
    flat = [scene for scene in prepared if scene.without_up]
    if flat:
        tasks = ", ".join(flat[0].without_up)
        names = _some([scene.name for scene in flat])
        notes.append(
            f"{names} without a known up direction, so left out of {tasks}; give the reader's up option"
        )
    return notes


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    return f"{len(names)} scene{'s' if len(names) > 1 else ''} ({shown})"


def _tasks(
    config: RunConfig, prepared: Sequence[Prepared], shards: Sequence[Shard]
) -> dict[str, dict[str, Any]]:
    """Return per subtask the counts of the run and what image-free answers score."""
    samples, found = _Samples(Path(config.out), shards), {}
    for task in config.chosen_tasks():
        groups: dict[str, list[tuple[Prepared, Shard]]] = {}
        for scene, shard in zip(prepared, shards, strict=True):
            groups.setdefault(subtask(task.name, task.family, scene.source), []).append((scene, shard))
        for name, members in groups.items():
            entry = _counts(task, members)
            if entry["units"]:
                found[name] = entry | (_scores(samples.of(members, task.name)) if entry["rows"] else {})
        if not found.keys() & groups.keys():
            found[task.name] = _counts(task, [])
    return found


def _counts(task: Task, members: Sequence[tuple[Prepared, Shard]]) -> dict[str, Any]:
    counts = [shard.tasks[task.name] for _, shard in members if task.name in shard.tasks]
    return {
        "family": task.family,
        "units": sum(
            int(scene.histograms[task.name].sum()) for scene, _ in members if task.name in scene.histograms
        ),
        **{kind: sum(count[kind] for count in counts) for kind in ("rows", "replaced", "short")},
    }


class _Samples:
    """Rows spread evenly over the shards, what the baselines read of them; each shard is read once."""

    def __init__(self, folder: Path, shards: Sequence[Shard]) -> None:
        totals: Counter[str] = Counter()
        for shard in shards:
            totals.update({name: counts["rows"] for name, counts in shard.tasks.items()})
        self._rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for shard in shards:
            table = pq.read_table(folder / shard.path, columns=["task", *_BASELINE_COLUMNS])
            names = np.array(table["task"].to_pylist(), object)
            for name in shard.tasks:
                step = -(-totals[name] // _BASELINE_ROWS) or 1
                chosen = table.take(np.flatnonzero(names == name)[::step]).select(_BASELINE_COLUMNS)
                self._rows[shard.path, name] = chosen.to_pylist()

    def of(self, members: Sequence[tuple[Prepared, Shard]], task: str) -> list[dict[str, Any]]:
        return [row for _, shard in members for row in self._rows.get((shard.path, task), ())]


def _scores(rows: list[dict[str, Any]]) -> dict[str, float | None]:
    scores = {"constant": constant_score(rows), "chance": chance(rows)}
    nearest = nearest_option_score(rows)
    return scores if nearest is None else {**scores, "nearest_option": nearest}


def write_card(folder: Path, manifest: dict[str, Any], carried: int = 0) -> None:
    """Write the dataset's card; ``carried`` scenes have their images inside."""
    config = manifest["config"]
    sources: dict[tuple[str, str], int] = {}
    for scene in manifest["scenes"].values():
        key = (scene["source"], scene["licence"])
        sources[key] = sources.get(key, 0) + 1
    tasks = "\n".join(
        f"| `{name}` | {task['family']} | {task['rows']} "
        f"| {_percent(task.get('constant'))} | {_percent(task.get('chance'))} |"
        for name, task in manifest["tasks"].items()
    )
    readers = sorted({reader["name"] for reader in config["readers"]})
    questions = sum(shard["rows"] for shard in manifest["shards"])
    card = f"""# Spatial question-answering dataset

{questions:,} questions over {len(manifest["scenes"])} scenes, made by
spatialgeom {manifest["versions"]["spatialgeom"]} with `--rules {config["rules"]} --seed {config["seed"]}
--max-per-task {config["max_per_task"]}` and the reader {", ".join(readers)} (options: `manifest.json`).

| task | family | questions | best constant answer | chance |
|---|---|---:|---:|---:|
{tasks}

## Sources

| source | scenes | licence |
|---|---:|---|
{chr(10).join(f"| {source} | {count} | {licence} |" for (source, licence), count in sources.items())}

{_where_images_are(carried, len(manifest["scenes"]))} A row's paths are relative to its scene's root in
`manifest.json`. Dots are metadata (`marks`) and are drawn when an image is loaded or exported.
"""
    write_atomically(folder / "README.md", card.encode())


def _where_images_are(carried: int, scenes: int) -> str:
    if not carried:
        return "Images stay where they are."
    inside = (
        "Images are in `images/`." if carried == scenes else f"Images of {carried} scenes are in `images/`."
    )
    return inside if carried == scenes else f"{inside} Those of the others stay where they are."


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f} %"
