"""The page as HTML: navigation, summary of the run, and a card for each item."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from spatialgeom.apps.datagen._page_style import STYLE

_BACKTICKS = re.compile(r"`([^`]*)`")
_UNITS = {"degree": "degrees", "permille": "thousandths of width and height"}


@dataclass(frozen=True)
class Ring:
    """A place to circle, in fractions of an image's width and height."""

    x: float
    y: float
    answer: bool


@dataclass(frozen=True)
class Picture:
    """An image as the page shows it: a JPEG in base64 with its dots drawn, and what to circle on it."""

    name: str
    width: int
    height: int
    full_size: tuple[int, int]  # width, height
    jpeg: str
    rings: Sequence[Ring]


@dataclass(frozen=True)
class Item:
    """One question with all that a person needs to check it."""

    id: str
    scene: str
    source: str
    pictures: Sequence[Picture]
    question: str
    answer: str
    truth: Any
    scoring: Mapping[str, Any]
    measured: Mapping[str, Any]


Families = Mapping[str, Mapping[str, Sequence[Item]]]


MARK = "<!-- a page of spatialgeom -->"


def render(title: str, manifest: Mapping[str, Any], counts: Mapping[str, int], families: Families) -> str:
    """Return the page; ``counts`` are a task's rows in the dataset, ``families`` the items to show."""
    body = "".join(_family(name, tasks, counts) for name, tasks in families.items())
    return f"""<!doctype html>
{MARK}
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
{_navigation(title, families, counts)}
<main>
{_summary(title, manifest, counts, families)}
{body}
</main>
</body>
</html>
"""


def _navigation(title: str, families: Families, counts: Mapping[str, int]) -> str:
    groups = "".join(
        f'<h2><a href="#{escape(family)}">{escape(family)}</a></h2><ul>'
        + "".join(_link(task, counts[task]) for task in tasks)
        + "</ul>"
        for family, tasks in families.items()
    )
    return f"""<nav><strong>{escape(title)}</strong>
<label class="toggle"><input type="checkbox" id="answers" checked> show answers</label>
{groups}</nav>"""


def _link(task: str, count: int) -> str:
    name = escape(task)
    return f'<li><a href="#{name}" title="{name}"><b>{name}</b><span>{count:,}</span></a></li>'


def _summary(title: str, manifest: Mapping[str, Any], counts: Mapping[str, int], families: Families) -> str:
    shown = sum(len(items) for tasks in families.values() for items in tasks.values())
    made = f"{_counted(sum(counts.values()), 'question')} in {_counted(len(counts), 'task')}"
    panels = [_facts(manifest), _sources(manifest), _left_out(manifest)]
    return f"""<header><h1>{escape(title)}</h1>
<p class="lead">{made}; {shown:,} of them below.</p>
<div class="summary">{_tasks(manifest, counts)}<div>{"".join(panels)}</div></div></header>"""


_FACTS = ("rules", "split", "seed", "max_per_task", "max_per_space")


def _facts(manifest: Mapping[str, Any]) -> str:
    """Return rules, seed and whatever else of the run's record is there and short."""
    config = manifest.get("config", {})
    facts = {name: config.get(name, manifest.get(name)) for name in _FACTS}
    if facts["max_per_space"] == 0:
        facts["max_per_space"] = "no limit"
    facts["held_out"] = ", ".join(manifest.get("held_out", ())) or None
    facts["scenes"] = len(manifest["scenes"]) if "scenes" in manifest else None
    facts["version"] = manifest.get("versions", {}).get("spatialgeom")
    facts["run"] = str(manifest.get("run", ""))[:12] or None
    return _panel("Run", _pairs((name.replace("_", " "), v) for name, v in facts.items() if v is not None))


def _sources(manifest: Mapping[str, Any]) -> str:
    scenes = manifest.get("scenes", {}).values()
    found = Counter((scene.get("source", "?"), scene.get("licence", "?")) for scene in scenes)
    lines = [
        (source, f"{_counted(count, 'scene')}; licence: {licence}")
        for (source, licence), count in sorted(found.items())
    ]
    return _panel("Sources", _pairs(lines)) if lines else ""


def _left_out(manifest: Mapping[str, Any]) -> str:
    reasons = [f"{scene['name']}: {scene['reason']}" for scene in manifest.get("skipped", ())]
    reasons += manifest.get("notes", ())
    return (
        _panel("Left out", "".join(f'<p class="note">{escape(text)}</p>' for text in reasons))
        if reasons
        else ""
    )


def _tasks(manifest: Mapping[str, Any], counts: Mapping[str, int]) -> str:
    """Return the table of tasks with what answers without looking would score, where the run measured it."""
    known = manifest.get("tasks", {})
    # a task on one source, where that is a subtask of its own, is named task@source
    shown = {
        name: known.get(name, {"rows": count})
        for task, count in counts.items()
        for name in ([key for key in known if key.partition("@")[0] == task] or [task])
    }
    scores = [s for s in ("constant", "chance", "nearest_option") if any(s in e for e in shown.values())]
    rows = [
        [
            name,
            f"{entry.get('rows', counts.get(name, 0)):,}",
            *(_percent(entry.get(score)) for score in scores),
        ]
        for name, entry in shown.items()
    ]
    heads = ["task", "questions", *(score.replace("_", " ") for score in scores)]
    note = '<p class="note">Right without looking: the best constant answer, chance, the nearest option.</p>'
    return _panel("Tasks", _table(heads, rows) + (note if scores else ""))


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.0f} %"


def _panel(title: str, body: str) -> str:
    return f'<section class="panel"><h2>{title}</h2>{body}</section>'


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _pairs(values: Iterable[tuple[str, Any]]) -> str:
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(_text(value))}</dd>" for name, value in values)
    return f"<dl>{rows}</dl>"


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "[" + ", ".join(map(_text, value)) + "]" if isinstance(value, list) else str(value)


def _family(name: str, tasks: Mapping[str, Sequence[Item]], counts: Mapping[str, int]) -> str:
    body = "".join(_task(task, items, counts[task]) for task, items in tasks.items())
    return f'<section class="family" id="{escape(name)}"><h2>{escape(name)}</h2>{body}</section>\n'


def _task(name: str, items: Sequence[Item], count: int) -> str:
    single = " single" if all(len(item.pictures) == 1 for item in items) else ""
    head = f'<h3><code>{escape(name)}</code><span class="count">{len(items)} of {count:,}</span></h3>'
    body = "\n".join(map(_card, items))
    return (
        f'<section class="task" id="{escape(name)}">{head}<div class="items{single}">{body}</div></section>\n'
    )


def _card(item: Item) -> str:
    shots = "".join(_figure(picture, f"Image-{k}") for k, picture in enumerate(item.pictures, 1))
    hidden = _pairs([("truth", item.truth), ("judged as", _rule(item.scoring)), *item.measured.items()])
    origin = f"{escape(item.scene)}, {escape(item.source)}"
    layout = _layout(item.pictures)
    return f"""<article class="item" id="{escape(item.id)}"><div class="shots{layout}">{shots}</div>
<div class="text"><div>
<p class="said"><span class="who">Question</span>{escape(item.question)}</p>
<p class="said truth"><span class="who">Answer</span>{_marked(item.answer)}</p>
</div><div class="truth">{hidden}</div></div>
<p class="origin"><span class="mono">{escape(item.id)}</span> &middot; {origin}</p>
</article>"""


def _layout(pictures: Sequence[Picture]) -> str:
    """Return classes that spread a series over rows of about one length and keep upright images small."""
    upright = all(picture.height > picture.width for picture in pictures)
    kind = " upright" if upright else ""
    if len(pictures) < 3:
        return kind
    rows = -(-len(pictures) // (6 if upright else 4))
    return f"{kind} many by{-(-len(pictures) // rows)}"


def _marked(answer: str) -> str:
    """Escape an answer and highlight what stands in backticks."""
    return _BACKTICKS.sub(r'<span class="value mono">\1</span>', escape(answer))


def _rule(scoring: Mapping[str, Any]) -> str:
    unit = _UNITS.get(scoring["unit"] or "", scoring["unit"])
    parts = [scoring["kind"]]
    parts += [f"of {', '.join(scoring['options'])}"] if scoring["options"] else []
    parts += [f"in {unit}"] if unit else []
    share = "of the width" if scoring["kind"] == "pixel" else "of the truth"
    parts += [f"within {100 * scoring['tolerance']:g} % {share}"] if scoring["tolerance"] else []
    return ", ".join(parts).replace(", of", " of", 1).replace(", in", " in", 1)


def _figure(picture: Picture, name: str) -> str:
    shown = (picture.width, picture.height)
    rings = "".join(_ring(ring, *shown) for ring in picture.rings)
    overlay = f'<svg class="truth" viewBox="0 0 {shown[0]} {shown[1]}">{rings}</svg>' if rings else ""
    legend = ""
    if any(not ring.answer for ring in picture.rings):
        legend += _legend("asked", "dashed ring: a point that the question names")
    if any(ring.answer for ring in picture.rings):
        legend += _legend("true", "ring: the true answer")
    width, height = picture.full_size
    source = f"data:image/jpeg;base64,{picture.jpeg}"
    return f"""<figure><div class="frame">
<img src="{source}" width="{shown[0]}" height="{shown[1]}" alt="{name}">{overlay}</div>
<figcaption><b>{name}</b> {escape(picture.name)}, {width} &times; {height}{legend}</figcaption></figure>"""


def _legend(paint: str, text: str) -> str:
    return f'<span class="truth"><i class="key {paint}"></i>{text}</span>'


def _ring(ring: Ring, width: int, height: int) -> str:
    """Return a hollow ring, dark below so that it shows on any ground; the answer's is larger."""
    x, y, r = ring.x * width, ring.y * height, (0.034 if ring.answer else 0.024) * width
    paint = "true" if ring.answer else "asked"
    shape = f'cx="{x:.2f}" cy="{y:.2f}" r="{r:.1f}"'
    return f'<circle class="under" {shape}/><circle class="{paint}" {shape}/>'
