"""Run what Triton compiles, PTX, in NumPy: what a kernel computes on a card is seen without one.

All threads of a block step together, each register an array over them. Where they branch apart, those that
are furthest behind in the text go first, which brings them together again at the end of what a compiler made
of ifs and loops. Instructions mean what the PTX ISA says; one not known here is an error, not a guess,
and so are: reading a register that nothing was written to, an address outside of every tensor, vectors that
are not aligned, a barrier or a vote that some threads do not reach.

Not modelled: what ptxas makes of PTX (it may fuse a product and a sum that PTX leaves apart), time, caches,
races between warps, memory that other blocks write meanwhile (one block runs after the other), and tensor
cores other than ``mma.sync`` of bits and of bytes.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import ptx_instructions as instructions
import ptx_values as values
import ptx_warps as warps
from numpy import ndarray
from ptx_memory import Memory

_OPERAND = re.compile(r"\{[^}]*\}|\[[^\]]*\]|[^,\s]+")
_STATEMENT = re.compile(r"(?:@(!?)([%\w]+)\s+)?([\w.:]+)\s*(.*)", re.DOTALL)
_SPECIAL = {"tid": "thread", "ctaid": "block", "nctaid": "grid", "ntid": "threads"}

Mask = ndarray | None  # which threads take part; None: all of them
Read = Callable[["Block"], ndarray]
Step = Callable[["Block", Mask], None]


@dataclass
class Block:
    """The state of one block of threads."""

    memory: Memory
    shared: Memory
    arguments: dict[str, int]
    special: dict[str, int]
    order: ndarray  # of threads, in which atomics are done
    registers: dict[str, ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Branch:
    """A jump of the threads whose predicate is as wanted."""

    target: str
    predicate: str | None
    wanted: bool


class Program:
    """One kernel, its instructions turned into functions.

    The seed decides what a card leaves open: the order of blocks and atomics, errors of approximations.
    """

    def __init__(self, text: str, seed: int = 0) -> None:
        self._seed = seed
        self.threads = int(re.search(r"\.reqntid (\d+)", text)[1])
        self.parameters = re.findall(r"\.param \.(\w+)[^\n]*?\b(\w+_param_\d+)", text)
        body = text[text.index("\n{\n", text.index(".entry")) + 3 : text.index("$L__func_end0")]
        body = re.sub(r"//[^\n]*|^\s*\.(loc|pragma)[^\n]*", "", body, flags=re.MULTILINE)
        self._widths = {
            name: values.type_of(kind) for kind, name in re.findall(r"\.reg \.(\w+)\s+([%\w]+)", body)
        }
        self._labels: dict[str, int] = {}
        self._steps: list[Step | Branch | str] = []
        for statement in re.split(r";|(?<=:)\s", body):
            self._add(statement.lstrip("{} \t\n").rstrip())

    def _add(self, statement: str) -> None:
        if statement.endswith(":"):
            self._labels[statement[:-1]] = len(self._steps)
        elif statement and not statement.startswith("."):
            try:
                self._steps.append(self._compiled(statement))
            except Exception as error:
                raise NotImplementedError(f"the instruction {statement!r}") from error

    def run(self, grid: tuple[int, ...], arguments: Iterable[int], memory: Memory, shared: int) -> None:
        """Run all blocks, one after the other; a block shares ``shared`` octets."""
        grid = (*grid, 1, 1)[:3]
        given = {name: value for (_, name), value in zip(self.parameters, arguments, strict=True)}
        rng = np.random.default_rng(self._seed)
        threads = rng.permutation(self.threads)
        for number in rng.permutation(np.prod(grid)):
            at = np.unravel_index(number, grid, order="F")
            special = {f"%ctaid.{axis}": int(i) for axis, i in zip("xyz", at, strict=True)}
            special |= {f"%nctaid.{axis}": size for axis, size in zip("xyz", grid, strict=True)}
            self._run_block(Block(memory, Memory.shared(shared), given, special, threads))

    def _run_block(self, block: Block) -> None:
        waiting = {0: np.ones(self.threads, bool)}
        while waiting:
            at = min(waiting)
            active = waiting.pop(at)
            for thread_at, threads in self._advance(
                block, at, active, min(waiting, default=len(self._steps))
            ):
                waiting[thread_at] = waiting.get(thread_at, False) | threads

    def _advance(self, block: Block, at: int, active: ndarray, limit: int) -> list[tuple[int, ndarray]]:
        """Run threads until they branch apart or come to ``limit``; return where they are then."""
        mask = None if active.all() else active
        while at < limit:
            step = self._steps[at]
            at += 1
            if isinstance(step, Branch):
                taken = active
                if step.predicate is not None:
                    taken = active & (block.registers[step.predicate] == step.wanted)
                target = self._labels[step.target]
                if not taken.any():
                    continue
                if (taken != active).any():
                    return [(target, taken), (at, active & ~taken)]
                at = target
            elif step == "ret":
                return []
            else:
                try:
                    step(block, mask)
                except Exception as error:
                    error.add_note(f"in {step.__doc__}, block {block.special}")
                    raise
        return [(at, active)]

    def _compiled(self, statement: str) -> Step | Branch | str:
        negated, predicate, opcode, rest = _STATEMENT.fullmatch(statement).groups()
        operands = _OPERAND.findall(rest)
        if opcode.split(".")[0] == "bra":
            return Branch(operands[0], predicate, not negated)
        if opcode == "ret":
            return opcode
        step = self._unconditional(opcode, operands)
        if predicate is not None:
            step = _where(predicate, not negated, step)
        step.__doc__ = statement
        return step

    def _unconditional(self, opcode: str, operands: list[str]) -> Step:
        name, *modifiers = opcode.split(".")
        if name in ("ld", "st", "atom", "red"):
            return self._access(name, modifiers, operands)
        if name in ("bar", "shfl", "vote", "redux", "mma", "ldmatrix"):
            return _together(self._of_warps(opcode, name, modifiers, operands), opcode)
        if name == "mov" and "{" in "".join(operands):
            return self._repacked(*operands)
        compute, kinds = instructions.meaning(opcode, len(operands) - 1, self._seed)
        reads = [self._read(text, kind) for text, kind in zip(operands[1:], kinds, strict=True)]
        write = self._write(operands[0])
        return lambda block, mask: write(block, compute(*[read(block) for read in reads]), mask)

    def _read(self, text: str, kind: np.dtype) -> Read:
        if text.split(".")[0][1:] in _SPECIAL:
            return self._special(text)
        if text == "global_smem":
            text = "0"
        if re.match(r"-?\d", text):
            number = np.repeat(values.constant(text, kind), self.threads)
            return lambda block: number
        return lambda block: values.narrowed(block.registers[text], kind)

    def _special(self, text: str) -> Read:
        if text == "%tid.x":
            threads = np.arange(self.threads, dtype=np.uint32)
            return lambda block: threads
        return lambda block: np.full(self.threads, block.special[text], np.uint32)

    def _write(self, name: str) -> Callable[[Block, ndarray, Mask], None]:
        if name == "_":
            return lambda block, value, mask: None
        kind = self._widths[name.rstrip("0123456789") if name not in self._widths else name]

        def write(block: Block, value: ndarray, mask: Mask) -> None:
            value = values.widened(value, kind)
            if mask is not None:
                before = block.registers.get(name)
                value = np.where(mask, value, ~np.zeros_like(value) if before is None else before)
            block.registers[name] = value

        return write

    def _address(self, text: str) -> Read:
        base, offset = re.fullmatch(r"\[\s*([%\w]+)\s*(?:\+\s*(-?\w+))?\s*\]", text).groups()
        wide = base.startswith("%") and self._widths[base.rstrip("0123456789")].itemsize == 8
        read, add = self._read(base, values.type_of("u64" if wide else "u32")), int(offset or "0", 0)
        return lambda block: read(block) + read(block).dtype.type(add & (2**64 - 1 if wide else 2**32 - 1))

    def _access(self, name: str, modifiers: list[str], operands: list[str]) -> Step:
        kind, space = values.type_of(modifiers[-1]), modifiers[0]
        if space == "param":
            return self._load_parameter(operands, kind)
        if name == "ld":
            writes = [self._write(r) for r in _parts(operands[0])]
            return _load(space, self._address(operands[1]), writes, kind)
        if name == "st":
            reads = [self._read(r, kind) for r in _parts(operands[1])]
            return _store(space, self._address(operands[0]), reads)
        before = self._write(operands.pop(0)) if name == "atom" else self._write("_")
        reads = [self._read(operand, kind) for operand in operands[1:]]
        return _update(self._address(operands[0]), reads, before, modifiers[-2])

    def _load_parameter(self, operands: list[str], kind: np.dtype) -> Step:
        write, name = self._write(operands[0]), operands[1].strip("[] ")

        def step(block: Block, mask: Mask) -> None:
            words = np.array([block.arguments[name] & (256**kind.itemsize - 1)], f"u{kind.itemsize}")
            write(block, np.repeat(words.view(kind), self.threads), mask)

        return step

    def _repacked(self, target: str, source: str) -> Step:
        """Compile the move of a register to its parts, or the other way round."""
        whole, parts = (source, _parts(target)) if "{" in target else (target, _parts(source))
        wide = self._widths[whole.rstrip("0123456789")]
        narrow = np.dtype(f"u{wide.itemsize // len(parts)}")
        if whole is source:
            read, writes = self._read(whole, wide), [self._write(part) for part in parts]

            def step(block: Block, mask: Mask) -> None:
                pieces = read(block).view(narrow).reshape(self.threads, len(parts))
                for write, piece in zip(writes, pieces.T, strict=True):
                    write(block, np.ascontiguousarray(piece), mask)

            return step
        reads, write = [self._read(part, narrow) for part in parts], self._write(whole)
        return lambda block, mask: write(
            block, np.stack([read(block) for read in reads], 1).view(wide).reshape(-1), mask
        )

    def _of_warps(self, opcode: str, name: str, modifiers: list[str], operands: list[str]) -> Step:
        word = values.type_of("b32")
        if name == "bar":
            return lambda block, mask: None
        if name == "ldmatrix":
            address, writes = self._address(operands[1]), [self._write(r) for r in _parts(operands[0])]
            return _load_matrices(address, writes)
        if name == "mma":
            one_bit = warps.is_one_bit(opcode)
            a, b, c = ([self._read(r, word) for r in _parts(operand)] for operand in operands[1:])
            writes = [self._write(r) for r in _parts(operands[0])]

            def step(block: Block, mask: Mask) -> None:
                sums = warps.multiply(*([read(block) for read in part] for part in (a, b, c)), one_bit)
                for write, value in zip(writes, sums, strict=True):
                    write(block, value, mask)

            return step
        targets = [self._write(r) for r in (operands[0] + "|_").split("|")[:2]]
        kind = values.type_of("pred" if name == "vote" else modifiers[-1])
        reads = [self._read(operands[1], kind), *(self._read(r, word) for r in operands[2:])]
        work = _vote_or_shuffle(name, modifiers[1])

        def share(block: Block, mask: Mask) -> None:
            for write, value in zip(targets, work(*(read(block) for read in reads)), strict=False):
                write(block, value, mask)

        return share


def _vote_or_shuffle(name: str, how: str) -> Callable[..., tuple[ndarray, ...]]:
    if name == "vote" and how == "ballot":
        return lambda flags, members: (warps.ballot(flags),)
    if name == "redux":
        return lambda words, members: (warps.reduce(words, how),)
    if name == "shfl":
        return lambda words, b, c, members: warps.shuffle(words, how, b, c)
    raise NotImplementedError(name)


def _parts(operand: str) -> list[str]:
    return operand.strip("{} ").replace(" ", "").split(",")


def _where(predicate: str, wanted: bool, step: Step) -> Step:
    """Restrict a step to the threads whose predicate is as wanted."""

    def restricted(block: Block, mask: Mask) -> None:
        chosen = block.registers[predicate] == wanted
        if mask is not None:
            chosen &= mask
        step(block, None if chosen.all() else chosen)

    return restricted


def _together(step: Step, opcode: str) -> Step:
    """Refuse a step that some threads of a warp, or of the block, do not take."""
    size = 32 if not opcode.startswith("bar.sync") else 0

    def checked(block: Block, mask: Mask) -> None:
        if mask is not None:
            groups = mask.reshape(-1, size or len(mask))
            if (groups.any(1) & ~groups.all(1)).any():
                raise RuntimeError("some threads alone come to what all must take part in")
        step(block, mask)

    return checked


def _threads(addresses: ndarray, mask: Mask) -> ndarray:
    return np.arange(len(addresses)) if mask is None else mask.nonzero()[0]


def _memory(block: Block, space: str) -> Memory:
    return {"global": block.memory, "shared": block.shared}[space]


def _load(space: str, address: Read, writes: list[Any], kind: np.dtype) -> Step:
    def step(block: Block, mask: Mask) -> None:
        addresses = address(block)
        threads = _threads(addresses, mask)
        loaded = _memory(block, space).load(addresses[threads], kind.itemsize, len(writes))
        for write, words in zip(writes, loaded, strict=True):
            value = np.zeros(len(addresses), words.dtype)
            value[threads] = words
            write(block, value.view(kind), mask)

    return step


def _store(space: str, address: Read, reads: list[Read]) -> Step:
    def step(block: Block, mask: Mask) -> None:
        addresses = address(block)
        threads = _threads(addresses, mask)
        words = np.stack([values.bits(read(block))[threads] for read in reads])
        _memory(block, space).store(addresses[threads], words)

    return step


def _update(address: Read, operands: list[Read], before: Any, operation: str) -> Step:
    def step(block: Block, mask: Mask) -> None:
        addresses, numbers = address(block), [operand(block) for operand in operands]
        threads = block.order if mask is None else block.order[mask[block.order]]
        found = np.zeros_like(numbers[0])
        found[threads] = block.memory.update(
            addresses[threads], [number[threads] for number in numbers], operation
        )
        before(block, found, mask)

    return step


def _load_matrices(address: Read, writes: list[Any]) -> Step:
    def step(block: Block, mask: Mask) -> None:
        found = warps.load_matrices(
            lambda addresses: block.shared.load(addresses, 4, 1)[0], address(block), len(writes)
        )
        for write, words in zip(writes, found, strict=True):
            write(block, words, mask)

    return step
