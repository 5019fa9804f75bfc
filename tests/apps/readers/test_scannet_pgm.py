"""16-bit PGM depth images: values are kept, and files that are damaged or hostile are refused."""

import numpy as np
import pytest

from spatialgeom.apps.datagen.readers._pgm import PgmFiles, read_pgm_size
from spatialgeom.apps.datagen.testing.scannet import write_pgm

DEPTH = np.array([[0, 1, 256], [4000, 65535, 1000]], np.uint16)


def test_depth_is_what_was_written(tmp_path):
    path = tmp_path / "d.pgm"
    write_pgm(path, DEPTH)
    assert read_pgm_size(path) == (2, 3)
    depth = PgmFiles((path,), (2, 3))(0)
    assert depth.dtype == np.uint16
    np.testing.assert_array_equal(depth, DEPTH)


@pytest.mark.parametrize(
    "header", [b"P5 3 2 4095\n", b"P5\n# made by\n# x 9 9\n3\t2 # y\n65535 ", b"P5\r\n3 2\r\n256\n"]
)
def test_values_are_kept_whatever_the_largest_is_said_to_be(tmp_path, header):
    path = tmp_path / "d.pgm"
    path.write_bytes(header + DEPTH.astype(">u2").tobytes() + b"padding")
    np.testing.assert_array_equal(PgmFiles((path,), (2, 3))(0), DEPTH)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"P5",
        b"P2\n3 2\n65535\n",
        b"P5\n3 2\n",
        b"P5\n3 2\n255\n",
        b"P5\n3 2\n65536\n",
        b"P5\n0 2\n65535\n",
        b"P5\n-3 2\n65535\n",
        b"P5\n3 2 65535",
        b"P5\n99999 99999\n65535\n",
        b"P5\n999999999999999999999 2\n65535\n",
        b"P5\n# " + b"x" * 2000 + b"\n3 2\n65535\n",
        b"P5\n4 2\n65535\n",
    ],
)
def test_a_pgm_that_is_none_or_has_fewer_pixels(tmp_path, header, refused):
    path = tmp_path / "d.pgm"
    path.write_bytes(header + DEPTH.astype(">u2").tobytes())
    refused(read_pgm_size, path, said="depth file is")
    refused(PgmFiles((path,), (2, 3)), 0, said="depth file is")


def test_a_pgm_cut_short_anywhere(tmp_path, refused):
    path = tmp_path / "d.pgm"
    write_pgm(path, DEPTH)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        refused(read_pgm_size, path, said="depth file is")


def test_a_pgm_of_another_size_or_gone(tmp_path, refused):
    path = tmp_path / "d.pgm"
    write_pgm(path, DEPTH)
    refused(PgmFiles((path,), (3, 2)), 0, said="changed its size")
    refused(PgmFiles((tmp_path / "nowhere",), (3, 2)), 0, said="cannot be read")
    refused(PgmFiles((tmp_path,), (3, 2)), 0, said="cannot be read")
