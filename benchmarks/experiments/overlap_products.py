"""Both matrix kernels of ``overlap_matrix`` beside PyTorch's int8 product, alone and with unpacking."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle
from typing import NamedTuple

import torch
from torch import Tensor

from benchmarks.experiments.timing import Found, Rate, median_seconds
from benchmarks.inputs import random_words
from spatialgeom import overlap_matrix
from spatialgeom.backends.triton._int8 import add_int8_products
from spatialgeom.backends.triton._one_bit import add_one_bit_products
from spatialgeom.backends.triton.overlap import overlap_by

_SIZES = ((370, 150_000), (1000, 500_000))  # frames, points
_COPIES = 3  # of the words, taken in turn
_CHECKED = 4  # rows, with the CPU
_MULTIPLE = 16  # of frames, which the library's product asks for


class Product(NamedTuple):
    """A way to count the points that two frames share."""

    name: str
    prepare: Callable[[Tensor], Tensor]  # not timed
    call: Callable[[Tensor], Tensor]


def run(device: str, sizes: tuple[tuple[int, int], ...] = _SIZES) -> Found:
    """Return rates in multiplications and additions of the full matrix per second."""
    rates = []
    for frames, points in sizes:
        words = random_words(frames, points, density=0.2)
        exact = overlap_matrix(words[:_CHECKED], words, backend="reference").intersection
        sets = [words.to(device) for _ in range(_COPIES)]
        for product in products():
            ready = [product.prepare(each) for each in sets]
            check(product, product.call(ready[0]), exact)
            turn = cycle(ready)
            seconds = median_seconds(partial(_call_next, product, turn), device)
            rate = 2 * frames**2 * points / seconds
            size = f"{frames} x {points // 1000}k"
            rates.append(Rate(f"{product.name}, {size}", rate, "operations", f"{seconds * 1e6:.1f} us"))
            del ready, turn
    return Found(tuple(rates), {})


def products() -> tuple[Product, ...]:
    """Return the ways that are compared."""
    return (
        Product("one-bit kernel", _same, partial(_counts, add_one_bit_products)),
        Product("int8 kernel", _same, partial(_counts, add_int8_products)),
        Product("torch._int_mm alone", unpacked, _multiplied),
        Product("torch._int_mm with unpacking", _same, lambda words: _multiplied(unpacked(words))),
    )


def check(product: Product, counts: Tensor, exact: Tensor) -> None:
    """Raise AssertionError unless the first rows of the matrix are those of the CPU."""
    rows, columns = exact.shape
    if differ := int((counts[:rows, :columns].cpu() != exact).sum()):
        raise AssertionError(f"{product.name}: {differ} of {exact.numel()} counts are wrong")


def unpacked(words: Tensor) -> Tensor:
    """Return a byte per bit, rows padded."""
    missing = -words.shape[0] % _MULTIPLE
    padded = torch.nn.functional.pad(words.view(torch.uint8), (0, 0, 0, missing))
    bits = torch.arange(8, dtype=torch.uint8, device=words.device)
    return (padded[..., None].bitwise_right_shift(bits) & 1).flatten(1).view(torch.int8)


def _call_next(product: Product, turn: Iterator[Tensor]) -> None:
    product.call(next(turn))


def _counts(add_products: Callable[[Tensor, Tensor | None, Tensor], None], words: Tensor) -> Tensor:
    return overlap_by(add_products, words, None)[0]


def _multiplied(bits: Tensor) -> Tensor:
    return torch._int_mm(bits, bits.T)


def _same(words: Tensor) -> Tensor:
    return words
