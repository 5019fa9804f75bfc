"""A small handmade dataset: two scenes of files and one whose images lie inside a container."""

import io
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from spatialgeom.apps.records import SCHEMA, Dataset

SIZE = (160, 120)  # width, height


def encoded(seed, kind="JPEG"):
    """Return a smooth random picture as bytes."""
    coarse = np.random.default_rng(seed).integers(0, 255, (5, 6, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(coarse).resize(SIZE, Image.Resampling.BICUBIC).save(buffer, kind)
    return buffer.getvalue()


@dataclass
class Handmade:
    """A dataset to which a test adds rows before it opens it."""

    folder: Path
    rows: list = field(default_factory=list)
    images: dict = field(default_factory=dict)  # (scene, name) -> fields of an image

    def add_file(self, scene, name, content):
        path = self.folder.parent / scene / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.note(scene, name, name)

    def add_container(self, scene, contents):
        """Put images into one file, with other bytes before and between them."""
        path, written = self.folder.parent / scene / "scene.sens", b"head"
        path.parent.mkdir(parents=True, exist_ok=True)
        for number, content in enumerate(contents):
            self.note(scene, number, "scene.sens", len(written), len(content))
            written += content + b"gap"
        path.write_bytes(written)

    def note(self, scene, key, name, offset=None, length=None):
        width, height = SIZE
        place = {"path": name, "offset": offset, "length": length}
        self.images[scene, key] = {**place, "width": width, "height": height}

    def add(self, task, images, question, answer, truth, scoring, marks=(), scene="room", measured=None):
        kind, options, unit, tolerance = scoring
        self.rows.append(
            {
                "schema_version": 1,
                "id": f"{task}-{len(self.rows):04d}",
                "task": task,
                "family": task.split("_")[0],
                "source": "handmade",
                "space": scene,
                "scene": scene,
                "images": [self.images[scene, image] for image in images],
                "marks": [dict(zip(("image", "u", "v", "label"), mark, strict=True)) for mark in marks],
                "question": question,
                "answer": answer,
                "truth": json.dumps(truth),
                "scoring": {"kind": kind, "options": list(options), "unit": unit, "tolerance": tolerance},
                "measured": json.dumps(measured or {}),
                "rules": "default",
                "fingerprint": "",
            }
        )

    def open(self, shards=2, **manifest):
        """Write the rows as shards and open the dataset."""
        names = [f"data/{k}.parquet" for k in range(shards)]
        for k, name in enumerate(names):
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.Table.from_pylist(self.rows[k::shards], schema=SCHEMA), path)
        roots = {scene: str(self.folder.parent / scene) for scene, _ in self.images}
        content = {"schema_version": 1, "roots": roots, "shards": [{"path": name} for name in names]}
        (self.folder / "manifest.json").write_text(json.dumps(content | manifest))
        return Dataset.open(self.folder)


DOT = ("number", (), "mm", 0.2)
LETTER = ("choice", "ABCD", None, None)


@pytest.fixture
def empty(tmp_path):
    """No rows yet, but images."""
    made = Handmade(tmp_path / "made")
    made.folder.mkdir()
    for number in range(3):
        made.add_file("room", f"color/{number}.jpg", encoded(number))
    made.add_file("hall", "color/0.jpg", encoded(7))
    made.add_file("hall", "other/0.png", encoded(8, "PNG"))
    made.add_container("vault", [encoded(10), encoded(11)])
    return made


@pytest.fixture
def handmade(empty):
    """A few rows of seven tasks."""
    made, room = empty, ["color/0.jpg", "color/1.jpg"]
    for k in range(4):
        made.add(
            "depth_value_dot",
            room[:1],
            "How deep, in mm?",
            f"`{900 + k}` mm",
            900 + k,
            DOT,
            [(0, 40 + k, 60, "")],
        )
        made.add(
            "depth_value_coord", room[:1], "How deep is [250, 500]? [0, 0] is the corner.", "`7` mm", 7, DOT
        )
        made.add(
            "depth_order_coord",
            room[1:],
            "Which is closer, [100, 200] or [800, 600]?",
            "`[800, 600]`",
            "[800, 600]",
            ("choice", ["[100, 200]", "[800, 600]"], None, None),
        )
        made.add(
            "correspondence_choice",
            room,
            "Which of A, B, C and D is it?",
            "It is `C`.",
            "C",
            LETTER,
            [(0, 20, 30, ""), (1, 30, 40, "A"), (1, 90, 40, "B"), (1, 40, 90, "C"), (1, 120, 100, "D")],
        )
        made.add(
            "correspondence_coord",
            room,
            "Where in Image-2 is [300, 400] of Image-1?",
            "At `[750, 125]`.",
            [750, 125],
            ("pixel", (), "permille", 0.05),
            measured={"u1_px": 48, "overlap_percent": 12.3456789},
        )
        made.add("camera_distance", [0, 1], "How far, in mm?", "`1200` mm", 1200, DOT, scene="vault")
        made.add("object_height", ["other/0.png"], "How high, in mm?", "`80` mm", 80, DOT, scene="hall")
    return made
