"""Which of two points is closer or farther, shown as dots A and B or named by coordinates?"""

from functools import partial

import numpy as np
import torch

import spatialgeom as sg
from spatialgeom.apps.datagen.rules import Rules
from spatialgeom.apps.datagen.task import Columns, Context, Description, Marks, Task
from spatialgeom.apps.datagen.tasks._pixels import as_text, coordinates, nearest_pixel
from spatialgeom.apps.datagen.tasks._words_depth_order import WORDING
from spatialgeom.apps.records import Choice, round_half_away

_CANDIDATES = 8  # partners tried for a point before it is replaced
_RELATIONS = ("closer to", "farther from")


def _draw(context: Context, units: Columns, slots: np.ndarray) -> tuple[Columns, np.ndarray]:
    """Find each point a partner in its image whose order a person can tell."""
    rng = context.rng(f"partner {len(slots)}")
    askable = torch.from_numpy(context.geometry.askable)
    available = sg.count_bits(askable).numpy()[units["frame"]]
    partner, found = units["point"].copy(), np.zeros(len(slots), bool)
    for _ in range(_CANDIDATES):
        rank = torch.from_numpy(rng.integers(available))
        point = sg.nth_bit(askable, rank, torch.from_numpy(units["frame"])).numpy()
        take = ~found & _can_be_told(context, units["frame"], units["point"], point)
        partner[take], found = point[take], found | take
    return {**units, "partner": partner}, found


def _can_be_told(context: Context, frame: np.ndarray, point: np.ndarray, other: np.ndarray) -> np.ndarray:
    camera, rules = context.geometry.camera, context.rules
    (uv, xyz), (uv_other, xyz_other) = (context.geometry.project(frame, p) for p in (point, other))
    pixels, pixels_other = nearest_pixel(uv, camera), nearest_pixel(uv_other, camera)
    apart = np.linalg.norm(pixels - pixels_other, axis=1) >= rules.apart * camera.size[1]
    names_differ = (coordinates(pixels, camera) != coordinates(pixels_other, camera)).any(axis=1)
    return apart & names_differ & _order_is_clear(rules, xyz, xyz_other)


def _order_is_clear(rules: Rules, xyz: np.ndarray, other: np.ndarray) -> np.ndarray:
    z, z_other = xyz[:, 2], other[:, 2]
    clear = round_half_away(z * 1000) != round_half_away(z_other * 1000)
    clear &= np.abs(z - z_other) >= np.maximum(rules.order_m, rules.order_rel * np.maximum(z, z_other))
    if rules.balanced:
        nearer_by_ray = np.linalg.norm(xyz, axis=1) < np.linalg.norm(other, axis=1)
        clear &= nearer_by_ray == (z < z_other)
    return clear


def _describe(context: Context, units: Columns, *, dot: bool) -> Description:
    geometry, count = context.geometry, len(units["frame"])
    farther_asked = context.balanced(count, 2, "relation").astype(bool)
    answer_second = context.balanced(count, 2, "answer").astype(bool)
    pair = np.stack((units["point"], units["partner"]), axis=1)
    uv, xyz = geometry.project(np.repeat(units["frame"], 2), pair.ravel())
    z, pixels = xyz[:, 2].reshape(count, 2), nearest_pixel(uv, geometry.camera).reshape(count, 2, 2)
    answer_is_partner = (z[:, 1] > z[:, 0]) == farther_asked
    turn = answer_is_partner != answer_second  # show the partner first
    z = np.where(turn[:, None], z[:, ::-1], z)
    pixels = np.where(turn[:, None, None], pixels[:, ::-1], pixels)
    names = [as_text(coordinates(pixels[:, k], geometry.camera)) for k in (0, 1)]
    options = [["A", "B"]] * count if dot else [list(pair) for pair in zip(*names, strict=True)]
    truth = [pair[k] for pair, k in zip(options, answer_second.astype(int).tolist(), strict=True)]
    said = "point {}" if dot else "the point at {}"
    return Description(
        frames=units["frame"][:, None],
        fields={
            "first": [said.format(pair[0]) for pair in options],
            "second": [said.format(pair[1]) for pair in options],
            "relation": np.array(_RELATIONS, object)[farther_asked.astype(int)],
            "reply": ["its label, A or B" if dot else "its coordinates"] * count,
            "answer": truth,
        },
        truth=truth,
        measured={"first_depth_m": z[:, 0], "second_depth_m": z[:, 1]},
        marks=Marks((0, 0), ("A", "B"), pixels) if dot else None,
        options=options,
    )


TASKS = tuple(
    Task(
        name=f"depth_order_{variant}",
        family="depth",
        unit="frame_point",
        draw=_draw,
        describe=partial(_describe, dot=variant == "dot"),
        scoring=Choice("answer"),
        wording=WORDING,
        in_coordinates=variant == "coord",
    )
    for variant in ("dot", "coord")
)
