"""Everything that needs a GPU, in one command: ``make gpu``, or ``python -m benchmarks.gpu --help``.

Each stage is a process of its own with a limit of time; what fails is said in words and the next one runs.
The results are written after every stage, so that a run that is stopped keeps what it had.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.gpu_report import markdown
from benchmarks.gpu_stages import ALL, Stage, why_skipped

_ROOT = Path(__file__).resolve().parents[1]
_NO_GPU = "gpu: no CUDA device; this needs an NVIDIA GPU of compute capability 8.0 or newer"
_SECONDS = 460.0  # for everything
_GRACE_S = 5.0  # to say what was done, before a stage out of time is killed
_LEAST_S = 5.0  # that are worth starting a stage for


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, 1 if a stage failed, 2 without a GPU."""
    asked = _parser().parse_args(arguments)
    stages = [stage for stage in ALL if not asked.stages or stage.name in asked.stages]
    card, why_not = find_card()
    if not card:
        print(f"{_NO_GPU}{why_not}", file=sys.stderr)
        return 2
    print(f"{card}: at most {asked.seconds:.0f} s in all; what a stage leaves goes to the next ones")
    print("; ".join(f"{stage.name} {stage.seconds:.0f} s" for stage in stages), flush=True)
    results = run(stages, card, asked.out, asked.seconds)
    failed = [each["name"] for each in results["stages"] if each["status"] in ("failed", "out of time")]
    if failed:
        print(f"gpu: not all went well: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def find_card() -> tuple[str, str]:
    """Return the name of a GPU that can run this, or nothing and what the question for one ended in.

    A process of its own asks: this one must not hold the GPU.
    """
    question = (
        "import torch\n"
        "if torch.cuda.is_available() and torch.cuda.get_device_capability() >= (8, 0):\n"
        "    print(torch.cuda.get_device_name())"
    )
    answer = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=False)
    failure = _last_line(answer.stderr.splitlines()) if answer.returncode else ""
    return answer.stdout.strip(), f" ({failure})" if failure else ""


def run(stages: Sequence[Stage], card: str, out: Path, seconds: float) -> dict[str, Any]:
    """Run the stages and write what they found into ``out``; return it."""
    out.mkdir(parents=True, exist_ok=True)
    name = f"gpu-{'-'.join(card.lower().split())}"
    results: dict[str, Any] = {"card": card, "started": datetime.now(UTC).isoformat(timespec="seconds")}
    results["stages"] = []
    stop = time.monotonic() + seconds
    with tempfile.TemporaryDirectory(prefix="spatialgeom-gpu-") as folder:
        for i, stage in enumerate(stages):
            later = sum(each.seconds for each in stages[i + 1 :])
            limit = stop - time.monotonic() - later
            outcome = run_stage(stage, Path(folder), limit, results)
            results["stages"].append(outcome)
            print(
                f"{stage.name}: {outcome['status']} in {outcome['seconds']} s. {outcome['words']}", flush=True
            )
            _write(out / f"{name}.json", json.dumps(results, indent=1) + "\n")
            _write(out / f"{name}.md", markdown(results))
    print(f"results are in {out / name}.json and .md")
    return results


def run_stage(stage: Stage, folder: Path, limit: float, results: dict[str, Any]) -> dict[str, Any]:
    """Run one stage, put what it found into ``results``, and return how it went."""
    outcome: dict[str, Any] = {"name": stage.name, "status": "skipped", "seconds": 0.0, "words": ""}
    if reason := why_skipped(stage):
        return outcome | {"words": reason}
    if limit < _LEAST_S:
        return outcome | {"words": "no time was left"}
    log = folder / f"{stage.name}.log"
    start = time.monotonic()
    status = _in_child(stage.command(folder), stage.environment, log, limit)
    outcome |= {"status": status, "seconds": round(time.monotonic() - start, 1)}
    try:
        found = stage.collect(folder)
    except (OSError, ValueError, KeyError) as error:
        found = {}
        if status == "done":
            outcome["status"], found["words"] = "failed", f"its results cannot be read ({error})"
    outcome["words"] = found.pop("words", "")
    for key, value in found.items():
        # the ceilings are gathered by several stages
        results[key] = results.get(key, {}) | value if isinstance(value, dict) else value
    if outcome["status"] != "done":
        outcome["log"] = log.read_text(encoding="utf-8", errors="replace").splitlines()[-30:]
        outcome["words"] = f"{outcome['words']} {_last_line(outcome['log'])}".strip()
    return outcome


def _in_child(command: list[str], environment: dict[str, str], log: Path, limit: float) -> str:
    """Run ``command`` and all that it starts, for at most ``limit`` seconds; return how it ended."""
    variables = os.environ | environment
    with log.open("w", encoding="utf-8") as file:
        child = subprocess.Popen(
            command, cwd=_ROOT, env=variables, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            return "done" if child.wait(limit) == 0 else "failed"
        except subprocess.TimeoutExpired:
            return "out of time"
        finally:
            _end(child)


def _end(child: "subprocess.Popen[bytes]") -> None:
    """Interrupt the child if it still runs, then kill what is left of its group."""
    if child.poll() is None:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            child.kill()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _last_line(lines: list[str]) -> str:
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _write(path: Path, text: str) -> None:
    """Replace a file whole: a run that is killed leaves the one before."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu",
        description="Run all that needs a GPU: its ceilings, the tests, the benchmarks. It installs nothing.",
    )
    names = [stage.name for stage in ALL]
    results = _ROOT / "benchmarks" / "results"
    parser.add_argument(
        "--out", type=Path, default=results, metavar="FOLDER", help="(default: benchmarks/results)"
    )
    parser.add_argument("--seconds", type=float, default=_SECONDS, help=f"in all (default: {_SECONDS:.0f})")
    parser.add_argument(
        "--stages", nargs="+", choices=names, metavar="NAME", help=f"only these of {', '.join(names)}"
    )
    return parser


if __name__ == "__main__":
    # like an interrupt, so that what a stage started ends with this process
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
