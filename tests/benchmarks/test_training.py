"""The timed LoRA step: all rows do the same work, a wrong one is told, and sizes are those of the models."""

import importlib.util

import pytest
import torch
from PIL import Image

from benchmarks import _training_cost as cost
from benchmarks import _training_data as data
from benchmarks import _training_model as model
from benchmarks import _training_steps as steps
from benchmarks import gpu_report, gpu_stages, table, training
from spatialgeom.apps.train.data.batch import IGNORED

TINY = "--model tiny --dtype float32 --batch 3 --pairs 6 --steps 2 --warmup 1 --workers 0 --tiles 2"


@pytest.fixture(scope="module")
def asked():
    return training._parser().parse_args(TINY.split())


@pytest.fixture(scope="module")
def work(asked, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "HEIGHT", 242)
        patch.setattr(data, "WIDTH", 324)
        return training._work(asked, tmp_path_factory.mktemp("work"))


@pytest.fixture(scope="module")
def base(work):
    return model.make_base(work.config.model.path, "float32", "cpu", "sdpa")


@pytest.fixture
def rows(monkeypatch, work, base, asked, tmp_path):
    """Return all rows of a tiny run, in this process."""
    monkeypatch.setattr(training, "_work", lambda *_: work)
    monkeypatch.setenv("ACCELERATE_USE_CPU", "true")
    return {row["row"]: row for row in training.measure(asked, tmp_path)}


@pytest.mark.slow
def test_every_row_has_the_same_first_loss_and_learns(rows):
    timed = [
        rows[name]
        for name in (
            training.PLAIN,
            training.PLAIN_HELD,
            training.OURS,
            training.OURS_HELD,
            training.OURS_KEPT,
        )
    ]
    first = [float(row["first_loss"]) for row in timed]
    assert first == pytest.approx([first[0]] * 5, rel=1e-5)
    assert all(float(row["last_loss"]) != float(row["first_loss"]) for row in timed)
    assert all(float(row["p20"]) <= float(row["median"]) <= float(row["p80"]) for row in timed)
    assert training.disagreement(list(rows.values()), 1e-4) == ""
    for name, other in training._RATIO_TO.items():
        ratio = float(rows[name]["median"]) / float(rows[other]["median"])
        assert float(rows[name]["ratio"]) == pytest.approx(ratio, rel=2e-3)
    assert float(rows[training.PLAIN]["padding"]) == 0
    assert float(rows[training.PLAIN]["wait"]) > float(rows[training.PLAIN_HELD]["wait"])
    assert "cut into tiles" in rows[training.LOADER]["note"]


@pytest.mark.slow
def test_a_row_out_of_memory_says_so_and_the_next_one_runs(monkeypatch, work, base, asked, tmp_path):
    monkeypatch.setattr(training, "_work", lambda *_: work)
    monkeypatch.setenv("ACCELERATE_USE_CPU", "true")

    def full(*_):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3 GiB.\nmore")

    monkeypatch.setattr(steps, "plain", full)
    monkeypatch.setattr(training, "_loader_row", lambda *_: training._blank(asked, training.LOADER))
    monkeypatch.setattr(steps.ModelWithLoss, "forward", full)
    found = {row["row"]: row for row in training.measure(asked, tmp_path)}
    assert found[training.PLAIN]["note"] == "out of memory: CUDA out of memory. Tried to allocate 3 GiB."
    assert found[training.OURS]["note"].startswith("out of memory: a batch must fit into the device's memory")
    assert found[training.OURS_KEPT]["median"] == found[training.OURS_KEPT]["first_loss"] == ""


def test_a_row_leaves_the_model_as_it_was(monkeypatch, work, base):
    monkeypatch.setenv("ACCELERATE_USE_CPU", "true")
    before = {name: value.clone() for name, value in base.state_dict().items()}
    timed = steps.ours(base, work, steps.again(steps.held(work), work.turns.steps))
    assert (len(timed.seconds), len(timed.losses)) == (2, 3)
    assert not [name for name, _ in base.named_parameters() if "lora" in name]
    assert set(base.state_dict()) == set(before)
    assert all(torch.equal(value, before[name]) for name, value in base.state_dict().items())
    assert base.train().model.vision_tower.training


def test_plain_inputs_are_those_of_our_batches(work):
    for step in range(2):
        own = dict(_rows(steps.held(work)[step]))
        others = list(steps.plain_inputs(work, step))
        assert len(own) == len(others) == 3
        for (conversation, _), other in zip(work.encoded(step), others, strict=True):
            ids, labels, pixels = own[f"pairs/{conversation.id}"]
            assert torch.equal(ids, other["input_ids"][0])
            assert torch.equal(labels, other["labels"][0])
            torch.testing.assert_close(pixels, other["pixel_values"])
            assert (labels != IGNORED).any()


def _rows(batches):
    """Yield ids, labels and pixels of each conversation, padding removed."""
    for batch in batches:
        # all pictures are of one size
        tiles = batch.inputs["pixel_values"].chunk(len(batch.ids))
        for row, name in enumerate(batch.ids):
            length = int(batch.inputs["attention_mask"][row].sum())
            yield name, (batch.inputs["input_ids"][row, :length], batch.labels[row, :length], tiles[row])


def test_the_work_of_a_step_is_that_of_its_conversations(work, base):
    tokens, flops = steps.work_of_steps(work.family.parts.vision, base, steps.held(work))
    assert tokens == [sum(encoded.tokens for _, encoded in work.encoded(step)) for step in range(2)]
    assert all(flop > 4 * tokens_ * 1e3 for flop, tokens_ in zip(flops, tokens, strict=True))


def test_steps_come_again_in_turn():
    turns = data.Turns(steps=5, batch=2, different=2)
    drawn = [[draw.index for draw in turns.step(step)] for step in range(5)]
    assert drawn == [[0, 1], [2, 3], [0, 1], [2, 3], [0, 1]]


def test_adapters_are_stirred_alike_and_count():
    def adapter():
        parts = {"lora_A": torch.nn.Linear(3, 2, bias=False), "lora_B": torch.nn.Linear(2, 3, bias=False)}
        torch.nn.init.zeros_(parts["lora_B"].weight)
        return torch.nn.ModuleDict(parts)

    first, second = adapter(), adapter()
    model.stir(first)
    model.stir(second)
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert one.abs().min() > 0
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ({training.PLAIN: 12.0, training.OURS: 12.0001}, ""),
        ({training.PLAIN: 12.0, training.OURS: 12.01}, "losses of the first step differ from 12.000000"),
        ({training.PLAIN: 12.0, training.OURS: float("nan")}, "ours, with its loader nan"),
        ({training.OURS: 12.0}, "nothing to compare"),
        ({training.PLAIN: None, training.PLAIN_HELD: 12.0, training.OURS: 13.0}, "differ"),
        ({}, ""),
    ],
)
def test_losses_that_differ_by_more_than_rounding_are_told(losses, said):
    rows = [
        {"row": name, "first_loss": "" if loss is None else f"{loss:.6f}"} for name, loss in losses.items()
    ]
    found = training.disagreement(rows, 1e-4)
    assert bool(found) is bool(said)
    assert said in found


def test_a_run_whose_losses_differ_fails_and_keeps_its_rows(monkeypatch, tmp_path, capsys):
    def measured(asked, folder):
        for name, loss in ((training.PLAIN, "2.0"), (training.OURS, "2.1")):
            yield training._blank(asked, name) | {"first_loss": loss, "median": "7", "unit": "tokens/s"}

    monkeypatch.setattr(training, "measure", measured)
    out = tmp_path / "sub" / "rows.csv"
    assert training.main([*TINY.split(), "--out", str(out)]) == 1
    assert "differ from 2.000000: ours, with its loader 2.100000" in capsys.readouterr().err
    rows = table.read_csv(out)
    assert [row["row"] for row in rows] == [training.PLAIN, training.OURS]
    assert {"machine", "commit", "peft", "transformers", "accelerate", "torch"} <= set(rows[0])


def test_a_missing_package_is_one_sentence(monkeypatch, capsys):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "peft" else find(name))
    assert training.main(TINY.split()) == 2
    assert capsys.readouterr().err == (
        "needs peft, which cannot be imported: install spatialgeom[train], "
        "or name a folder that has them on PYTHONPATH\n"
    )


def test_pictures_have_the_size_of_scannets(monkeypatch, tmp_path):
    monkeypatch.setattr(data, "_PICTURES", 2)
    pairs = data.write_pairs(tmp_path, 3)
    with Image.open(pairs.conversations[0].images[0].path) as picture:
        assert (picture.format, picture.size) == ("JPEG", (1296, 968))
    sizes = [(tmp_path / f"{k}.jpg").stat().st_size for k in range(2)]
    assert 100_000 < min(sizes) <= max(sizes) < 400_000
    assert not any("{" in text for text in pairs.texts())
    assert pairs == data.write_pairs(tmp_path, 3)


def test_8b_is_internvl3(monkeypatch):
    tokens, parts = cost.flops_per_conversation("8b")
    assert tokens == cost.TEXT_TOKENS + 2 * (7 * 256 + 2)
    # by hand: 28 layers of 233,057,792 weights and biases; 28 x 3584 wide
    weights = 28 * (2 * 3584 * 3584 + 2 * 3584 * 512 + 3 * 3584 * 18944 + 3584 + 2 * 512 + 2 * 3584)
    assert parts["layers"] == 4 * weights * tokens
    assert parts["attention"] == 6 * 28 * 3584 * tokens**2
    assert parts["head"] == 4 * 3584 * 151674 * cost.LABELS
    assert parts["tower"] == pytest.approx(2 * 0.33e9 * 14 * 1024, rel=0.05)


def test_the_cost_page_divides_peaks_by_operations(capsys):
    assert training.main(["--cost", "--model", "tiny"]) == 0
    page = capsys.readouterr().out
    total = sum(cost.flops_per_conversation("tiny")[1].values())
    assert f"{8 * 989e12 * 0.4 / total:.1f}/s" in page
    assert "17/s" in page


def test_the_stage_for_gpus_is_ours_and_reads_its_rows(tmp_path):
    stage = next(each for each in gpu_stages.ALL if each.name == "training")
    asked = training._parser().parse_args(stage.command(tmp_path)[3:])
    assert (asked.model, asked.device, asked.dtype) == ("8b", "cuda", "bfloat16")
    row = training._blank(asked, training.OURS) | {"median": "9000", "ratio": "1.5", "first_loss": "12.1"}
    training._write(asked.out, [row])
    found = stage.collect(tmp_path)
    assert found["words"] == "ours, with its loader 1.5x plain PEFT."
    page = gpu_report.markdown({"card": "X", "started": "2026-01-02", "stages": [], **found})
    assert "## Training" in page
    assert "| ours, with its loader | 9000 |  | 1.5 |" in page
