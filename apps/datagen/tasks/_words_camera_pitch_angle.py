"""Wordings of ``camera_pitch_angle``: how far the camera tilted relative to the ground plane, in degrees."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "A scene was viewed twice, and the camera's tilt changed between the views.",
        "What Image-1 and Image-2 show overlaps in part.",
        "The inclination of the camera is not the same in these two images.",
        "Here are two views of one static scene.",
        "This question asks how far the camera tilted.",
        "Image-1 and Image-2 show partly the same scene at different inclinations.",
        "Estimate the change in the camera's tilt from these two views.",
        "The scene is fixed, and only the camera's pose differs between the two images.",
        "Compare the slopes at which the camera looks in the two images.",
        "Upright and level structures in the views can help to judge the camera's tilt.",
        "Look for parts of the scene that both images show.",
    ),
    questions=(
        (
            "By how many degrees did the camera tilt relative to the horizontal ground plane from Image-1 "
            "to Image-2? Give a whole number."
        ),
        (
            "How large is the change in the camera's pitch between Image-1 and Image-2, in whole degrees? "
            "Pitch is the angle by which the viewing direction points above or below the horizontal ground "
            "plane."
        ),
        (
            "Estimate, to the nearest degree, how far the viewing direction tilted with respect to the "
            "horizontal between Image-1 and Image-2."
        ),
        (
            "By how much does the camera's inclination to the ground plane, with up as positive and down as "
            "negative, differ between the two images? State whole degrees."
        ),
        (
            "In each image the viewing direction makes some angle with the horizontal ground plane, "
            "positive if it points above the horizontal and negative if below. By how many whole degrees do "
            "these two angles differ?"
        ),
        (
            "Whether it went up or down, through how many degrees did the camera tilt relative to the "
            "ground from Image-1 to Image-2? Round to an integer."
        ),
        (
            "Leaving heading and movement aside, how much was the camera tilted relative to the ground "
            "plane between Image-1 and Image-2? Answer in whole degrees."
        ),
        (
            "Imagine facing the way the camera faces in Image-1. How many degrees must you raise or lower "
            "your gaze, relative to the horizontal, to match Image-2? A whole number, please."
        ),
        (
            "Give the magnitude of the camera's tilt from Image-1 to Image-2 as an integer in degrees; the "
            "reference is the ground plane."
        ),
        (
            "Tell me the angle in degrees, as a whole number, by which the elevation of the camera's view "
            "above or below the horizontal changes from Image-1 to Image-2."
        ),
        (
            "If the camera sat on a levelled tripod with a tilting head, how many whole degrees would the "
            "head have to tilt between Image-1 and Image-2, relative to the horizontal?"
        ),
        (
            "In degrees and without decimals, how far does the viewing direction tip up or down, relative "
            "to the ground plane, from Image-1 to Image-2?"
        ),
        (
            "I need the size of the camera's tilt between Image-1 and Image-2, to the nearest degree and "
            "measured from the ground plane. Its sign does not matter."
        ),
        (
            "How many whole degrees of pitch separate the two images? Measure the pitch of each viewing "
            "direction against the horizontal plane, with up as positive and down as negative."
        ),
        (
            "Think of a gauge on the camera that shows how far its viewing direction points above or below "
            "the horizontal. By how many whole degrees does the reading change from Image-1 to Image-2?"
        ),
        (
            "Work out how far the optical axis was tipped relative to the horizontal plane between Image-1 "
            "and Image-2, and reply with an integer number of degrees."
        ),
        (
            "Please estimate the pitch angle between Image-1 and Image-2 in whole degrees. Take the ground "
            "plane as the reference and report the absolute value."
        ),
        (
            "From Image-1 to Image-2 the camera was tilted relative to the ground. Through what angle, in "
            "degrees? An integer will do."
        ),
        (
            "Without regard to turns to the left or right, by what angle in whole degrees was the camera "
            "tilted against the horizontal from Image-1 to Image-2?"
        ),
        (
            "What whole number of degrees best describes the camera's up-or-down tilt, relative to the "
            "ground plane, from Image-1 to Image-2?"
        ),
        (
            "Using walls, floors and whatever else shows what is level, infer how many degrees the camera "
            "tilted relative to the horizontal between Image-1 and Image-2. Answer with an integer."
        ),
        (
            "Report the amount of tilt that separates Image-2 from Image-1, measured against the ground "
            "plane, in whole degrees and as a positive number."
        ),
        "Change of tilt relative to the ground plane, Image-1 to Image-2, in whole degrees?",
        (
            "Suppose a head nods from the pitch of Image-1 to the pitch of Image-2. How big is the nod, "
            "relative to the horizontal, to the nearest degree?"
        ),
        (
            "The camera's inclination to the horizontal ground changed from Image-1 to Image-2. Quantify "
            "the change in degrees, rounded to a whole number."
        ),
        (
            "How wide is the gap between the elevation angles of the two viewing directions? Elevation is "
            "counted from the horizontal ground plane, upwards as positive; give an integer in degrees."
        ),
        (
            "Watched from the side by someone on level ground, through how many whole degrees does the "
            "camera tip relative to the horizontal from Image-1 to Image-2?"
        ),
        (
            "Put a figure on the camera's nod between Image-1 and Image-2: the size of its tilt relative to "
            "the ground plane, in whole degrees."
        ),
        (
            "Judging by both views, how far was the camera tilted relative to the horizontal from Image-1 "
            "to Image-2? State the angle in degrees as a whole number."
        ),
        (
            "Find the absolute difference in pitch between Image-1 and Image-2. Pitch is the signed tilt of "
            "the view from the ground plane, and the answer is an integer in degrees."
        ),
        (
            "Camera height is irrelevant here. How many degrees, as a whole number, lie between the tilts "
            "of the two views with respect to the horizontal plane?"
        ),
        (
            "The view slopes up or down from the horizontal ground plane by a different angle in each "
            "image. How many whole degrees must be added to or taken from the first angle to get the "
            "second?"
        ),
    ),
    answers=(
        "The camera tilted by `{angle}` degrees.",
        "About `{angle}` degrees.",
        "`{angle}` degrees.",
        "Relative to the ground plane, it tilted through roughly `{angle}` degrees.",
        "I estimate a tilt of `{angle}` degrees.",
        "The two pitch angles differ by `{angle}` degrees.",
        "Between the two images, the pitch changes by about `{angle}` degrees.",
        "The change in tilt measures `{angle}` degrees.",
        "The camera's view was tipped through `{angle}` degrees.",
        "It is a tilt of some `{angle}` degrees.",
        "As far as I can judge, the camera tilted through `{angle}` degrees.",
        "With respect to the horizontal, the change amounts to `{angle}` degrees.",
        "The inclination to the ground changes by `{angle}` degrees.",
    ),
)
