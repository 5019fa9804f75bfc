"""Chains of images: time goes forward, neighbours overlap, every chain is as likely, answers compose."""

import json
from itertools import combinations, pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from spatialgeom.apps.datagen.chain_units import LENGTHS
from spatialgeom.apps.datagen.rules import DEFAULT
from spatialgeom.apps.datagen.task import Context
from spatialgeom.apps.datagen.tasks import load_tasks
from spatialgeom.apps.datagen.units import UNITS
from spatialgeom.apps.records import Dataset

CHAINS = UNITS["frame_chain"]


def geometry_of(frames, pairs):
    pairs = np.array(sorted(pairs), np.int64).reshape(-1, 2)
    return SimpleNamespace(name="s", frames=tuple(map(str, range(frames))), pairs=pairs)


def all_chains(frames, pairs, length):
    pairs = set(map(tuple, pairs))
    return {
        chain
        for chain in combinations(range(frames), length)
        if all(step in pairs for step in pairwise(chain))
    }


def drawn(geometry, quota, seed=0):
    queues = CHAINS.queues(
        load_tasks()["camera_chain_turn"], Context(geometry, DEFAULT, "t", seed), np.array(quota)
    )
    return [[tuple(f for f in row if f >= 0) for row in queue["frames"].tolist()] for queue in queues]


@pytest.fixture(params=[0, 1, 2])
def random_pairs(request):
    rng = np.random.default_rng(request.param)
    return 11, [pair for pair in combinations(range(11), 2) if rng.random() < 0.5]


def test_counts_and_queues_are_those_of_brute_force(random_pairs):
    frames, pairs = random_pairs
    geometry = geometry_of(frames, pairs)
    expected = [all_chains(frames, pairs, length) for length in LENGTHS]
    assert CHAINS.histogram(None, geometry, DEFAULT).tolist() == [len(chains) for chains in expected]
    for found, chains in zip(drawn(geometry, [1] * 6), expected, strict=True):
        assert len(found) == len(set(found))
        assert set(found) == chains  # fewer than the spare units of a quota: all are there


def test_nothing_is_drawn_that_is_not_wanted():
    geometry = geometry_of(4, [(0, 1), (1, 2), (2, 3)])
    assert [len(queue) for queue in drawn(geometry, [1, 0, 0, 0, 0, 0])] == [2, 0, 0, 0, 0, 0]
    assert [len(queue) for queue in drawn(geometry_of(3, []), [5] * 6)] == [0] * 6


def test_vast_numbers_of_chains_are_drawn_without_listing_them():
    frames = 120
    geometry = geometry_of(frames, list(combinations(range(frames), 2)))
    counts = CHAINS.histogram(None, geometry, DEFAULT)
    assert counts[-1] == 1_000_000
    (found,) = (queue for queue in drawn(geometry, [0, 0, 0, 0, 0, 200]) if queue)
    assert len(found) > 1000
    assert all(len(chain) == 8 and list(chain) == sorted(set(chain)) for chain in found)
    # of eight of 120 numbers, the mean of the lowest is 121 / 9 - 1
    assert np.mean([chain[0] for chain in found]) == pytest.approx(121 / 9 - 1, abs=1.5)
    assert np.mean([chain[-1] for chain in found]) == pytest.approx(8 * 121 / 9 - 1, abs=1.5)


def test_every_chain_is_as_likely():
    pairs = [(0, 1), (0, 2), (1, 3), (2, 3), (1, 2), (3, 4), (3, 5), (3, 6)]
    geometry = geometry_of(7, pairs)
    chains = sorted(all_chains(7, pairs, 4))
    first = [drawn(geometry, [0, 1, 0, 0, 0, 0], seed)[1][0] for seed in range(600)]
    times = np.array([first.count(chain) for chain in chains])
    assert times.sum() == 600
    assert (np.abs(times - 600 / len(chains)) < 4.5 * np.sqrt(600 / len(chains))).all()


def test_answers_are_those_of_the_poses_on_disk(dataset, whole_folder):
    """By a second route: the pose files, and directions added up in complex numbers."""
    rows = [row for row in Dataset.open(dataset).rows() if row["task"].startswith("camera_chain")]
    assert len(rows) > 120
    for row in rows:
        poses = [
            np.loadtxt(whole_folder.path / image["path"].replace("color.jpg", "pose.txt"))
            for image in row["images"]
        ]
        assert 3 <= len(poses) <= 8
        truth = json.loads(row["truth"])
        centres = np.stack([np.linalg.solve(poses[0], pose[:, 3])[:3] for pose in poses])
        if row["task"] == "camera_chain_displacement":
            steps = np.diff(centres, axis=0).sum(axis=0)
            assert np.abs(np.array(truth) - 1000 * steps).max() <= 0.51
        elif row["task"] == "camera_chain_farthest":
            distance = np.linalg.norm(centres, axis=1)
            assert truth == f"Image-{distance.argmax() + 1}"
            assert row["scoring"]["options"] == [f"Image-{k}" for k in range(2, len(poses) + 1)]
            assert np.sort(distance)[-1] - np.sort(distance)[-2] >= max(0.05, 0.1 * distance.max()) - 1e-9
        else:
            heading = [complex(*pose[:2, 2]) for pose in poses]
            turn = sum(np.angle(b / a, deg=True) for a, b in pairwise(heading))
            assert abs(truth - abs(turn)) <= 0.51
