"""Every sentence is complete, says its unit and frame of reference, and shows its value once."""

import importlib
import pkgutil
import re
from dataclasses import dataclass
from string import Formatter

import pytest

from spatialgeom.apps.datagen import tasks

PREFIX = "_words_"
MODULES = sorted(m.name for m in pkgutil.iter_modules(tasks.__path__) if m.name.startswith(PREFIX))
KINDS = [name.removeprefix(PREFIX) for name in MODULES if name != f"{PREFIX}coordinates"]

LEAST = {"openings": 10, "questions": 30, "answers": 12}
POINTS = ("the marked point", "the point at [412, 77]")
ORDER_FILLS = (
    {"first": "point A", "second": "point B", "reply": "its label, A or B", "answer": "A"},
    {
        "first": "the point at [412, 77]",
        "second": "the point at [90, 815]",
        "reply": "its coordinates",
        "answer": "[412, 77]",
    },
)
RELATIONS = ("closer to", "farther from")
COLOURS = r"red|green|blue|yellow|orange|purple|pink|magenta|cyan|black|white|grey|gray|brown|violet"
AMERICAN = r"center(ed|s)?|millimeters?|meters?|colou?rs?|toward|counterclockwise|labeled"


@dataclass(frozen=True)
class Expected:
    """What the wordings of one kind must hold; every pattern must be found in every question."""

    value: str
    fills: tuple[dict[str, str], ...]
    asked: frozenset[str] = frozenset()
    told: frozenset[str] = frozenset()
    may_tell: frozenset[str] = frozenset()
    says: tuple[str, ...] = ()
    unit: str | None = None


def choice(one: str, other: str, *says: str) -> Expected:
    options = tuple(rf"\b{word}\b" for word in (one, other))
    return Expected("side", ({"side": one}, {"side": other}), says=("Image-1", "Image-2", *options, *says))


MILLIMETRES = r"\b(mm|millimetres?)\b"
DEPTH_AXIS = r"viewing direction|optical axis|forward axis|in which the camera looks"
FIRST_CAMERA = r"\b(axes|axis|own|frame|pose|viewpoint|view|orientation|facing|faces|looks)\b|as it was"
VERTICAL = r"gravity|\bvertical\b"
LEVEL = r"\bground\b|horizontal"
WHOLE_DEGREES = (
    r"whole degrees|nearest (degree|whole one)|(whole number|integer)\b.*degrees"
    r"|degrees\b.*(integer|whole number|without decimals)|degrees and without decimals"
)

EXPECTED = {
    "depth_value": Expected(
        "depth",
        tuple({"point": point, "depth": "1834"} for point in POINTS),
        asked=frozenset({"point"}),
        may_tell=frozenset({"point"}),
        says=(
            DEPTH_AXIS,
            MILLIMETRES,
            r"whole|integer|nearest millimetre|without decimals",
            r"straight|crow|slanted|\bray\b|sideways|across|only the part|to the side|direct|full length",
        ),
        unit=MILLIMETRES,
    ),
    "depth_order": Expected(
        "answer",
        tuple({**fill, "relation": relation} for fill in ORDER_FILLS for relation in RELATIONS),
        asked=frozenset({"first", "second", "relation", "reply"}),
        told=frozenset({"relation"}),
        says=(DEPTH_AXIS, r"\{relation\} the (camera|plane)"),
    ),
    "correspondence_coord": Expected(
        "target",
        ({"point": "[412, 77]", "target": "[90, 815]"},),
        asked=frozenset({"point"}),
        says=("Image-1", "Image-2", r"\[x, y\]", r"physical|surface|scene"),
    ),
    "correspondence_choice": Expected(
        "answer",
        tuple({"answer": letter} for letter in "ABCD"),
        says=("Image-1", "Image-2", r"\bA, B, C,? (and |or )?D\b", r"\bdots?\b", r"\bletter\b"),
    ),
    "camera_x_direction": choice("left", "right", FIRST_CAMERA),
    "camera_y_direction": choice("up", "down", r"own\b|gravity|edge|itself|not in the world|not of the room"),
    "camera_z_direction": choice(
        "forward",
        "backward",
        r"viewing direction|optical axis|\blook|faces|gaze|z axis|depth direction|points|axes",
    ),
    "camera_yaw_direction": choice("left", "right", VERTICAL),
    "camera_pitch_direction": choice("up", "down", LEVEL),
    "camera_yaw_angle": Expected("angle", ({"angle": "37"},), says=(VERTICAL, WHOLE_DEGREES), unit="degrees"),
    "camera_pitch_angle": Expected("angle", ({"angle": "12"},), says=(LEVEL, WHOLE_DEGREES), unit="degrees"),
    "camera_distance": Expected(
        "distance",
        ({"distance": "940"},),
        says=(MILLIMETRES, r"straight|crow|taut|direct|shortest|Euclidean|vector"),
        unit=MILLIMETRES,
    ),
    "camera_displacement": Expected(
        "displacement",
        ({"displacement": "[120, -45, 880]"},),
        says=(
            MILLIMETRES,
            r"\[x, y, z\]",
            r"Image-1|first",
            r"(?s)\b(x|\+x)\b.*\bright|right\b.*\bx\b",
            r"(?s)\b(y|\+y)\b.*\bdown|down\b.*\by\b",
            r"(?s)\b(z|\+z)\b.*\bforward|forward\b.*\bz\b|look along \+z",
        ),
        unit=MILLIMETRES,
    ),
}


def wording(kind):
    return importlib.import_module(f"{tasks.__name__}.{PREFIX}{kind}").WORDING


def notes():
    return importlib.import_module(f"{tasks.__name__}.{PREFIX}coordinates").NOTES


def placeholders(sentence):
    return [field for _, field, _, _ in Formatter().parse(sentence) if field is not None]


def every_sentence():
    """Return (module, role, sentence) of all that is worded."""
    worded = [(kind, role, s) for kind in KINDS for role in LEAST for s in getattr(wording(kind), role)]
    return worded + [("coordinates", "notes", note) for note in notes()]


def test_every_kind_is_expected_and_present():
    assert sorted(EXPECTED) == sorted(KINDS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("role", LEAST)
def test_there_are_enough_and_no_two_are_alike(kind, role):
    sentences = getattr(wording(kind), role)
    assert isinstance(sentences, tuple)
    assert len(sentences) >= LEAST[role]
    assert len({s.casefold() for s in sentences}) == len(sentences)


def test_no_sentence_of_the_user_appears_in_two_kinds():
    asked = [s.casefold() for _, role, s in every_sentence() if role != "answers"]
    assert len(set(asked)) == len(asked)


@pytest.mark.parametrize("kind", [kind for kind in EXPECTED if EXPECTED[kind].value == "side"])
def test_options_are_named_in_either_order(kind):
    one, other = (re.compile(rf"\b{fill['side']}\b", re.IGNORECASE) for fill in EXPECTED[kind].fills)
    questions = wording(kind).questions
    first = sum(one.search(q).start() < other.search(q).start() for q in questions)
    assert abs(first / len(questions) - 0.5) <= 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_each_placeholder_stands_where_it_belongs_and_once(kind):
    expected = EXPECTED[kind]
    for opening in wording(kind).openings:
        assert placeholders(opening) == [], opening
    for question in wording(kind).questions:
        assert sorted(placeholders(question)) == sorted(expected.asked), question
    for answer in wording(kind).answers:
        assert len(set(placeholders(answer))) == len(placeholders(answer)), answer
        told = {expected.value} | expected.told
        assert told <= set(placeholders(answer)) <= told | expected.may_tell, answer


@pytest.mark.parametrize("kind", KINDS)
def test_answers_hold_their_value_and_nothing_else_in_backticks(kind):
    for answer in wording(kind).answers:
        assert re.findall("`[^`]*`", answer) == [f"`{{{EXPECTED[kind].value}}}`"], answer
        assert answer.count("`") == 2, answer
        if EXPECTED[kind].unit:
            value = re.escape(f"`{{{EXPECTED[kind].value}}}`")
            assert re.search(rf"{value} {EXPECTED[kind].unit}", answer), answer


@pytest.mark.parametrize("kind", KINDS)
def test_questions_say_unit_options_and_frame_of_reference(kind):
    for question in wording(kind).questions:
        for pattern in EXPECTED[kind].says:
            assert re.search(pattern, question, re.IGNORECASE), f"{pattern!r} is not in: {question}"


@pytest.mark.parametrize("kind", KINDS)
def test_filled_sentences_read_as_sentences(kind):
    for fill in EXPECTED[kind].fills:
        for sentence in (*wording(kind).questions, *wording(kind).answers):
            filled = sentence.format(**fill)
            assert not re.search("[{}]", filled), filled
            assert not re.search(r"\b(\w+) \1\b", filled), f"a word twice: {filled}"
            assert not re.search(
                r"\b(the|a|point) (the point|the marked|point A)|\bat the point at", filled
            ), filled


@pytest.mark.parametrize(("kind", "role", "sentence"), every_sentence())
def test_typography(kind, role, sentence):
    assert sentence == " ".join(sentence.split())
    assert sentence.isascii()
    assert sentence.endswith((".", "?")), "ends without punctuation"
    assert sentence[0].isupper() or role == "answers"
    assert not re.search(r"[.?!] [a-z]|[.?!][A-Za-z]", sentence), "a sentence begins in lower case"
    assert not re.search(r"(^|[.?!] )\{", sentence), "a filled-in phrase begins a sentence"
    assert sentence.count("(") == sentence.count(")")
    assert "<" not in sentence
    assert role == "answers" or "`" not in sentence
    assert not re.search(rf"\b({COLOURS})\b", sentence, re.IGNORECASE), "names a colour"
    assert not re.search(rf"\b({AMERICAN})\b", sentence, re.IGNORECASE), "not British, or about colours"


@pytest.mark.parametrize("kind", KINDS)
def test_openings_are_one_sentence_and_claim_the_right_images(kind):
    for opening in wording(kind).openings:
        assert not re.search(r"[.?!] ", opening), opening
        assert opening.endswith("."), opening
        if kind.startswith("depth"):
            assert not re.search(r"Image-\d|images|both views|two views", opening), opening


def test_notes_define_scale_origin_and_axes():
    assert len(notes()) >= 12
    assert len(set(notes())) == len(notes())
    for note in notes():
        assert placeholders(note) == []
        for pattern in (
            r"\[0, 0\]",
            r"top[- ]left",
            "width",
            "height",
            r"1000|999|thousandths",
            "right",
            "down|below",
        ):
            assert re.search(pattern, note), f"{pattern!r} is not in: {note}"
