"""Blocks of points against the views of frames: boxes, planes, and which frames a block can reach.

A block is left out only where rounding cannot bring one of its points back into view, so that results do not
change. Camera matrices are gathered on the way, times the poses where the kernel projects in one step.
"""

import triton
import triton.language as tl
from torch import Tensor

from spatialgeom.backends.triton._language import bits_of, launch, real

# sizes and bits of scalars: code made for a value of theirs is no faster, and is compiled for each
_VARIES = "frames near left right top bottom scale_u shift_u scale_v shift_v"
FRAMES = tl.constexpr(32)  # that one program looks at: a bit of a word each
CAMERA = tl.constexpr(16)  # numbers of a frame: three rows of the pose, centre, focal lengths
_PLANES = tl.constexpr(5)  # near, left, right, top, bottom
_NUMBERS = tl.constexpr(5)  # of a plane: normal, offset, slack per metre from the origin
_LANES = 128
# no sum of a projection is off by more than 12 roundings of its terms' magnitudes
_SLACK = tl.constexpr(32 * 2.0**-24)


@triton.jit(do_not_specialize=["count"])
def _box_kernel(points_ptr, per_point, per_axis, count, box_ptr, BLOCK: tl.constexpr):
    block, blocks = tl.program_id(0), tl.num_programs(0)
    n = block.to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    there = n < count
    x = tl.load(points_ptr + n * per_point, mask=there, other=float("nan"))
    y = tl.load(points_ptr + n * per_point + per_axis, mask=there, other=float("nan"))
    z = tl.load(points_ptr + n * per_point + 2 * per_axis, mask=there, other=float("nan"))
    finite = (tl.abs(x) < float("inf")) & (tl.abs(y) < float("inf")) & (tl.abs(z) < float("inf"))
    reach = tl.zeros((), points_ptr.dtype.element_ty)
    for axis in tl.static_range(3):
        values = x if axis == 0 else (y if axis == 1 else z)
        low = tl.min(tl.where(finite, values, float("inf")), 0)
        high = tl.max(tl.where(finite, values, float("-inf")), 0)
        tl.store(box_ptr + axis * blocks + block, 0.5 * low + 0.5 * high)
        tl.store(box_ptr + (3 + axis) * blocks + block, 0.5 * high - 0.5 * low)
        reach += tl.where(low <= high, tl.maximum(tl.abs(low), tl.abs(high)), -1.0)
    tl.store(box_ptr + 6 * blocks + block, reach)


def boxes(points: Tensor, block: int) -> Tensor:
    """Return centre, half extent and reach of the finite points of each block, (7, blocks).

    Reach is an upper bound of their distance from the origin, negative where there are none.
    """
    count = points.shape[0]
    bounds = points.new_empty((7, triton.cdiv(count, block)))
    launch(_box_kernel, bounds.shape[1:], points, *points.stride(), count, bounds, warps=1, BLOCK=block)
    return bounds


@triton.jit
def _plane(plane_ptr, frames, there, a, b, offset, slope):
    # a * x + b * z + offset = 0 of camera coordinates, slack included
    for axis in tl.static_range(3):
        tl.store(plane_ptr + axis * frames, a[axis] + b[axis], mask=there)
    tl.store(plane_ptr + 3 * frames, offset, mask=there)
    tl.store(plane_ptr + 4 * frames, slope, mask=there)


@triton.jit
def _size(row):
    """Return an upper bound of a row's length, without a root."""
    return tl.abs(row[0]) + tl.abs(row[1]) + tl.abs(row[2])


@triton.jit(do_not_specialize=_VARIES.split())
def _view_kernel(
    pose_ptr,
    pose_frame,
    pose_row,
    pose_column,
    matrix_ptr,
    matrix_frame,
    matrix_row,
    matrix_column,
    frames,
    near,
    left,
    right,
    top,
    bottom,
    scale_u,
    shift_u,
    scale_v,
    shift_v,
    camera_ptr,  # (F, 16)
    plane_ptr,  # (25, F)
    FOLDED: tl.constexpr,
    LANES: tl.constexpr,
):
    f = tl.program_id(0) * LANES + tl.arange(0, LANES)
    there = f < frames
    pose = pose_ptr + f.to(tl.int64) * pose_frame
    matrix = matrix_ptr + f.to(tl.int64) * matrix_frame
    camera = camera_ptr + f.to(tl.int64) * CAMERA
    rows = ()
    for i in tl.static_range(12):
        number = tl.load(pose + (i // 4) * pose_row + (i % 4) * pose_column, mask=there, other=0.0)
        rows += (number.to(tl.float64),)
    depth = (rows[8], rows[9], rows[10])
    limit = real(near, tl.float64)
    offset = rows[11] - limit + tl.abs(rows[11]) * _SLACK
    _plane(plane_ptr + f, frames, there, (0.0, 0.0, 0.0), depth, offset, _size(depth) * _SLACK)
    skew = tl.load(matrix + matrix_column, mask=there, other=0.0)
    for axis in tl.static_range(2):
        focal = tl.load(matrix + axis * (matrix_row + matrix_column), mask=there, other=0.0)
        # other backends refuse skew; here that would wait for the device, so such a frame sees nothing
        focal = tl.where(skew == 0.0, focal, float("nan")).to(tl.float64)
        centre = tl.load(matrix + axis * matrix_row + 2 * matrix_column, mask=there, other=0.0).to(tl.float64)
        low = real(left if axis == 0 else top, tl.float64)
        high = real(right if axis == 0 else bottom, tl.float64)
        if FOLDED:
            scale = real(scale_u if axis == 0 else scale_v, tl.float64)
            shift = real(shift_u if axis == 0 else shift_v, tl.float64)
            focal, centre = focal * scale, centre * scale + shift
        row = (focal * rows[4 * axis], focal * rows[4 * axis + 1], focal * rows[4 * axis + 2])
        moved = focal * rows[4 * axis + 3]
        for side in tl.static_range(2):
            edge = centre - low if side == 0 else centre - high
            sign = 1.0 if side == 0 else -1.0
            slack = (tl.abs(centre) + tl.abs(low if side == 0 else high)) * _SLACK
            offset = sign * (moved + edge * rows[11]) + tl.abs(moved) * _SLACK + slack * tl.abs(rows[11])
            across = (sign * row[0], sign * row[1], sign * row[2])
            along = (sign * edge * depth[0], sign * edge * depth[1], sign * edge * depth[2])
            target = plane_ptr + frames * (_NUMBERS * (1 + 2 * axis + side)) + f
            _plane(target, frames, there, across, along, offset, _size(row) * _SLACK + slack * _size(depth))
        for i in tl.static_range(4):
            number = rows[4 * axis + i]
            tl.store(camera + 4 * axis + i, focal * number if FOLDED else number, mask=there)
            if axis == 0:
                tl.store(camera + 8 + i, rows[8 + i], mask=there)
        tl.store(camera + 12 + axis, centre, mask=there)
        tl.store(camera + 14 + axis, focal, mask=there)


def views(
    cam_from_world: Tensor,
    intrinsics: Tensor,
    borders: tuple[float, ...],
    maps: tuple[tuple[float, float], tuple[float, float]],
    folded: bool,
) -> tuple[Tensor, Tensor]:
    """Return camera numbers (F, 16) and the planes around the views (25, F).

    Args:
        cam_from_world: Poses, (F, 4, 4).
        intrinsics: Pinhole matrices, (F, 3, 3).
        borders: Near plane, then left, right, top and bottom in the pixels that are projected to.
        maps: Scale and shift, for u and v, to those pixels; only where ``folded``.
        folded: Whether rows of the pose are multiplied by the focal lengths.
    """
    frames = cam_from_world.shape[0]
    cameras = cam_from_world.new_empty((frames, CAMERA.value))
    planes = cam_from_world.new_empty((_PLANES.value * _NUMBERS.value, frames))
    launch(
        _view_kernel,
        (triton.cdiv(frames, _LANES),),
        cam_from_world,
        *cam_from_world.stride(),
        intrinsics,
        *intrinsics.stride(),
        frames,
        *map(bits_of, (*borders, *maps[0], *maps[1])),
        cameras,
        planes,
        warps=4,
        FOLDED=folded,
        LANES=_LANES,
    )
    return cameras, planes


@triton.jit
def reached(box_ptr, block, blocks, plane_ptr, frame, frames):
    """Return whether the view of each ``frame`` may hold a point of ``block``; never too rarely."""
    box = box_ptr + block
    x, y, z = tl.load(box), tl.load(box + blocks), tl.load(box + 2 * blocks)
    dx, dy, dz = tl.load(box + 3 * blocks), tl.load(box + 4 * blocks), tl.load(box + 5 * blocks)
    reach = tl.load(box + 6 * blocks)
    there = frame < frames
    kept = tl.where(reach >= 0.0, there, False)
    for k in tl.static_range(_PLANES):
        plane = plane_ptr + frames * (_NUMBERS * k) + frame
        a = tl.load(plane, mask=there, other=0.0)
        b = tl.load(plane + frames, mask=there, other=0.0)
        c = tl.load(plane + 2 * frames, mask=there, other=0.0)
        offset = tl.load(plane + 3 * frames, mask=there, other=0.0)
        slope = tl.load(plane + 4 * frames, mask=there, other=0.0)
        beyond = a * x + b * y + c * z + offset
        beyond += tl.abs(a) * dx + tl.abs(b) * dy + tl.abs(c) * dz + slope * reach
        # a number that overflowed into NaN leaves out nothing
        kept &= (beyond < 0.0) == 0
    return kept
