"""Lists of places that evaluations use, by name."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from spatialgeom.apps.errors import UsageError
from spatialgeom.apps.splits import arkitscenes, scannet
from spatialgeom.apps.splits.places import Place


@dataclass(frozen=True)
class NamedList:
    """Places that belong to an evaluation.

    Args:
        name: What ``--hold-out`` takes.
        title: What it is.
        origin: Where the list comes from, and whether it is exact.
        places: The places.
    """

    name: str
    title: str
    origin: str
    places: frozenset[Place]

    def counts(self) -> dict[str, int]:
        """Return the number of places of each family, sorted by family."""
        families = sorted(place.family for place in self.places)
        return {family: families.count(family) for family in dict.fromkeys(families)}


def _scannet(numbers: Iterable[int]) -> frozenset[Place]:
    return frozenset(Place("scannet", f"scene{number:04d}") for number in numbers)


@cache
def named_lists() -> dict[str, NamedList]:
    """Return every list by its name."""
    scannet_val, scannet_test = _scannet(scannet.VAL), _scannet(scannet.TEST)
    plus_plus = frozenset(Place("scannetpp", space) for space in scannet.PLUS_PLUS_VAL)
    arkit = frozenset(Place("arkitscenes", visit) for visit in arkitscenes.VAL)
    found = [
        NamedList("scannet_val", "ScanNet v2 validation", "scannetv2_val.txt, exact", scannet_val),
        NamedList("scannet_test", "ScanNet v2 test", "scannetv2_test.txt, exact", scannet_test),
        NamedList("scannetpp_val", "ScanNet++ validation", "nvs_sem_val.txt, exact", plus_plus),
        NamedList(
            "arkitscenes_val",
            "ARKitScenes validation",
            "the fold Validation of its 3DOD and raw CSV files, whole visits",
            arkit,
        ),
        NamedList(
            "pstudio_val",
            "Panoptic Studio validation",
            "the activity that the paper holds out",
            frozenset({Place("pstudio", "basketball")}),
        ),
        NamedList(
            "vsi_bench",
            "VSI-Bench",
            "exact for ScanNet and ScanNet++; of ARKitScenes all of Validation, which holds its 150 videos",
            _scannet(scannet.VSI_BENCH) | plus_plus | arkit,
        ),
        *(
            NamedList(
                name, title, "ScanNet v2 validation and test, which hold its own", scannet_val | scannet_test
            )
            for name, title in _ON_SCANNET
        ),
    ]
    return {entry.name: entry for entry in found}


_ON_SCANNET = (
    ("multi3drefer", "Multi3DRefer evaluation"),
    ("scan2cap", "Scan2Cap evaluation"),
    ("scanqa", "ScanQA evaluation"),
    ("scanrefer", "ScanRefer evaluation"),
    ("sqa3d", "SQA3D evaluation"),
)


def named_list(name: str) -> NamedList:
    """Return the list of a name.

    Raises:
        UsageError: There is no such list.
    """
    lists = named_lists()
    if name not in lists:
        raise UsageError(f"there is no list {name!r}; there are {', '.join(lists)}")
    return lists[name]


def describe() -> str:
    """Return a table of the lists: names, numbers of places, titles, origins."""
    lines = []
    for entry in named_lists().values():
        counts = ", ".join(f"{count} {family}" for family, count in entry.counts().items())
        lines.append(f"{entry.name:16} {counts:46} {entry.title}: {entry.origin}")
    return "\n".join(lines)
