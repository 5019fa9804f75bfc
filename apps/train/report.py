"""How a run says how far it is: a bar or lines, a log of every step, and a tracker."""

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tqdm import tqdm

LOG = "log.jsonl"
_LINE_EVERY_S = 10.0


class Report:
    """Tells of a run; only the main process does.

    Args:
        accelerator: Its trackers get every figure.
        folder: The run's folder.
        steps: Steps in all.
        done: Steps that are done; what the log says of later ones is cut off.
        quiet: No progress on stderr.
    """

    def __init__(self, accelerator: Any, folder: Path, *, steps: int, done: int, quiet: bool) -> None:
        self._accelerator = accelerator
        self._tells = accelerator.is_main_process
        self._quiet = quiet or not self._tells
        self._steps = steps
        self._log = folder / LOG
        self._said = 0.0
        self._bar: tqdm[Any] | None = None
        if self._tells:
            _cut(self._log, done)
        if not self._quiet and sys.stderr.isatty():
            self._bar = tqdm(total=steps, initial=done, desc="training", file=sys.stderr, dynamic_ncols=True)

    def say(self, message: str) -> None:
        """Print one line, unless quiet."""
        if not self._quiet:
            tqdm.write(message, file=sys.stderr)

    def step(self, done: int, metrics: Mapping[str, float]) -> None:
        """Tell of a step."""
        self._write({"step": done, **metrics}, "train", metrics)
        shown = _line(metrics)
        if self._bar is not None:
            self._bar.set_postfix_str(shown, refresh=False)
            self._bar.update(done - self._bar.n)
        elif time.monotonic() - self._said > _LINE_EVERY_S or done == self._steps:
            self._said = time.monotonic()
            self.say(f"step {done} of {self._steps}: {shown}")

    def evaluation(self, done: int, by_task: Mapping[str, Mapping[str, float]]) -> None:
        """Tell of an evaluation: figures of each task, and of ``all``."""
        flat = {f"{task}/{name}": value for task, told in by_task.items() for name, value in told.items()}
        self._write({"step": done, "evaluation": by_task}, "evaluation", flat)
        whole = by_task["all"]
        lost = f", {whole['dropped']:,.0f} cannot be used" if whole["dropped"] else ""
        self.say(f"evaluation after {done} steps: loss {whole['loss']:.4f}, exact {whole['exact']:.1%}{lost}")

    def close(self, *, failed: bool = False) -> None:
        """End the bar and the trackers, and leave the other processes.

        Args:
            failed: This process stops because of a fault. Then it does not leave them: they may be waiting in
                a collective, and it would wait for them before it said why it stops.
        """
        if self._bar is not None:
            self._bar.close()
        if not failed:
            self._accelerator.end_training()
            return
        for tracker in self._accelerator.trackers:
            tracker.finish()

    def _write(self, line: Mapping[str, Any], prefix: str, figures: Mapping[str, float]) -> None:
        if self._tells:
            with self._log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        self._accelerator.log(
            {f"{prefix}/{name}": value for name, value in figures.items()}, step=line["step"]
        )


def _line(metrics: Mapping[str, float]) -> str:
    parts = [
        f"loss {metrics['loss']:.4f}" if "loss" in metrics else "nothing to learn",
        f"lr {metrics['lr']:.2e}",
        f"{metrics['tokens_per_s']:,.0f} tokens/s",
        *([f"{metrics['utilisation']:.0%} of peak"] if "utilisation" in metrics else []),
        f"waiting {metrics['wait']:.0%}",
        f"{metrics['memory_gib']:.1f} GiB",
    ]
    if metrics["dropped"]:
        parts.append(f"dropped {metrics['dropped']:,.0f}")
    return ", ".join(parts)


def _cut(log: Path, done: int) -> None:
    """Keep what the log says of steps up to ``done``: a resumed run tells the others again."""
    if not log.is_file():
        return
    lines = log.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if _step_of(line) <= done] if done else []
    beside = log.with_name(f".{log.name}.tmp")
    beside.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
    beside.replace(log)


def _step_of(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, TypeError, KeyError):  # a line that was being written when the run was killed
        return float("inf")
