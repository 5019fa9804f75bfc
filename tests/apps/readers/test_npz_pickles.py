"""Byte strings in pickles come back, and nothing that a pickle names is run."""

import io
import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from spatialgeom.apps.datagen.readers._npz import open_npz
from spatialgeom.apps.datagen.readers._object_arrays import MOST_STRINGS, unpickle_byte_strings
from spatialgeom.apps.datagen.testing.tapvid3d import npy_bytes, object_array, write_npz
from spatialgeom.apps.errors import InputError

STRINGS = [b"\xff\xd8one\x00", b"", b"\x80two" * 300]


def strings(path):
    with open_npz(path) as npz:
        return npz.byte_strings("a")


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickled_byte_strings_come_back(tmp_path, protocol):
    member = npy_bytes(object_array(STRINGS), protocol)
    assert strings(write_npz(tmp_path / "x.npz", {"a": member})) == STRINGS
    # as NumPy 1 named its module
    if protocol < 4:
        member = member.replace(b"numpy._core", b"numpy.core")
        assert b"numpy.core" in member
        assert strings(write_npz(tmp_path / "x.npz", {"a": member})) == STRINGS


def test_byte_strings_of_numpy_and_small_arrays_come_back():
    values = [np.bytes_(b"one"), np.frombuffer(b"two", np.uint8), b"three"]
    for protocol in (2, 3, 4):
        content = pickle.dumps(object_array(values), protocol)
        assert unpickle_byte_strings(content, 3) == [b"one", b"two", b"three"]


def test_many_byte_strings_come_back():
    values = [bytes([i % 256]) * (i % 7) for i in range(3000)]
    for protocol in (2, 4):
        assert unpickle_byte_strings(pickle.dumps(object_array(values), protocol), 3000) == values


def test_strings_of_one_width_come_back(tmp_path):
    path = write_npz(tmp_path / "x.npz", {"a": np.array([b"one", b"three"])})
    assert strings(path) == [b"one", b"three"]
    with open_npz(path) as npz:
        assert npz.first_string("a") == b"one"
    with pytest.raises(InputError, match="of kind S, got 2 of kind f"):
        strings(write_npz(tmp_path / "y.npz", {"a": np.zeros(2)}))
    with pytest.raises(InputError, match="list of byte strings, got 1 x 2 objects"):
        strings(write_npz(tmp_path / "z.npz", {"a": object_array([b"x", b"y"])[None]}))
    with pytest.raises(InputError, match=f"at most {MOST_STRINGS}"):
        strings(write_npz(tmp_path / "w.npz", {"a": np.zeros(MOST_STRINGS + 1, "S1")}))


class Call:
    """Pickles to a call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


class Dotted:
    """Pickles to a name, however nested, by protocol 4's own opcode."""

    def __init__(self, module, name, *arguments):
        self.text = b"\x80\x04" + b"".join(
            b"\x8c" + bytes([len(part)]) + part.encode() for part in (module, name)
        )
        self.text += b"\x93" + b"(" + b"".join(pickle.dumps(a, 4)[2:-1] for a in arguments) + b"tR."


def touch(path):
    return f"open({str(path)!r}, 'w').close()"


def hostile(mark):
    """Return pickles that would write the file ``mark``, or go through a name that may."""
    code = touch(mark)
    calls = [
        Call(os.system, f"touch {mark}"),
        Call(eval, code),
        Call(exec, code),
        Call(getattr, Call(__import__, "numpy"), "load"),
        Call(__import__, "os"),
        Call(np.fromfile, str(mark)),
        Call(np.load, str(mark)),
        Call(np.savetxt, str(mark), [1]),
        Call(np.asarray, [1]),
        Call(np.memmap, str(mark), "u1", "w+", 0, 1),
        Call(io.open, str(mark), "w"),
        Call(Path.touch, mark),
    ]
    pickles = [
        pickle.dumps(value, p) for c in calls for p in (2, 4) for value in (c, object_array([b"x", c]))
    ]
    names = [
        ("numpy", "testing._private.utils.runstring"),
        ("numpy.testing._private.utils", "runstring"),
        ("numpy", "f2py.crackfortran.myeval"),
        ("numpy", "ndarray.tofile"),
        ("numpy", "ndarray.__class__"),
        ("numpy", "dtype.__reduce__"),
        ("numpy._core.multiarray", "_reconstruct.__globals__"),
        ("numpy._core.multiarray", "fromstring"),
        ("_codecs", "decode"),
        ("_codecs", "encode.__self__"),
        ("builtins", "eval"),
        ("os", "system"),
    ]
    pickles += [Dotted(module, name, code, {}).text for module, name in names]
    return pickles + [Dotted(module, name, code).text for module, name in names]


def test_no_hostile_pickle_runs(tmp_path):
    mark = tmp_path / "ran"
    pickle.loads(pickle.dumps(Call(eval, touch(mark))))
    assert mark.exists()  # so the pickles do what they are for
    mark.unlink()
    header = npy_bytes(object_array([b"x", b"y"])).partition(b"\x80\x04")[0]
    pickles = hostile(mark)
    for content in pickles:
        path = write_npz(tmp_path / "x.npz", {"a": header + content})
        with pytest.raises(InputError, match="more than numbers and byte strings"):
            strings(path)
    assert not mark.exists()
    assert len(pickles) > 60


def array_pickle(shape, content, code="O8", state=None):
    """Return a pickled array whose state is made up."""
    dtype = Call(np.dtype, code, False, True)
    rebuild = Call(np._core.multiarray._reconstruct, np.ndarray, (0,), b"b")
    rebuild.call = (*rebuild.call, (1, shape, dtype, False, content) if state is None else state)
    return pickle.dumps(rebuild, 4)


def test_made_up_arrays_are_refused_without_numpy(little_memory):
    sound = array_pickle((2,), [b"x", b"y"])
    assert unpickle_byte_strings(sound, 2) == [b"x", b"y"]
    shared = b"s" * (1 << 20)
    assert unpickle_byte_strings(array_pickle((65,), [shared] * 65), 65) == [shared] * 65
    for content, count in [
        (array_pickle((2**60,), [b"x", b"y"]), 2),
        (array_pickle((-2,), [b"x", b"y"]), 2),
        (array_pickle((2,), [b"x"]), 2),
        (array_pickle((2,), b"x" * 16), 2),
        (array_pickle((2,), b"x" * 16, "O8"), 2),
        (array_pickle((2,), [b"x", "y"]), 2),
        (array_pickle((2,), [b"x", None]), 2),
        (array_pickle((2,), [b"x", [b"y"]]), 2),
        (array_pickle((2,), None), 2),
        (array_pickle((2,), [b"x", b"y"], state=(1, (2,))), 2),
        (array_pickle((2,), [b"x", b"y"], state=(1, (2,), b"O8", False, [b"x", b"y"])), 2),
        (array_pickle((66,), [shared] * 66), 66),
        (sound, 3),
        (sound, 0),
        (sound, -1),
        (sound, 2**60),
        (pickle.dumps([b"x", b"y"], 4), 2),
        (pickle.dumps(np.zeros(2), 4), 2),
        (pickle.dumps(b"x", 4), 1),
        (b"", 2),
        (b".", 2),
        (sound[:-1], 2),
    ]:
        with little_memory(), pytest.raises(ValueError, match=r"^\S.*$"):
            unpickle_byte_strings(content, count)


def opcodes(*parts):
    return b"\x80\x04" + b"".join(parts) + b"."


# exponential work for whoever hashes it: a tuple of a tuple twice, thirty-two deep
NESTED = b")" + b"\x94h\x00\x86" + b"".join(b"\x94h" + bytes([i]) + b"\x86" for i in range(1, 32))


@pytest.mark.parametrize(
    "content",
    [
        opcodes(b"\x8e" + struct.pack("<Q", 2**62)),
        opcodes(b"B" + struct.pack("<I", 2**31 - 1)),
        opcodes(b"X" + struct.pack("<I", 2**32 - 1)),
        opcodes(b"\x95" + struct.pack("<Q", 2**62)),
        opcodes(b"N" + b"r" + struct.pack("<I", 2**31 - 1)),
        opcodes(b"N" + b"r" + struct.pack("<I", 2**23)),
        opcodes(b"N" + b"j" + struct.pack("<I", 2**31 - 1)),
        opcodes(b"Vpersistent\nQ"),
        opcodes(b"Ppersistent\n"),
        opcodes(b"\x82\x01"),
        opcodes(b"\x84" + struct.pack("<I", 7)),
        opcodes(b"cnumpy\nndarray\n)\x81"),
        opcodes(b"(cnumpy\nndarray\no"),
        opcodes(b"(inumpy\nndarray\n"),
        opcodes(b"}", NESTED, b"Ns"),
        opcodes(b"\x8f(", NESTED, b"\x90"),
        opcodes(b"N" * 5000),
        opcodes(b"\x85".join([b"N"] * 5000)),
        opcodes(b"(" * 5000),
        b"\x80\xff.",
        b"\x80\x04" + b"N" * 10,
        b"not a pickle",
        b"c" + b"a" * 100,
        "cnumpy\nndarréy\n.".encode(),
        b"c\xff\xfe\n\xff\n.",
    ],
)
def test_opcodes_that_no_array_needs_are_refused_at_once(content, little_memory):
    with little_memory(), pytest.raises(ValueError, match=r"^\S.*$"):
        unpickle_byte_strings(content, 2)


def test_text_that_is_encoded_again_and_again_takes_no_memory(little_memory):
    text = "é" * 50_000
    first = pickle.dumps(text, 2)[2:-1]  # BINUNICODE and BINPUT 0
    encode = b"c_codecs\nencode\nq\x01"
    again = b"h\x01(h\x00X\x06\x00\x00\x00latin1tR" * 300
    content = b"\x80\x02" + first + encode + again + b"."
    with little_memory(8 << 20), pytest.raises(ValueError, match="no pickled array"):
        unpickle_byte_strings(content, 100)


@pytest.mark.parametrize("protocol", [2, 4])
def test_a_pickle_cut_anywhere_is_refused(protocol):
    content = pickle.dumps(object_array(STRINGS), protocol)
    for length in range(len(content)):
        with pytest.raises(ValueError, match=r"^\S.*$"):
            unpickle_byte_strings(content[:length], 3)


def test_a_pickle_of_more_opcodes_than_its_strings_need_is_refused():
    sound = array_pickle((2,), [b"x", b"y"])
    assert unpickle_byte_strings(sound[:2] + b"N" * 200 + sound[2:], 2) == [b"x", b"y"]
    with pytest.raises(ValueError, match="opcode NONE as number 336"):
        unpickle_byte_strings(sound[:2] + b"N" * 5000 + sound[2:], 2)
