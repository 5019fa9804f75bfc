"""PyTorch on any device: the meaning of each operation and the oracle of its tests."""


def why_unavailable(device_type: str) -> str | None:
    """Return None: plain PyTorch runs everywhere."""
    return None
