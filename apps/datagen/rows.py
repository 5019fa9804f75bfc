"""From measured columns to rows: wordings filled in bulk, everything a column until Parquet takes it."""

import json
import string
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import pyarrow as pa

from spatialgeom.apps.datagen.geometry import SceneGeometry
from spatialgeom.apps.datagen.task import Columns, Context, Description, Task
from spatialgeom.apps.datagen.tasks._words_coordinates import NOTES
from spatialgeom.apps.records import IMAGE, MARK, SCHEMA, SCHEMA_VERSION, SCORING


def build_table(task: Task, context: Context, units: Columns, run: str) -> pa.Table:
    """Return the rows of a task in one scene, in the schema of ``records``.

    Args:
        task: What was drawn.
        context: Scene, rules and seed.
        units: The drawn columns, from ``draw_units``.
        run: Fingerprint of the run, the beginning of each id.
    """
    described = task.describe(context, units)
    count = len(described.truth)
    rng = context.rng("wording")
    geometry, scoring = context.geometry, task.scoring
    constants = {
        "schema_version": SCHEMA_VERSION,
        "task": task.name,
        "family": task.family,
        "source": geometry.source,
        "space": geometry.space,
        "scene": geometry.name,
        "rules": context.rules.name,
        "fingerprint": geometry.key,
    }
    prefix = f"{run[:8]}-{geometry.name}-{task.name}"
    columns = {
        **{name: _repeat(value, count, SCHEMA.field(name).type) for name, value in constants.items()},
        "id": pa.array([f"{prefix}-{k:06d}" for k in range(count)]),
        "images": _images(geometry, described.frames),
        "marks": _marks(described, count),
        "question": pa.array(_questions(task, described.fields, count, rng)),
        "answer": pa.array(_answers(task, described, count, rng)),
        "truth": pa.array(_truths(scoring.kind, described.truth)),
        "scoring": _scoring(task, described, count),
        "measured": pa.array(_json_rows(described.measured, count)),
    }
    return pa.table([columns[field.name] for field in SCHEMA], schema=SCHEMA)


def _repeat(value: object, count: int, kind: pa.DataType) -> pa.Array:
    return pa.repeat(pa.scalar(value, kind), count)


def _images(geometry: SceneGeometry, frames: np.ndarray) -> pa.Array:
    """Return list<image> of ``frames`` (n, k); -1 is no image."""
    refs = geometry.images
    table = pa.StructArray.from_arrays(
        [
            pa.array([getattr(ref, field.name) for ref in refs], field.type)
            for field in (IMAGE.field(i) for i in range(IMAGE.num_fields))
        ],
        fields=list(IMAGE),
    )
    shown = frames >= 0
    return _lists(table.take(pa.array(frames[shown])), shown.sum(axis=1))


def _marks(described: Description, count: int) -> pa.Array:
    marks = described.marks
    if marks is None:
        return pa.array([[]] * count, pa.list_(MARK))
    each = len(marks.labels)
    flat = pa.StructArray.from_arrays(
        [
            pa.array(np.tile(np.array(marks.image, np.int8), count)),
            pa.array(marks.pixels[..., 0].ravel().astype(np.int32)),
            pa.array(marks.pixels[..., 1].ravel().astype(np.int32)),
            pa.array(list(marks.labels)).take(pa.array(np.tile(np.arange(each), count))),
        ],
        fields=list(MARK),
    )
    return _lists(flat, np.full(count, each))


def _lists(flat: pa.Array, lengths: np.ndarray) -> pa.Array:
    ends = np.concatenate(([0], np.cumsum(lengths)))
    return pa.ListArray.from_arrays(pa.array(ends.astype(np.int32)), flat)


def _scoring(task: Task, described: Description, count: int) -> pa.Array:
    scoring = task.scoring
    if described.options is None:
        value = {
            "kind": scoring.kind,
            "options": list(scoring.options),
            "unit": scoring.unit,
            "tolerance": scoring.tolerance,
        }
        return pa.repeat(pa.scalar(value, SCORING), count)
    return pa.StructArray.from_arrays(
        [
            _repeat(scoring.kind, count, pa.string()),
            pa.array(described.options, pa.list_(pa.string())),
            _repeat(scoring.unit, count, pa.string()),
            _repeat(scoring.tolerance, count, pa.float64()),
        ],
        fields=list(SCORING),
    )


def _truths(kind: str, truth: Sequence[str]) -> list[str]:
    """Return JSON: words quoted, numbers and vectors as they are worded."""
    return [f'"{value}"' for value in truth] if kind == "choice" else list(truth)


def _json_rows(columns: Mapping[str, np.ndarray], count: int) -> list[str]:
    form = "{" + ", ".join(f'"{name}": %s' for name in columns) + "}"
    lists = [
        list(map(json.dumps if column.dtype.kind in "UO" else repr, column.tolist()))
        for column in columns.values()
    ]
    return [form % values for values in zip(*lists, strict=True)] if lists else ["{}"] * count


def _questions(
    task: Task, fields: Mapping[str, Sequence[str] | np.ndarray], count: int, rng: np.random.Generator
) -> list[str]:
    openings = np.array(task.wording.openings, object)[rng.integers(len(task.wording.openings), size=count)]
    asked = _fill(task.wording.questions, fields, count, rng)
    if not task.in_coordinates:
        return [f"{opening} {question}" for opening, question in zip(openings, asked, strict=True)]
    notes = np.array(NOTES, object)[rng.integers(len(NOTES), size=count)]
    return [f"{opening} {text} {note}" for opening, text, note in zip(openings, asked, notes, strict=True)]


def _answers(task: Task, described: Description, count: int, rng: np.random.Generator) -> list[str]:
    answers = _fill(task.wording.answers, described.fields, count, rng)
    if described.unmoved is None:
        return answers
    still = _fill(task.wording.unmoved, described.fields, count, rng)
    return [
        other if at_rest else said
        for said, other, at_rest in zip(answers, still, described.unmoved, strict=True)
    ]


def _fill(
    templates: Sequence[str],
    fields: Mapping[str, Sequence[str] | np.ndarray],
    count: int,
    rng: np.random.Generator,
) -> list[str]:
    """Return one filled template per row, drawn evenly."""
    drawn = rng.integers(len(templates), size=count)
    filled = np.empty(count, object)
    columns = {name: np.array(column, object) for name, column in fields.items()}
    for index in np.unique(drawn).tolist():
        form, names = _compile(templates[index])
        rows = np.flatnonzero(drawn == index)
        if names:
            values = zip(*(columns[name][rows].tolist() for name in names), strict=True)
            filled[rows] = [form % value for value in values]
        else:
            filled[rows] = form % ()
    return list(filled)


@cache
def _compile(template: str) -> tuple[str, tuple[str, ...]]:
    """Return a %-format and the names of its fields in order: filled faster than by ``format``."""
    parts = [(text.replace("%", "%%"), name) for text, name, _, _ in string.Formatter().parse(template)]
    form = "".join(text + ("" if name is None else "%s") for text, name in parts)
    return form, tuple(name for _, name in parts if name is not None)
