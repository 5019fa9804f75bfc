"""Rate of one-bit matrix instructions beside int8's, operands in registers: no memory binds."""

from functools import partial
from typing import NamedTuple

import numpy as np
import torch
import triton
import triton.language as tl
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.experiments.timing import Found, Rate, median_seconds, processors
from spatialgeom.backends.triton._language import EMULATE, launch, popcount

_WARPS = 4
_PROGRAMS_PER_PROCESSOR = 4
# 8 independent sums a warp, and 16 warps a multiprocessor, hide the instruction's latency
_A, _B = 2, 4
_WANTED_S = 4e-3
_OPERANDS = "{$0,$1,$2,$3},{$4,$5,$6,$7},{$8,$9},{$10,$11,$12,$13};"


class Instruction(NamedTuple):
    """A matrix instruction of 16 x 8 sums, whose operands are rows of 8 words."""

    name: str
    asm: str
    one_bit: bool

    @property
    def operations(self) -> int:
        """Multiplications and additions of one instruction."""
        return 2 * 16 * 8 * 8 * (32 if self.one_bit else 4)

    def values(self, words: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return the factors that the words of each row hold."""
        if self.one_bit:
            return np.unpackbits(words.view(np.uint8), axis=-1, bitorder="little").astype(np.float64)
        return words.view(np.int8).astype(np.float64)


ONE_BIT = Instruction(
    "one-bit", f"mma.sync.aligned.m16n8k256.row.col.s32.b1.b1.s32.and.popc {_OPERANDS}", True
)
INT8 = Instruction("int8", f"mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {_OPERANDS}", False)


@triton.jit
def _inner_product(x, y, ONE_BIT: tl.constexpr):
    if ONE_BIT:
        return popcount(x & y)
    total = ((x << 24) >> 24) * ((y << 24) >> 24)
    for i in tl.static_range(3):
        total += ((x << (16 - 8 * i)) >> 24) * ((y << (16 - 8 * i)) >> 24)
    return total


@triton.jit
def _columns(a, b, ODD: tl.constexpr, LANES: tl.constexpr, ONE_BIT: tl.constexpr):
    # lanes are (row, four words) of operands, and (row, two columns) of sums
    pairs = tl.reshape(b, (LANES // 32, 1, 4, 2, 4))
    odd = tl.arange(0, 2)[None, None, None, :, None]
    column = tl.sum(tl.where(odd == ODD, pairs, 0), 3)
    row = tl.reshape(a, (LANES // 32, 8, 1, 4))
    return tl.reshape(tl.sum(_inner_product(row, column, ONE_BIT), 3), (LANES,))


@triton.jit
def _multiply(c, a, b, ASM: tl.constexpr, ONE_BIT: tl.constexpr, LANES: tl.constexpr, EMULATE: tl.constexpr):
    if EMULATE:
        return (
            c[0] + _columns(a[0], b[0], 0, LANES, ONE_BIT) + _columns(a[2], b[1], 0, LANES, ONE_BIT),
            c[1] + _columns(a[0], b[0], 1, LANES, ONE_BIT) + _columns(a[2], b[1], 1, LANES, ONE_BIT),
            c[2] + _columns(a[1], b[0], 0, LANES, ONE_BIT) + _columns(a[3], b[1], 0, LANES, ONE_BIT),
            c[3] + _columns(a[1], b[0], 1, LANES, ONE_BIT) + _columns(a[3], b[1], 1, LANES, ONE_BIT),
        )
    else:  # noqa: RET505 - a branch that is compiled must not follow one that returns
        return tl.inline_asm_elementwise(
            ASM,
            "=r,=r,=r,=r,r,r,r,r,r,r,r,r,r,r",
            [a[0], a[1], a[2], a[3], b[0], b[1], c[0], c[1], c[2], c[3]],
            dtype=(tl.int32,) * 4,
            is_pure=True,
            pack=1,
        )


@triton.jit
def _instruction_kernel(
    a_ptr,  # (A, 4, LANES)
    b_ptr,  # (B, 2, LANES)
    sums_ptr,  # (programs, A * B, 4, LANES)
    steps,
    ASM: tl.constexpr,
    ONE_BIT: tl.constexpr,
    A: tl.constexpr,
    B: tl.constexpr,
    LANES: tl.constexpr,
    EMULATE: tl.constexpr,
):
    lane = tl.arange(0, LANES)
    a, b, c = (), (), ()
    for m in tl.static_range(A):
        at = a_ptr + 4 * m * LANES + lane
        a += ((tl.load(at), tl.load(at + LANES), tl.load(at + 2 * LANES), tl.load(at + 3 * LANES)),)
    for n in tl.static_range(B):
        at = b_ptr + 2 * n * LANES + lane
        b += ((tl.load(at), tl.load(at + LANES)),)
    for _ in tl.static_range(A * B):
        zero = tl.zeros((LANES,), tl.int32)
        c += ((zero, zero, zero, zero),)
    step = 0
    while step < steps:
        for m in tl.static_range(A):
            for n in tl.static_range(B):
                more = _multiply(c[m * B + n], a[m], b[n], ASM, ONE_BIT, LANES, EMULATE)
                c = c[: m * B + n] + (more,) + c[m * B + n + 1 :]  # noqa: RUF005 - it has no stars
        step += 1
    out = sums_ptr + tl.program_id(0) * (A * B * 4 * LANES) + lane
    for i in tl.static_range(A * B):
        for e in tl.static_range(4):
            tl.store(out + (4 * i + e) * LANES, c[i][e])


def run(device: str) -> Found:
    """Return the rates of both instructions."""
    rates = []
    for instruction in (ONE_BIT, INT8):
        operands = random_operands(seed=0)
        programs = _PROGRAMS_PER_PROCESSOR * processors(device)
        check(instruction, operands, device, programs, steps=37)
        steps = 512
        seconds = _seconds(instruction, operands, device, programs, steps)
        # where the instruction is emulated it is a hundred times slower
        steps *= max(1, min(64, round(_WANTED_S / seconds)))
        seconds = _seconds(instruction, operands, device, programs, steps)
        done = programs * _WARPS * steps * _A * _B * instruction.operations
        rates.append(Rate(f"{instruction.name} matrix instruction", done / seconds, "operations"))
    one_bit, int8 = rates
    note = f"{one_bit.per_second / int8.per_second:.2f} times the int8 instruction"
    return Found((one_bit._replace(note=note), int8), {"one_bit_ops_per_s": one_bit.per_second})


def random_operands(seed: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return words of A, (warps, A, 16, 8), and of B, (warps, B, 8, 8)."""
    rng = np.random.default_rng(seed)
    full = np.iinfo(np.int32)
    return tuple(  # type: ignore[return-value]
        rng.integers(full.min, full.max, (_WARPS, *shape), dtype=np.int32, endpoint=True)
        for shape in ((_A, 16, 8), (_B, 8, 8))
    )


def check(
    instruction: Instruction,
    operands: tuple[NDArray[np.int32], NDArray[np.int32]],
    device: str,
    programs: int,
    steps: int,
) -> None:
    """Raise AssertionError unless the kernel's sums are those of a product in float64."""
    sums = torch.full((programs, _A * _B, 4, _WARPS * 32), -1, dtype=torch.int32, device=device)
    _launch(instruction, _fragments(operands, device), sums, steps)
    a, b = (instruction.values(words) for words in operands)
    exact = steps * np.einsum("wmik,wnjk->wmnij", a, b)  # (warps, A, B, 16, 8)
    g, t = np.divmod(np.arange(32), 4)
    parts = [exact[..., g + 8 * (e // 2), 2 * t + e % 2] for e in range(4)]
    expected = np.stack(parts, axis=-2).transpose(1, 2, 3, 0, 4).reshape(_A * _B, 4, -1)
    differ = int((sums.cpu().numpy() != expected).sum())
    if differ:
        raise AssertionError(f"{instruction.name}: {differ} of {sums.numel()} sums are wrong")


def _seconds(
    instruction: Instruction,
    operands: tuple[NDArray[np.int32], NDArray[np.int32]],
    device: str,
    programs: int,
    steps: int,
) -> float:
    fragments = _fragments(operands, device)
    sums = torch.empty((programs, _A * _B, 4, _WARPS * 32), dtype=torch.int32, device=device)
    return median_seconds(partial(_launch, instruction, fragments, sums, steps), device)


def _fragments(operands: tuple[NDArray[np.int32], NDArray[np.int32]], device: str) -> tuple[Tensor, Tensor]:
    """Return the registers of each lane: (A, 4, lanes) and (B, 2, lanes)."""
    g, t = np.divmod(np.arange(32), 4)
    a, b = operands
    parts_a = [a[..., g + 8 * (e % 2), t + 4 * (e // 2)] for e in range(4)]
    parts_b = [b[..., g, t + 4 * e] for e in range(2)]
    return tuple(  # type: ignore[return-value]
        torch.from_numpy(np.stack(parts, axis=2).transpose(1, 2, 0, 3).reshape(count, len(parts), -1)).to(
            device
        )
        for parts, count in ((parts_a, _A), (parts_b, _B))
    )


def _launch(instruction: Instruction, fragments: tuple[Tensor, Tensor], sums: Tensor, steps: int) -> None:
    launch(
        _instruction_kernel,
        (sums.shape[0],),
        *fragments,
        sums,
        steps,
        warps=_WARPS,
        ASM=instruction.asm,
        ONE_BIT=instruction.one_bit,
        A=_A,
        B=_B,
        LANES=_WARPS * 32,
        EMULATE=EMULATE,
    )
