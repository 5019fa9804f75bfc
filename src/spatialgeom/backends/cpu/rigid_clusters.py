"""Change of pairwise distances in tiles of points, all steps of a tile while its state is in cache."""

import numba as nb
import numpy as np
import torch
from torch import Tensor

from spatialgeom.backends.cpu._popcount import widest_vectors
from spatialgeom.backends.reference.rigid_clusters import connected_parts

# a tile's state, two floats a pair, and one step's positions fit the first-level cache
_ROWS = 16
_COLUMNS = 128
# a fused multiply-add rounds less; nothing here may reorder a sum or assume that no value is NaN
_FLAGS = {"contract", "nsz"}


@nb.njit(fastmath=_FLAGS, error_model="numpy", nogil=True)
def _range_tile(planes, i, j, low, high):
    widest_vectors()
    low[:] = np.inf
    high[:] = -np.inf
    columns = low.shape[1]
    for t in range(planes.shape[0]):
        x, y, z = planes[t, 0, j : j + columns], planes[t, 1, j : j + columns], planes[t, 2, j : j + columns]
        for r in range(low.shape[0]):
            x0, y0, z0 = planes[t, 0, i + r], planes[t, 1, i + r], planes[t, 2, i + r]
            least, most = low[r], high[r]
            for c in range(columns):
                a, b, d = x[c] - x0, y[c] - y0, z[c] - z0
                square = a * a + b * b + d * d
                # an unseen point is NaN and fails both comparisons
                least[c] = square if square < least[c] else least[c]
                most[c] = square if square > most[c] else most[c]
    for r in range(low.shape[0]):
        for c in range(columns):
            low[r, c] = np.sqrt(low[r, c])
            high[r, c] = np.sqrt(high[r, c]) - low[r, c]


@nb.njit(fastmath=_FLAGS, error_model="numpy", nogil=True)
def _path_tile(planes, i, j, ignore_below, previous, total):
    widest_vectors()
    previous[:] = np.nan
    total[:] = 0
    zero = total.dtype.type(0)
    columns = total.shape[1]
    for t in range(planes.shape[0]):
        x, y, z = planes[t, 0, j : j + columns], planes[t, 1, j : j + columns], planes[t, 2, j : j + columns]
        for r in range(total.shape[0]):
            x0, y0, z0 = planes[t, 0, i + r], planes[t, 1, i + r], planes[t, 2, i + r]
            before, path = previous[r], total[r]
            for c in range(columns):
                a, b, d = x[c] - x0, y[c] - y0, z[c] - z0
                distance = np.sqrt(a * a + b * b + d * d)
                step = abs(distance - before[c])
                # a step from or to an unseen frame is NaN and fails the comparison
                path[c] += step if step > ignore_below else zero
                before[c] = distance


@nb.njit(nogil=True)
def _joint_frames(seen, i, j):
    joint = 0
    for t in range(seen.shape[1]):
        joint += seen[i, t] & seen[j, t]
    return joint


@nb.njit(nogil=True)
def _store(value, i, j, seen, change):
    rows, columns = value.shape
    for r in range(rows):
        for c in range(max(0, i + r - j), columns):
            # a change above zero took two frames already
            if not value[r, c] > 0 and _joint_frames(seen, i + r, j + c) < 2:
                value[r, c] = np.nan
            change[i + r, j + c] = value[r, c]
    for c in range(columns):
        for r in range(min(rows, j + c - i + 1)):
            change[j + c, i + r] = value[r, c]


@nb.njit(nogil=True)
def _store_nearby(low, i, j, max_gap, nearby):
    rows, columns = low.shape
    for r in range(rows):
        for c in range(max(0, i + r - j), columns):
            nearby[i + r, j + c] = low[r, c] <= max_gap


@nb.njit(parallel=True, cache=True, error_model="numpy", nogil=True)
def _distance_change(planes, seen, tiles, is_range, ignore_below, max_gap, change, nearby):
    count = planes.shape[2]
    for tile in nb.prange(tiles.shape[0]):
        i, j = tiles[tile]
        rows, columns = min(_ROWS, count - i), min(_COLUMNS, count - j)
        state = np.empty((rows, columns), planes.dtype)
        value = np.empty((rows, columns), planes.dtype)
        if is_range or nearby.size:
            _range_tile(planes, i, j, state, value)
        if nearby.size:
            _store_nearby(state, i, j, max_gap, nearby)
        if not is_range:
            _path_tile(planes, i, j, ignore_below, state, value)
        _store(value, i, j, seen, change)


def distance_change(tracks: Tensor, visible: Tensor | None, measure: str, ignore_below: float) -> Tensor:
    return _change_and_nearby(tracks, visible, measure, ignore_below, None)[0]


def _change_and_nearby(
    tracks: Tensor, visible: Tensor | None, measure: str, ignore_below: float, max_gap: float | None
) -> tuple[Tensor, Tensor | None]:
    count = tracks.shape[1]
    planes = tracks.permute(0, 2, 1).contiguous()
    seen = planes.isfinite().all(1)  # (T, N)
    if visible is not None:
        seen &= visible
    if not seen.all():
        planes = planes.masked_fill(~seen[:, None], torch.nan)
    tiles = [(i, j) for i in range(0, count, _ROWS) for j in range(i, count, _COLUMNS)]
    change = tracks.new_empty((count, count))
    # the lower triangle stays empty
    nearby = torch.zeros((0, 0) if max_gap is None else (count, count), dtype=torch.bool)
    real = change.numpy().dtype.type
    _distance_change(
        planes.numpy(),
        seen.T.contiguous().numpy().view(np.uint8),
        np.array(tiles, np.int64).reshape(-1, 2),
        measure == "range",
        real(ignore_below),
        real(max_gap or 0),
        change.numpy(),
        nearby.numpy(),
    )
    return change, None if max_gap is None else nearby


def rigid_clusters(
    tracks: Tensor,
    visible: Tensor | None,
    threshold: float,
    measure: str,
    min_size: int,
    ignore_below: float,
    max_gap: float | None,
) -> Tensor:
    change, nearby = _change_and_nearby(tracks, visible, measure, ignore_below, max_gap)
    return connected_parts(change, nearby, threshold, min_size)
