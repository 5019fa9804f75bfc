"""Numba kernels for CPU tensors: fused loops over packed words."""

import importlib.util


def why_unavailable(device_type: str) -> str | None:
    """Return None if Numba kernels can run on ``device_type``, else the reason in words."""
    if importlib.util.find_spec("numba") is None:
        return "numba is not installed"
    if device_type != "cpu":
        return f"it takes cpu tensors, not {device_type}"
    return None
