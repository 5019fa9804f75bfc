"""Unions of the sets of ten groups."""

import torch

from benchmarks.cases._bits import bits_case, word_bytes
from benchmarks.naive import bitsets as loops
from spatialgeom import union_bits

_GROUPS = 10

CASES = (
    bits_case(
        "union_bits",
        arguments=lambda words, size: (words, torch.arange(len(words)) % _GROUPS),
        call=union_bits,
        naive=loops.union_bits,
        least_bytes=lambda size: word_bytes(size) + word_bytes({**size, "rows": _GROUPS}),
    ),
)
