"""Small posed RGB-D folders on disk, and datasets made from them once per session."""

from dataclasses import dataclass
from pathlib import Path

import kornia_rs.io
import numpy as np
import pytest
from PIL import Image

from spatialgeom.apps.cli import main

SIZE = (144, 192)  # height, width
FOCAL = 160.0
FRAMES = 48
_ROOM = np.array([[-1.6, -1.3, 0.0], [1.6, 1.3, 2.2]])  # metres: opposite corners of an empty box


def intrinsics():
    height, width = SIZE
    return np.array([[FOCAL, 0, (width - 1) / 2], [0, FOCAL, (height - 1) / 2], [0, 0, 1]])


def pose_at(angle, pitch=-0.35):
    """Return world_from_cam of a camera that walks near the centre at 1.3 m and looks outwards."""
    forward = np.array([np.cos(angle) * np.cos(pitch), np.sin(angle) * np.cos(pitch), np.sin(pitch)])
    right = np.array([np.sin(angle), -np.cos(angle), 0.0])
    pose = np.eye(4)
    pose[:3, :3] = np.stack((right, np.cross(forward, right), forward), axis=1)
    pose[:3, 3] = [0.5 * np.cos(angle * 1.7), 0.4 * np.sin(angle * 1.3), 1.3]
    return pose


def box_view(pose):
    """Return exact depth (H, W) in metres and a checkered colour image of the room seen from a pose."""
    height, width = SIZE
    v, u = np.mgrid[:height, :width].astype(float)
    k = intrinsics()
    rays = np.stack(((u - k[0, 2]) / FOCAL, (v - k[1, 2]) / FOCAL, np.ones_like(u)), axis=-1) @ pose[:3, :3].T
    with np.errstate(divide="ignore"):
        depth = np.maximum(*((corner - pose[:3, 3]) / rays for corner in _ROOM)).min(axis=-1)
    surface = pose[:3, 3] + rays * depth[..., None]
    checks = (np.floor(surface * 4 + 1e-6).astype(int).sum(axis=-1) % 2 * 120 + 60)[..., None]
    shade = (surface - _ROOM[0]) / (_ROOM[1] - _ROOM[0]) * 70
    return depth, np.clip(checks + shade, 0, 255).astype(np.uint8)


@dataclass(frozen=True)
class RgbdFolder:
    """A folder of frames that a test may damage."""

    path: Path

    def file(self, frame, kind):
        return self.path / f"frame-{frame:06d}.{kind}"


def write_folder(path, frames=FRAMES, turn=0.13):
    path.mkdir(parents=True)
    np.savetxt(path / "camera-intrinsics.txt", intrinsics())
    folder = RgbdFolder(path)
    for frame in range(frames):
        pose = pose_at(frame * turn, -0.35 + 0.25 * np.sin(frame))
        depth, colour = box_view(pose)
        millimetres = np.rint(depth * 1000).astype(np.uint16)[..., None]
        kornia_rs.io.write_image_png_u16(str(folder.file(frame, "depth.png")), millimetres, "mono")
        Image.fromarray(colour).save(folder.file(frame, "color.jpg"), quality=90)
        np.savetxt(folder.file(frame, "pose.txt"), pose)
    return folder


@pytest.fixture(scope="session")
def whole_folder(tmp_path_factory):
    """A sound scene; do not damage it."""
    return write_folder(tmp_path_factory.mktemp("scans") / "box")


@pytest.fixture
def folder(tmp_path):
    """A sound scene to damage."""
    return write_folder(tmp_path / "box")


@pytest.fixture
def cli(capsys):
    """Run a command line in this process: exit code, stdout, stderr."""

    def run(*arguments):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = stop.code
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


UP = ("--rgbd_folder.up", "[0, 0, 1]")


@pytest.fixture(scope="session")
def dataset(whole_folder, tmp_path_factory):
    """All tasks from the sound scene under the default rules."""
    out = tmp_path_factory.mktemp("made") / "dataset"
    arguments = ["datagen", "run", whole_folder.path, "--out", out, "--max-per-task", 60, "--quiet", *UP]
    assert main([str(argument) for argument in arguments]) == 0
    return out
