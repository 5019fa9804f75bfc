"""Dots and their labels, drawn on a copy of an image when it is shown, exported or trained on."""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from spatialgeom.apps.errors import InputError

_RADIUS = 0.01  # of the image's width
_SMALLEST_RADIUS_PX = 2.0  # at the size that is shown
_OUTLINE = 0.28  # of the radius
_TEXT = 3.3  # font size in radii: a capital letter is about 2.4 radii high
_SMALLEST_TEXT_PX = 7
_PALETTE = (
    (255, 0, 220),
    (0, 235, 255),
    (255, 235, 0),
    (255, 25, 25),
    (60, 255, 20),
    (35, 85, 255),
    (255, 130, 0),
    (150, 0, 255),
)
_DIRECTIONS = ((1, -1), (1, 0), (1, 1), (-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1))
_BOLD = 0.03  # of the font size: how much each side of a letter's stroke is thickened
_MARGIN = 0.14  # of the font size, around a letter on its plate
_FINER = 4  # labels are drawn so much larger, then averaged
_RINGS = 40  # how often a label may move half a radius further from its dot

Colour = tuple[int, int, int]


class _Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def distance(self, u: float, v: float) -> float:
        return math.hypot(max(self.left - u, 0, u - self.right), max(self.top - v, 0, v - self.bottom))

    def meets(self, other: "_Box") -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


class _Label(NamedTuple):
    text: str
    box: _Box  # of its plate
    dot: tuple[int, int]
    far: bool  # a line must tell whose label it is


def dot_radius(width: int, shown_width: int | None = None) -> float:
    """Return a dot's radius in pixels of an image that will be shown ``shown_width`` wide, or as it is."""
    return max(_RADIUS * width, _SMALLEST_RADIUS_PX * width / (shown_width or width))


def draw_marks(
    picture: Image.Image, marks: Sequence[Mapping[str, Any]], *, shown_width: int | None = None
) -> Image.Image:
    """Return a copy with a dot centred on each mark's pixel, and its label beside it.

    All dots of an image have one colour, the one that contrasts best with what lies under them. One colour
    for each dot would give answers away: matching points lie on matching surfaces and would match in colour.

    Args:
        picture: The whole image.
        marks: ``u``, ``v`` in pixels and ``label`` (may be None or empty), of this image only.
        shown_width: Width at which the image will be seen, if it is not its own.

    Raises:
        InputError: A mark lies outside the image, or the image is too small for its labels.
    """
    drawn = picture.convert("RGB") if picture.mode != "RGB" else picture.copy()
    if not marks:
        return drawn
    for mark in marks:
        if not (0 <= mark["u"] < drawn.width and 0 <= mark["v"] < drawn.height):
            raise InputError(
                f"a mark at ({mark['u']}, {mark['v']}) must lie in its {drawn.width}x{drawn.height} image; "
                "generate the dataset again"
            )
    radius = dot_radius(drawn.width, shown_width)
    labels, size = _place_labels(drawn.size, marks, radius)
    colour, rim = _colours(drawn, marks, radius)
    for label in labels:
        if label.far:
            _draw_line(drawn, label, radius, colour, rim)
    for mark in marks:
        _draw_dot(drawn, mark["u"], mark["v"], radius, colour, rim)
    for label in labels:
        _draw_label(drawn, label, size, colour, rim)
    return drawn


def _colours(
    picture: Image.Image, marks: Sequence[Mapping[str, Any]], radius: float
) -> tuple[Colour, Colour]:
    """Return the fill that no mark's surroundings come near in CIELAB, and black or white for the outline."""
    palette = _palette_lab()
    contrast = np.full(len(palette), np.inf)
    reach = max(round(3 * radius), 2)
    for mark in marks:
        u, v = mark["u"], mark["v"]
        box = (
            max(u - reach, 0),
            max(v - reach, 0),
            min(u + reach + 1, picture.width),
            min(v + reach + 1, picture.height),
        )
        patch = np.asarray(picture.crop(box))
        step = max(len(patch) // 16, 1)
        around = _lab(patch[::step, ::step].reshape(-1, 3))
        distance = np.linalg.norm(palette[:, None] - around, axis=-1)
        # not the mean: on an edge between black and white the mean is grey, which nothing there is
        contrast = np.minimum(contrast, np.quantile(distance, 0.1, axis=1))
    best = int(contrast.argmax())
    return _PALETTE[best], (0, 0, 0) if palette[best, 0] > 50 else (255, 255, 255)


def _lab(rgb: np.ndarray) -> np.ndarray:
    """Convert sRGB bytes (N, 3) to CIELAB under D65 (IEC 61966-2-1 and CIE 15)."""
    s = rgb / 255.0
    linear = np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4)
    xyz = (
        linear
        @ np.array([[0.4124, 0.2126, 0.0193], [0.3576, 0.7152, 0.1192], [0.1805, 0.0722, 0.9505]])
        / np.array([0.9505, 1.0, 1.089])
    )
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = f.T
    return np.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), -1)


@cache
def _palette_lab() -> np.ndarray:
    return _lab(np.array(_PALETTE))


@cache
def _font(size: int) -> Any:
    return ImageFont.load_default(_FINER * size)


def _bold(size: int) -> int:
    return max(round(_BOLD * _FINER * size), 1)


def _ink(text: str, size: int) -> tuple[float, float, float, float]:
    """Return the box of a bold text on the finer grid; its pen starts at the origin, on the base line."""
    box: tuple[float, float, float, float] = _font(size).getbbox(text, anchor="ls", stroke_width=_bold(size))
    return box


def _plate_size(text: str, size: int) -> tuple[int, int]:
    left, top, right, bottom = _ink(text, size)
    margin = 2 * max(round(_MARGIN * size), 2)
    height = math.ceil((bottom - top) / _FINER) + margin
    return max(height, math.ceil((right - left) / _FINER) + margin), height


def _place_labels(
    size: tuple[int, int], marks: Sequence[Mapping[str, Any]], radius: float
) -> tuple[list[_Label], int]:
    """Return the labels and the font size, smaller where a small image leaves no room."""
    text = max(round(_TEXT * radius), _SMALLEST_TEXT_PX)
    while (labels := _try_labels(size, marks, radius, text)) is None:
        if text == _SMALLEST_TEXT_PX:
            raise InputError(
                f"an image must have room for its {len(marks)} dots and their labels, "
                f"but this one is {size[0]}x{size[1]}; use larger images"
            )
        text = max(round(0.8 * text), _SMALLEST_TEXT_PX)
    return labels, text


def _try_labels(
    size: tuple[int, int], marks: Sequence[Mapping[str, Any]], radius: float, text: int
) -> list[_Label] | None:
    dots = [(mark["u"], mark["v"]) for mark in marks]
    placed: list[_Label] = []
    for mark, dot in zip(marks, dots, strict=True):
        if not mark["label"]:
            continue
        plate = _plate_size(mark["label"], text)
        others = [other for other in dots if other != dot]
        for near in (True, False):
            box = _first_fit(size, dot, others, [label.box for label in placed], plate, radius, near)
            if box is not None:
                break
        else:
            return None
        placed.append(_Label(mark["label"], box, dot, far=not near))
    return placed


def _first_fit(
    size: tuple[int, int],
    dot: tuple[int, int],
    others: list[tuple[int, int]],
    taken: list[_Box],
    plate: tuple[int, int],
    radius: float,
    near: bool,
) -> _Box | None:
    """Return the first place in the image that covers nothing; if ``near``, no other dot is as near to it."""
    clear = _outer_radius(radius) + 0.5
    for box in _candidates(dot, *plate, radius):
        inside = box.left >= 0 and box.top >= 0 and box.right <= size[0] and box.bottom <= size[1]
        if not inside or any(box.meets(other) for other in taken):
            continue
        own, rest = box.distance(*dot), min((box.distance(*other) for other in others), default=math.inf)
        if min(own, rest) > clear and (not near or (own < 3 * radius and own < rest - radius)):
            return box
    return None


def _candidates(dot: tuple[int, int], width: int, height: int, radius: float) -> Iterator[_Box]:
    for ring in range(_RINGS):
        gap = radius * (1.5 + 0.5 * ring) + 1
        for dx, dy in _DIRECTIONS:
            # on a diagonal the box's corner points at the dot
            reach = gap if 0 in (dx, dy) else 0.75 * gap
            left = round(dot[0] + dx * (reach + width / 2) - width / 2)
            top = round(dot[1] + dy * (reach + height / 2) - height / 2)
            yield _Box(left, top, left + width, top + height)


def _outer_radius(radius: float) -> float:
    return radius + max(_OUTLINE * radius, 1.0)


def _draw_dot(picture: Image.Image, u: int, v: int, radius: float, colour: Colour, rim: Colour) -> None:
    """Blend two antialiased discs, whose common centre is the centre of pixel (u, v)."""
    outer = _outer_radius(radius)
    reach = int(np.ceil(outer)) + 1
    offsets = np.arange(-reach, reach + 1)
    distance = np.hypot(offsets, offsets[:, None])
    for edge, paint in ((outer, rim), (radius, colour)):
        cover = np.clip(edge + 0.5 - distance, 0, 1) * 255
        picture.paste(paint, (u - reach, v - reach), Image.fromarray(np.rint(cover).astype(np.uint8)))


def _draw_line(picture: Image.Image, label: _Label, radius: float, colour: Colour, rim: Colour) -> None:
    """Draw a thin line from a dot to its label."""
    pen = ImageDraw.Draw(picture)
    u, v = label.dot
    end = (
        min(max(u, label.box.left), label.box.right - 1),
        min(max(v, label.box.top), label.box.bottom - 1),
    )
    width = max(round(0.4 * radius), 1)
    pen.line([label.dot, end], fill=rim, width=width + 2)
    pen.line([label.dot, end], fill=colour, width=width)


def _draw_label(picture: Image.Image, label: _Label, size: int, colour: Colour, rim: Colour) -> None:
    """Draw a plate in the dots' colour, and the text on it; all of it on a finer grid, then averaged."""
    left, top, right, bottom = map(round, label.box)
    shape = (right - left, bottom - top)
    width, height = _FINER * shape[0], _FINER * shape[1]
    covers = [Image.new("L", (width, height)) for _ in range(3)]
    for cover, inset in zip(covers, (0, _FINER * max(round(size / 16), 1)), strict=False):
        corners = (inset, inset, width - inset - 1, height - inset - 1)
        ImageDraw.Draw(cover).rounded_rectangle(corners, radius=0.2 * _FINER * size - inset, fill=255)
    ink, bold = _ink(label.text, size), _bold(size)
    pen = ((width - ink[0] - ink[2]) / 2, (height - ink[1] - ink[3]) / 2)
    ImageDraw.Draw(covers[2]).text(
        pen, label.text, fill=255, font=_font(size), anchor="ls", stroke_width=bold, stroke_fill=255
    )
    for cover, paint in zip(covers, (rim, colour, rim), strict=True):
        picture.paste(paint, (left, top), cover.resize(shape, Image.Resampling.BOX))
