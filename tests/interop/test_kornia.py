"""kornia's cameras: the same projection, and back without loss."""

import pytest
import torch

pytest.importorskip("kornia")

from spatialgeom import project_points
from spatialgeom.errors import ShapeError
from spatialgeom.interop.kornia import from_kornia, to_kornia
from spatialgeom.testing import random_posed_points


def test_both_project_alike():
    scene = random_posed_points(0, count=40, frames=3)
    ours = project_points(*scene, backend="reference")
    camera = to_kornia(scene.cam_from_world, scene.intrinsics, scene.image_size)
    theirs = camera.project(scene.points.expand(3, -1, -1))
    torch.testing.assert_close(theirs[ours.valid], ours.uv[ours.valid])


def test_there_and_back():
    scene = random_posed_points(1, count=1, frames=4)
    camera = to_kornia(scene.cam_from_world, scene.intrinsics, scene.image_size)
    cam_from_world, intrinsics, size = from_kornia(camera)
    assert torch.equal(cam_from_world, scene.cam_from_world)
    assert torch.equal(intrinsics, scene.intrinsics)
    assert size == scene.image_size


def test_refusals():
    with pytest.raises(ShapeError, match=r"to_kornia: cam_from_world must be \(F, 4, 4\); got \(4, 4\)"):
        to_kornia(torch.eye(4), torch.eye(3), (48, 64))
    camera = to_kornia(torch.eye(4)[None], torch.eye(3), (48, 64))
    camera.height = torch.tensor([48.0, 50.0])
    camera.width = torch.tensor([64.0, 64.0])
    with pytest.raises(ShapeError, match="images of one size"):
        from_kornia(camera)
