"""The ``.sens`` format: what is written is found again by headers alone, and nothing declared is believed."""

import contextlib
import io
import os
import pickle
import struct
import tracemalloc
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatialgeom.apps.datagen.readers._sens import SensDepth, index_frames, read_colour_size, read_index
from spatialgeom.apps.datagen.testing.sens import (
    OCCI,
    RAW,
    ZLIB,
    SensCamera,
    SensFrame,
    encode_depth,
    encode_frame_header,
    encode_header,
    write_sens,
)
from spatialgeom.apps.errors import InputError

DEPTH_SIZE = (6, 8)
JPEG = b"\xff\xd8\xff\xe0 not a whole image"
K = np.array([[10.0, 0, 3.5], [0, 11, 2.5], [0, 0, 1]])
COLOUR_K = np.array([[20.0, 0, 7.5], [0, 22, 5.5], [0, 0, 1]])


def camera(**changes):
    return SensCamera(COLOUR_K, K, **{"colour_size": (12, 16), "depth_size": DEPTH_SIZE, **changes})


def depth_map(number):
    return np.arange(48, dtype=np.uint16).reshape(DEPTH_SIZE) * 1000 + number


def frames(count=4, codec=ZLIB):
    poses = np.eye(4) + np.arange(count)[:, None, None] * np.eye(4, k=3)
    return [
        SensFrame(JPEG + bytes(number), encode_depth(depth_map(number), codec), poses[number])
        for number in range(count)
    ]


def depth_of(path, index):
    header = index.header
    return SensDepth(path, index.depth_offset, index.depth_bytes, header.depth_size, header.depth_codec)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.sens"


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("codec", [RAW, ZLIB])
@pytest.mark.parametrize("sensor", [b"", b"StructureSensor", "Tiefenfühler".encode()])
def test_what_is_written_is_found(path, version, codec, sensor):
    written = frames(codec=codec)
    write_sens(
        path, camera(version=version, depth_codec=codec, sensor=sensor, depth_shift=500.0), written,
        imu_frames=3,
    )  # fmt: skip
    index = read_index(path)
    assert index.header.colour_size == (12, 16)
    assert index.header.depth_size == DEPTH_SIZE
    assert index.header.depth_shift == 500
    assert index.header.frames == 4
    np.testing.assert_array_equal(index.header.intrinsic_colour[:3, :3], COLOUR_K)
    np.testing.assert_array_equal(index.header.intrinsic_depth[:3, :3], K)
    np.testing.assert_array_equal(index.poses, [frame.pose for frame in written])
    assert index.is_colour().all()
    assert index.may_be_depth().all()
    raw = path.read_bytes()
    depth = pickle.loads(pickle.dumps(depth_of(path, index)))
    for number, frame in enumerate(written):
        begin = index.colour_offset[number]
        assert raw[begin : begin + index.colour_bytes[number]] == frame.colour
        np.testing.assert_array_equal(depth(number), depth_map(number))
        assert depth(number).dtype == np.uint16


def test_a_file_cut_in_its_header_is_none(path):
    whole = encode_header(camera(), 0)
    for kept in range(len(whole)):
        path.write_bytes(whole[:kept])
        with pytest.raises(InputError, match=r"must be a \.sens file"):
            read_index(path)
    path.write_bytes(whole)
    assert len(read_index(path).poses) == 0


def test_a_file_cut_anywhere_keeps_its_whole_frames(path):
    write_sens(path, camera(version=3), frames(3))
    index = read_index(path)
    ends = index.depth_offset + index.depth_bytes
    assert ends[-1] == index.size == path.stat().st_size
    for kept in range(index.size, index.header.first - 1, -1):
        os.truncate(path, kept)
        cut = read_index(path)
        assert len(cut.poses) == (ends <= kept).sum()
        assert cut.header.frames == 3


@pytest.mark.parametrize("data", [0, 1, 7])
def test_a_header_at_the_end_with_little_after_it_is_a_frame(path, data):
    write_sens(path, camera(version=3), [*frames(1), SensFrame(b"", bytes(data), np.eye(4))])
    index = read_index(path)
    assert index.depth_bytes[1] == data
    assert index.is_colour().tolist() == [True, False]


def test_a_signalling_nan_is_only_a_nan(path):
    signalling = np.frombuffer(struct.pack("<I", 0x7F810000) * 16, "<f4").reshape(4, 4)
    write_sens(path, camera(depth_extrinsic=signalling), [replace(frames(1)[0], pose=signalling)])
    index = read_index(path)
    assert np.isnan(index.poses).all()
    assert np.isnan(index.header.extrinsic_depth).all()


@pytest.mark.parametrize("where", ["colour", "depth"])
@pytest.mark.parametrize("declared", [2**63, 2**64 - 1, 2**40, 1000])
def test_a_size_that_leaves_the_file_ends_it(path, where, declared):
    lengths = (declared, 0) if where == "colour" else (0, declared)
    header = encode_frame_header(np.eye(4), *lengths)
    write_sens(path, camera(version=3), frames(2), declared=5)
    with path.open("ab") as file:
        file.write(header + bytes(999))
    assert len(read_index(path).poses) == 2
    with path.open("ab") as file:
        file.write(bytes(1))
    assert len(read_index(path).poses) == (3 if declared == 1000 else 2)


def test_an_absurd_number_of_frames_is_refused_or_ends_with_the_file(path):
    for declared in (2**63, 2**64 - 1, 1_000_001):
        write_sens(path, camera(), frames(2), declared=declared)
        with pytest.raises(InputError, match=f"its header says {declared}"):
            read_index(path)
    write_sens(path, camera(version=3), frames(2), declared=1_000_000)
    assert len(read_index(path).poses) == 2


def test_an_absurd_sensor_name_is_refused(path):
    raw = encode_header(camera(sensor=b""), 0)
    for length in (2**63, 2**64 - 1, 65_537):
        path.write_bytes(raw[:4] + struct.pack("<Q", length) + raw[12:] + bytes(70_000))
        with pytest.raises(InputError, match=r"must be a \.sens file"):
            read_index(path)


@pytest.mark.parametrize("version", [0, 1, 2, 5, 2**32 - 1])
def test_other_versions_are_refused(path, version):
    write_sens(path, camera(version=version), frames())
    with pytest.raises(InputError, match="version 3 or 4"):
        read_index(path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"colour_codec": 0}, "colour as JPEG or PNG, got raw"),
        ({"colour_codec": -1}, "colour as JPEG or PNG, got unknown"),
        ({"colour_codec": 99}, "colour as JPEG or PNG, got unknown"),
        ({"depth_codec": OCCI}, "depth as zlib or raw, got occi"),
        ({"depth_codec": -1}, "depth as zlib or raw, got unknown"),
        ({"depth_size": (0, 8)}, "got 8x0"),
        ({"depth_size": (2**32 - 1, 2**32 - 1)}, "got 4294967295x4294967295"),
        ({"depth_size": (4096, 4097)}, "got 4097x4096"),
        ({"depth_shift": 0.0}, "positive depth shift, got 0"),
        ({"depth_shift": -1000.0}, "positive depth shift, got -1000"),
        ({"depth_shift": float("nan")}, "positive depth shift, got nan"),
        ({"depth_shift": float("inf")}, "positive depth shift, got inf"),
    ],
)
def test_a_header_that_cannot_be_read_is_refused_in_words(path, changes, said):
    write_sens(path, camera(**changes), frames())
    with pytest.raises(InputError, match=said):
        read_index(path)


def test_what_is_no_file_is_refused(tmp_path):
    (tmp_path / "folder.sens").mkdir()
    os.mkfifo(tmp_path / "pipe.sens")
    (tmp_path / "empty.sens").touch()
    (tmp_path / "link.sens").symlink_to(tmp_path / "nowhere")
    for name in ("folder", "pipe", "empty", "link", "missing"):
        with pytest.raises(InputError, match="must be a"):
            read_index(tmp_path / f"{name}.sens")


def test_a_colour_image_of_another_codec_is_told(path):
    first, second, third, fourth = frames()
    write_sens(
        path,
        camera(),
        [
            first,
            SensFrame(b"\x89PNG\r\n\x1a\n and more", second.depth, second.pose),
            SensFrame(b"", third.depth, third.pose),
            SensFrame(b"\xff\xd8\xfe and more", fourth.depth, fourth.pose),
            SensFrame(b"\xff\xd8\xff short", fourth.depth, fourth.pose),
            SensFrame(b"\xff\xd8\xff shor", fourth.depth, fourth.pose),
        ],
    )
    assert read_index(path).is_colour().tolist() == [True, False, False, False, True, False]


def test_png_colour_is_told(path):
    first, second = frames(2)
    png = SensFrame(b"\x89PNG\r\n\x1a\n and more", first.depth, first.pose)
    write_sens(path, camera(colour_codec=1), [png, second])
    assert read_index(path).is_colour().tolist() == [True, False]


@pytest.mark.parametrize(
    ("codec", "lengths", "possible"),
    [
        (RAW, (95, 96, 97), (False, True, False)),
        # at most 1,032 bytes come from one, and a quarter more and 1,024 hold any map of 2,064,000
        (ZLIB, (1999, 2000, 2_581_024, 2_581_025), (False, True, True, False)),
    ],
)
def test_what_cannot_be_a_map_is_told_by_its_length(path, codec, lengths, possible):
    size = (960, 1075) if codec == ZLIB else DEPTH_SIZE
    written = [SensFrame(JPEG, bytes(length), np.eye(4)) for length in lengths]
    write_sens(path, camera(depth_codec=codec, depth_size=size), written)
    assert read_index(path).may_be_depth().tolist() == list(possible)


@pytest.mark.parametrize("level", [0, 1, 9])
@pytest.mark.parametrize("content", ["zeros", "noise"])
def test_the_bounds_admit_every_map(path, level, content):
    noise = np.random.default_rng(0).integers(0, 65536, (480, 640), dtype=np.uint16)
    depth = noise if content == "noise" else noise * 0
    write_sens(
        path,
        camera(depth_size=(480, 640)),
        [SensFrame(JPEG, zlib.compress(depth.tobytes(), level), np.eye(4))],
    )
    index = read_index(path)
    assert index.may_be_depth().all()
    np.testing.assert_array_equal(depth_of(path, index)(0), depth)


def damaged(kind):
    sound = encode_depth(depth_map(0))
    packed = zlib.compressobj(zdict=b"abc")
    return {
        "empty": b"",
        "noise": b"\x12\x34" * 20,
        "truncated": sound[:-8],
        "without its sum": sound[:-4],
        "wrong sum": sound[:-1] + bytes([sound[-1] ^ 1]),
        "a byte less": zlib.compress(bytes(95)),
        "a byte more": zlib.compress(bytes(97)),
        "a row more": zlib.compress(bytes(112)),
        "nothing": zlib.compress(b""),
        "a dictionary": packed.compress(bytes(96)) + packed.flush(),
        "gzip": zlib.compressobj(wbits=31).flush(),
    }[kind]


@pytest.mark.parametrize(
    "kind",
    ["empty", "noise", "truncated", "without its sum", "wrong sum", "a byte less", "a byte more",
     "a row more", "nothing", "a dictionary", "gzip"],
)  # fmt: skip
def test_a_damaged_map_is_the_frame_s_fault(path, kind):
    good, bad = frames(2)
    write_sens(path, camera(), [good, SensFrame(bad.colour, damaged(kind), bad.pose), good])
    depth = depth_of(path, read_index(path))
    with pytest.raises(InputError, match="depth file cannot be decoded"):
        depth(1)
    np.testing.assert_array_equal(depth(2), depth_map(0))


def test_a_bomb_takes_no_memory(path):
    bomb = zlib.compress(bytes(64 << 20))
    write_sens(path, camera(), [SensFrame(JPEG, bomb, np.eye(4))])
    index = read_index(path)
    assert not index.may_be_depth().any()
    tracemalloc.start()
    with pytest.raises(InputError, match="not of the declared size"):
        depth_of(path, index)(0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


def test_a_file_that_changed_since_is_the_frame_s_fault(path):
    write_sens(path, camera(depth_codec=RAW), frames(codec=RAW))
    depth = depth_of(path, read_index(path))
    os.truncate(path, depth.offsets[2] + 50)
    assert depth(1).shape == DEPTH_SIZE
    with pytest.raises(InputError, match="not of the declared size"):
        depth(2)
    path.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        depth(1)
    assert read_colour_size(path, 0, 100) is None


class CountingFile(io.FileIO):
    """A file that counts what is read from it."""

    def __init__(self, path):
        super().__init__(path)
        self.reads, self.bytes = 0, 0

    def read(self, size=-1):
        found = super().read(size)
        self.reads, self.bytes = self.reads + 1, self.bytes + len(found)
        return found


def test_a_file_of_gigabytes_is_indexed_by_its_headers_alone(path):
    count, colour_bytes = 5000, 500_000
    depth = encode_depth(depth_map(7))
    head = encode_frame_header(np.eye(4), colour_bytes, len(depth)) + JPEG
    with path.open("wb") as file:
        file.write(encode_header(camera(version=3), count))
        for _ in range(count):
            file.write(head)
            file.seek(colour_bytes - len(JPEG), os.SEEK_CUR)
            file.write(depth)
    assert path.stat().st_size > 2 << 30
    assert path.stat().st_blocks * 512 < 100 << 20
    with CountingFile(path) as file:
        index = index_frames(file, path)
    assert len(index.poses) == count
    assert file.reads == count + 2
    assert file.bytes < 110 * count < 1 << 20
    np.testing.assert_array_equal(depth_of(path, index)(count - 1), depth_map(7))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_raises_anything_else(path, data):
    write_sens(path, camera(), frames(2))
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(raw) - 8))
        raw[at : at + 8] = data.draw(
            st.one_of(st.binary(min_size=8, max_size=8), st.sampled_from([bytes(8), b"\xff" * 8]))
        )
    path.write_bytes(raw[: data.draw(st.integers(0, len(raw)))])
    try:
        index = read_index(path)
    except InputError:
        return
    depth = depth_of(path, index)
    index.is_colour()
    for frame in np.flatnonzero(index.may_be_depth()):
        with contextlib.suppress(InputError):
            assert depth(int(frame)).shape == index.header.depth_size
