"""Is it slower than before? Compare two files of results, or a file with a commit's.

Rows are matched by operation, variant, backend, clock, device, threads, sizes, inputs and machine. A row is
slower, and the exit code 1, if its median is above the old one by more than the tolerance and its spread lies
wholly above the old one: the new 20th percentile above the old 80th.
"""

import argparse
import csv
import io
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.table import Row, case_name, duration, read_csv, size_words

_ROOT = Path(__file__).resolve().parents[1]
_RESULTS = "benchmarks/results"
_IDENTITY = ("operation", "variant", "backend", "metric", "device", "threads", "sizes", "inputs", "dtype")
_EXAMPLES = """examples:
  python -m benchmarks.compare before.csv after.csv
  python -m benchmarks.compare HEAD~5 HEAD                       the files of results in two commits
  python -m benchmarks.compare HEAD after.csv --tolerance 0.2
"""


class Change(NamedTuple):
    """One row before and after."""

    before: Row
    after: Row
    tolerance: float

    @property
    def ratio(self) -> float:
        """Return how many times the old median the new one is."""
        return float(self.after["median"]) / float(self.before["median"])

    @property
    def verdict(self) -> str:
        """Return "slower", "faster" or "same"; neither inside the spread nor inside the tolerance counts."""
        if self.ratio > 1 + self.tolerance and float(self.after["p20"]) > float(self.before["p80"]):
            return "slower"
        if self.ratio < 1 / (1 + self.tolerance) and float(self.after["p80"]) < float(self.before["p20"]):
            return "faster"
        return "same"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 1 if a row is slower."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.compare",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("before", metavar="OLD", help="a CSV file, or a commit with its files of results")
    parser.add_argument("after", metavar="NEW", help="likewise")
    add_options(parser)
    asked = parser.parse_args(arguments)
    try:
        return int(report(load(asked.before), load(asked.after), asked.tolerance, asked.across_machines))
    except ValueError as error:
        parser.error(str(error))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what decides on a comparison."""
    parser.add_argument(
        "--tolerance", type=float, default=0.1, help="ratio of medians that is not yet slower (default: 0.1)"
    )
    parser.add_argument("--across-machines", action="store_true", help="compare rows of different machines")


def load(name: str) -> list[dict[str, str]]:
    """Return the rows of a file, or of all files of results in a commit."""
    if Path(name).is_file():
        return read_csv(Path(name))
    if name.endswith(".csv"):
        raise ValueError(f"there is no file {name}")
    rows: list[dict[str, str]] = []
    for file in _git("ls-tree", "--name-only", name, f"{_RESULTS}/", whose=name).splitlines():
        found = list(csv.DictReader(io.StringIO(_git("show", f"{name}:{file}", whose=name))))
        rows += [row for row in found if "operation" in row]
    if not rows:
        raise ValueError(f"commit {name} has no results in {_RESULTS}")
    return rows


def report(before: Sequence[Row], after: Sequence[Row], tolerance: float, across_machines: bool) -> bool:
    """Print the comparison; return whether anything is slower. Raises ValueError for other machines."""
    changes = changes_of(before, after, tolerance, across_machines)
    print(change_table(changes))
    counts = {word: sum(each.verdict == word for each in changes) for word in ("slower", "faster", "same")}
    steady = [each.ratio for each in changes if each.after["backend"] == "naive"]
    noise = f"; the loops, which nothing changed: {statistics.median(steady):.2f}x" if steady else ""
    print(f"{', '.join(f'{count} {word}' for word, count in counts.items())}{noise}")
    return counts["slower"] > 0


def changes_of(
    before: Sequence[Row], after: Sequence[Row], tolerance: float, across_machines: bool
) -> list[Change]:
    """Return the rows that both have, in the order of the new ones."""
    columns = _IDENTITY if across_machines else (*_IDENTITY, "machine")
    old = {identity(row, columns): row for row in before if row["median"]}
    pairs = [(old.get(identity(row, columns)), row) for row in after if row["median"]]
    changes = [Change(earlier, row, tolerance) for earlier, row in pairs if earlier is not None]
    if changes:
        return changes
    machines = [" and ".join(sorted({row["machine"] for row in rows})) for rows in (before, after)]
    if machines[0] != machines[1]:
        raise ValueError(
            f"measured on different machines, {machines[0]} and {machines[1]}: "
            "--across-machines compares them all the same"
        )
    raise ValueError("no row of one is in the other: operations, sizes, backends or inputs differ")


def change_table(changes: Sequence[Change]) -> str:
    """Return the comparison, aligned."""
    lines = [("operation", "size", "backend", "old", "new", "ratio", "old spread", "new spread", "")]
    for each in changes:
        row = each.after
        clock = "" if row.get("metric", "time") == "time" else f" {row['metric']}"
        lines.append(
            (
                case_name(row),
                size_words(row["sizes"]),
                row["backend"] + clock,
                duration(each.before["median"]),
                duration(row["median"]),
                f"{each.ratio:.2f}x",
                _spread(each.before),
                _spread(row),
                each.verdict.upper() if each.verdict == "slower" else each.verdict,
            )
        )
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def identity(row: Row, columns: Sequence[str] = _IDENTITY) -> tuple[str, ...]:
    """Return what a row must share with another to be compared with it."""
    return tuple(row.get(column) or "" for column in columns)


def _spread(row: Row) -> str:
    middle = float(row["median"])
    return "{:+.0%} {:+.0%}".format(*(float(row[side]) / middle - 1 for side in ("p20", "p80")))


def _git(*arguments: str, whose: str) -> str:
    command = ["git", "-C", str(_ROOT), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(f"there is no file and no commit {whose!r}: {done.stderr.strip().splitlines()[0]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
