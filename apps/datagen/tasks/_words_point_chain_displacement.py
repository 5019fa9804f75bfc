"""Wordings of ``point_chain_displacement``: a point's movement over a series of images, in mm."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "The images follow one another in time.",
        "A scene was recorded over some time, and things in it may have moved.",
        "Follow one point through a series of images.",
        "The camera is free to move, and so are the things before it.",
        "From image to image a point can be traced by its surroundings.",
        "The order of the images is the order in which they were recorded.",
        "A long movement can be put together from short ones.",
        "These are successive moments of one recording.",
        "Things at rest give away how the camera moved in the meantime.",
        "Image-1 is the earliest of the images and sets the axes.",
        "Pay attention to one point and to its place in the world.",
    ),
    questions=(
        (
            "Over the series, how does {point} move in the world from there to {last}? Give [x, y, z] in "
            "whole millimetres, in the axes of Image-1's camera: x right, y down, z forward."
        ),
        (
            "Which vector [x, y, z] leads from {point} to the place in the world where the same point is at "
            "{last}, in whole mm? Its axes are the first camera's, with x to the right, y down and z "
            "forward."
        ),
        (
            "Track {point} from image to image as far as {last}. In the first camera's axes (x right, y "
            "down, z forward), what is its total displacement in the world, as [x, y, z] in whole "
            "millimetres?"
        ),
        (
            "By the time of {last}, how many whole millimetres has {point} moved in space to the right (x), "
            "down (y) and forward (z), in the axes of the first camera? Write [x, y, z]."
        ),
        (
            "Add the movements that {point} makes in the world from each image to the next, up to {last}. "
            "Report the sum as [x, y, z] in millimetres, in integers, along the axes of the first camera, x "
            "right, y down and z forward."
        ),
        (
            "The camera may move along the way, but only the point's own motion counts. For {point}, what is "
            "that motion through space up to {last}, as [x, y, z] in whole millimetres and in the axes of "
            "Image-1's camera (x right, y down, z forward)?"
        ),
        (
            "Let the first camera define the directions: x to the right, y down, z forward. Estimate how "
            "{point} has changed its position in the world at {last}, in the form [x, y, z] and in whole mm."
        ),
        (
            "At {last}, {point} may have reached another place in the world, or not. Which [x, y, z] in "
            "whole millimetres takes it from the old place to the new, in the frame of the camera of Image-1 "
            "(x right, y down, z forward)?"
        ),
        (
            "State the displacement, start to end, of {point} on its way through the scene until {last}. "
            "Whole millimetres are expected, as [x, y, z], where x is right, y is down and z is forward for "
            "the camera at Image-1."
        ),
        (
            "Supposing that the first camera had filmed everything from a tripod, with x to its right, y "
            "down and z forward, by what [x, y, z] in whole millimetres would {point} have moved in space in "
            "front of it until {last}?"
        ),
        (
            "Ignore the path in between: {point} has one world position there and one at {last}. In whole "
            "millimetres, what is the second minus the first, as [x, y, z] with the first camera's x to the "
            "right, y down and z forward?"
        ),
        (
            "Please follow {point} through the sequence and stop at {last}. Express its movement in the "
            "world as [x, y, z] in whole millimetres; right, down and forward of Image-1's camera count as "
            "positive x, y and z."
        ),
        (
            "What integer vector [x, y, z], in mm, says where in space {point} is at {last}, relative to "
            "where it was, if x runs to the right, y downwards and z forward in the camera frame of Image-1?"
        ),
        (
            "Give the net motion of {point} until {last} as [x, y, z] in integer millimetres. It is measured "
            "in the world and written in the axes of the first camera: x right, y down and z forward."
        ),
        (
            "A sticker on {point} moves along with it. Once {last} is taken, how far has the sticker moved "
            "in the world along the x (right), y (down) and z (forward) axes of Image-1's camera? Reply with "
            "[x, y, z] in whole mm."
        ),
        (
            "Use each image in turn to keep hold of {point}. Then work out the vector [x, y, z] from its "
            "place in the world at the first image to its place at {last}: whole millimetres, x right, y "
            "down, z forward, as the first camera is oriented."
        ),
        (
            "In whole millimetres, what motion in the world does {point} perform over the time up to {last}? "
            "The answer has the form [x, y, z], and its axes are fixed to Image-1's camera as it was: x "
            "right, y down, z forward."
        ),
        (
            "With the camera of Image-1 kept in mind as a fixed frame in space, x right, y down, z forward, "
            "from where to where does {point} go until {last}? Provide the difference of the two positions "
            "as [x, y, z] in whole mm."
        ),
        (
            "Is {point} still in its old place in the world at {last}? Say by how much it moved, as [x, y, "
            "z] in whole millimetres, with the first camera's right as x, down as y and forward as z; [0, 0, "
            "0] means that it stayed."
        ),
        (
            "Tell me how {point} shifts in three-dimensional space up to {last}. I want integers in "
            "millimetres, [x, y, z], where x points right, y points down and z points forward in the first "
            "camera's view."
        ),
        (
            "How would you have to move {point} in the world to bring it straight to its position at {last}? "
            "Put it as [x, y, z] in whole millimetres: so much to the right (x), so much down (y) and so "
            "much forward (z) in the sense of Image-1's camera."
        ),
        (
            "World position of {point} at {last} minus that at the start, as [x, y, z] in whole mm, with "
            "Image-1's camera giving the axes: x right, y down, z forward?"
        ),
        (
            "Movement of the camera does not enter into this. Up to {last}, by what vector does {point} move "
            "relative to the resting surroundings? The axes are x (right), y (down) and z (forward) of the "
            "first camera, and the reply is [x, y, z] in whole millimetres."
        ),
        (
            "Something may carry {point} along while the images are taken. At {last}, how far from its first "
            "place in the world is it, split into x (right), y (down) and z (forward) for Image-1's camera? "
            "Answer in whole millimetres, as [x, y, z]."
        ),
        (
            "Determine the 3D motion vector of {point} for the whole interval from the first image to "
            "{last}. The vector [x, y, z] is in whole millimetres, stands for motion in the world, and uses "
            "the axes x right, y down, z forward of the camera at the first image."
        ),
        (
            "Mentally superimpose the start and the end: {point} as it was, and as it is in the world at "
            "{last}. What step [x, y, z] in whole mm leads from one to the other, in the axes of Image-1's "
            "camera with x to the right, y down and z forward?"
        ),
        (
            "Place the origin in space where {point} is, with axes parallel to those of Image-1's camera (x "
            "right, y down, z forward). Where in these axes is that point at {last}? Give [x, y, z] in whole "
            "millimetres."
        ),
        (
            "Join up the motions of {point} from frame to frame until {last} and quote the resulting vector "
            "in the world. Its form is [x, y, z], its unit the millimetre without decimals, and its axes are "
            "right (x), down (y) and forward (z) of the first camera."
        ),
        (
            "How has {point} been displaced in the real world when {last} is taken? Describe it to someone "
            "at the camera of Image-1: so many whole millimetres right (x), down (y) and forward (z), "
            "negative for the opposite, as [x, y, z]."
        ),
        (
            "Judging by the whole series, what are the x (right), y (down) and z (forward) components, in "
            "the frame of Image-1's camera, of the way in the world from {point} straight to where it ends "
            "up at {last}? List [x, y, z] in whole millimetres."
        ),
        (
            "The question is how {point} moves, not how the camera does. Up to {last}, which [x, y, z] in "
            "whole mm has it moved by in the world, when x is to the right, y down and z forward from the "
            "viewpoint of Image-1?"
        ),
        (
            "At {last} the camera may look from elsewhere, so refer everything to Image-1's camera: x right, "
            "y down, z forward. By how many whole millimetres along each of these axes has {point} moved in "
            "the scene? The format is [x, y, z]."
        ),
    ),
    answers=(
        "The point has moved by `{displacement}` mm.",
        "About `{displacement}` millimetres.",
        "`{displacement}` mm.",
        "By {last}, the point is displaced by `{displacement}` mm.",
        "Over the series, {point} moves by `{displacement}` millimetres.",
        "I estimate its total motion as `{displacement}` mm.",
        "The steps of the point add up to `{displacement}` mm.",
        "In the axes of the first camera, its displacement is `{displacement}` millimetres.",
        "Up to {last}, the movement in the world is roughly `{displacement}` mm.",
        "Along right, down and forward, the point shifts by `{displacement}` millimetres.",
        "From start to end, the vector is `{displacement}` mm.",
        "At {last}, it lies `{displacement}` mm from where it started.",
        "My estimate of the net motion is `{displacement}` mm.",
    ),
    unmoved=(
        "It is still where it was, or there again: `{displacement}` mm.",
        "At {last}, the point is in the same place as at the start, so the vector is `{displacement}` mm.",
        "`{displacement}` mm, for the point ends where it began, without any net motion.",
        "At {last}, {point} has the same place in the world as before: `{displacement}` millimetres.",
        "Start and end are the same, and the displacement is `{displacement}` mm.",
        "There is no net motion of the point, which makes `{displacement}` mm.",
        "From start to end, nothing has changed in its position, which gives `{displacement}` millimetres.",
        "In the world, its last position agrees with its first: `{displacement}` mm.",
        "Its net motion is nil along each axis, `{displacement}` mm.",
        "No motion is left over from start to end: `{displacement}` millimetres.",
        "Up to {last}, its steps add up to `{displacement}` mm, that is, to no motion.",
        "I find no net movement between Image-1 and {last}: `{displacement}` mm.",
    ),
)
