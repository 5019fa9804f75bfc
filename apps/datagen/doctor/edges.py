"""Do edges of depth lie on edges of colour? The score of an alignment, and of others near it."""

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from scipy import ndimage

import spatialgeom as sg
from spatialgeom.apps.datagen.doctor.sample import Sample
from spatialgeom.apps.errors import InputError
from spatialgeom.apps.images import ImageRef, open_image

_WIDTH = 320  # of the images that are compared
_STEP_REL = 0.06  # of depth between neighbours, at an edge of depth
_MOST_EDGES = 1000  # of an image
_LEAST_EDGES = 30  # of an image that counts
_LEAST_IN_ALL = 300
SHIFTS = tuple(range(-12, 13, 2))  # pixels of an image of _WIDTH
ZOOMS = (0.8, 0.84, 0.88, 0.92, 0.96, 1.0, 1.04, 1.08, 1.12, 1.16, 1.2)


@dataclass(frozen=True)
class Alignment:
    """How strong colour is at edges of depth; 1 is the mean over the image.

    Args:
        given: As the scene has its cameras.
        best: With the shift and zoom that fit best.
        shift_px: Right and down, in pixels of the colour image, by which colour is then moved.
        zoom: By which the colour camera's focal length is then multiplied.
        images: How many were compared.
    """

    given: float
    best: float
    shift_px: tuple[float, float]
    zoom: float
    images: int


def align(sample: Sample) -> Alignment | None:
    """Compare edges of the sampled frames; None where there are too few, or no image opens."""
    found = [score for k in range(len(sample.frames)) if (score := _scores(sample, k)) is not None]
    weights = [edges for edges, _ in found]
    if sum(weights) < _LEAST_IN_ALL:
        return None
    mean = np.average([scores for _, scores in found], axis=0, weights=weights)  # (zoom, down, right)
    zoom, down, right = np.unravel_index(np.argmax(mean), mean.shape)
    pixel = max(1.0, sample.scene.colour_camera.size[1] / _WIDTH)
    middle = SHIFTS.index(0)
    return Alignment(
        given=float(mean[ZOOMS.index(1.0), middle, middle]),
        best=float(mean.max()),
        shift_px=(SHIFTS[int(right)] * pixel, SHIFTS[int(down)] * pixel),
        zoom=ZOOMS[int(zoom)],
        images=len(found),
    )


def _scores(sample: Sample, k: int) -> tuple[int, np.ndarray] | None:
    """Return how many edges of depth an image has, and the scores (zoom, down, right)."""
    strength = _colour_edges(sample, k)
    if strength is None:
        return None
    height, width = strength.shape
    matrix = _colour_matrix(sample, k)
    uv = _depth_edges(sample, k, matrix)
    if len(uv) < _LEAST_EDGES:
        return None
    ratio = width / sample.scene.colour_camera.size[1]
    centre = matrix[:2, 2]
    found = np.zeros((len(ZOOMS), len(SHIFTS), len(SHIFTS)))
    for z, zoom in enumerate(ZOOMS):
        at = (((uv - centre) * zoom + centre + 0.5) * ratio - 0.5).T[::-1]
        for y, down in enumerate(SHIFTS):
            for x, right in enumerate(SHIFTS):
                moved = np.rint(at + np.array([[down], [right]])).astype(int)
                inside = (moved >= 0).all(axis=0) & (moved[0] < height) & (moved[1] < width)
                found[z, y, x] = strength[tuple(moved[:, inside])].mean() if inside.any() else 0.0
    return len(uv), found


def _colour_matrix(sample: Sample, k: int) -> np.ndarray:
    intrinsics = sample.scene.colour_camera.intrinsics
    matrix: np.ndarray = intrinsics if intrinsics.ndim == 2 else intrinsics[sample.frames[k]]
    return matrix


def _colour_edges(sample: Sample, k: int) -> np.ndarray | None:
    """Return the strength of edges (h, w), 1 on average, of a reduced colour image."""
    scene = sample.scene
    image = scene.images[sample.frames[k]]
    whole = ImageRef(f"{scene.root}/{image.path}", image.width, image.height, image.offset, image.length)
    try:
        picture = open_image(whole).convert("L")
    except (InputError, OSError, ValueError):
        return None
    if picture.width > _WIDTH:
        size = (_WIDTH, max(1, picture.height * _WIDTH // picture.width))
        picture = picture.resize(size, Image.Resampling.BOX)
    grey = np.asarray(picture, float)
    strength = ndimage.gaussian_gradient_magnitude(grey, 1.0)
    # beyond a point more contrast is no more of an edge
    strength = np.minimum(strength, np.percentile(strength, 90))
    mean = strength.mean()
    return strength / mean if mean > 0 else None


def _depth_edges(sample: Sample, k: int, matrix: np.ndarray) -> np.ndarray:
    """Return where edges of depth are in the colour image, (n, 2) pixels."""
    scene = sample.scene
    depth = np.where(sample.read[k], sample.depth[k], np.nan).astype(float)
    v, u = np.nonzero(_near_side(depth))
    chosen = np.unique(np.linspace(0, max(len(u) - 1, 0), _MOST_EDGES).astype(int)) if len(u) else u
    u, v = u[chosen], v[chosen]
    focal, centre = sample.camera.intrinsics[k][[0, 1], [0, 1]], sample.camera.intrinsics[k][:2, 2]
    z = depth[v, u] * scene.depth_scale
    xyz = np.column_stack(((np.column_stack((u, v)) - centre) / focal * z[:, None], z))
    hit = sg.project_points(
        torch.from_numpy(xyz),
        torch.from_numpy(scene.colour_from_depth)[None],
        torch.from_numpy(matrix)[None],
        scene.colour_camera.size,
    )
    found: np.ndarray = hit.uv[0, hit.valid[0]].numpy()
    return found


def _near_side(depth: np.ndarray) -> np.ndarray:
    """Return (H, W): pixels two beside which depth is much larger."""
    edge = np.zeros(depth.shape, bool)
    with np.errstate(invalid="ignore"):
        for axis in (0, 1):
            first = np.moveaxis(depth, axis, 0)
            out = np.moveaxis(edge, axis, 0)
            out[:-2] |= first[2:] > first[:-2] * (1 + _STEP_REL)
            out[2:] |= first[:-2] > first[2:] * (1 + _STEP_REL)
    return edge
