"""What a row was measured on: machine, versions, commit."""

import importlib.metadata
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

_PACKAGES = ("torch", "triton", "numpy", "scipy", "numba", "spatialgeom")
_ROOT = Path(__file__).resolve().parents[1]


def environment(device: str) -> dict[str, str]:
    """Return the columns that all rows of a run share."""
    commit = _git("rev-parse", "--short=12", "HEAD")
    changes = _git("status", "--porcelain", "--untracked-files=no")
    return {
        "machine": _machine(device),
        "driver": _driver(device),
        "python": platform.python_version(),
        **{name: _version(name) for name in _PACKAGES},
        "commit": commit,
        "dirty": str(bool(changes)).lower() if commit else "",  # nobody knows without git
        "utc": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _machine(device: str) -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    processor = f"{_cpu_model()}, {cores} cores"
    if device != "cuda":
        return processor
    import torch

    return f"{torch.cuda.get_device_name()}; {processor}"


def _cpu_model() -> str:
    """Return the processor's name, with family and model where the name says little."""
    table = Path("/proc/cpuinfo")
    if not table.exists():
        return platform.processor() or platform.machine()
    pairs = (line.partition(":") for line in table.read_text().split("\n\n")[0].splitlines())
    fields = {key.strip(): value.strip() for key, _, value in pairs}
    name = fields.get("model name", platform.machine())
    return f"{name} (family {fields['cpu family']}, model {fields['model']})" if "model" in fields else name


def _driver(device: str) -> str:
    if device != "cuda":
        return ""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader", "--id=0"]
    return _output(command)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _git(*arguments: str) -> str:
    return _output(["git", "-C", str(_ROOT), *arguments])


def _output(command: list[str]) -> str:
    """Return what a command prints, or nothing where it is not installed or fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
