"""Wordings of ``correspondence_coord``: where Image-2 shows a point of Image-1."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "Image-1 and Image-2 show parts of the same static scene.",
        "The two images overlap, so some surfaces appear in both.",
        "One scene is seen in two different views.",
        "Image-2 shows some of what Image-1 shows, but in a different view.",
        "Nothing in the scene moves between the two images.",
        "Two views of one place are given, and they share only part of what they show.",
        "The same static scene was viewed twice by a camera.",
        "Treat the pair as a surveyor would, and look for what the two views have in common.",
        "Some of the surfaces seen in Image-1 can also be found in Image-2.",
        "The camera's pose changes between Image-1 and Image-2, while the scene stays as it is.",
        "This task is about finding the same spot in two views.",
    ),
    questions=(
        (
            "The surface seen at {point} in Image-1 is visible in Image-2 as well. What coordinates [x, y] "
            "does that point of it have there?"
        ),
        (
            "In Image-1, {point} lies on some surface. Where is the same physical point in Image-2? Answer "
            "with [x, y]."
        ),
        (
            "Find the place in Image-2 that shows the same physical spot as {point} in Image-1, and give it "
            "as [x, y]."
        ),
        (
            "Which position [x, y] in Image-2 corresponds to {point} in Image-1, in the sense that both "
            "show the same physical point?"
        ),
        (
            "Locate in Image-2 the physical point that Image-1 shows at {point}; report its coordinates as "
            "[x, y]."
        ),
        (
            "In Image-1 a surface point appears at {point}. At what [x, y] does that very point appear in "
            "Image-2?"
        ),
        (
            "Start from {point} in Image-1. After the change of view, where in Image-2 does the same point "
            "of the scene end up? Reply with [x, y]."
        ),
        "Match {point} in Image-1 to Image-2: which [x, y] shows the same point on the same surface?",
        (
            "If you touched the surface seen at {point} in Image-1, at which [x, y] in Image-2 would your "
            "fingertip appear?"
        ),
        (
            "Imagine a pin stuck into the surface at {point} in Image-1. Where would that pin appear in "
            "Image-2? Give [x, y]."
        ),
        "Give the [x, y] coordinates in Image-2 of the surface point that projects to {point} in Image-1.",
        (
            "A 3D point on a visible surface projects to {point} in Image-1. Determine its projection [x, "
            "y] in Image-2."
        ),
        (
            "Look at the detail at {point} in Image-1 and identify its position [x, y] in Image-2. The two "
            "positions must show one and the same physical point."
        ),
        (
            "Please transfer {point} from Image-1 to Image-2, so that it stays on the same spot of the same "
            "surface, and write the result as [x, y]."
        ),
        "Where does Image-2 show the surface point that is at {point} in Image-1? Use the form [x, y].",
        (
            "I am looking at {point} in Image-1. Where should I look in Image-2, as [x, y], to see the same "
            "point of the scene?"
        ),
        (
            "The same physical point is visible in both images. In Image-1 it is at {point}; what are its "
            "coordinates [x, y] in Image-2?"
        ),
        "Point correspondence: {point} in Image-1 shows the same surface point as which [x, y] in Image-2?",
        (
            "Image-2 depicts the exact surface point that lies at {point} in Image-1. Tell me at which [x, "
            "y] it does so."
        ),
        (
            "Using landmarks that both views share, work out where the surface point at {point} in Image-1 "
            "falls in Image-2, and state it as [x, y]."
        ),
        (
            "Consider whatever surface is visible at {point} in Image-1. Find that exact spot in Image-2 "
            "and answer with its [x, y]."
        ),
        (
            "Both images contain the point of the scene seen at {point} in Image-1. What is its [x, y] in "
            "Image-2?"
        ),
        (
            "Can you find the point at {point} in Image-1 again in Image-2? It must be the same place on "
            "the same surface; answer as [x, y]."
        ),
        (
            "From {point} in Image-1, follow the underlying surface point across to Image-2. Which "
            "coordinates [x, y] does it have there?"
        ),
        "As [x, y], where in Image-2 is the physical point whose position in Image-1 is {point}?",
        (
            "One position in each image shows the same physical point. In Image-1 it is {point}; name the "
            "one in Image-2 as [x, y]."
        ),
        (
            "A spot on a surface sits at {point} in Image-1. Provide the position [x, y] that it takes up "
            "in Image-2."
        ),
        (
            "Someone puts a small mark on the surface at {point} in Image-1 and leaves it there. At which "
            "coordinates [x, y] would the mark be seen in Image-2?"
        ),
        (
            "For the surface point with coordinates {point} in Image-1, predict the coordinates [x, y] in "
            "Image-2."
        ),
        (
            "Take a small patch of surface centred on {point} in Image-1. Where is the same patch centred "
            "in Image-2? Answer as [x, y]."
        ),
        (
            "Complete the pair: a single surface point is seen at {point} in Image-1 and at which [x, y] in "
            "Image-2?"
        ),
        (
            "Without being misled by similar-looking places, find where in Image-2 the surface point at "
            "{point} in Image-1 reappears. State [x, y]."
        ),
        (
            "Same physical point, other image: it is at {point} in Image-1, so where is it in Image-2? "
            "Write [x, y]."
        ),
    ),
    answers=(
        "It is at `{target}` in Image-2.",
        "The same point appears at `{target}`.",
        "In Image-2 the point lies at `{target}`.",
        "`{target}`.",
        "Its counterpart in Image-2 is at `{target}`.",
        "Image-2 shows that surface point at `{target}`.",
        "I find it again in Image-2, at `{target}`.",
        "In the other image, its coordinates are `{target}`.",
        "You can see the same spot at `{target}` in the second image.",
        "The corresponding coordinates are `{target}`.",
        "Look at `{target}` in Image-2: that is the same point of the scene.",
        "That point of the scene projects to `{target}` in Image-2.",
        "In the second view the point is found at `{target}`.",
    ),
)
