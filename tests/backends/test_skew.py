"""Skew is refused on the CPU alone: elsewhere to look is to wait, so a frame that has it sees nothing."""

import pytest
import torch

from spatialgeom._dispatch import load_implementation, why_unavailable
from spatialgeom.testing import random_depth, random_posed_points

SCENE = random_posed_points(0, 200, 3).to("cpu", torch.float32)
DEPTH = random_depth(random_posed_points(0, 200, 3), 0).metres.float()
SKEWED = SCENE.intrinsics.clone()
SKEWED[1, 0, 1] = 1e-3
TOLERANCES = (0.02, 0.0, float("inf"), 1e-3)


@pytest.fixture(params=["triton", "reference"])
def load(request):
    if reason := why_unavailable(request.param, "cuda" if torch.cuda.is_available() else "cpu"):
        pytest.skip(reason)
    device = "cuda" if torch.cuda.is_available() else "cpu"

    def run(module, name, *arguments):
        moved = (value.to(device) if isinstance(value, torch.Tensor) else value for value in arguments)
        return load_implementation(request.param, module, name)(*moved)

    return run


def test_no_point_of_the_frame_is_valid(load):
    valid = load("projection", "project_points", *SCENE[:2], SKEWED, (48, 64), 1e-3)[2]
    assert valid.any(1).tolist() == [True, False, True]


def test_no_pixel_of_the_frame_is_valid(load):
    points, valid = load("projection", "unproject_depth", DEPTH, SKEWED, torch.linalg.inv(SCENE[1]), 1.0)
    assert valid.flatten(1).any(1).tolist() == [True, False, True]
    assert points[1].isnan().all()


def test_the_frame_sees_nothing(load):
    words = load("visibility", "visible_points", *SCENE[:2], SKEWED, DEPTH, 1.0, (48, 64), TOLERANCES, False)
    assert (words != 0).any(1).tolist() == [True, False, True]


@pytest.mark.parametrize("radius", [0, 1])
def test_nothing_is_drawn_in_the_frame(load, radius):
    depth = load("occlusion", "render_depth", *SCENE[:2], SKEWED, (48, 64), radius, 1e-3)
    assert depth.isfinite().flatten(1).any(1).tolist() == [True, False, True]
