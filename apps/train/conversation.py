"""What is trained on at once: images, and questions about them with their answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spatialgeom.apps.images import ImageRef


@dataclass(frozen=True)
class Message:
    """One turn of a conversation.

    Args:
        role: ``system``, ``user`` or ``assistant``.
        text: Its words; a user's may hold ``<image>``, once per image, where the images are seen.
    """

    role: str
    text: str


@dataclass(frozen=True)
class Conversation:
    """Images, and what is said about them.

    Args:
        id: Unique within its source.
        task: The subtask of its first question, or its source's name: what evaluation tells apart.
        images: Where the encoded images lie, in the order of their placeholders.
        marks: Dots to draw: ``image`` (index), ``u``, ``v`` (pixels of that image) and ``label``.
        messages: Turns, of which each ``assistant`` is trained on.
    """

    id: str
    task: str
    images: tuple[ImageRef, ...]
    marks: tuple[Mapping[str, Any], ...]
    messages: tuple[Message, ...]
