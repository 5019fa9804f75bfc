"""What is said in a record: turns, checked and brought into one form."""

from collections.abc import Sequence
from typing import Any

from spatialgeom.apps.errors import InputError
from spatialgeom.apps.prompts import IMAGE
from spatialgeom.apps.train.encoding import DroppedError

_ROLES = {
    "system": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
}

WRONG_COUNT = "number of <image> differs from that of images"
EMPTY_ANSWER = "empty answer"


def field_of(where: str, record: dict[str, Any], key: str, kind: type, what: str) -> Any:
    """Return a field that must be there.

    Raises:
        InputError: It is missing or of another type.
    """
    if key not in record:
        raise InputError(f"{where} must have {key!r}, but has {_keys(record)}; name its format if it differs")
    if not isinstance(record[key], kind):
        raise InputError(f"{where}: {key!r} must be {what}, got {type(record[key]).__name__}")
    return record[key]


def _keys(record: dict[str, Any]) -> str:
    shown = ", ".join(repr(str(key)[:40]) for key in list(record)[:8])
    return shown or "nothing"


def check_turns(turns: Sequence[tuple[str, str]], images: int) -> tuple[bool, list[str]]:
    """Return whether the first turn is the system's, and the texts.

    Args:
        turns: Role, as the file spells it, and text of each.
        images: Images of the record.

    Raises:
        DroppedError: The record cannot be trained on.
    """
    roles = [_ROLES.get(role) for role, _ in turns]
    if None in roles:
        raise DroppedError("unknown role")
    system = roles[:1] == ["system"]
    spoken = roles[system:]
    if spoken[:1] != ["user"]:
        raise DroppedError("first turn is not the user's")
    if spoken != [("user", "assistant")[k % 2] for k in range(len(spoken))]:
        raise DroppedError("user and assistant do not take turns")
    if spoken[-1] != "assistant":
        raise DroppedError("last turn is not an answer")
    texts = [text for _, text in turns]
    if not all(text.strip() for text in texts[system + 1 :: 2]):
        raise DroppedError(EMPTY_ANSWER)
    if not all(text.replace(IMAGE, "").strip() for text in texts[system::2]):
        raise DroppedError("empty question")
    asked = sum(text.count(IMAGE) for text in texts[system::2])
    if asked != images or asked != sum(text.count(IMAGE) for text in texts):
        raise DroppedError(WRONG_COUNT)
    if not is_unicode(*texts):
        raise DroppedError("text is not Unicode")
    return system, texts


def is_unicode(*texts: str) -> bool:
    """Tell whether texts can be written as UTF-8: JSON can spell halves of a character."""
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        return False
    return True
