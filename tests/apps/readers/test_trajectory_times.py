"""Lists of images and poses: rotations are those of their numbers, times are paired as by hand."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spatialgeom.apps.datagen.readers._trajectory import (
    associate,
    nearest,
    read_numbers,
    trajectory_of_axis_angles,
    trajectory_of_quaternions,
)


def test_a_published_pose_looks_down_at_the_desk(tmp_path):
    # the first line of freiburg1_xyz: a camera held at 1.64 m, nearly level, looking down by 28 degrees
    file = tmp_path / "groundtruth.txt"
    file.write_text("# timestamp\n1305031098.6659 1.3563 0.6305 1.6380 0.6132 0.5962 -0.3311 -0.3986\n")
    track = trajectory_of_quaternions(read_numbers(file, "t tx ty tz qx qy qz qw"))
    assert track.times.tolist() == [1305031098.6659]
    np.testing.assert_allclose(track.poses[0, :3, 3], [1.3563, 0.6305, 1.6380])
    right, down, forward = track.poses[0, :3, :3].T
    assert abs(right[2]) < 0.08
    np.testing.assert_allclose(down[2], -0.884, atol=2e-3)
    np.testing.assert_allclose(forward[2], -0.463, atol=2e-3)


def test_rotations_follow_their_definitions():
    turned = trajectory_of_quaternions(np.array([[0, 1, 2, 3, 0, 0, np.sqrt(0.5), np.sqrt(0.5)]]))
    np.testing.assert_allclose(turned.poses[0, :3, :3], [[0, -1, 0], [1, 0, 0], [0, 0, 1]], atol=1e-12)
    rows = np.array([[0, 0, 0, np.pi / 2, 1, 2, 3], [1, 0, 0, 0, 4, 5, 6], [2, 1e-9, 0, 0, 0, 0, 0]])
    track = trajectory_of_axis_angles(rows)
    np.testing.assert_allclose(track.poses[0, :3, :3], [[0, -1, 0], [1, 0, 0], [0, 0, 1]], atol=1e-12)
    np.testing.assert_array_equal(track.poses[1, :3, :3], np.eye(3))
    np.testing.assert_array_equal(track.poses[:2, :3, 3], [[1, 2, 3], [4, 5, 6]])
    assert np.isfinite(track.poses).all()


def greedy(times, others, most_s):
    """Pair by looking at every difference."""
    index = np.full(len(times), -1)
    pairs = sorted(
        (abs(a - b), i, j)
        for i, a in enumerate(times)
        for j, b in enumerate(others)
        if abs(a - b) <= most_s + 1e-6
    )
    for _, i, j in pairs:
        if index[i] < 0 and j not in index:
            index[i] = j
    return index


times_s = st.lists(st.integers(0, 10**6), max_size=12, unique=True)


@given(times_s, times_s, st.integers(0, 10**6))
def test_the_closest_belong_together_one_to_one(first, second, most):
    # odd multiples make all differences distinct, so that one pairing is right
    times = np.array(first) * 1.0 + np.arange(len(first)) * 1e-3
    others = np.array(second) * 1.0 + np.arange(len(second)) * 31e-3
    np.testing.assert_array_equal(associate(times, others, most), greedy(times, others, most))


def test_a_difference_at_the_limit_still_belongs():
    # doubles of this size are rounded by 1e-7, so that some differences of 0.02 come out larger
    microseconds = 1305031102_175304 + np.arange(50) * 33_300
    assert ((microseconds + 20_000) / 1e6 - microseconds / 1e6 > 0.02).any()
    for first in microseconds:
        for apart, expected in ((20_000, 0), (-20_000, 0), (20_100, -1), (-20_100, -1)):
            times, others = np.array([first / 1e6]), np.array([(first + apart) / 1e6])
            assert associate(times, others, 0.02).tolist() == [expected]
            assert nearest(times, others, 0.02).tolist() == [expected]


def test_many_equal_times_are_paired_quickly():
    many = np.zeros(200_000)
    index = associate(many, many, 0.02)
    np.testing.assert_array_equal(np.sort(index), np.arange(200_000))


def test_nearest_takes_the_earlier_of_two_and_knows_of_nothing():
    assert nearest(np.array([1.0, 5.0, -9.0, 2.6]), np.array([0.0, 2.0, 3.0]), 2.0).tolist() == [0, 2, -1, 2]
    assert nearest(np.array([1.0]), np.array([]), 2.0).tolist() == [-1]
    assert associate(np.array([1.0]), np.array([]), 2.0).tolist() == [-1]
    assert associate(np.array([]), np.array([1.0]), 2.0).tolist() == []
