"""Every answer again by a second route: kornia and plain float64 from the files on disk, and the cloud."""

import json
import math
import re
from pathlib import Path

import h5py
import kornia
import numpy as np
import pytest
import torch

from spatialgeom.apps.cli import main
from spatialgeom.apps.records import Dataset

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:kornia")

ROOT = Path(__file__).resolve().parents[2]
_HALF_PIXEL = 0.5 + 1e-4  # the nearest pixel of a float32 point


@pytest.fixture(scope="session")
def kitchen(redkitchen, tmp_path_factory):
    """Return all tasks from the real sequence, with its fitted colour camera."""
    out = tmp_path_factory.mktemp("made") / "kitchen"
    config = ROOT / "configs" / "redkitchen.yaml"
    command = [
        "datagen",
        "run",
        redkitchen,
        "--config",
        config,
        "--out",
        out,
        "--quiet",
        "--max-per-task",
        60,
    ]
    assert main([str(part) for part in command]) == 0
    return out


class Truth:
    """The scene as its files say, in NumPy float64 with kornia's transformations; no code of the engine."""

    def __init__(self, out, colour_k, colour_from_depth, up):
        self.dataset = Dataset.open(out)
        (cache,) = (out / "cache").glob("*.h5")
        with h5py.File(cache) as file:
            self.points = file["points"][()].astype(float)
        self.k = colour_k
        self.colour_from_depth = colour_from_depth
        self.up = np.array(up) / np.linalg.norm(up)

    def pose(self, image):
        """Return world_from_colour in the file's own, unaligned world."""
        file = re.sub(
            r"color\.jpg$",
            "pose.txt",
            self.dataset.roots[next(iter(self.dataset.roots))] + "/" + image["path"],
        )
        return np.loadtxt(file) @ np.linalg.inv(self.colour_from_depth)

    def relative(self, row):
        first, second = (torch.from_numpy(self.pose(image))[None] for image in row["images"])
        # kornia composes inv(first) @ second from world_from_camera matrices
        return (torch.linalg.inv(first) @ second)[0].numpy()

    def project(self, image, points):
        """Return pixels and camera-frame positions by kornia's pinhole."""
        extrinsics = torch.from_numpy(np.linalg.inv(self.pose(image)))
        xyz = kornia.geometry.linalg.transform_points(extrinsics[None], torch.from_numpy(points)[None])[0]
        uv = kornia.geometry.camera.project_points(xyz, torch.from_numpy(self.k))
        return uv.numpy(), xyz.numpy()


def unaligned(truth):
    """Return the cloud in the file's own world: the engine keeps it turned so that up is z."""
    axis = np.cross(truth.up, [0, 0, 1.0])
    angle = math.atan2(np.linalg.norm(axis), truth.up[2])
    if np.linalg.norm(axis) > 0:
        axis = axis / np.linalg.norm(axis) * angle
    turn = kornia.geometry.conversions.axis_angle_to_rotation_matrix(torch.from_numpy(axis)[None])[0].numpy()
    return truth.points @ turn  # the transpose of turn, from the right


def identity_truth(out):
    k = np.loadtxt(Path(next(iter(Dataset.open(out).roots.values()))) / "camera-intrinsics.txt")
    return Truth(out, k, np.eye(4), [0, 0, 1.0])


@pytest.fixture(scope="session", params=["box", "redkitchen"])
def truth(request):
    if request.param == "box":
        found = identity_truth(request.getfixturevalue("dataset"))
    else:
        out = request.getfixturevalue("kitchen")
        shift = np.eye(4)
        shift[:3, 3] = [-0.029, 0.021, 0]
        k = np.array([[520, 0, 321], [0, 520, 232], [0, 0, 1.0]])
        found = Truth(out, k, shift, [0.003, -0.890, -0.457])
    found.cloud = unaligned(found)
    found.projected = {}
    return found


def rows(truth, *tasks):
    found = list(truth.dataset.rows(tasks))
    assert len(found) >= 20 * len(tasks)
    return found


def answered(row):
    """Return the value that the answer words, which must be the recorded truth."""
    (said,) = re.findall(r"`([^`]*)`", row["answer"])
    truth = json.loads(row["truth"])
    assert said == (truth if isinstance(truth, str) else row["truth"])
    return truth


def seen(truth, image):
    """Return pixels and positions of the whole cloud in an image, remembered."""
    if image["path"] not in truth.projected:
        truth.projected[image["path"]] = truth.project(image, truth.cloud)
    return truth.projected[image["path"]]


def rounded(value):
    return int(math.copysign(math.floor(abs(value) + 0.5), value)) if value else 0


def near_pixel(truth, image, pixel):
    uv, xyz = seen(truth, image)
    return (np.abs(uv - np.array(pixel)).max(axis=1) <= _HALF_PIXEL) & (xyz[:, 2] > 0)


def test_depth_is_that_of_a_point_at_the_dot(truth):
    for row in rows(truth, "depth_value_dot"):
        (mark,) = row["marks"]
        here = near_pixel(truth, row["images"][0], (mark["u"], mark["v"]))
        depths_mm = 1000 * seen(truth, row["images"][0])[1][here, 2]
        assert np.abs(depths_mm - answered(row)).min() <= 0.5 + 1e-3


def test_depth_by_coordinates_names_a_pixel_of_that_depth(truth):
    for row in rows(truth, "depth_value_coord"):
        x, y = (int(v) for v in re.search(r"the point at \[(\d+), (\d+)\]", row["question"]).groups())
        measured, image = json.loads(row["measured"]), row["images"][0]
        pixel = np.rint([measured["u_px"], measured["v_px"]]).clip(
            0, [image["width"] - 1, image["height"] - 1]
        )
        assert (x, y) == (int(pixel[0] * 1000 // image["width"]), int(pixel[1] * 1000 // image["height"]))
        depths_mm = 1000 * seen(truth, image)[1][near_pixel(truth, image, pixel), 2]
        assert np.abs(depths_mm - answered(row)).min() <= 0.5 + 1e-3


def test_depth_order_is_told_by_the_depths_at_both_points(truth):
    for row in rows(truth, "depth_order_dot"):
        depths = [
            seen(truth, row["images"][0])[1][near_pixel(truth, row["images"][0], (m["u"], m["v"])), 2]
            for m in row["marks"]
        ]
        measured = json.loads(row["measured"])
        named = [measured["first_depth_m"], measured["second_depth_m"]]
        for here, depth in zip(depths, named, strict=True):
            assert np.abs(here - depth).min() < 1e-5
        farther = "farther from" in row["question"]
        assert ("closer to" in row["question"]) != farther
        assert answered(row) == "AB"[int(np.argmax(named) if farther else np.argmin(named))]
        assert abs(named[0] - named[1]) >= max(0.05, 0.05 * max(named))
        (a, b), width = row["marks"], row["images"][0]["width"]
        assert math.hypot(a["u"] - b["u"], a["v"] - b["v"]) >= 0.05 * width


def test_depth_order_by_coordinates_offers_both_and_answers_one(truth):
    for row in rows(truth, "depth_order_coord"):
        measured = json.loads(row["measured"])
        named = [measured["first_depth_m"], measured["second_depth_m"]]
        farther = "farther from" in row["question"]
        first, second = row["scoring"]["options"]
        assert row["question"].index(f"the point at {first}") < row["question"].index(
            f"the point at {second}"
        )
        assert answered(row) == (first, second)[int(np.argmax(named) if farther else np.argmin(named))]


def reprojects(truth, row, first, second):
    """Is there a point of the cloud that falls on both pixels, to the nearest pixel?"""
    both = near_pixel(truth, row["images"][0], first) & near_pixel(truth, row["images"][1], second)
    return both.any()


def test_correspondences_reproject_within_a_pixel(truth):
    for row in rows(truth, "correspondence_coord"):
        m, image = json.loads(row["measured"]), row["images"][1]
        assert reprojects(truth, row, (m["u1_px"], m["v1_px"]), (m["u2_px"], m["v2_px"]))
        assert answered(row) == [m["u2_px"] * 1000 // image["width"], m["v2_px"] * 1000 // image["height"]]
        assert (
            f"[{m['u1_px'] * 1000 // image['width']}, {m['v1_px'] * 1000 // image['height']}]"
            in row["question"]
        )


def test_the_chosen_dot_is_the_point_and_distractors_keep_their_distance(truth):
    for row in rows(truth, "correspondence_choice"):
        source, *options = row["marks"]
        places = {mark["label"]: np.array([mark["u"], mark["v"]]) for mark in options}
        answer = answered(row)
        assert reprojects(truth, row, (source["u"], source["v"]), places[answer])
        width, height = row["images"][1]["width"], row["images"][1]["height"]
        hard = json.loads(row["measured"])["hard"]
        low, high = (0.03 * width, 0.1 * width) if hard else (0.1 * width, math.inf)
        labels = sorted(places)
        for k, a in enumerate(labels):
            for b in labels[k + 1 :]:
                assert low <= np.linalg.norm(places[a] - places[b]) <= high
        for place in places.values():
            assert (place >= 0.01 * width - 1).all()
            assert (place <= np.array([width, height]) - 0.01 * width).all()


@pytest.mark.parametrize(
    ("axis", "negative", "positive"),
    [("x", "left", "right"), ("y", "up", "down"), ("z", "backward", "forward")],
)
def test_direction_is_the_sign_of_the_translation(truth, axis, negative, positive):
    for row in rows(truth, f"camera_{axis}_direction"):
        moved = truth.relative(row)[:3, 3]
        component = moved["xyz".index(axis)]
        assert answered(row) == (positive if component > 0 else negative)
        assert abs(component) >= max(0.03, 0.1 * np.linalg.norm(moved)) - 1e-9


def test_distance_and_displacement(truth):
    for row in rows(truth, "camera_distance"):
        centres = [truth.pose(image)[:3, 3] for image in row["images"]]
        exact = 1000 * np.linalg.norm(truth.relative(row)[:3, 3])
        assert answered(row) == rounded(exact)
        # real poses are rigid only to 4e-4
        assert abs(1000 * np.linalg.norm(centres[1] - centres[0]) - exact) <= 1e-3 * exact
    for row in rows(truth, "camera_displacement"):
        assert answered(row) == [rounded(1000 * v) for v in truth.relative(row)[:3, 3]]


def heading(truth, image):
    """Return yaw and pitch in degrees from the forward axis and the up vector alone."""
    forward = truth.pose(image)[:3, 2]
    forward = forward / np.linalg.norm(forward)
    level = forward - (forward @ truth.up) * truth.up
    return level, math.degrees(math.asin(forward @ truth.up))


def turn(truth, row):
    (first, pitch_1), (second, pitch_2) = (heading(truth, image) for image in row["images"])
    yaw = math.degrees(math.atan2(np.cross(first, second) @ truth.up, first @ second))
    assert max(abs(pitch_1), abs(pitch_2)) <= 60
    return yaw, pitch_2 - pitch_1


def test_turns(truth):
    for row in rows(truth, "camera_yaw_direction"):
        assert answered(row) == ("left" if turn(truth, row)[0] > 0 else "right")
    for row in rows(truth, "camera_pitch_direction"):
        assert answered(row) == ("up" if turn(truth, row)[1] > 0 else "down")
    for k, angle in enumerate(("yaw", "pitch")):
        for row in rows(truth, f"camera_{angle}_angle"):
            exact = abs(turn(truth, row)[k])
            assert exact >= 3 - 1e-6
            assert abs(answered(row) - exact) <= 0.5 + 1e-6


def test_dots_are_never_off_the_image(truth):
    for row in truth.dataset.rows():
        for mark in row["marks"]:
            image = row["images"][mark["image"]]
            border = 0.01 * image["width"]
            assert border <= mark["u"] + 0.5 <= image["width"] - border + 0.5
            assert border <= mark["v"] + 0.5 <= image["height"] - border + 0.5


def test_pairs_overlap_in_range_in_balanced_bins(truth):
    overlaps = [json.loads(row["measured"])["overlap_percent"] for row in rows(truth, "camera_distance")]
    assert min(overlaps) >= 6
    assert max(overlaps) <= 35
