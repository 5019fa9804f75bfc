"""Members of an npz: what is sound comes back whole, what is hostile is one sentence."""

import os
import struct
import zipfile

import numpy as np
import pytest

from spatialgeom.apps.datagen.readers._npz import open_npz
from spatialgeom.apps.datagen.testing.tapvid3d import npy_bytes, object_array, write_npz
from spatialgeom.apps.errors import InputError

STRINGS = [b"\xff\xd8one\x00", b"", b"\x80two" * 300]


def read(path, name="a", kinds="f", shape=(None, None)):
    with open_npz(path) as npz:
        return npz.array(name, kinds, shape)


def strings(path):
    with open_npz(path) as npz:
        return npz.byte_strings("a")


def read_both(path):
    with open_npz(path) as npz:
        return npz.array("a", "f", (3, 3)), npz.byte_strings("b")


def npy(header, payload=b"", version=(1, 0)):
    """Return a member with any text as its header."""
    text = header.encode("latin1")
    size = struct.pack("<H" if version == (1, 0) else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + size + text + payload


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(6, dtype=">f8").reshape(2, 3),
        np.arange(6, dtype=np.float16).reshape(2, 3),
    ],
    ids=["f4", "fortran", "big endian", "f2"],
)
def test_an_array_comes_back(tmp_path, array, compressed):
    found = read(write_npz(tmp_path / "x.npz", {"a": array}, compressed))
    np.testing.assert_array_equal(found, array)


def test_what_numpy_itself_writes_comes_back(tmp_path):
    np.savez_compressed(tmp_path / "x.npz", a=np.eye(3), b=object_array(STRINGS))
    np.testing.assert_array_equal(read(tmp_path / "x.npz"), np.eye(3))
    with open_npz(tmp_path / "x.npz") as npz:
        assert "a" in npz
        assert "c" not in npz
        assert npz.byte_strings("b") == STRINGS
        assert npz.header("a").shape == (3, 3)


def test_a_byte_that_is_no_bool_is_true(tmp_path):
    whole = npy_bytes(np.array([True, False, True]))
    path = write_npz(tmp_path / "x.npz", {"a": whole[:-1] + b"\x07"})
    assert read(path, kinds="b", shape=(3,)).tolist() == [True, False, True]
    assert (~read(path, kinds="b", shape=(3,))).tolist() == [False, True, False]
    assert read(path, kinds="b", shape=(3,)).view(np.uint8).tolist() == [1, 0, 1]


def test_only_members_of_numpy_s_suffix_count(tmp_path):
    path = write_npz(tmp_path / "x.npz", {"a": np.eye(3)})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("a", b"something else")
    np.testing.assert_array_equal(read(path), np.eye(3))


def test_a_header_of_python_2_is_read_without_a_warning(tmp_path):
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 1L), }\n"
    path = write_npz(tmp_path / "x.npz", {"a": npy(header, bytes(8))})
    assert read(path).shape == (2, 1)


@pytest.mark.parametrize(
    ("array", "kinds", "shape", "said"),
    [
        (np.zeros((2, 3)), "f", (2, 4), r"a must be an array of 2 x 4 of kind f, got 2 x 3 of kind f"),
        (np.zeros((2, 3)), "f", (None,), "of N of kind f, got 2 x 3"),
        (np.zeros((2, 0)), "f", (None, None), "got 2 x 0"),
        (np.zeros(()), "f", (None,), "got one value"),
        (np.zeros(2, int), "fb", (2,), "of kind f or b, got 2 of kind i"),
        (np.zeros(2, [("x", "f4")]), "f", (2,), "got 2 of kind V"),
        (np.zeros(2, complex), "f", (2,), "got 2 of kind c"),
        (object_array([b"x", b"y"]), "f", (2,), "got 2 of kind O"),
    ],
)
def test_another_kind_or_shape_is_named(tmp_path, array, kinds, shape, said):
    with pytest.raises(InputError, match=said):
        read(write_npz(tmp_path / "x.npz", {"a": array}), "a", kinds, shape)


@pytest.mark.parametrize(
    "member",
    [
        b"",
        b"\x93NUMPY",
        b"\x93NUMPY\x09\x00" + bytes(100),
        npy_bytes(np.eye(3))[:-1],
        npy_bytes(np.eye(3)) + b"x",
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1152921504606846976, 16), }"),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }"),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -8), }", bytes(64)),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': 3, }", bytes(24)),
        npy("{'descr': 'S0', 'fortran_order': False, 'shape': (2, 3), }"),
        npy("{'descr': 'nonsense', 'fortran_order': False, 'shape': (2, 3), }"),
        npy("{'descr': (((((), 'fortran_order': 1}"),
        npy("(" * 9000),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }" + " " * 20_000, bytes(48)),
        npy("__import__('os').system('touch x')"),
        npy("é\x00\n"),
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}",
        b"\x93NUMPY\x01\x00\xff\xff{}",
    ],
)
def test_a_member_at_fault_is_one_sentence(tmp_path, member, little_memory):
    path = write_npz(tmp_path / "x.npz", {"a": member})
    with little_memory(), pytest.raises(InputError, match=r"x\.npz: a (is damaged|must be)") as fault:
        read(path)
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize("compressed", [False, True])
def test_a_file_cut_anywhere_is_an_input_error(tmp_path, compressed):
    whole = write_npz(
        tmp_path / "x.npz", {"a": np.eye(3), "b": object_array(STRINGS)}, compressed
    ).read_bytes()
    path = tmp_path / "cut.npz"
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError):
            read(path)
        # the table of contents is whole, what it points to is not
        path.write_bytes(whole[: length // 2] + whole[length // 2 + 40 :])
        with pytest.raises(InputError):
            read_both(path)


def test_any_byte_changed_gives_the_array_or_an_input_error(tmp_path):
    whole = write_npz(tmp_path / "x.npz", {"a": object_array(STRINGS[:2])}).read_bytes()
    path = tmp_path / "changed.npz"
    refused = 0
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            assert strings(path) == STRINGS[:2]
        except InputError:
            refused += 1
    assert refused > 0.8 * len(whole)


def test_no_file_or_no_regular_one(tmp_path):
    (tmp_path / "folder.npz").mkdir()
    os.mkfifo(tmp_path / "pipe.npz")
    (tmp_path / "empty.npz").touch()
    (tmp_path / "text.npz").write_text("héllo")
    for name in ("nowhere", "folder", "pipe", "empty", "text"):
        with pytest.raises(InputError, match=rf"{name}\.npz must be a"):
            read(tmp_path / f"{name}.npz")


@pytest.mark.parametrize(
    ("offset", "form", "value"),
    [
        (24, "<I", 0xFFFFFFF0),  # size when inflated
        (20, "<I", 0xFFFFFFF0),  # size in the file
        (42, "<I", 0xFFFFFFF0),  # where the entry begins
        (10, "<H", 12),  # packed by bzip2
        (10, "<H", 14),  # by LZMA
        (10, "<H", 99),
        (8, "<H", 1),  # encrypted
    ],
)
@pytest.mark.parametrize("compressed", [False, True])
def test_a_table_of_contents_that_lies(tmp_path, offset, form, value, compressed, little_memory):
    path = write_npz(tmp_path / "x.npz", {"a": np.eye(3)}, compressed)
    content = bytearray(path.read_bytes())
    struct.pack_into(form, content, content.rindex(b"PK\x01\x02") + offset, value)
    path.write_bytes(content)
    with little_memory(), pytest.raises(InputError, match=r"damaged|sound"):
        read(path)


def test_a_zip_bomb_is_refused_before_it_grows(tmp_path, little_memory):
    path = tmp_path / "x.npz"
    header = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (26214400, 1), }")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.npy", "w") as member:
        member.write(header)
        for _ in range(200):
            member.write(bytes(1 << 20))
    assert path.stat().st_size < 1 << 20
    with open_npz(path) as npz, pytest.raises(InputError, match="damaged"):
        npz.header("a")
    with little_memory(), pytest.raises(InputError, match="damaged"):
        read(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_numpy_does_not_pack_with_is_refused(tmp_path, method):
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a.npy", npy_bytes(np.eye(3)))
    with pytest.raises(InputError, match="damaged"):
        read(path)


def test_an_entry_that_grows_beyond_what_it_declares_is_cut(tmp_path, little_memory):
    path = write_npz(tmp_path / "x.npz", {"a": np.zeros((4096, 4096), np.float32)}, compressed=True)
    small = len(npy_bytes(np.zeros((4, 4), np.float32)))
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, content.rindex(b"PK\x01\x02") + 24, small)
    path.write_bytes(content)
    with little_memory(), pytest.raises(InputError, match="damaged"):
        read(path)
