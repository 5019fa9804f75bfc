"""Extents by walking set bits, words that cannot widen them skipped; minimal sets by pruned enumeration."""

import numba as nb
import numpy as np
import torch
from torch import Tensor

from spatialgeom.backends.cpu._popcount import popcount

_ONE = np.uint64(1)
_MIXED = -2
_SHORT, _COVERED, _BEYOND = 0, 1, 2


@nb.njit(cache=True, error_model="numpy", nogil=True)
def _summarise_words(points, labels, words):
    """Return each word's labelled bits, their label if they share one, and the extents of their points."""
    bits = np.zeros(words, np.uint64)
    label = np.full(words, -1, np.int64)
    low = np.full((words, 3), np.inf, points.dtype)
    high = np.full((words, 3), -np.inf, points.dtype)
    for p in range(points.shape[0]):
        word = p // 64
        if labels[p] >= 0:
            label[word] = labels[p] if label[word] in (-1, labels[p]) else _MIXED
            bits[word] |= _ONE << np.uint64(p % 64)
            _widen(low, high, word, points[p, 0], points[p, 1], points[p, 2])
    return bits, label, low, high


@nb.njit(error_model="numpy", nogil=True)
def _widen(low, high, row, x, y, z):
    # NaN fails every comparison
    low[row, 0] = x if x < low[row, 0] else low[row, 0]
    low[row, 1] = y if y < low[row, 1] else low[row, 1]
    low[row, 2] = z if z < low[row, 2] else low[row, 2]
    high[row, 0] = x if x > high[row, 0] else high[row, 0]
    high[row, 1] = y if y > high[row, 1] else high[row, 1]
    high[row, 2] = z if z > high[row, 2] else high[row, 2]


@nb.njit(error_model="numpy", nogil=True)
def _holds(low, high, row, word_low, word_high, word):
    inside = True
    for axis in range(3):
        inside &= low[row, axis] <= word_low[word, axis]
        inside &= high[row, axis] >= word_high[word, axis]
    return inside


@nb.njit(error_model="numpy", nogil=True)
def _frame_extents(points, words, labels, bits, word_label, word_low, word_high, low, high):
    for w in range(words.shape[0]):
        seen = words[w] & bits[w]
        if not seen:
            continue
        # once a few words are in, most lie within the extents already
        if word_label[w] != _MIXED and _holds(low, high, word_label[w], word_low, word_high, w):
            continue
        while seen:
            p = w * 64 + np.int64(popcount((seen & (~seen + _ONE)) - _ONE))
            _widen(low, high, labels[p], points[p, 0], points[p, 1], points[p, 2])
            seen &= seen - _ONE


@nb.njit(parallel=True, cache=True, error_model="numpy", nogil=True)
def _axis_extents(points, visible, labels, bits, word_label, word_low, word_high, low, high):
    for frame in nb.prange(visible.shape[0]):
        _frame_extents(
            points, visible[frame], labels, bits, word_label, word_low, word_high, low[frame], high[frame]
        )


def axis_extents(
    points: Tensor, visible: Tensor, labels: Tensor | None, groups: int
) -> tuple[Tensor, Tensor]:
    frames, words = visible.shape
    if labels is None:
        labels = torch.zeros(points.shape[0], dtype=torch.int64)
    low = points.new_full((frames, groups, 3), torch.inf)
    high = torch.full_like(low, -torch.inf)
    xyz, label = points.contiguous().numpy(), labels.contiguous().numpy()
    labelled, shared, word_low, word_high = _summarise_words(xyz, label, words)
    seen = visible.contiguous().numpy().view(np.uint64)
    _axis_extents(xyz, seen, label, labelled, shared, word_low, word_high, low.numpy(), high.numpy())
    return low.transpose(0, 1).contiguous(), high.transpose(0, 1).contiguous()  # (K, F, 3)


@nb.njit(error_model="numpy", nogil=True)
def _state(low, high, target, slack, i, j, k):
    """Return whether the images i, j and k, which may be the same, cover all axes, or one axis too far."""
    state = _COVERED
    for axis in range(target.shape[0]):
        most = max(high[i, axis], high[j, axis], high[k, axis])
        least = min(low[i, axis], low[j, axis], low[k, axis])
        excess = (most - least) - target[axis]
        if excess > slack[axis]:
            return _BEYOND
        if not excess >= -slack[axis]:
            state = _SHORT
    return state


@nb.njit(nogil=True)
def _append(sets, found, i, j, k):
    if found == sets.shape[0]:
        sets = np.concatenate((sets, np.empty_like(sets)))
    sets[found] = i, j, k
    return sets, found + 1


@nb.njit(cache=True, error_model="numpy", nogil=True)
def _minimal_covers(low, high, target, slack, max_size, most):
    """Return the minimal sets in order, and a few too many if there are more than ``most``."""
    sets, found = np.empty((256, 3), np.int64), 0
    alone = np.empty(low.shape[0], np.int64)
    for i in range(low.shape[0]):
        alone[i] = _state(low, high, target, slack, i, i, i)
        if alone[i] == _COVERED:
            sets, found = _append(sets, found, i, -1, -1)
    # a superset of a cover is not minimal, and one of an image that goes too far covers nothing
    images = np.flatnonzero(alone == _SHORT)
    if max_size > 1:
        sets, found = _pairs(low, high, target, slack, images, most, sets, found)
    # on one axis two images of a set hold its extremes and cover what it covers
    if max_size > 2 and target.shape[0] > 1:
        sets, found = _triples(low, high, target, slack, images, most, sets, found)
    return sets[:found]


@nb.njit(error_model="numpy", nogil=True)
def _pairs(low, high, target, slack, images, most, sets, found):
    for a, i in enumerate(images):
        for j in images[a + 1 :]:
            if _state(low, high, target, slack, i, j, j) == _COVERED:
                sets, found = _append(sets, found, i, j, -1)
        if found > most:
            break
    return sets, found


@nb.njit(error_model="numpy", nogil=True)
def _triples(low, high, target, slack, images, most, sets, found):
    for a, i in enumerate(images):
        for b in range(a + 1, images.shape[0]):
            j = images[b]
            if found > most:
                return sets, found
            if _state(low, high, target, slack, i, j, j) == _SHORT:
                for k in images[b + 1 :]:
                    if (
                        _state(low, high, target, slack, i, j, k) == _COVERED
                        and _state(low, high, target, slack, i, k, k) == _SHORT
                        and _state(low, high, target, slack, j, k, k) == _SHORT
                    ):
                        sets, found = _append(sets, found, i, j, k)
    return sets, found


def minimal_covers(
    low: Tensor, high: Tensor, target: Tensor, slack: Tensor, max_size: int, most: int
) -> Tensor:
    low_, high_, target_, slack_ = (tensor.contiguous().numpy() for tensor in (low, high, target, slack))
    sets = torch.from_numpy(_minimal_covers(low_, high_, target_, slack_, max_size, most))
    return sets[:most, :max_size].contiguous()
