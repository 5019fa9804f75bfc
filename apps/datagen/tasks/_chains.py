"""What questions about three to eight images share: which is the last, which stands out."""

import numpy as np

from spatialgeom.apps.datagen.task import Context

_TURNS = 420  # divisible by each number of options from two to seven


def lengths(frames: np.ndarray) -> np.ndarray:
    """Return (n,) the number of images of chains (n, k) that are padded with -1."""
    count: np.ndarray = (frames >= 0).sum(axis=1)
    return count


def last_of(frames: np.ndarray) -> np.ndarray:
    """Return (n,) the last frame of each chain."""
    return frames[np.arange(len(frames)), lengths(frames) - 1]


def last_names(frames: np.ndarray) -> list[str]:
    """Return what wordings call the last image."""
    return [f"Image-{count}" for count in lengths(frames).tolist()]


def listed(names: list[str]) -> str:
    """Return ``a, b or c``; names that hold a conjunction of their own are parted by one more comma."""
    comma = "," if any(" and " in name for name in names) else ""
    return ", ".join(names[:-1]) + f"{comma} or {names[-1]}"


def stands_out(context: Context, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the column of the greatest of each row of metres, -inf where there is none, and does it lead."""
    order = np.argsort(sizes, axis=1, kind="stable")
    rows = np.arange(len(sizes))
    best, second = sizes[rows, order[:, -1]], sizes[rows, order[:, -2]]
    rules = context.rules
    leads = best - second >= np.maximum(rules.chain_lead_m, rules.chain_lead_rel * best)
    return order[:, -1], leads & (best > second)


def as_wanted(context: Context, slots: np.ndarray, options: np.ndarray, answer: np.ndarray) -> np.ndarray:
    """Tell whether each answer, one of so many options, is the one that balances its slot."""
    if not context.rules.balanced:
        return np.ones(len(slots), bool)
    wanted: np.ndarray = context.balanced_slots(slots, _TURNS, "answer") % options
    return wanted == answer
