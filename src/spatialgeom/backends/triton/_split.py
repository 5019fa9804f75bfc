"""How products of packed sets are dealt out to programs, and where they add their counts."""

from functools import cache, lru_cache

import torch
from torch import Tensor

# adding a tile to the counts takes as long as a tenth of its product over one step of words
_ADDING = 0.1
# words of a row, or from row to row, up to which 32 bits count its points and find the words of 128 rows
_NARROW = (1 << 24) - 1


@cache
def multiprocessors(device: torch.device) -> int:
    """Return how many multiprocessors ``device`` has; the interpreter runs one program after the other."""
    return torch.cuda.get_device_properties(device).multi_processor_count if device.type == "cuda" else 1


def vector_of(left: Tensor, right: Tensor) -> int:
    """Return how many words a load may take: pairs, if every row is made of them."""
    # a pair is loaded at once only where its address is a multiple of 16 bytes
    odd = any(x.shape[1] % 2 or x.stride(0) % 2 or x.data_ptr() % 16 for x in (left, right))
    return 1 if odd else 2


def counters(intersection: Tensor, left: Tensor, right: Tensor) -> Tensor:
    """Return what to add to: the low half of every count while that suffices, since it takes less time."""
    wide = max(left.shape[1], left.stride(0), right.stride(0), 2 * right.shape[0]) > _NARROW
    return intersection if wide else intersection.view(torch.int32)


def split_vectors(tiles: int, vectors: int, step: int, device: torch.device, processors: int | None) -> int:
    """Return over how many vectors a program sums: the tiles alone would leave most of a GPU idle."""
    steps = _steps_per_program(tiles, -(-vectors // step), processors or multiprocessors(device))
    # a program's own sums have 32 bits
    return step * min(steps, _NARROW // (2 * step))


@lru_cache(maxsize=1024)
def _steps_per_program(tiles: int, steps: int, processors: int) -> int:
    most = max(1, min(steps, 4 * processors // tiles))

    def time(splits: int) -> float:
        rounds = -(-tiles * splits // processors)
        return rounds * -(-steps // splits) + _ADDING * tiles * splits

    return -(-steps // min(range(1, most + 1), key=time))
