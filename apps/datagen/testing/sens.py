"""Write ``.sens`` files."""

import io
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

RAW, ZLIB, OCCI = 0, 1, 2  # depth codecs
PNG, JPEG = 1, 2  # colour codecs
LOST = np.full((4, 4), -np.inf)  # the pose of a frame whose tracking was lost


@dataclass(frozen=True)
class SensFrame:
    """One frame, its images encoded."""

    colour: bytes
    depth: bytes
    pose: np.ndarray  # (4, 4) world from camera


@dataclass(frozen=True)
class SensCamera:
    """The part of a header before the number of frames; sizes are height, width."""

    colour: np.ndarray  # (3, 3)
    depth: np.ndarray  # (3, 3)
    colour_size: tuple[int, int]
    depth_size: tuple[int, int]
    colour_extrinsic: np.ndarray = field(default_factory=lambda: np.eye(4))
    depth_extrinsic: np.ndarray = field(default_factory=lambda: np.eye(4))
    colour_codec: int = JPEG
    depth_codec: int = ZLIB
    depth_shift: float = 1000.0
    version: int = 4
    sensor: bytes = b"StructureSensor"


PLAIN_CAMERA = SensCamera(
    colour=np.array([[60.0, 0, 31.5], [0, 61, 23.5], [0, 0, 1]]),
    depth=np.array([[30.0, 0, 15.5], [0, 30.5, 11.5], [0, 0, 1]]),
    colour_size=(48, 64),
    depth_size=(24, 32),
)


def encode_depth(depth: np.ndarray, codec: int = ZLIB) -> bytes:
    """Return a uint16 depth map as a frame holds it."""
    data = depth.astype("<u2").tobytes()
    return zlib.compress(data) if codec == ZLIB else data


def encode_header(camera: SensCamera, frames: int) -> bytes:
    """Return a file's header, which declares so many frames."""
    matrices = (
        _homogeneous(camera.colour),
        camera.colour_extrinsic,
        _homogeneous(camera.depth),
        camera.depth_extrinsic,
    )
    (colour_height, colour_width), (depth_height, depth_width) = camera.colour_size, camera.depth_size
    return b"".join(
        (
            struct.pack("<IQ", camera.version, len(camera.sensor)),
            camera.sensor,
            *(np.asarray(matrix, "<f4").tobytes() for matrix in matrices),
            struct.pack("<ii", camera.colour_codec, camera.depth_codec),
            struct.pack("<IIII", colour_width, colour_height, depth_width, depth_height),
            struct.pack("<fQ", camera.depth_shift, frames),
        )
    )


def _homogeneous(matrix: np.ndarray) -> np.ndarray:
    whole = np.eye(4)
    whole[:3, :3] = matrix
    return whole


def encode_frame_header(pose: np.ndarray, colour_bytes: int, depth_bytes: int, time_us: int = 0) -> bytes:
    """Return the 96 bytes before a frame's images."""
    return np.asarray(pose, "<f4").tobytes() + struct.pack(
        "<QQQQ", time_us, time_us, colour_bytes, depth_bytes
    )


def write_sens(
    path: Path,
    camera: SensCamera,
    frames: Sequence[SensFrame],
    declared: int | None = None,
    imu_frames: int = 0,
) -> None:
    """Write a file.

    Args:
        path: Where.
        camera: Its header.
        frames: Its frames.
        declared: How many frames the header says there are; default: as many.
        imu_frames: Inertial measurements after the frames; version 3 has no such part.
    """
    with path.open("wb") as file:
        file.write(encode_header(camera, len(frames) if declared is None else declared))
        for number, frame in enumerate(frames):
            file.write(encode_frame_header(frame.pose, len(frame.colour), len(frame.depth), number * 33_333))
            file.write(frame.colour)
            file.write(frame.depth)
        if camera.version >= 4:
            file.write(struct.pack("<Q", imu_frames) + bytes(128) * imu_frames)


def write_sens_from_folder(folder: Path, path: Path) -> None:
    """Write the frames of a folder with ``frame-NNNNNN.{color.jpg,depth.png,pose.txt}``, of one camera."""
    frames = []
    for file in sorted(folder.glob("frame-*.depth.png")):
        stem = str(file).removesuffix(".depth.png")
        with Image.open(file) as image:
            depth = np.asarray(image).astype(np.uint16)
        colour = Path(f"{stem}.color.jpg").read_bytes()
        frames.append(SensFrame(colour, encode_depth(depth), np.loadtxt(f"{stem}.pose.txt")))
    matrix = np.loadtxt(folder / "camera-intrinsics.txt")
    write_sens(path, SensCamera(matrix, matrix, depth.shape, depth.shape), frames)


def plain_image(size: tuple[int, int] = (48, 64), kind: str = "JPEG", shade: int = 0) -> bytes:
    """Return an encoded image of one colour."""
    file = io.BytesIO()
    Image.new("RGB", size[::-1], (shade, 100, 200)).save(file, kind)
    return file.getvalue()


def plain_pose(number: int = 0) -> np.ndarray:
    """Return the pose of a plain frame: a metre further for each number."""
    pose = np.eye(4)
    pose[:3, 3] = [number, 2, 3]
    return pose


def plain_frame(number: int = 0, **changes: Any) -> SensFrame:
    """Return a frame of ``PLAIN_CAMERA`` before a wall, a millimetre further for each number."""
    depth = np.full(PLAIN_CAMERA.depth_size, 1000 + number, np.uint16)
    frame = SensFrame(plain_image(shade=number), encode_depth(depth), plain_pose(number))
    return replace(frame, **changes)
