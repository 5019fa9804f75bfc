"""The doctor's report as text for people and JSON for machines, and its exit code."""

import shlex
import shutil
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from spatialgeom.apps.cli import DONE, NOTHING, SKIPPED
from spatialgeom.apps.datagen.doctor.examine import Examined, Source
from spatialgeom.apps.datagen.doctor.findings import LEVELS, Finding
from spatialgeom.apps.datagen.doctor.words import count
from spatialgeom.apps.datagen.tasks import load_tasks

SCHEMA_VERSION = 1
_SIGN = {"note": "note", "warning": "WARNING", "error": "ERROR"}


def exit_code(sources: Sequence[Source]) -> int:
    """Return 1 if a run would make nothing, 3 if something may be wrong, else 0."""
    findings = list(_all_findings(sources))
    refused = any(finding.level == "error" for source in sources for finding in source.findings)
    if refused or not any(scene.usable for source in sources for scene in source.examined):
        return NOTHING
    return SKIPPED if any(finding.level in ("warning", "error") for finding in findings) else DONE


def _all_findings(sources: Sequence[Source]) -> Iterable[Finding]:
    for source in sources:
        yield from source.findings
        for scene in source.examined:
            yield from scene.findings


def to_json(sources: Sequence[Source]) -> dict[str, Any]:
    """Return the whole report as plain values."""
    counts = dict.fromkeys(LEVELS, 0)
    for finding in _all_findings(sources):
        counts[finding.level] += 1
    return {
        "schema_version": SCHEMA_VERSION,
        "exit_code": exit_code(sources),
        "counts": counts,
        "sources": [
            {
                "path": source.path,
                "reader": source.reader,
                "scenes": source.scenes,
                "findings": [finding.to_json() for finding in source.findings],
                "examined": [
                    {
                        "name": scene.name,
                        "kind": scene.kind,
                        "frames": scene.frames,
                        "usable": scene.usable,
                        "serves": scene.serves,
                        "findings": [finding.to_json() for finding in scene.findings],
                    }
                    for scene in source.examined
                ],
            }
            for source in sources
        ],
    }


def to_text(sources: Sequence[Source], verbose: bool = False, options: bool = False) -> str:
    """Return the report for a terminal.

    Args:
        sources: What was found.
        verbose: Name what is as it should be, too.
        options: Were options of a run given? Then the command at the end says so.
    """
    lines = [line for source in sources for line in [*_source(source, verbose), ""]]
    return "\n".join([*lines, *_verdict(sources, options)])


def _verdict(sources: Sequence[Source], options: bool) -> list[str]:
    scenes = [scene for source in sources for scene in source.examined]
    usable = sum(scene.usable for scene in scenes)
    levels = [finding.level for finding in _all_findings(sources)]
    there = sum(source.scenes for source in sources)
    looked = "" if there == len(scenes) else f" looked at, of {there},"
    parts = [
        f"{usable} of {count(len(scenes), 'scene')}{looked} usable",
        *_counts(levels, ("error", "warning")),
    ]
    if exit_code(sources) == NOTHING:
        return _wrapped(f"{', '.join(parts)}; a run would be refused or make nothing: see the errors", "")
    paths = " ".join(shlex.quote(source.path) for source in sources)
    also = " with the options given here" if options else ""
    return [*_wrapped(f"{', '.join(parts)}; next{also}:", ""), f"  spatialgeom datagen run {paths} --out DIR"]


def _counts(levels: Sequence[str], shown: Sequence[str]) -> list[str]:
    return [count(levels.count(level), level) for level in shown if level in levels]


def _source(source: Source, verbose: bool) -> Iterable[str]:
    if source.reader:
        looked = f"{len(source.examined)} of {count(source.scenes, 'scene')} looked at"
        yield f"{source.path}: {source.reader} ({source.title}), {looked}"
    else:
        yield f"{source.path}: layout not known"
    for finding in source.findings:
        if finding.level != "ok":
            yield from _finding(finding)
    for scene in source.examined:
        yield from _scene(scene, verbose)


def _scene(scene: Examined, verbose: bool) -> Iterable[str]:
    yield from _wrapped(_in_a_line(scene), "", "    ")
    for level in reversed(LEVELS[1:]):
        for finding in scene.findings:
            if finding.level == level:
                yield from _finding(finding)
    for finding in scene.findings if verbose else ():
        if finding.level == "ok":
            yield from _wrapped(f"{finding.code:<18} {finding.found}", "  ok  ", " " * 25)


def _in_a_line(scene: Examined) -> str:
    if not scene.kind:
        return f"{scene.name}: cannot be used"
    place = f"space {scene.space}, split {scene.split}" if scene.split else "split not known"
    serves = f"serves {_serves(scene)}" if scene.usable else "cannot be used"
    wrong = _counts([finding.level for finding in scene.findings], ("error", "warning", "note"))
    kind = "clip, " if scene.kind == "clip" else ""
    frames = count(scene.frames, "frame")
    return f"{scene.name}: {kind}{frames}; {serves}; {place}; {', '.join(wrong) or 'nothing wrong'}"


def _serves(scene: Examined) -> str:
    families: dict[str, int] = {}
    for task in load_tasks().values():
        families[task.family] = families.get(task.family, 0) + 1
    parts = [
        family if len(names) == families[family] else f"{family} ({len(names)} of {families[family]} tasks)"
        for family, names in scene.serves.items()
    ]
    missing = [family for family in families if family not in scene.serves]
    return ", ".join(parts) + (f"; not {', '.join(missing)}" if missing else "")


def _finding(finding: Finding) -> Iterable[str]:
    means, todo = finding.advice
    yield from _wrapped(f"{_SIGN[finding.level]} {finding.code}: {finding.found}", "  ", "      ")
    yield from _wrapped(means, "      means: ", " " * 13)
    yield from _wrapped(todo, "      do: ", " " * 10)


def _wrapped(text: str, first: str, later: str | None = None) -> list[str]:
    width = min(max(shutil.get_terminal_size().columns, 60), 120)
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=first if later is None else later,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
