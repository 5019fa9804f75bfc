"""What kernels share: scalars of full precision, votes of a warp, popcounts, and square roots.

Kernels that hold one element per lane (tensors of exactly ``32 * num_warps``) take instructions from inline
assembly, which the interpreter has not: ``EMULATE`` says to compute what they mean instead.
"""

import struct
from typing import Any

import triton
import triton.language as tl
from triton.runtime.interpreter import InterpretedFunction


@triton.jit
def real(bits, TYPE: tl.constexpr):
    """Return the scalar whose float64 bits were passed by :func:`bits_of`, in ``TYPE``."""
    return bits.to(tl.int64).to(tl.float64, bitcast=True).to(TYPE)


EMULATE = isinstance(real, InterpretedFunction)


def bits_of(value: float) -> int:
    """Return the float64 bits of a scalar argument: Triton would pass it as float32."""
    bits: int = struct.unpack("<q", struct.pack("<d", value))[0]
    return bits


def launch(
    kernel: Any, grid: tuple[int, ...], *arguments: Any, warps: int, fused: bool = True, **constants: Any
) -> None:
    """Run ``kernel`` on every program of ``grid``, products ``fused`` into sums or each rounded by itself."""
    # explicit, since Triton's default changes: unfused loops take a fifth longer and round more
    kernel[grid](*arguments, **constants, num_warps=warps, enable_fp_fusion=fused)


@triton.jit
def ballot(flags, LANES: tl.constexpr, EMULATE: tl.constexpr):
    """Return to every lane the int32 word of its warp's 32 ``flags``, lane 0 lowest; (LANES,) bool."""
    if EMULATE:
        rows = tl.reshape(flags.to(tl.int64), (LANES // 32, 32))
        words = tl.sum(rows << tl.arange(0, 32).to(tl.int64)[None, :], 1)
        return tl.reshape(tl.broadcast_to(words[:, None], (LANES // 32, 32)), (LANES,)).to(tl.int32)
    return tl.inline_asm_elementwise(
        "{.reg .pred p; setp.ne.b32 p, $1, 0; vote.sync.ballot.b32 $0, p, 0xffffffff;}",
        "=r,r",
        [flags.to(tl.int32)],
        dtype=tl.int32,
        is_pure=True,
        pack=1,
    )


@triton.jit
def popcount(words):
    """Return the number of set bits of each int32 word; the compiler knows this sum as one instruction."""
    x = words.to(tl.uint32, bitcast=True)
    x = x - ((x >> 1) & 0x55555555)
    x = (x & 0x33333333) + ((x >> 2) & 0x33333333)
    x = (x + (x >> 4)) & 0x0F0F0F0F
    return ((x * 0x01010101) >> 24).to(tl.int32)


@triton.jit
def nearest(position):
    """Return the integer nearest to each ``position``, halves to even, below 2**22 in float32.

    What is further away, infinite or NaN becomes an integer outside of 0 to 2**22. The rounding of an
    addition is the one asked for; a conversion would take four times as long.
    """
    if position.dtype == tl.float64:
        integer = (position + 6755399441055744.0).to(tl.int64, bitcast=True) - 0x4338000000000000
    else:
        integer = (position + 12582912.0).to(tl.int32, bitcast=True) - 0x4B400000
    return integer


@triton.jit
def reciprocal(x, EMULATE: tl.constexpr):
    """Return 1 / x, in float32 to the last bit but one: a division takes eight instructions, this one."""
    if EMULATE or x.dtype == tl.float64:
        inverse = 1.0 / x
    else:
        inverse = tl.inline_asm_elementwise(
            "rcp.approx.ftz.f32 $0, $1;", "=f,f", [x], dtype=tl.float32, is_pure=True, pack=1
        )
    return inverse


@triton.jit
def product(x, y, EMULATE: tl.constexpr):
    """Return x * y rounded by itself, never fused into a sum."""
    if EMULATE or x.dtype == tl.float64:
        rounded = x * y
    else:
        rounded = tl.inline_asm_elementwise(
            "mul.rn.f32 $0, $1, $2;", "=f,f,f", [x, y], dtype=tl.float32, is_pure=True, pack=1
        )
    return rounded
