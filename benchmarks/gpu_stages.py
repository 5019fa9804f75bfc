"""The stages of ``make gpu``: what each runs, how long it may take, and where its results are."""

import importlib.util
import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import table

_ROOT = Path(__file__).resolve().parents[1]
_TESTS = ("tests/ops", "tests/backends")
# kernels and what runs on a GPU; compiling for other cards needs none
_CHOSEN = "(triton or cuda or backends) and not test_compiled"
_MOST_WORKERS = 8
_CEILINGS = "ceilings.json"


@dataclass(frozen=True)
class Stage:
    """One child process.

    Args:
        name: What the report calls it.
        seconds: What it may take; it gets what earlier stages left, too.
        command: Takes a folder for its results; returns the command.
        collect: Takes the folder; returns what goes into the results, ``words`` for the summary.
        needs: Packages without which it is skipped.
        environment: Variables of the child.
    """

    name: str
    seconds: float
    command: Callable[[Path], list[str]]
    collect: Callable[[Path], dict[str, Any]]
    needs: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


def why_skipped(stage: Stage) -> str | None:
    """Return the reason in words if a package that the stage needs is missing."""
    missing = [name for name in stage.needs if importlib.util.find_spec(name) is None]
    verb = "is" if len(missing) == 1 else "are"
    return f"{' and '.join(missing)} {verb} not installed" if missing else None


def _module(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"benchmarks.{name}", *arguments]


def _machine(folder: Path) -> dict[str, Any]:
    found = _read(folder / "machine.json")
    return {"environment": found, "words": " ".join(found["missing"])}


def _library_ceilings(folder: Path) -> dict[str, Any]:
    found = _read(folder / _CEILINGS)
    return {"ceilings": found, "words": f"copy {found['copy_bytes_per_s'] / 1e12:.2f} TB/s."}


def _experiment(name: str) -> Stage:
    return Stage(
        name,
        20,
        lambda folder: _module("experiments", name, "--out", str(folder / f"{name}.json")),
        partial(_experiment_found, name),
        needs=("triton",),
    )


def _experiment_found(name: str, folder: Path) -> dict[str, Any]:
    found = _read(folder / f"{name}.json")
    if found["ceilings"] and (folder / _CEILINGS).is_file():
        # the benchmarks read all ceilings from one file
        (folder / _CEILINGS).write_text(json.dumps(_read(folder / _CEILINGS) | found["ceilings"]))
    rates = ", ".join(f"{rate['name']} {rate['per_second']:.3g}/s" for rate in found["rates"])
    return {"ceilings": found["ceilings"], "experiments": {name: found["rates"]}, "words": f"{rates}."}


def _tests(folder: Path) -> list[str]:
    command = [sys.executable, "-m", "pytest", *(path for path in _TESTS if (_ROOT / path).is_dir())]
    command += ["-q", "-p", "no:cacheprovider", "-p", "benchmarks.gpu_tests", "--tb=short"]
    command += ["-k", _CHOSEN, "--outcomes", str(folder / "outcomes.jsonl")]
    # versions here are not those that are pinned: what they deprecate is no failure
    command += ["-W", "default::DeprecationWarning", "-W", "default::FutureWarning"]
    workers = min(_MOST_WORKERS, (os.cpu_count() or 1) // 2)
    if workers > 1 and importlib.util.find_spec("xdist") is not None:
        command += ["-n", str(workers), "--dist", "worksteal"]
    return command


def _outcomes(folder: Path) -> dict[str, Any]:
    lines = (folder / "outcomes.jsonl").read_text(encoding="utf-8").splitlines()
    tests = [json.loads(line) for line in lines]
    counts = Counter(each["outcome"] for each in tests)
    failures = [each for each in tests if each["outcome"] == "failed"]
    slowest = sorted(tests, key=lambda each: -each["seconds"])[:10]
    words = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
    summary = {"counts": dict(counts), "failures": failures, "slowest": slowest}
    summary["skipped"] = sorted({each["message"] for each in tests if each["outcome"] == "skipped"})
    return {"tests": summary, "words": f"{words}."}


def _benchmarks(folder: Path) -> list[str]:
    command = _module("run", "--device", "cuda", "--out", str(folder / "rows.csv"))
    return command + (["--ceilings", str(folder / _CEILINGS)] if (folder / _CEILINGS).is_file() else [])


def _rows(folder: Path) -> dict[str, Any]:
    rows = table.read_csv(folder / "rows.csv")
    judged = [verdict for row in rows for verdict in row["met"].split("; ") if verdict]
    words = f"{len(rows)} rows, {judged.count('true')} of {len(judged)} goals met."
    return {"benchmarks": [{k: v for k, v in row.items() if v} for row in rows], "words": words}


def _training(folder: Path) -> list[str]:
    # a step is two micro-batches; more would take longer than a stage has
    sizes = ["--model", "8b", "--batch", "8", "--steps", "3", "--warmup", "1"]
    return _module("training", "--device", "cuda", *sizes, "--out", str(folder / "training.csv"))


def _training_rows(folder: Path) -> dict[str, Any]:
    rows = table.read_csv(folder / "training.csv")
    ratios = ", ".join(f"{row['row']} {row['ratio']}x plain PEFT" for row in rows if row["ratio"])
    return {"training": [{k: v for k, v in row.items() if v} for row in rows], "words": f"{ratios}."}


def _profile(folder: Path) -> dict[str, Any]:
    found = _read(folder / "profile.json")
    return {"profile": found, "words": f"{len(found)} operations."}


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


ALL = (
    Stage("environment", 15, lambda folder: _module("gpu_machine", str(folder / "machine.json")), _machine),
    Stage("ceilings", 20, lambda folder: _module("ceilings", str(folder / _CEILINGS)), _library_ceilings),
    _experiment("matrix_instructions"),
    _experiment("gathers"),
    _experiment("atomics"),
    Stage("tests", 120, _tests, _outcomes, needs=("pytest", "hypothesis")),
    Stage("benchmarks", 145, _benchmarks, _rows),
    _experiment("overlap_products"),
    Stage("training", 80, _training, _training_rows, needs=("transformers", "peft", "accelerate")),
    # only if time is left
    Stage(
        "profile",
        0,
        lambda folder: _module("gpu_profile", str(folder / "profile.json")),
        _profile,
        needs=("triton",),
    ),
)
