"""Checkpoints: the adapter as PEFT reads it, the optimizer's state, and where the run was."""

import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from spatialgeom.apps.errors import InputError

_STATE = "state.json"
_OPTIMIZER = "optimizer.safetensors"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class RunState:
    """Where a run is.

    Args:
        step: Optimizer steps that are done.
        fingerprint: Of the run's configuration and data.
        loss: Loss of the last evaluation, nats per label token; None: there was none.
        dropped: Conversations that could not be used so far, by reason.
        seen: Conversations that were planned so far.
        processes: How many ran it.
    """

    step: int
    fingerprint: str
    loss: float | None = None
    dropped: dict[str, int] = field(default_factory=dict)
    seen: int = 0
    processes: int = 1


def checkpoints(run: Path) -> list[Path]:
    """Return the run's finished checkpoints, oldest first."""
    return sorted(path for path in run.glob("step-*") if (path / _STATE).is_file())


def read_state(checkpoint: Path) -> RunState:
    """Return where the run was.

    Raises:
        InputError: The file is damaged.
    """
    path = checkpoint / _STATE
    try:
        return RunState(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as fault:
        raise InputError(f"{path} must be a checkpoint's state, but {fault}; remove its folder") from None


def save(run: Path, model: Any, optimizer: torch.optim.Optimizer, state: RunState, *, writes: bool) -> Path:
    """Write a checkpoint beside its place and rename it: it is there whole, or not at all.

    Every process calls it, since sharded parameters are gathered by all.

    Args:
        run: The run's folder.
        model: The model with adapters.
        optimizer: The optimizer of the adapters.
        state: Where the run is.
        writes: Does this process write?

    Raises:
        InputError: The disk is full; earlier checkpoints are untouched.
    """
    from peft import get_peft_model_state_dict
    from safetensors.torch import save_file

    trained = trained_tensors(model)
    moments = _moments(model, optimizer)
    folder = run / f"step-{state.step:07d}"
    if not writes:
        return folder
    with _written_beside(folder) as place:
        adapter = get_peft_model_state_dict(model, state_dict=dict(trained))
        save_file(
            {name: value.contiguous() for name, value in adapter.items()}, place / "adapter_model.safetensors"
        )
        model.peft_config["default"].save_pretrained(str(place))
        save_file(moments, place / _OPTIMIZER)
        (place / _STATE).write_text(json.dumps(asdict(state), indent=1), encoding="utf-8")
    return folder


def trained_tensors(model: nn.Module) -> dict[str, Tensor]:
    """Return whole copies of the trained parameters, in main memory, by their names."""
    return {name: _whole(value) for name, value in model.named_parameters() if value.requires_grad}


def load_adapter(checkpoint: Path, model: Any) -> None:
    """Set the adapters of a model that is not yet spread over processes.

    Raises:
        InputError: The checkpoint is damaged, or of another model.
    """
    from peft import set_peft_model_state_dict

    held = _read_tensors(checkpoint / "adapter_model.safetensors")
    expected = {name.replace(".default.", ".") for name, p in model.named_parameters() if p.requires_grad}
    if set(held) != expected:
        raise InputError(
            f"{checkpoint} must hold the adapters of this model and no others; "
            "go on with the model it was made from"
        )
    set_peft_model_state_dict(model, held)


def load_optimizer(checkpoint: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Set the optimizer's state, spread as the parameters are.

    Raises:
        InputError: The checkpoint is damaged, or of another model.
    """
    held = _read_tensors(checkpoint / _OPTIMIZER)
    named = {name: value for name, value in model.named_parameters() if value.requires_grad}
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            name = next(name for name, value in named.items() if value is parameter)
            prefix = f"{name}|"
            moments = {
                key.removeprefix(prefix): value for key, value in held.items() if key.startswith(prefix)
            }
            optimizer.state[parameter] = {key: _spread(value, parameter) for key, value in moments.items()}


def _moments(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    return {
        f"{name}|{key}": _whole(value)
        for name, parameter in model.named_parameters()
        for key, value in optimizer.state.get(parameter, {}).items()
    }


def _whole(value: Tensor) -> Tensor:
    whole = value.full_tensor() if hasattr(value, "full_tensor") else value
    return whole.detach().cpu().clone()


def _spread(value: Tensor, like: Tensor) -> Tensor:
    if value.dim() == 0:  # a step count stays where it is
        return value
    from torch.distributed.tensor import DTensor, distribute_tensor

    if isinstance(like, DTensor):
        return distribute_tensor(value.to(like.device), like.device_mesh, like.placements)
    return value.to(like.device)


def _read_tensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (OSError, SafetensorError) as fault:
        raise InputError(f"{path} must be a file of tensors, but {fault}; remove its folder") from None


@contextmanager
def _written_beside(folder: Path) -> Iterator[Path]:
    from safetensors import SafetensorError

    place = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(place, ignore_errors=True)
    try:
        place.mkdir(parents=True)
        yield place
        for path in place.iterdir():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        shutil.rmtree(folder, ignore_errors=True)
        place.rename(folder)
    except (OSError, SafetensorError) as fault:
        shutil.rmtree(place, ignore_errors=True)
        if (
            getattr(fault, "errno", None) in _FULL
            or "No space left" in str(fault)
            or "too large" in str(fault)
        ):
            raise InputError(
                f"{folder} must have room for a checkpoint, but the disk is full; "
                "make room and give the same command"
            ) from None
        raise


def prune(run: Path, keep: int) -> None:
    """Remove all but the last ``keep`` checkpoints and the best one."""
    found = checkpoints(run)
    best = best_checkpoint(run)
    for path in found[:-keep]:
        if path != best:
            shutil.rmtree(path)


def best_checkpoint(run: Path) -> Path | None:
    """Return the checkpoint of the least evaluation loss, if any was evaluated."""
    judged = [(state.loss, path) for path in checkpoints(run) if (state := read_state(path)).loss is not None]
    return min(judged)[1] if judged else None


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a small file beside its place and rename it."""
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_text(json.dumps(value, indent=1), encoding="utf-8")
    beside.replace(path)
