"""What a step costs: tokens per second, share of the device's peak, waiting for data, memory."""

import math
import resource
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch

from spatialgeom.apps.train.data.batch import IGNORED, MicroBatch

# dense bf16 tensor-core peaks from the vendors' data sheets, TFLOP/s; the first name that fits counts
_PEAKS = (
    ("B200", 2250.0),
    ("H200", 989.0),
    ("H100 PCIe", 756.0),
    ("H100 NVL", 835.0),
    ("H100", 989.0),
    ("A100", 312.0),
    ("L40S", 362.0),
    ("L40", 181.0),
    ("RTX 6000 Ada", 364.0),
    ("RTX 4090", 165.0),
    ("RTX 3090", 71.0),
    ("A6000", 155.0),
    ("A10G", 70.0),
    ("A10", 125.0),
    ("L4", 121.0),
)
_GIB = 1 << 30


def peak_flops(device: torch.device) -> float | None:
    """Return the device's peak in bf16, FLOP/s; None where it is not known."""
    if device.type != "cuda":
        return None
    name = torch.cuda.get_device_name(device)
    return next((peak * 1e12 for part, peak in _PEAKS if part in name), None)


@dataclass(frozen=True)
class Cost:
    """What a model needs for one step of LoRA, without what is computed twice to save memory.

    A frozen weight of the language model takes part in a forward product and in the gradient of its input:
    4 operations per token, where full training has 6. One of the vision tower takes part in the forward
    product alone. Attention counts as in Chowdhery et al., PaLM, appendix B, halved because it is causal;
    that of the vision tower is left out.

    Args:
        llm: Weights of the language model's layers.
        head: Weights of its head.
        vision: Weights of tower and projector.
        width: Layers times the width of attention.
        patch: Side of a patch in pixels.
    """

    llm: int
    head: int
    vision: int
    width: int
    patch: int

    @classmethod
    def of(cls, vlm: Any, vision: tuple[str, ...]) -> "Cost":
        """Count the weights of a model with adapters."""
        base = vlm.get_base_model()
        inner, text = base.model, base.config.get_text_config()
        heads = text.num_attention_heads * (
            getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
        )
        return cls(
            llm=_weights(inner.language_model.layers),
            head=_weights(base.lm_head),
            vision=sum(_weights(inner.get_submodule(name)) for name in vision),
            width=text.num_hidden_layers * heads,
            patch=_side(base.config.vision_config.patch_size),
        )

    def flops(self, batch: MicroBatch) -> float:
        """Return the operations of a micro-batch; padding is no work."""
        lengths = batch.lengths or batch.inputs["attention_mask"].sum(-1).tolist()
        squares = float(sum(length**2 for length in lengths))
        labels = int((batch.labels != IGNORED).sum())
        pixels = batch.inputs.get("pixel_values")
        patches = 0.0
        if pixels is not None:
            patches = pixels.shape[0] if pixels.dim() == 2 else pixels.numel() / (3 * self.patch**2)
        return (
            4.0 * self.llm * batch.tokens
            + 6.0 * self.width * squares
            + 4.0 * self.head * labels
            + 2.0 * self.vision * patches
        )


def _weights(module: torch.nn.Module) -> int:
    return sum(_count(value) for name, value in module.named_parameters() if "lora_" not in name)


def _count(value: torch.Tensor) -> int:
    """Return a parameter's weights; of those in 4 bits, two share a byte."""
    packed = getattr(value, "quant_state", None)
    return value.numel() if packed is None else math.prod(packed.shape)


def _side(size: int | list[int]) -> int:
    return size if isinstance(size, int) else size[0]


class Meter:
    """The clock of one process' steps."""

    def __init__(self, cost: Cost, device: torch.device, processes: int) -> None:
        self._cost = cost
        self._device = device
        self._processes = processes
        self._peak = peak_flops(device)
        self._waited = 0.0
        self.gradient_norm = 0.0
        self.start()

    def start(self) -> None:
        """Begin a step: what happened since the last one is no part of it."""
        self._waited = 0.0
        self._started = time.perf_counter()

    def waiting(self, batches: Iterable[MicroBatch]) -> Iterator[MicroBatch]:
        """Yield batches, adding up the time that they are waited for."""
        rest = iter(batches)
        while True:
            asked = time.perf_counter()
            batch = next(rest, None)
            self._waited += time.perf_counter() - asked
            if batch is None:
                return
            yield batch

    def flops(self, batch: MicroBatch) -> float:
        """Return the operations that a micro-batch needs."""
        return self._cost.flops(batch)

    def read(self, tokens: float, flops: float) -> dict[str, float]:
        """Return the figures of the step that ends now.

        Args:
            tokens: Of all processes, without padding.
            flops: Of all processes.
        """
        seconds = time.perf_counter() - self._started
        per_device = flops / seconds / self._processes
        return {
            "seconds": seconds,
            "tokens_per_s": tokens / seconds,
            "tflops_per_device": per_device / 1e12,
            **({"utilisation": per_device / self._peak} if self._peak else {}),
            "wait": self._waited / seconds,
            "memory_gib": self._memory(),
            "gradient_norm": self.gradient_norm,
        }

    def _memory(self) -> float:
        if self._device.type == "cuda":
            return torch.cuda.max_memory_allocated(self._device) / _GIB
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / _GIB if sys.platform == "darwin" else peak * 1024 / _GIB
