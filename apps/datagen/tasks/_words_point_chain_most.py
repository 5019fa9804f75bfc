"""Wordings of ``point_chain_most``: between which two consecutive images a point moved most in the world."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "A sequence of images shows a scene in which something may move.",
        "Watch how one point moves from image to image.",
        "The images were recorded one after another.",
        "A thing can rest for a while and then move a good deal.",
        "Motion of the camera is not motion of the things that it sees.",
        "The recording was made while nothing had to keep still, not even the camera.",
        "Each image shows the scene later than the one before.",
        "Steps between neighbouring images are to be compared here.",
        "Some stretches of a movement are longer than others.",
        "Ask of each step how far the point really moves.",
        "The resting parts of the scene help to tell which motion is real.",
    ),
    questions=(
        (
            "Between which two consecutive images does {point} move most in the world, {options}? Answer "
            "with the pair; movement of the camera does not count."
        ),
        (
            "Follow {point} through the series. Is the step to the next image that takes it farthest through "
            "space between {options}? Name both images, and ignore the camera's own movement."
        ),
        (
            "Of all pairs of neighbouring images, which one has the largest distance between the two world "
            "positions of {point}: {options}? Give the pair, no matter where the camera goes."
        ),
        (
            "The camera may move too, but look only at how {point} moves in space. Between which "
            "neighbouring images is this movement greatest, {options}? Reply with the names of both."
        ),
        (
            "Divide the real motion of {point} through the world into steps from image to image. Which step "
            "is the largest? It lies between {options}; state the two consecutive images, and leave camera "
            "motion aside."
        ),
        (
            "Where in the sequence does {point} cover the greatest distance in the real scene from one image "
            "to the next? Whatever the camera does, choose {options} and write the pair."
        ),
        (
            "Compare how far {point} moves in the world in each interval between successive images. Which "
            "interval shows the largest move: {options}? Both image names are needed; the camera's travels "
            "are left out."
        ),
        (
            "Tell me the pair of consecutive images between which {point} is displaced the most, in the "
            "world and not relative to the camera. The answer is {options}."
        ),
        (
            "Which two adjacent images show {point} in world positions that are farthest apart, with camera "
            "motion discounted? Pick {options} and give the pair."
        ),
        (
            "In which step does {point} move farther in the world than in any other, that between {options}? "
            "Answer with two neighbouring images. The camera's path is of no concern."
        ),
        (
            "Suppose that the camera had stood still. From one image to the next, {point} would then move by "
            "some distance in space; between which two images would this be largest, {options}? The pair is "
            "the answer."
        ),
        (
            "Look at successive images and judge the displacement in the world of {point}. It is greatest "
            "between {options}. Name the right pair, and do not mistake the camera's movement for the "
            "point's."
        ),
        (
            "Biggest move in the world of {point}, camera motion excluded, among consecutive images: "
            "{options}? The pair, please."
        ),
        (
            "Pick one pair of consecutive images, {options}: the one across which {point} travels the "
            "longest distance through the scene. Do not count what the camera moves."
        ),
        (
            "In which gap between successive images does {point} change its place in the world most, in that "
            "between {options}? Report both image names; changes in the camera's place are not meant."
        ),
        (
            "For each image, think of where {point} is in a world that does not move with the camera. Which "
            "two successive images differ most in this respect? Respond with one of the pairs: {options}."
        ),
        (
            "If {point} were tracked in 3D space, its track would have one segment per pair of consecutive "
            "images. Which pair has the longest segment, {options}? State it, and keep the camera's motion "
            "out of the track."
        ),
        (
            "At some stage {point} moves most. Decide between which two neighbouring images this is, "
            "{options}, by its movement in space alone and not by that of the camera, and give the pair."
        ),
        (
            "A resting observer in the scene, unlike the camera, sees only the true motion of {point}. "
            "Between which consecutive images would the observer see it move most: {options}? Write down the "
            "pair."
        ),
        (
            "Please find the largest single move of {point}: the two images in succession between which its "
            "position in the world changes by the greatest distance, camera motion being disregarded. They "
            "are {options}; name both."
        ),
        (
            "Rank the steps of the sequence by how far {point} moves in the world during each, irrespective "
            "of the camera. Which step is the largest? Give its two consecutive images: {options}."
        ),
        (
            "Does {point} move most between {options}? Distances are measured in the world from one image to "
            "the next, and a shift due to the camera is none. Answer with the right pair."
        ),
        (
            "Some of the apparent motion of {point} may be the camera's. After taking that away, which two "
            "consecutive images have the largest motion in space between them, {options}? Give both names."
        ),
        (
            "What is the pair of successive images with the longest straight line between the two places "
            "that {point} has in the world? Select {options}, without regard to how the camera moved."
        ),
        (
            "Choose the pair of neighbouring images, {options}, between which {point} makes its largest "
            "movement relative to the resting surroundings. Movement relative to the camera is not what "
            "matters."
        ),
        (
            "Things at rest move by nothing in the world, even when the camera does. With that in mind, in "
            "which step between consecutive images does {point} move farthest: {options}? State the pair of "
            "images."
        ),
        (
            "Pay attention to the world position of {point} in every image. From which image to the very "
            "next does it change by the greatest amount? The pair to report is {options}, and the camera's "
            "position plays no part in it."
        ),
        (
            "The series can be cut into steps of two consecutive images. Say which step, {options}, carries "
            "{point} farthest in three-dimensional space, apart from anything that the camera does. Both "
            "images should be named."
        ),
        (
            "Judging from all the images, where is the displacement of {point} between one image and the "
            "next at its maximum, {options}? The displacement meant is that in the world, free of camera "
            "motion; answer by naming the pair."
        ),
        (
            "Consider only real movement, not movement of the camera. Which pair of adjacent images brackets "
            "the greatest movement in space of {point}: {options}? Quote the pair."
        ),
        (
            "How does the motion in the world of {point} spread over the sequence, once the camera's is set "
            "aside? Name the two successive images, {options}, between which most of it takes place."
        ),
        (
            "Measured in the world rather than relative to the camera, {point} moves by a certain distance "
            "from each image to the next. Name the two images where that distance is largest, {options}."
        ),
    ),
    answers=(
        "Between `{answer}`.",
        "It is `{answer}`.",
        "`{answer}`.",
        "The point moves most between `{answer}`.",
        "The largest step lies between `{answer}`.",
        "I would say between `{answer}`.",
        "The greatest movement of {point} is the one between `{answer}`.",
        "My answer is the pair `{answer}`.",
        "It covers the longest distance between `{answer}`.",
        "Between `{answer}`, it moves farther than anywhere else in the series.",
        "The pair with the largest displacement is `{answer}`.",
        "Of all steps, the one between `{answer}` is the biggest.",
        "The two images in question are `{answer}`.",
    ),
)
