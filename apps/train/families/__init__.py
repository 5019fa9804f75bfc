"""Families of vision-language models: each is a module, found by the model type of its configuration.

Modules whose names begin with an underscore hold what families share; there is no other list.
"""

import importlib
import pkgutil
from pathlib import Path
from typing import cast

from spatialgeom.apps.errors import InputError
from spatialgeom.apps.train.families._family import (
    TILE_TOKENS,
    Family,
    FamilyModule,
    ImageBudget,
    ImagePlan,
    Parts,
)
from spatialgeom.apps.train.families._packing import packed_inputs

__all__ = [
    "TILE_TOKENS",
    "Family",
    "ImageBudget",
    "ImagePlan",
    "Parts",
    "load_family",
    "model_types",
    "packed_inputs",
]


def model_types() -> dict[str, FamilyModule]:
    """Return the module of each model type that is supported."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
    modules = [cast(FamilyModule, importlib.import_module(f"{__name__}.{name}")) for name in names]
    return {kind: module for module in modules for kind in module.MODEL_TYPES}


def load_family(source: str | Path, revision: str | None = None) -> Family:
    """Return the family of a checkpoint.

    Args:
        source: Its folder, or its name on the hub.
        revision: Which one, on the hub.

    Raises:
        InputError: There is no checkpoint, or its model type is not supported.
    """
    from transformers import AutoConfig, AutoTokenizer, PreTrainedConfig

    try:
        folder = str(source) if Path(source).is_dir() else _download(str(source), revision)
        described, _ = PreTrainedConfig.get_config_dict(folder)
    except (OSError, ValueError) as fault:
        raise InputError(
            f"{source} must be a model's folder or its name on the hub, but there is no such folder, and the "
            f"hub does not give it ({type(fault).__name__}); correct model.path, or connect"
        ) from None
    if not described:
        raise InputError(f"{source} must be a model's folder, but has no config.json")
    found, known = str(described.get("model_type")), model_types()
    if found == "internvl_chat":
        raise InputError(
            f"{source} is in InternVL's own format, which needs code from outside and is not supported; "
            f"take the native form of the model, such as {known['internvl'].EXAMPLE}"
        )
    if found not in known:
        raise InputError(f"{source} has model type {found!r}; supported are {', '.join(sorted(known))}")
    return known[found].load(
        folder, AutoConfig.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    )


def _download(name: str, revision: str | None) -> str:
    """Fetch what describes a model, without its weights."""
    from huggingface_hub import snapshot_download

    return snapshot_download(
        name, revision=revision, allow_patterns=["*.json", "*.jinja", "*.txt", "*.model"]
    )
