"""Wordings of ``camera_displacement``: the second camera's position in the first one's axes, in mm."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "Image-1 and Image-2 are two views of one scene at rest.",
        "The camera's centre is at a different point in space for each image.",
        "These images overlap, although neither shows everything that the other does.",
        "A camera was moved through a static scene.",
        "Work in the coordinate frame of the camera that took Image-1.",
        "Both images show parts of the same scene.",
        "This question asks for a vector between two camera positions.",
        "Some of the surfaces are seen from both camera positions.",
        "Place the origin of a coordinate system at the camera centre of Image-1.",
        "Derive the camera's movement from the two views.",
        "The two camera poses can be related through what both images show.",
    ),
    questions=(
        (
            "Where is the camera of Image-2 in the axes of Image-1's camera (x right, y down, z forward)? "
            "Answer with [x, y, z] in whole millimetres."
        ),
        (
            "What is the displacement [x, y, z] of the camera from Image-1 to Image-2, in whole mm? Use the "
            "first camera's axes: x to the right, y down, z forward."
        ),
        (
            "Give the position of the second camera as [x, y, z], integers in millimetres, with the first "
            "camera at the origin and its x axis pointing right, y down and z forward."
        ),
        (
            "From Image-1 to Image-2 the camera moved by some vector. State it in Image-1's camera axes, x "
            "right, y down and z forward, as [x, y, z] in whole mm."
        ),
        (
            "How many whole millimetres did the camera move along each axis of Image-1's camera, where x "
            "points right, y down and z forward? Write [x, y, z]."
        ),
        (
            "Estimate the translation of the camera between the two images as a vector [x, y, z], each "
            "component rounded to the nearest millimetre. Its axes are those of Image-1's camera: x right, "
            "y down, z forward."
        ),
        (
            "Let the camera of Image-1 look forward along +z, with +x to its right and +y down. At which "
            "[x, y, z], in whole mm, is the camera of Image-2?"
        ),
        (
            "Tell me the coordinates [x, y, z] of Image-2's camera centre relative to Image-1's camera, as "
            "integers in millimetres, if x is counted to the right, y downwards and z forward in the first "
            "view."
        ),
        (
            "Imagine standing at the camera of Image-1. How far to the right (x), how far down (y) and how "
            "far forward (z) is the camera of Image-2? Reply with [x, y, z] in whole millimetres, negative "
            "for the opposite directions."
        ),
        (
            "In the first camera's frame (x: right, y: down, z: forward along the view), what vector [x, y, "
            "z] leads from the first camera centre to the second, in mm without decimals?"
        ),
        (
            "Find the vector that takes the camera from its position in Image-1 to its position in Image-2. "
            "Express it as [x, y, z] in whole millimetres, in the axes of Image-1's camera, where x is "
            "right, y is down and z is forward."
        ),
        (
            "Using Image-1's camera as the reference, with x right, y down and z forward, determine the "
            "camera's movement to Image-2 in mm. The format is [x, y, z], with three integers."
        ),
        (
            "The camera of Image-1 defines three axes: x points right, y points down and z points forward. "
            "Locate the camera of Image-2 in them, as [x, y, z] to the nearest millimetre."
        ),
        (
            "Please work out [x, y, z], the camera's change of position from Image-1 to Image-2 in whole "
            "millimetres. Positive x is right, positive y is down and positive z is forward, all as seen by "
            "Image-1's camera."
        ),
        (
            "What would you enter for [x, y, z], in whole mm, to move a camera from the pose of Image-1 to "
            "the place of Image-2? The axes belong to Image-1: x goes right, y goes down, z goes forward."
        ),
        (
            "Measured in whole millimetres along Image-1's right (x), down (y) and forward (z) directions, "
            "how is the camera displaced in Image-2? Provide [x, y, z]."
        ),
        (
            "Camera displacement from Image-1 to Image-2 as [x, y, z], in whole mm, in the first camera's "
            "axes (x right, y down, z forward)?"
        ),
        (
            "Suppose the origin is the camera centre of Image-1, x runs to the right of its view, y runs "
            "downwards and z runs forward. Which integer coordinates [x, y, z] does the camera of Image-2 "
            "have, in millimetres?"
        ),
        (
            "Split the camera's motion from Image-1 to Image-2 into a rightward, a downward and a forward "
            "part, with respect to Image-1's camera. List them as [x, y, z] in millimetres without "
            "decimals: x right, y down, z forward."
        ),
        (
            "I need the second camera's position relative to the first as a vector [x, y, z], in whole "
            "numbers of mm. Follow the usual convention for Image-1's camera: x right, y down, z forward."
        ),
        (
            "Ignore how the camera turned; only its position matters. In Image-1's camera axes, with x "
            "right, y down and z forward, which vector [x, y, z] in whole millimetres describes its move to "
            "Image-2?"
        ),
        (
            "As seen by the first camera, how many whole millimetres is the second one shifted to the right "
            "(x), down (y) and forward (z)? Use negative numbers for left, up and backward, and write [x, "
            "y, z]."
        ),
        (
            "With Image-1's axes oriented x right, y down, z forward, report the relative position of the "
            "camera in Image-2 in the form [x, y, z], in whole millimetres."
        ),
        (
            "Both cameras see parts of one scene. Where does the second camera stand in the coordinate "
            "frame of the first camera, whose x is right, y is down and z is forward? Answer with integers "
            "in mm, as [x, y, z]."
        ),
        (
            "Infer the 3D vector from the camera centre of Image-1 to that of Image-2 in Image-1's camera "
            "frame. The axes are x right, y down and z forward, the unit is the millimetre and the format "
            "is [x, y, z], in integers."
        ),
        (
            "The axes of Image-1's camera point right (x), down (y) and forward (z). How far along each "
            "axis has the camera moved when it takes Image-2? Give whole millimetres as [x, y, z]."
        ),
        (
            "Sum up how the camera moves from Image-1 to Image-2 in three integers [x, y, z] in "
            "millimetres: right is positive x, down is positive y, forward is positive z, in the first "
            "camera's axes."
        ),
        (
            "If the camera of Image-1 could slide along its own axes only, x to the right, y down and z "
            "forward, how far would it have to move along each to reach the position of Image-2? Answer "
            "with [x, y, z] in whole mm."
        ),
        (
            "Judging by the surfaces that both views share, what is the camera's offset [x, y, z] from "
            "Image-1 to Image-2? Give it to the nearest millimetre in Image-1's axes: x right, y down, z "
            "forward."
        ),
        (
            "Put the position of Image-2's camera into whole numbers: [x, y, z] in mm, where x counts to "
            "the right, y down and z forward from Image-1's camera, along that camera's axes."
        ),
        (
            "Relative to the camera that took Image-1, and in its own axes of x right, y down and z "
            "forward, at what position [x, y, z] in whole millimetres was Image-2 taken?"
        ),
        (
            "Take one step from the first camera centre to the second. In the first camera's axes (x right, "
            "y down, z forward along its viewing direction), what are the step's components [x, y, z], "
            "rounded to whole millimetres?"
        ),
    ),
    answers=(
        "The displacement is `{displacement}` mm.",
        "About `{displacement}` millimetres.",
        "`{displacement}` mm.",
        "In the first camera's axes, the camera moved by `{displacement}` mm.",
        "The second camera is at `{displacement}` millimetres relative to the first.",
        "I estimate the vector as `{displacement}` mm.",
        "With x right, y down and z forward, it is `{displacement}` millimetres.",
        "Image-2's camera lies at `{displacement}` mm in Image-1's frame.",
        "The camera's translation comes to `{displacement}` mm.",
        "My estimate for the movement is `{displacement}` millimetres.",
        "From the first camera centre to the second, the vector is roughly `{displacement}` mm.",
        "Relative to Image-1, the position of the camera is `{displacement}` mm.",
        "The step from Image-1 to Image-2 measures `{displacement}` millimetres along the three axes.",
    ),
)
