"""Fusion into a hash table of voxels for each thread, which are merged as whole numbers.

A row's readings are placed in the grid as vectors; then each run of readings in one voxel is one look-up.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numba import get_num_threads, njit
from torch import Tensor

from spatialgeom._morton import BITS
from spatialgeom.backends.reference.fusion import (
    NO_READING,
    REACH,
    STEPS,
    Voxels,
    cloud,
    merge,
    no_voxels,
    refuse_beyond,
)

_FIELDS = 8  # of a record, one cache line: key, steps along x, y, z, readings, frames, last frame, nothing


def fuse_depth(
    depth: Tensor,
    intrinsics: Tensor,
    world_from_cam: Tensor,
    depth_scale: float,
    voxel: float,
    min_count: int,
    max_depth: float,
) -> tuple[Tensor, Tensor]:
    maps = depth.contiguous().numpy()
    cameras, poses = intrinsics.double().contiguous().numpy(), world_from_cam.double().contiguous().numpy()
    blank = NO_READING if depth.dtype is torch.uint16 else np.nan
    limits = tuple(map(float, (depth_scale, voxel, max_depth, blank)))

    def fuse(part: slice) -> Voxels:
        beyond, records = _fuse_frames(maps[part], cameras[part], poses[part], limits)
        if beyond:
            refuse_beyond(voxel)
        table = torch.from_numpy(records)
        return table[:, 0], table[:, 1:6]

    parts = _parts(len(maps), get_num_threads())
    with ThreadPoolExecutor(max(1, len(parts))) as pool:
        voxels = merge([no_voxels(depth.device), *pool.map(fuse, parts)])
    return cloud(voxels, voxel, min_count, intrinsics.dtype)


def _parts(frames: int, threads: int) -> list[slice]:
    """Cut the frames into a stretch for each thread; a frame must not be counted by two."""
    size = max(1, -(-frames // threads))
    return [slice(first, first + size) for first in range(0, frames, size)]


@njit(cache=True, nogil=True, error_model="numpy")
def _fuse_frames(depth, cameras, poses, limits):
    """Return whether a reading lies outside the grid, and the records of the voxels."""
    frames, height, width = depth.shape
    records = np.empty((2 * width + 1024, _FIELDS), np.int64)
    slots = np.full(4096, -1, np.int32)
    used = 0
    keys = np.empty(width, np.int64)
    steps = np.empty((3, width), np.int32)
    columns = np.empty(width, np.float64)
    beyond = False
    for f in range(frames):
        for column in range(width):
            columns[column] = (column - cameras[f, 0, 2]) / cameras[f, 0, 0]
        for row in range(height):
            ray = (row - cameras[f, 1, 2]) / cameras[f, 1, 1]
            beyond |= _place(depth[f, row], columns, ray, poses[f], limits, keys, steps)
            records, slots = _make_room(records, slots, used, width)
            used = _add_row(f, keys, steps, records, slots, used)
    return beyond, records[:used]


@njit(nogil=True, error_model="numpy")
def _place(depth, columns, ray, m, limits, keys, steps):
    """Fill each pixel's voxel, -1 for none, and its place within it; return whether any is off the grid."""
    scale, voxel, furthest, blank = limits
    m00, m01, m02, m03 = m[0, 0], m[0, 1], m[0, 2], m[0, 3]
    m10, m11, m12, m13 = m[1, 0], m[1, 1], m[1, 2], m[1, 3]
    m20, m21, m22, m23 = m[2, 0], m[2, 1], m[2, 2], m[2, 3]
    steps_x, steps_y, steps_z = steps[0], steps[1], steps[2]
    beyond = np.int64(0)
    for i in range(depth.size):
        raw = np.float64(depth[i])
        z = raw * scale
        known = (z > 0.0) & (z < np.inf) & (z <= furthest) & (raw != blank)
        x, y = columns[i] * z, ray * z
        gx = (m00 * x + m01 * y + m02 * z + m03) / voxel
        gy = (m10 * x + m11 * y + m12 * z + m13) / voxel
        gz = (m20 * x + m21 * y + m22 * z + m23) / voxel
        cx, cy, cz = np.floor(gx), np.floor(gy), np.floor(gz)
        inside = (abs(cx) < REACH) & (abs(cy) < REACH) & (abs(cz) < REACH)
        good = known & inside
        beyond |= np.int64(known & (not inside))
        ix = np.int64(cx if good else 0.0) + REACH
        iy = np.int64(cy if good else 0.0) + REACH
        iz = np.int64(cz if good else 0.0) + REACH
        keys[i] = ix << 2 * BITS | iy << BITS | iz if good else -1
        steps_x[i] = np.int32(np.rint((gx - cx) * STEPS) if good else 0.0)
        steps_y[i] = np.int32(np.rint((gy - cy) * STEPS) if good else 0.0)
        steps_z[i] = np.int32(np.rint((gz - cz) * STEPS) if good else 0.0)
    return beyond != 0


@njit(nogil=True)
def _add_row(frame, keys, steps, records, slots, used):
    """Add each run of one voxel to its record; return the number of records."""
    i = 0
    while i < keys.size:
        key = keys[i]
        x, y, z = np.int64(0), np.int64(0), np.int64(0)
        first = i
        while i < keys.size and keys[i] == key:
            x += steps[0, i]
            y += steps[1, i]
            z += steps[2, i]
            i += 1
        if key >= 0:
            slot = _find(key, records, slots)
            if slots[slot] < 0:
                slots[slot] = used
                records[used] = 0
                records[used, 0], records[used, 6] = key, -1
                used += 1
            record = records[slots[slot]]
            record[1] += x
            record[2] += y
            record[3] += z
            record[4] += i - first
            record[5] += record[6] != frame
            record[6] = frame
    return used


@njit(nogil=True)
def _find(key, records, slots):
    """Return the slot of the key's record, or the free one where it belongs."""
    mask = np.uint64(slots.size - 1)
    # the golden ratio spreads neighbours over the table; its high bits are the mixed ones
    slot = (np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32) & mask
    while slots[slot] >= 0 and records[slots[slot], 0] != key:
        slot = (slot + np.uint64(1)) & mask
    return slot


@njit(nogil=True)
def _make_room(records, slots, used, more):
    """Return the table, twice as large where ``more`` records might not fit."""
    if used + more > records.shape[0]:
        grown = np.empty((2 * (used + more), _FIELDS), np.int64)
        grown[:used] = records[:used]
        records = grown
    if 2 * (used + more) > slots.size:
        size = slots.size
        while size < 4 * (used + more):
            size *= 2
        slots = np.full(size, -1, np.int32)
        for i in range(used):
            slots[_find(records[i, 0], records, slots)] = i
    return records, slots
