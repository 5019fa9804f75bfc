"""Codes along a Z-order (Morton) curve: the bits of three coordinates in turn."""

from torch import Tensor

BITS = 21  # of each coordinate: three of them fill an int64 but for its sign

# each step halves the runs of bits: 21, then 16 and 5, down to one bit in three
_STEPS = (
    (32, 0x001F00000000FFFF),
    (16, 0x001F0000FF0000FF),
    (8, 0x100F00F00F00F00F),
    (4, 0x10C30C30C30C30C3),
    (2, 0x1249249249249249),
)


def morton_codes(cells: Tensor) -> Tensor:
    """Interleave coordinates in ``[0, 2**BITS)``, (N, 3) int64; x has the highest bit."""
    bits = cells.clone()
    for shift, mask in _STEPS:
        bits = (bits | bits << shift) & mask
    return bits[:, 0] << 2 | bits[:, 1] << 1 | bits[:, 2]
