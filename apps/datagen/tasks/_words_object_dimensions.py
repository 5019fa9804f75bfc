"""Wordings of ``object_dimensions``: height, width and length of a named object, in millimetres."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "Measure one object in all three dimensions.",
        "With enough hints about scale, the size of a thing can be judged from how it looks.",
        "Parts of the object may be hidden, but along each dimension it can be seen from end to end.",
        "Height, width and length are asked for together.",
        "This question is about how much space a thing takes up.",
        "Estimate real dimensions, not apparent ones.",
        "An upright box has four vertical edges and a level top and bottom.",
        "The object to be measured is somewhere in this scene.",
        "Things of familiar size can serve as yardsticks.",
        "You are asked for the three sides of a box.",
        "Look at the whole scene before you judge the size of one thing in it.",
        "Which way the object faces does not matter here, only how far it extends.",
    ),
    questions=(
        (
            "What are the dimensions of the {object}? Take the smallest upright box around all of it and "
            "answer with [height, width, length] in whole millimetres, where height is vertical, width the "
            "shorter and length the longer horizontal side."
        ),
        (
            "Give [height, width, length] of the {object} as integers in mm. These are the sides of the "
            "smallest upright box around the whole object: its vertical side, its shorter horizontal side "
            "and its longer horizontal side."
        ),
        (
            "The smallest possible upright box holds the whole {object}. How far does the box extend "
            "vertically, and how long are its shorter and its longer horizontal side? Reply in whole "
            "millimetres as [height, width, length]."
        ),
        (
            "Estimate three numbers in whole millimetres, [height, width, length], for the smallest upright "
            "box that encloses the entire {object}. The first is vertical; of the two horizontal ones, width "
            "is the smaller and length the larger."
        ),
        (
            "From {views}, judge the size of the {object}. Write [height, width, length] in millimetres "
            "without decimals, meaning the vertical extent, the shorter and the longer horizontal side of "
            "the smallest upright box around all of it."
        ),
        (
            "A courier asks for the size of the smallest upright box that holds every part of the {object}. "
            "Which [height, width, length] should you declare, in whole mm? Height is the vertical side, "
            "width the shorter horizontal side and length the longer one."
        ),
        (
            "Enclose the whole {object} in an upright box that could not be smaller. List its vertical edge "
            "as height, its shorter horizontal edge as width and its longer one as length: [height, width, "
            "length], in millimetres, rounded to integers."
        ),
        (
            "How big a box is needed for the {object}? Write [height, width, length] in whole millimetres, "
            "read off the smallest upright box around all of it: the vertical side first, then the shorter "
            "horizontal one, then the longer."
        ),
        (
            "Report the size of the {object} as [height, width, length] in mm, all whole numbers. Height is "
            "vertical; of the two horizontal sides of the smallest upright box around all of it, the longer "
            "counts as length and the shorter as width."
        ),
        (
            "I am looking for [height, width, length] of the smallest upright box that holds all of the "
            "{object}. The height is measured vertically, the width is the smaller and the length the larger "
            "of the two horizontal sides, and the unit is the millimetre, rounded to integers."
        ),
        (
            "Which dimensions, [height, width, length] in whole millimetres, would you assign to the "
            "{object} seen in {views}? Think of the smallest upright box around the whole of it: its "
            "vertical side is the height, and of its horizontal sides the longer is the length and the "
            "shorter the width."
        ),
        (
            "Put the {object} into the smallest upright box that will hold it completely. With the vertical "
            "dimension first, then the smaller horizontal one, then the larger, what is [height, width, "
            "length] in mm, to the nearest integer?"
        ),
        (
            "Someone wants to know whether the {object} would fit into a gap. Provide [height, width, "
            "length] in whole millimetres for the smallest upright box around all of it: vertical side, "
            "shorter horizontal side, longer horizontal side."
        ),
        (
            "Count the hidden parts of the {object} as well. As integers in millimetres, what is [height, "
            "width, length] of the smallest upright box around it, if height is vertical, width the lesser "
            "and length the greater horizontal side?"
        ),
        (
            "An upright box is shrunk around the {object} until it is the smallest that still contains "
            "everything. Give its sides as [height, width, length] in whole mm: the vertical one, the "
            "shorter horizontal one and the longer horizontal one."
        ),
        (
            "Please size up the {object}: [height, width, length], each a whole number of millimetres. "
            "Measure the height along the vertical, and take the shorter and the longer horizontal side of "
            "the smallest upright box around the whole of it as width and length."
        ),
        (
            "How much room is taken up by the {object}? Describe the smallest upright box that holds it "
            "completely as [height, width, length] in whole mm; the height is its vertical side, while width "
            "and length are the smaller and the larger side of its horizontal base."
        ),
        (
            "I need three measurements of the {object}, in the order [height, width, length] and in whole "
            "millimetres: the vertical extent, then the shorter and then the longer horizontal side of the "
            "smallest upright box around the whole object."
        ),
        (
            "Find the smallest upright box around the complete {object}. Call its vertical side height, the "
            "longer horizontal side length and the remaining, shorter one width. What is [height, width, "
            "length] in millimetres, each rounded to an integer?"
        ),
        (
            "Using {views}, complete the list [height, width, length] for the {object} in whole millimetres. "
            "The list describes the smallest upright box around all of it: height vertically, width along "
            "the shorter and length along the longer horizontal side."
        ),
        (
            "What would a tape measure show, in whole millimetres, along the vertical side, the shorter "
            "horizontal side and the longer horizontal side of the smallest upright box around the {object}, "
            "all of it included? Respond in the form [height, width, length]."
        ),
        (
            "A 3D detector describes each object by the smallest upright box around all of it. What should "
            "it output for the {object} as [height, width, length], in integer millimetres, if height is the "
            "vertical side and length is the longer, width the shorter of the horizontal ones?"
        ),
        (
            "Suppose the smallest upright display case is built for all of the {object}. State its inner "
            "[height, width, length] in whole millimetres: the vertical side, and of the two horizontal "
            "sides the shorter before the longer."
        ),
        (
            "Work out the extents of the {object} and list them as [height, width, length]: the vertical one "
            "first, then the smaller horizontal one, and the larger horizontal one last. Take them from the "
            "smallest upright box around all of it, in whole mm."
        ),
        (
            "Someone wraps the smallest upright box around the whole {object}. Tell me the measurements of "
            "the box in whole millimetres as [height, width, length], where height is vertical, width is the "
            "shorter horizontal side and length is the longer."
        ),
        (
            "Dimensions of the {object} in whole mm, as [height, width, length] (vertical side, shorter "
            "horizontal side, longer horizontal side of the smallest upright box around all of it)?"
        ),
        (
            "Going by {views}, how would you fill in [height, width, length] for the {object}? Use whole "
            "millimetres, for the smallest upright box around the entire object: its vertical extent, the "
            "lesser of its horizontal sides, then the greater one."
        ),
        (
            "Describe the {object} by the smallest upright box that it fits into as a whole. Its horizontal "
            "sides are the width (shorter) and the length (longer), its vertical side is the height, and the "
            "reply should be [height, width, length] in whole millimetres."
        ),
        (
            "If you were to model the {object} as a plain upright box, the smallest that leaves nothing "
            "outside, what would [height, width, length] be? Use whole millimetres, with the vertical side "
            "as the height and the shorter and the longer horizontal side as the width and the length."
        ),
        (
            "Can you estimate, to the nearest millimetre, the [height, width, length] of the {object}? What "
            "matters is the smallest upright box around all of it; the height is vertical, and the width and "
            "the length are its shorter and its longer horizontal side."
        ),
        (
            "Give all three sides of the smallest upright box around every part of the {object}. Express "
            "them as [height, width, length], integers in millimetres, with the vertical side first and the "
            "longer horizontal side after the shorter."
        ),
        (
            "Imagine vertical walls and a level lid closing in on all of the {object} until they form the "
            "smallest upright box around it. Give [height, width, length] in whole millimetres: the height "
            "of the walls, then the shorter and the longer horizontal side."
        ),
    ),
    answers=(
        "The dimensions are `{dimensions}` mm.",
        "About `{dimensions}` millimetres.",
        "`{dimensions}` mm.",
        "As height, width and length of the {object}, I would give `{dimensions}` mm.",
        "The smallest upright box measures `{dimensions}` millimetres.",
        "My estimate is `{dimensions}` mm.",
        "In the order height, width, length, it is `{dimensions}` millimetres.",
        "The {object} should fit into a box of `{dimensions}` mm.",
        "Its three sides come to roughly `{dimensions}` mm.",
        "I judge the size to be `{dimensions}` millimetres.",
        "A box of `{dimensions}` millimetres would just hold the {object}.",
        "Height, width and length are close to `{dimensions}` mm.",
        "For the whole of the {object}, that comes to `{dimensions}` mm.",
    ),
)
