"""Large results without a page fault every 4 KiB."""

import numpy as np
import torch
from torch import Tensor

_NUMPY = {torch.float32: np.float32, torch.float64: np.float64, torch.bool: np.bool_}


def empty(shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """Return memory as it comes from NumPy, whose allocator asks Linux for huge pages; torch's does not."""
    return torch.from_numpy(np.empty(shape, _NUMPY[dtype]))
