"""Dots and labels: where they are, how large, that they contrast, and what they never cover."""

import itertools
import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from kornia.color import rgb_to_lab
from PIL import Image

from spatialgeom.apps import marks as module
from spatialgeom.apps.errors import InputError
from spatialgeom.apps.marks import dot_radius, draw_marks

GREY = (120, 120, 120)


def mark(u, v, label=None):
    return {"image": 0, "u": u, "v": v, "label": label}


def noise(width, height, seed=0):
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def lab(rgb):
    pixel = torch.tensor(rgb, dtype=torch.float64).reshape(1, 3, 1, 1) / 255
    return rgb_to_lab(pixel).flatten().numpy()


def changed(before, after):
    return (np.asarray(before) != np.asarray(after)).any(axis=-1)


@pytest.mark.parametrize(
    ("width", "shown", "radius"),
    [
        (1296, None, 12.96),
        (1296, 448, 12.96),
        (1296, 200, 12.96),
        (1296, 100, 25.92),
        (150, None, 2),
        (100, 400, 1),
    ],
)
def test_radius_is_one_percent_of_the_width_and_two_pixels_where_it_is_seen(width, shown, radius):
    assert dot_radius(width, shown) == pytest.approx(radius)


@pytest.mark.parametrize("label", [None, ""])
def test_a_dot_is_round_and_centred_on_its_pixel(label):
    before = Image.new("RGB", (640, 480), GREY)
    after = draw_marks(before, [mark(200, 100, label)])

    around = np.asarray(after)[100 - 12 : 100 + 13, 200 - 12 : 200 + 13]
    assert (around == around[::-1]).all()
    assert (around == around[:, ::-1]).all()
    assert (around == around.swapaxes(0, 1)).all()
    fill = (around == around[12, 12]).all(axis=-1).sum()
    assert fill == pytest.approx(math.pi * 6.4**2, rel=0.2)  # its edge is blended
    assert changed(before, after).sum() == changed(before, after)[88:113, 188:213].sum()
    assert before.getcolors() == [(640 * 480, GREY)]


def test_shown_width_makes_dots_larger():
    before = Image.new("RGB", (1000, 500), GREY)
    area = {
        shown: changed(before, draw_marks(before, [mark(500, 250)], shown_width=shown)).sum()
        for shown in (None, 1000, 100)
    }
    assert area[None] == area[1000]
    assert area[100] / area[None] == pytest.approx(4, rel=0.15)  # 20 pixels instead of 10


@pytest.mark.parametrize("where", [(0, 0), (63, 0), (0, 47), (63, 47)])
def test_corner_pixels_can_be_marked(where):
    before = Image.new("RGB", (64, 48), GREY)
    assert changed(before, draw_marks(before, [mark(*where, "A")]))[where[1], where[0]]


def test_an_image_without_marks_is_copied():
    before = noise(64, 48)
    after = draw_marks(before, [])
    assert after is not before
    assert after.tobytes() == before.tobytes()


def test_other_modes_become_rgb():
    assert draw_marks(Image.new("L", (64, 48), 200), [mark(9, 9)]).mode == "RGB"


@given(ground=st.tuples(*[st.integers(0, 255)] * 3))
@settings(max_examples=40, deadline=None)
def test_the_fill_contrasts_with_any_ground(ground):
    dot = draw_marks(Image.new("RGB", (64, 48), ground), [mark(32, 24)]).getpixel((32, 24))
    assert np.linalg.norm(lab(dot) - lab(ground)) > 60


def test_an_edge_counts_both_of_its_sides():
    picture = Image.new("RGB", (200, 100), (255, 0, 220))
    picture.paste((60, 255, 20), (100, 0, 200, 100))
    dot = draw_marks(picture, [mark(100, 50)]).getpixel((100, 50))
    assert min(np.linalg.norm(lab(dot) - lab(side)) for side in ((255, 0, 220), (60, 255, 20))) > 60


@pytest.mark.parametrize(
    "grounds", list(itertools.permutations([(255, 0, 220), (60, 255, 20), (35, 85, 255)], 2))
)
def test_the_shared_colour_contrasts_below_every_dot(grounds):
    picture = Image.new("RGB", (400, 100), grounds[0])
    picture.paste(grounds[1], (200, 0, 400, 100))
    dot = draw_marks(picture, [mark(50, 50), mark(350, 50)]).getpixel((50, 50))
    assert min(np.linalg.norm(lab(dot) - lab(ground)) for ground in grounds) > 60


def test_all_dots_of_an_image_share_a_colour_so_that_no_colour_tells_a_match():
    picture = Image.new("RGB", (400, 100), (255, 255, 0))
    picture.paste((0, 0, 255), (200, 0, 400, 100))
    alone = {draw_marks(picture, [mark(u, 50)]).getpixel((u, 50)) for u in (50, 350)}
    together = draw_marks(picture, [mark(50, 50), mark(350, 50)])
    assert len(alone) == 2
    assert together.getpixel((50, 50)) == together.getpixel((350, 50))


def test_what_is_drawn_depends_on_the_surroundings_of_marks_alone():
    one, other = noise(400, 300, 1), noise(400, 300, 2)
    other.paste(one.crop((50, 50, 150, 150)), (50, 50))
    drawn = [draw_marks(p, [mark(100, 100, "A")]).crop((50, 50, 150, 150)) for p in (one, other)]
    assert drawn[0].tobytes() == drawn[1].tobytes()


@pytest.mark.parametrize(("u", "v"), [(-1, 0), (0, -1), (64, 0), (0, 48)])
def test_refuses_a_mark_outside(u, v):
    with pytest.raises(InputError, match=re.escape(f"a mark at ({u}, {v}) must lie in its 64x48 image")):
        draw_marks(Image.new("RGB", (64, 48)), [mark(u, v)])


def test_refuses_labels_without_room():
    with pytest.raises(InputError, match=r"room for its 4 dots and their labels, but this one is 20x20"):
        draw_marks(Image.new("RGB", (20, 20)), [mark(3 + 4 * k, 10, "ABCD"[k]) for k in range(4)])


@st.composite
def crowds(draw):
    """Up to four dots anywhere or within a tenth of the width, 3 % of it apart; some in corners."""
    width, height = draw(st.sampled_from([(160, 120), (640, 480), (512, 512), (360, 640)]))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    corner = rng.integers(0, [width, height])
    spread = width if draw(st.booleans()) else 0.1 * width
    found = []
    while len(found) < draw(st.shared(st.integers(1, 4), key="count")):
        at = np.clip(corner + rng.uniform(-spread, spread, 2), 0, [width - 1, height - 1]).astype(int)
        if all(math.dist(at, other) >= 0.03 * width for other in found):
            found.append(tuple(at.tolist()))
    return (width, height), [mark(u, v, "ABCD"[k]) for k, (u, v) in enumerate(found)]


@given(crowd=crowds())
@settings(max_examples=40, deadline=None)
def test_labels_stay_inside_and_cover_neither_dots_nor_one_another(crowd):
    (width, height), marked = crowd
    radius = dot_radius(width)
    labels, _ = module._place_labels((width, height), marked, radius)
    boxes = [label.box for label in labels]

    assert [label.text for label in labels] == [m["label"] for m in marked]
    assert all(0 <= b.left < b.right <= width and 0 <= b.top < b.bottom <= height for b in boxes)
    assert all(b.distance(m["u"], m["v"]) > radius for b in boxes for m in marked)
    for one, other in itertools.combinations(boxes, 2):
        assert (
            one.right <= other.left
            or other.right <= one.left
            or one.bottom <= other.top
            or other.bottom <= one.top
        )
    for label, m in zip(labels, marked, strict=True):
        own, *rest = (label.box.distance(o["u"], o["v"]) for o in [m, *(o for o in marked if o is not m)])
        assert label.far or own < min(rest, default=math.inf)


@given(crowd=crowds())
@settings(max_examples=15, deadline=None)
def test_labels_change_no_pixel_of_a_dot(crowd):
    (width, height), marked = crowd
    picture = noise(width, height, 3)
    difference = changed(
        draw_marks(picture, marked), draw_marks(picture, [{**m, "label": ""} for m in marked])
    )
    v, u = np.nonzero(difference)
    assert len(u)
    for m in marked:
        assert (np.hypot(u - m["u"], v - m["v"]) > dot_radius(width)).all()


def test_a_label_of_an_ordinary_frame_is_legible_at_448_pixels():
    picture = noise(1296, 968)
    drawn = draw_marks(picture, [mark(600, 400, "A")])
    rows = np.flatnonzero(changed(drawn, draw_marks(picture, [mark(600, 400, "")])).any(axis=1))
    assert (np.ptp(rows) + 1) * 448 / 968 >= 14
