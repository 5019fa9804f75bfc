"""rigid_clusters: synthetic and real parts, SciPy's linkage as the oracle, gaps, order of labels."""

import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse.csgraph import connected_components
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
    """Return tracks of three parts amid one another, each rigid and on its own way, and each point's part."""
    rng = np.random.default_rng(seed)
    part = rng.permutation(np.repeat(np.arange(3), PART_SIZES))
    tracks = np.empty((frames, len(part), 3))
    for index in range(3):
        shape = rng.uniform(-0.15, 0.15, (PART_SIZES[index], 3))
        drift = np.cumsum(rng.uniform(-0.1, 0.1, (frames, 1, 3)), 0) + rng.uniform(-0.2, 0.2, 3)
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
    max_gap=st.one_of(st.floats(0.1, 3), st.just(math.inf)),
)
def test_agrees_with_linkage_of_dense_distances(backend, device, seed, count, min_size, threshold, max_gap):
    rng = np.random.default_rng(seed)
    tracks = rng.normal(size=(1, count, 3)) + np.cumsum(rng.normal(0, 0.05, (5, count, 3)), 0)
    distance = np.array([pdist(frame) for frame in tracks])
    labels = rigid_clusters(
        torch.from_numpy(tracks).to(device),
        threshold=threshold,
        min_size=min_size,
        max_gap=max_gap,
        backend=backend,
    )
    group = fcluster(linkage(distance.max(0) - distance.min(0), "average"), threshold, "distance")
    near = squareform(distance.min(0)) <= max_gap
    pieces = connected_components(near & (group[:, None] == group))[1]
    assert labels.tolist() == _canonical(pieces, min_size)


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
    labels = rigid_clusters(tracks, visible, measure=measure, min_size=2, max_gap=math.inf, backend=backend)
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
    tracks[:, 1, 0] = torch.tensor([0.25, 0.25 + change], dtype=torch.float64)
    return tracks


def test_the_cut_itself_joins(backend, device):
    for change, labels in ((0.125, [0, 0]), (0.125 + 2**-40, [-1, -1])):
        found = rigid_clusters(_grows_by(change, device), threshold=0.125, min_size=2, backend=backend)
        assert found.tolist() == labels
    assert rigid_clusters(_grows_by(0.0999, device), min_size=2, backend=backend).tolist() == [0, 0]
    assert rigid_clusters(_grows_by(0.1001, device), min_size=2, backend=backend).tolist() == [-1, -1]


def test_a_part_needs_six_points_by_default(backend, device):
    start = torch.arange(11.0, device=device)[:, None] * torch.tensor([0.25, 0, 0], device=device)
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
    slow[:, 6:, 0] = 0.1 + 0.009 * torch.arange(60, device=device)[:, None]
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


def _row(*places, device="cpu", dtype=torch.float64, frames=3):
    """Return tracks of points at rest on the x axis."""
    tracks = torch.zeros(frames, len(places), 3, dtype=dtype, device=device)
    tracks[..., 0] = torch.tensor(places, dtype=dtype)
    return tracks


@pytest.mark.parametrize("measure", ["range", "path"])
@pytest.mark.parametrize(("dtype", "hair"), [(torch.float64, 2.0**-40), (torch.float32, 2.0**-20)])
def test_the_longest_step_itself_joins(backend, device, dtype, hair, measure):
    for distance, labels in ((0.25, [0, 0]), (0.25 + hair, [-1, -1])):
        tracks = _row(0, distance, device=device, dtype=dtype)
        found = rigid_clusters(tracks, min_size=2, max_gap=0.25, measure=measure, backend=backend)
        assert found.tolist() == labels


def test_steps_are_at_most_30_cm_by_default_and_any_for_the_path(backend, device):
    for distance, labels in ((0.2999, [0, 0]), (0.3001, [-1, -1])):
        tracks = _row(0, distance, device=device)
        assert rigid_clusters(tracks, min_size=2, backend=backend).tolist() == labels
    far = _row(0, 100, device=device)
    assert rigid_clusters(far, min_size=2, measure="path", backend=backend).tolist() == [0, 0]
    assert rigid_clusters(far, min_size=2, max_gap=math.inf, backend=backend).tolist() == [0, 0]


def test_a_part_hangs_together_however_long_it_is(backend, device):
    row = [0.25 * i for i in range(40)]
    assert rigid_clusters(_row(*row, device=device), backend=backend).tolist() == [0] * 40
    del row[30]
    assert rigid_clusters(_row(*row, device=device), backend=backend).tolist() == [0] * 30 + [1] * 9


def test_every_step_of_a_row_counts_wherever_its_points_are(backend, device):
    # neighbours are 128 points apart, a tile of the CPU's kernel, and at its edges
    order = sorted(range(300), key=lambda point: (point % 128, point))
    places = [0.25 * order.index(point) for point in range(300)]
    assert rigid_clusters(_row(*places, device=device), backend=backend).tolist() == [0] * 300


def test_what_moves_between_two_resting_pieces_is_no_bridge(backend, device):
    tracks = _row(0, 0.1, 0.3, 0.5, 0.6, device=device)
    tracks[1:, 2, 1] = 1
    assert rigid_clusters(tracks, min_size=2, backend=backend).tolist() == [0, 0, -1, 1, 1]
    tracks[1:, 2, 1] = 0
    assert rigid_clusters(tracks, min_size=2, backend=backend).tolist() == [0] * 5


def test_the_least_distance_counts_and_only_while_both_are_seen(backend, device):
    tracks = _row(0, 0.5, device=device)
    tracks[1, 1, 0] = 0.25
    nowhere = tracks.clone()
    nowhere[1, 0] = torch.nan
    visible = torch.tensor([[1, 1], [0, 1], [1, 1]], device=device).bool()
    options = {"threshold": 1, "min_size": 2, "backend": backend}
    assert rigid_clusters(tracks, **options).tolist() == [0, 0]
    assert rigid_clusters(tracks, visible, **options).tolist() == [-1, -1]
    assert rigid_clusters(nowhere, **options).tolist() == [-1, -1]


@pytest.mark.parametrize("joint", [True, False])
def test_one_joint_frame_is_enough_for_a_step(backend, device, joint):
    # the middle is seen with the last point twice, with the first once or never
    visible = torch.tensor([[1, 0, 1], [1, 0, 1], [1, joint, 0], [0, 1, 1], [0, 1, 1]], device=device).bool()
    tracks = _row(0, 0.25, 0.5, device=device, frames=5)
    found = rigid_clusters(tracks, visible, min_size=2, backend=backend)
    assert found.tolist() == ([0, 0, 0] if joint else [-1, 0, 0])


def test_the_order_of_points_does_not_matter(backend, device):
    tracks, _ = _three_parts(5)
    tracks = torch.cat((tracks, _row(*(0.2 * i for i in range(7)), frames=20) + 9), 1).to(device)
    labels = rigid_clusters(tracks, backend=backend).cpu()
    assert labels.bincount().tolist() == [14, 11, 9, 7]
    order = torch.from_numpy(np.random.default_rng(0).permutation(len(labels)))
    assert torch.equal(rigid_clusters(tracks[:, order], backend=backend).cpu(), labels[order])


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
        ({"max_gap": 0}, ValueError, "max_gap must be a number of metres above 0, got 0"),
        ({"max_gap": -0.3}, ValueError, "max_gap must be a number of metres above 0, got -0.3"),
        ({"max_gap": math.nan}, ValueError, "max_gap must be a number of metres above 0, got nan"),
        ({"backend": "cuda"}, BackendError, "has no 'cuda' backend"),
    ],
)
def test_refusals(arguments, error, message):
    with pytest.raises(error, match=f"rigid_clusters:? {re.escape(message)}"):
        rigid_clusters(**{"tracks": torch.zeros(4, 5, 3), **arguments})
