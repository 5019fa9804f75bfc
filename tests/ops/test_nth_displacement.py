"""nth_displacement: every counted pair of times is found once, by its number."""

import pytest
import torch

from spatialgeom import displacement_counts, nth_displacement
from spatialgeom.errors import DTypeError, ShapeError

OPERATION = "nth_displacement"
EDGES = [0.25, 0.5, 4.0]


def all_numbers(counts):
    """Every (point, bin, number) that exists."""
    held = counts.sum(1)
    triples = [
        (point, index, rank)
        for point in range(held.shape[0])
        for index in range(held.shape[1])
        for rank in range(int(held[point, index]))
    ]
    return torch.tensor(triples, dtype=torch.int64, device=counts.device).reshape(-1, 3).unbind(1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("times", "points"), [(2, 1), (5, 7), (12, 3)])
@pytest.mark.parametrize("edges", [[], [0.0], EDGES])
def test_numbers_name_every_pair_once_and_in_order(backend, device, times, points, edges, dtype):
    rng = torch.Generator().manual_seed(times)
    # multiples of an eighth: many distances lie on edges
    tracks = (torch.randint(0, 9, (times, points, 3), generator=rng) / 8).to(device, dtype)
    tracks[torch.rand(times, points, generator=rng).to(device) < 0.1] = torch.nan
    start, end = (torch.rand(times, points, generator=rng).to(device) < 0.7 for _ in range(2))
    counts = displacement_counts(tracks, start, end, edges)
    point, index, rank = all_numbers(counts)
    first, second = nth_displacement(tracks, counts, end, edges, point, index, rank, backend=backend)
    found = torch.stack((point, index, first, second), 1).tolist()
    assert found == sorted(found)
    assert len(set(map(tuple, found))) == int(counts.sum())
    moved = (tracks[second, point].double() - tracks[first, point].double()).norm(dim=1)
    bounds = torch.tensor([0.0, *edges, torch.inf], dtype=torch.float64, device=device)
    assert (start[first, point] & end[second, point] & (first < second)).all()
    assert ((moved >= bounds[index]) & (moved < bounds[index + 1])).all()


def test_a_number_beyond_the_last_has_no_pair(backend, device):
    tracks = torch.zeros(3, 1, 3, device=device)
    seen = torch.ones(3, 1, dtype=torch.bool, device=device)
    counts = displacement_counts(tracks, seen, seen, [1.0])
    rank = torch.tensor([-1, 0, 2, 3, 0], device=device)
    index = torch.tensor([0, 0, 0, 0, 1], device=device)
    first, second = nth_displacement(tracks, counts, seen, [1.0], 0 * rank, index, rank, backend=backend)
    assert first.tolist() == [-1, 0, 1, -1, -1]
    assert second.tolist() == [-1, 1, 2, -1, -1]


def test_any_number_of_draws(backend, device):
    rng = torch.Generator().manual_seed(0)
    tracks = torch.rand(6, 4, 3, generator=rng).to(device)
    seen = torch.ones(6, 4, dtype=torch.bool, device=device)
    counts = displacement_counts(tracks, seen, seen, EDGES)
    numbers = all_numbers(counts)
    for draws in (0, 1, 33, 10_000):
        picked = torch.randint(len(numbers[0]), (draws,), generator=rng).to(device)
        asked = [value[picked] for value in numbers]
        one = nth_displacement(tracks, counts, seen, EDGES, *asked, backend=backend)
        assert one.first.dtype == one.second.dtype == torch.int64
        whole = nth_displacement(tracks, counts, seen, EDGES, *numbers)
        assert torch.equal(one.first, whole.first[picked])
        assert torch.equal(one.second, whole.second[picked])


def test_no_time_is_no_pair(backend, device):
    tracks, seen = torch.zeros(0, 2, 3, device=device), torch.zeros(0, 2, dtype=torch.bool, device=device)
    counts = displacement_counts(tracks, seen, seen, [])
    zero = torch.zeros(1, dtype=torch.int64, device=device)
    assert nth_displacement(tracks, counts, seen, [], zero, zero, zero, backend=backend).first.tolist() == [
        -1
    ]


def test_refusals():
    tracks = torch.zeros(4, 2, 3)
    seen = torch.ones(4, 2, dtype=torch.bool)
    counts = displacement_counts(tracks, seen, seen, EDGES)
    zero, two = torch.zeros(1, dtype=torch.int64), torch.full((1,), 2)
    with pytest.raises(ShapeError, match=r"counts must be \(N, T, 2\), one more than edges; got \(2, 4, 4\)"):
        nth_displacement(tracks, counts, seen, [0.1], zero, zero, zero)
    with pytest.raises(ShapeError, match="nth_displacement: rank must be"):
        nth_displacement(tracks, counts, seen, EDGES, zero, zero, torch.zeros(2, dtype=torch.int64))
    with pytest.raises(DTypeError, match="nth_displacement: counts must be"):
        nth_displacement(tracks, counts.float(), seen, EDGES, zero, zero, zero)
    with pytest.raises(ValueError, match=r"nth_displacement: point must be in 0..1, got 2..2"):
        nth_displacement(tracks, counts, seen, EDGES, two, zero, zero)
    with pytest.raises(ValueError, match=r"nth_displacement: index must be in 0..3, got -1..-1"):
        nth_displacement(tracks, counts, seen, EDGES, zero, zero - 1, zero)
    with pytest.raises(ValueError, match="nth_displacement: edges must ascend from 0 or more"):
        nth_displacement(tracks, counts, seen, [1.0, 0.5, 2.0], zero, zero, zero)
