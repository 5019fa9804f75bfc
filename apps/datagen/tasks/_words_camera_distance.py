"""Wordings of ``camera_distance``: how far apart the two camera positions are, in millimetres."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "Two views of a static scene overlap in part.",
        "Image-1 and Image-2 were taken from two points in the same scene.",
        "The camera was in one place for Image-1 and in another for Image-2.",
        "Some surfaces of the scene can be seen in both images.",
        "Consider where the camera stood for each of the two views.",
        "This question is about the space between two camera positions.",
        "The scene does not change, but the camera's position does.",
        "Judge the scale of the scene from what you recognise in it.",
        "Part of what Image-1 shows also appears in Image-2.",
        "A camera has viewed one scene from two positions.",
        "The two images allow the positions of the camera to be compared.",
    ),
    questions=(
        (
            "How far apart are the camera positions of Image-1 and Image-2 in a straight line, in whole "
            "millimetres?"
        ),
        (
            "What is the straight-line distance in mm, as an integer, between the place where Image-1 was "
            "taken and the place where Image-2 was taken?"
        ),
        (
            "Estimate the distance from the camera centre of Image-1 to that of Image-2, in a straight line "
            "and in whole millimetres."
        ),
        (
            "The camera was moved between the two images. How many whole millimetres lie between its two "
            "positions along a straight line?"
        ),
        "Give the straight-line distance between the two camera centres as an integer number of millimetres.",
        (
            "Imagine a string pulled taut between the camera of Image-1 and the camera of Image-2. How long "
            "is it, to the nearest millimetre?"
        ),
        (
            "Regardless of direction, how far is the camera's position in Image-2 from that in Image-1, "
            "measured in a straight line and rounded to an integer in millimetres?"
        ),
        (
            "How long is the straight line from the camera centre in Image-1 to the camera centre in "
            "Image-2? Answer in whole millimetres."
        ),
        (
            "Tell me how far the camera of Image-2 is from the camera of Image-1, as the crow flies, in mm "
            "and without decimals."
        ),
        (
            "Compute the length in millimetres of the vector that joins the two camera centres, rounded to "
            "an integer."
        ),
        (
            "If the camera flew in a straight line from where it took Image-1 to where it took Image-2, how "
            "many millimetres would it cover? Round to a whole number."
        ),
        (
            "Ignore how the camera turned and consider only where it was. What is the straight-line "
            "distance between its two positions, in whole millimetres?"
        ),
        (
            "In whole millimetres, how large is the straight-line gap between the two places from which the "
            "images were taken?"
        ),
        (
            "I would like to know the length of the baseline between Image-1 and Image-2, that is, the "
            "straight-line distance between the camera centres, as a whole number of mm."
        ),
        (
            "Please estimate how many whole millimetres separate the two camera positions. The separation "
            "is a straight line through space, not a walking path."
        ),
        (
            "What distance, as a whole number of millimetres, lies directly between the camera centres of "
            "the two images?"
        ),
        (
            "Using objects of familiar size as a guide, work out the straight-line distance between the "
            "viewpoints of Image-1 and Image-2, as an integer in mm."
        ),
        (
            "Suppose both cameras were in the scene at once. How far from each other would their centres "
            "be, in a straight line, in whole millimetres?"
        ),
        (
            "Taking sideways, vertical and forward motion together, how far is it in a straight line from "
            "the camera position of Image-1 to that of Image-2? Use whole millimetres."
        ),
        (
            "State the Euclidean distance between the camera centres of Image-1 and Image-2, in millimetres "
            "without decimals."
        ),
        (
            "From one camera position to the other, what would a measuring tape read if it were stretched "
            "straight between them, to the nearest millimetre?"
        ),
        (
            "Find out how far the camera was displaced between Image-1 and Image-2. Only the straight-line "
            "length counts, in whole mm."
        ),
        "Straight-line distance between the two camera positions, in whole millimetres?",
        (
            "The viewpoint of Image-2 is some distance away from the viewpoint of Image-1. Give this "
            "distance, taken in a straight line between the camera centres, in millimetres and as a whole "
            "number."
        ),
        (
            "How many mm apart, measured directly from camera centre to camera centre, are the two "
            "viewpoints? Answer with an integer."
        ),
        (
            "Put a figure on the camera's change of position from Image-1 to Image-2: the straight-line "
            "distance, as an integer in millimetres."
        ),
        (
            "What is the shortest distance, in millimetres without decimals, between the points in space at "
            "which the camera stood for Image-1 and for Image-2?"
        ),
        (
            "Based on how the shared surfaces shift and change in size, infer the straight-line distance "
            "between the camera centres, rounded to whole millimetres."
        ),
        (
            "Report how far the camera's centre moved, start to end in a straight line, from Image-1 to "
            "Image-2. Reply with a whole number of mm."
        ),
        (
            "Consider the two camera centres as points in space. How many whole millimetres long is the "
            "straight segment between them?"
        ),
        (
            "Could you judge how far the camera is from its position in Image-1 when it takes Image-2? I "
            "mean the direct, straight-line distance to the nearest millimetre."
        ),
        (
            "Whatever route the camera took, how far is its end, at Image-2, from its start, at Image-1, in "
            "a straight line? Give whole millimetres."
        ),
    ),
    answers=(
        "The camera positions are `{distance}` mm apart.",
        "About `{distance}` millimetres.",
        "`{distance}` mm.",
        "The straight-line distance is roughly `{distance}` mm.",
        "I estimate `{distance}` millimetres between the two camera centres.",
        "The two viewpoints are separated by `{distance}` mm.",
        "It comes to `{distance}` millimetres in a straight line.",
        "The camera moved by about `{distance}` mm.",
        "From one camera centre to the other it is `{distance}` millimetres.",
        "My estimate of the distance is `{distance}` mm.",
        "A straight line between the two positions would be `{distance}` millimetres long.",
        "Distance: `{distance}` mm.",
        "The baseline measures `{distance}` mm.",
    ),
)
