"""Sets of points as rows of packed bits: pack, count, unite, select, draw.

Bit ``p % 64`` of word ``p // 64`` says whether point ``p`` is in the set; spare bits are zero.
"""

import torch
from torch import Tensor

from spatialgeom._check import ArgumentCheck, value_range
from spatialgeom._operation import WITH_KERNEL, WITHOUT_KERNEL, register
from spatialgeom.errors import ShapeError


def pack_bits(mask: Tensor, *, backend: str | None = None) -> Tensor:
    """Pack a mask into words of 64 bits.

    Args:
        mask: Membership of each point, bool, ``(..., N)``.
        backend: ``"cpu"`` or ``"reference"``. None picks by device.

    Returns:
        Words, int64, ``(..., ceil(N / 64))``: bit ``p % 64`` of word ``p // 64``; spare bits are zero.

    Raises:
        ShapeError: ``mask`` has no axis.
        DTypeError: ``mask`` is not bool.
        BackendError: ``backend`` was named and cannot run.

    Example:
        >>> import torch
        >>> pack_bits(torch.tensor([True, False, True]))
        tensor([5])
    """
    ArgumentCheck("pack_bits")("mask", mask, "... N", "bool")
    result: Tensor = _PACK(mask, backend)
    return result


def unpack_bits(words: Tensor, count: int, *, backend: str | None = None) -> Tensor:
    """Unpack words into a mask: the inverse of :func:`pack_bits`.

    Args:
        words: Packed bits, int64, ``(..., W)``.
        count: Number of points N; it must need exactly W words.
        backend: ``"cpu"`` or ``"reference"``. None picks by device.

    Returns:
        Membership of each point, bool, ``(..., count)``.

    Raises:
        ShapeError: ``words`` has no axis, or ``count`` points do not fill W words.
        DTypeError: ``words`` is not int64.
        BackendError: ``backend`` was named and cannot run.

    Example:
        >>> import torch
        >>> unpack_bits(torch.tensor([5]), 4)
        tensor([ True, False,  True, False])
    """
    ArgumentCheck("unpack_bits")("words", words, "... W", "words")
    width = words.shape[-1]
    if count < 0 or -(-count // 64) != width:
        raise ShapeError(f"unpack_bits: count must need W = {width} words of 64 bits; got {count}")
    result: Tensor = _UNPACK(words, count, backend)
    return result


def count_bits(words: Tensor, *, backend: str | None = None) -> Tensor:
    """Count the points of each set.

    Args:
        words: Packed bits, int64, ``(..., W)``.
        backend: ``"triton"``, ``"cpu"`` or ``"reference"``. None picks by device.

    Returns:
        Number of set bits, int64, ``(...,)``.

    Raises:
        ShapeError: ``words`` has no axis.
        DTypeError: ``words`` is not int64.
        BackendError: ``backend`` was named and cannot run.

    Example:
        >>> import torch
        >>> count_bits(torch.tensor([[5, 1], [-1, 0]]))
        tensor([ 3, 64])
    """
    ArgumentCheck("count_bits")("words", words, "... W", "words")
    result: Tensor = _COUNT(words, backend)
    return result


def union_bits(
    words: Tensor, groups: Tensor, *, group_count: int | None = None, backend: str | None = None
) -> Tensor:
    """Unite the sets of each group.

    Args:
        words: Packed bits of F sets, int64, ``(F, W)``.
        groups: Group of each set, int32 or int64, ``(F,)``: 0 to G - 1, or -1 for a set in no group.
        group_count: Number of groups G. None takes one more than the largest label, for which a GPU is waited
            for.
        backend: ``"triton"``, ``"cpu"`` or ``"reference"``. None picks by device.

    Returns:
        Packed bits of the unions, int64, ``(G, W)``; zero for a group without sets.

    Raises:
        ShapeError: A shape does not fit, or F differs.
        DTypeError: ``words`` is not int64, or ``groups`` is not an integer tensor.
        DeviceError: The tensors are on different devices.
        ValueError: A label is below -1, or not below ``group_count``; on a GPU it is no group instead.
        BackendError: ``backend`` was named and cannot run.

    Example:
        >>> import torch
        >>> union_bits(torch.tensor([[1], [2], [4]]), torch.tensor([1, -1, 1]))
        tensor([[0],
                [5]])
    """
    check = ArgumentCheck("union_bits")
    check("words", words, "F W", "words")
    check("groups", groups, "F", "integer")
    count = 1 + max(-1, value_range(groups)[1]) if group_count is None else group_count
    result: Tensor = _UNION(words, groups.long(), count, backend)
    return result


def select_bits(words: Tensor, index: Tensor, *, backend: str | None = None) -> Tensor:
    """Gather points out of every set and pack them anew.

    Args:
        words: Packed bits of F sets, int64, ``(F, W)``.
        index: Points to take, in order, with or without repetition, int32 or int64, ``(M,)``.
        backend: ``"cpu"`` or ``"reference"``. None picks by device.

    Returns:
        Packed bits, int64, ``(F, ceil(M / 64))``: bit ``m`` of a row is its bit ``index[m]`` before.

    Raises:
        ShapeError: A shape does not fit.
        DTypeError: ``words`` is not int64, or ``index`` is not an integer tensor.
        DeviceError: The tensors are on different devices.
        ValueError: An index is negative or beyond the last word.
        BackendError: ``backend`` was named and cannot run.

    Example:
        >>> import torch
        >>> select_bits(torch.tensor([[0b100], [0b011]]), torch.tensor([2, 0]))
        tensor([[1],
                [2]])
    """
    check = ArgumentCheck("select_bits")
    check("words", words, "F W", "words")
    check("index", index, "M", "integer")
    result: Tensor = _SELECT(words, index.long(), backend)
    return result


def nth_bit(words: Tensor, k: Tensor, rows: Tensor | None = None, *, backend: str | None = None) -> Tensor:
    """Find the k-th point of a set: with ``k`` uniform below the count, a uniform draw from the set.

    Args:
        words: Packed bits of R sets, int64, ``(R, W)``.
        k: Rank of the point among those of its set, from 0, int32 or int64, ``(M,)``.
        rows: Set to take each point from, int32 or int64, ``(M,)``, in any order and as often as needed: the
            gather ``words[rows]`` is never made. None takes one point from each set, so M = R; an expanded
            row of ``words`` is then not copied either.
        backend: ``"cpu"`` or ``"reference"``. None picks by device.

    Returns:
        Points, int64, ``(M,)``; -1 where ``k`` is negative or the set has no more than ``k`` points.

    Raises:
        ShapeError: A shape does not fit, or M differs.
        DTypeError: ``words`` is not int64, or ``k`` or ``rows`` is not an integer tensor.
        DeviceError: The tensors are on different devices.
        ValueError: A row is negative or not below R.
        BackendError: ``backend`` was named and cannot run.

    Example:
        >>> import torch
        >>> nth_bit(torch.tensor([[0b100], [0b011]]), torch.tensor([0, 0, 1, 2]), torch.tensor([0, 1, 1, 1]))
        tensor([ 2,  0,  1, -1])
    """
    check = ArgumentCheck("nth_bit")
    check("words", words, "R W", "words")
    check("k", k, "R" if rows is None else "M", "integer")
    if rows is None:
        shared = words.shape[0] > 1 and words.stride(0) == 0
        rows = torch.zeros_like(k) if shared else torch.arange(k.shape[0], device=k.device)
        words = words[:1] if shared else words
    else:
        check("rows", rows, "M", "integer")
    result: Tensor = _NTH(words, k.long(), rows.long(), backend)
    return result


def _refuse_range(operation: str, name: str, values: Tensor, limit: int) -> None:
    low, high = value_range(values)
    if values.numel() and (low < 0 or high >= limit):
        raise ValueError(f"{operation}: {name} must be in 0..{limit - 1}; got {low}..{high}")


def _refuse_groups(words: Tensor, groups: Tensor, count: int) -> None:
    low, high = value_range(groups)
    if low < -1 or high >= count:
        raise ValueError(f"union_bits: groups must be in -1..{count - 1}; got {low}..{high}")


def _refuse_index(words: Tensor, index: Tensor) -> None:
    _refuse_range("select_bits", "index", index, 64 * words.shape[1])


def _refuse_rows(words: Tensor, k: Tensor, rows: Tensor) -> None:
    _refuse_range("nth_bit", "rows", rows, words.shape[0])


def _packed(mask: Tensor, backend: str | None) -> Tensor:
    return mask.new_empty((*mask.shape[:-1], -(-mask.shape[-1] // 64)), dtype=torch.int64)


def _unpacked(words: Tensor, count: int, backend: str | None) -> Tensor:
    return words.new_empty((*words.shape[:-1], count), dtype=torch.bool)


def _counts(words: Tensor, backend: str | None) -> Tensor:
    return words.new_empty(words.shape[:-1])


def _union(words: Tensor, groups: Tensor, count: int, backend: str | None) -> Tensor:
    return words.new_empty((count, words.shape[1]))


def _selected(words: Tensor, index: Tensor, backend: str | None) -> Tensor:
    return words.new_empty((words.shape[0], -(-index.shape[0] // 64)))


def _nth(words: Tensor, k: Tensor, rows: Tensor, backend: str | None) -> Tensor:
    return torch.empty_like(k)


_PACK = register("bitsets", "pack_bits", WITHOUT_KERNEL, _packed)
_UNPACK = register("bitsets", "unpack_bits", WITHOUT_KERNEL, _unpacked)
_COUNT = register("bitsets", "count_bits", WITH_KERNEL, _counts)
_UNION = register("bitsets", "union_bits", WITH_KERNEL, _union, _refuse_groups)
_SELECT = register("bitsets", "select_bits", WITHOUT_KERNEL, _selected, _refuse_index)
_NTH = register("bitsets", "nth_bit", WITHOUT_KERNEL, _nth, _refuse_rows, waits=True)
