"""The angle of a direction, to a few units in the last place and exact at every eighth of a turn."""

import triton
import triton.language as tl

_EIGHTH_TURN = tl.constexpr(0.41421356237309503)  # tan(pi / 8)
_DEGREES = tl.constexpr(57.29577951308232)

# atan(r) / r as a polynomial of r * r for r up to tan(pi / 8), fitted at Chebyshev's points with the first
# coefficient fixed: off by less than 3e-9 and 6e-17
_FLOAT32 = tl.constexpr(
    (
        1.0,
        -0.33333331813419176,
        0.19999550075906206,
        -0.14264232552865877,
        0.10746298432901849,
        -0.0645937627444601,
    )
)
_FLOAT64 = tl.constexpr(
    (
        1.0,
        -0.33333333333333115,
        0.19999999999897317,
        -0.14285714272441488,
        0.11111110317306934,
        -0.09090882678619891,
        0.07691770218687867,
        -0.06659631013612687,
        0.058217342704918386,
        -0.049188782046218286,
        0.03496743086150482,
        -0.01449855863785453,
    )
)


@triton.jit
def _polynomial(x, COEFFICIENTS: tl.constexpr, LAST: tl.constexpr):
    value = tl.full(x.shape, COEFFICIENTS[LAST], x.dtype)
    for n in tl.static_range(LAST):
        value = value * x + COEFFICIENTS[LAST - 1 - n]
    return value


@triton.jit
def _negative(x):
    """Return where the sign bit is set, as it is for -0.0."""
    BITS: tl.constexpr = tl.int64 if x.dtype == tl.float64 else tl.int32
    return x.to(BITS, bitcast=True) < 0


@triton.jit
def atan2_degrees(y, x):
    """Return the angle of the direction (x, y) in [-180, 180], of float32 or float64 tensors of one shape."""
    high, wide = tl.abs(y), tl.abs(x)
    steep = high > wide
    short, long = tl.where(steep, wide, high), tl.where(steep, high, wide)
    # from the nearer of 0 and 45 degrees, so that the polynomial may be short
    far = short > long * _EIGHTH_TURN
    rise, run = tl.where(far, short - long, short), tl.where(far, short + long, long)
    ratio = rise / tl.where(run == 0, 1.0, run)
    square = ratio * ratio
    exact: tl.constexpr = x.dtype == tl.float64
    scale = _polynomial(square, _FLOAT64, 11) if exact else _polynomial(square, _FLOAT32, 5)
    angle = scale * ratio * _DEGREES + tl.where(far, 45.0, 0.0)
    angle = tl.where(steep, 90 - angle, angle)
    angle = tl.where(_negative(x), 180 - angle, angle)
    return tl.where(_negative(y), -angle, angle)
