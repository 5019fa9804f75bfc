"""Wordings of ``point_distance``: how far a point moved in the world between two images, in millimetres."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "Things in this scene may move, and so may the camera.",
        "Two images of one scene are given, taken at different times.",
        "Image-1 and Image-2 are frames of one recording.",
        "To tell whether something moves, compare it with what stands still.",
        "Find out what has changed between these images.",
        "This question deals with the motion of a single point in space.",
        "Some time passes between the two images.",
        "Not everything that shifts within a picture has really moved.",
        "Something in this scene may have been in motion when it was recorded.",
        "The point in question is visible in both images.",
        "Stationary parts of the scene can serve as a reference for motion.",
        "Look for what moved between the images and for what stayed in place.",
    ),
    questions=(
        (
            "How far does {point} move through space between the two images, in whole millimetres? Measure "
            "in a straight line from its first position to its second, and leave out the camera's own "
            "movement."
        ),
        (
            "What is the straight-line distance, in whole millimetres, from {point} to where that same "
            "physical point is in Image-2? Both are positions in the fixed world, whatever the camera does."
        ),
        (
            "Estimate how many millimetres {point} moves in the world between the two images, as an integer. "
            "Shifts due only to the camera do not count; what matters is the distance between the point's "
            "two positions."
        ),
        (
            "Locate {point} in the fixed world, then locate it again at the time of Image-2. How many whole "
            "millimetres apart are the two locations? The camera may have moved as well; disregard that."
        ),
        (
            "Imagine that the camera stays still. In a straight line and in whole millimetres, how far does "
            "{point} travel through the scene between the two images?"
        ),
        (
            "Give the straight-line distance in mm, to the nearest integer, between the world position of "
            "{point} and that of the same point in Image-2. The camera's motion plays no part."
        ),
        (
            "I want to know whether {point} moves in the world between the two images, and if so how far: "
            "state the straight-line distance in whole millimetres. Apparent motion caused by the camera is "
            "of no interest."
        ),
        (
            "Ignore how the camera moves. How far does {point} shift within the three-dimensional scene from "
            "one image to the other? Give the straight-line distance in millimetres, without decimals."
        ),
        (
            "Tell me, in whole millimetres, how far apart two positions in space are: that of {point}, and "
            "that of the same point on the same surface in Image-2. Discount any movement of the camera."
        ),
        (
            "The camera may move, and so may things in the scene. How far does {point} itself move in the "
            "world, measured in a straight line to where it is in Image-2, in whole mm?"
        ),
        (
            "What is the length of the displacement vector, in world coordinates, that takes {point} to its "
            "position in Image-2? Answer with a whole number of millimetres; world coordinates do not move "
            "with the camera."
        ),
        (
            "Imagine a thread pulled taut in the world from {point} to the position of the same point in "
            "Image-2. How many whole millimetres long is the thread? Leave the camera's movement out of "
            "account."
        ),
        (
            "Relative to the stationary surroundings, not to the camera, how far is {point} from where it is "
            "found in Image-2? Measure directly and answer in whole millimetres."
        ),
        (
            "Work out how {point} moves in 3D space between the two images, and report the straight-line "
            "length of that movement as an integer in millimetres. Compensate for the camera's motion."
        ),
        (
            "Judging by both images, how many whole millimetres lie between the real-world positions of "
            "{point} and of its match in Image-2? Do not include the camera's movement."
        ),
        (
            "Please find how far {point} moves in the world from one image to the other. If only the camera "
            "moved, the answer is 0; otherwise, give the straight-line distance in whole millimetres."
        ),
        (
            "Find {point} again in Image-2. How far apart are its two positions in a straight line, measured "
            "in the world rather than in the picture? Answer in whole millimetres and keep the camera's own "
            "motion out of it."
        ),
        (
            "Straight-line movement of {point} through the world between the two images, in whole mm and "
            "regardless of the camera?"
        ),
        (
            "Once the camera's change of pose is taken out, what remains is the motion of things in space. "
            "How large is that motion for {point} between the two images, as a straight-line distance in "
            "integer millimetres?"
        ),
        (
            "Suppose you stand still in the scene and watch {point}. How far does it move between the two "
            "images, in a straight line and to the nearest whole millimetre? How the camera moves makes no "
            "difference to you."
        ),
        (
            "Does {point} stay in place or move through the world between the two images? Answer with the "
            "straight-line distance in whole millimetres, which is 0 if only the camera moved."
        ),
        (
            "Imagine one pin fixed in space where {point} is, and another where the same point is in "
            "Image-2. How many whole millimetres apart are the pins? They stay put in the world even if the "
            "camera moves."
        ),
        (
            "Track {point} in three dimensions from one image to the other. What is the distance between its "
            "two world positions in millimetres, to the nearest whole number, with camera motion excluded?"
        ),
        (
            "Report how far {point} moves, in whole millimetres. What counts is the direct distance in the "
            "world between its positions in the two images, not how it shifts across the picture or how the "
            "camera travels."
        ),
        (
            "Concentrate on the surface to which {point} belongs. Setting the camera's movement aside, how "
            "many whole millimetres does that exact spot move in the world, in a straight line, between "
            "Image-1 and Image-2?"
        ),
        (
            "What is the Euclidean distance in mm, as an integer, between {point} and its counterpart in "
            "Image-2? Take both positions in a frame that is fixed in the world and does not follow the "
            "camera."
        ),
        (
            "Leaving the camera aside, determine how far {point} moves in space between the images. Reply "
            "with a single integer, the straight-line distance in millimetres."
        ),
        (
            "A position tracker is attached to {point}. What straight-line distance between its positions at "
            "Image-1 and Image-2 should it report, in whole millimetres? It records movement in the world "
            "and knows nothing of the camera."
        ),
        (
            "Say how far it is, as the crow flies and in millimetres without decimals, from {point} to where "
            "the same point is in Image-2. The frame of reference is the world, not the camera."
        ),
        (
            "Things may have moved between the images, and so may the camera. Separate the two, and give "
            "only how far {point} moved in the world: the straight-line distance in whole millimetres."
        ),
        (
            "Compare the 3D position of {point} with the 3D position of the same point in Image-2, in a "
            "coordinate system that is fixed to the world instead of the camera. How far apart are they, in "
            "whole millimetres?"
        ),
        (
            "If a point only seems displaced because the camera moved, its distance is 0. With that in mind, "
            "how far does {point} move in the world between Image-1 and Image-2, in a straight line and in "
            "whole millimetres?"
        ),
        (
            "Use the stationary parts of the scene as the reference, since the camera may move. Along the "
            "shortest line in space, how many millimetres lie between {point} and its position in Image-2? "
            "Give an integer."
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
        "The straight line between the two positions is `{distance}` mm long.",
        "Apart from any motion of the camera, it moved by `{distance}` millimetres.",
        "My estimate for the movement of {point} is `{distance}` mm.",
        "From Image-1 to Image-2, its position changes by `{distance}` mm.",
        "That comes to `{distance}` millimetres in a straight line.",
    ),
    unmoved=(
        "It did not move: `{distance}` mm.",
        "The point stayed where it was, so the distance is `{distance}` mm.",
        "`{distance}` mm, as the point is at rest.",
        "As there is no movement, the answer is `{distance}` millimetres.",
        "In the world, {point} stays where it is: `{distance}` mm.",
        "Any apparent shift is due to the camera, and the point itself moved by `{distance}` mm.",
        "The point stands still and has moved by `{distance}` millimetres.",
        "Both positions are the same, `{distance}` mm apart.",
        "It has not moved at all and is `{distance}` millimetres from where it was.",
        "Nothing moved here; the distance is `{distance}` mm.",
        "Between the two images, {point} stays in place, so it moves by `{distance}` mm.",
        "I see no motion of this point, hence `{distance}` mm.",
    ),
)
