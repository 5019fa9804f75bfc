"""Wordings of ``depth_value``: how deep one point of an image lies, in millimetres."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "A single image of a scene is given.",
        "The picture shows a scene as one camera saw it.",
        "Here is one view of a scene.",
        "You are looking at one frame from a camera.",
        "Study the image and its perspective before you answer.",
        "Think of the image as a window onto a three-dimensional scene.",
        "One image is all you have to go on.",
        "This question is about depth in a single picture.",
        "A camera captured the scene shown here.",
        "No depth map comes with this image, so rely on what can be seen.",
        "Use whatever in the picture gives away the scale of the scene.",
    ),
    questions=(
        (
            "What is the depth of {point} in millimetres? Measure along the camera's viewing direction, not "
            "in a straight line to the point, and give a whole number."
        ),
        (
            "How far in front of the camera is {point}, measured along the optical axis rather than in a "
            "straight line? Answer in whole millimetres."
        ),
        (
            "Estimate the depth of {point} along the viewing direction (not the straight-line distance) as "
            "an integer number of millimetres."
        ),
        (
            "Give the depth of {point} in mm, rounded to an integer; depth here runs along the optical axis "
            "and is not the straight-line distance."
        ),
        (
            "Tell me how deep in the scene {point} lies: whole millimetres, along the camera's viewing "
            "direction, not straight from the lens to the point."
        ),
        (
            "Find the depth of {point}. It is the component of the camera-to-point vector along the optical "
            "axis, not the vector's full length; state it as an integer in millimetres."
        ),
        (
            "I need the depth of {point} to the nearest millimetre, taken along the optical axis and not "
            "along the slanted line to the point."
        ),
        (
            "Suppose a plane passes through {point} at right angles to the optical axis. How far is that "
            "plane from the camera in whole millimetres, measured along the axis and not in a straight line "
            "to the point?"
        ),
        (
            "With depth measured along the viewing direction instead of along the ray to the point, how "
            "many whole millimetres away is {point}?"
        ),
        (
            "In whole millimetres, what depth does {point} have along the direction in which the camera "
            "looks, as opposed to its straight-line distance?"
        ),
        (
            "Ignoring any sideways or vertical offset, how far ahead of the camera along its optical axis "
            "is {point}, in whole millimetres?"
        ),
        (
            "What depth, as a whole number of millimetres, would you assign to {point}? Count only the part "
            "of its distance that lies along the camera's viewing direction."
        ),
        (
            "Work out the z coordinate of {point} in the camera's own axes, where z follows the viewing "
            "direction; this is not the straight-line distance. Reply with an integer in millimetres."
        ),
        (
            "Please estimate, as an integer in millimetres, the depth of {point} (along the optical axis, "
            "not straight-line)."
        ),
        (
            "How many millimetres in front of the camera does {point} lie? Give a whole number, and measure "
            "parallel to the viewing direction, not directly towards the point."
        ),
        "Depth of {point}, along the optical axis and not as the crow flies, in whole mm?",
        (
            "If the camera moved straight ahead along its viewing direction, after how many whole "
            "millimetres would it draw level with {point}? This is the point's depth, not its straight-line "
            "distance."
        ),
        (
            "Suppose a depth map stores, for each pixel, the distance along the optical axis rather than "
            "the straight-line distance. What integer, in millimetres, should the map of this image hold "
            "for {point}?"
        ),
        (
            "Looking along the camera's optical axis, what is the depth of {point}? Do not use the "
            "straight-line distance; answer with a whole number of millimetres."
        ),
        (
            "Measured from the camera along its viewing direction and not along a slanted ray, what is the "
            "depth of {point} in millimetres? Round to an integer."
        ),
        (
            "Imagine dropping a perpendicular from {point} onto the optical axis. How far from the camera "
            "does it meet the axis, in whole millimetres? The straight-line distance to the point itself is "
            "not wanted."
        ),
        (
            "Estimate how far {point} is from the camera, counting only distance along the viewing "
            "direction and nothing to the side, above or below. Whole millimetres, please."
        ),
        (
            "State the depth of {point} as a whole number in mm. By depth I mean distance along the viewing "
            "direction, which for off-centre points is less than the straight-line distance."
        ),
        (
            "Could you judge the depth of {point} for me? I mean the distance along the optical axis, not "
            "the straight-line one, in millimetres without decimals."
        ),
        (
            "Using visible cues such as size, overlap and perspective, infer the depth of {point} along the "
            "optical axis (the straight-line distance is not wanted), as an integer in millimetres."
        ),
        (
            "What is the distance in whole millimetres from the camera to {point}, projected onto the "
            "viewing direction instead of taken in a straight line?"
        ),
        (
            "The camera's optical axis defines depth here, so straight-line distance is not what counts. "
            "How deep is {point}, in whole millimetres?"
        ),
        (
            "Put a number on the depth of {point}: an integer, in mm, along the viewing direction rather "
            "than in a straight line from the camera."
        ),
        (
            "How large is the depth of {point} when it is measured perpendicular to the image plane, that "
            "is, along the optical axis, and not straight towards the point? Use whole millimetres."
        ),
        (
            "Consider the offset from the camera to {point}. Split it into a part along the viewing "
            "direction and a part across it, and report only the part along it, in whole millimetres."
        ),
        (
            "Determine to the nearest millimetre the depth of {point}; the reference is the camera's "
            "viewing direction, not the direct line to the point."
        ),
        (
            "Roughly how deep is {point}? Quote a whole number of millimetres along the optical axis, as "
            "opposed to the straight-line range."
        ),
        (
            "Drawing on the perspective of the scene, give the depth of {point}, that is, its distance "
            "along the optical axis and not its straight-line distance, as a whole number of mm."
        ),
        (
            "From the camera's position, step off the distance to {point} along the viewing direction "
            "alone, leaving out any offset across it: how many whole millimetres is it?"
        ),
    ),
    answers=(
        "The depth is `{depth}` mm.",
        "About `{depth}` millimetres.",
        "I estimate a depth of `{depth}` mm.",
        "Measured along the viewing direction, {point} is `{depth}` mm from the camera.",
        "The depth of {point} is roughly `{depth}` millimetres.",
        "Along the optical axis it comes to `{depth}` mm.",
        "`{depth}` mm.",
        "It lies `{depth}` millimetres in front of the camera, measured along the optical axis.",
        "My estimate is `{depth}` mm along the viewing direction.",
        "Judging by the scene, the depth of {point} should be near `{depth}` mm.",
        "That would be `{depth}` millimetres along the camera's optical axis.",
        "In the direction in which the camera looks, {point} is about `{depth}` millimetres away.",
        "Depth: `{depth}` mm.",
    ),
)
