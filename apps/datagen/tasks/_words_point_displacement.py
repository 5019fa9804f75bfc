"""Wordings of ``point_displacement``: a point's movement in the world, in the first camera's axes, in mm."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "The two images may differ in what moved and in where the camera was.",
        "A camera recorded one scene at two moments.",
        "Do not confuse motion in the world with motion of the camera.",
        "The point that matters here can be seen in Image-1 and in Image-2.",
        "This question asks for a motion vector.",
        "Work with fixed axes, taken from the camera at Image-1.",
        "Both images belong to one recording of a scene in which things can move.",
        "Ask yourself which parts of the scene stayed in place.",
        "The camera need not be in the same place for both images.",
        "Whatever stands still in the scene tells you how the camera moved.",
        "Image-1 sets the axes, and Image-2 shows where things are at another moment.",
    ),
    questions=(
        (
            "What is the displacement of {point} in the world between the two images? Answer with [x, y, z] "
            "in whole millimetres, in the axes of Image-1's camera: x right, y down, z forward."
        ),
        (
            "Which displacement takes {point} to its position in Image-2? Give the point's own motion "
            "through the world, not the camera's, as [x, y, z] in whole mm, in the first camera's axes (x to "
            "the right, y down, z forward)."
        ),
        (
            "Keep the axes of the camera that took Image-1 fixed in the world: x to the right, y down, z "
            "forward. How far does {point} move along each of them between the two images? Give [x, y, z] in "
            "whole millimetres."
        ),
        (
            "Subtract the 3D position of {point} from that of the same point in Image-2, both in the frame "
            "of the first camera (x right, y down, z forward). What is the difference [x, y, z] in "
            "millimetres, rounded to integers? The frame stays fixed in space even if the camera moves."
        ),
        (
            "Imagine a camera that stays in the pose of Image-1. How does it see {point} move in space "
            "between the two images? Reply with [x, y, z] in whole millimetres: x to the right, y down, and "
            "z forward, away from the camera."
        ),
        (
            "Describe the motion of {point} through space between the two images as a vector [x, y, z], in "
            "whole mm. Positive x, y and z are right, down and forward as seen by the camera of Image-1."
        ),
        (
            "From the viewpoint of Image-1's camera, how many whole millimetres does {point} move in the "
            "world to the right (x), down (y) and forward (z) between the two images? Use negative numbers "
            "for left, up and backward, and write [x, y, z]."
        ),
        (
            "Disregard the camera's own movement. In the coordinate frame of Image-1's camera (x right, y "
            "down, z forward), estimate the vector [x, y, z], in whole millimetres, from {point} to the "
            "world position of the same point in Image-2."
        ),
        (
            "Tell me how {point} moves within the three-dimensional scene between the two images. Write [x, "
            "y, z] as integers in millimetres, in the axes of the first camera: x right, y down and z "
            "forward."
        ),
        (
            "Image-1's camera sets the directions: right is x, down is y, forward is z. In whole "
            "millimetres, which [x, y, z] takes {point} to its position in Image-2? Count only motion in the "
            "world."
        ),
        (
            "Find out how {point} is displaced in the world between the images. Express the result as [x, y, "
            "z] in millimetres without decimals, in the axes of Image-1's camera, where x points right, y "
            "points down and z points forward."
        ),
        (
            "Consider two positions in the world: that of {point}, and that of the same point in Image-2. "
            "Which vector [x, y, z] leads from the former to the latter, in whole mm and along the first "
            "camera's x (right), y (down) and z (forward) axes?"
        ),
        (
            "Give the movement of {point} between the two images as [x, y, z] in whole millimetres. The "
            "vector is in the axes of Image-1's camera (x right, y down, z forward) and is [0, 0, 0] for "
            "anything that does not move in the world."
        ),
        (
            "Picture the first camera held still, looking forward along +z, with +x to its right and +y "
            "down. How does {point} move through the scene to its place in Image-2? Answer with [x, y, z] in "
            "whole millimetres."
        ),
        (
            "Please work out the vector from {point} to where the same point is in space in Image-2. Write "
            "its components as [x, y, z] in whole millimetres, with x to the right, y down and z forward for "
            "the camera of Image-1."
        ),
        (
            "Which three integers describe, in millimetres, how {point} moves in the world between the two "
            "images? List them as [x, y, z]: how far to the right, how far down and how far forward, all "
            "with respect to the first camera."
        ),
        (
            "A fly sits on {point} and is carried along to where that point is in Image-2. How many whole "
            "millimetres is it carried through space along the first camera's x (right), y (down) and z "
            "(forward) axes? Answer as [x, y, z]."
        ),
        (
            "Using the first camera's axes, with x going right, y going down and z going forward, how does "
            "{point} move in the world between the two images? State its motion vector [x, y, z] in whole "
            "mm."
        ),
        (
            "Motion is measured in the world, so do not be misled by the second camera's pose. Report how "
            "{point} moves between the images as [x, y, z] in whole millimetres, along the x (right), y "
            "(down) and z (forward) axes of Image-1's camera."
        ),
        (
            "Compare {point} with the same physical point in Image-2, both as positions in space in the "
            "frame of Image-1's camera, whose x is right, y is down and z is forward. What [x, y, z] in "
            "whole millimetres must be added to the former to obtain the latter?"
        ),
        (
            "World displacement of {point} between the two images, in the first camera's axes (x right, y "
            "down, z forward), as [x, y, z] in whole mm?"
        ),
        (
            "Things in the scene may move independently of the camera. For {point}, give only that motion "
            "between the images: [x, y, z] in whole millimetres, in the axes of Image-1's camera, x right, y "
            "down, z forward."
        ),
        (
            "Scene flow assigns each point its motion in the world. What is the flow of {point} between the "
            "two images, as an integer vector [x, y, z] in mm, in the camera axes of Image-1 with x to the "
            "right, y downwards and z forward?"
        ),
        (
            "Leave a marker hanging in space where {point} is, then find that point in Image-2. How far to "
            "the right (x), down (y) and forward (z) of the marker is it, along the axes of Image-1's "
            "camera? Reply with [x, y, z] in whole millimetres."
        ),
        (
            "Give, as [x, y, z] in whole millimetres, the step that {point} makes in the world between the "
            "two images. As seen by the camera of Image-1, x is positive to the right, y downwards and z "
            "forward."
        ),
        (
            "Put the origin where {point} is, with axes parallel to those of Image-1's camera (x right, y "
            "down, z forward), and keep this frame fixed in the world. At which [x, y, z], in whole "
            "millimetres, is the same point in Image-2?"
        ),
        (
            "Estimate how far {point} really moves to the right (x), down (y) and forward (z) between the "
            "images, along the first camera's axes. Write whole millimetres as [x, y, z], measured relative "
            "to the stationary world."
        ),
        (
            "Whether or not the camera moves, {point} moves by some amount in the world, possibly zero. What "
            "is that movement between the two images, as [x, y, z] in whole millimetres in the first "
            "camera's axes (x right, y down, z forward)?"
        ),
        (
            "Express everything in the frame of Image-1's camera, where x is to the right, y is down and z "
            "is forward. How does the world position of {point} change between the two images? Provide [x, "
            "y, z] as integers in millimetres."
        ),
        (
            "An animator works in a world whose axes are those of the first camera: x to the right, y down "
            "and z forward. Which [x, y, z], in whole millimetres, should be entered to move {point} to "
            "where it is in Image-2?"
        ),
        (
            "Determine how {point} moves relative to the stationary surroundings between the two images. If "
            "only the camera moved, the answer is [0, 0, 0]; otherwise, give [x, y, z] in whole mm along the "
            "right (x), down (y) and forward (z) axes of Image-1's camera."
        ),
        (
            "As seen from the camera pose of Image-1, how does {point} move in space between the two images? "
            "Split the movement into its parts to the right (x), down (y) and forward (z), and report them "
            "as [x, y, z] in whole millimetres."
        ),
        (
            "How far has {point} been displaced in space in Image-2? Use the axes (x right, y down, z "
            "forward) of the camera that took Image-1, not those of the camera that took Image-2, and write "
            "[x, y, z] in integer millimetres."
        ),
    ),
    answers=(
        "The point moved by `{displacement}` mm.",
        "About `{displacement}` millimetres.",
        "`{displacement}` mm.",
        "In the axes of Image-1's camera, {point} moved by `{displacement}` mm.",
        "I estimate the motion as `{displacement}` millimetres.",
        "Its movement in the world is `{displacement}` mm.",
        "With x right, y down and z forward, the point shifts by `{displacement}` mm.",
        "From one image to the other, it moves by roughly `{displacement}` millimetres.",
        "Its motion vector is `{displacement}` mm.",
        "As seen by the first camera, it is displaced by `{displacement}` mm.",
        "My estimate for the displacement of {point} is `{displacement}` mm.",
        "Its place in Image-2 is `{displacement}` millimetres from where it is in Image-1.",
        "Without the camera's own motion, what remains is `{displacement}` mm.",
    ),
    unmoved=(
        "It did not move: `{displacement}` mm.",
        "The point is at rest, so its displacement is `{displacement}` mm.",
        "`{displacement}` mm, since the point stayed in its place.",
        "Since there is no motion in the world, the answer is `{displacement}` millimetres.",
        "As far as I can see, {point} does not move: `{displacement}` mm.",
        (
            "Any shift in the picture comes from the camera; the point itself moved by `{displacement}` "
            "millimetres."
        ),
        "The point keeps its position, so the vector is `{displacement}` mm.",
        "In the world it stays put, with a displacement of `{displacement}` mm.",
        "The two positions are the same, and their difference is `{displacement}` millimetres.",
        "I see no movement of {point}, so its vector is `{displacement}` mm.",
        "It stays where it was, that is, it moves by `{displacement}` mm.",
        "Its motion along all three axes is nil: `{displacement}` millimetres.",
    ),
)
