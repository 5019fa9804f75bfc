"""Wordings of ``camera_yaw_direction``: whether the camera turned left or right about the vertical axis."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "The camera faces a different way in each of the two images.",
        "Image-1 and Image-2 overlap only in part, since the camera's view has changed.",
        "A static scene is seen in two views.",
        "Compare which way the camera faces in the two images.",
        "Some surfaces are visible in both images.",
        "The question is about the camera's orientation and not about its position.",
        "Between Image-1 and Image-2 the camera's heading changed.",
        "The same scene is seen twice, with the camera pointing in different directions.",
        "Think of the camera as a person who turns while looking around.",
        "What the images share tells how the camera's orientation changed.",
        "Nothing in the scene moves, so the change of view comes from the camera alone.",
    ),
    questions=(
        "Did the camera turn left or right about the vertical axis in going from Image-1 to Image-2?",
        "From Image-1 to Image-2, was the camera's turn about the gravity axis to the right or to the left?",
        (
            "Viewed from above, along the vertical axis, a left turn runs anticlockwise and a right turn "
            "clockwise. Which of the two, left or right, takes the camera from the heading of Image-1 to "
            "that of Image-2?"
        ),
        (
            "Which way did the camera pan between Image-1 and Image-2, left or right, if panning is "
            "rotation about the vertical?"
        ),
        (
            "Consider only rotation about the vertical axis. Does the viewing direction swing to the right "
            "or to the left from Image-1 to Image-2?"
        ),
        (
            "Left or right: in which direction was the camera rotated about the axis of gravity to get from "
            "the view of Image-1 to that of Image-2?"
        ),
        (
            "Imagine facing the way the camera faces in Image-1. Would you turn to your right or to your "
            "left, about the vertical, to face the way it does in Image-2?"
        ),
        (
            "Project the viewing directions of both images onto the ground plane, so that only rotation "
            "about the vertical remains. Does the one of Image-2 point to the left or to the right of the "
            "one of Image-1?"
        ),
        (
            "Leave tilt and movement aside: about the vertical axis, has the camera turned right or left "
            "from Image-1 to Image-2?"
        ),
        (
            "By which turn about the vertical, left or right, does the camera's heading in Image-1 become "
            "its heading in Image-2?"
        ),
        (
            "Between Image-1 and Image-2, did the camera's yaw change to the right or to the left? Yaw is "
            "rotation about the vertical (gravity) axis."
        ),
        (
            "Say whether the camera turned left or right from Image-1 to Image-2, where turning means "
            "rotating about a vertical line through the camera."
        ),
        (
            "Think of the camera's heading as a compass bearing. Did the camera turn to the right or to the "
            "left about the vertical from Image-1 to Image-2?"
        ),
        (
            "Suppose the camera stands on a turntable that spins about the vertical. Should the turntable "
            "be turned left or right to change the heading of Image-1 into that of Image-2?"
        ),
        (
            "Ignoring any change in position, tell me whether the camera rotated right or left about the "
            "vertical axis from Image-1 to Image-2."
        ),
        (
            "Is the heading of Image-2 to the left or to the right of the heading of Image-1, measured by "
            "rotation about the vertical axis?"
        ),
        (
            "How was the camera turned about the gravity axis between Image-1 and Image-2: to the right or "
            "to the left?"
        ),
        (
            "Please determine the sense of the camera's horizontal turn, left or right, from Image-1 to "
            "Image-2, taking the direction of gravity as the axis."
        ),
        (
            "If you looked in the direction of Image-1 and then in that of Image-2, would your head turn "
            "right or left about the vertical axis?"
        ),
        (
            "The camera's horizontal heading differs between the two images. About the vertical axis, does "
            "it turn left or right when you go from Image-1 to Image-2?"
        ),
        (
            "Compare the directions in which the two images look. Relative to Image-1, is Image-2 turned to "
            "the right or to the left about the vertical?"
        ),
        (
            "Which description fits the step from Image-1 to Image-2: the camera turned left about the "
            "vertical axis, or it turned right about it?"
        ),
        (
            "Right or left? Give the direction of the camera's rotation about the vertical from Image-1 to "
            "Image-2, whatever its tilt."
        ),
        (
            "Work out from the shared surfaces how the camera was rotated about the vertical axis from "
            "Image-1 to Image-2, to the left or to the right."
        ),
        (
            "In going from Image-1 to Image-2 the camera's heading sweeps through an angle about the "
            "gravity axis. Is this sweep to the right or to the left?"
        ),
        (
            "Someone panned the camera about a vertical axis to go from the heading of Image-1 to that of "
            "Image-2. Was this a pan to the left or to the right?"
        ),
        (
            "Does Image-2 look further to the right or further to the left than Image-1, in terms of "
            "rotation about the vertical axis and not of position?"
        ),
        (
            "A tripod head that rotates only about the vertical carries the camera. To aim it as in "
            "Image-2, starting from Image-1, must the head be turned left or right?"
        ),
        "With respect to gravity, which way does the camera yaw from Image-1 to Image-2, right or left?",
        (
            "Relative to the heading in Image-1, does the camera face more to the left or more to the right "
            "in Image-2? Count rotation about the vertical axis only."
        ),
        (
            "Name the direction of the turn about the vertical axis, right or left, that brings the camera "
            "from its orientation in Image-1 to its heading in Image-2."
        ),
        (
            "Taking the shorter way round the vertical axis, does the camera turn left or right from "
            "Image-1 to Image-2?"
        ),
    ),
    answers=(
        "The camera turned `{side}`.",
        "It turned to the `{side}`.",
        "`{side}`.",
        "About the vertical axis, the camera rotated to the `{side}`.",
        "From Image-1 to Image-2 the camera pans `{side}`.",
        "The heading swings to the `{side}`.",
        "Image-2 looks further to the `{side}` than Image-1.",
        "The turn is to the `{side}`.",
        "Relative to Image-1, the camera in Image-2 is turned to the `{side}`.",
        "To face as Image-2 does, the camera has to turn `{side}`.",
        "Its yaw changed towards the `{side}`.",
        "The camera's rotation about the vertical is to the `{side}`.",
        "My answer is `{side}`.",
    ),
)
