"""Lists of images and poses that carry times, and which of them belong together."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spatialgeom.apps.errors import InputError

_MOST_BYTES = 16 << 20
_MOST_LINES = 300_000  # fifty minutes of poses at 100 a second
_LONGEST_LINE = 4096  # bytes
_CLOCK_S = 1e-6  # seconds since 1970 are rounded to a quarter of this
_LATEST_S = 1e12
_UNIT = 0.01  # how far a quaternion's norm may be from 1


@dataclass(frozen=True)
class Trajectory:
    """Poses by time; a pose is NaN where its line holds no rotation."""

    times: np.ndarray  # (T,) seconds, strictly increasing
    poses: np.ndarray  # (T, 4, 4) float64, as the file has them


def read_numbers(path: Path, columns: str, most_bytes: int = _MOST_BYTES) -> np.ndarray:
    """Return the rows of a text file of numbers; '#' begins a comment.

    Args:
        path: The file.
        columns: Names of the columns, separated by spaces; the first, such as a time, must be finite.
        most_bytes: A larger file is refused.

    Returns:
        Values, NaN and infinity included, ``(N, columns)`` float64.

    Raises:
        InputError: The file is missing, too large, or a line does not hold such a row.
    """
    count = len(columns.split())
    rows = []
    for number, line in _lines(path, most_bytes):
        words = line.split(maxsplit=count)
        row = [_number(word) for word in words]
        if len(row) != count or None in row or _is_no_time(row[0]):
            raise InputError(_mistaken(path, number, columns, line))
        rows.append(row)
    return np.array(rows, float).reshape(len(rows), count)


def read_entries(path: Path) -> list[tuple[float, str]]:
    """Return (time, name) for each line of a list of images; '#' begins a comment.

    Raises:
        InputError: The file is missing, too large, or a line is not a time and a name.
    """
    entries = []
    for number, line in _lines(path, _MOST_BYTES):
        word, _, name = line.partition(" ")
        time = _number(word)
        if time is None or _is_no_time(time) or not name:
            raise InputError(_mistaken(path, number, "time filename", line))
        entries.append((time, name.strip()))
    return entries


def _number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def _is_no_time(value: float | None) -> bool:
    return value is None or not abs(value) < _LATEST_S


def _mistaken(path: Path, number: int, columns: str, line: str) -> str:
    return f"line {number} of {path} must be '{columns}', got {line[:80]!r}; fetch the file again"


def _lines(path: Path, most_bytes: int) -> Iterator[tuple[int, str]]:
    """Yield the lines that say something, and their numbers, never holding more than one."""
    try:
        # a pipe would wait for ever
        if not path.is_file():
            raise InputError(f"{path} is missing")
        if path.stat().st_size > most_bytes:
            raise InputError(f"{path} must have at most {most_bytes} bytes; fetch the file again")
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if number > _MOST_LINES or len(line) > _LONGEST_LINE:
                    raise InputError(
                        f"{path} must have at most {_MOST_LINES} lines of at most {_LONGEST_LINE} bytes; "
                        "fetch the file again"
                    )
                if line.strip() and not line.lstrip().startswith(b"#"):
                    yield number, line.decode("utf-8-sig").strip().replace("\t", " ")
    except (OSError, UnicodeDecodeError) as fault:
        raise InputError(f"{path} must be a text file, but {fault}") from None


def trajectory_of_quaternions(rows: np.ndarray) -> Trajectory:
    """Return the trajectory of rows ``t tx ty tz qx qy qz qw``; of equal times the first row counts."""
    # imported here: a second that listing the readers need not take
    import torch
    from kornia.geometry.conversions import quaternion_to_rotation_matrix

    with np.errstate(over="ignore"):
        norms = np.linalg.norm(rows[:, 4:], axis=1)
    real_first = torch.from_numpy(rows[:, [7, 4, 5, 6]])
    rotations = quaternion_to_rotation_matrix(real_first).numpy()
    rotations[~(np.abs(norms - 1) <= _UNIT)] = np.nan
    return _trajectory(rows[:, 0], rotations, rows[:, 1:4])


def trajectory_of_axis_angles(rows: np.ndarray) -> Trajectory:
    """Return the trajectory of rows ``t rx ry rz tx ty tz``, radians; of equal times the first row counts."""
    import torch
    from kornia.geometry.conversions import axis_angle_to_rotation_matrix

    rotations = axis_angle_to_rotation_matrix(torch.from_numpy(rows[:, 1:4])).numpy()
    return _trajectory(rows[:, 0], rotations, rows[:, 4:])


def _trajectory(times: np.ndarray, rotations: np.ndarray, translations: np.ndarray) -> Trajectory:
    times, first = np.unique(times, return_index=True)
    poses = np.tile(np.eye(4), (len(times), 1, 1))
    poses[:, :3, :3] = rotations[first]
    poses[:, :3, 3] = translations[first]
    return Trajectory(times, poses)


def nearest(times: np.ndarray, others: np.ndarray, most_s: float) -> np.ndarray:
    """Return for each time the index of the nearest of ``others``, the earlier of two, or -1.

    Args:
        times: Seconds, ``(N,)``.
        others: Seconds, sorted, ``(M,)``.
        most_s: Times farther apart do not belong together.
    """
    if not len(others):
        return np.full(len(times), -1)
    after = np.searchsorted(others, times).clip(0, len(others) - 1)
    before = (after - 1).clip(0)
    index = np.where(np.abs(others[before] - times) <= np.abs(others[after] - times), before, after)
    return np.where(np.abs(others[index] - times) <= most_s + _CLOCK_S, index, -1)


def associate(times: np.ndarray, others: np.ndarray, most_s: float) -> np.ndarray:
    """Pair times one to one, smallest differences first.

    The closest two that are left are neighbours in time, so that a pair's removal makes one new pair to
    look at: n log n, however many times lie within ``most_s`` of one another.

    Args:
        times: Seconds, ``(N,)``.
        others: Seconds, ``(M,)``.
        most_s: Times farther apart do not belong together.

    Returns:
        For each of ``times`` an index into ``others``, or -1, ``(N,)`` int64.
    """
    merged = np.concatenate((times, others))
    order = np.argsort(merged, kind="stable")
    seconds, is_other = merged[order].tolist(), (order >= len(times)).tolist()
    before, after = list(range(-1, len(order) - 1)), list(range(1, len(order) + 1))
    gone = [False] * len(order)
    heap: list[tuple[float, int, int]] = []

    def consider(i: int, j: int) -> None:
        inside = i >= 0 and j < len(order)
        if inside and is_other[i] != is_other[j] and seconds[j] - seconds[i] <= most_s + _CLOCK_S:
            heapq.heappush(heap, (seconds[j] - seconds[i], i, j))

    for i in range(len(order) - 1):
        consider(i, i + 1)
    index = np.full(len(times), -1)
    while heap:
        _, i, j = heapq.heappop(heap)
        if gone[i] or gone[j]:
            continue
        gone[i] = gone[j] = True
        one, other = (j, i) if is_other[i] else (i, j)
        index[order[one]] = order[other] - len(times)
        left, right = before[i], after[j]
        if left >= 0:
            after[left] = right
        if right < len(order):
            before[right] = left
        consider(left, right)
    return index
