"""Smooth walks through a room: a loop that keeps its distance, and looks that wander over the furniture."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter1d, label, map_coordinates
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from spatialgeom.apps.datagen.synthetic.solids import Floats, rotation

_CELL_M = 0.05
_EYE_M, _EYE_SWAY_M = 1.5, 0.18
_BODY_M = 0.45  # from the camera to anything at its height
_LEG_M = 0.12  # from the camera's plumb line to low furniture
_STRIDE_M, _TARGET_M = 0.22, 1.3


def clearance(size: tuple[float, float, float], boxes: list[tuple[Floats, Floats, float]]) -> Floats:
    """Return how far (X, Y) each spot of the floor is from walls and boxes (centre, size, yaw_deg).

    Low furniture counts as farther away by the difference of what a body and a leg need.
    """
    shape = tuple(int(np.ceil(side / _CELL_M)) for side in size[:2])
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), axis=-1)
    points = (grid + 0.5) * _CELL_M - np.array(size[:2]) / 2
    result: Floats = (np.array(size[:2]) / 2 - np.abs(points)).min(axis=-1)
    tall, low = np.zeros(shape, bool), np.zeros(shape, bool)
    for centre, extent, yaw in boxes:
        bottom, top = centre[2] - extent[2] / 2, centre[2] + extent[2] / 2
        local = np.abs((points - centre[:2]) @ rotation(0, 0, yaw)[:2, :2])
        covered = (local <= extent[:2] / 2 + _CELL_M / 2).all(axis=-1)
        if bottom < _EYE_M + _EYE_SWAY_M + _BODY_M and top > _EYE_M - _EYE_SWAY_M - _BODY_M:
            tall |= covered
        elif 0.05 < top < _EYE_M:
            low |= covered
    for mask, bonus in ((tall, 0.0), (low, _BODY_M - _LEG_M)):
        if mask.any():
            result = np.minimum(result, distance_transform_edt(~mask) * _CELL_M + bonus)
    return result


def walkable(free: Floats) -> NDArray[np.bool_]:
    """Return the largest connected part (X, Y) of the floor where a camera may pass."""
    parts, count = label(free > _BODY_M + 0.05)
    if count == 0:
        return np.zeros(free.shape, bool)
    mask: NDArray[np.bool_] = parts == np.bincount(parts.ravel())[1:].argmax() + 1
    return mask


def walkable_area(free: Floats) -> float:
    """Return the area in square metres where a camera may pass."""
    return float(walkable(free).sum()) * _CELL_M**2


def loop(free: Floats, rng: np.random.Generator) -> Floats:
    """Return a smooth closed walk (L, 2) in metres from the floor's corner, a point per grid cell."""
    mask = walkable(free)
    cells = np.argwhere(mask)
    stops = [int(rng.integers(len(cells)))]
    for _ in range(5):
        away = np.min([np.hypot(*(cells - cells[stop]).T) for stop in stops], axis=0)
        stops.append(int(rng.choice(np.argsort(away)[-max(len(away) // 50, 1) :])))
    angle = np.arctan2(*(cells[stops] - cells.mean(axis=0)).T)
    stops = [stops[k] for k in np.argsort(angle)]
    _, before = dijkstra(_graph(mask, free), indices=stops, return_predecessors=True)
    walk: list[int] = []
    for k, stop in enumerate(stops):
        step, back = stops[(k + 1) % len(stops)], []
        while step != stop:
            back.append(step)
            step = int(before[k, step])
        walk += back[::-1]
    return _relax((cells[walk] + np.float64(0.5)) * _CELL_M, free)


def _graph(mask: NDArray[np.bool_], free: Floats) -> coo_array:
    """Return the neighbourhood of walkable cells; steps close to obstacles cost more."""
    index = np.full(mask.shape, -1)
    index[mask] = np.arange(mask.sum())
    rows, columns, costs = [], [], []
    for dx, dy in ((1, 0), (0, 1), (1, 1), (1, -1)):
        here = np.argwhere(mask)
        there = here + np.array([dx, dy])
        ok = ((there >= 0) & (there < mask.shape)).all(axis=1)
        ok[ok] = mask[tuple(there[ok].T)]
        here, there = here[ok], there[ok]
        rows.append(index[tuple(here.T)])
        columns.append(index[tuple(there.T)])
        costs.append(np.hypot(dx, dy) / np.minimum(free[tuple(here.T)], 1.0))
    row, column, cost = np.concatenate(rows), np.concatenate(columns), np.concatenate(costs)
    both = (np.r_[row, column], np.r_[column, row])
    return coo_array((np.r_[cost, cost], both), shape=(int(mask.sum()),) * 2).tocsr()


def _relax(walk: Floats, free: Floats) -> Floats:
    """Smooth a closed walk and push it away from obstacles, in turn."""
    slope = [np.gradient(free, _CELL_M, axis=axis) for axis in (0, 1)]
    for sigma in (6.0, 6.0, 4.0, 4.0, 2.0, 2.0, 1.0):
        walk = _evenly(gaussian_filter1d(walk, sigma, axis=0, mode="wrap"), _CELL_M)
        for _ in range(12):
            at = walk.T / _CELL_M - 0.5
            short = np.maximum(_BODY_M + 0.01 - map_coordinates(free, at, order=1, mode="nearest"), 0.0)
            uphill = np.stack([map_coordinates(part, at, order=1, mode="nearest") for part in slope], axis=1)
            walk = walk + short[:, None] * uphill / np.maximum(np.linalg.norm(uphill, axis=1), 1e-6)[:, None]
    return walk


def _evenly(walk: Floats, step: float) -> Floats:
    """Return the closed walk resampled at even steps."""
    closed = np.vstack([walk, walk[:1]])
    along = np.r_[0, np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))]
    at = np.linspace(0, along[-1], max(int(along[-1] / step), 8), endpoint=False)
    return np.stack([np.interp(at, along, closed[:, k]) for k in (0, 1)], axis=1)


def camera_positions(walk: Floats, frames: int, rng: np.random.Generator) -> tuple[Floats, float]:
    """Return positions (F, 3) along a closed walk, in its coordinates, and the stride between them."""
    stride = min(_STRIDE_M, 8.0 / frames + 0.04)
    length = len(walk) * _CELL_M
    at = (rng.uniform(0, length) + stride * np.arange(frames)) / _CELL_M % len(walk)
    closed = np.vstack([walk, walk[:1]])
    flat = [np.interp(at, np.arange(len(closed)), closed[:, k]) for k in (0, 1)]
    phase = stride * np.arange(frames)
    sway = 0.6 * np.sin(phase * 0.9 + rng.uniform(0, 6.3)) + 0.4 * np.sin(phase * 2.3 + rng.uniform(0, 6.3))
    return np.stack([*flat, _EYE_M + _EYE_SWAY_M * sway], axis=1), stride


def camera_angles(
    positions: Floats, stride: float, targets: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """Return yaw (as atan2 of the forward axis), pitch and roll in degrees of looks at targets (T, 3)."""
    frames = len(positions)
    dwell = max(int(_TARGET_M / stride), 1)
    yaw, pitch = np.empty(frames), np.empty(frames)
    last, spin = rng.uniform(-180, 180), rng.choice([-1.0, 1.0])
    looked = np.zeros(len(targets))
    for start in range(0, frames, dwell):
        part = slice(start, min(start + dwell, frames))
        middle = positions[(part.start + part.stop - 1) // 2]
        offset = targets - middle
        flat = np.hypot(offset[:, 0], offset[:, 1])
        turn = (np.degrees(np.arctan2(offset[:, 1], offset[:, 0])) - last + 180) % 360 - 180
        good = (flat > 1.3) & (np.abs(turn) > 15)
        # turn on in the same sense for the most part, and towards what was looked at least
        weight = np.where(good, np.exp(-np.abs(spin * turn - 55) / 30) / (1 + looked) ** 2, 0.0)
        weight = weight * np.where(targets[:, 2] < _EYE_M - 0.3, 4.0, 1.0) + 1e-9
        chosen = int(rng.choice(len(targets), p=weight / weight.sum()))
        looked[chosen] += 1
        ray = targets[chosen] - positions[part]
        yaw[part] = np.degrees(np.arctan2(ray[:, 1], ray[:, 0]))
        pitch[part] = np.degrees(np.arctan2(ray[:, 2], np.hypot(ray[:, 0], ray[:, 1])))
        last, spin = yaw[part.stop - 1], -spin if rng.random() < 0.2 else spin
    sigma = 0.45 / stride
    yaw = gaussian_filter1d(np.unwrap(yaw, period=360), sigma, mode="nearest")
    pitch = gaussian_filter1d(np.clip(pitch, -35, 15), sigma, mode="nearest")
    roll = 2.5 * np.sin(stride * np.arange(frames) * 1.1 + rng.uniform(0, 6.3))
    return yaw, pitch, roll


def poses(positions: Floats, yaw: Floats, pitch: Floats, roll: Floats) -> Floats:
    """Return world_from_cam (F, 4, 4), camera axes x right, y down, z forward."""
    y, p, r = np.radians(yaw), np.radians(pitch), np.radians(roll)
    forward = np.stack([np.cos(p) * np.cos(y), np.cos(p) * np.sin(y), np.sin(p)], axis=1)
    level = np.stack([np.sin(y), -np.cos(y), np.zeros_like(y)], axis=1)
    steep = np.cross(forward, level)
    result = np.tile(np.eye(4), (len(positions), 1, 1))
    result[:, :3, 0] = np.cos(r)[:, None] * level + np.sin(r)[:, None] * steep
    result[:, :3, 1] = np.cos(r)[:, None] * steep - np.sin(r)[:, None] * level
    result[:, :3, 2] = forward
    result[:, :3, 3] = positions
    return result
