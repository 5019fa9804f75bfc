"""Sentences that define the image coordinates of variants that speak in ``[x, y]``."""

NOTES: tuple[str, ...] = (
    (
        "Coordinates are written as [x, y] and normalised by the image's width and height to a scale "
        "from 0 to 1000; [0, 0] is the top-left corner, x grows to the right and y grows downwards."
    ),
    (
        "All [x, y] are integers from 0 to 999: x counts thousandths of the image width to the right, y "
        "counts thousandths of the image height downwards, and [0, 0] is the top-left corner."
    ),
    (
        "In [x, y], x runs rightwards over the image's width, from 0 at the left edge to 1000 at the "
        "right, and y runs downwards over its height, from 0 at the top edge to 1000 at the bottom; [0, "
        "0] is the top-left corner."
    ),
    (
        "Positions are not given in pixels: each [x, y] is relative to the width and height of its "
        "image, scaled to 0 to 1000, with [0, 0] at the top left, x increasing to the right and y "
        "increasing downwards."
    ),
    (
        "Positions [x, y] start from the top-left corner of the image, [0, 0]: x says how far to the "
        "right a point lies, in thousandths of the image's width, and y how far down, in thousandths of "
        "its height."
    ),
    (
        "Here [x, y] means: x thousandths of the image width to the right and y thousandths of the "
        "image height down, starting from [0, 0] in the top-left corner, in integers from 0 to 999."
    ),
    (
        "Each coordinate is an integer between 0 and 1000; x is scaled by the width of the image and "
        "grows to the right, y is scaled by its height and grows downwards, and the top-left corner is "
        "[0, 0]."
    ),
    (
        "For any [x, y], divide x by 1000 to get the fraction of the image width to the right, and y by "
        "1000 to get the fraction of the image height downwards; both start at the top-left corner, [0, "
        "0]."
    ),
    (
        "Image coordinates [x, y] start at [0, 0] in the top-left corner and are normalised, so that "
        "the full width (x, to the right) and the full height (y, downwards) of the image both count as "
        "1000."
    ),
    (
        "The scale of [x, y] is 0 to 1000 in both directions, whatever the resolution: x goes "
        "rightwards across the image's width, y goes downwards over its height, and both are 0 at the "
        "top-left corner, [0, 0]."
    ),
    (
        "Points are located by integers [x, y] with the origin [0, 0] in the top-left corner, where x "
        "(to the right) is normalised by the image's width, y (downwards) by its height, and both are "
        "scaled to 0 to 1000."
    ),
    (
        "Read [x, y] as a normalised position: with the image's width and height each taken as 1000 "
        "units, the point is x units to the right of the top-left corner, [0, 0], and y units below it."
    ),
    (
        "Coordinates in the form [x, y] are whole numbers from 0 to 999 that express the place as "
        "thousandths of the image's width (x, rightwards) and height (y, downwards), measured from the "
        "top-left corner, [0, 0]."
    ),
    (
        "The origin [0, 0] of all coordinates [x, y] is the top-left corner of the image; x rises to "
        "the right and y rises downwards, and after division by the image's width or height each is "
        "multiplied by 1000 and rounded down to an integer."
    ),
)
