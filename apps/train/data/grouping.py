"""Which rows may share a conversation, and how each round cuts them into conversations; arrays alone."""

import numpy as np

_LANES = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F)  # two independent hashes: 128 bits never meet by chance


def hash_lists(values: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return a 128-bit hash of each list, that depends on its order.

    Args:
        values: (m, c) integers, the elements of all lists one after another.
        lengths: (n,) elements of each list; they sum to m.

    Returns:
        (n, 2) uint64.
    """
    ends = np.cumsum(lengths)
    place = (np.arange(len(values)) - np.repeat(ends - lengths, lengths)).astype(np.uint64)
    columns = np.ascontiguousarray(values, np.int64).view(np.uint64).T
    hashes = []
    for lane in _LANES:
        mixed = _mix(place + np.uint64(lane))
        for column in columns:
            mixed = _mix(mixed ^ column)
        # sums wrap around, and so do their differences
        sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(mixed, dtype=np.uint64)))
        hashes.append(_mix(sums[ends] - sums[ends - lengths]))
    return np.stack(hashes, axis=1)


def join_hashes(*parts: np.ndarray) -> np.ndarray:
    """Return one hash of several, in order; each is (n, 2) uint64."""
    joined = parts[0]
    for part in parts[1:]:
        joined = _mix(_mix(joined) ^ part)
    return joined


def _mix(x: np.ndarray) -> np.ndarray:
    """Spread the bits of uint64 values: the finaliser of splitmix64 (Steele, Lea and Flood, 2014)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def group(hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bring rows of equal hashes together.

    Args:
        hashes: (n, 2) uint64, of each row.

    Returns:
        Rows, group after group, (n,) int64; and where each group starts, (groups + 1,) int64 with n at the
        end. A group's rows keep their order.
    """
    order = np.argsort(hashes[:, 0], kind="stable")
    found = hashes[order]
    starts = np.flatnonzero(np.r_[len(found) > 0, (found[1:] != found[:-1]).any(axis=1)])
    return order.astype(np.int64), np.append(starts, len(order)).astype(np.int64)


def shuffle_within(order: np.ndarray, starts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return ``order`` with each group's rows shuffled."""
    sizes = np.diff(starts)
    owner = np.repeat(np.arange(len(sizes)), sizes)
    several = np.flatnonzero(sizes[owner] > 1)
    ranks = rng.permutation(len(several))
    shuffled = order.copy()
    shuffled[several] = order[several[np.lexsort((ranks, owner[several]))]]
    return shuffled


def cut(starts: np.ndarray, most: int) -> np.ndarray:
    """Return where conversations of at most ``most`` rows start, with the end, as positions in the order."""
    sizes = np.diff(starts)
    pieces = -(-sizes // most)
    ends = np.cumsum(pieces)
    piece = np.arange(pieces.sum()) - np.repeat(ends - pieces, pieces)
    return np.append(np.repeat(starts[:-1], pieces) + most * piece, starts[-1]).astype(np.int64)
