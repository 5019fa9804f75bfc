"""The split of a space: official where there is one, else by a hash of its name."""

import hashlib
from typing import Literal, get_args

from spatialgeom.apps.errors import InputError, UsageError
from spatialgeom.apps.splits import arkitscenes, scannet
from spatialgeom.apps.splits.places import Place, place_of

Split = Literal["train", "val", "test"]
SPLITS: tuple[str, ...] = (*get_args(Split), "all")

_VAL_SHARE = 0.15
_ADT_VAL_SHARE = 309 / 1956  # clips of the paper
_ACTIVITIES: dict[str, Split] = {
    "basketball": "val",
    **dict.fromkeys(("boxes", "football", "juggle", "softball", "tennis"), "train"),
}


def split_of(source: str, space: str) -> Split:
    """Return the one split that a space belongs to, with all its scans.

    It depends on these two names alone: not on what else is read, on their order, or on a seed.

    Args:
        source: A scene's ``source``.
        space: Its ``space``.

    Raises:
        InputError: One of them is empty, so that all scenes would be on one side.
    """
    if not source or not space:
        raise InputError(f"a split needs source and space, got {source!r} and {space!r}; use --split all")
    place = place_of(source, space)
    if place.family == "scannet" and (official := _of_scannet(place.space)):
        return official
    if place.family == "arkitscenes":
        return "val" if place.space in arkitscenes.VAL else "train"
    if place.family == "scannetpp" and place.space in scannet.PLUS_PLUS_VAL:
        return "val"
    if place.family == "pstudio" and place.space in _ACTIVITIES:
        return _ACTIVITIES[place.space]
    share = _ADT_VAL_SHARE if place.family == "adt" else _VAL_SHARE
    return "val" if _position(place) < share else "train"


def in_split(split: str, source: str, space: str) -> bool:
    """Tell whether a space belongs to ``split``; ``all`` takes every one.

    Raises:
        UsageError: There is no such split.
        InputError: Source or space is empty, and the split is not ``all``.
    """
    if split not in SPLITS:
        raise UsageError(f"there is no split {split!r}; there are {', '.join(SPLITS)}")
    return split == "all" or split_of(source, space) == split


def _of_scannet(space: str) -> Split | None:
    number = space.removeprefix("scene")
    if not (number.isascii() and number.isdigit() and len(number) == 4 and int(number) < scannet.COUNT):
        return None
    if int(number) in scannet.TEST:
        return "test"
    return "val" if int(number) in scannet.VAL else "train"


def _position(place: Place) -> float:
    """Return where in [0, 1) the hash of a place lies."""
    digest = hashlib.sha256(f"{place.family}/{place.space}".encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
