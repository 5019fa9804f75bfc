"""Random models of a few 10k parameters with a tokenizer of their own, saved as real checkpoints are."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoConfig, AutoModelForImageTextToText, PreTrainedTokenizerFast

VOCABULARY = 512
_HIDDEN = 64
_TEXTS = (
    "In Image-1 the dot is at ( 512 , 384 ) and its depth is `1250` mm; in Image-2 it is `980` mm.",
    "Which of the two points, A or B, is closer to the camera? The camera turned left by 12 degrees.",
    "You are a helpful assistant. user system assistant",
)
_CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}IMAGE{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_DEFAULT_SYSTEM = (
    "{% if messages[0]['role'] != 'system' %}"
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
)
# typed images first, a space after the role, nothing between turns; the prompt lacks the space
_IMAGES_FIRST = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }} "
    "{% for part in message['content'] if part['type'] == 'image' %}<image>{% endfor %}"
    "{% for part in message['content'] if part['type'] == 'text' %}{{ '\\n' + part['text'] }}{% endfor %}"
    "<|im_end|>{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_CHAT = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_QWEN = ("<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>")
_QWEN_IMAGE = "<|vision_start|><|image_pad|><|vision_end|>"


def _internvl(ids: dict[str, int]) -> tuple[dict[str, Any], dict[str, Any]]:
    vision = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": [28, 28],
        "patch_size": [7, 7],
    }
    config = {
        "model_type": "internvl",
        "vision_config": {"model_type": "internvl_vision", **vision},
        "text_config": {"model_type": "qwen2", **_llm(ids)},
        "image_token_id": ids["<IMG_CONTEXT>"],
        "image_seq_length": 4,
        "downsample_ratio": 0.5,
        "tie_word_embeddings": False,
    }
    processor = {
        "image_processor_type": "GotOcr2ImageProcessorFast",
        "processor_class": "InternVLProcessor",
        "size": {"height": 28, "width": 28},
        "crop_to_patches": False,
        "min_patches": 1,
        "max_patches": 12,
        "image_mean": [0.485, 0.456, 0.406],
        "image_std": [0.229, 0.224, 0.225],
    }
    return config, processor


def _qwen2_5(ids: dict[str, int]) -> tuple[dict[str, Any], dict[str, Any]]:
    vision = {
        "depth": 2,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_heads": 2,
        "out_hidden_size": _HIDDEN,
        "patch_size": 7,
        "window_size": 28,
        "fullatt_block_indexes": [1],
    }
    text = {"rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [2, 3, 3]}}
    return _qwen("qwen2_5_vl", ids, vision, text)


def _qwen3(ids: dict[str, int]) -> tuple[dict[str, Any], dict[str, Any]]:
    vision = {
        "depth": 2,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_heads": 2,
        "out_hidden_size": _HIDDEN,
        "patch_size": 7,
        "num_position_embeddings": 16,
        "deepstack_visual_indexes": [0],
    }
    rope = {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [4, 2, 2], "mrope_interleaved": True}
    return _qwen("qwen3_vl", ids, vision, {"head_dim": 16, "rope_parameters": rope})


def _qwen(
    kind: str, ids: dict[str, int], vision: dict[str, Any], text: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    config = {
        "model_type": kind,
        "vision_config": {"model_type": f"{kind}_vision", **vision},
        "text_config": {"model_type": f"{kind}_text", **_llm(ids), **text},
        "image_token_id": ids["<|image_pad|>"],
        "video_token_id": ids["<|video_pad|>"],
        "vision_start_token_id": ids["<|vision_start|>"],
        "vision_end_token_id": ids["<|vision_end|>"],
        "tie_word_embeddings": False,
    }
    processor = {
        "image_processor_type": "Qwen2VLImageProcessorFast",
        "processor_class": "Qwen2_5_VLProcessor" if kind == "qwen2_5_vl" else "Qwen3VLProcessor",
        "size": {"shortest_edge": 4 * 14**2, "longest_edge": 64 * 14**2},
        "patch_size": 7,
        "temporal_patch_size": 2,
        "merge_size": 2,
        "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.5, 0.5, 0.5],
    }
    return config, processor


def _llava(ids: dict[str, int]) -> tuple[dict[str, Any], dict[str, Any]]:
    grids = [[28 * rows, 28 * columns] for rows in range(1, 7) for columns in range(1, 7)]
    vision = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": 28,
        "patch_size": 7,
        "vision_use_head": False,
    }
    config = {
        "model_type": "llava_onevision",
        "vision_config": {"model_type": "siglip_vision_model", **vision},
        "text_config": {"model_type": "qwen2", **_llm(ids)},
        "image_token_index": ids["<image>"],
        "video_token_index": ids["<video>"],
        "image_grid_pinpoints": grids,
        "vision_aspect_ratio": "anyres_max_9",
        "tie_word_embeddings": False,
    }
    processor = {
        "image_processor_type": "LlavaOnevisionImageProcessor",
        "processor_class": "LlavaOnevisionProcessor",
        "size": {"height": 28, "width": 28},
        "image_grid_pinpoints": grids,
        "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.5, 0.5, 0.5],
    }
    return config, processor


_FAMILIES = {
    "internvl": (
        _internvl,
        ("<img>", "</img>", "<IMG_CONTEXT>", "<video>"),
        _CHATML.replace("IMAGE", "<IMG_CONTEXT>\n"),
    ),
    "qwen2_5_vl": (_qwen2_5, _QWEN, _DEFAULT_SYSTEM + _CHATML.replace("IMAGE", _QWEN_IMAGE)),
    "qwen3_vl": (_qwen3, _QWEN, _CHATML.replace("IMAGE", _QWEN_IMAGE)),
    "llava_onevision": (_llava, ("<image>", "<video>"), _IMAGES_FIRST),
}


def _llm(ids: dict[str, int]) -> dict[str, Any]:
    return {
        "vocab_size": VOCABULARY,
        "hidden_size": _HIDDEN,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 4096,
        "initializer_range": 0.1,
        "bos_token_id": None,
        "eos_token_id": ids["<|im_end|>"],
        "pad_token_id": ids["<|endoftext|>"],
        "tie_word_embeddings": False,
    }


def _tokenizer(special: Iterable[str], template: str, texts: Iterable[str]) -> Any:
    tokens = [AddedToken(text, special=True, normalized=False) for text in (*_CHAT, *special)]
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trained.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=tokens,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    trained.train_from_iterator([*_TEXTS, *texts], trainer)
    make: Any = PreTrainedTokenizerFast
    return make(
        tokenizer_object=trained,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=["<|im_start|>", *special],
        chat_template=template,
        clean_up_tokenization_spaces=False,
        model_max_length=4096,
    )


def write_tiny(family: str, folder: Path, *, seed: int = 0, texts: Iterable[str] = ()) -> Path:
    """Save a random model, its tokenizer and its image processor.

    Args:
        family: Model type: ``internvl``, ``qwen2_5_vl``, ``qwen3_vl`` or ``llava_onevision``.
        folder: Where; made if it does not exist.
        seed: Of the weights.
        texts: What the tokenizer is trained on, beside a few sentences of its own.

    Returns:
        The folder.
    """
    describe, special, template = _FAMILIES[family]
    tokenizer = _tokenizer(special, template, texts)
    config, processor = describe(tokenizer.get_vocab())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        make: Any = AutoModelForImageTextToText
        model = make.from_config(AutoConfig.for_model(**config), dtype=torch.float32)
        with torch.no_grad():  # a frozen head with small weights makes logits that no adapter can sharpen
            model.lm_head.weight.normal_(std=0.3)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    text = json.dumps(processor, indent=2, sort_keys=True) + "\n"
    Path(folder, "preprocessor_config.json").write_text(text, encoding="utf-8")
    return Path(folder)
