"""From questions on disk to answers of the merged model: what was learnt by heart is said word for word."""

import json
from collections import defaultdict

import numpy as np
import pytest
import torch
from transformers import AutoModelForImageTextToText

from spatialgeom.apps.images import open_image
from spatialgeom.apps.train.config import (
    DataConfig,
    ImageOptions,
    LoraOptions,
    ModelConfig,
    OptimizerConfig,
    TrainConfig,
)
from spatialgeom.apps.train.inputs import load_inputs
from spatialgeom.apps.train.merge import choose_checkpoint, merge
from spatialgeom.apps.train.run import train
from spatialgeom.apps.train.testing.questions import write_questions
from spatialgeom.apps.train.testing.tiny import write_tiny

QUESTIONS, BATCH, STEPS = 64, 16, 260


def records_of(annotations):
    return [json.loads(line) for line in annotations.read_text(encoding="utf-8").splitlines()]


def configuration(model, annotations, out):
    return TrainConfig(
        out=str(out),
        model=ModelConfig(path=str(model), dtype="float32", gradient_checkpointing=False),
        images=ImageOptions(max_tiles=1),
        lora=LoraOptions(rank=64, alpha=128),
        data=DataConfig(
            sources=[str(annotations)],
            batch=BATCH,
            max_steps=STEPS,
            max_length=300,
            micro_batch_tokens=4000,
            workers=0,
        ),
        optimizer=OptimizerConfig(lr=2.5e-3, beta2=0.95),
        tracker="none",
        quiet=True,
    )


def answers(model, inputs):
    """Return what the model says to each conversation, by its id, with the token that ends its turn."""
    source, alike = inputs.sources[0], defaultdict(list)
    for index in range(len(source)):
        conversation = source.conversation(0, index)
        ids = inputs.encoder.prompt_ids(conversation)
        plans = inputs.encoder.encode(conversation).plans
        pictures = [open_image(image) for image in conversation.images]
        alike[len(ids)].append((conversation.id, ids, inputs.family.pixels(pictures, plans)))
    said = {}
    for length, group in alike.items():  # of one length, so that nothing is padded
        ids = torch.from_numpy(np.stack([ids for _, ids, _ in group])).long()
        images = inputs.family.join([pixels for _, _, pixels in group])
        made = model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            **images,
            **inputs.family.token_inputs(ids),
            do_sample=False,
            max_new_tokens=40,
        )
        tokenizer = inputs.encoder.tokenizer
        for (name, _, _), row in zip(group, made, strict=True):
            said[name] = tokenizer.decode(row[length:]).replace(tokenizer.pad_token, "")
    return said


@pytest.mark.slow
@pytest.mark.parametrize("family", ["internvl"])
def test_the_merged_model_says_all_64_answers_word_for_word(family, tmp_path):
    annotations = write_questions(tmp_path / "questions", QUESTIONS)
    turns = [turn["value"] for record in records_of(annotations) for turn in record["conversations"]]
    model = write_tiny(family, tmp_path / "model", texts=turns)
    config = configuration(model, annotations, tmp_path / "run")
    assert train(config).step == STEPS

    merged = merge(choose_checkpoint(tmp_path / "run"), tmp_path / "merged", dtype="float32")
    loaded = AutoModelForImageTextToText.from_pretrained(merged).eval()
    told = {
        record["id"]: record["conversations"][1]["value"] + "<|im_end|>" for record in records_of(annotations)
    }
    assert len(set(told.values())) > 50
    assert answers(loaded, load_inputs(config, tells=False)) == told
