"""Wordings of ``camera_y_direction``: whether the camera moved up or down, in the first camera's axes."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "Image-1 and Image-2 show partly the same surfaces from two camera positions.",
        "A static scene was viewed from two positions.",
        "Between the two images the camera was moved.",
        "Part of the scene can be seen in both images.",
        "Find out how the two camera positions differ.",
        "The objects stay where they are, and the camera does not.",
        "Take Image-1 as the reference and compare Image-2 with it.",
        "These images are two views of a scene in which nothing else moves.",
        "The images were taken from two different positions in the same place.",
        "Only the camera changes between these two overlapping views.",
        "How the shared surfaces shift from one image to the other is a clue to the camera's movement.",
    ),
    questions=(
        (
            "From Image-1 to Image-2, did the camera move up or down along the vertical axis of Image-1 "
            "itself, which need not agree with gravity?"
        ),
        (
            "In the axes of Image-1's camera, is the camera of Image-2 further up or further down? Up means "
            "towards the top of Image-1, whichever way gravity pulls."
        ),
        (
            "Taking the top edge of Image-1 as up and its bottom edge as down, which way did the camera "
            "move to reach the position of Image-2?"
        ),
        (
            "Did the camera shift down or up on the way from Image-1 to Image-2? Measure along Image-1's "
            "own vertical image axis, not along gravity."
        ),
        (
            "Up or down: in which direction along the first camera's own y axis does the camera position "
            "change from Image-1 to Image-2?"
        ),
        (
            "Imagine that your head takes the place of Image-1's camera, tilted as the camera was. Is the "
            "position of Image-2's camera above you (up) or below you (down), along Image-1's own vertical "
            "axis?"
        ),
        (
            "Consider only movement along the vertical direction of Image-1's picture, regardless of "
            "gravity. Did the camera go down or up to reach the position of Image-2?"
        ),
        (
            "Is the camera position of Image-2 further up or further down than that of Image-1, when up and "
            "down are those of Image-1's camera and not of the room?"
        ),
        (
            "Split the camera's movement from Image-1 to Image-2 into parts along the axes of Image-1's "
            "camera. Does the part along its vertical axis point up or down?"
        ),
        (
            "Relative to Image-1's own up and down, not to the pull of gravity, where is the camera of "
            "Image-2: down or up?"
        ),
        (
            "Using the upright direction of Image-1's own picture, tell me whether the camera moved up or "
            "down towards the position of Image-2. The direction of gravity does not matter."
        ),
        (
            "If the camera of Image-1 were slid along its own vertical image axis until it is level with "
            "Image-2's camera, would that slide go down or up?"
        ),
        (
            "With respect to the vertical axis of Image-1's camera (not the vertical of the world), was "
            "Image-2 taken from further down or further up?"
        ),
        (
            "Say whether the camera moved down or up between Image-1 and Image-2. Both words refer to the "
            "camera as it was held for Image-1, not to gravity."
        ),
        (
            "Ignoring how the camera turned, did its position move down or up from Image-1 to Image-2, "
            "along the vertical axis of Image-1's own camera frame?"
        ),
        (
            "Which word describes the camera's shift from Image-1 to Image-2 along the image's own vertical "
            "axis in Image-1: down or up?"
        ),
        (
            "Picture an arrow that points from the bottom edge of Image-1 straight to its top edge. On its "
            "way to Image-2, did the camera move along this arrow (up) or against it (down)?"
        ),
        (
            "Image-1's camera has a y axis that runs from the top of the image to the bottom. Going to "
            "Image-2, did the camera move along it (down) or against it (up)?"
        ),
        (
            "Suppose you hold the camera exactly as it was for Image-1. To bring it to where Image-2 was "
            "taken, must you move it down or up, in terms of its own vertical axis?"
        ),
        (
            "How did the camera position change from Image-1 to Image-2, up or down? The reference is "
            "Image-1's vertical image axis, even if the camera was tilted against gravity."
        ),
        (
            "Compare the two camera positions in the frame of Image-1's camera: is the one of Image-2 "
            "further down or further up along that camera's own vertical?"
        ),
        (
            "In terms of Image-1's own vertical, and not of the floor or the ceiling, does the camera rise "
            "(up) or sink (down) from Image-1 to Image-2?"
        ),
        (
            "Please determine whether the camera went up or down from Image-1 to Image-2, where up is the "
            "direction in which the top of Image-1 points."
        ),
        (
            "Down or up? State the camera's motion from Image-1 to Image-2 along the axis that is vertical "
            "in Image-1's picture, not in the world."
        ),
        (
            "Let the camera of Image-1 define up and down by its own image axes. In which of these two "
            "directions is the camera displaced in Image-2?"
        ),
        (
            "Which is true in the axes of Image-1's camera: the camera of Image-2 is further down, or it is "
            "further up? Gravity plays no part in this."
        ),
        (
            "Use the overlap of the images to decide whether the camera moved down or up from Image-1 to "
            "Image-2. Count the direction of Image-1's own image columns as vertical."
        ),
        (
            "As measured by the columns of pixels in Image-1, was the camera's displacement to Image-2 "
            "directed up or down? World gravity is irrelevant here."
        ),
        (
            "From the point of view of Image-1, with its own top as up and its own bottom as down, which "
            "way has the camera gone in Image-2: down or up?"
        ),
        (
            "Tell me the direction, down or up, of the camera's move from Image-1 to Image-2 along the up "
            "axis of Image-1's camera; that axis may well be tilted away from gravity."
        ),
        (
            "Relative to its pose in Image-1, is the camera in Image-2 displaced towards the bottom edge of "
            "Image-1 (down) or towards its top edge (up)? The direction of gravity does not decide this."
        ),
        (
            "Does going from Image-1 to Image-2 take the camera down or up, if the vertical is that of "
            "Image-1's camera instead of the world's?"
        ),
    ),
    answers=(
        "The camera moved `{side}`.",
        "It went `{side}`.",
        "`{side}`.",
        "Along Image-1's vertical axis, the camera moved `{side}`.",
        "In the first camera's axes, the movement is `{side}`.",
        "The second camera position is further `{side}` than the first.",
        "Relative to Image-1, the camera has shifted `{side}`.",
        "In terms of Image-1's own vertical, it moved `{side}`.",
        "The camera's position changes `{side}` from Image-1 to Image-2.",
        "Image-2 was taken from further `{side}`, in Image-1's axes.",
        "The direction is `{side}`.",
        "Going to Image-2 means moving `{side}` along the vertical image axis of Image-1.",
        "My answer is `{side}`.",
    ),
)
