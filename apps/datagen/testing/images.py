"""Small encoded images, sound ones and ones that no encoder would write."""

import io
import struct
import zlib

from PIL import Image


def encoded(width: int, height: int, kind: str = "JPEG") -> bytes:
    """Return an image of one colour in a format that Pillow writes."""
    content = io.BytesIO()
    Image.new("RGB", (width, height), (90, 120, 40)).save(content, kind)
    return content.getvalue()


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a PNG of chunks, each a name and its data, with true checksums."""
    framed = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def grey_header(width: int, height: int, bits: int = 16) -> tuple[bytes, bytes]:
    """Return the first chunk of a grey PNG that declares this size."""
    return b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
