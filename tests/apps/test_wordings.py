"""Every sentence is complete, says its unit and frame of reference, and shows its value once."""

import importlib
import pkgutil
import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations, product
from string import Formatter

import pytest

from spatialgeom.apps.datagen import tasks

PREFIX = "_words_"
MODULES = sorted(m.name for m in pkgutil.iter_modules(tasks.__path__) if m.name.startswith(PREFIX))
KINDS = [name.removeprefix(PREFIX) for name in MODULES if name != f"{PREFIX}coordinates"]

LEAST = {"openings": 10, "questions": 30, "answers": 12, "unmoved": 10}
REPLIES = ("answers", "unmoved")
ALIKE = {"openings": 0.75, "questions": 0.85, "answers": 0.9, "unmoved": 0.85}  # answers are short
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
MOVING_POINTS = tuple(f"{point} in Image-1" for point in POINTS)
LASTS = ("Image-3", "Image-8")
OBJECTS = ("office chair", "scissors", "umbrella")
TWO_ARTICLES = r"\b(the|a|an|point) (the point|the marked|the image|the two|point A)|\bat the point at"
SINGULAR_SCISSORS = (
    r"\b(is|was|has|does) the (\w+ )?scissors\b|(?<!of the )\bscissors (is|was|has|does|takes|fits|needs)\b"
)
MEANINGS = {
    "height": "its vertical extent",
    "width": "the shorter of its two horizontal sides",
    "length": "the longer of its two horizontal sides",
}
VIEWS = ("the image", "the two images", "the three images")
COLOURS = r"red|green|blue|yellow|orange|purple|pink|magenta|cyan|black|white|grey|gray|brown|violet"
AMERICAN = r"center(ed|s)?|millimeters?|meters?|colou?rs?|toward|counterclockwise|labeled"


@dataclass(frozen=True)
class Expected:
    """What the wordings of one kind must hold; every pattern must be found in every question."""

    value: str
    fills: tuple[dict[str, str], ...]
    asked: frozenset[str] = frozenset()
    may_ask: frozenset[str] = frozenset()
    told: frozenset[str] = frozenset()
    may_tell: frozenset[str] = frozenset()
    says: tuple[str, ...] = ()
    unit: str | None = None
    zero: str | None = None  # the value that says "did not move", where there is one


def fills(**values: tuple[str, ...]) -> tuple[dict[str, str], ...]:
    """Return every combination of the values."""
    return tuple(dict(zip(values, row, strict=True)) for row in product(*values.values()))


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

WHOLE = r"\bwhole (mm|milli|number|degree)|\binteger|nearest millimetre|without decimals"
SMALLEST_BOX = (
    r"smallest\b.*\b(box|case)\b|box\b.*\b(smallest|small as possible|not be smaller)|crate\b.*\bsmallest",
    r"\bupright\b",
)
WHOLE_OBJECT = (
    r"all of|everything|every part|unseen parts|hidden parts|as a whole|packing it whole"
    r"|the whole\b|(whole|full|entire|complete) (\{object\}|object|piece)|completely"
    r"|object\}, entire|nothing outside|be enclosed whole"
)
FIRST_AXES = (
    r"\[x, y, z\]",
    r"Image-1|\bfirst (camera|view|image)",
    r"\b(x|\+x)\b.*\bright|right\b.*\bx\b",
    r"\b(y|\+y)\b.*\bdown|down\b.*\by\b",
    r"\b(z|\+z)\b.*\bforward|forward\b.*\bz\b",
)
IN_WORLD = r"\b(world|space|scene|surroundings|real-world)\b"
STRAIGHT = r"straight|\bcrow\b|direct|shortest|taut|Euclidean|vector|positions|locations|pins|3D position"
NEXT = r"consecutive|successive|neighbouring|adjacent|in succession|\bnext\b"
ADDED_UP = (
    r"cancel|offset|sign|minus|subtract|back|balance|deduct|negative|net\b|against|undone?|makes? up|unwinds"
)
FULL_CIRCLE = r"circles?\b.*\d|\d.*circle|all the way round means 360"
OTHER_IMAGE = r"Image-2|\bimages\b|other image|to the other"
MOST = r"\bmost\b|farther\b|[ghtr]est\b|maximum"
BOTH_IMAGES = r"\bpairs?\b|\bboth\b|\btwo\b.*\bimages\b"
AT_REST = (
    r"not move|not at all|stay|\brests?\b|no (net )?mo|still|same|keeps|agrees?|nil|nothing|itself move"
    r"|without any"
)


def filled(
    value: str, truth: str, says: tuple[str, ...], unit: str | None = None, zero: str | None = None, **asked
) -> Expected:
    """Return what is expected of a kind whose answers may repeat what its questions hold."""
    fields = frozenset(asked)
    every = fills(**asked, **{value: (truth,)})
    return Expected(value, every, asked=fields, may_tell=fields, says=says, unit=unit, zero=zero)


def vector(*says: str, zero: str | None = None, **asked: tuple[str, ...]) -> Expected:
    known = (MILLIMETRES, WHOLE, *FIRST_AXES)
    return filled("displacement", "[120, -45, 880]", (*known, *says), MILLIMETRES, zero, **asked)


EXPECTED = {
    "depth_value": Expected(
        "depth",
        tuple({"point": point, "depth": "1834"} for point in POINTS),
        asked=frozenset({"point"}),
        may_tell=frozenset({"point"}),
        says=(
            DEPTH_AXIS,
            MILLIMETRES,
            WHOLE,
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
        says=(MILLIMETRES, WHOLE, r"straight|crow|taut|direct|shortest|Euclidean|vector"),
        unit=MILLIMETRES,
    ),
    "camera_displacement": vector(),
    "object_size": Expected(
        "size",
        tuple(
            {"object": thing, "dimension": dimension, "meaning": meaning, "views": views, "size": "845"}
            for thing, (dimension, meaning), views in product(OBJECTS, MEANINGS.items(), VIEWS[:2])
        ),
        asked=frozenset({"object", "dimension", "meaning"}),
        may_ask=frozenset({"views"}),
        may_tell=frozenset({"object", "dimension"}),
        says=(MILLIMETRES, WHOLE, *SMALLEST_BOX, WHOLE_OBJECT),
        unit=MILLIMETRES,
    ),
    "object_dimensions": Expected(
        "dimensions",
        fills(object=OBJECTS, views=VIEWS, dimensions=("[845, 512, 1260]",)),
        asked=frozenset({"object"}),
        may_ask=frozenset({"views"}),
        may_tell=frozenset({"object"}),
        says=(
            *(MILLIMETRES, WHOLE, *SMALLEST_BOX, WHOLE_OBJECT, r"\[height, width, length\]"),
            *(r"\bvertical", r"\bhorizontal"),
            *(r"\b(shorter|smaller|lesser)\b", r"\b(longer|larger|greater)\b"),
        ),
        unit=MILLIMETRES,
    ),
    "point_distance": filled(
        *("distance", "312", (MILLIMETRES, WHOLE, IN_WORLD, r"\bcamera", OTHER_IMAGE, STRAIGHT), MILLIMETRES),
        zero="0",
        point=MOVING_POINTS,
    ),
    "point_displacement": vector(IN_WORLD, r"\bcamera", OTHER_IMAGE, zero="[0, 0, 0]", point=MOVING_POINTS),
    "point_chain_displacement": vector(
        IN_WORLD, r"\bcamera", zero="[0, 0, 0]", point=MOVING_POINTS, last=LASTS
    ),
    "camera_chain_displacement": vector(last=LASTS),
    "camera_chain_turn": filled(
        "angle", "137", (VERTICAL, WHOLE_DEGREES, "Image-1", ADDED_UP, FULL_CIRCLE), "degrees", last=LASTS
    ),
    "camera_chain_farthest": filled(
        "answer",
        "Image-3",
        (r"Image-1|\bthe first\b", r"straight|crow|direct|Euclidean", r"\bnames?\b", rf"on top|{MOST}"),
        options=("Image-2 or Image-3", "Image-2, Image-3, Image-4 or Image-5"),
    ),
    "point_chain_most": filled(
        "answer",
        "Image-2 and Image-3",
        (IN_WORLD, r"\bcamera", NEXT, BOTH_IMAGES, MOST),
        point=MOVING_POINTS,
        options=(
            "Image-1 and Image-2, or Image-2 and Image-3",
            "Image-1 and Image-2, Image-2 and Image-3, or Image-3 and Image-4",
        ),
    ),
}


def wording(kind):
    return importlib.import_module(f"{tasks.__name__}.{PREFIX}{kind}").WORDING


def notes():
    return importlib.import_module(f"{tasks.__name__}.{PREFIX}coordinates").NOTES


def replies(kind):
    return tuple(sentence for role in REPLIES for sentence in getattr(wording(kind), role))


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
    if role == "unmoved" and EXPECTED[kind].zero is None:
        assert sentences == ()
    else:
        assert len(sentences) >= LEAST[role]
    assert len({s.casefold() for s in sentences}) == len(sentences)


def test_no_sentence_of_the_user_appears_in_two_kinds():
    asked = [s.casefold() for _, role, s in every_sentence() if role not in REPLIES]
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
        asked = placeholders(question)
        assert len(set(asked)) == len(asked), question
        assert expected.asked <= set(asked) <= expected.asked | expected.may_ask, question
    for answer in replies(kind):
        assert len(set(placeholders(answer))) == len(placeholders(answer)), answer
        told = {expected.value} | expected.told
        assert told <= set(placeholders(answer)) <= told | expected.may_tell, answer


@pytest.mark.parametrize("kind", KINDS)
def test_answers_hold_their_value_and_nothing_else_in_backticks(kind):
    for answer in replies(kind):
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
        at_rest = {**fill, EXPECTED[kind].value: EXPECTED[kind].zero}
        filled_in = [s.format(**fill) for s in (*wording(kind).questions, *wording(kind).answers)]
        for filled in (*filled_in, *(s.format(**at_rest) for s in wording(kind).unmoved)):
            assert not re.search("[{}]", filled), filled
            assert not re.search(r"\b(\w+) \1\b", filled), f"a word twice: {filled}"
            assert not re.search(TWO_ARTICLES, filled), filled
            assert not re.search(r"\ba [aeio]", filled), filled
            assert not re.search(SINGULAR_SCISSORS, filled), filled


@pytest.mark.parametrize(("kind", "role", "sentence"), every_sentence())
def test_typography(kind, role, sentence):
    assert sentence == " ".join(sentence.split())
    assert sentence.isascii()
    assert sentence.endswith((".", "?")), "ends without punctuation"
    assert sentence[0].isupper() or role in REPLIES
    assert not re.search(r"[.?!] [a-z]|[.?!][A-Za-z]", sentence), "a sentence begins in lower case"
    assert not re.search(r"(^|[.?!] )\{", sentence), "a filled-in phrase begins a sentence"
    assert sentence.count("(") == sentence.count(")")
    assert "<" not in sentence
    assert role in REPLIES or "`" not in sentence
    assert not re.search(rf"\b({COLOURS})\b", sentence, re.IGNORECASE), "names a colour"
    assert not re.search(rf"\b({AMERICAN})\b", sentence, re.IGNORECASE), "not British, or about colours"


@pytest.mark.parametrize("kind", KINDS)
def test_openings_are_one_sentence_and_claim_the_right_images(kind):
    for opening in wording(kind).openings:
        assert not re.search(r"[.?!] ", opening), opening
        assert opening.endswith("."), opening
        if kind.startswith("depth"):
            assert not re.search(r"Image-\d|images|both views|two views", opening), opening
        if kind.startswith("object"):
            assert not re.search(r"image|\b(views?|pictures?|both)\b", opening, re.IGNORECASE), opening
            # the paper's rules take objects of which there are others, and sizes are shown from end to end
            assert not re.search(r"\b(o|O)nly (one|part)\b|beyond|out of sight", opening), opening
        if "chain" in kind:
            counted = r"image-[2-9]|\b(both|two|three|second|last)\b"
            assert not re.search(counted, opening, re.IGNORECASE), opening


@pytest.mark.parametrize("kind", [kind for kind in EXPECTED if EXPECTED[kind].zero is not None])
def test_rest_is_told_in_words_that_no_moving_point_gets(kind):
    for sentence in wording(kind).unmoved:
        assert re.search(AT_REST, sentence, re.IGNORECASE), sentence
    assert not set(wording(kind).unmoved) & set(wording(kind).answers)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("role", "most"), ALIKE.items())
def test_no_sentence_is_another_with_a_few_words_changed(kind, role, most):
    alike = SequenceMatcher(autojunk=False)
    for one, other in combinations(getattr(wording(kind), role), 2):
        alike.set_seqs(other, one)  # the second is what it keeps tables of
        assert alike.quick_ratio() <= most or alike.ratio() <= most, (one, other)


def test_notes_define_scale_origin_and_axes():
    assert len(notes()) >= 12
    assert len(set(notes())) == len(notes())
    scale = (r"\[0, 0\]", r"top[- ]left", "width", "height", r"1000|999|thousandths", "right", "down|below")
    for note in notes():
        assert placeholders(note) == []
        for pattern in scale:
            assert re.search(pattern, note), f"{pattern!r} is not in: {note}"
