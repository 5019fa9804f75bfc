"""The time below which no implementation gets: its least work over what the machine reaches at most."""

from typing import NamedTuple

from benchmarks.ceilings import Ceilings


class Work(NamedTuple):
    """Amounts that no implementation can do without.

    Args:
        bytes: Read from and written to memory.
        gathers: Readings of a depth map, as :class:`Ceilings` counts them.
        atomics: Minima into a z-buffer, likewise.
        bit_ops: Multiplications plus additions of a product of bit matrices.
        instructions: FP32 instructions, per lane.
    """

    bytes: float = 0.0
    gathers: float = 0.0
    atomics: float = 0.0
    bit_ops: float = 0.0
    instructions: float = 0.0


class Floor(NamedTuple):
    """The least time of a work, and which resource needs it."""

    seconds: float
    bound_by: str


class Limits(NamedTuple):
    """Ceilings of a machine, and its rate of FP32 instructions by clock and count of lanes."""

    ceilings: Ceilings
    instructions_per_s: float | None = None


def floor(work: Work, limits: Limits) -> Floor:
    """Return the longest of the times that each resource needs; one without a ceiling does not count."""
    ceilings = limits.ceilings
    products = {"one-bit MMA": ceilings.one_bit_ops_per_s, "int8 MMA": ceilings.int8_ops_per_s}
    # bits can be multiplied by either unit: the faster one sets the floor
    unit, rate = max(products.items(), key=lambda item: item[1] or 0.0)
    needs = (
        ("memory", work.bytes, ceilings.copy_bytes_per_s),
        ("gathers", work.gathers, ceilings.gathers_per_s),
        ("atomics", work.atomics, ceilings.atomics_per_s),
        (unit, work.bit_ops, rate),
        ("FP32", work.instructions, limits.instructions_per_s),
    )
    seconds = {name: amount / rate for name, amount, rate in needs if rate}
    bound_by = max(seconds, key=lambda name: seconds[name])
    return Floor(seconds[bound_by], bound_by)
