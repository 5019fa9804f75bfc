"""Rooms made of solids, rendered with exact depth, instances and boxes: scenes without a data set."""

from spatialgeom.apps.datagen.synthetic.camera import (
    Rendered,
    SyntheticOptions,
    camera_path,
    pinhole,
    render,
)
from spatialgeom.apps.datagen.synthetic.room import Instance, Room, build_room

__all__ = [
    "Instance",
    "Rendered",
    "Room",
    "SyntheticOptions",
    "build_room",
    "camera_path",
    "pinhole",
    "render",
]
