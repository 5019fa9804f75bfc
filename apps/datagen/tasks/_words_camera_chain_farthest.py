"""Wordings of ``camera_chain_farthest``: which image was taken farthest from where Image-1 was taken."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "A camera was carried through a scene while it took these images.",
        "The images come one after another along the path of a camera.",
        "Successive images overlap, so that the camera can be followed.",
        "Everything in the scene stays still, and only the camera moves.",
        "Here is a sequence of views, in the order of time.",
        "The camera may wander off and return while the series is taken.",
        "Keep track of where the camera is, starting with Image-1.",
        "The first image marks the start of the camera's path.",
        "Later does not have to mean farther away.",
        "Positions of the camera, not its directions, are the subject here.",
        "From each image to the next, the camera's step can be estimated.",
    ),
    questions=(
        (
            "Which image was taken farthest from where Image-1 was taken, as the crow flies: {options}? "
            "Answer with its name."
        ),
        (
            "At which image, {options}, was the camera at the greatest straight-line distance from its "
            "position at Image-1? Name the image."
        ),
        (
            "Measure straight lines from the camera position of Image-1 to those of the other images. Which "
            "image has the longest line, {options}? Reply with the name of the image."
        ),
        (
            "One of the images after the first was taken farther from the starting point at Image-1, in a "
            "straight line, than all the others. Was it {options}? Give only the name."
        ),
        (
            "The camera left the place of Image-1 and may have come back. When was it farthest away in a "
            "direct line: at {options}? State the image by name."
        ),
        (
            "Choose {options}: where was the camera most distant from its position at Image-1, measured "
            "straight through space? Name one image."
        ),
        (
            "Which camera position lies farthest from that of Image-1: that of {options}? Use direct "
            "distance, not the length of the path, and write the image's name."
        ),
        (
            "If you tied a string to the camera position of Image-1 and pulled it straight to each later "
            "camera position, which image would need the most string: {options}? Give the name."
        ),
        (
            "Rank the later images by the straight-line distance of their cameras from the camera of "
            "Image-1. Which name comes out on top, {options}?"
        ),
        (
            "Pick the image whose viewpoint is farthest from the viewpoint of Image-1 in a straight line. "
            "Reply with a name, either {options}."
        ),
        (
            "Of all images after Image-1, one has its camera centre at the largest Euclidean distance from "
            "the first camera centre. Name it: {options}."
        ),
        (
            "Imagine the smallest sphere centred on the camera of Image-1 that contains all later camera "
            "positions, so that its radius is the largest direct distance. Which image was taken on its "
            "surface: {options}? Its name will do."
        ),
        (
            "Go by distance, not by the order of the images: which of them was taken farthest, in a straight "
            "line, from the position of Image-1's camera? Reply with a name: {options}."
        ),
        (
            "Tell me the name of the image at which the camera was farthest from where it took Image-1, "
            "measured directly and not along its path. Choose {options}."
        ),
        (
            "Where was the camera farthest from its position at Image-1, counting direct distance only: at "
            "{options}? Respond with one image name."
        ),
        (
            "As the camera moves through the series, its direct distance from the spot of Image-1 may rise "
            "and fall. At which image is it largest: {options}? Name that image."
        ),
        (
            "Name the image among those after the first whose camera was farthest in a straight line from "
            "Image-1's camera. It is {options}."
        ),
        (
            "Suppose a beacon stands where Image-1 was taken. At which image, {options}, would the camera be "
            "the farthest from the beacon in a straight line? Give the image's name."
        ),
        (
            "Consider every camera position after the first and how far it is, in a direct line, from that "
            "of Image-1. Is the maximum reached at {options}? Provide the name."
        ),
        (
            "A bird flies directly from the place where Image-1 was taken to where one of the later images "
            "was taken. For which image is its flight longest, {options}? Answer by name."
        ),
        "Farthest from the camera of Image-1 in a straight line: {options}? Name only, please.",
        (
            "Please compare the later camera positions with the first. At which image, {options}, was the "
            "camera farthest from its position at Image-1, by straight-line distance? The name is enough."
        ),
        (
            "How far the camera turned is irrelevant; only its position matters. Name the image taken at the "
            "largest straight-line distance from the place of Image-1: {options}."
        ),
        (
            "The camera's path begins at Image-1. Name the image, {options}, at which the camera was "
            "farthest from that starting point in a straight line."
        ),
        (
            "Represent each image by the position of its camera. Which of these points is farthest, along a "
            "direct line, from that of Image-1? Write the image's name: {options}."
        ),
        (
            "Looking back over the sequence, when had the camera strayed farthest from where Image-1 was "
            "taken, as measured by a straight line between the two positions? Answer with a name: {options}."
        ),
        (
            "By combining the overlaps of neighbouring images, decide which camera position is farthest from "
            "that of Image-1 in direct distance. State the name of its image, {options}."
        ),
        (
            "Take a pair of camera positions: the first is that of Image-1, and the other is that of "
            "{options}. For which choice is the straight-line distance between them largest? Reply with the "
            "name."
        ),
        (
            "I want to find the image whose camera position has the greatest direct distance from that of "
            "Image-1. Which name should I write down, {options}?"
        ),
        (
            "Plot the camera positions in space and draw a straight line from that of Image-1 to each. Give "
            "the name of the image at the end of the longest line: {options}."
        ),
        (
            "At one image the camera was farther away from its place at Image-1, in a straight line, than at "
            "any other. Which one, {options}? Its name is the answer."
        ),
        (
            "Only one of the later images may be kept: the one taken farthest from the place of Image-1 as "
            "the crow flies. What is its name, {options}?"
        ),
        (
            "Distances here are direct ones between camera positions. What is the name of the image farthest "
            "from Image-1 in this sense: {options}?"
        ),
    ),
    answers=(
        "It is `{answer}`.",
        "`{answer}`.",
        "The farthest one is `{answer}`.",
        "The camera was farthest away at `{answer}`.",
        "I would say `{answer}`.",
        "The greatest distance belongs to `{answer}`.",
        "The image taken farthest from the start is `{answer}`.",
        "My answer is `{answer}`.",
        "Of the later images, `{answer}` has the most distant camera position.",
        "In a straight line, `{answer}` lies farthest from Image-1.",
        "The distance from the first camera is largest for `{answer}`.",
        "None was taken farther from the place of Image-1 than `{answer}`.",
        "The longest line leads from Image-1 to `{answer}`.",
    ),
)
