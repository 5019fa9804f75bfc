"""Where does the time of an operation go? A trace of a few warm calls, and a table of what took longest."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

_EXAMPLES = """examples:
  python -m benchmarks.profile --op visible_points --out trace.json
  python -m benchmarks.profile --op overlap_matrix --backend reference --sizes frames=50 --out trace.json
  python -m benchmarks.profile --op visible_points --device cuda --out trace.json
"""
_OPEN_WITH = "open it at https://ui.perfetto.dev (it stays in the browser), or in chrome://tracing"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write a trace and print a table."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    asked.smallest = asked.full = False

    from benchmarks.cases import load_cases
    from benchmarks.sizes import check_names, chosen_sizes
    from benchmarks.worker import Options, runnable_backends, why_not_timed

    cases = load_cases(asked.op)
    case = next((each for each in cases if each.variant == asked.variant), None)
    if case is None:
        parser.error(
            f"{asked.op} has no variant {asked.variant!r}; it has {[each.variant for each in cases]}"
        )
    try:
        check_names(cases, asked.sizes or ())
    except ValueError as error:
        parser.error(str(error))
    if asked.backend and (reason := why_not_timed(asked.backend, asked.device)):
        parser.error(f"backend {asked.backend!r} cannot be profiled on {asked.device}: {reason}")
    backend = asked.backend or runnable_backends(case, Options(device=asked.device))[-1]
    size = chosen_sizes(case, asked)[-1]
    with tempfile.TemporaryDirectory(prefix="spatialgeom-bench-") as scratch:
        found = _profiled(case, size, backend, asked, Path(scratch))
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    found.export_chrome_trace(str(asked.out))
    print(f"{case.name}, backend {backend}, {asked.device}, {size}: {asked.calls} calls")
    print(_tables(found, asked.device))
    print(f"trace in {asked.out}: {_OPEN_WITH}")
    return 0


def _parser() -> argparse.ArgumentParser:
    from benchmarks.cases import operation_names
    from benchmarks.sizes import named_values

    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.profile",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--op", required=True, choices=operation_names(), metavar="NAME")
    parser.add_argument(
        "--variant", default="", help='as the table of benchmarks.run spells it, after the "/"'
    )
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--backend", metavar="NAME", help="default: the fastest that can run")
    parser.add_argument(
        "--sizes", nargs="+", type=named_values, metavar="NAME=N", help="default: the largest"
    )
    parser.add_argument("--threads", type=int, default=1, help="default: 1")
    parser.add_argument("--calls", type=int, default=3, help="calls in the trace (default: 3)")
    parser.add_argument("--out", type=Path, required=True, metavar="TRACE.json")
    return parser


def _profiled(case: Any, size: dict[str, int], backend: str, asked: argparse.Namespace, scratch: Path) -> Any:
    from torch.profiler import ProfilerActivity, profile, record_function

    from benchmarks import measure
    from benchmarks.worker import to_device

    measure.use_threads(asked.threads)
    arguments = to_device(case.inputs(size, scratch).arguments, asked.device)
    call = partial(case.run, arguments, backend)
    call()  # compiles kernels, or loads them
    activities = [ProfilerActivity.CPU]
    activities += [ProfilerActivity.CUDA] if asked.device == "cuda" else []
    with profile(activities=activities) as found:
        for _ in range(asked.calls):
            with record_function(f"{case.name} ({backend})"):
                call()
        measure.synchronise(asked.device)
    return found


def _tables(found: Any, device: str, rows: int = 12) -> str:
    """Return what took longest: on a GPU its kernels first, then the host's operations."""
    events = found.key_averages()
    host = events.table(sort_by="self_cpu_time_total", row_limit=rows, max_name_column_width=48)
    if device != "cuda":
        return str(host)
    kernels = events.table(sort_by="self_device_time_total", row_limit=rows, max_name_column_width=48)
    return f"on the device\n{kernels}\non the host\n{host}"


if __name__ == "__main__":
    sys.exit(main())
