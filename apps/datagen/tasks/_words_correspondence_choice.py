"""Wordings of ``correspondence_choice``: which of four dots in Image-2 marks the point of Image-1."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "Image-1 and Image-2 are overlapping views of one static scene.",
        "The two images share part of what they show.",
        "The scene is at rest, and only the view of it differs between the images.",
        "Here are two views of a scene, with dots drawn on them.",
        "Dots have been added to both images to mark points on surfaces.",
        "Compare the two views carefully before you choose.",
        "Parts of the scene in Image-1 are visible again in Image-2.",
        "This is a matching task across two images.",
        "The same surfaces can look quite different in two views.",
        "Image-1 has one marked point, and Image-2 has four candidates.",
        "The dots were drawn on the images afterwards and are no part of the scene.",
    ),
    questions=(
        (
            "A dot in Image-1 marks a point on a surface. Which of the dots A, B, C and D in Image-2 marks "
            "the same point? Answer with one letter."
        ),
        (
            "Which labelled dot in Image-2 (A, B, C or D) shows the same surface point as the dot in "
            "Image-1? Give its letter."
        ),
        (
            "Look at the dot in Image-1, then at the four dots labelled A, B, C and D in Image-2. Which of "
            "the four is on the very same spot? Reply with a single letter."
        ),
        (
            "One of the four dots in Image-2, labelled A, B, C and D, sits on the same physical point as "
            "the dot in Image-1. Name its letter."
        ),
        (
            "Four dots, A, B, C and D, are drawn in Image-2. Which one matches the dot in Image-1, that is, "
            "lies on the same point of the same surface? Respond with one letter."
        ),
        (
            "The dot in Image-1 lies on a surface of the scene. Find that exact place in Image-2 and choose "
            "the dot on it: A, B, C or D. A single letter is enough."
        ),
        (
            "A, B, C or D: which dot in Image-2 marks the physical point that is marked by the dot in "
            "Image-1? Just the letter, please."
        ),
        (
            "Suppose the dot in Image-1 were painted on the surface itself. Which dot in Image-2, out of A, "
            "B, C and D, would coincide with the paint? State the letter."
        ),
        (
            "Select the dot in Image-2 that corresponds to the dot in Image-1. The options are A, B, C and "
            "D; exactly one of them shows the same surface point. Answer by letter."
        ),
        (
            "In Image-1, a point is marked by a dot. In Image-2, four candidates are marked A, B, C and D. "
            "Which letter belongs to the same point of the scene?"
        ),
        (
            "I have marked one point in Image-1 with a dot. Which of my four dots in Image-2, labelled A, "
            "B, C and D, marks that same point on the surface? Tell me the letter."
        ),
        (
            "Match the dot in Image-1 to its counterpart among the dots A, B, C and D in Image-2, so that "
            "both mark one and the same surface point. Give one letter."
        ),
        (
            "Of the points A, B, C and D marked by dots in Image-2, only one is also the point under the "
            "dot in Image-1. Which letter is it?"
        ),
        (
            "Where does the dot of Image-1 belong in Image-2: at A, B, C or D? The two dots must mark the "
            "same physical point; answer with a single letter."
        ),
        (
            "If you put a finger on the spot marked by the dot in Image-1, which of the dots A, B, C and D "
            "in Image-2 would it cover? Reply with the letter."
        ),
        (
            "Consider the surface under the dot in Image-1. Which of the four dots in Image-2 (A, B, C, D) "
            "is at the same place on that surface? Write one letter."
        ),
        (
            "Point matching: the dot in Image-1 and one of the dots A, B, C and D in Image-2 show the same "
            "surface point. Pick the letter of that dot."
        ),
        (
            "Use the surroundings of the dot in Image-1 to recognise the same surface point in Image-2. Is "
            "it at dot A, B, C or D? One letter, please."
        ),
        (
            "Identify which of the dots in Image-2, A, B, C or D, lies on the same piece of surface, at the "
            "same spot, as the dot in Image-1. Your answer should be a letter."
        ),
        (
            "Three of the dots A, B, C and D in Image-2 are decoys; the remaining one marks the same "
            "surface point as the dot in Image-1. What is its letter?"
        ),
        (
            "The dots A, B, C and D in Image-2 mark four different points. Which of these points is the one "
            "marked by the dot in Image-1? Provide its letter."
        ),
        (
            "Can you tell which dot in Image-2, A, B, C or D, shows the same point of the scene as the dot "
            "in Image-1? Answer with its letter alone."
        ),
        (
            "Imagine that a pin is pushed into the surface at the dot in Image-1. Next to which letter in "
            "Image-2, A, B, C or D, would you see the pin?"
        ),
        (
            "Decide between the dots A, B, C and D in Image-2: which of them marks the same 3D position as "
            "the dot in Image-1? State one letter."
        ),
        (
            "Seen in a different view, the point marked by the dot in Image-1 appears in Image-2 at one of "
            "the dots A, B, C and D. Which letter is correct?"
        ),
        (
            "Please find the partner of the dot in Image-1. It is one of the dots A, B, C and D in Image-2, "
            "the one on the same surface point; give its letter."
        ),
        (
            "A single physical point is marked twice, by the dot in Image-1 and by one of the dots A, B, C "
            "and D in Image-2. What letter does the latter carry?"
        ),
        "Which one of A, B, C and D in Image-2 is the same surface point as the dot in Image-1? Letter only.",
        (
            "Do not be misled by places that merely look alike: which dot in Image-2, A, B, C or D, is "
            "truly on the same surface point as the dot in Image-1? Give the letter."
        ),
        (
            "Follow the marked point from Image-1 into Image-2. The dot that sits on the same surface point "
            "there is one of A, B, C and D; say which letter."
        ),
        (
            "After comparing both views, choose the dot of Image-2, A, B, C or D, whose surface point is "
            "the one that the dot in Image-1 marks. Finish with one letter."
        ),
        (
            "To which of the four labelled dots in Image-2, A, B, C or D, does the dot in Image-1 "
            "correspond as a point on a real surface? Reply with its letter."
        ),
    ),
    answers=(
        "It is dot `{answer}`.",
        "The answer is `{answer}`.",
        "`{answer}`.",
        "Dot `{answer}` in Image-2 marks the same point.",
        "The matching dot is `{answer}`.",
        "I choose `{answer}`.",
        "The dot in Image-1 corresponds to `{answer}` in Image-2.",
        "The same surface point is marked by `{answer}`.",
        "In Image-2, that point carries the letter `{answer}`.",
        "Of the four candidates, `{answer}` is the right one.",
        "`{answer}` lies on the same spot as the dot in Image-1.",
        "The point reappears at dot `{answer}`.",
        "Only `{answer}` is on the same point of the scene.",
    ),
)
