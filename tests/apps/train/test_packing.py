"""Packed conversations: the losses of padded ones, and no model that lets them see each other."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialgeom.apps.errors import InputError
from spatialgeom.apps.train.config import (
    CheckpointConfig,
    DataConfig,
    ImageOptions,
    ModelConfig,
    OptimizerConfig,
    TrainConfig,
)
from spatialgeom.apps.train.data.partition import Cost, Slot, pack
from spatialgeom.apps.train.inputs import load_inputs
from spatialgeom.apps.train.run import train
from spatialgeom.apps.train.testing.questions import write_questions

COUNT, BATCH = 24, 8


@pytest.fixture(scope="module")
def questions(tmp_path_factory):
    return write_questions(tmp_path_factory.mktemp("questions"), COUNT)


def configuration(model, questions, out, packing):
    return TrainConfig(
        out=str(out),
        model=ModelConfig(path=str(model), dtype="float32"),
        images=ImageOptions(max_tiles=2),
        data=DataConfig(
            sources=[str(questions)],
            batch=BATCH,
            max_length=300,
            micro_batch_tokens=400,
            workers=0,
            packing=packing,
        ),
        optimizer=OptimizerConfig(lr=1e-2, warmup=0.0),
        checkpoint=CheckpointConfig(every=1000),
        tracker="none",
        quiet=True,
    )


def log(out):
    return [json.loads(line) for line in (Path(out) / "log.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("family", ["tiny_internvl", "tiny_qwen3"])
def test_a_packed_run_has_the_losses_of_a_padded_one(request, family, questions, tmp_path):
    found = {}
    for packing in (False, True):
        config = configuration(
            request.getfixturevalue(family), questions, tmp_path / f"run{packing}", packing
        )
        train(config)
        found[packing] = log(config.out)
    packed, padded = ([line["loss"] for line in found[packing]] for packing in (True, False))
    assert len(packed) == COUNT // BATCH
    assert packed == pytest.approx(padded, abs=1e-5)
    assert all(line["padding"] == 0 for line in found[True])
    assert any(line["padding"] > 0 for line in found[False])


def test_a_model_that_lets_packed_conversations_see_each_other_is_refused(
    tiny_internvl, questions, tmp_path, monkeypatch
):
    # what a model does that takes no notice of positions that begin again
    monkeypatch.setattr(
        "spatialgeom.apps.train.loss.packed_inputs", lambda model, inputs, lengths: dict(inputs)
    )
    with pytest.raises(InputError, match="lets them see each other"):
        train(configuration(tiny_internvl, questions, tmp_path / "run", True))


def test_packed_rows_hold_whole_conversations_behind_one_another(tiny_internvl, questions, tmp_path):
    rows = {}
    for packing in (False, True):
        inputs = load_inputs(
            configuration(tiny_internvl, questions, tmp_path / f"run{packing}", packing), tells=False
        )
        for batch in inputs.batches(0, 1, start=0):
            ids, labels = batch.inputs["input_ids"], batch.labels
            if packing:
                assert "attention_mask" not in batch.inputs
                assert len(ids) == 1
                assert sum(batch.lengths) == ids.shape[1] == batch.tokens
                ids, labels = (value[0].split(batch.lengths) for value in (ids, labels))
            else:
                lengths = batch.inputs["attention_mask"].sum(-1).tolist()
                ids, labels = (
                    [row[:length] for row, length in zip(value, lengths, strict=True)]
                    for value in (ids, labels)
                )
            for name, *own in zip(batch.ids, ids, labels, strict=True):
                rows.setdefault(packing, {})[name] = [value.tolist() for value in own]
    assert len(rows[True]) == COUNT
    assert rows[True] == rows[False]


@given(
    st.lists(st.builds(Cost, st.integers(0, 3), st.integers(1, 60)), max_size=30),
    st.integers(1, 5),
    st.integers(60, 200),
)
def test_packing_fits_the_budget_and_keeps_every_conversation_once(costs, world, budget):
    ranks = pack(costs, world, budget)
    assert len(ranks) == world
    assert len({len(batches) for batches in ranks}) == 1
    slots = [slot for batches in ranks for batch in batches for slot in batch]
    assert sorted(slot.index for slot in slots if slot.counts) == list(range(len(costs)))
    assert all(batch for batches in ranks for batch in batches)
    for batches in ranks:
        for batch in batches:
            assert sum(costs[slot.index].tokens for slot in batch) <= budget


def test_a_rank_without_conversations_is_kept_busy_with_one_that_has_images():
    ranks = pack([Cost(0, 5), Cost(4, 50)], 3, 60)
    assert {slot for batches in ranks for (slot,) in batches} == {Slot(0), Slot(1, False), Slot(1)}
