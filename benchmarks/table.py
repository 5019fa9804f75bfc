"""Rows of results: the CSV file, the table on the terminal, the table of the README."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

Row = Mapping[str, str]

COLUMNS = (
    *("operation", "variant", "backend", "device", "inputs", "sizes", "dtype", "metric", "unit"),
    *("p20", "median", "p80", "repeats", "threads", "units", "unit_of_work", "ns_per_unit"),
    *("ratio_to_naive", "ratio_to_eager", "goal", "met", "peak_bytes", "memory_ratio"),
    *("fraction_of_bandwidth", "floor_ns", "of_floor", "bound_by", "note"),
    *("machine", "driver", "python", "torch", "triton", "numpy", "scipy", "numba", "spatialgeom"),
    *("commit", "dirty", "utc"),
)

_SHOWN = (
    "operation",
    "size",
    "inputs",
    "backend",
    "time",
    "per unit",
    "ratio",
    "goal",
    "peak",
    "of floor",
    "bound by",
)


def write_csv(rows: Iterable[Row], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def text_table(rows: Sequence[Row]) -> str:
    """Return the rows aligned, notes below the row that they belong to."""
    cells = [_SHOWN, *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(_SHOWN))]
    lines = [_aligned(line, widths) for line in cells]
    notes = ["", *(row.get("note", "") for row in rows)]
    return "\n".join(f"{line}  {note}".rstrip() for line, note in zip(lines, notes, strict=True))


def markdown_table(rows: Sequence[Row]) -> str:
    """Return the README's table: the fastest backend of each case beside the loops, and what it ran on."""
    if rows and rows[0]["device"] == "cuda":
        return gpu_markdown_table(rows)
    head = "| operation | size | NumPy loops | spatialgeom | ratio | goal | peak memory |"
    lines = [head, "|---|---|---|---|---|---|---|"]
    for group in _grouped(rows):
        loops = next((row for row in group if row["backend"] == "naive" and row["median"]), None)
        ours = [row for row in group if row["backend"] != "naive" and row["median"]]
        if loops is None or not ours:
            continue
        best = min(ours, key=lambda row: float(row["median"]))
        peaks = " / ".join(_bytes(row["peak_bytes"]) for row in (loops, best))
        lines.append(
            f"| {_code(best)} ({best['backend']}) | {size_words(best['sizes'])}, {best['inputs']} "
            f"| {_per_unit(loops)} | {_per_unit(best)} | {_ratio(best)} | {_goal(best)} | {peaks} |"
        )
    return "\n".join([*lines, "", _footer(rows)]) if rows else "\n".join(lines)


def gpu_markdown_table(rows: Sequence[Row]) -> str:
    """Return the table of a GPU: times of the fastest backend beside eager PyTorch's, and the floor."""
    lines = ["| operation | size | eager | device | call | of floor, bound by | goals |", "|" + "---|" * 7]
    timed = [row for row in rows if row["median"]]
    for row in timed:
        same = [each for each in timed if (case_name(each), each["sizes"]) == (case_name(row), row["sizes"])]
        ours = [each for each in same if each["backend"] != "reference" and each["metric"] == "device"]
        if not ours or row is not min(ours, key=lambda each: float(each["median"])):
            continue
        call = next(each for each in same if each["backend"] == row["backend"] and each["metric"] == "call")
        lines.append(
            f"| {_code(row)} ({row['backend']}) | {size_words(row['sizes'])}, {row['inputs']} "
            f"| {_ratio(row)} | {duration(row['median'])} | {duration(call['median'])} "
            f"| {_share(row['of_floor'])}, {row['bound_by']} | {_goal(row)} |"
        )
    return "\n".join([*lines, "", _footer(rows)])


def _cells(row: Row) -> tuple[str, ...]:
    return (
        case_name(row),
        size_words(row["sizes"]),
        row.get("inputs", ""),
        _implementation(row),
        duration(row.get("median", "")),
        _per_unit(row),
        _ratio(row),
        _goal(row),
        _peak(row),
        _share(row.get("of_floor") or row.get("fraction_of_bandwidth", "")),
        row.get("bound_by", "") or "-",
    )


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    left = (cell.ljust(width) for cell, width in zip(line[:4], widths[:4], strict=True))
    right = (cell.rjust(width) for cell, width in zip(line[4:], widths[4:], strict=True))
    return "  ".join((*left, *right))


def _grouped(rows: Sequence[Row]) -> list[list[Row]]:
    """Return rows by case and size; the loops may have a size of their own, so they open a group."""
    groups: list[list[Row]] = []
    for row in rows:
        if row["backend"] == "naive" or not groups:
            groups.append([])
        groups[-1].append(row)
    return groups


def case_name(row: Row) -> str:
    """Return the operation of a row, with the variant if there is one."""
    return f"{row['operation']}/{row['variant']}" if row.get("variant") else row["operation"]


def _code(row: Row) -> str:
    return f"`{row['operation']}` {row.get('variant', '')}".strip()


def size_words(sizes: str) -> str:
    """Return the sizes of a row in words."""
    return ", ".join(f"{_count(value)} {name}" for name, value in json.loads(sizes).items())


def _count(value: int) -> str:
    return f"{value // 1000}k" if value >= 10_000 and value % 1000 == 0 else str(value)


def duration(nanoseconds: str) -> str:
    """Return nanoseconds in the unit that suits them."""
    if not nanoseconds:
        return "-"
    value = float(nanoseconds)
    for unit, scale in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if value >= scale:
            return f"{value / scale:.3g} {unit}"
    return f"{value:.3g} ns"


def _per_unit(row: Row) -> str:
    return f"{duration(row['ns_per_unit'])} / {row['unit_of_work']}" if row.get("ns_per_unit") else "-"


def _implementation(row: Row) -> str:
    """Return the backend, and on a GPU whose clock timed it."""
    return row["backend"] if row.get("metric", "time") == "time" else f"{row['backend']} {row['metric']}"


def _ratio(row: Row) -> str:
    for column, whose in (("ratio_to_naive", ""), ("ratio_to_eager", " eager")):
        if row.get(column):
            return f"{float(format(float(row[column]), '.3g')):g}x{whose}"
    return "-"


def _goal(row: Row) -> str:
    if not row.get("goal"):
        return "-"
    wanted = row["goal"].split("; ") if row["device"] == "cuda" else [f">= {float(row['goal']):g}x"]
    verdicts = {"true": " met", "false": " NOT MET"}
    met = (verdicts.get(word, "") for word in row.get("met", "").split("; "))
    return ", ".join(f"{words}{verdict}" for words, verdict in zip(wanted, met, strict=False))


def _peak(row: Row) -> str:
    ratio = f" ({float(row['memory_ratio']):.2f}x)" if row.get("memory_ratio") else ""
    return _bytes(row.get("peak_bytes", "")) + ratio


def _bytes(count: str) -> str:
    if not count:
        return "-"
    kib = int(count) / 2**10
    return f"{kib / 2**10:.3g} MiB" if kib >= 1000 else f"{kib:.0f} KiB"


def _share(fraction: str) -> str:
    return f"{float(fraction):.1%}" if fraction else "-"


def _footer(rows: Sequence[Row]) -> str:
    first = rows[0]
    versions = ", ".join(
        f"{name} {first[name]}" for name in ("python", "torch", "numpy", "numba") if first[name]
    )
    beside = "loops and library interleaved in one run; memory: loops / library, peak above the inputs."
    if first["device"] == "cuda":
        beside = "eager PyTorch and kernels interleaved in one run, caches emptied between samples."
    dirty = " with local changes" if first["dirty"] == "true" else ""
    return (
        f"{first['machine']}; {first['threads']} thread(s); {versions}; commit {first['commit']}{dirty}; "
        f"{first['utc'][:10]}. Medians, {beside}"
    )
