"""Rows of results from what children measured: ratios, floors, goals."""

import json
from collections.abc import Iterator, Sequence

from benchmarks import worker
from benchmarks.case import Case, Size
from benchmarks.floor import Limits, floor
from benchmarks.worker import Options, Timed

Row = dict[str, str]


def rows_of(case: Case, timed: Sequence[Timed], options: Options, limits: Limits) -> Iterator[Row]:
    """Yield one row for each time; all ratios are per unit of work, to what was timed beside it."""
    baseline = worker.EAGER if options.device == "cuda" else worker.NAIVE
    bases = {each.metric: each for each in timed if each.implementation == baseline}
    for each in timed:
        row = identity(case, each.size, options) | _measured(case, each)
        if each.implementation == worker.NAIVE:
            yield row | {"device": "cpu", "dtype": "float64"}
            continue
        row |= _limits(case, each, options, limits)
        base = bases.get(each.metric)
        if base is not None and base is not each:
            row |= _beside(case, each, base)
        yield row | _judged(case, each, options, row)


def too_large(case: Case, size: Size, options: Options, error: BaseException) -> Row:
    """Return the row of what does not fit in memory."""
    note = f"does not fit in memory ({type(error).__name__})"
    return identity(case, size, options) | {"note": note}


def identity(case: Case, size: Size, options: Options) -> Row:
    """Return the columns that say what was to be measured."""
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


def _measured(case: Case, timed: Timed) -> Row:
    spread = timed.spread
    return {
        "backend": timed.implementation,
        "metric": timed.metric,
        "inputs": timed.source,
        "dtype": timed.dtype,
        "p20": f"{spread.p20:.1f}",
        "median": f"{spread.median:.1f}",
        "p80": f"{spread.p80:.1f}",
        "repeats": str(spread.repeats),
        "ns_per_unit": f"{spread.median / case.units(timed.size):.6g}",
        "peak_bytes": "" if timed.peak_bytes is None else str(timed.peak_bytes),
        "memory_ratio": "" if timed.memory_ratio is None else f"{timed.memory_ratio:.4g}",
        "note": timed.note,
    }


def _limits(case: Case, timed: Timed, options: Options, limits: Limits) -> Row:
    seconds, bound_by = floor(case.least_work(timed.size, timed.source, options.device), limits)
    bandwidth = limits.ceilings.copy_bytes_per_s
    reached = case.least_bytes(timed.size) / (timed.spread.median / 1e9) / bandwidth
    return {
        "fraction_of_bandwidth": f"{reached:.6g}",
        "floor_ns": f"{seconds * 1e9:.6g}",
        "of_floor": f"{seconds * 1e9 / timed.spread.median:.6g}",
        "bound_by": bound_by,
    }


def _beside(case: Case, timed: Timed, base: Timed) -> Row:
    ratio = _per_unit(case, base) / _per_unit(case, timed)
    if base.implementation == worker.EAGER:
        row, whose = {"ratio_to_eager": f"{ratio:.6g}"}, "eager PyTorch"
    else:
        row, whose = {"ratio_to_naive": f"{ratio:.6g}"}, "loops"
    if base.size != timed.size:
        scaled = f"{whose} timed at {json.dumps(base.size)}, scaled per {case.unit}"
        row["note"] = "; ".join(filter(None, (timed.note, scaled)))
    return row


def _judged(case: Case, timed: Timed, options: Options, row: Row) -> Row:
    """Judge the CPU's own backend on one thread at the largest size, and Triton's where a goal is set."""
    if options.device == "cuda":
        return _judged_on_gpu(case, timed, row)
    judged = timed.implementation == "cpu" and options.threads == 1 and timed.size == case.swept()[-1]
    if case.goal is None or not judged:
        return {}
    met = float(row["ratio_to_naive"]) >= case.goal
    return {"goal": f"{case.goal:g}", "met": str(met).lower()}


def _judged_on_gpu(case: Case, timed: Timed, row: Row) -> Row:
    goal = next((each for each in case.gpu_goals if dict(each.size) == timed.size), None)
    if goal is None or timed.implementation != "triton" or timed.metric != "device":
        return {}
    ratio = float(row["ratio_to_eager"]) if "ratio_to_eager" in row else None
    verdicts = goal.verdicts(timed.spread.median, float(row["of_floor"]), ratio)
    return {
        "goal": "; ".join(words for words, _ in verdicts),
        "met": "; ".join(str(met).lower() for _, met in verdicts),
    }


def _per_unit(case: Case, timed: Timed) -> float:
    return timed.spread.median / case.units(timed.size)
