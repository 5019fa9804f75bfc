"""Measure another commit beside this checkout, in turn, each by its own benchmarks."""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks import compare
from benchmarks.inputs import kitchen_folder
from benchmarks.table import read_csv, write_csv

_ROOT = Path(__file__).resolve().parents[1]
_USAGE = 2  # what argparse exits with
Rows = list[dict[str, str]]


def main(asked: argparse.Namespace) -> int:
    """Compare; return 1 if anything is slower or wrong, 2 if the commit cannot be checked out."""
    from benchmarks.run import operations

    before: Rows = []
    after: Rows = []
    failed = False
    try:
        with (
            tempfile.TemporaryDirectory(prefix="spatialgeom-rerun-") as folder,
            _worktree(asked.compare) as old,
        ):
            sides = ((before, old), (after, _ROOT))
            # what the machine does meanwhile falls on both: each operation is measured there and here in turn
            for name in operations(asked):
                for _ in range(asked.rounds):
                    for rows, root in sides:
                        file = Path(folder) / "rows.csv"
                        failed |= _measure(name, asked, root, file)
                        rows += read_csv(file) if file.exists() else []
                        file.unlink(missing_ok=True)
        before, after = _pooled(before), _pooled(after)
        if asked.out:
            write_csv(after, asked.out)
        slower = compare.report(before, after, asked.tolerance, asked.across_machines)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 1 if slower or failed else 0


def _measure(name: str, asked: argparse.Namespace, root: Path, file: Path) -> bool:
    """Measure one operation of the checkout in ``root``; return whether that failed."""
    command = [sys.executable, "-m", "benchmarks.run", "--op", name, "--out", str(file), *_options(asked)]
    # a folder on this path is looked into before the installed package
    environment = os.environ | {"PYTHONPATH": str(root / "src")}
    if (folder := kitchen_folder()) is not None:
        environment["SPATIALGEOM_TEST_DATA"] = str(folder.parent)
    done = subprocess.run(command, cwd=root, env=environment, stdout=subprocess.DEVNULL, check=False)
    if done.returncode == _USAGE:
        raise ValueError(f"the benchmarks of {asked.compare} know no such operation, size or option")
    return done.returncode != 0


def _options(asked: argparse.Namespace) -> list[str]:
    options = ["--device", asked.device, "--threads", str(asked.threads), "--no-memory"]
    options += ["--backend", *asked.backend] if asked.backend else []
    options += ["--repeats", str(asked.repeats)] if asked.repeats else []
    options += ["--smallest"] if asked.smallest else ["--full"] if asked.full else []
    if asked.sizes:
        options += ["--sizes", *(f"{name}={','.join(map(str, values))}" for name, values in asked.sizes)]
    return options


def _pooled(rows: Sequence[dict[str, str]]) -> Rows:
    """Return one row for the rounds of each: the median of medians, and the widest spread."""
    same: dict[tuple[str, ...], Rows] = {}
    for row in rows:
        if row["median"]:
            same.setdefault(compare.identity(row), []).append(row)
    return [
        each[0]
        | {
            "p20": str(min(float(row["p20"]) for row in each)),
            "median": str(statistics.median(float(row["median"]) for row in each)),
            "p80": str(max(float(row["p80"]) for row in each)),
        }
        for each in same.values()
    ]


@contextmanager
def _worktree(commit: str) -> Iterator[Path]:
    """Check out ``commit`` into a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="spatialgeom-commit-") as folder:
        path = Path(folder) / "checkout"
        _git("worktree", "add", "--detach", "--quiet", str(path), commit)
        try:
            yield path
        finally:
            _git("worktree", "remove", "--force", str(path))


def _git(*arguments: str) -> None:
    done = subprocess.run(["git", "-C", str(_ROOT), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(done.stderr.strip().splitlines()[-1])
