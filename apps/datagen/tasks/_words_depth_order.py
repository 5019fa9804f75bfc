"""Wordings of ``depth_order``: which of two points of an image is closer or farther."""

from spatialgeom.apps.datagen.wording import Wording

WORDING = Wording(
    openings=(
        "The two points asked about are in this one image.",
        "Two points in a single image are to be compared.",
        "The task is to rank two points of the same picture by depth.",
        "Here is one view of a scene with two points to compare.",
        "Look closely at where the two points lie in this image.",
        "A single camera view contains the two points in question.",
        "The same camera saw both points at the same moment.",
        "Compare depths within this one picture.",
        "This is a test of relative depth in one image.",
        "Cues such as overlap and perspective can reveal which parts of a picture are nearer.",
        "A scene is shown from one viewpoint, and two of its points matter here.",
    ),
    questions=(
        (
            "Which is {relation} the camera along its viewing direction, {first} or {second}? Answer with "
            "{reply}."
        ),
        (
            "Of {first} and {second}, which lies {relation} the camera when depth is measured along the "
            "optical axis? Give {reply}."
        ),
        (
            "Compare the depths of {first} and {second} along the viewing direction. Which one is "
            "{relation} the camera? State {reply}."
        ),
        (
            "Is {first} or {second} {relation} the camera? Depth is counted along the camera's viewing "
            "direction; reply with {reply}."
        ),
        (
            "Two points are named here, {first} and {second}. Taking depth along the optical axis, decide "
            "which one is {relation} the camera and write {reply}."
        ),
        (
            "Between {first} and {second}, pick the point that is {relation} the camera, with depth taken "
            "along the viewing direction. Respond with {reply}."
        ),
        (
            "Does {first} or {second} lie {relation} the camera? Measure depth along the optical axis and "
            "name the point by {reply}."
        ),
        (
            "If depth is measured along the direction in which the camera looks, which of {first} and "
            "{second} is {relation} the camera? Indicate the point by {reply}."
        ),
        (
            "Judge depth along the optical axis: which one is {relation} the camera, {first} or {second}? "
            "Your answer should be {reply}."
        ),
        (
            "Going by depth along the viewing direction, I want to know which point is {relation} the "
            "camera: {first} or {second}. Tell me {reply}."
        ),
        (
            "Imagine planes through {first} and {second}, both at right angles to the optical axis. Which "
            "point's plane is {relation} the camera? Identify that point by {reply}."
        ),
        (
            "Here are two candidates, {first} and {second}. One of them is {relation} the camera in depth "
            "along the optical axis; indicate which by giving {reply}."
        ),
        (
            "Choose between {first} and {second}: the point wanted is the one {relation} the camera, where "
            "distance is taken along the viewing direction. Provide {reply}."
        ),
        (
            "Put {first} and {second} in order of depth along the viewing direction. Which of the two is "
            "{relation} the camera? Report {reply}."
        ),
        (
            "Which of these two is {relation} the camera by depth along its optical axis: {first} or "
            "{second}? Just give {reply}."
        ),
        (
            "If only depth along the viewing direction counts, and not sideways position, which point is "
            "{relation} the camera, {first} or {second}? Name it by {reply}."
        ),
        (
            "By depth I mean distance along the optical axis. Say whether {first} or {second} is {relation} "
            "the camera; I only need {reply}."
        ),
        (
            "In this view, {first} and {second} have different depths along the optical axis. Select the "
            "one {relation} the camera and reply with {reply}."
        ),
        (
            "One of the two points, {first} or {second}, is {relation} the camera than the other, measured "
            "along the viewing direction. Name that point by {reply}."
        ),
        (
            "Please decide: is it {first} or {second} that sits {relation} the camera along the optical "
            "axis? Give {reply}."
        ),
        (
            "Estimate the depths of {first} and {second} along the camera's viewing direction and use them "
            "to say which is {relation} the camera. Finish with {reply}."
        ),
        (
            "Where depth is the distance along the optical axis, which point comes out as {relation} the "
            "camera, {first} or {second}? Reply by giving {reply}."
        ),
        (
            "The depth of a point is its distance from the camera along the viewing direction. By that "
            "measure, which is {relation} the camera, {first} or {second}? Write {reply}."
        ),
        (
            "Take {first} and {second}. Which one is {relation} the camera, judged by depth along the "
            "viewing direction instead of straight-line distance? Supply {reply}."
        ),
        (
            "Find the point that is {relation} the camera along the optical axis. The options are {first} "
            "and {second}; answer with {reply}."
        ),
        (
            "With depth measured along the optical axis, would you say that {first} or {second} is "
            "{relation} the camera? State {reply}."
        ),
        (
            "Someone looks up {first} and {second} in a depth map that stores distance along the optical "
            "axis. Which point turns out to be {relation} the camera? Provide {reply}."
        ),
        (
            "Which point lies {relation} the plane that passes through the camera at right angles to its "
            "viewing direction, {first} or {second}? Give {reply}."
        ),
        (
            "Which is {relation} the camera, {first} or {second}? What counts is depth along the viewing "
            "direction, and the answer is {reply}."
        ),
        (
            "Quick check of depth along the optical axis: {first} or {second}, which is {relation} the "
            "camera? Respond with {reply}."
        ),
        (
            "The two points to compare are {first} and {second}; depth runs along the viewing direction. "
            "Which of them is {relation} the camera? Specify {reply}."
        ),
        (
            "Pay attention to {first} and {second}. After working out how far along the optical axis each "
            "one lies, single out the one {relation} the camera and give {reply}."
        ),
        (
            "Depth along the viewing direction differs between {first} and {second}. Which is the point "
            "{relation} the camera? Point it out by {reply}."
        ),
    ),
    answers=(
        "The one {relation} the camera is `{answer}`.",
        "`{answer}` is {relation} the camera.",
        "Point `{answer}` is {relation} the camera along the viewing direction.",
        "My choice is `{answer}`, because it lies {relation} the camera.",
        "I would say that `{answer}` is the one {relation} the camera.",
        "Of the two, `{answer}` lies {relation} the camera.",
        "Judged by depth, `{answer}` comes out {relation} the camera.",
        "It is `{answer}` that lies {relation} the camera.",
        "Measured along the optical axis, `{answer}` is {relation} the camera.",
        "`{answer}`: it is {relation} the camera than the other point.",
        "Comparing the two depths, I find that `{answer}` is {relation} the camera.",
        "The answer is `{answer}`, which is {relation} the camera along the optical axis.",
        "Along the viewing direction, `{answer}` sits {relation} the camera than the other point does.",
    ),
)
