"""Draw speed over size, one figure for each operation, from files of results.

A line for each backend, ours last and on top; of several files, a line for each commit. The grey line is the
roofline: what the least work of each size allows on the machine of the rows.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.table import Row, case_name, read_csv

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_EXAMPLES = """examples:
  python -m benchmarks.run --op overlap_matrix visible_points --full --out full.csv
  python -m benchmarks.plot full.csv --out plots
  python -m benchmarks.plot before.csv after.csv --out plots       a line for each commit
"""
_NAMES = {"naive": "NumPy loops", "reference": "eager PyTorch", "cpu": "Numba", "triton": "Triton"}
_OTHERS = ("naive", "reference")
# of Okabe and Ito: apart for every kind of colour vision; strong ones for ours
_GREYS = {"naive": "#999999", "reference": "#56B4E9"}
_OURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7")
_MARKERS = {"naive": "s", "reference": "D", "cpu": "o", "triton": "o"}


class Line(NamedTuple):
    """One implementation of one commit: units of work against units per second."""

    label: str
    backend: str
    points: list[tuple[float, float, float, float]]  # units, speed, its low and high end


def main(arguments: Sequence[str] | None = None) -> int:
    """Write one PNG for each operation; return 2 where matplotlib is missing."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.plot",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "results", nargs="+", type=Path, metavar="RESULTS", help="CSV files of benchmarks.run"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the PNGs go")
    asked = parser.parse_args(arguments)
    missing = [str(file) for file in asked.results if not file.is_file()]
    if missing:
        parser.error(f"there is no file {', '.join(missing)}")
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        print("figures need matplotlib: pip install -e '.[bench]'", file=sys.stderr)
        return 2
    asked.out.mkdir(parents=True, exist_ok=True)
    files = [[row for row in read_csv(file) if row["median"]] for file in asked.results]
    for name in dict.fromkeys(case_name(row) for rows in files for row in rows):
        target = asked.out / f"{''.join(c if c.isalnum() else '_' for c in name)}.png"
        _draw(name, [[row for row in rows if case_name(row) == name] for rows in files], target)
        print(target)
    return 0


def lines_of(files: Sequence[Sequence[Row]]) -> list[Line]:
    """Return the lines of one operation: the others of the last file, then ours of each, the last on top."""
    several = sum(1 for rows in files if rows) > 1
    lines = []
    for rows in files:
        for backend in dict.fromkeys(row["backend"] for row in rows):
            if backend in _OTHERS and rows is not files[-1]:
                continue
            metrics = [row.get("metric", "time") for row in rows if row["backend"] == backend]
            clock = "device" if "device" in metrics else metrics[0]
            mine = [row for row in rows if row["backend"] == backend and row.get("metric", "time") == clock]
            commit = f" at {_commit(mine[0])}" if several and backend not in _OTHERS else ""
            lines.append(Line(_NAMES.get(backend, backend) + commit, backend, _speeds(mine)))
    # a stable sort: of commits, the newest stays last
    return sorted(lines, key=lambda line: _OTHERS.index(line.backend) if line.backend in _OTHERS else 9)


def roofline(rows: Sequence[Row]) -> list[tuple[float, float]]:
    """Return units of work and the units per second that their floor allows."""
    floors: dict[float, float] = {}
    for row in rows:
        if floor_ns := _floor_ns(row):
            floors[float(row["units"])] = float(row["units"]) / floor_ns * 1e9
    return sorted(floors.items())


def _floor_ns(row: Row) -> float | None:
    if row.get("floor_ns"):
        return float(row["floor_ns"])
    # older files say only what share of a copy's bandwidth was reached
    reached = row.get("fraction_of_bandwidth")
    return float(reached) * float(row["median"]) if reached else None


def _speeds(rows: Sequence[Row]) -> list[tuple[float, float, float, float]]:
    found: dict[float, tuple[float, float, float, float]] = {}
    for row in rows:
        units = float(row["units"])
        speed, low, high = (units / float(row[name]) * 1e9 for name in ("median", "p80", "p20"))
        found[units] = (units, speed, low, high)
    return sorted(found.values())


def _draw(name: str, files: Sequence[Sequence[Row]], target: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.8), dpi=150)
    axes = figure.add_subplot()
    rows = [row for each in files for row in each]
    _draw_lines(axes, lines_of(files))
    if roof := roofline(files[-1] or rows):
        roof = roof if len(roof) > 1 else [(units * by, speed) for units, speed in roof for by in (0.5, 2)]
        axes.plot(*zip(*roof, strict=True), color="0.7", linewidth=5, zorder=1, label="roofline")
    unit = rows[0]["unit_of_work"]
    axes.set(
        xscale="log", yscale="log", xlabel=f"size: {_plural(unit)}", ylabel=f"{_plural(unit)} per second"
    )
    axes.set_title(name, loc="left", fontweight="bold")
    axes.grid(True, which="major", color="0.92")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    _tidy_ticks(axes)
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    figure.text(0.01, 0.01, _footer(files), fontsize=7, color="0.4", va="bottom")
    figure.tight_layout(rect=(0, 0.07, 1, 1))
    figure.savefig(target)


def _draw_lines(axes: "Axes", lines: Sequence[Line]) -> None:
    ours = sum(line.backend not in _OTHERS for line in lines)
    colours = iter(_OURS[i % len(_OURS)] for i in range(ours)[::-1])
    for order, line in enumerate(lines):
        units, speed, low, high = (list(values) for values in zip(*line.points, strict=True))
        others = line.backend in _OTHERS
        style: dict[str, Any] = {
            "color": _GREYS[line.backend] if others else next(colours),
            "linewidth": 1.5 if others else 2.5,
            "marker": _MARKERS.get(line.backend, "o"),
            "markersize": 5 if others else 7,
            "zorder": 2 + order,
        }
        spread = [
            [s - a for s, a in zip(speed, low, strict=True)],
            [b - s for s, b in zip(speed, high, strict=True)],
        ]
        axes.errorbar(units, speed, spread, capsize=3, elinewidth=1, label=line.label, **style)


def _tidy_ticks(axes: "Axes") -> None:
    """Name powers of ten alone, and show at least one of them."""
    from matplotlib.ticker import NullFormatter

    for axis, low_high, set_limits in (
        (axes.xaxis, axes.get_xlim(), axes.set_xlim),
        (axes.yaxis, axes.get_ylim(), axes.set_ylim),
    ):
        axis.set_minor_formatter(NullFormatter())
        low, high = low_high
        if high / low < 10:
            set_limits(low / 3, high * 3)


def _plural(unit: str) -> str:
    head, _, rest = unit.partition(" of ")
    plural = f"{head[:-1]}) pairs" if head.endswith(")") else f"{head}s"
    if "," in head:
        plural = f"{head} tuples" if head.count(",") > 1 else f"{head} pairs"
    return f"{plural} of {rest}" if rest else plural


def _commit(row: Row) -> str:
    return row["commit"][:7] + ("+" if row["dirty"] == "true" else "")


def _footer(files: Sequence[Sequence[Row]]) -> str:
    rows = [each[0] for each in files if each]
    commits = ", ".join(dict.fromkeys(_commit(row) for row in rows))
    machines = "; ".join(dict.fromkeys(row["machine"] for row in rows))
    threads = rows[-1]["threads"]
    return (
        f"{machines}; {threads} thread{'s' if threads != '1' else ''}\n"
        f"commit {commits}; medians, bars from the 20th to the 80th percentile; {rows[-1]['inputs']} inputs"
    )


if __name__ == "__main__":
    sys.exit(main())
