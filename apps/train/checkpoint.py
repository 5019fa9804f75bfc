"""Checkpoints: the adapter as PEFT reads it, the optimizer's state, and where the run was."""

import errno
import json
import os
import shutil
from collections import defaultdict
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
_ADAPTER = "adapter_model.safetensors"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class RunState:
    """Where a run is.

    Args:
        step: Optimizer steps that are done.
        fingerprint: Of the run's configuration and data.
        loss: Loss of the evaluation at this step, nats per label token; None: there was none.
        dropped: Conversations that could not be used so far, by reason.
        seen: Conversations that were planned so far.
        unusable: Records that its sources cannot use, by source and reason.
        processes: How many ran it.
    """

    step: int
    fingerprint: str
    loss: float | None = None
    dropped: dict[str, int] = field(default_factory=dict)
    seen: int = 0
    unusable: dict[str, int] = field(default_factory=dict)
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

    _spread_again(model)
    trained = trained_tensors(model)
    moments = _moments(model, optimizer)
    folder = run / f"step-{state.step:07d}"
    if not writes:
        return folder
    with _written_beside(folder) as place:
        # peft would else ask the hub whether the embeddings were resized
        adapter = get_peft_model_state_dict(model, state_dict=dict(trained), save_embedding_layers=False)
        save_file({name: value.contiguous() for name, value in adapter.items()}, place / _ADAPTER)
        model.peft_config["default"].save_pretrained(str(place))
        save_file(moments, place / _OPTIMIZER)
        (place / _STATE).write_text(json.dumps(asdict(state), indent=1), encoding="utf-8")
        for name in (_ADAPTER, _OPTIMIZER):  # safetensors lets nobody but their owner read them
            shutil.copymode(place / _STATE, place / name)
    return folder


def _spread_again(model: nn.Module) -> None:
    """Leave to each process its part of the weights: after an evaluation it may still hold whole ones."""
    for module in model.modules():
        if (reshard := getattr(module, "reshard", None)) is not None:
            reshard()


def trained_tensors(model: nn.Module) -> dict[str, Tensor]:
    """Return whole copies of the trained parameters, in main memory, by their names."""
    return {name: _whole(value) for name, value in model.named_parameters() if value.requires_grad}


def load_adapter(checkpoint: Path, model: Any) -> None:
    """Set the adapters of a model that is not yet spread over processes.

    Raises:
        InputError: The checkpoint is damaged, or of another model.
    """
    from peft import set_peft_model_state_dict

    held = _read_tensors(checkpoint / _ADAPTER)
    expected = {
        name.replace(".default.", "."): value.shape
        for name, value in model.named_parameters()
        if value.requires_grad
    }
    if {name: value.shape for name, value in held.items()} != expected:
        raise _foreign(checkpoint)
    set_peft_model_state_dict(model, held)


def load_optimizer(checkpoint: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Set the optimizer's state, spread as the parameters are.

    Raises:
        InputError: The checkpoint is damaged, or of another model.
    """
    held: dict[str, dict[str, Tensor]] = defaultdict(dict)
    for key, value in _read_tensors(checkpoint / _OPTIMIZER).items():
        name, _, moment = key.rpartition("|")
        held[name][moment] = value
    names = {value: name for name, value in model.named_parameters() if value.requires_grad}
    # there are none before the first step that learns something
    if held and set(held) != set(names.values()):
        raise _foreign(checkpoint)
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            moments = held[names[parameter]]
            if any(value.dim() and value.shape != parameter.shape for value in moments.values()):
                raise _foreign(checkpoint)
            optimizer.state[parameter] = {
                key: _spread(value, parameter, counts_there=bool(group["fused"]))
                for key, value in moments.items()
            }


def _foreign(checkpoint: Path) -> InputError:
    return InputError(
        f"{checkpoint} must hold the adapters of this model and no others; "
        "go on with the model it was made from"
    )


def _moments(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    return {
        f"{name}|{key}": _whole(value)
        for name, parameter in model.named_parameters()
        for key, value in optimizer.state.get(parameter, {}).items()
    }


def _whole(value: Tensor) -> Tensor:
    whole = value.full_tensor() if hasattr(value, "full_tensor") else value
    return whole.detach().cpu().clone()


def _spread(value: Tensor, like: Tensor, *, counts_there: bool) -> Tensor:
    if value.dim() == 0:  # a count of steps, which the fused optimizer alone keeps on the device
        return value.to(like.device) if counts_there else value
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
        if _is_full(fault):
            raise InputError(
                f"{folder} must have room for a checkpoint, but the disk is full; "
                "make room and give the same command"
            ) from None
        raise


def _is_full(fault: Exception) -> bool:
    # safetensors tells of it in words alone
    told = (os.strerror(number) for number in _FULL)
    return getattr(fault, "errno", None) in _FULL or any(words in str(fault) for words in told)


def prune(run: Path, keep: int) -> None:
    """Remove all but the last ``keep`` checkpoints and the best one, and what was left half-written."""
    found = checkpoints(run)
    best = best_checkpoint(run)
    for path in found[:-keep]:
        if path != best:
            path.rename(path.with_name(f".{path.name}.tmp"))
    for path in run.glob(".step-*.tmp"):
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
