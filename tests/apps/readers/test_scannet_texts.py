"""The texts beside a ScanNet scan: label table, alignment, JSON; damaged or hostile ones are refused."""

import os
from pathlib import Path

import numpy as np
import pytest

from spatialgeom.apps.datagen.readers._scannet import find_label_table, read_label_table, read_scan_files
from spatialgeom.apps.datagen.testing.scannet import (
    ALIGNMENT,
    SMALL_SCENE,
    SMALL_VERTICES,
    group,
    write_aggregation,
    write_info,
    write_json,
    write_label_table,
    write_ply,
)

SCENE = SMALL_SCENE
JSON_FILES = ("_vh_clean_2.0.010000.segs.json", ".aggregation.json")


def read(folder, table=None, mesh=True):
    return read_scan_files(folder, SCENE, table, mesh)


# the label table


def test_the_table_names_what_it_maps(small_scan, tmp_path):
    table = tmp_path / "labels.tsv"
    write_label_table(table, {"office chair": "Chair", "trash can": "", "unused": "x"})
    assert read(small_scan, table).objects.categories == ("chair", "trash can")


def test_the_table_is_read_by_its_header_and_quotes_are_text(tmp_path):
    table = tmp_path / "t.tsv"
    table.write_text('category\tid\traw_category\nrack\t1\t"19" rack\nshort\t2\n\nlamp\t3\tLAMP\textra\n')
    assert read_label_table(table) == {'"19" rack': "rack", "": "short", "lamp": "lamp"}
    table.write_text("raw_category\tcategory\nlonely\n")
    assert read_label_table(table) == {"lonely": ""}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "must have columns"),
        (b"raw_category,category\n", "must have columns"),
        (b"raw_category\tid\n", "must have columns"),
        (b"id\tcategory\n", "must have columns"),
        (b"raw_category\tcategory\n" + b"x" * 200_000 + b"\ty\n", "must be a table"),
        (b"raw_category\tcategory\n\xff\xfe\t\n", "must be text"),
    ],
)
def test_a_table_that_is_none(small_scan, tmp_path, content, said, refused):
    (tmp_path / "t.tsv").write_bytes(content)
    refused(read, small_scan, tmp_path / "t.tsv", said=said)


def test_a_table_that_was_named_must_be_there(small_scan, refused):
    refused(read, small_scan, small_scan / "nowhere.tsv", said="must be a file")


def test_the_table_is_looked_for_above_the_scan(tmp_path):
    folder = tmp_path / "a" / "b" / "c" / "d"
    folder.mkdir(parents=True)
    name = "scannetv2-labels.combined.tsv"
    (tmp_path / name).write_text("x")
    assert find_label_table(folder) is None
    (tmp_path / "a" / name).write_text("x")
    (folder / name).mkdir()
    assert find_label_table(folder) == tmp_path / "a" / name


@pytest.mark.parametrize(
    ("label", "category"),
    [("", "object"), ("  ", "object"), ("Étagère", "étagère"), ("a\x00b\ud800c\x1b[2J", "a b c [2j")],
)
def test_a_label_is_a_name_that_can_be_printed(small_scan, label, category):
    write_aggregation(small_scan, SCENE, [group(1, [40], label)])
    files = read(small_scan)
    assert files.objects.categories == (category,)
    assert category.encode()


# the text file


def test_the_text_file_s_lines(tmp_path):
    lines = [
        "\ufeffsceneType =  Living  room ",
        "fx_color=1170.5",
        "fx_color = 3",
        "",
        "no equals",
        "a = b = c",
    ]
    (tmp_path / f"{SCENE}.txt").write_bytes("\r\n".join(lines).encode())
    assert read(tmp_path).info == {"sceneType": "Living  room", "fx_color": "1170.5", "a": "b = c"}


def test_the_alignment_moves_the_mesh(small_scan):
    write_info(small_scan / f"{SCENE}.txt", ALIGNMENT, "\r\n")
    files = read(small_scan)
    np.testing.assert_allclose(files.points, SMALL_VERTICES @ ALIGNMENT[:3, :3].T + ALIGNMENT[:3, 3])
    # the first vertex by hand: 0.8 * 0.5 + 0.6 * 1.25 + 1.5, 0.6 * 0.5 - 0.8 * 1.25 - 0.25, 2 + 0.125
    np.testing.assert_allclose(files.points[0], [2.65, -0.95, 2.125])
    write_info(small_scan / f"{SCENE}.txt", None)
    np.testing.assert_array_equal(read(small_scan).points, SMALL_VERTICES)


def test_an_alignment_as_exact_as_a_file_gives_it(tmp_path):
    turned = ALIGNMENT.copy()
    turned[0, 0] += 0.003
    write_info(tmp_path / f"{SCENE}.txt", turned)
    np.testing.assert_allclose(read(tmp_path).axis_alignment, turned)


def _tipped(degrees):
    matrix, angle = np.eye(4), np.radians(degrees)
    matrix[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return matrix


def test_an_alignment_may_tip_the_room_a_little(tmp_path):
    write_info(tmp_path / f"{SCENE}.txt", _tipped(7))
    np.testing.assert_allclose(read(tmp_path).axis_alignment, _tipped(7), atol=1e-6)


def _changed(place, value):
    matrix = ALIGNMENT.copy()
    matrix[place] = value
    return matrix


@pytest.mark.parametrize(
    "matrix",
    [
        np.zeros((4, 4)),
        np.full((4, 4), np.nan),
        np.full((4, 4), -np.inf),
        ALIGNMENT.T,
        2 * ALIGNMENT,
        np.diag([1.0, 1, -1, 1]),
        np.diag([1.0, -1, 1, 1]),
        np.diag([1.0, -1, -1, 1]),
        _changed((0, 0), 0.85),
        _changed((0, 0), 0.812),
        _tipped(9),
        _changed((0, 3), 2e4),
        _changed((3, 0), 0.1),
        np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]]),
    ],
)
def test_an_alignment_that_is_not_rigid_or_tips_the_room(tmp_path, matrix, refused):
    write_info(tmp_path / f"{SCENE}.txt", matrix)
    refused(read, tmp_path, said="must give a")


@pytest.mark.parametrize("text", ["", "1 2 3", "a " * 16, "1 " * 17, "1," * 16])
def test_an_alignment_that_is_no_matrix(tmp_path, text, refused):
    (tmp_path / f"{SCENE}.txt").write_text(f"axisAlignment = {text}")
    refused(read, tmp_path, said="as 16 numbers")


# contradictions and damage


def test_segments_of_another_mesh(small_scan, refused):
    write_ply(small_scan / f"{SCENE}_vh_clean_2.ply", SMALL_VERTICES[:3])
    refused(read, small_scan, said="for each of the mesh's 3 vertices, got 4")
    write_ply(small_scan / f"{SCENE}_vh_clean_2.ply", SMALL_VERTICES[[0, 1, 2, 3, 0]])
    refused(read, small_scan, said="for each of the mesh's 5 vertices, got 4")


@pytest.mark.parametrize("name", JSON_FILES)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"7",
        b"{}",
        b'{"segIndices": 3, "segGroups": {}}',
        b'{"segIndices": [[1], 2, 3, 4], "segGroups": [[]]}',
        b'{"segIndices": [1.0, 2, 3, 4], "segGroups": [{}]}',
        b'{"segIndices": [true, 2, 3, 4], "segGroups": [{"objectId": true, "label": "x", "segments": []}]}',
        b'{"segIndices": ["1", 2, 3, 4], "segGroups": [{"objectId": "1", "label": "x", "segments": []}]}',
        b'{"segIndices": [NaN, 2, 3, 4], "segGroups": [{"objectId": 1, "label": 5, "segments": []}]}',
        b'{"segIndices": [-1, 2, 3, 4], "segGroups": [{"objectId": 1, "label": "x", "segments": [-1]}]}',
        b'{"segIndices": [1e400, 2, 3, 4], "segGroups": [{"objectId": 1, "label": "x", "segments": 4}]}',
        b'{"segIndices": [9223372036854775808, 2, 3, 4], '
        b'"segGroups": [{"objectId": 1, "label": "x", "segments": [9223372036854775808]}]}',
        b'{"segIndices": [null, 2, 3, 4], "segGroups": [{"objectId": 1, "label": "x"}]}',
        b'{"segIndices": [' + b"9" * 5000 + b'], "segGroups": [' + b"9" * 5000 + b"]}",
        b"[" * 100_000,
        b'{"segIndices":' * 100_000,
        b"\xff\xfe\x00",
        b'{"segIndices": ["' + b"x" * 2_000_000 + b'"' + b", 1" * 100_000 + b"], "
        b'"segGroups": [{"objectId": 1, "label": "x", "segments": ["' + b"x" * 2_000_000 + b'"'
        + b", 1" * 100_000 + b"]}]}",
    ],
)  # fmt: skip
def test_json_that_is_not_what_it_should_be(small_scan, name, content, refused):
    (small_scan / f"{SCENE}{name}").write_bytes(content)
    refused(read, small_scan, said=f"{SCENE}{name}")


def test_the_largest_segment_number_is_still_one(small_scan):
    write_json(small_scan / f"{SCENE}{JSON_FILES[0]}", {"segIndices": [2**63 - 1, 0, 1, 2]})
    write_aggregation(small_scan, SCENE, [group(1, [2**63 - 1])])
    assert read(small_scan).labels.tolist() == [0, -1, -1, -1]


@pytest.mark.parametrize("name", [*JSON_FILES, ".txt"])
def test_a_file_too_large_to_be_parsed_is_not_read(small_scan, name, refused):
    with (small_scan / f"{SCENE}{name}").open("wb") as file:
        file.truncate(1 << 40)
    refused(read, small_scan, said=f"must be at most {1 if name == '.txt' else 16} MB")


def test_a_text_of_the_largest_size_is_read(small_scan, refused):
    text = small_scan / f"{SCENE}.txt"
    text.write_text("a = b\n".ljust(1 << 20))
    assert read(small_scan).info == {"a": "b"}
    text.write_text("a = b\n".ljust((1 << 20) + 1))
    refused(read, small_scan, said="must be at most 1 MB, got 1048577 bytes")


def test_a_disk_that_fails_is_told(small_scan, monkeypatch, refused):
    def fail(*_, **__):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "read_text", fail)
    refused(read, small_scan, said="must be text, but [Errno 5] Input/output error")


@pytest.mark.parametrize("name", [*JSON_FILES, ".txt", "_vh_clean_2.ply"])
@pytest.mark.parametrize("damage", ["folder", "link", "pipe", "circle"])
def test_what_is_there_must_be_a_file(small_scan, name, damage, refused):
    path = small_scan / f"{SCENE}{name}"
    path.unlink(missing_ok=True)
    if damage == "folder":
        path.mkdir()
    elif damage == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(small_scan / "nowhere" if damage == "link" else path)
    refused(read, small_scan, said=name)


def test_a_link_to_a_file_is_a_file(small_scan, tmp_path):
    path = small_scan / f"{SCENE}.aggregation.json"
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert read(small_scan).labels.tolist() == [0, -1, 0, 1]
