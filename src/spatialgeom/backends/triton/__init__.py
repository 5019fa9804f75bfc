"""Triton kernels for tensors on NVIDIA GPUs: one fused pass per operation."""

import importlib.util
import os

_OLDEST_CAPABILITY = (8, 0)  # Ampere


def why_unavailable(device_type: str) -> str | None:
    """Return None if Triton kernels can run on ``device_type``, else the reason in words."""
    if importlib.util.find_spec("triton") is None:
        return "triton is not installed"
    # Triton's interpreter runs kernels on CPU tensors, slowly: how they are tested without a GPU
    if os.environ.get("TRITON_INTERPRET") == "1":
        return None
    if device_type != "cuda":
        return f"it takes cuda tensors, not {device_type}"
    return _why_not_this_card()


def _why_not_this_card() -> str | None:
    import torch

    if torch.version.hip is not None:
        return "its kernels are written for NVIDIA GPUs"
    capability = torch.cuda.get_device_capability()
    if capability < _OLDEST_CAPABILITY:
        least, found = (".".join(map(str, version)) for version in (_OLDEST_CAPABILITY, capability))
        return f"it needs compute capability {least} or newer, and this GPU has {found}"
    return None
