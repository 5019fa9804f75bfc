"""Time every operation beside the obvious NumPy loops: ``python -m benchmarks.run --help``.

Each measurement runs in a process of its own; this one only starts them and prints what they find.
"""

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import table

if TYPE_CHECKING:
    from benchmarks.case import Case, Size
    from benchmarks.worker import Options, Timed

_EXAMPLES = """examples:
  python -m benchmarks.run                                       every operation at the size of its goal
  python -m benchmarks.run --smallest                            a minute's check that all of it works
  python -m benchmarks.run --op visible_points --full --out visible.csv
  python -m benchmarks.run --op overlap_matrix --backend cpu --threads 2 --repeats 15
  python -m benchmarks.run --device cuda --out h200.csv
  python -m benchmarks.run --markdown visible.csv                the README's table, from a file of results
"""
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, or 1 if a result was wrong."""
    asked = _parser().parse_args(arguments)
    if asked.markdown:
        print(table.markdown_table(table.read_csv(asked.markdown)))
        return 0
    rows, wrong = run(asked)
    if rows:
        print(table.text_table(rows))
    if asked.out:
        print(f"{len(rows)} rows in {asked.out}", file=sys.stderr)
    for message in wrong:
        print(f"error: {message}", file=sys.stderr)
    return 1 if wrong else 0


def run(asked: argparse.Namespace) -> tuple[list[dict[str, str]], list[str]]:
    """Measure what was asked for; return the rows, and what was wrong and hence not timed."""
    from benchmarks import worker
    from benchmarks.cases import load_cases, operation_names
    from benchmarks.environment import environment

    options = worker.Options(asked.device, tuple(asked.backend or ()), asked.threads, asked.repeats)
    rows: list[dict[str, str]] = []
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="spatialgeom-bench-") as scratch, _Threads(asked.threads):
        shared = environment(asked.device)
        ceiling = _in_child(worker.bandwidth, options)
        for case in (case for name in asked.op or operation_names() for case in load_cases(name)):
            for size in _sizes(case, asked):
                print(f"{case.name} {json.dumps(size)}", file=sys.stderr, flush=True)
                try:
                    measured = _measure(case, size, options, Path(scratch), ceiling, not asked.no_memory)
                    rows += [row | shared for row in measured]
                    if asked.out:
                        table.write_csv(rows, asked.out)  # a long run that is stopped keeps what it has
                except AssertionError as error:
                    wrong.append(str(error))
    return rows, wrong


def _parser() -> argparse.ArgumentParser:
    from benchmarks.cases import operation_names

    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.run",
        description="Time every operation beside the obvious NumPy loops. Results are compared first: "
        "a wrong one is reported, is not timed, and the exit code is 1.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = operation_names()
    parser.add_argument("--op", nargs="+", choices=names, metavar="NAME", help=f"among {', '.join(names)}")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--backend", nargs="+", metavar="NAME", help="only these (default: all that can run)")
    parser.add_argument("--threads", type=int, default=1, help="for the loops and the library (default: 1)")
    parser.add_argument("--repeats", type=int, default=7, help="samples per row (default: 7)")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--smallest", action="store_true", help="the smallest size of each operation")
    size.add_argument("--full", action="store_true", help="all sizes (default: the largest)")
    parser.add_argument("--no-memory", action="store_true", help="leave out peak memory")
    parser.add_argument("--out", type=Path, metavar="FILE.csv", help="write the rows there, too")
    parser.add_argument("--markdown", type=Path, metavar="FILE.csv", help="print their table and stop")
    return parser


def _sizes(case: "Case", asked: argparse.Namespace) -> list[dict[str, int]]:
    swept = case.swept()
    return swept if asked.full else swept[:1] if asked.smallest else swept[-1:]


def _measure(
    case: "Case", size: "Size", options: "Options", scratch: Path, ceiling: float, memory: bool
) -> Iterator[dict[str, str]]:
    from benchmarks import worker

    try:
        timed = _in_child(worker.time_case, case.name, size, options, scratch)
    except (MemoryError, BrokenProcessPool) as error:
        yield _identity(case, size, options) | {"note": f"does not fit in memory ({type(error).__name__})"}
        return
    loops = next(each for each in timed if each.implementation == worker.NAIVE)
    for each in timed:
        row = _identity(case, each.size, options) | _figures(case, each, loops, ceiling)
        if case.goal is not None and _is_judged(case, each, options):
            met = float(row["ratio_to_naive"]) >= case.goal
            row |= {"goal": f"{case.goal:g}", "met": str(met).lower()}
        if memory:
            row["peak_bytes"] = str(
                _in_child(worker.weigh_case, case.name, size, each.implementation, options, scratch)
            )
        yield row


def _is_judged(case: "Case", timed: "Timed", options: "Options") -> bool:
    """Goals are about the CPU's own backend on one thread, at the largest size."""
    return timed.implementation == "cpu" and options.threads == 1 and timed.size == case.swept()[-1]


def _identity(case: "Case", size: "Size", options: "Options") -> dict[str, str]:
    return {
        "operation": case.operation,
        "variant": case.variant,
        "sizes": json.dumps(dict(size)),
        "device": options.device,
        "backend": "",
        "metric": "time",
        "unit": "ns",
        "threads": str(options.threads),
        "unit_of_work": case.unit,
        "units": str(case.units(size)),
    }


def _figures(case: "Case", timed: "Timed", loops: "Timed", ceiling: float) -> dict[str, str]:
    """Return the measured columns of one row; all ratios are per unit of work."""
    spread, units = timed.spread, case.units(timed.size)
    figures = {
        "backend": timed.implementation,
        "inputs": timed.source,
        "dtype": timed.dtype,
        "p20": f"{spread.p20:.1f}",
        "median": f"{spread.median:.1f}",
        "p80": f"{spread.p80:.1f}",
        "repeats": str(spread.repeats),
        "ns_per_unit": f"{spread.median / units:.6g}",
    }
    if timed is loops:
        return figures | {"device": "cpu", "dtype": "float64"}
    ratio = (loops.spread.median / case.units(loops.size)) / (spread.median / units)
    reached = case.least_bytes(timed.size) / (spread.median / 1e9) / ceiling
    figures |= {"ratio_to_naive": f"{ratio:.6g}", "fraction_of_bandwidth": f"{reached:.6g}"}
    if loops.size != timed.size:
        figures["note"] = f"loops timed at {json.dumps(loops.size)}, scaled per {case.unit}"
    return figures


def _in_child(work: Callable[..., Any], *arguments: Any) -> Any:
    """Do ``work`` in a fresh process: no memory, cache or compiled code of an earlier measurement."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


class _Threads:
    """Let children start with this many threads, in libraries that read the environment when loaded."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._before: dict[str, str | None] = {}

    def __enter__(self) -> None:
        self._before = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
        os.environ.update(dict.fromkeys(_THREAD_VARIABLES, str(self._count)))

    def __exit__(self, *_: object) -> None:
        for name, value in self._before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


if __name__ == "__main__":
    sys.exit(main())
