"""Unpacking of words into masks."""

from benchmarks.cases._bits import bits_case, word_bytes
from benchmarks.naive import bitsets as loops
from spatialgeom import unpack_bits

CASES = (
    bits_case(
        "unpack_bits",
        arguments=lambda words, size: (words, size["points"]),
        call=unpack_bits,
        naive=loops.unpack_bits,
        least_bytes=lambda size: size["rows"] * size["points"] + word_bytes(size),
    ),
)
