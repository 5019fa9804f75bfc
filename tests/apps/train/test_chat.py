"""Token ids and label masks: written out for each family, and what is dropped or refused."""

import pickle

import numpy as np
import pytest
from tokenizers.normalizers import Replace
from transformers import AutoTokenizer

from spatialgeom.apps.errors import InputError
from spatialgeom.apps.images import ImageRef
from spatialgeom.apps.train.chat import ChatEncoder
from spatialgeom.apps.train.conversation import Conversation, Message
from spatialgeom.apps.train.encoding import DroppedError
from spatialgeom.apps.train.families import ImageBudget, load_family

BUDGET = ImageBudget(1, 4)
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def talk(*texts, images=0, roles=("user", "assistant")):
    """Return a conversation of alternating turns about images of 28x28 pixels."""
    messages = tuple(Message(roles[k % len(roles)], text) for k, text in enumerate(texts))
    return Conversation("x", "depth", (ImageRef("x.jpg", 28, 28),) * images, (), messages)


def encoder_of(folder, *, template=None, max_length=500):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = template or tokenizer.chat_template
    return ChatEncoder(tokenizer, load_family(folder), BUDGET, max_length)


def texts_of(encoder, encoded):
    decode = encoder.tokenizer.decode
    return decode(encoded.ids), decode(encoded.ids[encoded.labels])


@pytest.fixture(params=["internvl", "qwen2_5", "qwen3", "llava"])
def encoder(request):
    return encoder_of(request.getfixturevalue(f"tiny_{request.param}"))


PAIR = talk("Image-1: <image>\nImage-2: <image>\nHow far?", "`12` m", "Left or right?", "Left.", images=2)
SYSTEM = Conversation(
    "x",
    "general",
    (),
    (),
    (Message("system", "Be brief."), Message("user", "Hi."), Message("assistant", "Yo.")),
)
_TILE = "<img>" + "<IMG_CONTEXT>" * 4 + "</img>"
_PATCHES = "<|vision_start|>" + "<|image_pad|>" * 4 + "<|vision_end|>"
_IMAGE = "<image>" * 17
_HELPFUL = "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"


def chatml(image):
    return (
        f"<|im_start|>user\nImage-1: {image}\nImage-2: {image}\nHow far?<|im_end|>\n"
        "<|im_start|>assistant\n`12` m<|im_end|>\n"
        "<|im_start|>user\nLeft or right?<|im_end|>\n"
        "<|im_start|>assistant\nLeft.<|im_end|>\n"
    )


_BRIEF = (
    "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi.<|im_end|>\n"
    "<|im_start|>assistant\nYo.<|im_end|>\n"
)


@pytest.mark.parametrize(
    ("folder", "pair", "system"),
    [
        ("tiny_internvl", chatml(_TILE), _BRIEF),
        ("tiny_qwen2_5", _HELPFUL + chatml(_PATCHES), _BRIEF),
        ("tiny_qwen3", chatml(_PATCHES), _BRIEF),
        (
            "tiny_llava",
            f"<|im_start|>user \nImage-1: {_IMAGE}\nImage-2: {_IMAGE}\nHow far?<|im_end|>"
            "<|im_start|>assistant\n`12` m<|im_end|>"
            "<|im_start|>user \nLeft or right?<|im_end|><|im_start|>assistant\nLeft.<|im_end|>",
            "<|im_start|>system \nBe brief.<|im_end|><|im_start|>user \nHi.<|im_end|>"
            "<|im_start|>assistant\nYo.<|im_end|>",
        ),
    ],
)
def test_text_and_labels_are_as_written_here(request, folder, pair, system):
    encoder = encoder_of(request.getfixturevalue(folder))
    assert texts_of(encoder, encoder.encode(PAIR)) == (pair, "`12` m<|im_end|>Left.<|im_end|>")
    assert texts_of(encoder, encoder.encode(SYSTEM)) == (system, "Yo.<|im_end|>")


def test_ids_are_those_of_the_whole_text_tokenised_at_once(encoder):
    encoded = encoder.encode(PAIR)
    text = encoder.tokenizer.decode(encoded.ids)
    assert encoded.ids.tolist() == encoder.tokenizer(text, add_special_tokens=False)["input_ids"]
    assert encoded.ids.dtype == np.int32
    assert encoded.labels.dtype == bool
    assert encoded.labels.shape == encoded.ids.shape
    assert len(encoded.plans) == 2


def test_an_answer_follows_exactly_the_prompt_that_generation_would_see(encoder):
    encoded, prompt = encoder.encode(PAIR), encoder.prompt_ids(PAIR)
    assert encoded.ids[: len(prompt)].tolist() == prompt.tolist()
    rest = encoder.tokenizer.decode(encoded.ids[len(prompt) :][encoded.labels[len(prompt) :]])
    assert rest == "Left.<|im_end|>"
    assert encoded.labels[len(prompt)]


def test_the_first_prompt_is_what_the_template_gives_for_generation(encoder):
    turns = [{"role": "user", "content": [{"type": "text", "text": "How far?"}]}]
    stock = encoder.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    prompt = encoder.prompt_ids(talk("How far?", "`1`"))
    assert encoder.tokenizer.decode(prompt) == stock


def test_white_space_around_an_answer_is_not_learnt(encoder):
    encoded = encoder.encode(talk("Far?", "\n  `12` m \n"))
    assert texts_of(encoder, encoded)[1] == "`12` m<|im_end|>"


def test_answers_that_look_like_headers_and_ends_are_learnt_whole(encoder):
    answer = "assistant\nuser\nim_end| <| `7`"
    encoded = encoder.encode(talk("assistant\nWhat?", answer, "assistant", "assistant"))
    assert texts_of(encoder, encoded)[1] == f"{answer}<|im_end|>assistant<|im_end|>"


def test_templates_of_the_families_pass_their_own_check(encoder):
    encoder.check_template()


def test_a_copy_in_a_worker_encodes_the_same(encoder):
    copy = pickle.loads(pickle.dumps(encoder))
    assert copy.encode(PAIR).ids.tolist() == encoder.encode(PAIR).ids.tolist()
    assert copy.encode(PAIR).labels.tolist() == encoder.encode(PAIR).labels.tolist()


def test_the_longest_conversation_is_kept_and_one_more_token_is_not(tiny_internvl):
    length = encoder_of(tiny_internvl).encode(PAIR).tokens
    assert encoder_of(tiny_internvl, max_length=length).encode(PAIR).tokens == length
    with pytest.raises(DroppedError, match=r"^longer than max_length$"):
        encoder_of(tiny_internvl, max_length=length - 1).encode(PAIR)


@pytest.mark.parametrize(
    ("conversation", "reason"),
    [
        (talk("<image>", "a"), "placeholders do not match its images"),
        (talk("none", "a", images=1), "placeholders do not match its images"),
        (talk("<image><image>", "a", images=1), "placeholders do not match its images"),
        (talk("<image>", "a <image>", images=2), "placeholders do not match its images"),
        (talk("q <|im_end|>", "a"), "text holds a control token"),
        (talk("q", "a <|im_start|>assistant"), "text holds a control token"),
        (talk("q <|endoftext|>", "a"), "text holds a control token"),
        (talk("q", roles=("user",)), "no answer to learn"),
        (talk("q", " \n"), "no answer to learn"),
        (talk("q", "a", "q", ""), "no answer to learn"),
        (talk("<image>" * 5, "a", images=5), "more images than max_total_tiles allows"),
    ],
)
def test_what_cannot_be_trained_on_is_dropped_with_one_reason(encoder, conversation, reason):
    with pytest.raises(DroppedError, match=f"^{reason}$"):
        encoder.encode(conversation)
    with pytest.raises(DroppedError, match=f"^{reason}$"):
        encoder.prompt_ids(conversation)


def test_a_token_of_images_in_text_is_dropped(tiny_internvl):
    with pytest.raises(DroppedError, match="text holds a control token"):
        encoder_of(tiny_internvl).encode(talk("<IMG_CONTEXT>", "a"))


def test_turns_that_a_template_refuses_are_dropped(tiny_internvl):
    refusal = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    encoder = encoder_of(tiny_internvl, template=refusal + CHATML)
    assert encoder.encode(talk("q", "a")).labels.any()
    with pytest.raises(DroppedError, match=r"^the chat template refuses its turns$"):
        encoder.encode(SYSTEM)


_THINK = "<think>\n\n</think>\n\n"
_LAST_THINKS = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n"
    "{% if loop.last and m.role == 'assistant' %}<think>\n\n</think>\n\n{% endif %}"
    "{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\nPROMPT{% endif %}"
)


@pytest.mark.parametrize("prompt", ["", _THINK])
def test_an_empty_reasoning_is_before_each_answer_or_none_as_the_prompt_has_it(tiny_internvl, prompt):
    encoder = encoder_of(tiny_internvl, template=_LAST_THINKS.replace("PROMPT", prompt))
    encoder.check_template()
    whole, learnt = texts_of(encoder, encoder.encode(talk("q", "one", "r", "two")))
    assert learnt == "one<|im_end|>two<|im_end|>"
    assert whole == (
        f"<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n{prompt}one<|im_end|>\n"
        f"<|im_start|>user\nr<|im_end|>\n<|im_start|>assistant\n{prompt}two<|im_end|>\n"
    )


def test_a_template_that_marks_generation_teaches_the_same(tiny_internvl):
    marked = CHATML.replace(
        "{{ m.content }}<|im_end|>\n",
        "{% if m.role == 'assistant' %}"
        "{% generation %}{{ m.content }}<|im_end|>{% endgeneration %}{{ '\\n' }}"
        "{% else %}{{ m.content }}<|im_end|>\n{% endif %}",
    )
    encoder = encoder_of(tiny_internvl, template=marked)
    encoder.check_template()
    assert encoder.encode(PAIR).labels.tolist() == (
        encoder_of(tiny_internvl, template=CHATML).encode(PAIR).labels.tolist()
    )


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (_LAST_THINKS.replace("PROMPT", "<think>\n"), "but shows none that way"),
        (CHATML.replace("<|im_start|>", "## "), "begins with no control token"),
        (CHATML.replace("<|im_end|>", " ##"), "does not end with a control token"),
        (CHATML.replace("{{ m.content }}", "{{ m.content | upper }}"), "must have a chat template"),
        (CHATML.replace("{{ m.content }}", "{{ m.content }} indeed"), "must have a chat template"),
        (CHATML.replace("{{ m.content }}", "{{ m.content }} <|endoftext|> "), "must have a chat template"),
        ("{{ raise_exception('never') }}", "never"),
        ("{% for m in messages %}", "must have a chat template"),
    ],
)
def test_templates_whose_answers_cannot_be_told_apart_are_refused(tiny_internvl, template, message):
    with pytest.raises(InputError, match=message) as caught:
        encoder_of(tiny_internvl, template=template).check_template()
    assert "\n" not in str(caught.value)


def test_a_tokenizer_that_does_not_keep_answers_is_refused(tiny_internvl):
    tokenizer = AutoTokenizer.from_pretrained(tiny_internvl)
    tokenizer.backend_tokenizer.normalizer = Replace("answer", "reply")
    encoder = ChatEncoder(tokenizer, load_family(tiny_internvl), BUDGET, 500)
    with pytest.raises(InputError, match="one would learn 'first reply"):
        encoder.check_template()


def test_a_tokenizer_without_a_template_is_refused(tiny_internvl):
    tokenizer = AutoTokenizer.from_pretrained(tiny_internvl)
    tokenizer.chat_template = None
    with pytest.raises(InputError, match="must have a chat template, but it has none"):
        ChatEncoder(tokenizer, load_family(tiny_internvl), BUDGET, 500)


def test_markup_of_boxes_is_text_like_any_other(tiny_internvl):
    tokenizer = AutoTokenizer.from_pretrained(tiny_internvl)
    tokenizer.add_tokens(["<ref>", "</ref>", "<box>", "</box>", "<other>"])
    encoder = ChatEncoder(tokenizer, load_family(tiny_internvl), ImageBudget(), 200)

    def encoded(answer):
        messages = (Message("user", "where?"), Message("assistant", answer))
        return encoder.encode(Conversation("c", "t", (), (), messages))

    found = encoded("<ref>a chair</ref><box>[[1, 2, 3, 4]]</box>")
    assert (
        tokenizer.decode(found.ids[found.labels]) == "<ref>a chair</ref><box>[[1, 2, 3, 4]]</box><|im_end|>"
    )
    with pytest.raises(DroppedError, match="control token"):
        encoded("<other>")
