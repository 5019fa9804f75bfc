"""Processes of a run on one computer, forked from one that has imported what they need."""

import os
import runpy
import socket
from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

_NEEDED = (
    "spatialgeom.apps.train.run",
    "spatialgeom.apps.train.testing.tiny",
    "accelerate",
    "peft",
    "safetensors.torch",
    "torch.distributed.fsdp",
    "transformers.models.internvl.modeling_internvl",
)


def start(script: Path, call: str, *arguments: Any, world: int = 1) -> list[BaseProcess]:
    """Start a function of a script in so many processes that find one another over gloo.

    Args:
        script: The file that defines it.
        call: The function's name.
        arguments: What it is given; they are pickled.
        world: How many.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload(list(_NEEDED))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started: list[BaseProcess] = []
    for rank in range(world):
        started.append(context.Process(target=_run, args=(script, call, arguments, rank, world, port)))
        started[-1].start()
    return started


def finish(processes: Sequence[BaseProcess], timeout_s: float = 60.0) -> list[int | None]:
    """Wait for processes and return their exit codes, None for one that had to be killed."""
    codes: list[int | None] = []
    for process in processes:
        process.join(timeout_s)
        codes.append(process.exitcode)
        if process.exitcode is None:
            process.kill()
            process.join()
    return codes


def _run(script: Path, call: str, arguments: tuple[Any, ...], rank: int, world: int, port: int) -> None:
    import torch

    torch.set_num_threads(1)
    os.environ["ACCELERATE_USE_CPU"] = "true"
    if world > 1:
        told = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": world, "MASTER_PORT": port}
        os.environ.update({name: str(value) for name, value in told.items()}, MASTER_ADDR="127.0.0.1")
    runpy.run_path(str(script))[call](*arguments)
