"""rigid_clusters: synthetic and real parts, SciPy's linkage as the oracle, order of labels, and refusals."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist, squareform

from spatialgeom import distance_change, rigid_clusters
from spatialgeom.errors import BackendError, DTypeError, ShapeError

OPERATION = "rigid_clusters"
PART_SIZES = (9, 14, 11)


def _rotations(rng, count, degrees):
    """Return rotations about random axes, each further by up to ``degrees`` than the one before."""
    axis = rng.normal(size=3)
    x, y, z = axis / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angles = np.radians(np.cumsum(rng.uniform(0.5, 1, count) * degrees))[:, None, None]
    return np.eye(3) + np.sin(angles) * cross + (1 - np.cos(angles)) * cross @ cross


def _three_parts(seed, frames=20, noise_m=0.0):
    """Return tracks of three interleaved parts that move rigidly, each its own way, and each point's part."""
    rng = np.random.default_rng(seed)
    part = rng.permutation(np.repeat(np.arange(3), PART_SIZES))
    tracks = np.empty((frames, len(part), 3))
    for index in range(3):
        shape = rng.uniform(-0.5, 0.5, (PART_SIZES[index], 3))
        drift = np.cumsum(rng.uniform(-0.1, 0.1, (frames, 1, 3)), 0) + rng.uniform(-3, 3, 3)
        turned = np.einsum("tij,nj->tni", _rotations(rng, frames, 12), shape)
        tracks[:, part == index] = turned + drift
    tracks += rng.normal(0, noise_m, tracks.shape)
    return torch.from_numpy(tracks), torch.from_numpy(part)


def _canonical(labels, min_size):
    """Renumber labels as rigid_clusters does, one at a time."""
    groups = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    groups = sorted((g for g in groups if len(g) >= min_size), key=lambda group: (-len(group), group[0]))
    result = np.full(len(labels), -1)
    for number, group in enumerate(groups):
        result[group] = number
    return result.tolist()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_three_parts(backend, device, dtype, seed):
    tracks, part = _three_parts(seed, noise_m=0.001)
    labels = rigid_clusters(tracks.to(device, dtype), backend=backend)
    assert labels.dtype == torch.int64
    # 14, 11 and 9 points: falling size
    assert labels.tolist() == torch.tensor([2, 0, 1])[part].tolist()


def test_missing_frames_and_positions(backend, device):
    tracks, part = _three_parts(7)
    generator = torch.Generator().manual_seed(0)
    visible = torch.rand(tracks.shape[:2], generator=generator) < 0.7
    expected = torch.tensor([2, 0, 1])[part].tolist()
    nowhere = tracks.masked_fill(~visible[..., None], torch.nan)
    anywhere = 1e6 * torch.rand(tracks.shape, generator=generator, dtype=torch.float64)
    wild = torch.where(visible[..., None], tracks, anywhere)
    assert rigid_clusters(nowhere.to(device), backend=backend).tolist() == expected
    assert rigid_clusters(wild.to(device), visible.to(device), backend=backend).tolist() == expected


def test_a_rigid_motion_of_the_whole_changes_nothing(backend, device):
    tracks, _ = _three_parts(2)
    rng = np.random.default_rng(3)
    moved = np.einsum("tij,tnj->tni", _rotations(rng, 20, 40), tracks.numpy()) + rng.normal(size=(20, 1, 3))
    labels = rigid_clusters(tracks.to(device), backend=backend)
    assert torch.equal(rigid_clusters(torch.from_numpy(moved).to(device), backend=backend), labels)


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(2, 30),
    min_size=st.integers(1, 4),
    threshold=st.floats(0.01, 1),
)
def test_agrees_with_linkage_of_dense_distances(backend, device, seed, count, min_size, threshold):
    rng = np.random.default_rng(seed)
    tracks = rng.normal(size=(1, count, 3)) + np.cumsum(rng.normal(0, 0.05, (5, count, 3)), 0)
    distance = np.array([pdist(frame) for frame in tracks])
    labels = rigid_clusters(
        torch.from_numpy(tracks).to(device), threshold=threshold, min_size=min_size, backend=backend
    )
    tree = linkage(distance.max(0) - distance.min(0), "average")
    assert labels.tolist() == _canonical(fcluster(tree, threshold, "distance"), min_size)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(2, 30), measure=st.sampled_from(["range", "path"]))
def test_a_pair_without_a_change_counts_as_the_cut(backend, device, seed, count, measure):
    rng = np.random.default_rng(seed)
    tracks = torch.from_numpy(rng.normal(size=(1, count, 3)) + rng.normal(0, 0.06, (4, count, 3)))
    visible = torch.from_numpy(rng.random((4, count)) < 0.6)
    tracks, visible = tracks.to(device), visible.to(device)
    change = distance_change(tracks, visible, measure=measure, backend=backend).cpu().numpy()
    # a hair above, or rounding would decide whether such pairs alone join groups: see the next tests
    change = np.where(np.isnan(change), 0.1 * (1 + 1e-9), change)
    tree = linkage(squareform(change, checks=False), "average")
    expected = _canonical(fcluster(tree, 0.1, "distance"), 2)
    labels = rigid_clusters(tracks, visible, measure=measure, min_size=2, backend=backend)
    assert labels.tolist() == expected


@pytest.mark.parametrize("threshold", [0.1, 0.3, 1 / 3, 0.7])
def test_groups_never_seen_together_stay_apart(backend, device, threshold):
    visible = torch.tensor([[1] * 30 + [0] * 23] * 2 + [[0] * 30 + [1] * 23] * 2, device=device).bool()
    tracks = torch.zeros(4, 53, 3, device=device)
    labels = rigid_clusters(tracks, visible, threshold=threshold, backend=backend)
    assert labels.tolist() == [0] * 30 + [1] * 23


@pytest.mark.parametrize("frames_seen", [0, 1])
def test_a_point_never_measured_is_in_no_part(backend, device, frames_seen):
    visible = torch.ones(4, 9, dtype=torch.bool, device=device)
    visible[frames_seen:, 4] = False
    labels = rigid_clusters(torch.zeros(4, 9, 3, device=device), visible, backend=backend)
    assert labels.tolist() == [0, 0, 0, 0, -1, 0, 0, 0, 0]


def test_points_never_seen_together_join_through_others(backend, device):
    visible = torch.ones(4, 5, dtype=torch.bool, device=device)
    visible[:2, 0] = False
    visible[2:, 1] = False
    labels = rigid_clusters(torch.zeros(4, 5, 3, device=device), visible, min_size=5, backend=backend)
    assert labels.tolist() == [0] * 5


def _grows_by(change, device):
    tracks = torch.zeros(2, 2, 3, dtype=torch.float64, device=device)
    tracks[:, 1, 0] = torch.tensor([1, 1 + change], dtype=torch.float64)
    return tracks


def test_the_cut_itself_joins(backend, device):
    for change, labels in ((0.125, [0, 0]), (0.125 + 2**-40, [-1, -1])):
        found = rigid_clusters(_grows_by(change, device), threshold=0.125, min_size=2, backend=backend)
        assert found.tolist() == labels
    assert rigid_clusters(_grows_by(0.0999, device), min_size=2, backend=backend).tolist() == [0, 0]
    assert rigid_clusters(_grows_by(0.1001, device), min_size=2, backend=backend).tolist() == [-1, -1]


def test_a_part_needs_six_points_by_default(backend, device):
    start = torch.arange(11.0, device=device)[:, None] * torch.tensor([1.0, 0, 0], device=device)
    tracks = torch.stack((start, start.clone()))
    tracks[1, 6:] += 5
    assert rigid_clusters(tracks, backend=backend).tolist() == [0] * 6 + [-1] * 5
    assert rigid_clusters(tracks, min_size=5, backend=backend).tolist() == [0] * 6 + [1] * 5
    assert rigid_clusters(tracks, min_size=7, backend=backend).tolist() == [-1] * 11


def test_equal_sizes_are_in_the_order_of_their_lowest_members(backend, device):
    home = torch.tensor([2, 0, 1, 2, 0, 0, 1, 1, 2, 3, 3, 3, 3, 4], device=device)
    start = 100.0 * home[:, None] * torch.eye(3, device=device)[0]
    labels = rigid_clusters(torch.stack((start, start * 2)), min_size=3, backend=backend)
    assert labels.tolist() == [1, 2, 3, 1, 2, 2, 3, 3, 1, 0, 0, 0, 0, -1]


def test_the_range_sees_slow_motion_and_ignores_noise(backend, device):
    slow = torch.zeros(60, 12, 3, dtype=torch.float64, device=device)
    slow[:, 6:, 0] = 1 + 0.009 * torch.arange(60, device=device)[:, None]
    two, one = [0] * 6 + [1] * 6, [0] * 12
    assert rigid_clusters(slow, backend=backend).tolist() == two
    assert rigid_clusters(slow, measure="path", backend=backend).tolist() == one
    assert rigid_clusters(slow, measure="path", ignore_below=0.008, backend=backend).tolist() == two
    tracks, part = _three_parts(1, frames=60, noise_m=0.005)
    tracks = tracks.to(device)
    assert rigid_clusters(tracks, backend=backend).tolist() == torch.tensor([2, 0, 1])[part].tolist()
    assert (rigid_clusters(tracks, measure="path", backend=backend) == -1).all()


@pytest.mark.parametrize("frames", [0, 1, 3])
@pytest.mark.parametrize("count", [0, 1, 2])
def test_any_size(backend, device, frames, count):
    tracks = torch.zeros(frames, count, 3, device=device)
    alone = rigid_clusters(tracks, min_size=1, backend=backend).tolist()
    assert alone == ([0, 0] if count == 2 and frames == 3 else list(range(count)))
    assert rigid_clusters(tracks, backend=backend).tolist() == [-1] * count


def test_three_people(backend, device, panoptic):
    with np.load(panoptic) as data:
        tracks, visible = torch.from_numpy(data["tracks_XYZ"]), torch.from_numpy(data["visibility"])
    # joints of one skeleton after the other, each from the neck on, without those never tracked
    person = torch.tensor([0] * 17 + [1] * 14 + [2] * 16)
    labels = rigid_clusters(tracks.to(device), visible.to(device), min_size=2, backend=backend).cpu()
    assert (labels[~visible.any(0)] == -1).all()
    # who sits still is rigid to the still limbs of others, so a part may hold a few of theirs
    largest = [person[labels == part] for part in range(3)]
    assert sorted(int(people.mode().values) for people in largest) == [0, 1, 2]
    assert all((people == people.mode().values).float().mean() >= 0.75 for people in largest)
    change = distance_change(tracks.to(device), visible.to(device), backend=backend).cpu()
    for part in range(int(labels.max()) + 1):
        assert change[labels == part][:, labels == part].nanmean() < 0.1


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"tracks": torch.zeros(4, 5)}, ShapeError, "tracks must be (T, N, 3); got (4, 5)"),
        (
            {"visible": torch.ones(4, 4).bool()},
            ShapeError,
            "visible must be (T, N), T = 4, N = 5; got",
        ),
        ({"visible": torch.ones(4, 5).int()}, DTypeError, "visible must be bool, got torch.int32"),
        ({"tracks": torch.zeros(4, 5, 3).bfloat16()}, DTypeError, "tracks must be float32 or float64"),
        ({"threshold": 0}, ValueError, "threshold must be a positive number of metres, got 0"),
        ({"threshold": float("nan")}, ValueError, "threshold must be a positive number of metres, got nan"),
        ({"min_size": 0}, ValueError, "min_size must be at least 1, got 0"),
        ({"measure": "max"}, ValueError, "measure must be 'range' or 'path', got 'max'"),
        ({"ignore_below": -0.1}, ValueError, "ignore_below must be 0 or more, got -0.1"),
        ({"backend": "cuda"}, BackendError, "has no 'cuda' backend"),
    ],
)
def test_refusals(arguments, error, message):
    with pytest.raises(error, match=f"rigid_clusters:? {re.escape(message)}"):
        rigid_clusters(**{"tracks": torch.zeros(4, 5, 3), **arguments})
