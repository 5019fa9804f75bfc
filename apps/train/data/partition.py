"""The conversations of a step, cut into micro-batches for each rank: least padding, and all ranks in step."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

_NEVER = np.int64(1) << 50
_BUSY_TOKENS = 2048  # of a micro-batch: fewer leave a GPU idle, which costs more than padding does
_PATCHES_PER_TOKEN = 4  # of the vision towers at hand: what a patch too many weighs beside a token too many


class Cost(NamedTuple):
    """What a conversation costs: patches that the vision tower sees, tokens that the LLM sees."""

    patches: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Slot:
    """A conversation's place in a micro-batch.

    ``counts`` is False where it only keeps a rank busy that would have nothing to do: it is in another place,
    too, and nothing must be learnt here.
    """

    index: int
    counts: bool = True


def partition(
    costs: Sequence[Cost], world: int, budget_tokens: int, max_padding: float = 0.02
) -> list[list[list[Slot]]]:
    """Cut a step into micro-batches; the same on every rank.

    Conversations are sorted by patches, then tokens, and cut into runs; the tokens of a run, padded to its
    longest, stay within the budget, unless it is a single conversation. There are as few micro-batches per
    rank as the budget allows, or more where the step would have too much padding and each still keeps a
    device busy. The largest of all is as small as their number allows, and under these rules what is uneven
    within them is the least possible: padding, and differences of patches, weighed by their work. The n-th
    micro-batches of the ranks are alike in size, the largest come first, and ranks get about equal sums.

    Args:
        costs: Of the step's conversations.
        world: Ranks.
        budget_tokens: Most tokens of a micro-batch, padding included.
        max_padding: Share of padding above which a step is cut into more.

    Returns:
        Micro-batches of each rank, equally many; none for no conversations.
    """
    if not costs:
        return [[] for _ in range(world)]
    order = sorted(range(len(costs)), key=lambda index: (*costs[index], index))
    patches, tokens = np.array([costs[index] for index in order], np.int64).T
    wanted = -(-_fewest(tokens.tolist(), budget_tokens) // world) * world
    while True:
        runs = _cut(patches, tokens, min(wanted, len(order)), budget_tokens)
        padded = sum(int(tokens[begin:end].max()) * (end - begin) for begin, end in runs)
        if padded - tokens.sum() <= max_padding * padded or tokens.sum() < (wanted + world) * _BUSY_TOKENS:
            break
        wanted += world
    groups = [[Slot(order[place]) for place in range(begin, end)] for begin, end in runs]
    spare = _spare(order, costs)
    groups += [[Slot(spare, counts=False)] for _ in range(wanted - len(groups))]
    return _deal(groups, costs, world)


def pack(costs: Sequence[Cost], world: int, budget_tokens: int) -> list[list[list[Slot]]]:
    """Cut a step into micro-batches whose conversations lie behind one another, without padding.

    The longest go first, each to the micro-batch that holds least; there are as few per rank as this finds to
    fit the budget.

    Args:
        costs: Of the step's conversations.
        world: Ranks.
        budget_tokens: Most tokens of a micro-batch.

    Returns:
        Micro-batches of each rank, equally many; none for no conversations.
    """
    if not costs:
        return [[] for _ in range(world)]
    order = sorted(range(len(costs)), key=lambda index: (-costs[index].tokens, index))
    total, longest = sum(cost.tokens for cost in costs), costs[order[0]].tokens
    micro_batches = max(1, -(-total // (budget_tokens * world)))
    while True:
        bins = [(0, number) for number in range(micro_batches * world)]
        groups: list[list[Slot]] = [[] for _ in bins]
        for index in order:
            held, number = bins[0]
            groups[number].append(Slot(index))
            heapq.heapreplace(bins, (held + costs[index].tokens, number))
        if max(bins)[0] <= max(budget_tokens, longest):
            break
        micro_batches += 1
    spare = _spare(order, costs)
    return _deal([group or [Slot(spare, counts=False)] for group in groups], costs, world)


def _spare(order: Sequence[int], costs: Sequence[Cost]) -> int:
    """Return what keeps a rank busy, with images if there are: sharded ranks meet in the tower."""
    cheapest = sorted(order, key=lambda index: (*costs[index], index))
    return next((index for index in cheapest if costs[index].patches), cheapest[0])


def padded_tokens(slots: Sequence[Slot], costs: Sequence[Cost]) -> int:
    """Return the tokens of a micro-batch, padded to its longest conversation."""
    return max(costs[slot.index].tokens for slot in slots) * len(slots)


def packed_tokens(slots: Sequence[Slot], costs: Sequence[Cost]) -> int:
    """Return the tokens of a micro-batch whose conversations lie in one row."""
    return sum(costs[slot.index].tokens for slot in slots)


def _fewest(tokens: Sequence[int], cap: int) -> int:
    """Return the least number of runs: any part of a run that fits does, so the longest ones are best."""
    runs, count, longest = 0, 0, 0
    for length in tokens:
        longest = max(longest, length)
        count += 1
        if count == 1 or longest * count > cap:
            runs, count, longest = runs + 1, 1, length
    return runs


def _cut(patches: np.ndarray, tokens: np.ndarray, runs: int, budget: int) -> list[tuple[int, int]]:
    """Return (begin, end) of so many runs: the smallest cap, then the least that is uneven."""
    listed = tokens.tolist()
    low, high = int(tokens.min()), budget
    while low < high:
        cap = (low + high) // 2
        low, high = (low, cap) if _fewest(listed, cap) <= runs else (cap + 1, high)
    waste = _waste(patches, tokens, max(low, 1))
    earliest, latest = _reach(waste, runs)
    # best[i]: least waste of the first i conversations in the runs so far
    best = np.full(len(tokens) + 1, _NEVER)
    best[0] = 0
    lengths = []
    widest = waste.shape[1]
    for run in range(1, runs + 1):
        first, last = earliest[run], latest[run]
        padded = np.concatenate((np.full(widest, _NEVER), best))
        # of the row of i, column k is best[i - k - 1]
        windows = np.lib.stride_tricks.sliding_window_view(padded, widest)[first : last + 1, ::-1]
        sums = windows + waste[first - 1 : last]
        lengths.append((sums.argmin(axis=1) + 1).astype(np.int32))
        best = np.full(len(tokens) + 1, _NEVER)
        best[first : last + 1] = sums.min(axis=1)
    return _backtrack(lengths, earliest, len(tokens))


def _waste(patches: np.ndarray, tokens: np.ndarray, cap: int) -> np.ndarray:
    """Return (n, w) the waste of the run of k + 1 conversations that ends with the i-th, where it fits."""
    columns = [np.zeros(len(tokens), np.int64)]
    longest, sum_tokens, sum_patches = tokens.copy(), tokens.copy(), patches.copy()
    for count in range(2, len(tokens) + 1):
        longest[count - 1 :] = np.maximum(longest[count - 1 :], tokens[: len(tokens) - count + 1])
        sum_tokens[count - 1 :] += tokens[: len(tokens) - count + 1]
        sum_patches[count - 1 :] += patches[: len(tokens) - count + 1]
        fits = longest * count <= cap
        fits[: count - 1] = False
        if not fits.any():
            break
        uneven = _PATCHES_PER_TOKEN * (longest * count - sum_tokens) + patches * count - sum_patches
        columns.append(np.where(fits, uneven, _NEVER))
    return np.stack(columns, axis=1)


def _reach(waste: np.ndarray, runs: int) -> tuple[list[int], list[int]]:
    """Return the least and the largest number of conversations that so many first runs can hold."""
    count = len(waste)
    fits = waste < _NEVER
    longest = fits.shape[1] - np.argmax(fits[:, ::-1], axis=1)  # run that ends with the i-th
    begins = np.arange(count) + 1 - longest  # rises with i: a part of what fits does, too
    earliest = [count]
    for _ in range(runs):
        earliest.append(int(begins[earliest[-1] - 1]) if earliest[-1] else 0)
    latest = [0]
    for _ in range(runs):
        latest.append(int(np.searchsorted(begins, latest[-1], side="right")) if latest[-1] < count else count)
    low = [max(run, least) for run, least in enumerate(reversed(earliest))]
    high = [min(most, count - runs + run) for run, most in enumerate(latest)]
    return low, high


def _backtrack(lengths: Sequence[np.ndarray], earliest: Sequence[int], count: int) -> list[tuple[int, int]]:
    cuts = []
    end = count
    for run in range(len(lengths), 0, -1):
        begin = end - int(lengths[run - 1][end - earliest[run]])
        cuts.append((begin, end))
        end = begin
    return cuts[::-1]


def _deal(groups: list[list[Slot]], costs: Sequence[Cost], world: int) -> list[list[list[Slot]]]:
    """Give each rank one of so many groups alike, and the largest of them to the rank that has least yet."""

    def work(group: list[Slot]) -> tuple[int, int]:
        return padded_tokens(group, costs), sum(costs[slot.index].patches for slot in group)

    groups = sorted(groups, key=work, reverse=True)
    ranks: list[list[list[Slot]]] = [[] for _ in range(world)]
    load = [(0, 0)] * world
    for first in range(0, len(groups), world):
        least = sorted(range(world), key=lambda rank: (load[rank], rank))
        for rank, group in zip(least, groups[first : first + world], strict=True):
            ranks[rank].append(group)
            tokens, patches = work(group)
            load[rank] = (load[rank][0] + tokens, load[rank][1] + patches)
    return ranks
