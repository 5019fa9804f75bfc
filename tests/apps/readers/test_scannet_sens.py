"""The ``.sens`` format: what lies on a bound, and colour headers that would cost much."""

import os
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spatialgeom.apps.datagen.readers._sens import read_colour_size, read_index
from spatialgeom.apps.datagen.testing.sens import PLAIN_CAMERA, plain_frame, plain_image, write_sens
from spatialgeom.apps.errors import InputError


@pytest.mark.parametrize("changes", [{"depth_size": (4096, 4096)}, {"sensor": b"x" * 65_536}])
def test_a_header_on_the_bound_is_read(sens_path, changes):
    write_sens(sens_path, replace(PLAIN_CAMERA, **changes), [plain_frame()])
    assert len(read_index(sens_path).poses) == 1


def test_a_codec_without_a_name_is_unknown(sens_path):
    write_sens(sens_path, replace(PLAIN_CAMERA, depth_codec=7), [plain_frame()])
    with pytest.raises(InputError, match="depth as zlib or raw, got unknown"):
        read_index(sens_path)


def test_a_disk_that_fails_is_told(sens_path, monkeypatch):
    def fail(*_, **__):
        raise OSError(5, "Input/output error")

    write_sens(sens_path, PLAIN_CAMERA, [plain_frame()])
    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(InputError, match=r"must be readable, but .*Input/output error"):
        read_index(sens_path)
    assert read_colour_size(sens_path, 0, 100) is None


def test_of_an_image_only_the_header_is_read(sens_path, little_memory):
    sens_path.write_bytes(plain_image())
    os.truncate(sens_path, 1 << 28)
    with little_memory(4 << 20):
        assert read_colour_size(sens_path, 0, 1 << 28) == (48, 64)


def test_a_text_in_an_image_that_would_inflate_is_refused(sens_path, little_memory):
    image = plain_image(kind="PNG")
    text = b"zTXt" + b"Comment\0\0" + zlib.compress(bytes(64 << 20))
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    sens_path.write_bytes(image[:33] + chunk + image[33:])
    with little_memory(16 << 20):
        assert read_colour_size(sens_path, 0, 1 << 20) is None
    np.testing.assert_array_equal(sens_path.read_bytes()[:8], image[:8])
