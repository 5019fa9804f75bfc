"""Wordings of ``point_chain_most``: between which two consecutive images a point moved most in the world."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "A sequence of images shows a scene in which something may move.",
        "Watch how one point moves from image to image.",
        "The images were recorded one after another.",
        "A thing can stand still for a while and then move a good deal.",
        "Motion of the camera is not motion of the things that it sees.",
        "Nothing had to keep still during the recording, not even the camera.",
        "Each image shows the scene later than the one before.",
        "Compare the steps from each image to the next.",
        "Some stretches of a movement are longer than others.",
        "For each step, ask how far the point really moves.",
        "The stationary parts of the scene help to show which motion is real.",
    ),
    questions=(
        (
            "Between which two consecutive images does {point} move the most in the world: {options}? Answer "
            "with the pair; the camera's movement does not count."
        ),
        (
            "Follow {point} through the series. Which step to the next image takes it farthest through "
            "space: the one between {options}? Name both images, and ignore the camera's own movement."
        ),
        (
            "Of all pairs of neighbouring images, which has the largest distance between the two world "
            "positions of {point}: {options}? Give the pair, wherever the camera goes."
        ),
        (
            "The camera may move too, but look only at how {point} moves in space. Between which "
            "neighbouring images is this movement greatest: {options}? Reply with both names."
        ),
        (
            "Divide the real motion of {point} through the world into steps from image to image. Which step "
            "is the largest: the one between {options}? State the two consecutive images, and leave camera "
            "motion aside."
        ),
        (
            "Where in the sequence does {point} cover the greatest distance in the real scene from one image "
            "to the next: between {options}? Write the pair, and disregard what the camera does."
        ),
        (
            "Compare how far {point} moves in the world in each interval between successive images. Which "
            "interval shows the largest move: {options}? Give both image names, and leave the camera's "
            "travel out of it."
        ),
        (
            "Tell me between which pair of consecutive images {point} is displaced the most, in the world "
            "and not relative to the camera: {options}."
        ),
        (
            "Which two adjacent images show {point} at world positions that are farthest apart, with camera "
            "motion discounted? Give the pair: {options}."
        ),
        (
            "In which step does {point} move farther in the world than in any other: that between {options}? "
            "Answer with two neighbouring images; the camera's path does not matter."
        ),
        (
            "Suppose the camera had stood still throughout. Between which two successive images would "
            "{point} have moved the greatest distance in space: {options}? Answer with the pair."
        ),
        (
            "Look at each pair of successive images and judge how far {point} is displaced in the world. Is "
            "the displacement greatest between {options}? Name the right pair, and do not mistake the "
            "camera's movement for the point's."
        ),
        (
            "Biggest move of {point} in the world between consecutive images, camera motion excluded: "
            "{options}? The pair, please."
        ),
        (
            "Pick one pair of consecutive images, {options}: the one between which {point} travels the "
            "longest distance through the scene. Do not count the camera's movement."
        ),
        (
            "In which gap between successive images does the world position of {point} change the most: that "
            "between {options}? Report both image names; changes in the camera's position do not count."
        ),
        (
            "For each image, think of where {point} is in a world that does not move with the camera. Which "
            "two successive images differ most in this respect? Respond with one of these pairs: {options}."
        ),
        (
            "If {point} were tracked in 3D space, its track would have one segment per pair of consecutive "
            "images. Which pair would have the longest segment: {options}? State it, and keep the camera's "
            "motion out of the track."
        ),
        (
            "At some stage {point} moves the most. Judging by its own movement in space, not the camera's, "
            "decide between which two neighbouring images that is: {options}. Give the pair."
        ),
        (
            "An observer who stands still in the scene, unlike the camera, sees only the true motion of "
            "{point}. Between which consecutive images does the observer see it move the most: {options}? "
            "Write down the pair."
        ),
        (
            "Please find the largest single move of {point}: the two successive images between which its "
            "position in the world changes the most, disregarding camera motion. Is it {options}? Name both "
            "images."
        ),
        (
            "Rank the steps of the sequence by how far {point} moves in the world during each, regardless of "
            "the camera. Which step is the largest? Give its two consecutive images: {options}."
        ),
        (
            "Does {point} move the most between {options}? Measure distances in the world from one image to "
            "the next, where a shift due to the camera counts for nothing. Answer with the right pair."
        ),
        (
            "Some of the apparent motion of {point} may be due to the camera. Once that is taken away, "
            "between which two consecutive images does the point move the farthest in space: {options}? Give "
            "both names."
        ),
        (
            "Which pair of successive images has the longest straight line in space between its two "
            "positions of {point}? Select {options}, without regard to how the camera moves."
        ),
        (
            "Choose the pair of neighbouring images, {options}, between which {point} makes its largest "
            "movement relative to the stationary surroundings. Movement relative to the camera does not "
            "matter."
        ),
        (
            "Something at rest does not move in the world, even when the camera does. With that in mind, in "
            "which step between consecutive images does {point} move the farthest: {options}? State the pair "
            "of images."
        ),
        (
            "Pay attention to the world position of {point} in every image. From which image to the next "
            "does it change by the greatest amount? Report the pair, {options}; the camera's position plays "
            "no part."
        ),
        (
            "The series can be cut into steps between consecutive images. Say which step, {options}, carries "
            "{point} the farthest in three-dimensional space, whatever the camera does. Name both images."
        ),
        (
            "Judging by all the images, where does the displacement of {point} from one image to the next "
            "reach its maximum: {options}? I mean displacement in the world, free of camera motion; answer "
            "by naming the pair."
        ),
        (
            "Consider only real movement, not movement of the camera. Which pair of adjacent images brackets "
            "the greatest movement in space that {point} makes: {options}? Give the pair."
        ),
        (
            "How is the motion of {point} in the world spread over the sequence, once the camera's is set "
            "aside? Name the two successive images, {options}, between which the largest part of it takes "
            "place."
        ),
        (
            "Measured in the world rather than relative to the camera, {point} moves by a certain distance "
            "from each image to the next. Name the two images between which that distance is largest, "
            "{options}."
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
