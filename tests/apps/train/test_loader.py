"""The loader: the same micro-batches for any number of workers, in order, nothing lost without a word."""

from collections import Counter
from dataclasses import replace
from multiprocessing import active_children

import numpy as np
import pytest
import torch
from PIL import Image

from spatialgeom.apps.errors import InputError
from spatialgeom.apps.images import ImageRef
from spatialgeom.apps.train.conversation import Conversation, Message
from spatialgeom.apps.train.data.batch import IGNORED
from spatialgeom.apps.train.data.loader import Loader, worker_fault
from spatialgeom.apps.train.data.plan import Plan, Share

LENGTH = 12


class Source:
    """Conversations about one image, every third about two, every fourth about none."""

    name = "made"

    def __init__(self, folder):
        self.folder = folder
        self.images = []
        for number in range(4):
            pixels = np.random.default_rng(number).integers(0, 255, (60, 80, 3), np.uint8)
            Image.fromarray(pixels).save(folder / f"{number}.png")
            self.images.append(ImageRef(str(folder / f"{number}.png"), 80, 60))

    def conversation(self, round, index):
        count = 0 if index % 4 == 3 else 2 if index % 3 == 0 else 1
        images = tuple(self.images[(index + k) % 4] for k in range(count))
        marks = tuple({"image": k, "u": 40, "v": 30 + k, "label": None} for k in range(count))
        text = "<image>\n" * count + "Which is nearer? " * (1 + index % 5)
        said = (Message("user", text), Message("assistant", f"point {index}"))
        return Conversation(str(index), "depth", images, marks, said)


@pytest.fixture(scope="module")
def parts(tiny_internvl):
    from transformers import AutoTokenizer

    from spatialgeom.apps.train.chat import ChatEncoder
    from spatialgeom.apps.train.families import ImageBudget, load_family

    family = load_family(str(tiny_internvl))
    tokenizer = AutoTokenizer.from_pretrained(tiny_internvl)
    return ChatEncoder(tokenizer, family, ImageBudget(2, 4), 400), family


@pytest.fixture
def source(tmp_path):
    return Source(tmp_path)


def make(source, parts, **options):
    plan = Plan([Share.of("made", LENGTH)], 5, 0, options.pop("epochs", 1))
    return Loader([source], *parts, plan, **{"budget_tokens": 200, **options})


def same(first, second):
    assert (first.step, first.last, first.ids, first.tasks) == (
        second.step,
        second.last,
        second.ids,
        second.tasks,
    )
    assert first.inputs.keys() == second.inputs.keys()
    assert torch.equal(first.labels, second.labels)
    assert all(torch.equal(first.inputs[name], second.inputs[name]) for name in first.inputs)


def test_workers_change_nothing_and_leave_no_process(source, parts):
    alone = list(make(source, parts))
    shared = list(make(source, parts, workers=2))
    assert len(alone) == len(shared) > 3
    for first, second in zip(alone, shared, strict=True):
        same(first, second)
    assert not active_children()


def test_stopping_early_leaves_no_process(source, parts):
    batches = iter(make(source, parts, workers=1))
    next(batches)
    assert active_children()
    batches.close()
    assert not active_children()


@pytest.mark.parametrize("world", [1, 2, 7])
def test_ranks_share_each_step_and_have_equally_many_micro_batches(source, parts, world):
    ranks = [list(make(source, parts, rank=rank, world=world)) for rank in range(world)]
    assert len({tuple((batch.step, batch.last) for batch in batches) for batches in ranks}) == 1
    plan = make(source, parts).plan
    for step in range(plan.steps):
        ids = [id for batches in ranks for batch in batches if batch.step == step for id in batch.ids]
        assert sorted(ids) == sorted(f"made/{draw.index}" for draw in plan.step(step))
        lasts = [batch.last for batch in ranks[0] if batch.step == step]
        assert lasts == [False] * (len(lasts) - 1) + [True]


def test_beginning_later_is_the_rest(source, parts):
    whole = [batch for batch in make(source, parts, epochs=2) if batch.step >= 4]
    rest = list(make(source, parts, epochs=2, start_step=4))
    assert len(whole) == len(rest)
    for first, second in zip(whole, rest, strict=True):
        same(first, second)


def test_a_stand_in_teaches_nothing(source, parts):
    batches = [batch for rank in range(7) for batch in make(source, parts, rank=rank, world=7)]
    idle = [batch for batch in batches if not batch.ids]
    assert idle
    assert all((batch.labels == IGNORED).all() and len(batch.tasks) == 1 for batch in idle)


def test_rows_are_padded_on_the_right_and_labels_are_answers(source, parts):
    encoder = parts[0]
    for batch in make(source, parts):
        mask = batch.inputs["attention_mask"]
        assert (mask[:, 1:] <= mask[:, :-1]).all()
        assert (batch.inputs["input_ids"][mask == 0] == encoder.tokenizer.pad_token_id).all()
        assert batch.labels.numel() <= 200 or len(batch.labels) == 1
        assert batch.tokens == mask.sum()
        for row, id in enumerate(batch.ids):
            learnt = encoder.tokenizer.decode(batch.labels[row][batch.labels[row] != IGNORED])
            assert learnt == f"point {id.removeprefix('made/')}<|im_end|>"


def test_an_unreadable_image_changes_no_shape_and_is_counted_once(source, parts):
    whole = list(make(source, parts))
    (source.folder / "1.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
    broken = list(make(source, parts))
    lost = {id for id in range(LENGTH) if any("1.png" in i.path for i in source.conversation(0, id).images)}
    for before, after in zip(whole, broken, strict=True):
        assert {k: v.shape for k, v in before.inputs.items()} == {k: v.shape for k, v in after.inputs.items()}
        for row, id in enumerate(before.ids):
            gone = int(id.removeprefix("made/")) in lost
            assert (after.labels[row] == IGNORED).all() == gone
            assert gone or torch.equal(after.labels[row], before.labels[row])
    counts = [count for batch in broken for count in batch.dropped.values()]
    assert sum(counts) == len(lost)


def test_dots_are_drawn_on_their_own_image(source, parts):
    plain = Source(source.folder)
    told = plain.conversation
    plain.conversation = lambda round, index: replace(told(round, index), marks=())
    for marked, bare in zip(make(source, parts), make(plain, parts), strict=True):
        if "pixel_values" in marked.inputs:
            assert not torch.equal(marked.inputs["pixel_values"], bare.inputs["pixel_values"])


def test_images_take_the_type_that_is_asked_for(source, parts):
    batch = next(b for b in make(source, parts, dtype=torch.bfloat16) if "pixel_values" in b.inputs)
    assert batch.inputs["pixel_values"].dtype == torch.bfloat16
    assert batch.inputs["input_ids"].dtype == torch.int64


def silent(source, unusable):
    told = source.conversation

    def conversation(round, index):
        found = told(round, index)
        return replace(found, messages=found.messages[:1]) if unusable(index) else found

    source.conversation = conversation
    return source


def test_what_planning_drops_is_told_by_one_rank_once(source, parts):
    silent(source, lambda index: index % 2)
    told = [
        sum((batch.dropped for batch in make(source, parts, rank=rank, world=2)), Counter())
        for rank in (0, 1)
    ]
    assert told == [Counter({"no answer to learn": LENGTH // 2}), Counter()]


def test_a_step_without_any_has_an_empty_batch_that_tells_what_it_lost(source, parts):
    last = {draw.index for draw in make(source, parts).plan.step(2)}
    silent(source, last.__contains__)
    for rank in (0, 1):
        *_, empty = make(source, parts, rank=rank, world=2)
        assert (empty.step, empty.last, empty.ids, empty.tokens) == (2, True, (), 0)
        assert not empty.inputs
        assert empty.dropped == (Counter({"no answer to learn": len(last)}) if rank == 0 else Counter())


def test_data_of_which_nothing_can_be_used_stops_the_run(source, parts):
    with pytest.raises(InputError, match=r"3 in a row had none \(no answer to learn: 2\)"):
        list(make(silent(source, lambda index: True), parts))


def test_a_worker_that_dies_is_one_sentence(source, parts):
    batches = iter(make(source, parts, workers=1, epochs=20))
    next(batches)
    active_children()[0].kill()
    with pytest.raises(InputError, match=r"one died .*lower data\.workers"):
        list(batches)
    assert not active_children()


def test_another_fault_is_left_as_it_is():
    fault = RuntimeError("shapes differ")
    assert worker_fault(fault) is fault
