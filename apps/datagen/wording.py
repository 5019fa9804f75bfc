"""The sentences of one kind of question."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """Sentences to draw from, with ``str.format`` placeholders; a question follows an opening.

    Args:
        openings: One sentence of context each, without placeholders.
        questions: What the user asks.
        answers: What the assistant replies; the value stands in backticks.
        unmoved: What it replies instead where the truth is zero; empty if that needs no words of its own.
    """

    openings: tuple[str, ...]
    questions: tuple[str, ...]
    answers: tuple[str, ...]
    unmoved: tuple[str, ...] = ()
