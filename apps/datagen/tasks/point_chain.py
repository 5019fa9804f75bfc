"""How did a tracked point move over several images, and between which two did it move most?"""

from functools import partial

import numpy as np

from spatialgeom.apps.datagen.chain_units import LENGTHS
from spatialgeom.apps.datagen.task import Columns, Context, Description, Task
from spatialgeom.apps.datagen.tasks._chains import as_wanted, last_names, last_of, lengths, listed, stands_out
from spatialgeom.apps.datagen.tasks._motion import moved_in_view, named_point
from spatialgeom.apps.datagen.tasks._pixels import as_text
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
    return {**units, "frames": frames}, count >= LENGTHS[0]


def _steps(context: Context, units: Columns) -> np.ndarray:
    """Return (n, k - 1) how far the point moved from image to image, -inf where there is no image."""
    frames, point = units["frames"], np.repeat(units["point"], LENGTHS[-1] - 1)
    steps = context.geometry.tracks.between(point, frames[:, :-1].ravel(), frames[:, 1:].ravel())
    moved = np.linalg.norm(steps, axis=1).reshape(len(frames), -1)
    return np.where(frames[:, 1:] >= 0, moved, -np.inf)


def _draw_most(context: Context, units: Columns, slots: np.ndarray) -> Drawn:
    columns, ok = _draw(context, units, slots)
    answer, leads = stands_out(context, _steps(context, columns))
    options = lengths(columns["frames"]) - 1
    wanted = as_wanted(context, slots, options, answer)
    return {**columns, "place": answer, "places": options}, ok & leads & wanted


def _describe_displacement(context: Context, units: Columns, *, dot: bool) -> Description:
    frames = units["frames"]
    moved = moved_in_view(context, units["point"], frames[:, 0], last_of(frames))
    said = as_text(_DISPLACEMENT.truth(moved * 1000))
    named, marks = named_point(context, units["first"], units["point"], dot)
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
    said = [names[k] for names, k in zip(options, units["place"].tolist(), strict=True)]
    named, marks = named_point(context, units["first"], units["point"], dot)
    steps = _steps(context, units)
    return Description(
        frames=frames,
        fields={"answer": said, "options": [listed(names) for names in options], "point": named},
        truth=said,
        measured={"moved_m": steps[np.arange(len(frames)), units["place"]]},
        marks=marks,
        options=options,
    )


TASKS = tuple(
    Task(
        name=f"point_chain_{name}_{variant}",
        family="motion",
        unit=unit,
        draw=draw,
        describe=partial(describe, dot=variant == "dot"),
        scoring=scoring,
        wording=wording,
        in_coordinates=variant == "coord",
        in_paper=False,
        spare=spare,
    )
    for name, unit, spare, draw, describe, scoring, wording in (
        ("displacement", "track_pair", 4, _draw, _describe_displacement, _DISPLACEMENT, DISPLACEMENT_WORDING),
        ("most", "moving_track_pair", 32, _draw_most, _describe_most, Choice("answer"), MOST_WORDING),
    )
    for variant in ("dot", "coord")
)
