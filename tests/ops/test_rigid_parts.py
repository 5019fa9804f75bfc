"""rigid_clusters tells apart what moves, slow or fast and in noise, and never takes two people for one."""

import math

import numpy as np
import pytest
import torch

from spatialgeom import distance_change, rigid_clusters

OPERATION = "rigid_clusters"
# joints of one skeleton after the other, each from the neck on, with those never tracked
PERSON = torch.tensor([0] * 17 + [1] * 14 + [2] * 16)


def _sliding(seed, speeds_cm, noise_mm, apart_m=0.5, frames=150):
    """Return three parts of 20 to 60 points and 10 to 30 cm that slide at right angles to one another."""
    rng = np.random.default_rng(seed)
    part = rng.permutation(np.repeat(np.arange(3), rng.integers(20, 61, 3)))
    shape = rng.uniform(-0.5, 0.5, (len(part), 3)) * rng.uniform(0.1, 0.3, (3, 1))[part]
    step = np.linalg.qr(rng.normal(size=(3, 3)))[0] * np.array(speeds_cm)[:, None] / 100
    start = apart_m / math.sqrt(2) * np.eye(3)
    tracks = np.arange(frames)[:, None, None] * step[part] + start[part] + shape
    return torch.from_numpy(tracks + rng.normal(size=tracks.shape) * noise_mm / 1000), part


def _rand_index(truth, found):
    """Return the adjusted Rand index, by pairs of points; who is in no part is alone."""
    alike = truth[:, None] == truth
    joined = (found[:, None] == found) & (found >= 0)
    upper = np.triu(np.ones_like(alike), 1)
    a, b, both = (pairs[upper].sum() for pairs in (alike, joined, alike & joined))
    chance = a * b / upper.sum()
    return (both - chance) / ((a + b) / 2 - chance)


def test_the_index_of_agreement():
    truth = np.array([0, 0, 0, 1, 1, 1])
    assert _rand_index(truth, np.array([5, 5, 5, 2, 2, 2])) == 1
    assert _rand_index(truth, np.zeros(6)) == 0
    # 2 of 6 and 3 joined pairs agree, 1.2 by chance
    assert _rand_index(truth, np.array([0, 0, 1, 1, 2, 2])) == pytest.approx((2 - 1.2) / (4.5 - 1.2))
    assert _rand_index(truth, np.array([0, 0, 1, 1, 2, -1])) == pytest.approx((1 - 0.8) / (4 - 0.8))


@pytest.mark.parametrize("noise_mm", [0, 2, 5])
@pytest.mark.parametrize("speeds_cm", [(0, 3, 3), (0, 1, 1), (0, 0.4, 0.4), (3, 1, 0.4)])
def test_slow_and_fast_parts_are_told_apart_in_noise(backend, device, speeds_cm, noise_mm):
    for seed in range(3):
        # apart, and so close that motion alone tells them apart
        for apart_m in (0.5, 0.1):
            tracks, part = _sliding(seed, speeds_cm, noise_mm, apart_m)
            tracks = tracks.float().to(device)
            seen = torch.rand(tracks.shape[:2], generator=torch.Generator().manual_seed(seed)) < 0.7
            for visible in (None, seen.to(device)):
                found = rigid_clusters(tracks, visible, backend=backend)
                assert _rand_index(part, found.cpu().numpy()) >= 0.95


def test_the_path_merges_the_slow_and_shatters_the_noisy(backend, device):
    slow, noisy = _sliding(0, (0, 0.4, 0.4), 0)[0], _sliding(0, (0, 3, 3), 5)[0]
    labels = [rigid_clusters(x.to(device), measure="path", backend=backend).cpu() for x in (slow, noisy)]
    assert (labels[0] == 0).all()
    assert (labels[1] == -1).all()


@pytest.fixture(scope="module")
def people(panoptic):
    with np.load(panoptic) as data:
        return torch.from_numpy(data["tracks_XYZ"]), torch.from_numpy(data["visibility"])


def _owners(labels):
    """Return the people whose joints are in each part."""
    return [set(PERSON[labels == part].tolist()) for part in range(int(labels.max()) + 1)]


# two joints of two people that keep their distance come as near as 38 cm
@pytest.mark.parametrize("max_gap", [None, 0.05, 0.1, 0.15, 0.2, 0.25, 0.28, 0.3, 0.32, 0.35, 0.38])
def test_no_part_mixes_two_people(backend, device, people, max_gap):
    tracks, visible = (tensor.to(device) for tensor in people)
    labels = rigid_clusters(tracks, visible, min_size=2, max_gap=max_gap, backend=backend).cpu()
    assert all(len(owners) == 1 for owners in _owners(labels))
    assert (labels[~people[1].any(0)] == -1).all()


def test_each_of_three_people_is_found(backend, device, people):
    tracks, visible = (tensor.to(device) for tensor in people)
    labels = rigid_clusters(tracks, visible, min_size=2, backend=backend).cpu()
    # who sits still is one part; of who bows the trunk, the hips and an arm are
    assert _owners(labels) == [{0}, {2}, {1}, {1}, {1}]
    assert (labels == 0).sum() == 16
    change = distance_change(tracks, visible, backend=backend).cpu()
    assert all(change[labels == part][:, labels == part].nanmean() < 0.1 for part in range(5))


def test_without_a_longest_step_resting_limbs_of_others_join_who_sits_still(backend, device, people):
    tracks, visible = (tensor.to(device) for tensor in people)
    labels = rigid_clusters(tracks, visible, min_size=2, max_gap=math.inf, backend=backend).cpu()
    assert _owners(labels)[0] == {0, 1, 2}


def test_a_kitchen_at_rest_does_not_shatter(backend, device, panoptic):
    file = panoptic.parents[1] / "adt_kitchen" / "tracks.npz"
    if not file.is_file():
        pytest.skip(f"needs real data in {file}")
    with np.load(file) as data:
        tracks, visible = torch.from_numpy(data["tracks_XYZ"]), torch.from_numpy(data["visibility"])
    labels = rigid_clusters(tracks.to(device), visible.to(device), backend=backend).cpu()
    assert labels.max() < 10
    assert (labels >= 0).float().mean() > 0.95
