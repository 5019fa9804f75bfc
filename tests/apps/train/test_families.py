"""Families of models: what is planned from sizes is what the model sees, alone, in batches and packed."""

import json
import pickle
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoConfig, AutoModelForImageTextToText, AutoTokenizer
from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import GotOcr2ImageProcessorPil
from transformers.models.internvl.processing_internvl import InternVLProcessor
from transformers.models.llava_onevision.image_processing_pil_llava_onevision import (
    LlavaOnevisionImageProcessorPil,
)
from transformers.models.llava_onevision.processing_llava_onevision import LlavaOnevisionProcessor
from transformers.models.qwen2_5_vl.processing_qwen2_5_vl import Qwen2_5_VLProcessor
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from spatialgeom.apps.errors import InputError
from spatialgeom.apps.train.encoding import DroppedError
from spatialgeom.apps.train.families import ImageBudget, load_family, packed_inputs
from spatialgeom.apps.train.families._images import share
from spatialgeom.apps.train.families.internvl import InternVL
from spatialgeom.apps.train.families.llava_onevision import LlavaOnevision
from spatialgeom.apps.train.families.qwen_vl import QwenVL

FAMILIES = ("internvl", "qwen2_5", "qwen3", "llava")
SCANNET = (968, 1296)
AROUND = {"internvl": 2, "qwen2_5_vl": 2, "qwen3_vl": 2, "llava_onevision": 0}


@pytest.fixture(scope="module", params=FAMILIES)
def tiny(request):
    folder = request.getfixturevalue(f"tiny_{request.param}")
    model = AutoModelForImageTextToText.from_pretrained(folder)
    model.train()  # as in training, where masks of packed rows come out otherwise than in evaluation
    return SimpleNamespace(
        folder=folder,
        family=load_family(folder),
        tokenizer=AutoTokenizer.from_pretrained(folder),
        model=model.requires_grad_(False),
    )


def real_internvl():
    processor = GotOcr2ImageProcessorPil(size={"height": 448, "width": 448})
    return InternVL(processor, "<IMG_CONTEXT>", ("<img>", "</img>"), tile_tokens=256, tile_patches=1024)


def real_qwen(patch, fewest, most):
    size = {"shortest_edge": fewest, "longest_edge": most}
    processor = Qwen2VLImageProcessorPil(patch_size=patch, merge_size=2, size=size)
    around = ("<|vision_start|>", "<|vision_end|>")
    return QwenVL("qwen", processor, "<|image_pad|>", 7, around)


def real_llava():
    processor = LlavaOnevisionImageProcessorPil()
    grids = tuple(map(tuple, processor.image_grid_pinpoints))
    return LlavaOnevision(processor, "<image>", side=384, side_patches=27, grids=grids, densest=9)


def pictures(sizes, seed=0):
    rng = np.random.default_rng(seed)
    return [Image.fromarray(rng.integers(0, 256, (*size, 3), dtype=np.uint8)) for size in sizes]


def features(model, inputs):
    """Count what the model makes of image inputs."""
    made = model.get_image_features(**inputs, return_dict=True).pooler_output
    return sum(part.shape[:-1].numel() for part in made)


@pytest.mark.parametrize(
    ("family", "most", "tokens", "patches", "width"),
    [
        (real_internvl(), 12, 3330, 13 * 1024, 4 * 448),
        (real_internvl(), 6, 1794, 7 * 1024, 3 * 448),
        (real_internvl(), 1, 258, 1024, 448),
        (real_qwen(14, 3136, 12845056), 99, 1610 + 2, 4 * 1610, 46 * 28),
        (real_qwen(14, 3136, 12845056), 7, 1610 + 2, 4 * 1610, 46 * 28),
        (real_qwen(14, 3136, 12845056), 6, 45 * 33 + 2, 4 * 45 * 33, 45 * 28),
        (real_qwen(14, 3136, 12845056), 1, 18 * 13 + 2, 4 * 18 * 13, 18 * 28),
        (real_qwen(16, 65536, 16777216), 99, 1200 + 2, 4 * 1200, 40 * 32),
        (real_llava(), 1, 729 + 21 * 28, 2 * 729, 384),
        (real_llava(), 6, 729 + 54 * 74, 7 * 729, 1029),
    ],
)
def test_an_image_of_scannet_has_known_tokens(family, most, tokens, patches, width):
    (plan,) = family.plan([SCANNET], ImageBudget(most, 99))
    assert (plan.tokens, plan.patches, plan.shown_width) == (tokens, patches, width)


def test_llava_pads_each_of_several_images_to_a_square():
    plans = real_llava().plan([SCANNET, SCANNET[::-1]], ImageBudget())
    assert [(plan.tokens, plan.patches, plan.shown_width) for plan in plans] == [
        (730, 729, 384),
        (730, 729, 287),
    ]


def test_the_paper_sees_both_images_of_a_pair_with_six_tiles():
    plans = real_internvl().plan([SCANNET] * 2, ImageBudget())
    assert [plan.tokens for plan in plans] == [1794, 1794]


sizes = st.tuples(st.integers(1, 130), st.integers(1, 130))


@given(
    sizes=st.lists(sizes, min_size=1, max_size=3),
    budget=st.builds(ImageBudget, st.integers(1, 7), st.integers(3, 12)),
)
@example([(1, 1)], ImageBudget())
@example([(1, 200), (200, 1)], ImageBudget(12, 24))
@example([(200, 1)], ImageBudget(1, 1))
@example([(3, 3), (1, 3)], ImageBudget())
@example([SCANNET], ImageBudget(12, 24))
@example([(28, 28), (29, 28)], ImageBudget(2, 2))
@example([(56, 140)], ImageBudget(12, 24))  # LLaVA: 10 tiles of tokens are kept, 12 are reduced to 9
@example([(84, 112)], ImageBudget(12, 24))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pixels_make_as_many_tokens_as_planned(tiny, sizes, budget):
    tiny.family.configure(tiny.model.config, budget)
    plans = tiny.family.plan(sizes, budget)
    inputs = tiny.family.pixels(pictures(sizes), plans)

    planned = sum(plan.tokens - AROUND[tiny.family.name] for plan in plans)
    assert features(tiny.model.model, inputs) == planned
    for plan in plans:
        expansion = tiny.tokenizer(tiny.family.expansion(plan), add_special_tokens=False)["input_ids"]
        assert len(expansion) == plan.tokens
        shown = expansion.count(tiny.tokenizer.convert_tokens_to_ids(tiny.family.image_token))
        assert shown == plan.tokens - AROUND[tiny.family.name]


def test_patches_are_what_the_tower_sees(tiny):
    plans = tiny.family.plan([(60, 90), (80, 50)], ImageBudget(4, 8))
    values = tiny.family.pixels(pictures([(60, 90), (80, 50)]), plans)["pixel_values"]
    seen = len(values) if values.ndim == 2 else len(values) * (28 // 7) ** 2
    assert seen == sum(plan.patches for plan in plans)


def test_pixels_of_another_size_than_planned_are_refused(tiny):
    plans = tiny.family.plan([(28, 28)], ImageBudget())
    with pytest.raises(ValueError, match="were planned from their sizes"):
        tiny.family.pixels(pictures([(28, 84)]), plans)


@pytest.mark.parametrize(
    ("total", "most"), [(24, 6), (23, 5), (16, 5), (15, 3), (12, 3), (11, 2), (8, 2), (7, 1), (4, 1)]
)
def test_images_share_the_largest_cap_that_fits(total, most):
    # an image of aspect 3 : 2 has 6 tiles of 6, 4 of 5 (2 by 2), 3 of 4, 3 of 3, and then 2 and 1
    real = {6: 6, 5: 4, 4: 4, 3: 3, 2: 2, 1: 1}
    assert share([(2, 3)] * 4, lambda height, width, cap: real[cap], ImageBudget(6, total)) == most


def test_a_conversation_gets_no_more_tiles_than_its_total():
    family, budget = real_internvl(), ImageBudget(6, 10)
    plans = family.plan([SCANNET, SCANNET, (448, 448)], budget)
    tiles = [plan.patches // 1024 for plan in plans]
    assert sum(count - (count > 1) for count in tiles) <= 10
    assert tiles == [5, 5, 1]  # with thumbnails; one cap more, 6, would be 6 + 6 + 1
    assert {plan.tiles for plan in plans} == {5}
    with pytest.raises(DroppedError, match=r"^more images than max_total_tiles allows$"):
        family.plan([SCANNET] * 11, budget)
    assert [plan.tokens for plan in family.plan([SCANNET] * 10, budget)] == [258] * 10


def test_more_images_than_tiles_are_dropped_in_every_family(tiny):
    assert len(tiny.family.plan([(30, 30)] * 3, ImageBudget(6, 3))) == 3
    with pytest.raises(DroppedError, match="more images than max_total_tiles allows"):
        tiny.family.plan([(30, 30)] * 4, ImageBudget(6, 3))


def test_an_image_too_long_for_qwen_is_dropped():
    family = real_qwen(14, 3136, 12845056)
    family.plan([(10, 2000)], ImageBudget())
    with pytest.raises(DroppedError, match="200 times"):
        family.plan([(10, 2001)], ImageBudget())


def test_llava_chooses_among_grids_of_the_budget_alone(tiny_llava):
    family, config = load_family(tiny_llava), AutoConfig.from_pretrained(tiny_llava)
    family.configure(config, ImageBudget(6, 4))
    tiles = [height * width // 28**2 for height, width in config.image_grid_pinpoints]
    assert max(tiles) == 4
    assert len(tiles) == 8  # 1x1 to 1x4, 2x1, 2x2, 3x1 and 4x1
    assert [plan.tiles for plan in family.plan([(50, 50)] * 2, ImageBudget(6, 4))] == [1, 1]


@pytest.mark.parametrize("most", [1, 6, 12])
@pytest.mark.parametrize("size", [SCANNET, (448, 448), (30, 900), (1, 1)])
def test_expansions_equal_those_of_the_stock_processors(size, most):
    budget = ImageBudget(most, 99)
    stock = InternVLProcessor.__new__(InternVLProcessor)
    stock.start_image_token, stock.end_image_token, stock.image_token = "<img>", "</img>", "<IMG_CONTEXT>"
    stock.image_seq_length = 256
    crops = {"crop_to_patches": True, "min_patches": 1, "max_patches": most}
    tiles = real_internvl().processor.get_number_of_image_patches(*size, crops)
    (plan,) = real_internvl().plan([size], budget)
    assert real_internvl().expansion(plan) == stock.replace_image_token({"num_patches": [tiles]}, 0)

    qwen = real_qwen(14, 3136, 12845056)
    stock = Qwen2_5_VLProcessor.__new__(Qwen2_5_VLProcessor)
    stock.image_processor, stock.image_token = qwen.processor, "<|image_pad|>"
    (plan,) = qwen.plan([size], budget)
    made = qwen.pixels(pictures([size]), [plan])
    shown = stock.replace_image_token(made, 0)
    assert qwen.expansion(plan) == f"<|vision_start|>{shown}<|vision_end|>"

    llava = real_llava()
    stock = LlavaOnevisionProcessor.__new__(LlavaOnevisionProcessor)
    stock.num_image_tokens, stock.vision_aspect_ratio = 729, "anyres_max_9"
    within = [[h, w] for h, w in llava.grids if h * w <= most * 384**2]
    stock.image_processor = SimpleNamespace(image_grid_pinpoints=within)
    (plan,) = llava.plan([size], budget)
    assert plan.tokens == stock._get_number_of_features(*size, 384, 384)


CONVERSATIONS = ([(60, 90)], [], [(40, 50), (70, 30)], [(28, 100)])


def rows_of(tiny, budget):
    """Return ids and image inputs of conversations with one, no, two and one image."""
    token = tiny.tokenizer(tiny.family.image_token, add_special_tokens=False)["input_ids"][0]
    rows, parts = [], []
    for k, sizes in enumerate(CONVERSATIONS):
        plans = tiny.family.plan(sizes, budget) if sizes else []
        text = "".join(map(tiny.family.expansion, plans)) + "How far? " * (k + 1)
        rows.append(tiny.tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"][0])
        assert int((rows[-1] == token).sum()) == sum(p.tokens - AROUND[tiny.family.name] for p in plans)
        parts.append(tiny.family.pixels(pictures(sizes, seed=k), plans) if sizes else {})
    return rows, parts


def hidden(tiny, rows, parts):
    ids = pad_sequence(rows, batch_first=True)
    mask = pad_sequence([torch.ones_like(row) for row in rows], batch_first=True)
    inputs = {"input_ids": ids, "attention_mask": mask}
    inputs |= {**tiny.family.join(parts), **tiny.family.token_inputs(ids)}
    return tiny.model.model(**inputs).last_hidden_state, inputs


def test_conversations_with_one_two_and_no_images_go_through_the_model_together(tiny):
    budget = ImageBudget(4, 8)
    tiny.family.configure(tiny.model.config, budget)
    rows, parts = rows_of(tiny, budget)
    together, _ = hidden(tiny, rows, parts)
    for k, (row, part) in enumerate(zip(rows, parts, strict=True)):
        alone, _ = hidden(tiny, [row], [part])
        torch.testing.assert_close(together[k, : len(row)], alone[0], rtol=0, atol=1e-5)


def test_packed_conversations_do_not_see_one_another(tiny):
    budget = ImageBudget(4, 8)
    tiny.family.configure(tiny.model.config, budget)
    rows, parts = rows_of(tiny, budget)
    alone = torch.cat([hidden(tiny, [row], [part])[0][0] for row, part in zip(rows, parts, strict=True)])
    _, inputs = hidden(tiny, [torch.cat(rows)], parts)
    packed = packed_inputs(tiny.model.model, inputs, [len(row) for row in rows])

    def error(**changed):
        return (tiny.model.model(**packed | changed).last_hidden_state[0] - alone).abs().max().item()

    assert error() < 1e-5
    # each of these lets a conversation see those before it, without a word
    assert error(attention_mask=inputs["attention_mask"]) > 0.1
    assert error(use_cache=True) > 0.1
    assert error(position_ids=None) > 0.1
    if packed["position_ids"].ndim == 3:
        assert error(position_ids=packed["position_ids"][1:]) > 0.1


def test_conversations_without_images_have_no_image_inputs(tiny):
    assert tiny.family.join([{}, {}]) == {}
    assert tiny.family.join([]) == {}


def test_qwen_is_told_which_tokens_are_an_image(tiny_qwen3):
    family = load_family(tiny_qwen3)
    ids = torch.tensor([[1, family.image_id, family.image_id, 2]])
    assert family.token_inputs(ids)["mm_token_type_ids"].tolist() == [[0, 1, 1, 0]]


def test_parts_are_all_of_the_model_but_its_llm(tiny):
    children = {name for name, _ in tiny.model.model.named_children()}
    assert children == {*tiny.family.parts.vision, tiny.family.parts.llm}


def test_features_can_be_kept_out_of_autograd(tiny):
    model = AutoModelForImageTextToText.from_pretrained(tiny.folder).model
    tiny.family.configure(model.config, ImageBudget(2, 2))
    plans = tiny.family.plan([(30, 30)], ImageBudget(2, 2))
    model.get_image_features = torch.no_grad()(model.get_image_features)
    text = tiny.family.expansion(plans[0])
    ids = tiny.tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"]
    inputs = {**tiny.family.pixels(pictures([(30, 30)]), plans), **tiny.family.token_inputs(ids)}
    model(input_ids=ids, **inputs).last_hidden_state.sum().backward()
    reached = {name.split(".")[0] for name, p in model.named_parameters() if p.grad is not None}
    assert reached == {"language_model"}


def test_a_family_can_be_sent_to_workers(tiny):
    copy = pickle.loads(pickle.dumps(tiny.family))
    plans = copy.plan([(50, 70)], ImageBudget())
    assert plans == tiny.family.plan([(50, 70)], ImageBudget())
    torch.testing.assert_close(
        copy.pixels(pictures([(50, 70)]), plans), tiny.family.pixels(pictures([(50, 70)]), plans)
    )


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"model_type": "llama"}, "'llama'; supported are internvl, llava_onevision, qwen2_5_vl, qwen3_vl"),
        ({"model_type": "internvl_chat"}, "native form of the model, such as OpenGVLab/InternVL3-8B-hf"),
        ({"vocab_size": 7}, "has model type 'None'; supported are"),
        (None, "must be a model's folder, but has no config.json"),
    ],
)
def test_models_that_are_not_supported_are_refused(tmp_path, config, message):
    if config is not None:
        (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match=message) as caught:
        load_family(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(InputError, match="must be a model's folder or its name on the hub"):
        load_family(tmp_path / "nothing")
