"""A vision-language model with adapters in its language model, everything else frozen."""

import importlib.util
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.train.config import LoraOptions, ModelConfig

# one regular expression, which must match a whole name: plain suffixes leak into vision towers
TARGETS = r".*language_model\.(model\.)?layers\.\d+\.(self_attn\.(q|k|v|o)_proj|mlp\.(gate|up|down)_proj)"
# what 4 bits leave as it is: expressions that match from the beginning of a name
KEPT_WHOLE = ("lm_head", r".*\bvision_tower", r".*\bvisual", r".*\bmulti_modal_projector")
_ADAPTER = re.compile(r".*language_model\.(model\.)?layers\.\d+\..*\.lora_[AB]\.default\.weight")
_FROZEN = ("vision", "visual", "projector", "merger", "image_newline")


def load_model(config: ModelConfig, device: torch.device, *, sharded: bool = False) -> Any:
    """Return the pretrained model, frozen.

    Args:
        config: The model.
        device: Where it will be, and where its weights are read to at once.
        sharded: It will be spread over devices: its weights stay in main memory until then.

    Raises:
        InputError: The checkpoint cannot be loaded.
        UsageError: What the configuration asks for is not installed.
    """
    check_packages(config)
    options: dict[str, Any] = {
        "dtype": getattr(torch, config.dtype),
        "attn_implementation": _attention(config, device),
    }
    if device.type == "cuda" and not sharded:
        options["device_map"] = {"": device}
    if config.quantization == "4bit":
        options |= {"quantization_config": _four_bits(config), "device_map": {"": device}}
    # the adapter tells its base by this name, from wherever it is merged
    name = str(Path(config.path).resolve()) if Path(config.path).is_dir() else config.path
    model = load_whole(name, revision=config.revision, **options)
    model.requires_grad_(False)
    return model


def load_whole(name: str, **options: Any) -> Any:
    """Return a model as transformers loads it, if its checkpoint holds all of it.

    Args:
        name: Folder of the checkpoint, or its name on the hub.
        options: Further arguments of ``from_pretrained``.

    Raises:
        InputError: The checkpoint cannot be loaded.
    """
    from safetensors import SafetensorError
    from transformers import AutoModelForImageTextToText

    try:
        loaded: Any = AutoModelForImageTextToText.from_pretrained(
            name, output_loading_info=True, ignore_mismatched_sizes=True, **options
        )
    except torch.OutOfMemoryError:
        raise InputError(
            f"the model {name} must fit into the device's memory, but does not; take a smaller one, or "
            "model.quantization 4bit"
        ) from None
    except (OSError, ValueError, RuntimeError, ImportError, SafetensorError) as fault:
        reason = " ".join(str(fault).split())
        raise InputError(
            f"the model {name} must be a checkpoint that transformers loads, but {reason}"
        ) from None
    model, told = loaded
    lacking = {*told["missing_keys"], *(key for key, *_ in told["mismatched_keys"])}
    if lacking:
        raise InputError(
            f"the model {name} must hold the weights that its config.json tells of, but lacks {len(lacking)} "
            f"of that name and shape ({min(lacking)}, ...); take a whole checkpoint, in transformers' form"
        )
    return model


def check_packages(config: ModelConfig) -> None:
    """Raise UsageError where what the configuration asks for is not installed."""
    if config.attention == "flash_attention_2" and not _installed("flash_attn"):
        raise UsageError(
            "model.attention flash_attention_2 needs the package flash-attn; install it, or take sdpa"
        )
    if config.quantization == "4bit" and not _installed("bitsandbytes"):
        raise UsageError(
            "model.quantization 4bit needs the package bitsandbytes; install it, or take quantization none"
        )


def _installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _attention(config: ModelConfig, device: torch.device) -> str:
    if config.attention != "auto":
        return config.attention
    fits = device.type == "cuda" and config.dtype == "bfloat16"
    return "flash_attention_2" if fits and _installed("flash_attn") else "sdpa"


def _four_bits(config: ModelConfig) -> Any:
    from transformers import BitsAndBytesConfig

    make: Any = BitsAndBytesConfig
    return make(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=getattr(torch, config.dtype),
        llm_int8_skip_modules=list(KEPT_WHOLE),
    )


def add_adapters(model: Any, lora: LoraOptions, revision: str | None = None) -> Any:
    """Return the model with trainable adapters, in float32, in its language model and nowhere else.

    Raises:
        InputError: No language model's layers are found, or something else would be trained.
    """
    from peft import LoraConfig, get_peft_model

    if not any(re.fullmatch(TARGETS, name) for name, _ in model.named_modules()):
        raise InputError(
            f"{type(model).__name__} must have a language_model with linear layers to adapt, but has none "
            "that is known; take one of the supported families"
        )
    adapters = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        revision=revision,  # of the base, which a merge must take again
        target_modules=TARGETS,
        bias="none",
        task_type="CAUSAL_LM",
    )
    with without_notices():
        adapted = get_peft_model(model, adapters)
    for parameter in adapted.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    check_trainable(adapted)
    return adapted


@contextmanager
def without_notices() -> Iterator[None]:
    """Hide that peft asks transformers by an older name, which is nothing to users."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        yield


def check_trainable(model: nn.Module) -> None:
    """Refuse a model in which anything but adapters of the language model would be trained.

    Raises:
        InputError: Something else would, or nothing would.
    """
    names = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    wrong = [name for name in names if not _ADAPTER.fullmatch(name) or any(word in name for word in _FROZEN)]
    if wrong or not names:
        found = wrong[0] if wrong else "nothing"
        raise InputError(f"only adapters of the language model must be trained, but {found} would be")


def freeze_vision(model: Any, vision: tuple[str, ...]) -> None:
    """Keep tower and projector in evaluation mode and out of autograd, whatever mode the model is in.

    Args:
        model: The model with adapters.
        vision: Names of their modules inside the headless model.
    """
    inner = model.get_base_model().model
    for name in vision:
        module = inner.get_submodule(name)
        module.eval()
        module.train = _stay(module)
    inner.get_image_features = torch.no_grad()(inner.get_image_features)


def _stay(module: nn.Module) -> Any:
    def train(mode: bool = True) -> nn.Module:
        return module

    return train


def save_memory(model: Any) -> None:
    """Compute the language model's activations again on the way back.

    The tower is in evaluation mode and without gradients, where checkpointing does nothing.
    """
    base = model.get_base_model()
    # the older name alone until transformers 5.22, the newer one alone from 6 on
    enable = getattr(base, "activation_checkpointing_enable", None) or base.gradient_checkpointing_enable
    enable({"use_reentrant": False})
