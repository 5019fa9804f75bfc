"""visible_points and VisibilityRule: what they refuse, in words."""

import math
import re

import pytest
import torch

from spatialgeom import PAPER_RULE, VisibilityRule, visible_points
from spatialgeom.errors import BackendError, DeviceError, DTypeError, ShapeError
from spatialgeom.testing import random_posed_points


def call(**changes):
    scene = random_posed_points(0, 5, 3)
    arguments = {
        "points": scene.points,
        "cam_from_world": scene.cam_from_world,
        "intrinsics": scene.intrinsics,
        "depth": torch.ones(3, 48, 64, dtype=torch.float64),
    }
    return visible_points(**(arguments | changes))


SKEWED = torch.tensor([[64.0, 0.1, 32], [0, 64, 24], [0, 0, 1]]).double()


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"points": torch.zeros(5, 2).double()}, ShapeError, "points must be (N, 3); got (5, 2)"),
        ({"points": torch.zeros(1, 5, 3).double()}, ShapeError, "points must be (N, 3); got (1, 5, 3)"),
        ({"points": [[0.0]]}, DTypeError, "points must be a Tensor, got list"),
        (
            {"points": torch.zeros(5, 3).half()},
            DTypeError,
            "points must be float32 or float64, got torch.float16",
        ),
        (
            {"cam_from_world": torch.zeros(3, 3, 4).double()},
            ShapeError,
            "cam_from_world must be (F, 4, 4); got (3, 3, 4)",
        ),
        (
            {"intrinsics": torch.zeros(2, 3, 3).double()},
            ShapeError,
            "intrinsics must be (..., F, 3, 3), F = 3; got (2, 3, 3)",
        ),
        (
            {"intrinsics": torch.zeros(2, 3, 3, 3).double()},
            ShapeError,
            "intrinsics must be (F, 3, 3); got (2, 3, 3, 3)",
        ),
        (
            {"intrinsics": SKEWED},
            ValueError,
            "intrinsics must have zero skew (entry [0, 1]); undistort first",
        ),
        (
            {"depth": torch.ones(2, 48, 64).double()},
            ShapeError,
            "depth must be (F, Hd, Wd), F = 3; got (2, 48, 64)",
        ),
        (
            {"depth": torch.ones(48, 64).double()},
            ShapeError,
            "depth must be (F, Hd, Wd), F = 3; got (48, 64)",
        ),
        ({"depth": torch.ones(3, 0, 64).double()}, ShapeError, "depth must have pixels; got (3, 0, 64)"),
        ({"depth": torch.ones(3, 48, 64)}, DTypeError, "depth is torch.float32 but points is torch.float64"),
        (
            {"depth": torch.ones(3, 48, 64).int()},
            DTypeError,
            "depth must be floating point or uint16, got torch.int32",
        ),
        ({"depth_scale": 0.0}, ValueError, "depth_scale must be positive and finite, got 0.0"),
        ({"depth_scale": math.nan}, ValueError, "depth_scale must be positive and finite, got nan"),
        ({"image_size": (0, 64)}, ValueError, "image_size must be positive, got (0, 64)"),
        (
            {"points": torch.zeros(5, 3).double().requires_grad_()},
            DTypeError,
            "has no gradient; pass tensors through .detach()",
        ),
        (
            {"points": torch.zeros(5, 3, device="meta").double()},
            DeviceError,
            "cam_from_world is on cpu but points is on meta",
        ),
    ],
)
def test_refuses(changes, error, message):
    with pytest.raises(error, match=re.escape(f"visible_points: {message}")):
        call(**changes)


def test_refuses_half_precision():
    half = {
        name: value.half()
        for name, value in random_posed_points(0, 5, 3)._asdict().items()
        if name != "image_size"
    }
    with pytest.raises(DTypeError, match=r"points must be float32 or float64, got torch\.float16"):
        call(**half, depth=torch.ones(3, 48, 64).half())


def test_refuses_a_backend_by_name():
    with pytest.raises(BackendError, match="visible_points has no 'cuda' backend"):
        call(backend="cuda")


@pytest.mark.parametrize(
    ("name", "value", "requirement"),
    [
        ("behind_rel", -0.1, "finite and at least 0"),
        ("behind_rel", math.inf, "finite and at least 0"),
        ("behind_m", -1.0, "finite and at least 0"),
        ("behind_m", math.nan, "finite and at least 0"),
        ("near", -1e-9, "finite and at least 0"),
        ("front_m", -0.01, "at least 0"),
        ("front_m", math.nan, "at least 0"),
        ("bounds", "corner", "nearest_pixel or half_open"),
    ],
)
def test_a_rule_refuses(name, value, requirement):
    with pytest.raises(
        ValueError, match=re.escape(f"VisibilityRule: {name} must be {requirement}, got {value!r}")
    ):
        VisibilityRule(**{name: value})


def test_the_paper_rule_is_strict():
    assert VisibilityRule(0.0, 0.0, math.inf, 0.0, "half_open") == PAPER_RULE
