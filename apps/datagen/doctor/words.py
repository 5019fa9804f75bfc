"""Numbers as the report words them."""

import math


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: ``1 frame``, ``2 frames``."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def length(metres: float) -> str:
    """Return a length in metres, or in centimetres below one metre, to the tenth of a millimetre."""
    if not math.isfinite(metres):
        return "an unknown length"
    if abs(metres) >= 1:
        return f"{metres:.4g} m"
    rounded = round(metres * 100, 2)
    return f"{rounded:g} cm" if rounded or not metres else "under 0.01 cm"
