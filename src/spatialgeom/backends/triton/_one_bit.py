"""Products of packed sets on the one-bit tensor cores: no unpacking, and no shared memory.

Every thread loads its own fragments. A product sums over points in any order, so a thread takes whole vectors
of a row's words; columns of a tile are dealt out such that the atomics of four lanes fill a sector.
"""

import triton
import triton.language as tl
from torch import Tensor

from spatialgeom.backends.triton._language import EMULATE, launch
from spatialgeom.backends.triton._split import counters, split_vectors, vector_of

# sizes and bits of scalars: code made for a value of theirs is no faster, and is compiled for each
_VARIES = "rows columns vectors left_stride right_stride stretch high"
_MULTIPLY: tl.constexpr = tl.constexpr(
    "mma.sync.aligned.m16n8k256.row.col.s32.b1.b1.s32.and.popc "
    "{$0,$1,$2,$3}, {$4,$5,$6,$7}, {$8,$9}, {$10,$11,$12,$13};"
)
_STEP = 4  # vectors, one for each of the four threads that share a row
_M, _N = (1, 1) if EMULATE else (4, 8)  # fragments of 16 rows and of 8 columns that a warp multiplies


def add_one_bit_products(
    left: Tensor, right: Tensor | None, intersection: Tensor, processors: int | None = None
) -> None:
    """Add to ``intersection`` how many points each row of ``left`` shares with each of ``right``.

    Args:
        left: Packed bits, int64, ``(F, W)``, the words of a row side by side.
        right: Packed bits, int64, ``(G, W)``. None pairs ``left`` with itself, in the upper triangle alone.
        intersection: Counts, int64, ``(F, G)``, contiguous.
        processors: Multiprocessors to fill. None asks the device.
    """
    other = left if right is None else right
    vector = vector_of(left, other)
    down, across, deep = _warps(max(intersection.shape))
    rows, columns = down * _M * 16, across * _N * 8
    high, wide = triton.cdiv(intersection.shape[0], rows), triton.cdiv(intersection.shape[1], columns)
    tiles = high * wide if right is not None else high * (high + 1) // 2
    vectors = left.shape[1] // vector
    stretch = split_vectors(tiles, vectors, _STEP * deep, left.device, processors)
    launch(
        _one_bit_kernel,
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
        warps=down * across * deep,
        SYMMETRIC=right is None,
        M=_M,
        N=_N,
        DOWN=down,
        ACROSS=across,
        DEEP=deep,
        VECTOR=vector,
        EMULATE=EMULATE,
    )


def _warps(frames: int) -> tuple[int, int, int]:
    """Return how many warps lie down and across a tile, which is square, and how many share its words."""
    if EMULATE:
        return (1, 2, 32) if frames <= 16 else (2, 4, 16)
    return (1, 1, 4) if frames <= 64 else (2, 2, 1)


@triton.jit
def _multiply(sums, upper, lower, b, LANES: tl.constexpr, EMULATE: tl.constexpr):
    """Add the products of twice eight rows with eight columns over 256 points; lanes are (row, word)."""
    if EMULATE:
        rows = tl.reshape(tl.join(upper, lower), (LANES // 32, 8, 1, 4, 2))
        x = (rows & tl.reshape(b, (LANES // 32, 1, 8, 4, 1))).to(tl.uint64, bitcast=True)
        x = x - ((x >> 1) & 0x5555555555555555)
        x = (x & 0x3333333333333333) + ((x >> 2) & 0x3333333333333333)
        x = (((x + (x >> 4)) & 0x0F0F0F0F0F0F0F0F) * 0x0101010101010101) >> 56
        # (warp, row, column, upper or lower), and a lane has an even column and the odd one after it
        pairs = tl.reshape(tl.sum(x.to(tl.int32), 3), (LANES // 32, 8, 4, 2, 2))
        above, below = tl.split(pairs)
        above, below = tl.reshape(above, (LANES, 2)), tl.reshape(below, (LANES, 2))
        c, d = tl.split(above), tl.split(below)
        return sums[0] + c[0], sums[1] + c[1], sums[2] + d[0], sums[3] + d[1]
    a0, a1, a2, a3 = (
        upper.to(tl.int32),
        lower.to(tl.int32),
        (upper >> 32).to(tl.int32),
        (lower >> 32).to(tl.int32),
    )
    return tl.inline_asm_elementwise(
        _MULTIPLY,
        "=r,=r,=r,=r,r,r,r,r,r,r,r,r,r,r",
        [a0, a1, a2, a3, b.to(tl.int32), (b >> 32).to(tl.int32), sums[0], sums[1], sums[2], sums[3]],
        dtype=(tl.int32,) * 4,
        is_pure=True,
        pack=1,
    )


@triton.jit
def _load(lane_ptr, offset, VECTOR: tl.constexpr):
    if VECTOR == 1:
        loaded = (tl.load(lane_ptr + offset),)
    else:
        loaded = tl.split(tl.load((lane_ptr + offset * 2)[:, None] + tl.arange(0, 2)[None, :]))
    return loaded


@triton.jit
def _add(
    counts_ptr, sums, row, column, rows, columns, SYMMETRIC: tl.constexpr, M: tl.constexpr, N: tl.constexpr
):
    COUNT: tl.constexpr = counts_ptr.dtype.element_ty
    SPREAD: tl.constexpr = 64 // COUNT.primitive_bitwidth
    for m in tl.static_range(2 * M):
        r = row + 8 * m
        line_ptr = counts_ptr + (r.to(tl.int64) * columns + column) * SPREAD
        end = tl.where(r < rows, columns, 0)
        for n in tl.static_range(2 * N):
            s = column + 4 * n
            total = sums[m // 2 * N + n // 2][m % 2 * 2 + n % 2].to(COUNT)
            inside = (s < end) & (s >= r) if SYMMETRIC else s < end
            tl.atomic_add(line_ptr + 4 * n * SPREAD, total, mask=inside, sem="relaxed")


@triton.jit(do_not_specialize=_VARIES.split())
def _one_bit_kernel(
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
    M: tl.constexpr,
    N: tl.constexpr,
    DOWN: tl.constexpr,
    ACROSS: tl.constexpr,
    DEEP: tl.constexpr,
    VECTOR: tl.constexpr,
    EMULATE: tl.constexpr,
):
    LANES: tl.constexpr = DOWN * ACROSS * DEEP * 32
    COUNT: tl.constexpr = counts_ptr.dtype.element_ty
    # tiles vary fastest: what runs at one time reads one stretch of words, which stays in the L2 cache
    top = tl.program_id(0) % high * (DOWN * M * 16)
    first = tl.program_id(0) // high * (ACROSS * N * 8)
    if SYMMETRIC and first + ACROSS * N * 8 <= top:
        return
    thread = tl.arange(0, LANES)
    warp, g = thread // 32, thread % 32 // 4
    t = warp // (DOWN * ACROSS) * 4 + thread % 4
    row = warp % DOWN * (M * 16) + g
    # column 2 i + e of the instruction is 4 e + i here, so that four lanes count four neighbours
    strip = first + warp // DOWN % ACROSS * (N * 8)
    column = strip - first + g % 2 * 4 + g // 2
    left = left_ptr + top.to(tl.int64) * left_stride * VECTOR
    right = right_ptr + first.to(tl.int64) * right_stride * VECTOR
    at = tl.program_id(1) * stretch
    stop = tl.minimum(at + stretch, vectors)
    lane = tl.minimum(at + t, vectors - 1) * VECTOR
    a_at, b_at, a, b = (), (), (), ()
    for m in tl.static_range(2 * M):  # rows past the end repeat the last one, and are not counted
        a_at += (tl.minimum(row + 8 * m, rows - 1 - top).to(COUNT) * left_stride,)
        a += (_load(left + lane, a_at[m], VECTOR),)
    for n in tl.static_range(N):
        b_at += (tl.minimum(column + 8 * n, columns - 1 - first).to(COUNT) * right_stride,)
        b += (_load(right + lane, b_at[n], VECTOR),)
    zero = tl.zeros((LANES,), tl.int32)
    sums = ((zero, zero, zero, zero),) * (M * N)
    while at < stop:
        live = at + t < stop
        at += 4 * DEEP
        lane = tl.minimum(at + t, vectors - 1) * VECTOR
        for m in tl.static_range(M):
            for v in tl.static_range(VECTOR):
                # words past the end meet zeros; registers have to be put in order anyway, so it costs nothing
                x, y = tl.where(live, a[2 * m][v], 0), tl.where(live, a[2 * m + 1][v], 0)
                for n in tl.static_range(N):
                    done = (_multiply(sums[m * N + n], x, y, b[n][v], LANES, EMULATE),)
                    sums = sums[: m * N + n] + done + sums[m * N + n + 1 :]
            # the next words replace those just used, and come while the rest is multiplied
            for k in tl.static_range(2 * m, 2 * m + 2):
                fresh = (_load(left + lane, a_at[k], VECTOR),)
                a = a[:k] + fresh + a[k + 1 :]
        for n in tl.static_range(N):
            fresh = (_load(right + lane, b_at[n], VECTOR),)
            b = b[:n] + fresh + b[n + 1 :]
    _add(counts_ptr, sums, top + row, strip + thread % 4, rows, columns, SYMMETRIC, M, N)
