"""Wordings of ``object_{height,width,length}``: one dimension of a named object, in millimetres."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "Things differ widely in size, even things of the same kind.",
        "The task is to measure one object of the scene.",
        "Familiar things nearby can help you to judge the scale.",
        "Only part of the object may be in sight.",
        "Rely on what you see, since no measurements are given.",
        "Distant things look small, but real size is what counts here.",
        "This question concerns the true size of a thing that a camera recorded.",
        "The object in question is the only one of its kind in sight.",
        "Think about how large things are in reality, not how large they appear.",
        "Find the object first, then judge how big it is.",
        "An object is to be sized up from what a camera recorded.",
        "Upright means in line with gravity in what follows.",
    ),
    questions=(
        (
            "Take the smallest upright box around the whole {object}. What is its {dimension}, that is, "
            "{meaning}, in whole millimetres?"
        ),
        (
            "What is the {dimension} of the {object} in millimetres? Go by the smallest upright box that "
            "encloses all of it and report {meaning}, as a whole number."
        ),
        (
            "If all of the {object} had to fit into an upright box with no room to spare, what {dimension} "
            "would that smallest box have, in whole millimetres? It is defined as {meaning}."
        ),
        (
            "Estimate the {dimension} of the {object} from {views}, in millimetres without decimals. The "
            "reference is the smallest upright box around the entire object, and the dimension is {meaning}."
        ),
        (
            "A crate stands upright and is the smallest that can hold all of the {object}. Tell me the "
            "{dimension} of this crate, meaning {meaning}, to the nearest millimetre."
        ),
        (
            "With an upright box drawn as small as possible around the complete {object}, {dimension} stands "
            "for {meaning}. How many whole millimetres does it measure?"
        ),
        (
            "I want to know the {dimension} of the {object} to the nearest millimetre. Please enclose all of "
            "it in the smallest upright box and measure {meaning}."
        ),
        (
            "Give the {dimension} of the {object} in mm as an integer: {meaning}, once the smallest upright "
            "box is put around the whole thing."
        ),
        (
            "There are three sides to the smallest upright box that contains every part of the {object}. "
            "State the one called {dimension}, in other words {meaning}, in whole millimetres."
        ),
        (
            "Parts of the {object} may be out of sight in {views}. Judge the {dimension} of the smallest "
            "upright box around all of it nonetheless, namely {meaning}, in whole millimetres."
        ),
        (
            "Using {views}, work out the {dimension} of the {object}: {meaning} when the smallest upright "
            "box encloses it completely. The unit is the millimetre and the format is an integer."
        ),
        (
            "What would a ruler read, in whole millimetres, along the {dimension} of the smallest upright "
            "box around the whole {object}? By definition this is {meaning}."
        ),
        (
            "Answer with a whole number of millimetres. The question is about the {dimension} of the "
            "{object}, or rather of the smallest upright box around it as a whole, and means {meaning}."
        ),
        (
            "Imagine shrinking an upright box around the {object} until it is the smallest that still holds "
            "everything. Which integer gives its {dimension} ({meaning}) in millimetres?"
        ),
        (
            "A catalogue lists the smallest upright box around each item as a whole. Judging by {views}, "
            "what integer number of millimetres should it print for the {object} under {dimension}, which it "
            "defines as {meaning}?"
        ),
        (
            "A removal firm notes the smallest upright box around each complete piece. For the {object}, "
            "what {dimension} should it write down, in whole mm? The firm defines it as {meaning}."
        ),
        (
            "For the {object}, find {meaning}, also known as the {dimension}, in whole millimetres; the "
            "sides are those of the smallest upright box around the whole of it."
        ),
        (
            "An upright box, the smallest there can be, encloses the entire {object}. In millimetres and "
            "without decimals, what is the {dimension} of the box, with this word taken to mean {meaning}?"
        ),
        (
            "Each object here is described by the smallest upright box around all of it, with {meaning} as "
            "the {dimension}. How large is that for the {object}, in whole millimetres?"
        ),
        (
            "What size would you give the {object} in terms of {dimension}? Consider the smallest upright "
            "box around the whole of it, take {meaning}, and round to the nearest millimetre."
        ),
        (
            "Please estimate in whole millimetres the {dimension} of the {object} shown in {views}; what is "
            "wanted is {meaning} after boxing in all of it with the smallest upright box."
        ),
        (
            "Among the sides of the smallest upright box around the full {object}, one is {meaning}, called "
            "the {dimension}. Report it as an integer in millimetres."
        ),
        (
            "With {views} as your only evidence, how many millimetres is the {dimension} of the {object}? "
            "Use {meaning} after packing it whole into the smallest upright box, and round to an integer."
        ),
        (
            "Suppose you pack the {object}, entire and without tilting, into the smallest upright box that "
            "will do. Which {dimension} does the box then have in whole millimetres, if that is understood "
            "as {meaning}?"
        ),
        (
            "The {dimension} of the {object} is wanted, in mm and as a whole number. Sizes are those of the "
            "smallest upright box around a complete object, so what counts is {meaning}."
        ),
        (
            "Measure the {object} as a carpenter would who builds the smallest upright case around all of "
            "it: what is the {dimension}, here {meaning}, in millimetres, rounded to an integer?"
        ),
        (
            "Can you tell the {dimension} of the {object} from {views}? It should be {meaning} for the "
            "smallest upright box around the whole, expressed in whole millimetres."
        ),
        (
            "Look for the {object} and wrap the smallest upright box around all of it in your mind. Then put "
            "a figure on the {dimension}, by which I mean {meaning}, in whole millimetres."
        ),
        (
            "Size of the {object}: give only the {dimension}, in mm, as an integer, with the smallest "
            "upright box around all of it as the measure and {meaning} as the definition."
        ),
        (
            "A 3D annotator fits the smallest upright box to the whole {object}. Predict the {dimension} "
            "that results, in whole millimetres, given that it is recorded as {meaning}."
        ),
        (
            "Seen and unseen parts alike belong in the smallest upright box around the {object}. What is the "
            "{dimension} of this box to the nearest millimetre, if it is defined as {meaning}?"
        ),
        (
            "Consider the space taken up by the {object}, every part included, and the smallest upright box "
            "around it. How many whole millimetres should be quoted as the {dimension}, defined as "
            "{meaning}?"
        ),
    ),
    answers=(
        "The {dimension} is `{size}` mm.",
        "About `{size}` millimetres.",
        "`{size}` mm.",
        "The {dimension} of the {object} is roughly `{size}` millimetres.",
        "I estimate `{size}` mm.",
        "It measures some `{size}` millimetres.",
        "In {dimension}, it comes to `{size}` mm.",
        "Around the {object}, the box would need a {dimension} of `{size}` mm.",
        "My estimate of the {dimension} is `{size}` millimetres.",
        "For the {object}, I would say `{size}` mm.",
        "A box around the whole of it would have a {dimension} of `{size}` millimetres.",
        "Judging by what is around it, the {object} should measure about `{size}` mm in {dimension}.",
        "That would be `{size}` millimetres.",
        "The smallest upright box has a {dimension} of `{size}` mm.",
    ),
)
