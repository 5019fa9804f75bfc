"""Where each operation's time on a GPU goes: its kernels, launched once each after a warm-up."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks.case import Case
from benchmarks.cases import load_cases, operation_names
from benchmarks.worker import Options, runnable_backends, to_device

_SHOWN = 6  # kernels of an operation


def main(path: str) -> None:
    """Write the kernels of every case, as far as it gets, to a file."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="spatialgeom-profile-") as scratch:
        for case in (case for name in operation_names() for case in load_cases(name)):
            if "triton" in runnable_backends(case, Options("cuda")):
                found[case.name] = kernels(case, Path(scratch))
                Path(path).write_text(json.dumps(found, indent=1), encoding="utf-8")


def kernels(case: Case, scratch: Path) -> list[dict[str, Any]]:
    """Return the slowest kernels of one call at the smallest size of its goals."""
    arguments = to_device(case.inputs(case.swept("cuda")[0], scratch).arguments, "cuda")
    case.run(arguments, "triton")
    with profile(activities=[ProfilerActivity.CUDA, ProfilerActivity.CPU]) as watched:
        case.run(arguments, "triton")
        torch.cuda.synchronize()
    events = [each for each in watched.key_averages() if each.self_device_time_total > 0]
    events.sort(key=lambda each: -each.self_device_time_total)
    return [
        {"kernel": each.key[:120], "calls": each.count, "us": round(each.self_device_time_total, 1)}
        for each in events[:_SHOWN]
    ]


if __name__ == "__main__":
    main(sys.argv[1])
