"""PLY meshes: vertices of every form, and files that are damaged or hostile."""

import os
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatialgeom.apps.datagen.readers._ply import read_vertices
from spatialgeom.apps.errors import InputError

TYPES = ("float", "double", "float32", "float64", "int", "short", "char", "int8", "int16", "int32")
CODES = dict(zip(TYPES, "fdfdihbbhi", strict=True))
XYZ = [("float", "x"), ("float", "y"), ("float", "z")]
ORDERS = ("binary_little_endian", "binary_big_endian", "ascii")


def ply(order, properties, rows, count=None, tail=b"", end="\n"):
    """Return a PLY file whose vertices have these properties."""
    declared = "".join(f"property {kind} {name}{end}" for kind, name in properties)
    header = (
        f"ply{end}format {order} 1.0{end}comment x{end}"
        f"element vertex {len(rows) if count is None else count}{end}"
        f"{declared}element face 1{end}property list uchar int vertex_indices{end}end_header{end}"
    )
    if order == "ascii":
        body = "".join(" ".join(map(str, row)) + end for row in rows).encode()
    else:
        form = (">" if "big" in order else "<") + "".join(CODES.get(kind, "B") for kind, _ in properties)
        body = b"".join(struct.pack(form, *row) for row in rows)
    return header.encode() + body + tail


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("kind", TYPES)
def test_vertices_of_every_form(tmp_path, order, end, kind):
    """Properties in another order, others between them, of one name twice, and faces after them."""
    properties = [("uchar", "red"), (kind, "z"), ("uchar", "red"), (kind, "x"), ("double", "s"), (kind, "y")]
    rows = [(200, 3, 1, -1, 0.5, 2), (0, -60, 255, 50, 1e300, 40)]
    path = tmp_path / "m.ply"
    path.write_bytes(ply(order, properties, rows, tail=b"\x03\x00\x00\x00", end=end))
    vertices = read_vertices(path)
    assert vertices.dtype == np.float64
    np.testing.assert_array_equal(vertices, [[-1, 2, 3], [50, 40, -60]])


def test_vertices_are_given_as_they_are(tmp_path):
    path = tmp_path / "m.ply"
    rows = [(np.nan, -np.inf, 1e30), (0.1, 0.2, 0.3)]
    for order in ORDERS:
        path.write_bytes(ply(order, XYZ, rows))
        np.testing.assert_allclose(read_vertices(path), rows, rtol=1e-6)


@pytest.mark.parametrize("order", ORDERS)
def test_a_mesh_may_end_with_its_last_vertex_and_not_before(tmp_path, order, refused):
    path = tmp_path / "m.ply"
    whole = ply(order, XYZ, [(1, 2, 3), (4, 5, 6)])
    # the end of an ascii file's last line is not needed, nor can a number cut short be told from a number
    needed = len(whole) - (order == "ascii")
    for length in range(needed):
        path.write_bytes(whole[:length])
        refused(read_vertices, path, said="must be a PLY mesh")
    path.write_bytes(whole[:needed])
    np.testing.assert_array_equal(read_vertices(path), [[1, 2, 3], [4, 5, 6]])


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    "count",
    ["-1", "3", "20000001", "99999999999999999999", "9223372036854775807", "1e3", "", "٣", "2 2", "0x2"],
)
def test_a_number_of_vertices_that_cannot_be(tmp_path, order, count, refused):
    path = tmp_path / "m.ply"
    path.write_bytes(ply(order, XYZ, [(1, 2, 3), (4, 5, 6)], count=count))
    refused(read_vertices, path, said="its 3 vertices" if count == "3" else "its number of vertices is")


def test_a_sparse_file_of_a_terabyte_costs_nothing(tmp_path, refused):
    path = tmp_path / "m.ply"
    path.write_bytes(ply("ascii", XYZ, [], count=2))
    os.truncate(path, 1 << 40)
    refused(read_vertices, path, said="it is ascii of more than 64 MB")
    path.write_bytes(ply("binary_little_endian", XYZ, [], count=60_000_000_000))
    os.truncate(path, 1 << 40)
    refused(read_vertices, path, said="its number of vertices is")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"ply\n", b"plx\n"),
        (b"ply\n", b""),
        (b"binary_little_endian", b"binary_middle_endian"),
        (b"format binary_little_endian 1.0\n", b""),
        (b"format binary_little_endian 1.0\n", b"format\n"),
        (b"element vertex 1\n", b""),
        (b"element vertex 1\n", b"element\n"),
        (b"element vertex 1\n", b"element camera 1\nproperty float f\nelement vertex 1\n"),
        (b"property float y\n", b""),
        (b"property float y\n", b"property float y\nproperty float y\n"),
        (b"property float y\n", b"property list uchar float y\n"),
        (b"property float y\n", b"property quad y\n"),
        (b"property float y\n", b"property float\n"),
        (b"end_header\n", b"end_heade\n"),
        (b"comment x\n", b"comment " + b"x" * 70_000 + b"\n"),
    ],
)
def test_a_header_that_is_none(tmp_path, old, new, refused):
    path = tmp_path / "m.ply"
    sound = ply("binary_little_endian", XYZ, [(1, 2, 3)])
    path.write_bytes(sound)
    np.testing.assert_array_equal(read_vertices(path), [[1, 2, 3]])
    assert old in sound
    path.write_bytes(sound.replace(old, new))
    refused(read_vertices, path, said="must be a PLY mesh")


@pytest.mark.parametrize("rows", [[("a", 1, 2)], [(1, 2)], [("", "", "")], [("1e", 2, 3)], [("\xff", 2, 3)]])
def test_ascii_vertices_that_are_none(tmp_path, rows, refused):
    path = tmp_path / "m.ply"
    path.write_bytes(ply("ascii", XYZ, rows, tail=b"3 0 0 0\n"))
    refused(read_vertices, path, said="must be a PLY mesh")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_damage_to_a_mesh_is_refused_or_read(tmp_path, data):
    content = bytearray(ply(data.draw(st.sampled_from(ORDERS)), XYZ, [(1, 2, 3), (4, 5, 6)]))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "m.ply"
    path.write_bytes(content)
    try:
        vertices = read_vertices(path)
    except InputError:
        return
    assert vertices.shape[1] == 3
