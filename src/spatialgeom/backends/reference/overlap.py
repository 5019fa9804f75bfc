"""Reference overlap of packed sets: products of masks, a block of words at a time."""

import torch
from torch import Tensor

from spatialgeom.backends.reference.bitsets import count_bits, unpack_bits

# float32 counts up to here exactly; also the elements of one block's mask
_BLOCK_BITS = 1 << 24


def overlap_matrix(visible: Tensor, other: Tensor | None) -> tuple[Tensor, Tensor]:
    right = visible if other is None else other
    width = visible.shape[1]
    intersection = visible.new_zeros((visible.shape[0], right.shape[0]))
    step = max(1, _BLOCK_BITS // (64 * max(1, *intersection.shape)))
    # a half-precision product would round the counts
    with torch.autocast(visible.device.type, enabled=False):
        for start in range(0, width, step):
            a = _mask(visible[:, start : start + step])
            b = a if other is None else _mask(right[:, start : start + step])
            intersection += (a @ b.mT).long()
    union = count_bits(visible)[:, None] + count_bits(right)[None, :] - intersection
    return intersection, intersection.double() / union.clamp(min=1)


def _mask(words: Tensor) -> Tensor:
    return unpack_bits(words, 64 * words.shape[1]).float()
