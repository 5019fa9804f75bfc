"""The run's result for a person: tasks, what was dropped or skipped and why, where time went."""

from collections import Counter

from spatialgeom.apps.datagen.engine import RunResult


def summarise(result: RunResult, out: str) -> str:
    """Return the text that ``datagen run`` prints."""
    manifest = result.manifest
    scenes = manifest["scenes"].values()
    lines = [
        f"{sum(shard['rows'] for shard in manifest['shards']):,} questions, {len(scenes)} scenes, "
        f"{sum(scene['frames'] for scene in scenes):,} frames, "
        f"{sum(scene['points'] for scene in scenes):,} points, "
        f"{sum(scene['pairs'] for scene in scenes):,} image pairs in range, "
        f"{sum(scene['objects'] for scene in scenes):,} objects, "
        f"{sum(scene['tracks'] for scene in scenes):,} tracks -> {out}",
        "",
        *_table({name: task for name, task in manifest["tasks"].items() if task["units"]}),
        "",
    ]
    empty = [name for name, task in manifest["tasks"].items() if not task["units"]]
    if empty:
        lines += [f"nothing to ask in these scenes: {', '.join(empty)}", ""]
    if any(task.get("nearest_option") is not None for task in manifest["tasks"].values()):
        scores = [task["nearest_option"] for task in manifest["tasks"].values() if "nearest_option" in task]
        lines += [f"choosing the option nearest to the source pixel scores {100 * scores[0]:.1f} %", ""]
    dropped: Counter[str] = Counter()
    for scene in scenes:
        dropped.update(scene["dropped"])
    lines += [f"dropped {count} frames: {reason}" for reason, count in sorted(dropped.items())]
    lines += [f"skipped scene {scene['name']}: {scene['reason']}" for scene in manifest["skipped"]]
    lines += [f"note: {note}" for note in manifest["notes"]]
    if result.finished_before:
        lines.append("this run was finished before; nothing was left to do")
    elif result.seconds:
        lines.append(
            "time: " + ", ".join(f"{stage} {spent:.2f} s" for stage, spent in result.seconds.items())
        )
    return "\n".join(lines)


def _table(tasks: dict[str, dict[str, object]]) -> list[str]:
    head = ("task", "questions", "of units", "replaced", "short", "constant", "chance")
    rows = [
        (
            name,
            f"{task['rows']:,}",
            f"{task['units']:,}",
            f"{task['replaced']:,}",
            f"{task['short']:,}",
            _percent(task.get("constant")),
            _percent(task.get("chance")),
        )
        for name, task in tasks.items()
    ]
    widths = [max(len(row[k]) for row in (head, *rows)) for k in range(len(head))]
    return [
        "  ".join(
            cell.ljust(width) if k == 0 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (head, *rows)
    ]


def _percent(value: object) -> str:
    return f"{100 * value:.1f} %" if isinstance(value, float) else ""
