"""Time the LoRA step beside plain PEFT: ``python -m benchmarks.training --help``.

Both train the same InternVL from a random initialisation on the same conversations, in one run: ours with its
loader, and plain PEFT as one writes it by hand; then both with their batches already in memory, which leaves
out the data. Their losses of the first step must agree.
"""

import argparse
import csv
import importlib.metadata
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.environment import environment

_EXAMPLES = """examples:
  python -m benchmarks.training --model small --dtype float32 --batch 4 --steps 3 --warmup 1 --workers 1
  python -m benchmarks.training --model 8b --device cuda --out training.csv
  python -m benchmarks.training --cost
"""
_NEEDED = ("transformers", "peft", "accelerate")
OURS, OURS_HELD, OURS_KEPT = "ours, with its loader", "ours, in memory", "ours, in memory, activations kept"
PLAIN, PLAIN_HELD = "plain PEFT", "plain PEFT, in memory"
LOADER = "loader alone"
_RATIO_TO = {OURS: PLAIN, OURS_HELD: PLAIN_HELD, OURS_KEPT: PLAIN_HELD}
# of the loss, relative: float32 adds up in another order; bf16 has 8 bits, and answers have tens of tokens
_AGREE = {"float32": 1e-4, "bfloat16": 1e-2}
_KEPT_SHARE = 4  # where activations are kept, a micro-batch has this part of the tokens
_SPREAD = (20, 50, 80)
COLUMNS = (
    *("row", "model", "device", "dtype", "batch", "micro_batch_tokens", "workers", "steps", "unit"),
    *("p20", "median", "p80", "conversations_per_s", "tflops", "utilisation", "of_ceiling", "ratio"),
    *("wait", "padding", "peak_gib", "first_loss", "last_loss", "note"),
)
Row = dict[str, str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table and write rows; return 1 if losses differ, 2 if a package is missing."""
    asked = _parser().parse_args(arguments)
    if missing := [name for name in _NEEDED if importlib.util.find_spec(name) is None]:
        print(
            f"needs {' and '.join(missing)}, which cannot be imported: install spatialgeom[train], "
            "or name a folder that has them on PYTHONPATH",
            file=sys.stderr,
        )
        return 2
    if asked.cost:
        from benchmarks._training_cost import cost_page

        print(cost_page(asked.model, asked.tiles))
        return 0
    rows: list[Row] = []
    shared = environment(asked.device) | {name: importlib.metadata.version(name) for name in _NEEDED}
    with tempfile.TemporaryDirectory(prefix="spatialgeom-training-") as folder:
        for row in measure(asked, Path(folder)):
            print(_line(row), flush=True)
            rows.append(row)
            if asked.out:
                _write(asked.out, [each | shared for each in rows])
    if fault := disagreement(rows, _AGREE[asked.dtype]):
        print(fault, file=sys.stderr)
        return 1
    return 0


def measure(asked: argparse.Namespace, folder: Path) -> Iterator[Row]:
    """Yield a row after another; the ones that others are compared with come first."""
    if asked.device == "cpu":
        os.environ["ACCELERATE_USE_CPU"] = "true"
    import torch

    from benchmarks import _training_steps as steps
    from benchmarks._training_loader import loader_stages
    from benchmarks._training_model import make_base

    work = _work(asked, folder)
    yield _loader_row(loader_stages(work), asked)
    base = make_base(Path(work.config.model.path), asked.dtype, work.device, asked.attention)
    batches = steps.held(work)
    tokens, flops = steps.work_of_steps(work.family.parts.vision, base, batches)
    ceiling = _ceiling(work.device, getattr(torch, asked.dtype))
    yield _blank(asked, "ceiling: matrix product") | {"unit": "TFLOP/s", "median": f"{ceiling / 1e12:.4g}"}
    kept = [list(steps.plain_inputs(work, step)) for step in range(work.turns.different)]
    count = work.turns.steps
    few = _with_kept_activations(work)
    runs: dict[str, Callable[[], Any]] = {
        PLAIN: lambda: steps.plain(base, work),
        OURS: lambda: steps.ours(base, work, work.loader(count)),
        PLAIN_HELD: lambda: steps.plain(base, work, kept),
        OURS_HELD: lambda: steps.ours(base, work, steps.again(batches, count)),
        OURS_KEPT: lambda: steps.ours(base, few, steps.again(steps.held(few), count)),
    }
    weights = sum(parameter.nbytes for parameter in base.parameters())
    done: dict[str, float] = {}
    for name, run in runs.items():
        timed = steps.measured(run, work.device)
        row = _blank(asked, name) | {"unit": "tokens/s"}
        if timed.note:
            yield row | {"note": timed.note}
            continue
        each = [(asked.warmup + k) % len(tokens) for k in range(asked.steps)]
        rates = [tokens[k] / s for k, s in zip(each, timed.seconds, strict=True)]
        work_rates = [flops[k] / s for k, s in zip(each, timed.seconds, strict=True)]
        done[name] = float(np.median(rates))
        yield (
            row
            | _figures(timed, rates, float(np.median(work_rates)), asked.batch, weights, ceiling, work.device)
            | {"ratio": f"{done[name] / done[other]:.3f}" if (other := _RATIO_TO.get(name)) in done else ""}
        )


def _work(asked: argparse.Namespace, folder: Path) -> Any:
    import torch
    from transformers.utils import logging

    from benchmarks._training_data import Turns, write_pairs
    from benchmarks._training_model import SIZES, make_config, write_checkpoint
    from benchmarks._training_steps import Work
    from spatialgeom.apps.train.inputs import load_encoder

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    pairs = write_pairs(folder / "pairs", max(asked.pairs, asked.batch))
    checkpoint = write_checkpoint(SIZES[asked.model], folder / "model", pairs.texts())
    config = make_config(asked, folder, checkpoint)
    family, encoder = load_encoder(config)
    different = len(pairs.conversations) // asked.batch
    turns = Turns(asked.warmup + asked.steps, asked.batch, different)
    return Work(config, family, encoder, pairs, turns, asked.warmup, torch.device(asked.device))


def _with_kept_activations(work: Any) -> Any:
    """Return the same steps in smaller micro-batches, nothing computed twice."""
    config = work.config
    least = max(encoded.tokens for step in range(work.turns.different) for _, encoded in work.encoded(step))
    budget = max(config.data.micro_batch_tokens // _KEPT_SHARE, least)
    return replace(
        work,
        config=replace(
            config,
            model=replace(config.model, gradient_checkpointing=False),
            data=replace(config.data, micro_batch_tokens=budget, max_length=budget),
        ),
    )


def _ceiling(device: Any, dtype: Any) -> float:
    """Return the operations per second of a large matrix product of the model's type."""
    import torch

    from benchmarks.experiments.timing import median_seconds

    side = 8192 if device.type == "cuda" else 1024
    a, b = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    exact = a[:4].cpu().double() @ b.cpu().double()
    error = float(((a @ b)[:4].cpu().double() - exact).norm() / exact.norm())
    if not error < 1e-2:
        raise AssertionError(f"the library's product is off by {error:.1e}")
    return 2 * side**3 / median_seconds(lambda: a @ b, device.type)


def _loader_row(stages: dict[str, np.ndarray], asked: argparse.Namespace) -> Row:
    from benchmarks._training_loader import PLAN, WORKER

    rates = 1e3 / sum(stages[name] for name in WORKER)
    said = ", ".join(f"{name} {np.median(stages[name]):.1f}" for name in WORKER)
    return _blank(asked, LOADER) | {
        "unit": "conversations/s per worker",
        **_percentiles(rates),
        "note": f"ms: {said}; in the main process: {PLAN} {np.median(stages[PLAN]):.1f}",
    }


def _figures(
    timed: Any,
    rates: Sequence[float],
    flops: float,
    batch: int,
    weights: int,
    ceiling: float,
    device: Any,
) -> Row:
    from spatialgeom.apps.train.meter import peak_flops

    peak = peak_flops(device)
    return {
        **_percentiles(rates),
        "conversations_per_s": f"{batch / float(np.median(timed.seconds)):.4g}",
        "tflops": f"{flops / 1e12:.4g}",
        "utilisation": f"{flops / peak:.4f}" if peak else "",
        "of_ceiling": f"{flops / ceiling:.4f}",
        "wait": f"{np.median(timed.wait):.4f}",
        "padding": f"{timed.padding:.4f}",
        "peak_gib": f"{(weights + timed.peak_bytes) / 2**30:.3f}",
        "first_loss": f"{timed.losses[0]:.6f}",
        "last_loss": f"{timed.losses[-1]:.6f}",
    }


def _percentiles(values: Any) -> Row:
    return {
        name: f"{value:.4g}"
        for name, value in zip(("p20", "median", "p80"), np.percentile(values, _SPREAD), strict=True)
    }


def _blank(asked: argparse.Namespace, row: str) -> Row:
    told = {name: str(getattr(asked, name)) for name in COLUMNS if hasattr(asked, name)}
    return dict.fromkeys(COLUMNS, "") | told | {"row": row}


def disagreement(rows: Sequence[Row], tolerance: float) -> str:
    """Return a sentence if the losses of the first step differ by more than rounding, else nothing."""
    first = {row["row"]: float(row["first_loss"]) for row in rows if row["first_loss"]}
    expected = next((first[name] for name in (PLAIN_HELD, PLAIN) if name in first), None)
    if expected is None:
        return "" if not first else "no loss of plain PEFT: there is nothing to compare ours with"
    wrong = [name for name, loss in first.items() if not abs(loss - expected) <= tolerance * abs(expected)]
    told = ", ".join(f"{name} {first[name]:.6f}" for name in wrong)
    return f"losses of the first step differ from {expected:.6f}: {told}" if wrong else ""


def _line(row: Row) -> str:
    """Return a row as a line of the table, without what is empty."""
    shown = (
        ("conversations_per_s", "{} conv/s"),
        ("ratio", "{}x"),
        ("tflops", "{} TFLOP/s"),
        ("utilisation", "{} of peak"),
        ("of_ceiling", "{} of ceiling"),
        ("wait", "wait {}"),
        ("padding", "padding {}"),
        ("peak_gib", "{} GiB"),
        ("first_loss", "loss {}"),
        ("last_loss", "to {}"),
        ("note", "{}"),
    )
    told = "  ".join(form.format(row[name]) for name, form in shown if row[name])
    spread = f"[{row['p20']}, {row['p80']}]" if row["p20"] else ""
    return f"{row['row']:34} {row['median']:>8} {row['unit']} {spread}  {told}"


def _write(path: Path, rows: list[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.training",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--model", choices=("8b", "2b", "small", "tiny"), default="8b", help="size (default: 8b)")
    add("--device", choices=("cuda", "cpu"), default="cpu", help="(default: cpu)")
    add("--dtype", choices=tuple(_AGREE), default="bfloat16", help="of weights and computing")
    add("--attention", default="sdpa", help="as transformers calls it (default: sdpa)")
    add("--batch", type=int, default=24, help="conversations per step (default: 24)")
    add("--micro-batch-tokens", type=int, default=16384, help="most tokens at once (default: 16384)")
    add("--tiles", type=int, default=6, help="most tiles per image (default: 6)")
    add("--steps", type=int, default=8, help="steps that are timed (default: 8)")
    add("--warmup", type=int, default=2, help="steps before them (default: 2)")
    add("--workers", type=int, default=8, help="processes of our loader (default: 8)")
    add("--pairs", type=int, default=0, help="conversations that differ (default: one step's)")
    add("--out", type=Path, help="CSV file, written after every row")
    add("--cost", action="store_true", help="print what a conversation costs, and measure nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
