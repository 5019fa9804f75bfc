"""Which of four dots in Image-2 is the dot of Image-1?"""

import numpy as np
import torch

import spatialgeom as sg
from spatialgeom.apps.datagen.task import Columns, Context, Description, Marks, Task
from spatialgeom.apps.datagen.tasks._pixels import nearest_pixel
from spatialgeom.apps.datagen.tasks._shared_points import draw_shared_points, shares_a_point
from spatialgeom.apps.datagen.tasks._words_correspondence_choice import WORDING
from spatialgeom.apps.marks import dot_radius
from spatialgeom.apps.records import Choice

_LABELS = ("A", "B", "C", "D")
_CANDIDATES = 48
_POOL = 512  # surface pixels that a frame's easy distractors are taken from


def _draw(context: Context, units: Columns, slots: np.ndarray) -> tuple[Columns, np.ndarray]:
    """Draw the point, then three distractors; half of the units are hard.

    Left alone, the option nearest to the source pixel is the answer more often, the less the camera moved. So
    the slot decides whether it is: in one of four.
    """
    columns, _ = draw_shared_points(context, units, slots)
    rng = context.rng(f"distractors {len(slots)}")
    hard = context.balanced_slots(slots, 2, "hard").astype(bool)
    nearest = context.balanced_slots(slots, 4, "nearest") == 0
    source, answer = columns["pixels"][:, 0], columns["pixels"][:, 1]
    spread = _on_surfaces if context.rules.balanced else _anywhere
    easy = spread(context, rng, columns["frames"][:, 1])
    candidates = np.where(hard[:, None, None], _around(context, rng, answer), easy)
    width = context.geometry.camera.size[1]
    low, high = context.rules.hard_apart
    least = np.where(hard, low, context.rules.easy_apart) * width
    most = np.where(hard, high * width, np.inf)
    nearer = _squared(candidates, source[:, None]) <= _squared(answer, source)[:, None]
    usable = _inside(context, candidates) & _spaced(candidates, answer[:, None], least, most)
    if context.rules.balanced:
        usable &= ~(nearest[:, None] & nearer)
    must_be_nearer = ~nearest & context.rules.balanced
    chosen, ok = _choose(candidates, usable, nearer, must_be_nearer, least, most)
    return {**columns, "distractors": chosen, "hard": hard}, ok


def _anywhere(context: Context, rng: np.random.Generator, frames: np.ndarray) -> np.ndarray:
    height, width = context.geometry.camera.size
    return np.stack([rng.integers(side, size=(len(frames), _CANDIDATES)) for side in (width, height)], axis=2)


def _on_surfaces(context: Context, rng: np.random.Generator, frames: np.ndarray) -> np.ndarray:
    """Return pixels (n, C, 2) of points askable in each frame, from a pool per frame.

    Pixels from anywhere would be told from the answer by where surfaces are: a walk keeps its height, so the
    answer is the dot whose height in the image changed least.
    """
    used, row = np.unique(frames, return_inverse=True)
    askable = torch.from_numpy(context.geometry.askable)
    counts = sg.count_bits(askable).numpy()[used]
    rank = rng.integers(counts[:, None], size=(len(used), _POOL)).ravel()
    pooled = np.repeat(used, _POOL)
    points = sg.nth_bit(askable, torch.from_numpy(rank), torch.from_numpy(pooled)).numpy()
    uv, _ = context.geometry.project(pooled, points)
    pool = nearest_pixel(uv, context.geometry.camera).reshape(len(used), _POOL, 2)
    return pool[row[:, None], rng.integers(_POOL, size=(len(frames), _CANDIDATES))]


def _around(context: Context, rng: np.random.Generator, centre: np.ndarray) -> np.ndarray:
    """Return pixels (n, C, 2) spread evenly over a disc around each centre."""
    radius = context.rules.hard_apart[1] * context.geometry.camera.size[1]
    distance = radius * np.sqrt(rng.random((len(centre), _CANDIDATES)))
    angle = rng.random(distance.shape) * 2 * np.pi
    offset = np.stack((np.cos(angle), np.sin(angle)), axis=2) * distance[..., None]
    return np.rint(centre[:, None] + offset).astype(np.int64)


def _squared(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return squared distances, in whole numbers and so exact."""
    x, y = a[..., 0] - b[..., 0], a[..., 1] - b[..., 1]
    distance: np.ndarray = x * x + y * y
    return distance


def _inside(context: Context, pixels: np.ndarray) -> np.ndarray:
    """Are dots at these pixels whole? Under rules without askable points, are the pixels in the image?"""
    height, width = context.geometry.camera.size
    border = int(np.ceil(dot_radius(width))) if context.rules.askable else 0
    u, v = pixels[..., 0], pixels[..., 1]
    inside: np.ndarray = (u >= border) & (u < width - border) & (v >= border) & (v < height - border)
    return inside


def _spaced(pixels: np.ndarray, other: np.ndarray, least: np.ndarray, most: np.ndarray) -> np.ndarray:
    squared = _squared(pixels, other)
    return (squared >= np.maximum(least, 1)[:, None] ** 2) & (squared <= most[:, None] ** 2)


def _choose(
    candidates: np.ndarray,
    usable: np.ndarray,
    nearer: np.ndarray,
    must_be_nearer: np.ndarray,
    least: np.ndarray,
    most: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Take the first three usable candidates, the first of them nearer to the source where it must be.

    All distances among the four options obey one rule, so that none of them stands out as the middle one.
    """
    rows = np.arange(len(candidates))
    chosen = np.zeros((len(candidates), 3, 2), np.int64)
    ok = np.ones(len(candidates), bool)
    for k in range(3):
        fits = usable & (nearer | ~must_be_nearer[:, None]) if k == 0 else usable
        pick = fits.argmax(axis=1)
        ok &= fits[rows, pick]
        chosen[:, k] = candidates[rows, pick]
        usable = usable & _spaced(candidates, chosen[:, k : k + 1], least, most)
    return chosen, ok


def _describe(context: Context, units: Columns) -> Description:
    count = len(units["pair"])
    position = context.balanced(count, 4, "letter")
    options = np.concatenate((units["distractors"], units["pixels"][:, 1:]), axis=1)  # the answer last
    rows = np.arange(count)
    options[rows, 3], options[rows, position] = options[rows, position].copy(), options[rows, 3].copy()
    letters = np.array(_LABELS, object)[position].tolist()
    return Description(
        frames=units["frames"],
        fields={"answer": letters},
        truth=letters,
        measured={
            "hard": units["hard"].astype(np.int64),
            "overlap_percent": context.geometry.overlap_percent[units["pair"]],
        },
        marks=Marks(
            (0, 1, 1, 1, 1), ("", *_LABELS), np.concatenate((units["pixels"][:, :1], options), axis=1)
        ),
    )


TASKS = (
    Task(
        name="correspondence_choice",
        family="correspondence",
        unit="frame_pair",
        keep=shares_a_point,
        draw=_draw,
        describe=_describe,
        scoring=Choice("answer", options=_LABELS),
        wording=WORDING,
    ),
)
