"""Wordings of ``point_distance``: how far a point moved in the world between two images, in millimetres."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "Things in this scene may move, and so may the camera.",
        "Two images of one scene are given, taken at different times.",
        "Image-1 and Image-2 are frames of one recording.",
        "Comparing a thing with what stands still tells whether it moves.",
        "Find out what has changed between these images.",
        "This question deals with the motion of a single point in space.",
        "Some time lies between the two images.",
        "Not everything that shifts within a picture has really moved.",
        "Something in this scene may have been in motion when it was recorded.",
        "The point in question is visible in both images.",
        "Parts of the scene that rest can serve as a reference for motion.",
        "Look for what moved between the images and for what stayed in place.",
    ),
    questions=(
        (
            "How far does {point} move through space between the two images, in whole millimetres? Measure "
            "straight from its one position to its other, and leave the camera's own movement out."
        ),
        (
            "What is the straight-line distance, in whole millimetres, from {point} to the place where the "
            "same physical point is in Image-2? Both places are meant in the fixed world, whatever the "
            "camera does."
        ),
        (
            "Estimate by how many millimetres {point} is displaced in the world between the images, as an "
            "integer. A shift that is due to the camera alone does not count; it is the distance between the "
            "point's two positions."
        ),
        (
            "Within the fixed world, locate {point}, then locate it again as of Image-2. How many whole "
            "millimetres apart are the two locations? The camera may have moved as well, which is to be "
            "disregarded."
        ),
        (
            "Suppose the camera had stayed still. How far, in a straight line and in whole millimetres, "
            "would {point} have travelled through the scene between Image-1 and Image-2?"
        ),
        (
            "Give the straight distance in mm, to the nearest integer, that separates the position in the "
            "world of {point} from the position of that same point in Image-2. The camera's motion is no "
            "part of it."
        ),
        (
            "I want to know whether {point} moves in the world, and how far: state the straight distance "
            "between its places in the two images in whole millimetres. Apparent motion caused by the camera "
            "is of no interest."
        ),
        (
            "Ignore how the camera moves. By what straight distance, in millimetres without decimals, does "
            "{point} change its position in the three-dimensional scene from one image to the other?"
        ),
        (
            "Tell me in whole millimetres how far apart in space two positions are: that of {point} and that "
            "of the same point of the same surface in Image-2. Any movement of the camera has to be "
            "discounted."
        ),
        (
            "The camera may move, and so may things in the scene. What distance does {point} itself cover in "
            "the world, from there straight to its place in Image-2, in whole mm?"
        ),
        (
            "Between Image-1 and Image-2, what is the length of the vector by which {point} is displaced in "
            "world coordinates? Answer in millimetres with a whole number; world coordinates do not move "
            "with the camera."
        ),
        (
            "How many whole millimetres would a thread measure that is pulled taut from the world position "
            "of {point} to the position of the same point in Image-2? The camera's movement plays no role."
        ),
        (
            "Relative to the unmoving surroundings and not to the camera, how far is {point} from where it "
            "is found in Image-2? Use whole millimetres and the direct line."
        ),
        (
            "Work out the movement in 3D space of {point} between the two images and report its length as an "
            "integer in millimetres. Take the straight line between both positions, with the camera's motion "
            "compensated."
        ),
        (
            "Judging by both images, how large is the gap in whole millimetres between the two real-world "
            "positions of {point}, the one shown there and the one shown in Image-2? Do not add in what the "
            "camera moved."
        ),
        (
            "Please find the distance that {point} moves in the world from one image to the other. If "
            "nothing but the camera moved, it is 0; otherwise give the straight-line distance in whole "
            "millimetres."
        ),
        (
            "In Image-2, find {point} once more. Between these two places, measured in the world and not in "
            "the picture, how many whole millimetres are there in a straight line? Keep the camera's own "
            "motion out of it."
        ),
        (
            "Movement through the world of {point} up to Image-2, start to end in a straight line and "
            "regardless of the camera, in whole mm?"
        ),
        (
            "With the camera's change of pose taken out, what remains is the motion of things in space. For "
            "{point}, how large is the straight distance between the beginning of that motion and its end in "
            "Image-2, in integer millimetres?"
        ),
        (
            "For an observer who stands still in the scene, how many millimetres of straight line lie "
            "between the places of {point} at the times of the two images? The camera's moves do not matter "
            "to the observer; reply with a whole number."
        ),
        (
            "Does {point} stay in place or move through the world? Put its motion between Image-1 and "
            "Image-2 into a number: the straight distance in whole millimetres, and 0 if only the camera "
            "moved."
        ),
        (
            "Let one pin stay in the air where {point} is and another where the same point is in Image-2. "
            "How many whole millimetres apart are the pins? They are fixed in the world, even if the camera "
            "moves."
        ),
        (
            "Tracked in three dimensions, {point} has one position in the world in each of the two images. "
            "What is the distance between these positions in millimetres, to the nearest whole number, "
            "camera motion excluded?"
        ),
        (
            "Report how far {point} was moved, in whole millimetres. What counts is the direct distance in "
            "the world between its positions in the two images, not the way it slides across the picture or "
            "how the camera travels."
        ),
        (
            "Concentrate on the surface to which {point} belongs. How many whole millimetres does this exact "
            "spot move in the world, in a straight line, on going from Image-1 to Image-2, once the camera's "
            "movement is set aside?"
        ),
        (
            "What is the Euclidean distance in mm, as an integer, between {point} and its counterpart in "
            "Image-2? Take both positions in a frame that rests in the world and does not follow the camera."
        ),
        (
            "Leaving aside where the camera is, determine by what amount {point} has changed its place in "
            "space in Image-2: a single integer, the straight-line distance in millimetres."
        ),
        (
            "A motion sensor is attached to {point}. What straight distance between its positions in Image-1 "
            "and Image-2 should it report, in whole millimetres? The sensor feels movement in the world and "
            "knows nothing of the camera."
        ),
        (
            "Say in millimetres, without decimals, how far it is as the crow flies from {point} to where "
            "this point is in Image-2. The world is the frame of reference here, not the camera."
        ),
        (
            "Things may have moved between the images, and the camera too. Separate the two, and quote only "
            "how far {point} moved in the world, in whole millimetres straight from position to position."
        ),
        (
            "Compare the 3D position of {point} with the 3D position of the same point in Image-2, in a "
            "coordinate system that is fixed to the world instead of the camera. How large is the "
            "difference, as a distance in whole millimetres?"
        ),
        (
            "A point that merely looks displaced because the camera moved has a distance of 0. On that "
            "understanding, how far in the world, straight and in whole millimetres, does {point} move "
            "between Image-1 and Image-2?"
        ),
        (
            "Take the resting parts of the scene as the reference, since the camera is free to move. How "
            "many millimetres, as an integer, lie between {point} and its place in Image-2 along the "
            "shortest line in space?"
        ),
    ),
    answers=(
        "The point moved by `{distance}` mm.",
        "About `{distance}` millimetres.",
        "`{distance}` mm.",
        "Between the two images, {point} moved by `{distance}` mm.",
        "I estimate a movement of `{distance}` millimetres.",
        "Its two positions are some `{distance}` mm apart.",
        "It travelled roughly `{distance}` millimetres through the scene.",
        "In the world, the displacement measures `{distance}` mm.",
        "The straight line between both positions is `{distance}` mm long.",
        "Apart from any motion of the camera, it moved by `{distance}` millimetres.",
        "My estimate for the movement of {point} is `{distance}` mm.",
        "From Image-1 to Image-2, it changes its place by `{distance}` mm.",
        "That comes to `{distance}` millimetres in a straight line.",
    ),
    unmoved=(
        "It did not move: `{distance}` mm.",
        "The point stayed where it was, so the distance is `{distance}` mm.",
        "`{distance}` mm, as the point is at rest.",
        "There is no movement, which makes `{distance}` millimetres.",
        "In the world, {point} keeps its place: `{distance}` mm.",
        "Any apparent shift is due to the camera, and the point itself moved by `{distance}` mm.",
        "The point rests, so the answer is `{distance}` millimetres.",
        "Both positions are the same, `{distance}` mm apart.",
        "It has not moved at all and is `{distance}` millimetres from where it was.",
        "Nothing moved here; the distance is `{distance}` mm.",
        "Between the two images, {point} stays in place, which is a movement of `{distance}` mm.",
        "I see no motion of this point, hence `{distance}` mm.",
    ),
)
