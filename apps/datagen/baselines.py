"""What answers score that look at no image: the most frequent one, the option nearest to the source."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

_ROUNDING = 1e-9  # bounds that touch do so in decimals, not in floats
_CANDIDATES = 512  # constants tried where there is no closed form


def chance(rows: Sequence[dict[str, Any]]) -> float | None:
    """Return what guessing among the options of each row scores, or None where there are none."""
    options = [len(row["scoring"]["options"]) for row in rows]
    return sum(1 / count for count in options) / len(options) if all(options) else None


def constant_score(rows: Sequence[dict[str, Any]]) -> float:
    """Return the share of rows that the best constant answer gets right, under the rows' own scoring."""
    scoring = rows[0]["scoring"]
    truths = [json.loads(row["truth"]) for row in rows]
    if scoring["kind"] == "choice":
        return _best_position(rows, truths)
    values = np.array(truths, float)
    if scoring["kind"] == "number":
        return _best_number(values, scoring["tolerance"])
    if scoring["kind"] == "pixel":
        sizes = np.array([[row["images"][-1]["width"], row["images"][-1]["height"]] for row in rows])
        return _best_vector(values * sizes / 1000, scoring["tolerance"] * sizes[:, 0])
    return _best_vector(values, scoring["tolerance"] * np.linalg.norm(values, axis=1))


def _best_position(rows: Sequence[dict[str, Any]], truths: Sequence[str]) -> float:
    """Return the score of the best position among the options, for each number of options its own."""
    positions: dict[int, Counter[int]] = {}
    for row, truth in zip(rows, truths, strict=True):
        options = row["scoring"]["options"]
        positions.setdefault(len(options), Counter())[options.index(truth)] += 1
    return sum(max(counts.values()) for counts in positions.values()) / len(rows)


def _best_number(truths: np.ndarray, tolerance: float) -> float:
    """Return the largest share of intervals ``truth * (1 -+ tolerance)`` that one number lies in."""
    ends = np.sort(truths * (1 + tolerance)) * (1 + _ROUNDING)
    begins = np.sort(truths * (1 - tolerance))
    # at each beginning, count intervals that have begun and not ended before it
    inside = np.searchsorted(begins, begins, side="right") - np.searchsorted(ends, begins, side="left")
    return float(inside.max() / len(truths))


def _best_vector(truths: np.ndarray, allowed: np.ndarray) -> float:
    """Return the best share among constants on a sample of the truths, their shrunken copies and zero."""
    sample = truths[:: max(1, len(truths) // _CANDIDATES)]
    candidates = np.concatenate((sample, sample * 0.5, np.zeros((1, truths.shape[1]))))
    hits = [(np.linalg.norm(truths - candidate, axis=1) <= allowed).mean() for candidate in candidates]
    return float(max(hits))


def nearest_option_score(rows: Sequence[dict[str, Any]]) -> float | None:
    """Return the score of choosing the dot nearest to the source pixel, or None where no dots are offered."""
    marks = [row["marks"] for row in rows]
    if not all(len(dots) > 2 and dots[0]["image"] == 0 and dots[1]["image"] == 1 for dots in marks):
        return None
    places = np.array([[(dot["u"], dot["v"]) for dot in dots] for dots in marks], float)
    nearest = np.linalg.norm(places[:, 1:] - places[:, :1], axis=2).argmin(axis=1)
    right = [
        dots[1 + k]["label"] == json.loads(row["truth"])
        for dots, k, row in zip(marks, nearest.tolist(), rows, strict=True)
    ]
    return float(np.mean(right))
