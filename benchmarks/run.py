"""Time every operation beside the obvious NumPy loops, on a GPU beside eager PyTorch.

Each measurement runs in a process of its own, on a GPU in one that lasts; this one starts them and prints
what they find. ``python -m benchmarks.run --help``
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import child, table

if TYPE_CHECKING:
    from benchmarks.case import Case

_EXAMPLES = """examples:
  python -m benchmarks.run                                       every operation at the size of its goal
  python -m benchmarks.run --smallest                            a minute's check that all of it works
  python -m benchmarks.run --op visible_points --full --out visible.csv
  python -m benchmarks.run --op overlap_matrix --backend cpu --threads 2 --repeats 15
  python -m benchmarks.run --op overlap_matrix --sizes frames=50,100 points=20000
  python -m benchmarks.run --device cuda --out gpu.csv           every operation that has a kernel
  python -m benchmarks.run --op overlap_matrix --device cuda --sizes frames=370,1000 points=150000,500000
  python -m benchmarks.run --op visible_points --compare HEAD    with the file of results in that commit
  python -m benchmarks.run --op visible_points --compare HEAD~3 --rerun     measure both, in turn
  python -m benchmarks.run --markdown visible.csv                the README's table, from a file of results
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, or 1 if a result was wrong or slower than what it is compared with."""
    from benchmarks import compare

    parser = _parser()
    asked = parser.parse_args(arguments)
    if asked.markdown:
        print(table.markdown_table(table.read_csv(asked.markdown)))
        return 0
    try:
        _check(asked)
        before = compare.load(asked.compare) if asked.compare and not asked.rerun else []
    except ValueError as error:
        parser.error(str(error))
    if asked.rerun:
        from benchmarks import rerun

        return rerun.main(asked)
    rows, wrong = run(asked)
    if rows:
        print(table.text_table(rows))
    if asked.out:
        print(f"{len(rows)} rows in {asked.out}", file=sys.stderr)
    for message in wrong:
        print(f"error: {message}", file=sys.stderr)
    slower = asked.compare and compare.report(before, rows, asked.tolerance, asked.across_machines)
    return 1 if wrong or slower else 0


def run(asked: argparse.Namespace) -> tuple[list[dict[str, str]], list[str]]:
    """Measure what was asked for; return the rows, and what was wrong and hence not timed."""
    from benchmarks import runners, worker
    from benchmarks.environment import environment

    repeats = asked.repeats or (30 if asked.device == "cuda" else 7)
    options = worker.Options(asked.device, tuple(asked.backend or ()), asked.threads, repeats)
    rows: list[dict[str, str]] = []
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="spatialgeom-bench-") as scratch, child.Threads(asked.threads):
        shared = environment(asked.device)
        given = (options, Path(scratch), child.in_child(worker.limits, options, asked.ceilings))
        cuda = asked.device == "cuda"
        runner = runners.CardRunner(*given) if cuda else runners.CpuRunner(*given, not asked.no_memory)
        with closing(runner):
            for case, size in _planned(asked):
                print(f"{case.name} {json.dumps(size)}", file=sys.stderr, flush=True)
                try:
                    rows += [row | shared for row in runner(case, size)]
                except AssertionError as error:
                    wrong.append(str(error))
                if asked.out:
                    table.write_csv(rows, asked.out)  # a long run that is stopped keeps what it has
    return rows, wrong


def _parser() -> argparse.ArgumentParser:
    from benchmarks import compare
    from benchmarks.cases import operation_names
    from benchmarks.sizes import named_values

    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.run",
        description="Time every operation beside the obvious NumPy loops, on a GPU beside eager PyTorch. "
        "Results are compared first: a wrong one is reported, is not timed, and the exit code is 1.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = operation_names()
    parser.add_argument("--op", nargs="+", choices=names, metavar="NAME", help=f"among {', '.join(names)}")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--backend", nargs="+", metavar="NAME", help="only these (default: all that can run)")
    parser.add_argument("--threads", type=int, default=1, help="for the loops and the library (default: 1)")
    parser.add_argument("--repeats", type=int, help="samples per row (default: 7, on a GPU 30)")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--smallest", action="store_true", help="the smallest size of each operation")
    size.add_argument("--full", action="store_true", help="all sizes (default: those of the goals)")
    size.add_argument(
        "--sizes", nargs="+", type=named_values, metavar="NAME=N,N", help="every combination of these"
    )
    parser.add_argument("--no-memory", action="store_true", help="leave out peak memory on the CPU")
    parser.add_argument(
        "--ceilings", type=Path, metavar="FILE.json", help="what the machine reaches (default: measure it)"
    )
    parser.add_argument("--out", type=Path, metavar="FILE.csv", help="write the rows there, too")
    parser.add_argument("--markdown", type=Path, metavar="FILE.csv", help="print their table and stop")
    parser.add_argument("--compare", metavar="BEFORE", help="a CSV file, or a commit with its results")
    parser.add_argument("--rerun", action="store_true", help="measure that commit's library, too, in turn")
    parser.add_argument(
        "--rounds", type=int, default=2, help="of --rerun: times each is measured (default: 2)"
    )
    compare.add_options(parser)
    return parser


def _check(asked: argparse.Namespace) -> None:
    """Raise ValueError, with a sentence, for what cannot be done."""
    from benchmarks.cases import load_cases
    from benchmarks.sizes import check_names
    from benchmarks.worker import why_not_timed

    cases = [case for name in operations(asked) for case in load_cases(name)]
    check_names(cases, asked.sizes or ())
    for backend in asked.backend or ():
        if reason := why_not_timed(backend, asked.device):
            raise ValueError(f"backend {backend!r} cannot be timed on {asked.device}: {reason}")
    if asked.ceilings and not asked.ceilings.is_file():
        raise ValueError(f"there is no file {asked.ceilings}")
    if asked.rerun and not asked.compare:
        raise ValueError("--rerun needs --compare COMMIT")


def operations(asked: argparse.Namespace) -> list[str]:
    """Return the operations asked for: by default all, on a GPU those with a kernel for it."""
    import spatialgeom
    from benchmarks.cases import operation_names
    from spatialgeom._operation import OPERATIONS

    names: list[str] = asked.op or operation_names()
    if asked.op or asked.device != "cuda":
        return names
    for name in names:
        getattr(spatialgeom, name)  # its module registers the operation
    return [name for name in names if "triton" in OPERATIONS[name].backends]


def _planned(asked: argparse.Namespace) -> Iterator[tuple["Case", dict[str, int]]]:
    from benchmarks.cases import load_cases
    from benchmarks.sizes import chosen_sizes

    for case in (case for name in operations(asked) for case in load_cases(name)):
        yield from ((case, size) for size in chosen_sizes(case, asked))


if __name__ == "__main__":
    sys.exit(main())
