"""Packing of masks into words."""

from benchmarks.cases._bits import bits_case, word_bytes
from benchmarks.naive import bitsets as loops
from spatialgeom import pack_bits, unpack_bits

CASES = (
    bits_case(
        "pack_bits",
        arguments=lambda words, size: (unpack_bits(words, size["points"]),),
        call=pack_bits,
        naive=loops.pack_bits,
        least_bytes=lambda size: size["rows"] * size["points"] + word_bytes(size),
    ),
)
