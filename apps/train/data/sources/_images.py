"""Where a record's images lie, and how large they are: from the record, else from the file's header."""

import io
import re
import warnings
from pathlib import Path
from typing import Any

from PIL import Image

from spatialgeom.apps.errors import InputError
from spatialgeom.apps.images import ImageRef, read_size
from spatialgeom.apps.train.data.store import StoreWriter
from spatialgeom.apps.train.encoding import DroppedError

_URL = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*://|data:)")
_LARGEST = 1 << 20  # pixels along a side
_FORMATS = ("JPEG", "PNG", "PPM")  # those that are decoded later

MISSING = "image file is missing"
UNREADABLE = "image header cannot be read"


class Images:
    """The images of one source, each looked at once.

    Args:
        root: The folder that paths are relative to.
        writer: Takes them.
    """

    def __init__(self, root: Path, writer: StoreWriter) -> None:
        self._root = root
        self._writer = writer
        self._there: dict[str, bool] = {}
        self._sizes: dict[str, tuple[int, int] | None] = {}

    def named(self, path: str, size: tuple[Any, Any] | None = None) -> int:
        """Return the number of an image file.

        Args:
            path: Absolute, or relative to the root.
            size: (height, width) as the record has it; if that cannot be one, the header is read.

        Raises:
            DroppedError: There is no such file, or it is no image.
        """
        if _URL.match(path):
            raise DroppedError("image is a URL")
        full = str(self._root / path)
        if not self._exists(full):
            raise DroppedError(MISSING)
        height, width = self._read(full) if size is None or not all(map(_is_side, size)) else size
        return self._writer.image(ImageRef(full, width, height))

    def given(self, content: bytes) -> int:
        """Return the number of an image that the record itself holds.

        Raises:
            DroppedError: It is none.
        """
        return self._writer.copy_image(content, _measure)

    def _exists(self, full: str) -> bool:
        if full not in self._there:
            try:
                self._there[full] = Path(full).is_file()
            except (OSError, ValueError):  # a name that no file can have
                self._there[full] = False
        return self._there[full]

    def _read(self, full: str) -> tuple[int, int]:
        if full not in self._sizes:
            try:
                self._sizes[full] = read_size(Path(full))
            except InputError:
                self._sizes[full] = None
        size = self._sizes[full]
        if size is None:
            raise DroppedError(UNREADABLE)
        return size


def _is_side(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LARGEST


def _measure(content: bytes) -> tuple[int, int]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
                width, height = image.size
    except (
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ):
        raise DroppedError(UNREADABLE) from None
    return height, width
