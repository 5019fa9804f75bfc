"""Wordings of ``camera_chain_turn``: the total turn about the vertical over a series, in degrees."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "A camera may have turned this way and that while it took a series of images.",
        "These images were taken in the order given, by one camera.",
        "Follow the direction in which the camera looks from image to image.",
        "Because neighbouring images overlap, each turn between them can be judged.",
        "The subject of this question is how the camera turned over a whole sequence.",
        "The scene does not move, so changes of view are due to the camera.",
        "Over several images, small turns can add up to a large one.",
        "Image-1 is the start of a sequence of overlapping views.",
        "Where the camera stood is of no importance here, only how it turned.",
        "The heading of the camera may change at every step of the series.",
        "What leaves the view on one side shows which way the camera turned.",
    ),
    questions=(
        (
            "By how many degrees in all did the camera turn about the vertical from Image-1 to {last}? Add "
            "up the turns from image to image, letting left and right cancel and counting a full circle as "
            "360, and give a whole number."
        ),
        (
            "Follow the viewing direction from Image-1 through the images to {last}. How far has it turned "
            "about the vertical axis in total, in whole degrees? Turns to the left and to the right offset "
            "each other, and a full circle counts as 360 degrees."
        ),
        (
            "Sum the turns about the vertical at each step from Image-1 to {last}, left as plus and right as "
            "minus. What is the size of the sum, in whole degrees, where a full circle is 360 and not 0?"
        ),
        (
            "Suppose that the camera carries a dial which advances when it turns left about the vertical and "
            "runs back when it turns right. By how many whole degrees has the dial changed between Image-1 "
            "and {last}, if a full circle moves it by 360?"
        ),
        (
            "Imagine that you hold the camera and turn with it, from Image-1 until {last}. How many whole "
            "degrees have you turned about the vertical when a turn back undoes a turn, and a full circle "
            "makes 360?"
        ),
        (
            "Estimate the net turn of the camera about the gravity axis over the series from Image-1 to "
            "{last}, as a whole number of degrees. Opposite turns cancel, and after half a circle the count "
            "simply goes on past 180."
        ),
        (
            "What is the camera's overall change of heading, in whole degrees about the vertical, from "
            "Image-1 to {last}? It is the signed sum of the changes between consecutive images, reported "
            "without its sign, so that a full circle gives 360."
        ),
        (
            "From each image to the next the camera turns somewhat to the left or to the right about the "
            "vertical. Give the size of the total from Image-1 to {last} to the nearest degree, with left "
            "and right turns subtracted from each other and full circles counted as 360."
        ),
        (
            "Starting with Image-1 and ending with {last}, how much did the camera pan about the vertical "
            "axis altogether? Panning back reduces the total, a full circle adds 360; answer in whole "
            "degrees."
        ),
        (
            "Let a needle on a level disc show the camera's heading about the vertical. Through how many "
            "whole degrees has it moved on balance between Image-1 and {last}? Movements to and fro cancel, "
            "and a complete circle is worth 360."
        ),
        (
            "A thread winds round a vertical post as the camera turns one way and unwinds as it turns the "
            "other way. From Image-1 to {last}, how many whole degrees of winding remain, in either "
            "direction, counting 360 for each full circle?"
        ),
        (
            "Taken image by image, how many degrees of turn about the vertical separate {last} from Image-1? "
            "Left and right count against each other, full circles count as 360 each, and the answer is a "
            "whole number without a sign."
        ),
        (
            "I would like to know the total turn about the vertical that the camera has made by {last}, "
            "compared with Image-1. Take the signed turns from image to image, add them, drop the sign, and "
            "give whole degrees; 360 stands for a full circle."
        ),
        (
            "How large is the angle, in whole degrees, by which the camera's heading has turned about the "
            "vertical between Image-1 and {last}, where a turn to the left cancels one to the right? It may "
            "exceed 180, since a full circle is 360."
        ),
        (
            "Keep a running total of the camera's turns about the gravity axis: add for left, subtract for "
            "right, and never reset it after a full circle. If it starts at 0 for Image-1, what is its size "
            "at {last}, in whole degrees?"
        ),
        (
            "Report, as an integer in degrees, how far the camera has come round about the vertical at "
            "{last} since Image-1. Steps in opposite directions cancel, and having come all the way round "
            "means 360."
        ),
        (
            "Leaving tilt aside, what is the sum of all yaw changes from Image-1 to {last}, taken step by "
            "step about the vertical with their signs? State its magnitude in whole degrees; 360 is a full "
            "circle."
        ),
        (
            "The camera may turn left, then right, then left again. On balance, how many whole degrees about "
            "the vertical did it turn from Image-1 to {last}, where a full circle amounts to 360?"
        ),
        (
            "Someone films while turning about a vertical axis. To undo all of the turning from Image-1 to "
            "{last} in one go, how many degrees would they have to turn back, as a whole number? Turns to "
            "the left and to the right may have undone each other already, whereas a full circle still takes "
            "360."
        ),
        (
            "Net turn to the left or right from Image-1 to {last} about the vertical, summed over the steps "
            "with their signs, in whole degrees, with 360 for a full circle and no sign in the answer?"
        ),
        (
            "Work through the images in order and determine each turn about the vertical. On arrival at "
            "{last}, how much is left when all right turns since Image-1 are subtracted from all left turns, "
            "in whole degrees and as a positive number, if a full circle is 360?"
        ),
        (
            "Tell me the size of the accumulated change in heading about the vertical between Image-1 and "
            "{last}, rounded to whole degrees. Accumulated means that signed steps are added up: swings to "
            "and fro cancel, while a circle is not reduced to 0 but remains 360."
        ),
        (
            "If you looked down along the vertical and watched the camera swing, through what angle would it "
            "have swung from Image-1 to {last}, after swings back are deducted? Use whole degrees, only the "
            "size, and 360 for every full circle."
        ),
        (
            "A cable runs along the vertical below the camera and is twisted by its turns. By how many whole "
            "degrees, in either direction, is it twisted at {last} if it was untwisted at Image-1? Turning "
            "back takes twist out, and a full circle puts 360 degrees in."
        ),
        (
            "Determine the camera's turn from Image-1 to {last} about the vertical without taking the "
            "shorter way round: add the signed turns between successive images. Only the absolute value "
            "matters, in whole degrees, and a full circle has 360."
        ),
        (
            "With turns to one side counted as positive and turns to the other as negative, what do the "
            "turns about the vertical add up to between Image-1 and {last}? Give the absolute value as an "
            "integer in degrees; each full circle contributes 360."
        ),
        (
            "How many degrees, to the nearest whole one, has the camera turned about the vertical from "
            "Image-1 to {last}? Turning back is deducted, and the count goes on past 180 and 360 if a circle "
            "is completed."
        ),
        (
            "Seen from straight above, the heading is where the camera points, and it turns about the "
            "vertical. Over the steps from Image-1 to {last}, what is the size of its net turn in whole "
            "degrees, with opposite turns cancelling and circles counting 360?"
        ),
        (
            "Please add up the rotation about the gravity axis along the sequence from Image-1 to {last}. "
            "Rotation to the left cancels rotation to the right, a full circle makes 360, and the result "
            "should be a whole number of degrees with no sign."
        ),
        (
            "How far round from Image-1 has the camera come at {last}, if you keep track of every turn about "
            "the vertical in between? Turns to either side cancel, one full circle is 360, and the reply is "
            "a number of whole degrees."
        ),
        (
            "Put a number on the camera's turning about the vertical axis up to {last}, with Image-1 as "
            "zero. Each step counts with its sign, the result without; use whole degrees, of which a full "
            "circle has 360."
        ),
        (
            "Go from Image-1 to {last} one image at a time and note by how many degrees the view swings to "
            "the left or right about the vertical. What is left over after the two sides cancel, as an "
            "integer number of degrees, given that going full circle counts 360?"
        ),
    ),
    answers=(
        "The camera turned by `{angle}` degrees in total.",
        "About `{angle}` degrees.",
        "`{angle}` degrees.",
        "From Image-1 to {last}, the turns add up to `{angle}` degrees.",
        "I estimate a net turn of `{angle}` degrees.",
        "All in all, it is a turn of roughly `{angle}` degrees about the vertical.",
        "On balance, the camera came round by `{angle}` degrees.",
        "The sum of the steps is `{angle}` degrees.",
        "By {last}, the heading has changed by `{angle}` degrees.",
        "Left and right turns together leave `{angle}` degrees.",
        "The total comes to some `{angle}` degrees.",
        "My estimate of the overall turn is `{angle}` degrees.",
        "All the way to {last}, the camera turned through `{angle}` degrees.",
    ),
)
