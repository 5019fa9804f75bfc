"""What the doctor can find: every code, what it means for the labels, and what to do."""

from dataclasses import dataclass, field
from typing import Any, Literal

Level = Literal["ok", "note", "warning", "error"]
LEVELS: tuple[Level, ...] = ("ok", "note", "warning", "error")


@dataclass(frozen=True)
class Code:
    """A check.

    Args:
        looks_at: What is checked.
        means: What a finding means for labels.
        todo: What to do about it.
    """

    looks_at: str
    means: str
    todo: str


CODES = {
    "layout": Code(
        "whether a reader knows the layout of the path",
        "A run refuses the path.",
        "Name the folder that holds the files listed, unpack archives first, or name a reader with --reader.",
    ),
    "scene_names": Code(
        "whether two scenes have one name",
        "A run refuses the sources.",
        "Give their folders different names.",
    ),
    "load": Code(
        "whether a scene's headers, poses and cameras can be read",
        "A run skips the scene.",
        "Do what the message says.",
    ),
    "frames": Code(
        "how many frames are whole, and why others are not",
        "Frames that are dropped are never asked about; questions about pairs need two frames.",
        "Fetch or export again what is missing; few lost poses are normal.",
    ),
    "image_sizes": Code(
        "the shapes of colour and depth images",
        "Two shapes are right for two cameras, and wrong where depth was made for the colour image.",
        "Check that neither was cropped or stretched after the intrinsics were measured.",
    ),
    "colour_files": Code(
        "whether colour images decode",
        "Questions are about images that cannot be shown.",
        "Fetch or export the images again.",
    ),
    "intrinsics": Code(
        "field of view, shape of pixels and principal point of each camera",
        "With a camera matrix of another image size every pixel in a question is displaced.",
        "Give the intrinsics of images of this very size, in pixels.",
    ),
    "poses": Code(
        "whether poses are rigid, differ, and stay in a building",
        "Distances, directions and overlap are computed from poses.",
        "Give camera-to-world matrices in metres; leave out frames in which tracking was lost.",
    ),
    "pose_jumps": Code(
        "how far the camera moves between neighbouring frames",
        "After a jump, tracking may have been lost: pairs across it would have wrong labels.",
        "Look at the frames named; leave them out if they do not show what their poses say.",
    ),
    "depth_files": Code(
        "whether depth images decode and have the size of their header",
        "Frames without depth are dropped; without any the scene is skipped.",
        "Fetch or export the depth images again: single-channel, 16 bits.",
    ),
    "depth_readings": Code(
        "the share of pixels with a reading, and values that stand for none",
        "Only points that are read can be asked about; a value for no reading becomes a false wall.",
        "Name such values (--rgbd_folder.invalid_depth); check that images hold depth, not disparity.",
    ),
    "depth_range": Code(
        "the median depth in metres",
        "All answers in mm are off by the same factor.",
        "Give the metres per unit of the depth images: 0.001 for millimetres, 0.0002 for TUM RGB-D.",
    ),
    "depth_consistency": Code(
        "whether depth of one frame predicts that of another",
        "Where it does not, poses, depth scale and camera do not belong together, and labels are wrong.",
        "Try what the finding suggests; else check that each pose belongs to the frame of its number.",
    ),
    "colour_alignment": Code(
        "whether edges of depth lie on edges of colour",
        "Dots and coordinates may be displaced in the colour image, by the pixels given.",
        "Give the colour camera's own intrinsics, and its place beside the depth camera.",
    ),
    "up": Code(
        "whether level surfaces are level in the world",
        "Yaw, pitch and object heights are measured against up; without it they are not asked.",
        "Give the vector that the finding names as up (--rgbd_folder.up, --tum_rgbd.up), or align the poses.",
    ),
    "mesh_fit": Code(
        "whether depth readings lie on the scene's mesh or cloud",
        "Points of a mesh in other axes than the poses are seen in the wrong images, or in none.",
        "Apply the same axis alignment to mesh and poses; check that the mesh is of this scan.",
    ),
    "objects": Code(
        "names, boxes, labels and instance images of objects",
        "Object sizes are asked of named objects whose points are known.",
        "Add the annotations that the finding names; other questions do not need them.",
    ),
    "image_files": Code(
        "whether a clip's images are there and whole",
        "Questions are about images that cannot be shown.",
        "Make or download the clip again.",
    ),
    "tracks": Code(
        "how many points are tracked, and where they are visible",
        "Motion is asked of points visible in both images.",
        "Check visibility and the positions of tracks.",
    ),
    "static_tracks": Code(
        "whether points that rest stay where they are in the world",
        "If poses are inverted or shifted, the camera's motion is taken for the points'.",
        "Give extrinsics that map world to camera, of the frames' own times.",
    ),
    "displacement": Code(
        "how far tracked points move",
        "Where nothing moves a centimetre, every answer about motion is 0.",
        "Take clips with motion, or clips that are longer.",
    ),
    "rigid_parts": Code(
        "into which rigid parts tracked points fall",
        "Questions are spread over parts; points of no part are not asked about.",
        "Track more points on each thing that moves; six are the least.",
    ),
}


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Args:
        code: A key of ``CODES``.
        level: ``error``: a run makes nothing of the scene; ``warning``: labels may be wrong or fewer;
            ``note``: worth knowing.
        found: With figures and units.
        figures: The same numbers for machines.
        means: For the labels, where it is not what ``CODES`` says.
        todo: What to do, where it is not what ``CODES`` says.
    """

    code: str
    level: Level
    found: str
    figures: dict[str, Any] = field(default_factory=dict)
    means: str = ""
    todo: str = ""

    @property
    def advice(self) -> tuple[str, str]:
        """What it means, and what to do."""
        code = CODES[self.code]
        return self.means or code.means, self.todo or code.todo

    def to_json(self) -> dict[str, Any]:
        """Return plain values; what is as it should be means nothing and needs nothing."""
        means, todo = (None, None) if self.level == "ok" else self.advice
        return {
            "code": self.code,
            "level": self.level,
            "found": self.found,
            "means": means,
            "do": todo,
            "figures": self.figures,
        }
