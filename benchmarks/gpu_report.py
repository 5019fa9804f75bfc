"""The results of ``make gpu`` as a page to read."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = Mapping[str, str]

_NAMES = {
    "copy_bytes_per_s": "copy, bytes read and written",
    "int8_ops_per_s": "int8 matrix product",
    "fp16_flops_per_s": "float16 matrix product",
    "one_bit_ops_per_s": "one-bit matrix instruction",
    "gathers_per_s": "gathers of neighbours",
    "atomics_per_s": "minima of neighbours",
}


def markdown(results: Mapping[str, Any]) -> str:
    """Return the page; parts whose stage has not run are left out."""
    parts = [f"# {results['card']}", _versions(results), "## Stages", _stages(results["stages"])]
    for title, key, part in (
        ("Operations", "benchmarks", _operations),
        ("Ceilings", "ceilings", _ceilings),
        ("Experiments", "experiments", _experiments),
        ("Training", "training", _training),
        ("Tests", "tests", _tests),
        ("Kernels", "profile", _profile),
    ):
        if results.get(key):
            parts += [f"## {title}", part(results[key])]
    return "\n\n".join(filter(None, parts)) + "\n"


def _versions(results: Mapping[str, Any]) -> str:
    found = results.get("environment", {})
    named = ("driver", "cuda", "python", "torch", "triton", "numpy")
    versions = ", ".join(f"{name} {found[name]}" for name in named if found.get(name))
    commit = f"; commit {found['commit']}" if found.get("commit") else ""
    lines = [f"{results['started'][:10]}; {versions}{commit}." if versions else f"{results['started'][:10]}."]
    return "\n".join(lines + [f"- {sentence}" for sentence in found.get("missing", ())])


def _stages(stages: Sequence[Mapping[str, Any]]) -> str:
    rows = ((s["name"], s["status"], f"{s['seconds']} s", s["words"]) for s in stages)
    return _table(("stage", "", "time", "what came out"), rows)


def _operations(rows: Sequence[Row]) -> str:
    head = (
        "operation",
        "size",
        "backend",
        "time",
        "of floor",
        "what binds",
        "x eager",
        "goal",
        "met",
        "note",
    )
    # the host's clock has the launches in it; where the device's was read, that one counts
    timed = {_key(row) for row in rows if row.get("metric") == "device"}
    shown = [row for row in rows if row.get("metric") == "device" or _key(row) not in timed]
    return _table(head, (_operation(row) for row in shown))


def _key(row: Row) -> tuple[str, ...]:
    return tuple(row.get(name, "") for name in ("operation", "variant", "sizes", "backend"))


def _operation(row: Row) -> tuple[str, ...]:
    size = ", ".join(f"{value} {name}" for name, value in json.loads(row["sizes"]).items())
    share = f"{float(row['of_floor']):.0%}" if row.get("of_floor") else ""
    ratio = f"{float(row['ratio_to_eager']):.3g}" if row.get("ratio_to_eager") else ""
    verdict = "; ".join({"true": "met", "false": "NOT MET"}.get(v, v) for v in row.get("met", "").split("; "))
    return (
        f"`{row['operation']}` {row.get('variant', '')}".strip(),
        size,
        row.get("backend", ""),
        f"{float(row['median']) / 1e3:.4g} us" if row.get("median") else "",
        share,
        row.get("bound_by", ""),
        ratio,
        row.get("goal", ""),
        verdict,
        row.get("note", ""),
    )


def _ceilings(rates: Mapping[str, float | None]) -> str:
    return _table(("", "per second"), ((_NAMES.get(name, name), _rate(rate)) for name, rate in rates.items()))


def _experiments(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    rows = (
        (name.replace("_", " "), rate["name"], f"{_rate(rate['per_second'])} {rate['unit']}", rate["note"])
        for name, rates in found.items()
        for rate in rates
    )
    return _table(("experiment", "of what", "per second", ""), rows)


def _training(rows: Sequence[Row]) -> str:
    head = {
        "row": "row",
        "median": "median",
        "unit": "",
        "ratio": "x plain PEFT",
        "utilisation": "of peak",
        "of_ceiling": "of measured ceiling",
        "wait": "waiting",
        "padding": "padding",
        "peak_gib": "GiB",
        "first_loss": "first loss",
        "note": "note",
    }
    return _table(tuple(head.values()), (tuple(row.get(name, "") for name in head) for row in rows))


def _tests(found: Mapping[str, Any]) -> str:
    counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(found["counts"].items()))
    lines = [f"{counts}."]
    lines += [f"- failed: `{each['test']}`: {_first_line(each['message'])}" for each in found["failures"]]
    lines += [f"- skipped: {_first_line(reason)}" for reason in found["skipped"]]
    return "\n".join(lines)


def _profile(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    rows = (
        (f"`{name}`", f"`{each['kernel']}`", str(each["calls"]), f"{each['us']} us")
        for name, kernels in found.items()
        for each in kernels
    )
    return _table(("operation", "kernel", "calls", "time"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def _rate(value: float | None) -> str:
    if value is None:
        return "not measured"
    unit, scale = next(
        (u, s) for u, s in (("P", 1e15), ("T", 1e12), ("G", 1e9), ("", 1.0)) if value >= s or s == 1
    )
    return f"{value / scale:.3g} {unit}".strip()


def _first_line(text: str) -> str:
    return (text.splitlines() or [""])[0][:300]
