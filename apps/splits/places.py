"""Which place a scene shows, whoever read it: what two sources must agree on for a guard to see a leak."""

import re
from typing import NamedTuple

from spatialgeom.apps.splits import arkitscenes, scannet

_FAMILIES = {
    "scannet_export": "scannet",
    "adt_views": "adt",
    "tapvid3d_adt": "adt",
    "tapvid3d_pstudio": "pstudio",
}
_SCANNET = re.compile(r"(?<![0-9A-Za-z])scene([0-9]{4})(?![0-9A-Za-z])")
# what follows is the device or the clip's number: two devices recorded one occasion
_ADT = re.compile(r"(?<![0-9A-Za-z])(?:Apartment|Lite)_release_\w+?_seq[0-9]+(?![0-9A-Za-z])")
_ACTIVITY = re.compile(r"(basketball|boxes|football|juggle|softball|tennis)(?:_[0-9]+)?")
_SEVEN_SCENES = re.compile(r"(?:7-?scenes[-_])?(chess|fire|heads|office|pumpkin|redkitchen|stairs)", re.I)
_FREIBURG = re.compile(r"(?<![0-9A-Za-z])freiburg[0-9](?![0-9A-Za-z])")
_WORD = re.compile(r"[0-9A-Za-z]+")


class Place(NamedTuple):
    """A space within the family of sources that share its names."""

    family: str
    space: str


def place_of(source: str, space: str) -> Place:
    """Return the place that a scene, a scan or a space of a source shows.

    Names that only one dataset uses are known whichever reader met them: a ScanNet scan that was exported
    into the layout of another reader is still that scan.

    Args:
        source: A scene's ``source``: ``scannet``, ``adt``, ``rgbd_folder``, ...
        space: Its ``space``, or its name.
    """
    family = _FAMILIES.get(source, source)
    name = space.partition("_seq-")[0]
    return _known_anywhere(name) or _known_in(family, name) or Place(family, name)


def _known_anywhere(name: str) -> Place | None:
    if (match := _SCANNET.search(name)) and int(match[1]) < scannet.COUNT:
        return Place("scannet", match[0])
    if match := _ADT.search(name):
        return Place("adt", match[0])
    for word in _WORD.findall(name):
        if word in arkitscenes.VISIT_OF_VIDEO:
            return Place("arkitscenes", arkitscenes.VISIT_OF_VIDEO[word])
        if word in scannet.PLUS_PLUS_VAL:
            return Place("scannetpp", word)
    return None


def _known_in(family: str, name: str) -> Place | None:
    if family in ("pstudio", "tapvid3d") and (match := _ACTIVITY.fullmatch(name)):
        return Place("pstudio", match[1])
    if family == "rgbd_folder" and (match := _SEVEN_SCENES.fullmatch(name)):
        return Place("7scenes", match[1].lower())
    if family == "tum_rgbd" and (match := _FREIBURG.search(name)):
        return Place(family, match[0])
    return None
