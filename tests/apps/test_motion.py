"""TAPVid-3D clips to rows: each row is checked against the arrays of its clip's file, damage is skipped."""

import hashlib
import io
import json
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spatialgeom.apps.datagen.testing.tapvid3d import (
    members,
    npy_bytes,
    object_array,
    render_clip,
    write_adt,
    write_npz,
    write_pstudio,
)
from spatialgeom.apps.images import read_bytes
from spatialgeom.apps.records import Dataset

TASKS = tuple(f"point_{what}_{how}" for what in ("distance", "displacement") for how in ("dot", "coord"))
SCENES = {"adt": "Apartment_release_meal_seq136_0", "pstudio": "basketball_3"}


@pytest.fixture(scope="module")
def rendered():
    return {"adt": render_clip(), "pstudio": render_clip(moving_camera=False)}


@pytest.fixture(scope="module")
def clips(rendered, tmp_path_factory):
    """One clip of either source; do not damage them."""
    folder = tmp_path_factory.mktemp("tapvid3d")
    write_adt(folder / "adt", rendered["adt"])
    write_pstudio(folder / "pstudio", rendered["pstudio"])
    return folder


def command(clips, out, count=36):
    return (
        *("datagen", "run", clips, "--out", out, "--quiet", "--workers", 1),
        *("--max-per-task", count, "--tasks", *TASKS),
    )


def read_clip(clips, source):
    (file,) = (clips / source).glob("*.npz")
    with np.load(file, allow_pickle=False) as npz:
        return dict(npz)


def frames_of(row):
    return [int(Path(image["path"]).stem) for image in row["images"]]


def moved_mm(arrays, point, first, second):
    """Return how a point moved in the world, along the first camera's axes, from the file's own arrays."""
    poses = arrays.get("extrinsics_w2c", np.tile(np.eye(4), (len(arrays["tracks_XYZ"]), 1, 1)))
    world = [
        np.linalg.solve(poses[t], [*arrays["tracks_XYZ"][t, point], 1])[:3] * 1000 for t in (first, second)
    ]
    return poses[first, :3, :3] @ (world[1] - world[0])


def pixel_of(arrays, point, frame):
    """Return the pixel that holds a point: the file counts from the first pixel's corner."""
    x, y, z = arrays["tracks_XYZ"][frame, point]
    fx, fy, cx, cy = arrays["fx_fy_cx_cy"]
    return np.array([fx * x / z + cx, fy * y / z + cy])


def shown_part(arrays, frame, uv):
    """Return what an image shows in a pixel: boxes are green and blue."""
    picture = Image.open(io.BytesIO(arrays["images_jpeg_bytes"][frame])).convert("RGB")
    return np.argmax(picture.getpixel(tuple(np.floor(uv).astype(int).tolist())))


def asked_at(row, size):
    """Return the least and the greatest pixel position that a question may mean."""
    if row["marks"]:
        (mark,) = row["marks"]
        assert mark["image"] == 0
        return np.array([mark["u"], mark["v"]]), np.array([mark["u"], mark["v"]]) + 1
    found = re.search(r"\[(\d+), (\d+)\] in Image-1", row["question"])
    shown = np.array([int(found[1]), int(found[2])])
    # rounded down to thousandths from a whole pixel
    pixel = np.ceil(shown * size / 1000)
    assert (pixel * 1000 // size == shown).all()
    return pixel, np.maximum(pixel, np.ceil((shown + 1) * size / 1000) - 1) + 1


@pytest.mark.parametrize("source", SCENES)
def test_every_row_says_what_the_clip_s_arrays_say(cli, clips, rendered, source, tmp_path):
    code, said, complaints = cli(*command(clips, tmp_path / "out"))
    assert (code, complaints) == (0, ""), said
    dataset, arrays = Dataset.open(tmp_path / "out"), read_clip(clips, source)
    rows = [row for row in dataset.rows() if row["source"] == source]
    assert Counter(row["task"] for row in rows) == dict.fromkeys(TASKS, 36)
    size = np.array(rendered[source].size[::-1])
    moving, colours_right = 0, []
    for row in rows:
        (first, second), point = frames_of(row), json.loads(row["measured"])["point"]
        assert arrays["visibility"][[first, second], point].all()
        for k, frame in enumerate((first, second)):
            assert read_bytes(dataset.image(row, k)) == arrays["images_jpeg_bytes"][frame]
        uv, (least, most) = pixel_of(arrays, point, first), asked_at(row, size)
        assert (uv >= least - 1e-3).all(), row["question"]
        assert (uv <= most + 1e-3).all(), row["question"]
        true, truth = moved_mm(arrays, point, first, second), np.array(json.loads(row["truth"]))
        if np.linalg.norm(true) < 10 - 1e-3:
            true = np.zeros(3)
        said = true if truth.ndim else np.linalg.norm(true)
        assert np.abs(said - truth).max() <= 0.5 + 1e-3, row["answer"]
        assert f"`{row['truth']}`" in row["answer"]
        part = rendered[source].part[point]
        assert (np.abs(true).max() > 0) == (part > 0)
        if part:
            moving += 1
            colours_right.append(shown_part(arrays, first, uv) == part)
    assert moving > len(rows) / 2
    # colours bleed along the edges of boxes
    assert np.mean(colours_right) > 0.8


def test_rows_belong_to_their_source_and_space(cli, clips, tmp_path):
    assert cli(*command(clips, tmp_path / "out", 6))[0] == 0
    dataset = Dataset.open(tmp_path / "out")
    assert {(row["scene"], row["source"], row["space"], row["family"]) for row in dataset.rows()} == {
        (SCENES["adt"], "adt", "Apartment_release_meal_seq136", "motion"),
        (SCENES["pstudio"], "pstudio", "basketball", "motion"),
    }
    assert set(dataset.manifest["tasks"]) == {f"{task}@{source}" for task in TASKS for source in SCENES}
    for source, words in (("adt", "Aria"), ("pstudio", "Panoptic")):
        assert words in dataset.manifest["scenes"][SCENES[source]]["licence"]


class Call:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def test_damaged_clips_beside_a_sound_one_are_skipped_each_in_a_sentence(cli, clips, rendered, tmp_path):
    folder, mark = tmp_path / "adt", tmp_path / "ran"
    (sound,) = (clips / "adt").glob("*.npz")
    shutil.copytree(sound.parent, folder)
    whole = sound.read_bytes()
    (folder / "Lite_release_cut_1.npz").write_bytes(whole[: len(whole) // 2])
    (folder / "Lite_release_magic_1.npz").write_bytes(b"\x89HDF\r\n\x1a\n" + whole[8:])
    images = [*rendered["adt"].images[:-1], Call(eval, f"open({str(mark)!r}, 'w').close()")]
    arrays = {**members(rendered["adt"]), "images_jpeg_bytes": npy_bytes(object_array(images))}
    write_npz(folder / "Lite_release_pickle_1.npz", arrays)
    code, said, complaints = cli(*command(folder, tmp_path / "out", 4))
    assert (code, complaints) == (3, ""), said
    assert not mark.exists()
    sentences = dict(re.findall(r"^skipped scene Lite_release_(\w+)_1: (.+)$", said, re.MULTILINE))
    assert set(sentences) == {"cut", "magic", "pickle"}
    assert "must be an .npz file, but it is damaged" in sentences["cut"]
    for name in ("magic", "pickle"):
        assert "images_jpeg_bytes is damaged or holds more than numbers and byte strings" in sentences[name]
    assert "Traceback" not in said
    dataset = Dataset.open(tmp_path / "out")
    assert {row["scene"] for row in dataset.rows()} == {SCENES["adt"]}
    assert [image.name for image in (tmp_path / "out" / "images").iterdir()] == [SCENES["adt"]]


KILLED = """
import os, signal, sys
from pathlib import Path
from spatialgeom.apps.cli import main

write = Path.write_bytes


def last(path, content):
    if path.name == "000003.jpg" and "basketball" in path.parent.name:
        os.kill(os.getpid(), signal.SIGKILL)
    return write(path, content)


Path.write_bytes = last
main(sys.argv[1:])
"""


def digests(out):
    files = [file for part in ("data", "images") for file in (out / part).rglob("*") if file.is_file()]
    return {
        str(file.relative_to(out)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in [*files, out / "manifest.json", out / "README.md"]
    }


@pytest.mark.slow
def test_a_run_killed_among_a_clip_s_images_goes_on_to_the_same_bytes(cli, clips, tmp_path):
    straight, broken = tmp_path / "straight", tmp_path / "broken"
    assert cli(*command(clips, straight, 6))[0] == 0
    arguments = [sys.executable, "-c", KILLED, *map(str, command(clips, broken, 6))]
    assert subprocess.run(arguments, check=False).returncode == -signal.SIGKILL
    extracted = {place.name: place for place in (broken / "images").iterdir()}
    assert SCENES["adt"] in extracted
    assert SCENES["pstudio"] not in extracted
    (begun,) = (place for name, place in extracted.items() if SCENES["pstudio"] in name)
    assert len(list(begun.iterdir())) == 3
    before = {file: file.stat().st_mtime_ns for file in extracted[SCENES["adt"]].iterdir()}
    assert cli(*command(clips, broken, 6))[0] == 0
    assert {file: file.stat().st_mtime_ns for file in before} == before
    assert not begun.exists()
    assert digests(broken) == digests(straight)
