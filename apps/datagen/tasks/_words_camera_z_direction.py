"""Wordings of ``camera_z_direction``: whether the camera moved forward or backward along the first view."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "The two images are overlapping views of one scene from two positions.",
        "A camera changed its position in a scene at rest.",
        "The images have some surfaces in common.",
        "Nothing but the camera moves between Image-1 and Image-2.",
        "Examine how the shared parts of the scene change from Image-1 to Image-2.",
        "Image-1 and Image-2 were taken from two positions in the same scene.",
        "Imagine yourself behind the camera that took Image-1.",
        "Two overlapping views of a static scene are given.",
        "The place is the same in both images, but the camera's position is not.",
        "The viewing direction of Image-1 is the reference for this question.",
        "Use the two views to judge how the camera moved.",
    ),
    questions=(
        (
            "From Image-1 to Image-2, did the camera move forward or backward along the viewing direction "
            "of Image-1?"
        ),
        (
            "In the axes of Image-1's camera, whose z axis points where it looks, is Image-2's camera "
            "placed further backward or further forward?"
        ),
        (
            "Taking the direction in which Image-1 looks as forward and the opposite as backward, which way "
            "did the camera move to reach the position of Image-2?"
        ),
        (
            "Did the camera go backward or forward in getting from Image-1 to Image-2, measured along the "
            "optical axis of Image-1?"
        ),
        (
            "Forward or backward: how does the camera position change from Image-1 to Image-2 along the "
            "first view's optical axis?"
        ),
        (
            "Imagine standing where Image-1 was taken and facing the way its camera faces. Must you move "
            "backward or forward to get to where Image-2 was taken?"
        ),
        (
            "Consider only movement along Image-1's viewing direction, not across it. Did the camera move "
            "forward or backward to reach the position of Image-2?"
        ),
        "Relative to the way Image-1 looks, was Image-2 taken from further backward or further forward?",
        (
            "Split the camera's movement from Image-1 to Image-2 into parts along the axes of Image-1's "
            "camera. Does the part along its viewing direction point backward or forward?"
        ),
        (
            "Was the camera moved forward, in the direction of Image-1's gaze, or backward, against it, to "
            "get from Image-1 to Image-2?"
        ),
        (
            "With Image-1's camera at the origin and its z axis pointing along its view, does Image-2's "
            "camera lie backward (negative z) or forward (positive z)?"
        ),
        (
            "Ignoring how the camera turned, did its position move backward or forward from Image-1 to "
            "Image-2 along Image-1's viewing direction?"
        ),
        (
            "Say whether the camera moved forward or backward between Image-1 and Image-2. Forward means in "
            "the direction in which Image-1 was looking."
        ),
        (
            "Which word describes the camera's shift from Image-1 to Image-2 along Image-1's optical axis: "
            "backward or forward?"
        ),
        (
            "Suppose the camera of Image-1 can only slide along its own optical axis. To draw level with "
            "the camera of Image-2, should it slide forward or backward?"
        ),
        (
            "Judged by where Image-1's camera points, is the camera position of Image-2 further backward or "
            "further forward?"
        ),
        (
            "Picture the plane through Image-1's camera at right angles to its viewing direction. Does "
            "Image-2's camera lie on the forward side of this plane, the side towards which Image-1 looks, "
            "or on the backward side?"
        ),
        (
            "How did the camera travel from Image-1 to Image-2, backward or forward? The reference is the "
            "viewing direction of Image-1, not that of Image-2."
        ),
        (
            "Please decide whether getting from Image-1 to Image-2 is a step forward or a step backward for "
            "the camera, with respect to the way it faces in Image-1."
        ),
        (
            "In terms of Image-1's depth direction, has the camera gone forward into the view or backward "
            "out of it to reach the position of Image-2?"
        ),
        (
            "From the point of view of Image-1, where does the camera of Image-2 lie along the viewing "
            "direction: further backward or further forward?"
        ),
        (
            "Compare the two camera positions along the axis in which Image-1's camera looks. Is the one of "
            "Image-2 further forward or further backward?"
        ),
        (
            "Backward or forward? State the camera's motion from Image-1 to Image-2 along the viewing "
            "direction that it has in Image-1."
        ),
        (
            "If an arrow showed the viewing direction of Image-1, would the camera's move to Image-2 go "
            "against the arrow (backward) or along it (forward)?"
        ),
        (
            "Does the camera advance (forward) or retreat (backward) from Image-1 to Image-2, as measured "
            "along Image-1's optical axis?"
        ),
        (
            "Let Image-1's camera define forward as the direction in which it looks. In which direction, "
            "backward or forward, is the camera displaced in Image-2?"
        ),
        (
            "Using what both images show, tell me if the camera moved forward or backward from Image-1 to "
            "Image-2 in the first camera's own axes."
        ),
        (
            "Which is true with respect to the viewing direction of Image-1: Image-2 was taken from further "
            "backward, or from further forward?"
        ),
        (
            "I want to retake Image-2 with the camera that is still set up for Image-1. Do I have to push "
            "it forward or pull it backward along its viewing direction?"
        ),
        (
            "The viewing direction of Image-1 counts as forward and its reverse as backward. Which of the "
            "two fits the change in camera position from Image-1 to Image-2?"
        ),
        (
            "Moving from the pose of Image-1 to the pose of Image-2, is the camera's displacement backward "
            "or forward along the z axis of the first pose?"
        ),
        (
            "Disregard sideways and vertical shifts: in Image-1's viewing direction, did the camera go "
            "forward or backward on its way to Image-2?"
        ),
    ),
    answers=(
        "The camera moved `{side}`.",
        "It moved `{side}` along the viewing direction of Image-1.",
        "`{side}`.",
        "Relative to Image-1's view, the camera went `{side}`.",
        "In the first camera's axes, the motion is `{side}`.",
        "Image-2 was taken from further `{side}`.",
        "Along the optical axis of Image-1, the movement is `{side}`.",
        "To get to Image-2, the camera has to go `{side}`.",
        "As Image-1 looks, the second position lies further `{side}` than the first.",
        "The direction of the movement is `{side}`.",
        "Judging by the two views, the camera travelled `{side}`.",
        "The camera's displacement points `{side}`.",
        "I would answer `{side}`.",
    ),
)
