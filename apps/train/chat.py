"""Conversations as token ids: the model's chat template, images expanded, answers marked as labels."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from jinja2 import TemplateError

from spatialgeom.apps.errors import InputError
from spatialgeom.apps.prompts import IMAGE
from spatialgeom.apps.train.conversation import Conversation, Message
from spatialgeom.apps.train.encoding import DroppedError, Encoded
from spatialgeom.apps.train.families import Family, ImageBudget, ImagePlan

# tokens around names and boxes in answers of general mixes: words like others
_GROUNDING = re.compile(r"</?(ref|box|quad)>|<\|(object_ref|box|quad)_(start|end)\|>")
_PROBE = (
    Message("user", "first question"),
    Message("assistant", "first answer"),
    Message("user", "second question"),
    Message("assistant", "second answer"),
)


class ChatEncoder:
    """Turns conversations into token ids with a label mask; picklable.

    Each answer stands after exactly what the template puts before an answer that is to be generated, also
    where the template shows earlier answers in another way. Answers lose white space around them, which
    would merge with what precedes them. Ids depend on sizes of images alone, never on pixels.

    Args:
        tokenizer: The model's, with its chat template.
        family: How the model takes images.
        budget: How finely they are seen.
        max_length: Most tokens of a conversation.

    Raises:
        InputError: The tokenizer has no chat template, or one whose answers cannot be told apart.
    """

    def __init__(self, tokenizer: Any, family: Family, budget: ImageBudget, max_length: int) -> None:
        self.tokenizer, self.family, self.budget, self.max_length = tokenizer, family, budget, max_length
        added = {*tokenizer.all_special_tokens, *tokenizer.get_added_vocab()} - {""}
        self._control = _any_of({token for token in added if not _GROUNDING.fullmatch(token)})
        self._image_id = tokenizer.convert_tokens_to_ids(family.image_token)
        self._expansions: dict[ImagePlan, np.ndarray] = {}
        if not tokenizer.chat_template:
            raise InputError(f"{tokenizer.name_or_path} must have a chat template, but it has none")
        try:
            self._as_parts = False
            self._as_parts = _PROBE[0].text not in self._template(_PROBE[:1])
            self._read_template()
        except TemplateError as fault:
            raise self._unusable(" ".join(str(fault).split())) from None

    def encode(self, conversation: Conversation) -> Encoded:
        """Return the ids of a conversation, and which of them are learnt.

        Raises:
            DroppedError: It cannot be trained on.
        """
        messages, plans = self._checked(conversation), self._plans(conversation)
        ids = self._ids(self._render(messages), plans)
        labels = self._answers(ids, sum(message.role == "assistant" for message in messages))
        return Encoded(ids, labels, tuple(plans))

    def prompt_ids(self, conversation: Conversation) -> np.ndarray:
        """Return (T,) int32 ids up to the place where the last answer is to be generated.

        Raises:
            DroppedError: It could not be trained on either.
        """
        messages, plans = self._checked(conversation), self._plans(conversation)
        last = max(k for k, message in enumerate(messages) if message.role == "assistant")
        return self._ids(self._render(messages[:last], prompt=True), plans)

    def check_template(self) -> None:
        """Raise InputError unless two answers, each with the token that ends its turn, are what is learnt."""
        ids = self._ids(self._render(_PROBE), ())
        wanted = "".join(m.text + self._end for m in _PROBE if m.role == "assistant")
        try:
            learnt = self.tokenizer.decode(ids[self._answers(ids, answers=2)])
        except DroppedError as fault:
            raise self._unusable(str(fault)) from None
        if learnt != wanted:
            raise self._unusable(f"of {wanted!r} one would learn {learnt!r}")

    def _read_template(self) -> None:
        """Find what precedes answers, generated and told, and the token that ends their turn."""
        asked, whole = _PROBE[0].text, self._template(_PROBE)
        after = self._template(_PROBE[:1]).partition(asked)[2]
        before_generated = self._template(_PROBE[:1], prompt=True).partition(asked)[2]
        turns = [
            whole.partition(question.text)[2].partition(answer.text)
            for question, answer in zip(_PROBE[::2], _PROBE[1::2], strict=True)
        ]
        self._prompt = before_generated.removeprefix(after)
        headers = {before.removeprefix(after) for before, _, _ in turns}
        ends = {found[0] if (found := self._control.match(rest)) else "" for _, _, rest in turns}
        self._end = min(ends)
        if not before_generated.startswith(after) or not all(
            map(self._control.match, {self._prompt, *headers})
        ):
            raise self._unusable("an answer begins with no control token")
        if len(ends) > 1 or not self._end:
            raise self._unusable("an answer does not end with a control token")
        if _squeezed(self._prompt) not in map(_squeezed, headers):
            raise self._unusable(f"it asks for an answer with {self._prompt!r}, but shows none that way")
        self._headers = _any_of(headers | {self._prompt})
        self._prompt_ids, self._end_id = self._tokens(self._prompt), self._tokens(self._end)[0]

    def _unusable(self, reason: str) -> InputError:
        return InputError(
            f"{self.tokenizer.name_or_path} must have a chat template whose answers can be told apart, but "
            f"{reason}; take one without reasoning, such as ChatML"
        )

    def _checked(self, conversation: Conversation) -> list[Message]:
        """Return messages that can be rendered, answers without white space around them."""
        messages = conversation.messages
        where = [message.role for message in messages for _ in range(message.text.count(IMAGE))]
        if where != ["user"] * len(conversation.images):
            raise DroppedError("placeholders do not match its images")
        if any(self._control.search(message.text.replace(IMAGE, " ")) for message in messages):
            raise DroppedError("text holds a control token")
        answers = [message.text.strip() for message in messages if message.role == "assistant"]
        if not answers or not all(answers):
            raise DroppedError("no answer to learn")
        return [Message(m.role, m.text.strip() if m.role == "assistant" else m.text) for m in messages]

    def _plans(self, conversation: Conversation) -> list[ImagePlan]:
        sizes = [(image.height, image.width) for image in conversation.images]
        return self.family.plan(sizes, self.budget) if sizes else []

    def _render(self, messages: Sequence[Message], *, prompt: bool = False) -> str:
        shown = [Message(m.role, m.text.replace(IMAGE, self.family.image_token)) for m in messages]
        try:
            text = self._template(shown, prompt=prompt)
        except TemplateError:
            raise DroppedError("the chat template refuses its turns") from None
        return self._headers.sub(lambda _: self._prompt, text)

    def _template(self, messages: Sequence[Message], *, prompt: bool = False) -> str:
        turns = [
            {"role": m.role, "content": [{"type": "text", "text": m.text}] if self._as_parts else m.text}
            for m in messages
        ]
        text: str = self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=prompt)
        return text

    def _tokens(self, text: str) -> np.ndarray:
        return np.array(self.tokenizer(text, add_special_tokens=False)["input_ids"], np.int32)

    def _ids(self, text: str, plans: Sequence[ImagePlan]) -> np.ndarray:
        """Return ids, images expanded: here, for in text it would take 100 times longer."""
        ids = self._tokens(text)
        places = np.flatnonzero(ids == self._image_id)
        if len(places) != len(plans):
            raise DroppedError("placeholders do not match its images")
        pieces = np.split(ids, places)
        expanded = [
            part
            for plan, piece in zip(plans, pieces[1:], strict=True)
            for part in (self._seen(plan), piece[1:])
        ]
        joined = np.concatenate([pieces[0], *expanded])
        if len(joined) > self.max_length:
            raise DroppedError("longer than max_length")
        return joined

    def _seen(self, plan: ImagePlan) -> np.ndarray:
        if plan not in self._expansions:
            self._expansions[plan] = self._tokens(self.family.expansion(plan))
        return self._expansions[plan]

    def _answers(self, ids: np.ndarray, answers: int) -> np.ndarray:
        """Return which ids are answers' or end their turns."""
        labels = np.zeros(len(ids), bool)
        width = len(self._prompt_ids)
        starts = [
            begin + width
            for begin in np.flatnonzero(ids == self._prompt_ids[0])
            if np.array_equal(ids[begin : begin + width], self._prompt_ids)
        ]
        ends = np.flatnonzero(ids == self._end_id)
        for begin in starts:
            later = ends[ends >= begin]
            labels[begin : later[0] + 1 if len(later) else begin] = True
        if len(starts) != answers or labels[starts].sum() != answers:
            raise DroppedError("the chat template does not show every answer")
        return labels


def _any_of(texts: set[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(texts, key=lambda text: (-len(text), text)))))


def _squeezed(text: str) -> str:
    return "".join(text.split())
