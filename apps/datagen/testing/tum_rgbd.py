"""Write sequences in the layout of the TUM RGB-D benchmark."""

from collections.abc import Sequence
from pathlib import Path

import kornia_rs.io
import numpy as np
from PIL import Image
from scipy.spatial.transform import Rotation

from spatialgeom.apps.datagen.testing.views import View

_UNITS_PER_M = 5000


def write_tum_rgbd(
    folder: Path, views: Sequence[View], depth_lag_s: float = 0.004, pose_lag_s: float = 0.003
) -> None:
    """Write views whose depth and pose carry times a little later than the colour image's.

    Args:
        folder: A new folder; its name tells the camera.
        views: Of one camera.
        depth_lag_s: Seconds by which depth images are late.
        pose_lag_s: Seconds by which poses are late.
    """
    for name in ("rgb", "depth"):
        (folder / name).mkdir(parents=True)
    colours, depths, track = [], [], []
    for view in views:
        colour, depth = f"{view.time:.6f}.png", f"{view.time + depth_lag_s:.6f}.png"
        Image.fromarray(view.colour).save(folder / "rgb" / colour)
        units = np.rint(view.depth_m * _UNITS_PER_M).astype(np.uint16)
        kornia_rs.io.write_image_png_u16(str(folder / "depth" / depth), units[..., None], "mono")
        colours.append(f"{colour.removesuffix('.png')} rgb/{colour}")
        depths.append(f"{depth.removesuffix('.png')} depth/{depth}")
        track.append(format_pose(view.time + pose_lag_s, view.pose))
    _write_list(folder / "rgb.txt", "color images", "timestamp filename", colours)
    _write_list(folder / "depth.txt", "depth maps", "timestamp filename", depths)
    _write_list(folder / "groundtruth.txt", "ground truth", "timestamp tx ty tz qx qy qz qw", track)


def format_pose(time: float, pose: np.ndarray) -> str:
    """Return a pose, camera to world, as a line of groundtruth.txt."""
    numbers = (*pose[:3, 3], *Rotation.from_matrix(pose[:3, :3]).as_quat())
    return " ".join((f"{time:.4f}", *(f"{number:.9f}" for number in numbers)))


def read_lines(path: Path) -> list[str]:
    """Return the lines of a list, three of comments first."""
    return path.read_text(encoding="utf-8").splitlines()


def write_lines(path: Path, lines: Sequence[str]) -> None:
    """Write the lines of a list."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_list(path: Path, title: str, columns: str, lines: Sequence[str]) -> None:
    write_lines(path, [f"# {title}", "# file: 'made_up.bag'", f"# {columns}", *lines])
