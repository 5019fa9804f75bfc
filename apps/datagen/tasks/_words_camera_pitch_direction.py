"""Wordings of ``camera_pitch_direction``: whether the camera tilted up or down relative to the ground."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "The camera looks at the scene with a different tilt in each image.",
        "Two images of a static scene are given, and they overlap in part.",
        "Image-1 and Image-2 show partly the same things, seen with the camera in two poses.",
        "Compare how steeply the camera looks in the two images.",
        "The camera's tilt changed between Image-1 and Image-2.",
        "Only the camera's orientation matters here, not the height at which it was held.",
        "The scene itself does not change from one image to the other.",
        "Some of what is visible in Image-1 is visible in Image-2 as well.",
        "Think of how a head nods while its eyes take in a scene.",
        "Walls, floors and upright objects can show how the camera is inclined.",
        "A camera was tilted between two overlapping views.",
    ),
    questions=(
        "Did the camera tilt up or down, relative to the ground plane, in going from Image-1 to Image-2?",
        (
            "From Image-1 to Image-2, does the viewing direction tilt down or up with respect to the "
            "horizontal ground?"
        ),
        (
            "Consider the angle that the viewing direction makes with the ground plane. Going from Image-1 "
            "to Image-2, did the camera pitch up or down?"
        ),
        (
            "Which way was the camera tilted between Image-1 and Image-2, down or up, if tilt is measured "
            "from the horizontal plane?"
        ),
        (
            "Up or down: which way does the optical axis tilt, relative to the ground plane, from Image-1 "
            "to Image-2?"
        ),
        (
            "Leave aside the camera's position and its heading. Relative to the ground, has its view been "
            "tilted down or up from Image-1 to Image-2?"
        ),
        (
            "Imagine facing the way the camera faces in Image-1. To match the tilt of Image-2 relative to "
            "the ground plane, would you raise your gaze (up) or lower it (down)?"
        ),
        (
            "Between Image-1 and Image-2, was the viewing direction lowered or raised with respect to the "
            "horizontal? Answer down if it was lowered and up if it was raised."
        ),
        (
            "Does Image-2 look further up or further down than Image-1, judging by the angle between the "
            "viewing direction and the ground plane?"
        ),
        (
            "Say whether the camera nodded down or up from Image-1 to Image-2. The ground plane is the "
            "reference for its tilt."
        ),
        (
            "Measured against the ground plane, is the gaze of Image-2 tilted up or down compared with that "
            "of Image-1?"
        ),
        (
            "Which tilt, down or up, turns the elevation angle that the view has over the ground plane in "
            "Image-1 into the one that it has in Image-2?"
        ),
        (
            "Suppose the camera sits on a tripod that is level with the ground, and that its head can be "
            "tilted. Must the head be tilted up or down to go from the pitch of Image-1 to that of Image-2?"
        ),
        (
            "Tell me whether the camera's pitch went down or up from Image-1 to Image-2, where pitch is the "
            "inclination of its view to the horizontal plane."
        ),
        (
            "Ignoring any change of height, did the camera's viewing direction turn up, away from the "
            "ground, or down, towards it, between Image-1 and Image-2?"
        ),
        (
            "How was the camera's inclination to the ground plane altered from Image-1 to Image-2: was it "
            "tipped down or up?"
        ),
        (
            "Compare the slopes of the two viewing directions relative to level ground. In going from "
            "Image-1 to Image-2, does the camera tilt up or down?"
        ),
        (
            "Please determine whether the camera was tilted down or up to get from the view of Image-1 to "
            "the view of Image-2, relative to the horizontal."
        ),
        (
            "If a spirit level marked the horizontal plane, would you see the camera's lens tip up or down "
            "from Image-1 to Image-2?"
        ),
        (
            "Which description fits the step from Image-1 to Image-2: the camera tilted down relative to "
            "the ground plane, or it tilted up?"
        ),
        (
            "The camera is tilted differently in the two images, relative to the ground. Does it tip up or "
            "down when you go from Image-1 to Image-2?"
        ),
        (
            "Down or up? Give the direction in which the viewing direction tilts from Image-1 to Image-2, "
            "with the ground plane as the reference."
        ),
        (
            "Starting with the tilt it has in Image-1, does the camera look more up or more down in "
            "Image-2, with respect to the horizontal ground plane?"
        ),
        (
            "With gravity as the guide to what is horizontal, did the camera's viewing direction tip down "
            "or up from Image-1 to Image-2?"
        ),
        (
            "Work out from what both images show how the camera's viewing direction tilted relative to the "
            "ground plane, up or down, from Image-1 to Image-2."
        ),
        (
            "Think of the camera as aimed somewhere above or below the horizon. From Image-1 to Image-2, "
            "does its aim move down or up relative to the horizontal?"
        ),
        (
            "Is the view of Image-2 tilted further up or further down than that of Image-1, taking the "
            "horizontal ground plane as zero tilt?"
        ),
        (
            "In which direction, down or up, must the camera of Image-1 be pitched relative to the ground "
            "plane so that its view slopes like that of Image-2?"
        ),
        (
            "Only the angle to the ground plane counts here: does the camera's view go up or down from "
            "Image-1 to Image-2?"
        ),
        (
            "I held the camera at one angle to the ground for Image-1 and at another for Image-2. Did I "
            "tilt it down or up?"
        ),
        (
            "Relative to a horizontal plane, the optical axis is pitched differently in the two images. "
            "Going from Image-1 to Image-2, is the change up or down?"
        ),
        (
            "Name the direction of the camera's tilt from Image-1 to Image-2, up or down, as an observer "
            "standing on level ground beside it would."
        ),
    ),
    answers=(
        "The camera tilted `{side}`.",
        "It was tilted `{side}`.",
        "`{side}`.",
        "Relative to the ground plane, the camera pitched `{side}`.",
        "From Image-1 to Image-2 the view tilts `{side}`.",
        "Image-2 looks further `{side}` than Image-1.",
        "The viewing direction turned `{side}`.",
        "The direction of the tilt is `{side}`.",
        "Compared with Image-1, the camera in Image-2 points further `{side}`.",
        "You would have to tilt the camera `{side}`.",
        "Its pitch went `{side}`.",
        "With respect to the horizontal, the camera's gaze moved `{side}`.",
        "The answer is `{side}`.",
    ),
)
