"""Wordings of ``camera_x_direction``: whether the camera moved left or right, in the first camera's axes."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "The camera's position changed between Image-1 and Image-2.",
        "Image-1 and Image-2 show partly the same scene from two camera positions.",
        "Look at what both images show, and how it differs.",
        "The scene is static, so whatever differs in the overlap is due to the camera.",
        "Two views of a scene were taken from two places.",
        "These two images overlap in part.",
        "A camera was moved between two views of a scene at rest.",
        "Compare the viewpoints of the two images.",
        "The question concerns where the camera stood for each of the two images.",
        "Image-1 serves as the reference view, and Image-2 is compared with it.",
        "Work out from the shared surfaces how the two camera positions are related.",
    ),
    questions=(
        (
            "From Image-1 to Image-2, did the camera move to the left or to the right, as seen from the "
            "viewpoint of Image-1?"
        ),
        "In the axes of Image-1's camera, is the camera of Image-2 placed to the left or to the right?",
        (
            "Judged from the viewpoint of Image-1, which way does the camera shift on its way to Image-2: "
            "right or left?"
        ),
        (
            "With respect to Image-1's own view, was Image-2 taken from further to the right or further to "
            "the left?"
        ),
        (
            "Left or right: in which direction did the camera move between Image-1 and Image-2, relative to "
            "the way it was facing in Image-1?"
        ),
        (
            "Imagine standing where Image-1 was taken and facing the same way as its camera. Is the "
            "position from which Image-2 was taken on your left or on your right?"
        ),
        (
            "Decide whether the camera's sideways movement from Image-1 to Image-2 is to the right or to "
            "the left in Image-1's camera axes."
        ),
        (
            "Consider only movement along the horizontal axis of Image-1 itself. Did the camera go left or "
            "right to reach the position of Image-2?"
        ),
        (
            "Is the camera position of Image-2 to the right or to the left of that of Image-1, when right "
            "and left are those of Image-1's own view?"
        ),
        (
            "Take the camera from its pose in Image-1 to its pose in Image-2. Along the x axis of the first "
            "pose, is that a move to the left or to the right?"
        ),
        "Relative to Image-1's own left and right, on which side is the place from which Image-2 was taken?",
        (
            "The camera position differs between the two images. Using the viewpoint of Image-1 as the "
            "reference, tell me whether it moved right or left to get to Image-2."
        ),
        (
            "Ignoring how the camera turned, did its position move left or right from Image-1 to Image-2, "
            "expressed in Image-1's camera frame?"
        ),
        (
            "Which word describes the camera's sideways shift from Image-1 to Image-2, in the camera axes "
            "of Image-1: right or left?"
        ),
        (
            "In terms of Image-1's view, does getting to Image-2 take the camera towards the right or "
            "towards the left?"
        ),
        (
            "If Image-1's camera is at the origin and its x axis points right, does Image-2's camera lie to "
            "the right (positive x) or to the left (negative x)?"
        ),
        (
            "Suppose you hold the camera exactly as it was for Image-1. To bring it to where Image-2 was "
            "taken, must you shift it to its left or to its right?"
        ),
        (
            "Say whether the camera moved right or left between Image-1 and Image-2. Directions refer to "
            "the camera as it was in Image-1."
        ),
        (
            "How did the camera move sideways from Image-1 to Image-2, to the left or to the right? Use the "
            "frame of reference of Image-1's camera."
        ),
        (
            "Compare the two viewpoints: with Image-1's orientation as the reference, does Image-2 come "
            "from further left or further right?"
        ),
        "Relative to Image-1's camera and its axes, which side is Image-2's camera on, right or left?",
        (
            "Split the camera's movement from Image-1 to Image-2 into parts along the axes of Image-1's "
            "camera. Does the sideways part point to the left or to the right?"
        ),
        (
            "From the point of view of Image-1, the camera of Image-2 is off to one side. Is that side the "
            "right or the left?"
        ),
        (
            "Please work out the direction of sideways travel, left or right, that takes the camera from "
            "Image-1 to Image-2, in the first camera's own axes."
        ),
        (
            "For someone who stands at the camera of Image-1 and faces the way it does, does the camera go "
            "right or left on its way to Image-2?"
        ),
        (
            "Which is true: the camera of Image-2 is to the left of Image-1's camera, or to the right of "
            "it? Left and right are meant as in Image-1's view."
        ),
        (
            "Use what the two images share to decide this: did the camera move right or left from Image-1 "
            "to Image-2, as measured along Image-1's own horizontal image axis?"
        ),
        (
            "Between the two images the camera has shifted sideways. Name the direction from Image-1 to "
            "Image-2, right or left, as it appears from Image-1's viewpoint."
        ),
        (
            "Would the camera of Image-2 be on your left or on your right if you took the place of "
            "Image-1's camera and looked where it looks?"
        ),
        (
            "Relative to the direction in which Image-1 looks, is the camera's displacement to Image-2 "
            "towards the left or towards the right?"
        ),
        (
            "Left or right? State the camera's sideways motion from Image-1 to Image-2 with reference to "
            "the camera pose of Image-1."
        ),
        (
            "The reference here is the camera of Image-1, with its own right and left. In which of these "
            "two directions does the camera position of Image-2 lie?"
        ),
    ),
    answers=(
        "The camera moved to the `{side}`.",
        "It moved `{side}`.",
        "`{side}`.",
        "Seen from Image-1, the camera went to the `{side}`.",
        "In Image-1's camera axes, the movement is to the `{side}`.",
        "The second camera position lies to the `{side}` of the first.",
        "Relative to Image-1, the camera is further to the `{side}` in Image-2.",
        "To the `{side}`, as seen from the viewpoint of Image-1.",
        "The sideways shift is towards the `{side}`.",
        "Image-2 was taken from further to the `{side}`.",
        "Going from Image-1 to Image-2 takes the camera `{side}`.",
        "From Image-1's point of view, the direction is `{side}`.",
        "The answer is `{side}`.",
    ),
)
