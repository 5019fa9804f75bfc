"""InternVL models of several sizes from a random initialisation: nothing is fetched, no weights written."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from spatialgeom.apps.train.config import DataConfig, ImageOptions, ModelConfig, TrainConfig

_VISION_300M = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "image_size": [448, 448],
    "patch_size": [14, 14],
}


@dataclass(frozen=True)
class Size:
    """What tells one size of InternVL from another.

    Args:
        name: What it is like.
        llm: Of the Qwen2 language model; those of the tiny checkpoint where nothing is said.
        vision: Of the vision tower, likewise.
    """

    name: str
    llm: dict[str, int]
    vision: dict[str, Any]

    @property
    def side(self) -> int:
        """Side of a tile in pixels."""
        side: int = self.vision["image_size"][0]
        return side

    @property
    def tile_tokens(self) -> int:
        """Tokens of a tile: the projector joins two by two patches."""
        return (self.side // self.vision["patch_size"][0] // 2) ** 2


def _llm(
    hidden: int, layers: int, heads: int, groups: int, intermediate: int, vocabulary: int
) -> dict[str, int]:
    return {
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": groups,
        "intermediate_size": intermediate,
        "vocab_size": vocabulary,
    }


SIZES = {
    "8b": Size("InternVL3-8B", _llm(3584, 28, 28, 4, 18944, 151674), _VISION_300M),
    "2b": Size("InternVL3-2B", _llm(1536, 28, 12, 2, 8960, 151674), _VISION_300M),
    "small": Size(
        "tiles of 64 tokens",
        _llm(256, 4, 4, 2, 1024, 8192),
        {
            "hidden_size": 128,
            "intermediate_size": 512,
            "num_hidden_layers": 4,
            "num_attention_heads": 4,
            "image_size": [224, 224],
            "patch_size": [14, 14],
        },
    ),
    "tiny": Size("tiles of 4 tokens", {}, {"image_size": [28, 28], "patch_size": [7, 7]}),
}


def write_checkpoint(size: Size, folder: Path, texts: list[str]) -> Path:
    """Write configuration, tokenizer and image processor of a size, and no weights.

    Args:
        size: Which.
        folder: Where; made if it does not exist.
        texts: What the tokenizer is trained on. It has 512 tokens, and makes about twice as many of a text
            as a real one does.
    """
    from spatialgeom.apps.train.testing.tiny import write_tiny

    write_tiny("internvl", folder, texts=texts)
    for weights in folder.glob("*.safetensors*"):
        weights.unlink()
    _change(folder / "config.json", lambda found: _resized(found, size))
    shape = {"height": size.side, "width": size.side}
    _change(folder / "preprocessor_config.json", lambda found: found | {"size": shape})
    return folder


def _resized(config: dict[str, Any], size: Size) -> dict[str, Any]:
    text = {**config["text_config"], **size.llm, "max_position_embeddings": 32768}
    for derived in ("layer_types", "max_window_layers", "head_dim"):
        text.pop(derived, None)
    vision = {**config["vision_config"], **size.vision}
    return config | {"text_config": text, "vision_config": vision, "image_seq_length": size.tile_tokens}


def _change(path: Path, change: Any) -> None:
    found = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(change(found), indent=1) + "\n", encoding="utf-8")


def make_base(folder: Path, dtype: str, device: torch.device | str, attention: str) -> Any:
    """Return a frozen model without adapters, made on the device in its type."""
    from transformers import AutoConfig, AutoModelForImageTextToText

    make: Any = AutoModelForImageTextToText
    torch.manual_seed(0)
    with torch.device(device):
        model = make.from_config(
            AutoConfig.from_pretrained(folder), dtype=getattr(torch, dtype), attn_implementation=attention
        )
    model.requires_grad_(False)
    return model


def stir(vlm: Any) -> None:
    """Give the second factors of new adapters values: at zero, a wrong adapter would change no loss."""
    names = sorted(name for name, _ in vlm.named_parameters() if "lora_B" in name)
    parameters = dict(vlm.named_parameters())
    for number, name in enumerate(names):
        for value in (parameters[name], parameters[name.replace("lora_B", "lora_A")]):
            generator = torch.Generator(value.device).manual_seed(number)
            with torch.no_grad():
                value.normal_(0.0, 0.02, generator=generator)


def make_config(asked: Any, folder: Path, checkpoint: Path) -> TrainConfig:
    """Return the configuration of our rows."""
    return TrainConfig(
        out=str(folder / "out"),
        model=ModelConfig(path=str(checkpoint), dtype=asked.dtype, attention=asked.attention),
        images=ImageOptions(max_tiles=asked.tiles),
        data=DataConfig(
            sources=["pairs"],
            max_length=min(8192, asked.micro_batch_tokens),
            batch=asked.batch,
            micro_batch_tokens=asked.micro_batch_tokens,
            workers=asked.workers,
        ),
        tracker="none",
        quiet=True,
    )
