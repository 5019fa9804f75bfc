"""How did a tracked point move over several images, and between which two did it move most?"""

from functools import partial

import numpy as np

from spatialgeom.apps.datagen.chain_units import LENGTHS
from spatialgeom.apps.datagen.task import Columns, Context, Description, Marks, Task
from spatialgeom.apps.datagen.tasks._chains import as_wanted, last_names, last_of, lengths, listed, stands_out
from spatialgeom.apps.datagen.tasks._motion import moved_in_view
from spatialgeom.apps.datagen.tasks._pixels import as_text, coordinates, nearest_pixel
from spatialgeom.apps.datagen.tasks._words_point_chain_displacement import WORDING as DISPLACEMENT_WORDING
from spatialgeom.apps.datagen.tasks._words_point_chain_most import WORDING as MOST_WORDING
from spatialgeom.apps.records import Choice, Vector

Drawn = tuple[Columns, np.ndarray]

_DISPLACEMENT = Vector("displacement", "mm")


def _draw(context: Context, units: Columns, slots: np.ndarray) -> Drawn:
    """Put frames between the two times, in which the point is visible too; the slot decides how many."""
    visible, rng = context.geometry.tracks.visible, context.rng(f"between {len(slots)}")
    wanted = LENGTHS[0] + context.balanced_slots(slots, len(LENGTHS), "length")
    point, first, second = (units[name] for name in ("point", "first", "second"))
    times = np.arange(len(visible))
    usable = visible.T[point] & (times > first[:, None]) & (times < second[:, None])
    count = np.minimum(wanted, usable.sum(axis=1) + 2)
    # the first so many of the usable times in random order
    order = np.argsort(np.where(usable, rng.random(usable.shape), np.inf), axis=1)[:, : LENGTHS[-1] - 2]
    inner = np.arange(order.shape[1]) < (count - 2)[:, None]
    between = np.sort(np.where(inner, order, len(times)), axis=1)
    frames = np.full((len(slots), LENGTHS[-1]), -1)
    frames[:, 0] = first
    frames[:, 1 : 1 + order.shape[1]] = np.where(between < len(times), between, -1)
    frames[np.arange(len(slots)), count - 1] = second
    return {**units, "frames": frames}, (first < second) & (count >= LENGTHS[0])


def _steps(context: Context, units: Columns) -> np.ndarray:
    """Return (n, k - 1) how far the point moved from image to image, -inf where there is no image."""
    frames, point = units["frames"], np.repeat(units["point"], LENGTHS[-1] - 1)
    steps = context.geometry.tracks.between(point, frames[:, :-1].ravel(), frames[:, 1:].ravel())
    moved = np.linalg.norm(steps, axis=1).reshape(len(frames), -1)
    return np.where(frames[:, 1:] >= 0, moved, -np.inf)


def _draw_most(context: Context, units: Columns, slots: np.ndarray) -> Drawn:
    columns, ok = _draw(context, units, slots)
    answer, leads = stands_out(context, _steps(context, columns))
    options = np.maximum(lengths(columns["frames"]) - 1, 1)
    return {**columns, "answer": answer}, ok & leads & as_wanted(context, slots, options, answer)


def _point(context: Context, units: Columns, dot: bool) -> tuple[list[str], Marks | None]:
    """Return what wordings call the point, and its dot."""
    camera = context.geometry.camera
    uv, _ = context.geometry.project_track(units["first"], units["point"])
    pixels = nearest_pixel(uv, camera)
    if dot:
        return ["the marked point in Image-1"] * len(pixels), Marks((0,), ("",), pixels[:, None])
    return [f"the point at {text} in Image-1" for text in as_text(coordinates(pixels, camera))], None


def _describe_displacement(context: Context, units: Columns, *, dot: bool) -> Description:
    frames = units["frames"]
    moved = moved_in_view(context, units["point"], frames[:, 0], last_of(frames))
    said = as_text(_DISPLACEMENT.truth(moved * 1000))
    named, marks = _point(context, units, dot)
    return Description(
        frames=frames,
        fields={"displacement": said, "last": last_names(frames), "point": named},
        truth=said,
        measured={f"{axis}_m": moved[:, k] for k, axis in enumerate("xyz")},
        marks=marks,
        unmoved=(moved == 0).all(axis=1),
    )


def _describe_most(context: Context, units: Columns, *, dot: bool) -> Description:
    frames = units["frames"]
    options = [
        [f"Image-{k} and Image-{k + 1}" for k in range(1, count)] for count in lengths(frames).tolist()
    ]
    said = [names[k] for names, k in zip(options, units["answer"].tolist(), strict=True)]
    named, marks = _point(context, units, dot)
    steps = _steps(context, units)
    return Description(
        frames=frames,
        fields={"answer": said, "options": [listed(names) for names in options], "point": named},
        truth=said,
        measured={"moved_m": steps[np.arange(len(frames)), units["answer"]]},
        marks=marks,
        options=options,
    )


TASKS = tuple(
    Task(
        name=f"point_chain_{name}_{variant}",
        family="motion",
        unit="track_pair",
        draw=draw,
        describe=partial(describe, dot=variant == "dot"),
        scoring=scoring,
        wording=wording,
        in_coordinates=variant == "coord",
        in_paper=False,
    )
    for name, draw, describe, scoring, wording in (
        ("displacement", _draw, _describe_displacement, _DISPLACEMENT, DISPLACEMENT_WORDING),
        ("most", _draw_most, _describe_most, Choice("answer"), MOST_WORDING),
    )
    for variant in ("dot", "coord")
)
