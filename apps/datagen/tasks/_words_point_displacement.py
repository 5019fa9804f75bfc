"""Wordings of ``point_displacement``: a point's movement in the world, in the first camera's axes, in mm."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "The two images may differ in what moved and in where the camera was.",
        "A camera saw one scene at two moments.",
        "Motion in the world is to be told apart from motion of the camera.",
        "The point that matters here can be seen in Image-1 and in Image-2.",
        "A vector of motion is asked for.",
        "Work with fixed axes, taken from the camera at Image-1.",
        "Both images belong to one recording of a scene in which things can move.",
        "Ask yourself which parts of the scene kept their places.",
        "The camera need not be in the same place for both images.",
        "Whatever rests in the scene tells you how the camera moved.",
        "Image-1 sets the axes, and Image-2 shows where things are at another moment.",
    ),
    questions=(
        (
            "By which vector does {point} move in the world between the two images? Answer with [x, y, z] in "
            "whole millimetres, in the axes of Image-1's camera: x right, y down, z forward."
        ),
        (
            "What displacement brings {point} to its place in Image-2, as [x, y, z] in whole mm? It is the "
            "point's motion through the world, not the camera's, written in the first camera's axes (x to "
            "the right, y down, z forward)."
        ),
        (
            "Keep the axes of the camera that took Image-1, with x to the right, y down and z forward, fixed "
            "in the world. How far along each does {point} move to get to its place in Image-2? Give [x, y, "
            "z] in whole millimetres."
        ),
        (
            "Subtract the 3D position of {point} from that of the same point in Image-2, both in the frame "
            "of the first camera (x right, y down, z forward). What is the difference [x, y, z] in "
            "millimetres, rounded to integers? The frame stays fixed in space even if the camera does not."
        ),
        (
            "If the camera had remained where it took Image-1, how would {point} have moved in space in "
            "front of it, as of Image-2? Reply with [x, y, z] in whole millimetres: x to the right, y down "
            "and z forward, away from the camera."
        ),
        (
            "Describe the motion of {point} through space on the way to Image-2 as a vector [x, y, z] in mm, "
            "in whole numbers. Right, down and forward, as seen by the camera of Image-1, are its positive "
            "x, y and z."
        ),
        (
            "How many whole millimetres does {point} move to the right (x), down (y) and forward (z) in the "
            "world between the images, in the sense of Image-1's camera? Use negative numbers for left, up "
            "and backward, and write [x, y, z]."
        ),
        (
            "The camera's own movement is to be disregarded. In the coordinate frame of Image-1's camera (x "
            "right, y down, z forward), estimate the vector [x, y, z] in whole millimetres from {point} to "
            "the place in the world that the same point has in Image-2."
        ),
        (
            "Tell me how {point} shifts in the three-dimensional scene between the two images. The format is "
            "[x, y, z], the unit is the millimetre, in integers, and the axes are those of the first camera: "
            "x right, y down and z forward."
        ),
        (
            "Image-1's camera sets the directions: right is x, down is y, forward is z. What [x, y, z], in "
            "whole millimetres, takes {point} to its position in Image-2, counting motion in the world "
            "alone?"
        ),
        (
            "Find the translation in the world that {point} undergoes between the images. Express it in the "
            "axes of the camera at Image-1, where x points right, y points down and z points forward, as [x, "
            "y, z] in millimetres without decimals."
        ),
        (
            "Two positions in the world belong to {point}: the one it has there and the one it has in "
            "Image-2. Which vector [x, y, z] leads from the former to the latter, in whole mm and in the "
            "first camera's x (right), y (down) and z (forward) axes?"
        ),
        (
            "Give the movement of {point} between the two images in whole millimetres as [x, y, z]. The "
            "vector is in the axes of Image-1's camera (x right, y down, z forward) and is [0, 0, 0] for "
            "whatever rests in the world."
        ),
        (
            "Hold the first camera still in your mind, looking forward along +z with +x to its right and +y "
            "down. As [x, y, z] in whole millimetres, how does {point} travel through the scene to its place "
            "in Image-2?"
        ),
        (
            "Please work out which vector separates {point} from the spot that it occupies in space in "
            "Image-2. Write its components as [x, y, z] in whole millimetres, with x to the right, y down "
            "and z forward for the camera of Image-1."
        ),
        (
            "Which three integers describe, in millimetres, how {point} moves in the world to get to where "
            "it is in Image-2? List them as [x, y, z]: the part to the right, the part down and the part "
            "forward, all with respect to the first camera."
        ),
        (
            "A fly rests on {point} and is carried along to where that point is in Image-2. Along the first "
            "camera's right (x), down (y) and forward (z) axes, by how many whole millimetres is it carried "
            "through space? Answer as [x, y, z]."
        ),
        (
            "From the viewpoint of the first camera, with x going right, y going down and z going forward, "
            "what motion vector does {point} have in the world between the two images? State [x, y, z] in "
            "whole mm."
        ),
        (
            "Do not let the second camera's pose mislead you, for motion is measured in the world. Report "
            "that of {point} between the images as [x, y, z] in whole millimetres, along the axes x (right), "
            "y (down) and z (forward) of Image-1's camera."
        ),
        (
            "Compare {point} with the same physical point in Image-2, both as positions in space in the "
            "frame of Image-1's camera, whose x is right, y is down and z is forward. What [x, y, z] in "
            "whole millimetres has to be added to the former to get the latter?"
        ),
        (
            "Displacement in the world of {point} up to Image-2, in the first camera's axes (x right, y "
            "down, z forward), as [x, y, z] in whole mm?"
        ),
        (
            "In the scene, things may move on their own while the camera moves too. Quantify only the former "
            "for {point}: [x, y, z] in whole millimetres between the images, in axes that agree with "
            "Image-1's camera, x right, y down, z forward."
        ),
        (
            "Scene flow assigns each point its motion in the world. What integer vector [x, y, z], in mm, is "
            "the flow of {point} on to Image-2, in the camera axes of Image-1 with x to the right, y "
            "downwards and z forward?"
        ),
        (
            "Leave a marker hanging in space where {point} is, and look at where that point is in Image-2. "
            "From the marker to there, how far is it to the right (x), down (y) and forward (z) for "
            "Image-1's camera? Reply with [x, y, z] in whole millimetres."
        ),
        (
            "Quote, as [x, y, z] in whole millimetres, the step that {point} makes in the world between the "
            "two images. For the camera at its place in Image-1, the step's x part is positive to the right, "
            "its y part downwards and its z part forward."
        ),
        (
            "Take {point} as the origin of a frame whose axes are parallel to those of Image-1's camera: x "
            "right, y down, z forward. At which [x, y, z], in whole millimetres, does the same point lie in "
            "the world in Image-2?"
        ),
        (
            "Estimate how much of the real motion of {point} between the images goes to the right, how much "
            "goes down and how much goes forward, in the sense of the first camera's x, y and z axes. Enter "
            "whole millimetres as [x, y, z], with the world at rest as the reference."
        ),
        (
            "Whether the camera moves or not, {point} moves by some amount in the world, possibly zero. "
            "Which [x, y, z] in whole millimetres is it from Image-1 to Image-2, written in the first "
            "camera's axes (x right, y down, z forward)?"
        ),
        (
            "With everything expressed in the frame of the camera of Image-1, where x is to the right, y is "
            "down and z is forward, how does {point} change its position in the world on the way to Image-2? "
            "Provide [x, y, z] in millimetres as integers."
        ),
        (
            "An animator wants to move {point} to where it is in Image-2, in a world whose axes are those of "
            "the first camera: x to the right, y down and z forward. Which [x, y, z], in whole millimetres, "
            "should be typed in?"
        ),
        (
            "Determine the vector by which {point} moves relative to its surroundings at rest between the "
            "two images. Should only the camera have moved, it is [0, 0, 0]; otherwise give [x, y, z] in "
            "whole mm along right (x), down (y) and forward (z) of Image-1's camera."
        ),
        (
            "Looking from the camera position of Image-1 with unchanged orientation, one can split the "
            "movement in space of {point} up to Image-2 into right (x), down (y) and forward (z). What are "
            "these parts, as [x, y, z] in whole millimetres?"
        ),
        (
            "In Image-2, by what vector is {point} displaced in space? Use the axes of the camera that took "
            "Image-1 rather than those of the camera that took Image-2 (x right, y down, z forward), and "
            "write [x, y, z] in integer millimetres."
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
        "The vector of its motion is `{displacement}` mm.",
        "Seen by the first camera, it is displaced by `{displacement}` mm.",
        "My estimate for the displacement of {point} is `{displacement}` mm.",
        "Its place in Image-2 is `{displacement}` millimetres from where it is in Image-1.",
        "Without the camera's own motion, what remains is `{displacement}` mm.",
    ),
    unmoved=(
        "It did not move: `{displacement}` mm.",
        "The point is at rest, so its displacement is `{displacement}` mm.",
        "`{displacement}` mm, since the point stayed in its place.",
        "There is no motion in the world, which gives `{displacement}` millimetres.",
        "As far as I can see, {point} does not move: `{displacement}` mm.",
        (
            "Any shift in the picture comes from the camera; the point itself moved by `{displacement}` "
            "millimetres."
        ),
        "The point keeps its position, and the vector is `{displacement}` mm.",
        "In the world it stays put, with a displacement of `{displacement}` mm.",
        "Since both positions agree, the difference is `{displacement}` millimetres.",
        "Without any movement of {point}, the vector is `{displacement}` mm.",
        "It rests where it was, that is, it moves by `{displacement}` mm.",
        "Its motion along all three axes is nil: `{displacement}` millimetres.",
    ),
)
