"""morton_order: a permutation along the curve, stable, with what is not finite at its end."""

import math
import re

import pytest
import torch

from spatialgeom import morton_order
from spatialgeom._morton import BITS, morton_codes
from spatialgeom.errors import DTypeError, ShapeError


def plain_code(cell):
    return sum(
        (int(c) >> bit & 1) << (3 * bit + 2 - axis) for bit in range(BITS) for axis, c in enumerate(cell)
    )


def test_codes_interleave_bits():
    rng = torch.Generator().manual_seed(0)
    cells = torch.randint(1 << BITS, (300, 3), generator=rng)
    cells[:4] = torch.tensor([[0, 0, 0], [(1 << BITS) - 1] * 3, [1 << BITS - 1, 0, 0], [0, 0, 1]])
    codes = morton_codes(cells)
    assert codes.tolist() == [plain_code(cell) for cell in cells.tolist()]
    assert codes[1] == 2**63 - 1


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("count", [0, 1, 31, 33, 257])
def test_sorts_along_the_curve(count, dtype):
    rng = torch.Generator().manual_seed(count)
    points = torch.randn(count, 3, generator=rng, dtype=torch.float64).to(dtype) * torch.tensor(
        [9, 3, 1], dtype=dtype
    )
    order = morton_order(points)
    assert order.dtype == torch.int64
    assert sorted(order.tolist()) == list(range(count))
    if count > 1:
        low = points.double().amin(0)
        side = (points.double().amax(0) - low).amax()
        cells = ((points.double() - low) / side * 2**BITS).floor().clamp(max=2**BITS - 1).long()
        codes = [plain_code(cell) for cell in cells[order].tolist()]
        assert codes == sorted(codes)


def test_eight_octants_come_in_order():
    octants = torch.tensor([[x, y, z] for x in (0.0, 1) for y in (0.0, 1) for z in (0.0, 1)])
    shuffle = torch.tensor([3, 1, 7, 0, 6, 2, 5, 4])
    assert torch.equal(octants[shuffle][morton_order(octants[shuffle])], octants)


def test_is_stable_and_puts_what_is_not_finite_last():
    same = torch.tensor([1.0, 1, 1])
    other = torch.tensor([0.0, 0, 0])
    points = torch.stack((same, same * math.nan, other, same, same * -math.inf, other, same))
    assert morton_order(points).tolist() == [2, 5, 0, 3, 6, 1, 4]
    assert morton_order(torch.full((3, 3), math.nan)).tolist() == [0, 1, 2]
    assert morton_order(torch.ones(4, 3)).tolist() == [0, 1, 2, 3]


def test_takes_any_strides():
    rng = torch.Generator().manual_seed(1)
    points = torch.randn(3, 66, generator=rng).T
    assert torch.equal(morton_order(points[::2]), morton_order(points[::2].contiguous()))


@pytest.mark.parametrize(
    ("points", "error", "message"),
    [
        (torch.zeros(5, 2), ShapeError, "points must be (N, 3); got (5, 2)"),
        (torch.zeros(5, 3).long(), DTypeError, "points must be floating point, got torch.int64"),
        (torch.zeros(5, 3).requires_grad_(), DTypeError, "has no gradient; pass tensors through .detach()"),
    ],
)
def test_refuses(points, error, message):
    with pytest.raises(error, match=re.escape(f"morton_order: {message}")):
        morton_order(points)
