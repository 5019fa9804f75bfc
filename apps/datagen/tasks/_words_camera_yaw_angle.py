"""Wordings of ``camera_yaw_angle``: how far the camera turned about the vertical axis, in degrees."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "A scene was viewed twice, and the camera turned between the views.",
        "The two images show partly the same scene.",
        "Image-1 and Image-2 come from a camera in two different orientations.",
        "The scene stands still while the camera turns.",
        "There is some overlap between what Image-1 and Image-2 show.",
        "Estimate the camera's rotation from these two views.",
        "This question asks how far the camera turned.",
        "Two overlapping views of the same surroundings are given.",
        "Compare the headings of the camera in the two images.",
        "Surfaces that appear in both images make it possible to measure the camera's turn.",
        "From one image to the other, the camera faces a different way.",
    ),
    questions=(
        (
            "By how many degrees did the camera turn about the vertical axis from Image-1 to Image-2? Give "
            "a whole number."
        ),
        (
            "How large is the camera's turn about the gravity axis between Image-1 and Image-2, in whole "
            "degrees?"
        ),
        (
            "Estimate the angle, rounded to whole degrees, through which the camera rotated about the "
            "vertical between Image-1 and Image-2."
        ),
        (
            "What is the size of the change in the camera's heading from Image-1 to Image-2? Count rotation "
            "about the vertical axis only, and answer in whole degrees."
        ),
        (
            "Project the two viewing directions onto the ground plane, which is perpendicular to the "
            "vertical axis. What is the angle between them, as a whole number of degrees?"
        ),
        (
            "Consider the yaw of the camera, that is, its rotation about the vertical. How many whole "
            "degrees lie between its values in Image-1 and Image-2?"
        ),
        (
            "Whatever the direction of the turn, through how many degrees about the vertical axis did the "
            "camera rotate from Image-1 to Image-2? Round to an integer."
        ),
        (
            "Imagine facing the way the camera faces in Image-1. How many degrees, to the nearest whole "
            "one, must you turn about the vertical to face the way it does in Image-2?"
        ),
        (
            "Give the magnitude of the camera's pan from Image-1 to Image-2 as an integer in degrees; the "
            "axis of the pan is vertical."
        ),
        (
            "Leaving tilt and movement aside, how far did the camera turn about the vertical axis between "
            "the two images? State whole degrees."
        ),
        (
            "Tell me the angle in degrees, as a whole number, between the camera's headings in Image-1 and "
            "Image-2, measured about the vertical."
        ),
        (
            "If the camera stood on a turntable with a vertical axis, through how many whole degrees would "
            "the table have to turn to change the heading of Image-1 into that of Image-2?"
        ),
        (
            "In degrees and without decimals, how much does the viewing direction swing about the gravity "
            "axis from Image-1 to Image-2?"
        ),
        (
            "I need the size of the turn about the vertical axis between Image-1 and Image-2, to the "
            "nearest degree. Whether it is to the left or to the right does not matter."
        ),
        (
            "How many degrees apart are the horizontal headings of the two images? Use a whole number, and "
            "measure about the vertical axis."
        ),
        (
            "Think of both headings as compass bearings, measured about the vertical. By how many whole "
            "degrees do the bearings of Image-1 and Image-2 differ, the shorter way round?"
        ),
        (
            "Work out how much the camera was rotated about the vertical axis between Image-1 and Image-2, "
            "and reply with an integer number of degrees."
        ),
        (
            "Please estimate the yaw angle between Image-1 and Image-2 in whole degrees. Yaw is the "
            "camera's rotation about the vertical; report its absolute value."
        ),
        (
            "From Image-1 to Image-2 the camera turned about the axis of gravity. Through what angle, in "
            "degrees? An integer will do."
        ),
        (
            "Without regard to up-and-down tilt, what angle in whole degrees separates the directions in "
            "which the two images look, measured about the vertical axis?"
        ),
        (
            "A tripod head that rotates only about the vertical carries the camera. How many degrees does "
            "its scale advance from Image-1 to Image-2? Ignore the sign and give an integer."
        ),
        (
            "What whole number of degrees best describes the camera's horizontal turn, about the vertical "
            "axis, from Image-1 to Image-2?"
        ),
        (
            "Using the surfaces that both views share, infer how many degrees the camera turned about the "
            "vertical between Image-1 and Image-2. Answer with an integer."
        ),
        (
            "Report the amount of rotation about the vertical (gravity) axis that separates Image-2 from "
            "Image-1, in whole degrees and as a positive number."
        ),
        "Angle of turn about the vertical axis, Image-1 to Image-2, in whole degrees?",
        (
            "Suppose you look in the direction of Image-1 and then turn to that of Image-2. How big is your "
            "turn about the vertical axis, to the nearest degree?"
        ),
        (
            "The camera's heading changed from Image-1 to Image-2. Quantify the change as an angle about "
            "the vertical, in degrees, rounded to a whole number."
        ),
        (
            "How wide is the angle about the vertical axis between the camera's headings in the two images? "
            "It lies between 0 and 180 degrees; give an integer."
        ),
        (
            "Seen from directly above, down along the vertical axis, through how many whole degrees does "
            "the camera's heading rotate from Image-1 to Image-2?"
        ),
        (
            "Put a figure on the camera's left-or-right turn between Image-1 and Image-2: its size about "
            "the vertical axis, in whole degrees."
        ),
        (
            "Judging by both views, how far round the vertical axis was the camera turned from Image-1 to "
            "Image-2? State the angle in degrees as a whole number."
        ),
        (
            "Find the absolute difference in heading between Image-1 and Image-2. Heading is measured about "
            "the vertical axis, and the answer is an integer in degrees."
        ),
    ),
    answers=(
        "The camera turned by `{angle}` degrees.",
        "About `{angle}` degrees.",
        "`{angle}` degrees.",
        "It rotated through roughly `{angle}` degrees about the vertical axis.",
        "I estimate a turn of `{angle}` degrees.",
        "The headings differ by `{angle}` degrees.",
        "Between the two images, the yaw changes by about `{angle}` degrees.",
        "The turn measures `{angle}` degrees.",
        "The camera's heading swings through `{angle}` degrees.",
        "It is a rotation of some `{angle}` degrees about the vertical.",
        "As far as I can judge, the camera turned through `{angle}` degrees.",
        "You would have to turn through `{angle}` degrees.",
        "The angle about the vertical axis comes to `{angle}` degrees.",
    ),
)
