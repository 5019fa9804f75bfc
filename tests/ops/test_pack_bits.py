"""pack_bits and unpack_bits: bit order, inverse, spare bits, and refusals."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgeom import pack_bits, unpack_bits
from spatialgeom.errors import DTypeError, ShapeError

OPERATION = "pack_bits"
RAGGED = (0, 1, 31, 33, 63, 64, 65, 257)


def random_mask(seed, *shape):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) < 0.5


def python_words(row):
    """Return a row's words by Python's unbounded integers, as signed 64-bit ones."""
    number = sum(1 << p for p, present in enumerate(row) if present)
    words = [number >> 64 * w & (1 << 64) - 1 for w in range(-(-len(row) // 64))]
    return [word - (1 << 64) if word >> 63 else word for word in words]


@pytest.mark.parametrize("point", [0, 1, 62, 63, 64, 127, 128])
def test_one_point_is_one_bit(backend, device, point):
    mask = torch.zeros(129, dtype=torch.bool, device=device)
    mask[point] = True
    words = pack_bits(mask, backend=backend)
    expected = [0, 0, 0]
    expected[point // 64] = -(2**63) if point % 64 == 63 else 2 ** (point % 64)
    assert words.dtype == torch.int64
    assert words.tolist() == expected


@given(seed=st.integers(0, 2**31), count=st.sampled_from(RAGGED))
@settings(max_examples=25, deadline=None)
def test_agrees_with_python_integers(backend, device, seed, count):
    mask = random_mask(seed, 3, count)
    words = pack_bits(mask.to(device), backend=backend)
    assert words.tolist() == [python_words(row) for row in mask.tolist()]


@pytest.mark.parametrize("count", [1, 33, 64, 257])
def test_agrees_with_numpy(backend, device, count):
    mask = random_mask(count, 5, count)
    octets = np.packbits(mask.numpy(), axis=1, bitorder="little")
    octets = np.pad(octets, ((0, 0), (0, -octets.shape[1] % 8)))
    assert np.array_equal(pack_bits(mask.to(device), backend=backend).cpu().numpy(), octets.view("<i8"))


@pytest.mark.parametrize("batch", [(), (0,), (4,), (2, 0), (2, 3)])
@pytest.mark.parametrize("count", RAGGED)
def test_unpacking_is_the_inverse(backend, device, batch, count):
    mask = random_mask(1, *batch, count).to(device)
    words = pack_bits(mask, backend=backend)
    assert words.shape == (*batch, -(-count // 64))
    back = unpack_bits(words, count, backend=backend)
    assert back.dtype == torch.bool
    assert torch.equal(back, mask)


def test_spare_bits_are_zero(backend, device):
    words = pack_bits(torch.ones(2, 65, dtype=torch.bool, device=device), backend=backend)
    assert words.tolist() == [[-1, 1], [-1, 1]]


def test_takes_any_strides(backend, device):
    mask = random_mask(2, 130, 6).to(device)
    words = pack_bits(mask.T[::2], backend=backend)
    assert torch.equal(words, pack_bits(mask.T[::2].contiguous(), backend=backend))
    columns = words.repeat_interleave(2, 1)[:, ::2]
    assert torch.equal(unpack_bits(columns, 130, backend=backend), mask.T[::2])
    shared = mask.T[:1].expand(4, 130)
    assert torch.equal(unpack_bits(pack_bits(shared, backend=backend), 130, backend=backend), shared)


@pytest.mark.parametrize(
    ("mask", "error", "message"),
    [
        (torch.tensor(True), ShapeError, "pack_bits: mask must be (..., N); got ()"),
        (torch.zeros(3), DTypeError, "pack_bits: mask must be bool, got torch.float32"),
        ([True], DTypeError, "pack_bits: mask must be a Tensor, got list"),
    ],
)
def test_refuses_what_is_not_a_mask(mask, error, message):
    with pytest.raises(error, match=re.escape(message)):
        pack_bits(mask)


@pytest.mark.parametrize("count", [-1, 0, 64, 129])
def test_refuses_a_count_that_needs_other_words(count):
    message = f"unpack_bits: count must need W = 2 words of 64 bits; got {count}"
    with pytest.raises(ShapeError, match=re.escape(message)):
        unpack_bits(torch.zeros(3, 2, dtype=torch.int64), count)


def test_refuses_words_of_another_type():
    with pytest.raises(
        DTypeError, match=r"unpack_bits: words must be int64 \(packed bits\), got torch.int32"
    ):
        unpack_bits(torch.zeros(1, dtype=torch.int32), 64)
