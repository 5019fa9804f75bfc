"""Wordings of ``object_{height,width,length}``: one dimension of a named object, in millimetres."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "Even things of the same kind can differ widely in size.",
        "The task is to measure one object of the scene.",
        "Familiar things nearby can help you to judge the scale.",
        "Even if parts of the object are hidden, it is shown from end to end along the side in question.",
        "Rely on what you see, since no measurements are given.",
        "Distant things look small, but real size is what counts here.",
        "This question concerns the true size of a thing that a camera recorded.",
        "The object to be measured is named in the question.",
        "Think about how large things are in reality, not how large they appear.",
        "Find the object first, then judge how big it is.",
        "Work out the size of an object from what a camera recorded.",
        "In what follows, upright means in line with gravity.",
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
            "A crate stands upright and is the smallest that can hold all of the {object}. Tell me its "
            "{dimension}, meaning {meaning}, to the nearest millimetre."
        ),
        (
            "Draw an upright box as small as possible around the complete {object}. How many whole "
            "millimetres is the {dimension} of the box, by which I mean {meaning}?"
        ),
        (
            "I want to know the {dimension} of the {object} to the nearest millimetre. Please enclose all of "
            "it in the smallest upright box and measure {meaning}."
        ),
        (
            "Give the {dimension} of the {object} as an integer in mm: put the smallest upright box around "
            "the whole thing and take {meaning}."
        ),
        (
            "The smallest upright box that contains every part of the {object} has three dimensions. State "
            "the one called {dimension}, in other words {meaning}, in whole millimetres."
        ),
        (
            "Parts of the {object} may be hidden, but its {dimension} can be judged from {views}. In whole "
            "millimetres, what is {meaning}, for the smallest upright box around all of it?"
        ),
        (
            "Using {views}, work out the {dimension} of the {object}: enclose it completely in the smallest "
            "upright box and take {meaning}. Answer with an integer in millimetres."
        ),
        (
            "What would a ruler read, in whole millimetres, along the {dimension} of the smallest upright "
            "box around the whole {object}? By definition this is {meaning}."
        ),
        (
            "Answer with a whole number of millimetres: what is the {dimension} of the {object}, or rather "
            "of the smallest upright box around it as a whole? The word means {meaning}."
        ),
        (
            "Imagine shrinking an upright box around the {object} until it is the smallest that still holds "
            "everything. Which integer gives its {dimension} ({meaning}) in millimetres?"
        ),
        (
            "A catalogue lists the smallest upright box around each item as a whole. Judging by {views}, how "
            "many millimetres, as an integer, should it print for the {object} as the {dimension}, which it "
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
            "The smallest possible upright box encloses the entire {object}. What is the {dimension} of the "
            "box, in millimetres without decimals, if the word is taken to mean {meaning}?"
        ),
        (
            "Each object here is described by the smallest upright box around all of it, with {meaning} as "
            "the {dimension}. How large is that for the {object}, in whole millimetres?"
        ),
        (
            "Suppose you had to state the {dimension} of the {object}. With the smallest upright box around "
            "the whole of it, and taking {meaning}, what number would you give, to the nearest millimetre?"
        ),
        (
            "Please estimate, in whole millimetres, the {dimension} of the {object} shown in {views}: fit "
            "the smallest upright box around all of it and measure {meaning}."
        ),
        (
            "Report one number, an integer in millimetres: the {dimension} of the smallest upright box "
            "around the full {object}, which is {meaning}."
        ),
        (
            "With {views} as your only evidence, what is the {dimension} of the {object} in millimetres, "
            "rounded to an integer? Use {meaning} after packing it whole into the smallest upright box."
        ),
        (
            "Suppose you pack the entire {object}, without tilting, into the smallest upright box that will "
            "do. What {dimension} does the box have in whole millimetres, understood as {meaning}?"
        ),
        (
            "I need the {dimension} of the {object} in mm, as a whole number. Sizes are those of the "
            "smallest upright box around a complete object, so what counts is {meaning}."
        ),
        (
            "A carpenter builds the smallest upright case that fits around all of the {object}. What is the "
            "{dimension} of the case, that is to say {meaning}, in millimetres, rounded to an integer?"
        ),
        (
            "Can you judge the {dimension} of the {object} from {views}? Imagine the smallest upright box "
            "around the whole, and express {meaning} in whole millimetres."
        ),
        (
            "Find the {object} and, in your mind, wrap the smallest upright box around all of it. Then "
            "estimate the {dimension}, by which I mean {meaning}, in whole millimetres."
        ),
        (
            "Size of the {object}: only the {dimension} is needed, as an integer in mm, meaning {meaning} "
            "for the smallest upright box around all of it."
        ),
        (
            "A 3D annotator fits the smallest upright box to the whole {object} and records {meaning} as the "
            "{dimension}. Predict that value in whole millimetres."
        ),
        (
            "Seen and unseen parts alike belong in the smallest upright box around the {object}. What is the "
            "{dimension} of this box to the nearest millimetre, if it is defined as {meaning}?"
        ),
        (
            "Consider the space taken up by the {object}, every part included, and the smallest upright box "
            "around it. How many whole millimetres is the {dimension}, defined as {meaning}?"
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
