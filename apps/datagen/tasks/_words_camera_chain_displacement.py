"""Wordings of ``camera_chain_displacement``: a later camera's position in the first camera's axes, in mm."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "The images are given in the order in which they were taken.",
        "A camera moved through a static scene and took these images one after another.",
        "Each image overlaps with the one before it.",
        "This is a series of views along a camera's path.",
        "Neighbouring images share part of what they show, while distant ones need not.",
        "The path of the camera can be pieced together from step to step.",
        "The camera began at Image-1 and went on from there.",
        "These are successive frames of one recording.",
        "Use the overlap between successive images to follow the camera.",
        "The camera's position can be followed from image to image.",
        "All of these images come from one camera on the move.",
    ),
    questions=(
        (
            "Over the series, the camera moves from its position at Image-1 to its position at {last}. What "
            "is that displacement, as [x, y, z] in whole millimetres in the axes of Image-1's camera (x "
            "right, y down, z forward)?"
        ),
        (
            "Where is the camera of {last} as seen from the camera of Image-1? Give [x, y, z] in whole mm, "
            "with x to the right, y down and z forward in the first camera's axes."
        ),
        (
            "Add up the camera's moves from image to image, beginning with Image-1 and ending with {last}. "
            "State their sum [x, y, z] in whole millimetres, along the axes of the first camera: x right, y "
            "down, z forward."
        ),
        (
            "Link the views together: what is the position of the camera that took {last} in the coordinate "
            "frame of the camera that took Image-1 (x right, y down, z forward)? Write [x, y, z] as integers "
            "in millimetres."
        ),
        (
            "Image-1 and {last} may share no visible surface, but the sequence connects them. Infer the "
            "vector from the camera centre of the former to that of the latter as [x, y, z] in whole mm, in "
            "the first camera's axes: x right, y down, z forward."
        ),
        (
            "Starting where Image-1 was taken, how far must you go to the right (x), down (y) and forward "
            "(z), along its camera's axes, to reach the place where {last} was taken? Reply with [x, y, z] "
            "in whole millimetres."
        ),
        (
            "Estimate the net movement of the camera over the sequence from Image-1 to {last}. Answer in "
            "whole millimetres as [x, y, z], with x to the right, y down and z forward in the axes of the "
            "first image's camera."
        ),
        (
            "Follow the camera along its path as far as {last}. At which coordinates [x, y, z], in whole "
            "millimetres, does it arrive, if Image-1's camera is the origin and its x axis points right, its "
            "y axis down and its z axis forward?"
        ),
        (
            "How does the camera position of {last} differ from that of Image-1? Use the axes of the camera "
            "at Image-1, which run right (x), down (y) and forward (z), and give [x, y, z] in mm, rounded to "
            "integers."
        ),
        (
            "Only start and end count: the camera centre of Image-1 and that of {last}. Which [x, y, z], in "
            "whole millimetres, leads from the former to the latter when x is right, y is down and z is "
            "forward for the first camera?"
        ),
        (
            "In the frame of the first camera (x: right, y: down, z: forward), locate the camera of {last}. "
            "I expect [x, y, z] in millimetres without decimals."
        ),
        (
            "Over all steps up to {last}, what does the camera's displacement from Image-1 come to? Express "
            "it in whole mm as [x, y, z] in the frame of Image-1's camera, where x goes right, y goes down "
            "and z goes forward."
        ),
        (
            "Suppose you walk with the camera, image by image, and stop when it takes {last}. Where are you "
            "then, as [x, y, z] in whole millimetres relative to the start at Image-1, in the axes that the "
            "camera has there: x right, y down, z forward?"
        ),
        (
            "Tell me, in whole millimetres, the vector from the camera centre of Image-1 to the camera "
            "centre of {last}. Its components [x, y, z] are measured in the first camera's axes: x to the "
            "right, y down and z forward."
        ),
        (
            "The other images show how the camera got there, but the question is about {last}: how far to "
            "the right (x), down (y) and forward (z) of Image-1's camera, along that camera's own axes, was "
            "it taken? Use the format [x, y, z] and whole mm."
        ),
        (
            "What displacement [x, y, z], in whole millimetres, results when the camera's steps from Image-1 "
            "onwards are joined end to end as far as {last}? The axes are those of the first camera "
            "throughout, x right, y down and z forward."
        ),
        (
            "Compose the relative motions of neighbouring images into one translation from Image-1 to "
            "{last}. Report it as [x, y, z] in integer millimetres, in axes fixed to Image-1's camera: right "
            "is x, down is y and forward is z."
        ),
        (
            "Let the camera of Image-1 sit at [0, 0, 0] and look forward along z, with x to its right and y "
            "down. What are the coordinates [x, y, z] of the camera of {last}, in whole millimetres?"
        ),
        (
            "I would like the total change in the camera's position from Image-1 to {last}. Please give it "
            "as [x, y, z] in whole mm, along the directions of the first view: x to the right, y down, z "
            "forward."
        ),
        (
            "How far was the camera carried between Image-1 and {last}? Give [x, y, z] in whole millimetres, "
            "with the directions x (right), y (down) and z (forward) taken from its pose at Image-1."
        ),
        (
            "Think of a set of axes fixed in space at the first camera: x points to its right, y down and z "
            "forward. Read off where the camera is at {last}, in whole millimetres, and write [x, y, z]."
        ),
        (
            "Disregard any detours and turns on the way from Image-1 to {last}. What is the straight vector "
            "[x, y, z] from the former camera centre to the latter, in whole mm, if x is right, y down and z "
            "forward for Image-1's camera?"
        ),
        (
            "Camera translation from the first image to {last} as [x, y, z] in whole mm, in the axes of "
            "Image-1's camera (x right, y down, z forward)?"
        ),
        (
            "Each image overlaps with its neighbours, so the camera's position can be worked out step by "
            "step. Continue as far as {last} and state where its camera is relative to Image-1's, as [x, y, "
            "z] in whole millimetres, with x to the right, y down and z forward as the first camera sees it."
        ),
        (
            "Put yourself in the place of Image-1's camera and look for the camera of {last}. How far to "
            "your right (x), how far down (y) and how far forward (z) is it, in whole millimetres? List [x, "
            "y, z]."
        ),
        (
            "Using every image up to {last}, reconstruct where its camera is relative to Image-1's: [x, y, "
            "z] as integers in millimetres. Positive x is right, positive y is down and positive z is "
            "forward in the first camera's frame."
        ),
        (
            "How far is the camera of {last} offset to the right (x), down (y) and forward (z) from that of "
            "Image-1? Measure along the axes of Image-1's camera, and write [x, y, z] in whole millimetres."
        ),
        (
            "A drone could fly straight from the camera position of Image-1 to that of {last}. Which command "
            "[x, y, z] in whole millimetres would take it there, if x means right, y means down and z means "
            "forward for the camera of Image-1?"
        ),
        (
            "Work from image to image and determine the camera's position at {last}, as integers [x, y, z] "
            "in mm. Image-1's camera provides both the origin and the axes: x right, y down and z forward."
        ),
        (
            "On a chart drawn in the first camera's axes (x right, y down, z forward) with that camera at "
            "the origin, which point [x, y, z], in whole millimetres, marks the camera of {last}?"
        ),
        (
            "The scene stands still while the camera travels. For the journey from Image-1 to {last}, give "
            "the overall displacement [x, y, z] in whole mm, split along the right (x), down (y) and forward "
            "(z) directions of the first camera."
        ),
        (
            "Having seen the whole series, can you say where the camera was for {last}? I need [x, y, z] in "
            "whole millimetres relative to Image-1's camera; x is to its right, y is down, z is forward."
        ),
        (
            "A sensor in the camera adds up its motion in the axes of Image-1's camera, x right, y down and "
            "z forward, beginning with [0, 0, 0] there. What does it show at {last}, as [x, y, z] in whole "
            "millimetres?"
        ),
    ),
    answers=(
        "The camera's total displacement is `{displacement}` mm.",
        "Roughly `{displacement}` millimetres.",
        "`{displacement}` mm.",
        "At {last}, the camera is at `{displacement}` mm in the axes of Image-1.",
        "From Image-1 to {last}, the camera moves by about `{displacement}` mm.",
        "I estimate the position as `{displacement}` millimetres.",
        "All steps together make `{displacement}` mm.",
        "The camera of {last} lies at `{displacement}` millimetres as seen from the first camera.",
        "The net movement comes to `{displacement}` mm.",
        "In the first camera's frame, that is `{displacement}` millimetres.",
        "To the right, down and forward, it amounts to `{displacement}` mm.",
        "The vector between the two camera centres is `{displacement}` mm.",
        "By {last}, the camera has moved by `{displacement}` millimetres.",
    ),
)
