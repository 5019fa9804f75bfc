"""Compile every kernel that calls launch, for one architecture and without a GPU; print what came out.

Run as a program of its own, ``python aot.py 90``, since the tests' process interprets kernels; words after
the architecture choose the calls that begin with one of them. Each call of ``calls.py`` goes to the backend
with tensors that have no memory, so what is compiled is what the call would launch, and a launch that needed
the values of a tensor would fail.
"""

import importlib.util
import json
import os
import pkgutil
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

PACKAGE = "spatialgeom.backends.triton"
_INSTRUCTION = re.compile(r"\s+/\*([0-9a-f]{4,})\*/\s+(?:@!?U?P\w+\s+)?([A-Z][\w.]*)\s*(.*?);")
# what a loop is for: the loop with most of these is the hot one
_WORK = re.compile(r"\w*MMA|FFMA2?|FMUL2?|FADD2?|DFMA|POPC|LOP3|MUFU")


def load(file: str) -> ModuleType:
    """Import a file beside this one."""
    spec = importlib.util.spec_from_file_location(file, Path(__file__).with_name(f"{file}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def modules() -> Iterator[ModuleType]:
    """Import all modules of the backend."""
    package = importlib.import_module(PACKAGE)
    for found in pkgutil.iter_modules(package.__path__):
        yield importlib.import_module(f"{PACKAGE}.{found.name}")


def kernels() -> list[str]:
    """Return the names of all kernels: what is called ``_*_kernel``, where it is defined."""
    return sorted(
        name
        for module in modules()
        for name, value in vars(module).items()
        if re.fullmatch("_.*_kernel", name) and value.__module__ == module.__name__
    )


class _Driver:
    """Stand in for the driver of a card of one architecture."""

    def __init__(self, architecture: int) -> None:
        from triton.backends.compiler import GPUTarget

        self._target = GPUTarget("cuda", architecture, 32)

    def get_current_target(self) -> Any:
        return self._target

    def get_current_device(self) -> int:
        return 0

    def get_current_stream(self, device: int) -> int:
        return 0


def pretend(architecture: int) -> None:
    import torch
    from triton.runtime.driver import driver

    capability = divmod(architecture, 10)
    properties = SimpleNamespace(
        multi_processor_count=132, major=capability[0], minor=capability[1], total_memory=80 << 30
    )
    torch.cuda.get_device_capability = lambda device=None: capability
    torch.cuda.get_device_properties = lambda device=None: properties
    driver.set_active(_Driver(architecture))
    for module in modules():
        if hasattr(module, "multiprocessors"):  # the tensors are on no device that has any
            module.multiprocessors = lambda device: properties.multi_processor_count


def compile_calls(architecture: int, chosen: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Make the calls and return one record per distinct kernel that each launched."""
    from triton.runtime.jit import JITFunction

    pretend(architecture)
    launched: list[Any] = []
    run = JITFunction.run

    def compile_only(self: Any, *args: Any, grid: Any, warmup: bool, **kwargs: Any) -> None:
        launched.append(run(self, *args, grid=grid, warmup=True, **kwargs))

    JITFunction.run = compile_only
    described: dict[bytes, dict[str, Any]] = {}
    records = []
    for call, make in load("calls").compiled(architecture).items():
        if chosen and not call.startswith(chosen):
            continue
        launched.clear()
        make()
        distinct = {kernel.asm["cubin"]: kernel for kernel in launched}
        for cubin, kernel in distinct.items():
            described[cubin] = described.get(cubin) or describe(kernel)
            records.append({"call": call, **described[cubin]})
    return records


def describe(kernel: Any) -> dict[str, Any]:
    """Return the resources and instructions of a compiled kernel."""
    listing = _disassemble(kernel.asm["cubin"])
    code = [(int(m[1], 16), m[2], m[3]) for m in map(_INSTRUCTION.match, listing.splitlines()) if m]
    return {
        "kernel": kernel.metadata.name,
        "warps": kernel.metadata.num_warps,
        "shared": kernel.metadata.shared,
        "resources": {k: int(v) for k, v in re.findall(r"(REG|STACK|LOCAL):(\d+)", listing)},
        "instructions": Counter(operation for _, operation, _ in code),
        "loop": _hot_loop(code),
        "long_division": re.findall(r"\b(?:div|rem)\.[us]64\b", kernel.asm["ptx"]),
    }


def _disassemble(cubin: bytes) -> str:
    # not ptxas anew: a PTX version that Triton emits may be one that the ptxas beside it refuses
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(cubin)
        file.flush()
        command = [disassembler(), "--dump-resource-usage", "--dump-sass", file.name]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def disassembler() -> Path:
    """Return where Triton's own cuobjdump is, or would be."""
    triton = importlib.util.find_spec("triton")
    return Path(triton.origin).parent / "backends" / "nvidia" / "bin" / "cuobjdump"


def _hot_loop(code: list[tuple[int, str, str]]) -> Counter[str]:
    """Return the instructions of the loop that does most of the work; none if nothing loops."""
    loops = []
    for address, operation, operands in code:
        target = re.search(r"0x([0-9a-f]+)", operands)
        if operation.startswith("BRA") and target and int(target[1], 16) < address:
            loops.append(Counter(o for a, o, _ in code if int(target[1], 16) <= a <= address))
    # rare cases lie behind the end and jump back over it
    within = [loop for loop in loops if not loop["EXIT"]]
    # of nested loops that do the same work, the innermost
    return max(within, key=lambda loop: (_work(loop), -sum(loop.values())), default=Counter())


def _work(loop: Counter[str]) -> int:
    return sum(n for operation, n in loop.items() if _WORK.fullmatch(operation.split(".")[0]))


if __name__ == "__main__":
    os.environ.pop("TRITON_INTERPRET", None)
    records = compile_calls(int(sys.argv[1]), tuple(sys.argv[2:]))
    json.dump({"kernels": kernels(), "records": records}, sys.stdout)
