"""Exact balanced sampling over bins, in one place or over many scenes, in NumPy."""

import hashlib
import json

import numpy as np
from numpy.typing import ArrayLike, NDArray

Indices = NDArray[np.int64]

# NumPy's hypergeometric generators refuse a population of this size
_HYPERGEOMETRIC_LIMIT = 10**9


def generator(seed: int, *names: str) -> np.random.Generator:
    """Return a random generator that depends on ``seed`` and ``names`` alone.

    The same arguments give the same stream in every process and on every machine; arguments that differ in
    anything, the order or the division into names included, give independent ones.

    Args:
        seed: Seed of the whole run.
        names: What the generator is for, such as a task and a scene.

    Returns:
        A generator over PCG64, seeded with the SHA-256 of the arguments.

    Raises:
        TypeError: A name is not a string, or the seed not an integer.

    Example:
        >>> bool(generator(0, "depth", "scene1").random() == generator(0, "depth", "scene1").random())
        True
    """
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise TypeError(f"generator: seed must be an int, got {type(seed).__name__}")
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"generator: names must be str, got {type(name).__name__}")
    # JSON marks where one name ends and the next begins
    digest = hashlib.sha256(json.dumps([seed, *names]).encode()).digest()
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(int.from_bytes(digest))))


def balanced_quota(sizes: ArrayLike, total: int) -> Indices:
    """Split a total over bins as evenly as their sizes allow.

    The rule of *Multi-SpatialMLLM*, listing 1: every non-empty bin is promised the same number, the lowest
    bins one more until the total is reached. Bins are then visited from small to large, equal sizes in
    order; one that holds no more than its promise and what is left over is taken whole, and what then
    remains goes whole to the next.

    Args:
        sizes: Units in each bin, ``(B,)``.
        total: Units wanted.

    Returns:
        Units to take from each bin, int64, ``(B,)``. They sum to ``total``, or to all units if
        those are fewer.

    Raises:
        ValueError: ``sizes`` is not one-dimensional, or it or ``total`` is negative.
        TypeError: ``sizes`` are not integers.

    Example:
        >>> balanced_quota([100, 0, 2, 50], 31).tolist()
        [11, 0, 2, 18]
    """
    bins = _counts("balanced_quota", "sizes", sizes, 1)
    if total < 0:
        raise ValueError(f"balanced_quota: total must be 0 or more, got {total}")
    filled = np.flatnonzero(bins)
    quota = np.zeros_like(bins)
    if not len(filled):
        return quota
    promise, remainder = divmod(total, len(filled))
    quota[filled] = promise
    quota[filled[:remainder]] += 1
    left_over = 0
    for index in filled[np.argsort(bins[filled], kind="stable")]:
        current = int(quota[index]) + left_over
        quota[index] = min(current, int(bins[index]))
        left_over = current - int(quota[index])
    return quota


def balanced_sample(values: ArrayLike, total: int, edges: ArrayLike, rng: np.random.Generator) -> Indices:
    """Draw units without replacement so that the bins of their values are balanced.

    Args:
        values: The quantity of each unit, ``(N,)``.
        total: Units wanted, split over the bins by :func:`balanced_quota`.
        edges: Ascending edges of B bins, ``(B + 1,)``. A bin ``(edges[k], edges[k + 1]]`` has its upper edge
            and not its lower one, but for the first, which has both. A value in none, or NaN, is never drawn.
        rng: Source of randomness.

    Returns:
        Indices of the drawn units, ascending, int64.

    Raises:
        ValueError: ``edges`` are not at least two ascending numbers, or ``values`` not one-dimensional.

    Example:
        >>> drawn = balanced_sample([0.1] * 90 + [0.9] * 10, 20, [0, 0.5, 1], generator(0, "example"))
        >>> int((drawn < 90).sum()), int((drawn >= 90).sum())
        (10, 10)
    """
    bins = bin_of(values, edges)
    count = len(np.asarray(edges)) - 1
    order = np.argsort(bins, kind="stable")
    start = np.searchsorted(bins[order], np.arange(count + 1))
    sizes = np.diff(start)
    quota = balanced_quota(sizes, total)
    ranks = [start[k] + draw_distinct(int(sizes[k]), int(quota[k]), rng) for k in range(count)]
    return np.sort(order[np.concatenate(ranks)]).astype(np.int64)


def bin_of(values: ArrayLike, edges: ArrayLike) -> Indices:
    """Return the bin of each value, or -1 where it is in none.

    Args:
        values: Quantities, ``(N,)``.
        edges: Ascending edges of B bins, ``(B + 1,)``; the bins are those of :func:`balanced_sample`.

    Returns:
        Indices 0 to B - 1, or -1, int64, ``(N,)``.

    Raises:
        ValueError: ``edges`` are not at least two ascending numbers, or ``values`` not one-dimensional.

    Example:
        >>> bin_of([0.0, 1.0, 1.5, 2.5], [0, 1, 2]).tolist()
        [0, 0, 1, -1]
    """
    values, edges = np.asarray(values), np.asarray(edges)
    if edges.ndim != 1 or len(edges) < 2 or not (np.diff(edges) > 0).all():
        raise ValueError("bin_of: edges must be at least two ascending numbers")
    if values.ndim != 1:
        raise ValueError(f"bin_of: values must be (N,); got {values.shape}")
    bins = np.searchsorted(edges, values, side="left").astype(np.int64) - 1
    bins[values == edges[0]] = 0
    # NaN sorts after every edge
    bins[bins >= len(edges) - 1] = -1
    return bins


def distribute(counts: ArrayLike, quota: ArrayLike, rng: np.random.Generator) -> Indices:
    """Split each bin's quota over scenes as one draw without replacement from all their units would.

    The numbers follow the multivariate hypergeometric distribution, exactly: a scene that then draws its
    number at random, on its own, completes a uniform draw from the whole bin.

    Args:
        counts: Units of each scene in each bin, ``(S, B)``.
        quota: Units to take from each bin over all scenes, ``(B,)``.
        rng: Source of randomness.

    Returns:
        Units to take from each scene and bin, int64, ``(S, B)``, which sum to ``quota`` over the scenes.

    Raises:
        ValueError: A shape does not fit, a number is negative, or a quota exceeds its bin.
        TypeError: Arguments are not integers.

    Example:
        >>> distribute([[5, 0], [0, 7]], [3, 2], generator(0, "example")).tolist()
        [[3, 0], [0, 2]]
    """
    units = _counts("distribute", "counts", counts, 2)
    wanted = _counts("distribute", "quota", quota, 1)
    if wanted.shape[0] != units.shape[1]:
        raise ValueError(f"distribute: quota must be ({units.shape[1]},); got {wanted.shape}")
    sizes = units.sum(0)
    if (wanted > sizes).any():
        worst = int(np.argmax(wanted > sizes))
        raise ValueError(
            f"distribute: quota of bin {worst} is {wanted[worst]}, but it has {sizes[worst]} units"
        )
    split = np.zeros_like(units)
    for index in np.flatnonzero(wanted):
        split[:, index] = _split(units[:, index], int(wanted[index]), rng)
    return split


def _split(units: Indices, wanted: int, rng: np.random.Generator) -> Indices:
    population = int(units.sum())
    if population < _HYPERGEOMETRIC_LIMIT:
        return rng.multivariate_hypergeometric(units, wanted, method="marginals").astype(np.int64)
    # what is left behind is a draw without replacement too
    if wanted > population // 2:
        return units - _split(units, population - wanted, rng)
    ranks = draw_distinct(population, wanted, rng)
    scenes = np.searchsorted(np.cumsum(units), ranks, side="right")
    return np.bincount(scenes, minlength=len(units)).astype(np.int64)


def draw_distinct(population: int, count: int, rng: np.random.Generator) -> Indices:
    """Draw distinct numbers below ``population`` uniformly, in random order.

    Takes memory in proportion to ``count``, not to ``population``: numbers are drawn with replacement and
    repetitions discarded, which leaves every ordered choice equally likely.

    Args:
        population: Numbers are drawn from 0 to ``population - 1``.
        count: Numbers to draw.
        rng: Source of randomness.

    Returns:
        Distinct numbers, int64, ``(count,)``.

    Raises:
        ValueError: ``count`` is negative or exceeds ``population``.

    Example:
        >>> sorted(draw_distinct(3, 3, generator(0, "example")).tolist())
        [0, 1, 2]
    """
    if not 0 <= count <= population:
        raise ValueError(f"draw_distinct: count must be 0 to {population}, got {count}")
    if 2 * count > population:
        return rng.permutation(population)[:count].astype(np.int64)
    drawn = np.empty(0, np.int64)
    while len(drawn) < count:
        drawn = np.concatenate((drawn, rng.integers(population, size=count - len(drawn))))
        first = np.unique(drawn, return_index=True)[1]
        drawn = drawn[np.sort(first)]
    return drawn


def _counts(operation: str, name: str, value: ArrayLike, axes: int) -> Indices:
    array = np.asarray(value)
    if array.size == 0:
        array = array.astype(np.int64)
    if not np.issubdtype(array.dtype, np.integer):
        raise TypeError(f"{operation}: {name} must be integers, got {array.dtype}")
    if array.ndim != axes:
        raise ValueError(f"{operation}: {name} must have {axes} axes; got shape {array.shape}")
    if array.size and array.min() < 0:
        raise ValueError(f"{operation}: {name} must be 0 or more, got {array.min()}")
    return array.astype(np.int64)
