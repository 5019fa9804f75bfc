"""Fusion into a hash table of voxels: whole numbers, added by atomics, whose order changes nothing.

A tile first claims a slot for each of its voxels, and only then adds to them: where the table is full it has
added nothing, and is done anew in a larger one. Memory follows the voxels, not the readings: 48 bytes a slot,
of which there are twice a frame's pixels, and twice as many whenever more than half of them are used.
"""

from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from torch import Tensor

from spatialgeom._morton import BITS
from spatialgeom.backends.reference import fusion as reference
from spatialgeom.backends.triton._language import EMULATE, bits_of, launch, nearest, real

_LANES = 4096 if EMULATE else 32  # a warp, so that its lanes look for slots together without a barrier
_ROWS = tl.constexpr(4)  # pixels of a lane, one above the other: half share a voxel with the one above
_FRAMES = 32  # of a launch: a bit each in a voxel's word of the frames that were counted
_PROBES = 64  # slots after the first in which a voxel may lie
_LEAST_SLOTS = 65536 if EMULATE else 1024

_FREE = tl.constexpr(-1)  # key of a slot without a voxel, and of a pixel without a reading
_NO_KEY = tl.constexpr(-2)
_FIELD = tl.constexpr(16)  # bits of a sum over a lane's pixels: a word has four
_LOW = tl.constexpr((1 << 16) - 1)

_REACH = tl.constexpr(reference.REACH)
_STEPS = tl.constexpr(reference.STEPS)
_NO_READING = tl.constexpr(reference.NO_READING)
_BITS = tl.constexpr(BITS)
_USED, _UNDONE, _BEYOND = tl.constexpr(0), tl.constexpr(1), tl.constexpr(2)  # in a table's state


@triton.jit
def _claim(keys_ptr, keys, live, shift, last, probes):
    """Return the slots of keys, which keys found none in so many probes, and how many slots each claimed."""
    # the golden ratio spreads neighbours over the table
    slots = ((keys * -7046029254386353131) >> shift) & last
    pending = live
    claims = live.to(tl.int32) * 0
    while (tl.max(pending.to(tl.int32), 0) != 0) & (probes > 0):
        found = tl.load(keys_ptr + slots, mask=pending, other=_FREE, cache_modifier=".cg")
        free = pending & (found == _FREE)
        if tl.max(free.to(tl.int32), 0) != 0:
            # there is no mask: what no slot holds is never exchanged
            expected = tl.where(free, _FREE, _NO_KEY).to(tl.int64)
            before = tl.atomic_cas(keys_ptr + slots, expected, keys, sem="relaxed")
            claimed = free & (before == _FREE)
            claims += claimed.to(tl.int32)
            found = tl.where(claimed, keys, tl.where(free, before, found))
        pending = pending & (found != keys)
        slots = tl.where(pending, (slots + 1) & last, slots)
        probes -= 1
    return slots, pending, claims


@triton.jit
def _cell(m, x, y, z, voxel):
    """Return the cell along an axis, the place within it in steps, and whether it is on the grid."""
    place = (tl.load(m) * x + tl.load(m + 1) * y + tl.load(m + 2) * z + tl.load(m + 3)) / voxel
    corner = tl.floor(place)
    inside = tl.abs(corner) < _REACH
    cell = tl.where(inside, corner, 0.0).to(tl.int32) + _REACH
    return cell.to(tl.int64), nearest((place - corner) * _STEPS), inside


@triton.jit
def _reading(raw, ray_x, ray_y, pose, scale, voxel, furthest):
    """Return the key of a pixel's voxel, a word of its steps and a 1, and whether it is off the grid."""
    z = raw.to(tl.float64) * scale
    known = (z > 0) & (z < float("inf")) & (z <= furthest)
    if raw.dtype == tl.uint16:
        known = known & (raw.to(tl.int32) != _NO_READING)
    x, y = ray_x * z, ray_y * z
    cell_x, step_x, inside_x = _cell(pose, x, y, z, voxel)
    cell_y, step_y, inside_y = _cell(pose + 4, x, y, z, voxel)
    cell_z, step_z, inside_z = _cell(pose + 8, x, y, z, voxel)
    inside = inside_x & inside_y & inside_z
    key = tl.where(known & inside, (cell_x << 2 * _BITS) | (cell_y << _BITS) | cell_z, _FREE)
    one = tl.full(key.shape, 1, tl.int64)
    steps = step_x | (step_y << _FIELD) | (step_z << 2 * _FIELD) | (one << 3 * _FIELD)
    return key, steps, known & (inside == 0)


@triton.jit
def _add(sums_ptr, counts_ptr, seen_ptr, slots, steps, live, bit):
    for i in tl.static_range(4):
        tl.atomic_add(sums_ptr + slots * 4 + i, (steps >> i * _FIELD) & _LOW, mask=live, sem="relaxed")
    bits = tl.zeros_like(live.to(tl.int32)) + bit
    before = tl.atomic_or(seen_ptr + slots, bits, mask=live, sem="relaxed")
    tl.atomic_add(counts_ptr + slots, 1, mask=live & ((before & bit) == 0), sem="relaxed")


@triton.jit(do_not_specialize=["shift", "last"])
def _fuse_kernel(
    depth_ptr,  # (F, H, W)
    per_frame,
    per_row,
    per_column,
    height,
    width,
    camera_ptr,  # (F, 3, 3)
    pose_ptr,  # (F, 4, 4)
    keys_ptr,  # (slots,)
    sums_ptr,  # (slots, 4): steps along x, y, z, readings
    counts_ptr,  # (slots,) frames
    seen_ptr,  # (slots,) bits of this launch's frames
    state_ptr,  # (3,)
    done_ptr,  # (F, tiles)
    shift,
    last,
    probes,
    scale,
    voxel,
    furthest,
    LANES: tl.constexpr,
):
    tile, frame = tl.program_id(0), tl.program_id(1)
    done = done_ptr + frame.to(tl.int64) * tl.num_programs(0) + tile
    if (tl.load(done) != 0) | (tl.load(state_ptr + _UNDONE) != 0):
        return
    scale, voxel, furthest = real(scale, tl.float64), real(voxel, tl.float64), real(furthest, tl.float64)
    camera, pose = camera_ptr + frame * 9, pose_ptr + frame * 16
    strip = tile * LANES + tl.arange(0, LANES)
    column, top = strip % width, strip // width * _ROWS
    ray_x = (column.to(tl.float64) - tl.load(camera + 2)) / tl.load(camera)
    first = depth_ptr + frame.to(tl.int64) * per_frame + column.to(tl.int64) * per_column
    keys, steps = (), ()
    beyond = tl.zeros((LANES,), tl.int1)
    for i in tl.static_range(_ROWS):
        row = top + i
        raw = tl.load(first + row.to(tl.int64) * per_row, mask=row < height, other=0)
        ray_y = (row.to(tl.float64) - tl.load(camera + 5)) / tl.load(camera + 4)
        key, step, off = _reading(raw, ray_x, ray_y, pose, scale, voxel, furthest)
        beyond = beyond | off
        # the last of a run has the sum of it
        if i > 0:
            step += tl.where(key == keys[i - 1], steps[i - 1], 0)
        keys += (key,)
        steps += (step,)
    if tl.max(beyond.to(tl.int32), 0) != 0:
        tl.atomic_or(state_ptr + _BEYOND, 1, sem="relaxed")
    slots, ends = (), ()
    undone = tl.zeros((LANES,), tl.int1)
    used = tl.zeros((LANES,), tl.int32)
    for i in tl.static_range(_ROWS):
        end = keys[i] != _FREE
        if i + 1 < _ROWS:
            end = end & (keys[i] != keys[i + 1])
        slot, pending, claims = _claim(keys_ptr, keys[i], end, shift, last, probes)
        undone = undone | pending
        used += claims
        slots += (slot,)
        ends += (end,)
    tl.atomic_add(state_ptr + _USED, tl.sum(used, 0), sem="relaxed")
    if tl.max(undone.to(tl.int32), 0) != 0:
        tl.atomic_or(state_ptr + _UNDONE, 1, sem="relaxed")
    else:
        tl.store(done, 1)
        for i in tl.static_range(_ROWS):
            _add(sums_ptr, counts_ptr, seen_ptr, slots[i], steps[i], ends[i], 1 << frame)


@triton.jit(do_not_specialize=["shift", "last"])
def _rehash_kernel(
    old_keys_ptr,
    old_sums_ptr,
    old_counts_ptr,
    old_seen_ptr,
    slots,
    keys_ptr,
    sums_ptr,
    counts_ptr,
    seen_ptr,
    state_ptr,
    shift,
    last,
    LANES: tl.constexpr,
):
    """Copy a table into a larger one, that is empty."""
    old = tl.program_id(0).to(tl.int64) * LANES + tl.arange(0, LANES)
    keys = tl.load(old_keys_ptr + old, mask=old < slots, other=_FREE)
    live = keys != _FREE
    new, _, claims = _claim(keys_ptr, keys, live, shift, last, last)
    tl.atomic_add(state_ptr + _USED, tl.sum(claims, 0), sem="relaxed")
    for field in tl.static_range(4):
        tl.store(sums_ptr + new * 4 + field, tl.load(old_sums_ptr + old * 4 + field, mask=live), mask=live)
    tl.store(counts_ptr + new, tl.load(old_counts_ptr + old, mask=live), mask=live)
    tl.store(seen_ptr + new, tl.load(old_seen_ptr + old, mask=live), mask=live)


@dataclass(frozen=True)
class Table:
    """Voxels by their keys, in a power of two of slots, and the state of what was added to them."""

    keys: Tensor  # (C,) int64
    sums: Tensor  # (C, 4) int64
    counts: Tensor  # (C,) int32
    seen: Tensor  # (C,) int32
    state: Tensor  # (3,) int32: slots used, whether a tile is undone, whether a reading is off the grid

    @classmethod
    def empty(cls, slots: int, device: torch.device) -> "Table":
        """Return a table without voxels."""
        keys = torch.full((slots,), _FREE.value, dtype=torch.int64, device=device)
        counts, seen = torch.zeros((2, slots), dtype=torch.int32, device=device)
        return cls(keys, keys.new_zeros(slots, 4), counts, seen, counts.new_zeros(3))

    @property
    def _hash(self) -> tuple[int, int]:
        """How far a hash is shifted, and what is kept of it."""
        slots = self.keys.shape[0]
        return 65 - slots.bit_length(), slots - 1

    def add(
        self,
        depth: Tensor,
        cameras: Tensor,
        poses: Tensor,
        done: Tensor,
        depth_scale: float,
        voxel: float,
        max_depth: float,
    ) -> None:
        """Launch the fusion of a few frames, but for tiles that are done."""
        _, height, width = depth.shape
        launch(
            _fuse_kernel,
            (done.shape[1], done.shape[0]),
            depth,
            *depth.stride(),
            height,
            width,
            cameras,
            poses,
            self.keys,
            self.sums,
            self.counts,
            self.seen,
            self.state,
            done,
            *self._hash,
            _PROBES,
            *map(bits_of, (depth_scale, voxel, max_depth)),
            LANES=_LANES,
            warps=_LANES // 32,
            fused=False,  # each rounding is the reference's: so are the voxels
        )

    def grown(self) -> "Table":
        """Return a table of twice as many slots with the same voxels."""
        slots = self.keys.shape[0]
        larger = Table.empty(2 * slots, self.keys.device)
        launch(
            _rehash_kernel,
            (triton.cdiv(slots, _LANES),),
            self.keys,
            self.sums,
            self.counts,
            self.seen,
            slots,
            larger.keys,
            larger.sums,
            larger.counts,
            larger.seen,
            larger.state,
            *larger._hash,
            warps=_LANES // 32,
            LANES=_LANES,
        )
        return larger

    def voxels(self, min_count: int) -> reference.Voxels:
        """Return the voxels of so many frames, as the reference has them, in no order."""
        kept = self.counts >= min_count
        return self.keys[kept], torch.cat((self.sums[kept], self.counts[kept, None]), 1)


def fuse_depth(
    depth: Tensor,
    intrinsics: Tensor,
    world_from_cam: Tensor,
    depth_scale: float,
    voxel: float,
    min_count: int,
    max_depth: float,
) -> tuple[Tensor, Tensor]:
    frames, height, width = depth.shape
    table = Table.empty(_slots(height * width), depth.device)
    cameras, poses = (values.double().contiguous() for values in (intrinsics, world_from_cam))
    for first in range(0, frames if height * width else 0, _FRAMES):
        some = slice(first, first + _FRAMES)
        table.seen.zero_()
        done = none_done(depth[some])
        undone = True
        while undone:
            table.add(depth[some], cameras[some], poses[some], done, depth_scale, voxel, max_depth)
            used, undone, beyond = table.state.tolist()
            if beyond:
                reference.refuse_beyond(voxel)
            crowded = 2 * used > len(table.keys) and first + _FRAMES < frames
            if undone or crowded:
                table = table.grown()
    return reference.cloud(table.voxels(min_count), voxel, min_count, intrinsics.dtype)


def none_done(depth: Tensor) -> Tensor:
    """Return (F, tiles) int8: which tiles of a few frames are done."""
    frames, height, width = depth.shape
    tiles = triton.cdiv(triton.cdiv(height, _ROWS.value) * width, _LANES)
    return torch.zeros((frames, tiles), dtype=torch.int8, device=depth.device)


def _slots(pixels: int) -> int:
    return max(_LEAST_SLOTS, 1 << (2 * pixels - 1).bit_length())
