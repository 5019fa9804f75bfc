"""A random point of each set."""

from benchmarks.cases._bits import bits_case, integers, word_bytes
from benchmarks.naive import bitsets as loops
from spatialgeom import count_bits, nth_bit

CASES = (
    bits_case(
        "nth_bit",
        arguments=lambda words, size: (words, integers(count_bits(words).numpy(), len(words))),
        call=nth_bit,
        naive=loops.nth_bit,
        units=lambda size: size["rows"],
        unit="draw",
        # on average half of a row, a rank and a point
        least_bytes=lambda size: word_bytes(size) // 2 + size["rows"] * 16,
    ),
)
