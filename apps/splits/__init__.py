"""Splits by space, lists of what benchmarks use, and the guard against training on them."""

from spatialgeom.apps.splits.held_out import LARGEST_FILE, HeldOut, scenes_of
from spatialgeom.apps.splits.lists import NamedList, describe, named_list, named_lists
from spatialgeom.apps.splits.places import Place, place_of
from spatialgeom.apps.splits.rule import SPLITS, Split, in_split, split_of

__all__ = [
    "LARGEST_FILE",
    "SPLITS",
    "HeldOut",
    "NamedList",
    "Place",
    "Split",
    "describe",
    "in_split",
    "named_list",
    "named_lists",
    "place_of",
    "scenes_of",
    "split_of",
]
