"""displacement_counts: every pair of times counts once, at the earlier, in the bin that its edges say."""

import numpy as np
import pytest
import torch

from spatialgeom import displacement_counts
from spatialgeom.errors import DTypeError, ShapeError

OPERATION = "displacement_counts"
EDGES = [0.25, 0.5, 4.0]


def everywhere(tracks):
    return torch.ones(tracks.shape[:2], dtype=torch.bool, device=tracks.device)


def by_hand(tracks, start, end, edges):
    tracks, start, end = (value.cpu().numpy() for value in (tracks.double(), start, end))
    counts = np.zeros((tracks.shape[1], tracks.shape[0], len(edges) + 1), int)
    for point in range(tracks.shape[1]):
        for first in range(len(tracks)):
            for second in range(first + 1, len(tracks)):
                there, here = tracks[second, point], tracks[first, point]
                known = np.isfinite(there).all() and np.isfinite(here).all()
                if known and start[first, point] and end[second, point]:
                    moved = np.linalg.norm(there - here)
                    counts[point, first, np.searchsorted(edges, moved, side="right")] += 1
    return counts


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_distance_on_an_edge_is_above_it(backend, device, dtype):
    eps = torch.finfo(dtype).eps
    places = [0.0, 0.25 * (1 - eps), 0.25, 0.5, 4.0]
    tracks = torch.zeros((len(places), 1, 3), dtype=dtype, device=device)
    tracks[:, 0, 1] = torch.tensor(places, dtype=dtype)
    start = everywhere(tracks)
    start[1:] = False
    counts = displacement_counts(tracks, start, everywhere(tracks), EDGES, backend=backend)
    assert counts[0, 0].tolist() == [1, 1, 1, 1]
    assert not counts[0, 1:].any()


@pytest.mark.parametrize(("times", "points"), [(0, 3), (1, 3), (3, 0), (2, 1), (7, 33), (31, 5)])
@pytest.mark.parametrize("edges", [[], [0.0], EDGES])
def test_counts_are_those_of_loops(backend, device, times, points, edges):
    rng = torch.Generator().manual_seed(times)
    # multiples of an eighth: many distances lie on edges
    tracks = torch.randint(0, 9, (times, points, 3), generator=rng).float() / 8
    tracks[torch.rand(times, points, generator=rng) < 0.1] = torch.nan
    tracks[torch.rand(times, points, generator=rng) < 0.05] = torch.inf
    start, end = (torch.rand(times, points, generator=rng) < 0.7 for _ in range(2))
    counts = displacement_counts(*(v.to(device) for v in (tracks, start, end)), edges, backend=backend)
    assert counts.dtype == torch.int32
    np.testing.assert_array_equal(counts.cpu().numpy(), by_hand(tracks, start, end, edges))


def test_strides_do_not_matter(backend, device):
    rng = torch.Generator().manual_seed(1)
    tracks = torch.rand(3, 40, 12, generator=rng).permute(2, 1, 0)[::2].to(device)
    mask = (torch.rand(40, 12, generator=rng) < 0.6).T[::2].to(device)
    strided = displacement_counts(tracks, mask, mask, EDGES, backend=backend)
    whole = displacement_counts(tracks.contiguous(), mask.contiguous(), mask.contiguous(), EDGES)
    assert torch.equal(strided, whole)


def test_every_pair_counts_once(backend, device):
    tracks = torch.rand(20, 17, 3, device=device, generator=torch.Generator(device).manual_seed(2))
    counts = displacement_counts(tracks, everywhere(tracks), everywhere(tracks), EDGES, backend=backend)
    assert (counts.sum((1, 2)) == 20 * 19 // 2).all()


def test_refusals():
    tracks = torch.zeros(4, 2, 3)
    seen = everywhere(tracks)
    with pytest.raises(ShapeError, match="displacement_counts: end must be"):
        displacement_counts(tracks, seen, seen[:3], EDGES)
    with pytest.raises(DTypeError, match="displacement_counts: start must be bool"):
        displacement_counts(tracks, seen.int(), seen, EDGES)
    for edges in ([1.0, 1.0], [2.0, 1.0], [-1.0], [float("nan")], [float("inf")]):
        with pytest.raises(ValueError, match="edges must ascend from 0 or more"):
            displacement_counts(tracks, seen, seen, edges)
