"""Merging: base weights and an adapter become one plain checkpoint, which transformers and vLLM load."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from spatialgeom.apps.errors import InputError
from spatialgeom.apps.train.checkpoint import best_checkpoint, checkpoints, load_adapter
from spatialgeom.apps.train.model import load_whole, without_notices

# tokenizer, templates and processors are taken over as they are: loading them would need packages that
# training does not, and writing them again would lose settings
_BESIDE = ("*.json", "*.jinja", "*.txt", "*.model")
_LONGEST = 200  # characters of another library's message
_OWN = ("config.json", "generation_config.json")


def choose_checkpoint(path: Path) -> Path:
    """Return a checkpoint's folder: the one that is named, or a run's best, or its last.

    Raises:
        InputError: There is none.
    """
    if (path / "adapter_config.json").is_file():
        return path
    found = checkpoints(path)
    if not found:
        raise InputError(f"{path} must be a checkpoint or a run with one, but holds none; train first")
    return best_checkpoint(path) or found[-1]


def merge(checkpoint: Path, out: Path, *, model: str | None = None, dtype: str = "bfloat16") -> Path:
    """Write the merged checkpoint into a new folder, whole or not at all.

    Args:
        checkpoint: A folder with an adapter.
        out: The new folder.
        model: The base; None: the one that the adapter was trained on.
        dtype: Of the weights. In bfloat16 an update smaller than a weight's last digit is lost; in float32
            none is.

    Raises:
        InputError: The adapter or its base cannot be read or do not fit one another, ``out`` is there
            already, or the disk is full.
    """
    from safetensors import SafetensorError

    if out.exists():
        raise InputError(f"{out} must be a new folder, but is there already; name another one")
    base, revision = (model, None) if model else _trained_on(checkpoint)
    # merged in float32, so that only the result is rounded
    adapted = _adapted(load_whole(base, revision=revision, dtype=torch.float32), checkpoint)
    merged = adapted.merge_and_unload(safe_merge=True).to(getattr(torch, dtype))
    place = out.with_name(f".{out.name}.tmp")
    shutil.rmtree(place, ignore_errors=True)
    try:
        merged.save_pretrained(place)
        for file in _beside(Path(base) if Path(base).is_dir() else _download(base, revision)):
            if not (place / file.name).exists():
                shutil.copyfile(file, place / file.name)
        place.rename(out)
    except SafetensorError as fault:
        raise InputError(f"{out} must have room for the merged weights, but {fault}; make room") from None
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return out


def _adapted(model: Any, checkpoint: Path) -> Any:
    from peft import PeftConfig, get_peft_model

    try:
        config = PeftConfig.from_pretrained(str(checkpoint))
        config.inference_mode = False  # which would hide what the adapter must hold
        config.base_model_name_or_path = None  # peft would warn where the base has moved
        with without_notices():
            adapted = get_peft_model(model, config)
    except (OSError, ValueError, TypeError) as fault:
        reason = " ".join(str(fault).split())[:_LONGEST]
        raise InputError(
            f"the adapter {checkpoint} must fit its base, but {reason}; name it with --model"
        ) from None
    load_adapter(checkpoint, adapted)
    return adapted


def _trained_on(checkpoint: Path) -> tuple[str, str | None]:
    """Return the base's name, and its revision on the hub."""
    path = checkpoint / "adapter_config.json"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        base, revision = told["base_model_name_or_path"], told.get("revision")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise InputError(f"{path} must name the adapter's base, but {fault}; name it with --model") from None
    if not isinstance(base, str) or not base:
        raise InputError(f"{path} must name the adapter's base, but has {base!r}; name it with --model")
    return base, revision


def _beside(folder: Path) -> Iterator[Path]:
    for pattern in _BESIDE:
        for file in sorted(folder.glob(pattern)):
            if file.name not in _OWN and not file.name.endswith(".index.json"):
                yield file


def _download(name: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download

    return Path(snapshot_download(name, revision=revision, allow_patterns=list(_BESIDE)))
