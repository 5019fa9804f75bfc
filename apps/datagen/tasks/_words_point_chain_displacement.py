"""Wordings of ``point_chain_displacement``: a point's movement over a series of images, in mm."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "The images follow one another in time.",
        "A scene was recorded over a period of time, and things in it may have moved.",
        "Follow one point through a series of images.",
        "The camera may move, and so may the things in front of it.",
        "With the help of its surroundings, a point can be traced from image to image.",
        "The order of the images is the order in which they were recorded.",
        "A long movement is the sum of short ones.",
        "These are successive moments of one recording.",
        "Things that stand still show how the camera moved in the meantime.",
        "Image-1 is the earliest of the images and sets the axes.",
        "Pay attention to one point and to its place in the world.",
    ),
    questions=(
        (
            "How does {point} move in the world over the series, up to {last}? Give [x, y, z] in whole "
            "millimetres, in the axes of Image-1's camera: x right, y down, z forward."
        ),
        (
            "Which vector [x, y, z] leads from {point} to the world position of the same point in {last}? "
            "Give it in whole mm, in the first camera's axes, with x to the right, y down and z forward."
        ),
        (
            "Track {point} from image to image as far as {last}. In the first camera's axes (x right, y "
            "down, z forward), what is its total displacement in the world, as [x, y, z] in whole "
            "millimetres?"
        ),
        (
            "By the time of {last}, how many whole millimetres has {point} moved in space to the right (x), "
            "down (y) and forward (z), along the axes of the first camera? Write [x, y, z]."
        ),
        (
            "Add up the movements of {point} in the world from each image to the next, as far as {last}. "
            "Report the sum as [x, y, z] in integer millimetres, along the axes of the first camera: x "
            "right, y down, z forward."
        ),
        (
            "The camera may move along the way, but only the point's own motion counts. How far does {point} "
            "move through space up to {last}, as [x, y, z] in whole millimetres in the axes of Image-1's "
            "camera (x right, y down, z forward)?"
        ),
        (
            "Let the first camera define the directions: x to the right, y down, z forward. Estimate how the "
            "world position of {point} has changed by {last}, as [x, y, z] in whole mm."
        ),
        (
            "By {last}, {point} may or may not have moved in the world. Which [x, y, z], in whole "
            "millimetres, takes it from its old position to its new one, in the frame of Image-1's camera (x "
            "right, y down, z forward)?"
        ),
        (
            "State the start-to-end displacement of {point} through the scene up to {last}. Use whole "
            "millimetres and the form [x, y, z], where x is right, y is down and z is forward for the camera "
            "of Image-1."
        ),
        (
            "Suppose the first camera had stayed on a tripod, with x to its right, y down and z forward. How "
            "would it have seen {point} move in space by the time of {last}, as [x, y, z] in whole "
            "millimetres?"
        ),
        (
            "Ignore the path in between: {point} has one world position at the start and one at {last}. What "
            "is the second minus the first, as [x, y, z] in whole millimetres, in the first camera's axes (x "
            "right, y down, z forward)?"
        ),
        (
            "Please follow {point} through the sequence and stop at {last}. Express its movement in the "
            "world as [x, y, z] in whole millimetres; positive x, y and z are right, down and forward for "
            "Image-1's camera."
        ),
        (
            "Where in space is {point} at {last}, relative to where it was at the start? Give an integer "
            "vector [x, y, z] in mm, with x to the right, y downwards and z forward in the camera frame of "
            "Image-1."
        ),
        (
            "Give the net motion of {point} up to {last} as [x, y, z] in integer millimetres. It is measured "
            "in the world and written in the axes of the first camera: x right, y down and z forward."
        ),
        (
            "A sticker on {point} moves along with it. When {last} is taken, how far has the sticker moved "
            "in the world along the x (right), y (down) and z (forward) axes of Image-1's camera? Reply with "
            "[x, y, z] in whole mm."
        ),
        (
            "Use each image in turn to keep track of {point}. Then work out the vector [x, y, z] from its "
            "world position in the first image to its world position in {last}, in whole millimetres and in "
            "the first camera's axes: x right, y down, z forward."
        ),
        (
            "What is the overall motion of {point} in the world from the start of the series to {last}? "
            "Answer as [x, y, z] in whole millimetres, in axes that stay fixed in the pose of Image-1's "
            "camera: x right, y down, z forward."
        ),
        (
            "Use the camera of Image-1 as a fixed frame in space: x right, y down, z forward. Where does "
            "{point} start, and where is it at {last}? Provide the difference between the two positions as "
            "[x, y, z] in whole mm."
        ),
        (
            "Is {point} still in the same place in the world at {last}? Say how far it has moved, as [x, y, "
            "z] in whole millimetres, where x is right, y is down and z is forward for the first camera; [0, "
            "0, 0] means that it is where it was."
        ),
        (
            "Tell me how {point} moves in three-dimensional space up to {last}. I want [x, y, z] as integers "
            "in millimetres, where x points right, y points down and z points forward in the first camera's "
            "frame."
        ),
        (
            "How would you have to move {point} in the world to bring it straight to its position in {last}? "
            "Answer as [x, y, z] in whole millimetres: how far right (x), how far down (y) and how far "
            "forward (z) for Image-1's camera."
        ),
        (
            "From the start to {last}, change in the world position of {point}, as [x, y, z] in whole mm, in "
            "the axes of Image-1's camera (x right, y down, z forward)?"
        ),
        (
            "The camera's movement does not matter here. Relative to the stationary surroundings, by how "
            "much has {point} moved by {last}? Reply with [x, y, z] in whole millimetres, along the x "
            "(right), y (down) and z (forward) axes of the first camera."
        ),
        (
            "Something may carry {point} along while the images are taken. How far from its original place "
            "in the world is it at {last}, in the directions x (right), y (down) and z (forward) of "
            "Image-1's camera? Answer in whole millimetres, as [x, y, z]."
        ),
        (
            "Determine the 3D motion vector of {point} for the whole interval from the first image to "
            "{last}. It describes motion in the world, as [x, y, z] in whole millimetres, in the axes of the "
            "first image's camera: x right, y down, z forward."
        ),
        (
            "Picture {point} where it is at the start, and where it is in the world at {last}. Which step "
            "[x, y, z], in whole mm, leads from the first place to the second, in the axes of Image-1's "
            "camera with x to the right, y down and z forward?"
        ),
        (
            "Put a fixed origin in space where {point} is, with axes parallel to those of Image-1's camera "
            "(x right, y down, z forward). At {last}, what are the coordinates [x, y, z] of that point, in "
            "whole millimetres?"
        ),
        (
            "Join up the frame-to-frame motions of {point} as far as {last}, and give the resulting vector "
            "in the world. Write [x, y, z] in millimetres without decimals, along the right (x), down (y) "
            "and forward (z) axes of the first camera."
        ),
        (
            "By how much has {point} been displaced in the real world when {last} is taken? From the "
            "viewpoint of Image-1's camera, say how many whole millimetres to the right (x), down (y) and "
            "forward (z), with negative numbers for the opposite directions, as [x, y, z]."
        ),
        (
            "Judging by the whole series, where does {point} end up in the world at {last}, compared with "
            "where it started? List the x (right), y (down) and z (forward) components of the change as [x, "
            "y, z] in whole millimetres, in the frame of Image-1's camera."
        ),
        (
            "The question is how {point} moves in the world, not how the camera does. What is its "
            "displacement up to {last}, as [x, y, z] in whole mm, with x to the right, y down and z forward "
            "from the viewpoint of Image-1?"
        ),
        (
            "By {last} the camera may be somewhere else, so refer everything to Image-1's camera: x right, y "
            "down, z forward. How many whole millimetres has {point} moved in the scene along each of these "
            "axes? Write [x, y, z]."
        ),
    ),
    answers=(
        "The point has moved by `{displacement}` mm.",
        "About `{displacement}` millimetres.",
        "`{displacement}` mm.",
        "By {last}, the point is displaced by `{displacement}` mm.",
        "Over the series, {point} moves by `{displacement}` millimetres.",
        "I estimate its total motion as `{displacement}` mm.",
        "The point's steps add up to `{displacement}` mm.",
        "In the axes of the first camera, its displacement is `{displacement}` millimetres.",
        "Up to {last}, the movement in the world is roughly `{displacement}` mm.",
        "To the right, down and forward, the point moves by `{displacement}` millimetres.",
        "From start to end, the vector is `{displacement}` mm.",
        "At {last}, it lies `{displacement}` mm from where it started.",
        "Taking start and end together, I put the net motion at `{displacement}` mm.",
    ),
    unmoved=(
        "It is still where it was, or back there again: `{displacement}` mm.",
        "At {last}, the point is in the same place as at the start, so the vector is `{displacement}` mm.",
        "`{displacement}` mm, since the point ends where it began, without any net motion.",
        "At {last}, {point} has the same place in the world as before: `{displacement}` millimetres.",
        "Start and end are the same, so the displacement is `{displacement}` mm.",
        "The point has no net motion, so the answer is `{displacement}` mm.",
        (
            "Nothing has changed in its position from start to end, so the vector is `{displacement}` "
            "millimetres."
        ),
        "In the world, its last position is the same as its first: `{displacement}` mm.",
        "Its net motion is nil along each axis, `{displacement}` mm.",
        "No net motion remains between start and end: `{displacement}` millimetres.",
        "Up to {last}, its steps add up to `{displacement}` mm, that is, to no motion.",
        "I find no net movement between Image-1 and {last}: `{displacement}` mm.",
    ),
)
