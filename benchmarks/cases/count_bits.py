"""Number of points in each set."""

from benchmarks.cases._bits import bits_case, word_bytes
from benchmarks.naive import bitsets as loops
from spatialgeom import count_bits

CASES = (
    bits_case(
        "count_bits",
        arguments=lambda words, size: (words,),
        call=count_bits,
        naive=loops.count_bits,
        least_bytes=word_bytes,
    ),
)
