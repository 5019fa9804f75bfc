"""Products of packed sets on tensor cores that multiply bytes: bit i of every octet is one operand."""

import torch
import triton
import triton.language as tl
from torch import Tensor

from spatialgeom.backends.triton._language import EMULATE, launch
from spatialgeom.backends.triton._split import counters, split_vectors, vector_of

# four octets of a register at a time: two instructions for four operands, where the compiler needs about ten
_PLANES: tl.constexpr = tl.constexpr(
    "{.reg .b32 t; and.b32 $0, $8, 0x01010101;"
    + "".join(f"shr.u32 t, $8, {i}; and.b32 ${i}, t, 0x01010101;" for i in range(1, 8))
    + "}"
)
_HOPPER = (9, 0)


def add_int8_products(
    left: Tensor, right: Tensor | None, intersection: Tensor, processors: int | None = None
) -> None:
    """Do as :func:`spatialgeom.backends.triton._one_bit.add_one_bit_products` does."""
    other = left if right is None else right
    vector = vector_of(left, other)
    tile, octets, warps = _sizes(max(intersection.shape), left.device)
    high, wide = (triton.cdiv(size, tile) for size in intersection.shape)
    tiles = high * wide if right is not None else high * (high + 1) // 2
    vectors = left.shape[1] // vector
    stretch = split_vectors(tiles, vectors, octets // (8 * vector), left.device, processors)
    launch(
        _int8_kernel,
        (high * wide, triton.cdiv(vectors, stretch)),
        left,
        other,
        counters(intersection, left, other),
        *intersection.shape,
        vectors,
        left.stride(0) // vector,
        other.stride(0) // vector,
        stretch,
        high,
        warps=warps,
        SYMMETRIC=right is None,
        TILE=tile,
        STEP=octets,
        VECTOR=vector,
        EMULATE=EMULATE,
    )


def _sizes(frames: int, device: torch.device) -> tuple[int, int, int]:
    """Return rows of a tile, which is square, octets of a step, and warps."""
    if EMULATE:
        return 64, 128, 4
    # fragments of a large tile fill the registers of what is older than Hopper
    small = frames <= 64 or torch.cuda.get_device_capability(device) < _HOPPER
    return (64, 64, 4) if small else (128, 64, 8)


@triton.jit
def _planes(x, EMULATE: tl.constexpr):
    if EMULATE:
        return (
            x & 1,
            (x >> 1) & 1,
            (x >> 2) & 1,
            (x >> 3) & 1,
            (x >> 4) & 1,
            (x >> 5) & 1,
            (x >> 6) & 1,
            (x >> 7) & 1,
        )
    return tl.inline_asm_elementwise(
        _PLANES, "=&r,=&r,=&r,=&r,=&r,=&r,=&r,=&r,r", [x], dtype=(tl.int8,) * 8, is_pure=True, pack=4
    )


@triton.jit
def _side_by_side(p):
    """Return eight (rows, K) operands as one of (rows, 8 K), in an order that both factors share."""
    low = tl.join(tl.join(p[0], p[1]), tl.join(p[2], p[3]))
    high = tl.join(tl.join(p[4], p[5]), tl.join(p[6], p[7]))
    apart = tl.permute(tl.join(low, high), (0, 2, 3, 4, 1))
    return tl.reshape(apart, (p[0].shape[0], 8 * p[0].shape[1]))


@triton.jit(do_not_specialize=["rows", "columns", "vectors", "stretch", "high"])
def _int8_kernel(
    left_ptr,  # (F, W) int64
    right_ptr,  # (G, W) int64
    counts_ptr,  # (F, G) int64, or its int32 halves
    rows,
    columns,
    vectors,
    left_stride,
    right_stride,
    stretch,
    high,
    SYMMETRIC: tl.constexpr,
    TILE: tl.constexpr,
    STEP: tl.constexpr,
    VECTOR: tl.constexpr,
    EMULATE: tl.constexpr,
):
    OCTETS: tl.constexpr = 8 * VECTOR
    COUNT: tl.constexpr = counts_ptr.dtype.element_ty
    SPREAD: tl.constexpr = 64 // COUNT.primitive_bitwidth
    # tiles vary fastest: what runs at one time reads one stretch of words, which stays in the L2 cache
    top, first = tl.program_id(0) % high * TILE, tl.program_id(0) // high * TILE
    if SYMMETRIC and first < top:
        return
    line, octet = tl.arange(0, TILE), tl.arange(0, STEP)[None, :]
    # rows past the end repeat the last one, and are not counted
    a_at = tl.minimum(line, rows - 1 - top).to(tl.int64)[:, None] * left_stride * OCTETS + octet
    b_at = tl.minimum(line, columns - 1 - first).to(tl.int64)[:, None] * right_stride * OCTETS + octet
    left = tl.multiple_of(left_ptr.to(tl.pointer_type(tl.int8)), OCTETS)
    left += top.to(tl.int64) * left_stride * OCTETS
    right = tl.multiple_of(right_ptr.to(tl.pointer_type(tl.int8)), OCTETS)
    right += first.to(tl.int64) * right_stride * OCTETS
    at = tl.program_id(1) * stretch
    stop = tl.minimum(at + stretch, vectors)
    total = tl.zeros((TILE, TILE), tl.int32)
    while at < stop:
        live = octet < (stop - at) * OCTETS
        # the scalar base moves: pointers that move cost 300 instructions
        x = tl.load(left + at.to(tl.int64) * OCTETS + a_at, mask=live, other=0)
        y = tl.load(right + at.to(tl.int64) * OCTETS + b_at, mask=live, other=0)
        # all planes in one product: eight would wait for one another
        a, b = _side_by_side(_planes(x, EMULATE)), _side_by_side(_planes(y, EMULATE))
        total = tl.dot(a, tl.trans(b), total, out_dtype=tl.int32)
        at += STEP // OCTETS
    keep = (line < rows - top)[:, None] & (line < columns - first)[None, :]
    if SYMMETRIC:
        keep &= (line + top)[:, None] <= (line + first)[None, :]
    corner_ptr = counts_ptr + (top.to(tl.int64) * columns + first) * SPREAD
    place = (line.to(COUNT)[:, None] * columns + line[None, :]) * SPREAD
    tl.atomic_add(corner_ptr + place, total.to(COUNT), mask=keep, sem="relaxed")
