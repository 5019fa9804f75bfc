"""One point in ten, gathered from every set and packed anew."""

from benchmarks.cases._bits import bits_case, integers, word_bytes
from benchmarks.naive import bitsets as loops
from spatialgeom import select_bits

_ONE_IN = 10

CASES = (
    bits_case(
        "select_bits",
        arguments=lambda words, size: (words, integers(size["points"], size["points"] // _ONE_IN)),
        call=select_bits,
        naive=loops.select_bits,
        units=lambda size: size["rows"] * (size["points"] // _ONE_IN),
        unit="selected bit",
        least_bytes=lambda size: word_bytes(size) * (_ONE_IN + 1) // _ONE_IN + size["points"] // _ONE_IN * 8,
    ),
)
