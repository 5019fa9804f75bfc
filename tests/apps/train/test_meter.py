"""What a step costs: known counts of operations, torch's own counts, clocks; and how a run tells of it."""

import json
import os
import pty
import termios
from types import SimpleNamespace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from spatialgeom.apps.train import meter as meters
from spatialgeom.apps.train.config import LoraOptions, ModelConfig
from spatialgeom.apps.train.data.batch import IGNORED, MicroBatch
from spatialgeom.apps.train.families import load_family
from spatialgeom.apps.train.meter import Cost, Meter, peak_flops
from spatialgeom.apps.train.model import add_adapters, load_model
from spatialgeom.apps.train.report import LOG, Report

CPU = torch.device("cpu")
# two layers of 64 features, 4 heads and 2 of keys of 16, 96 between: q, o, k, v, their biases, three of the
# feed-forward part, two norms
QWEN2_LAYER = 2 * 64 * 64 + 2 * 32 * 64 + (64 + 32 + 32) + 3 * 64 * 96 + 2 * 64
QWEN3_LAYER = (
    2 * 64 * 64 + 2 * 32 * 64 + 2 * 16 + 3 * 64 * 96 + 2 * 64
)  # no biases, norms of queries and keys


def cost_of(folder):
    model = add_adapters(load_model(ModelConfig(path=str(folder), dtype="float32"), CPU), LoraOptions(rank=4))
    return model, Cost.of(model, load_family(folder).parts.vision)


def batch_of(lengths, labels, **inputs):
    """Return a padded batch of so long conversations, each with so many label tokens at its end."""
    longest = max(lengths)
    mask = torch.tensor([[1] * n + [0] * (longest - n) for n in lengths])
    wanted = torch.full((len(lengths), longest), IGNORED)
    for row, (length, count) in enumerate(zip(lengths, labels, strict=True)):
        wanted[row, length - count : length] = 7
    return MicroBatch(
        0, True, {"attention_mask": mask, **inputs}, wanted, ("a",), ("t",) * len(lengths), sum(lengths)
    )


@pytest.mark.parametrize(
    ("name", "layer"),
    [("internvl", QWEN2_LAYER), ("qwen2_5", QWEN2_LAYER), ("qwen3", QWEN3_LAYER), ("llava", QWEN2_LAYER)],
)
def test_a_tiny_model_has_known_weights(request, name, layer):
    model, cost = cost_of(request.getfixturevalue(f"tiny_{name}"))
    assert (cost.llm, cost.head, cost.width, cost.patch) == (2 * layer, 512 * 64, 2 * 4 * 16, 7)
    inner = model.get_base_model().model
    rest = sum(value.numel() for key, value in inner.named_parameters() if "lora_" not in key)
    embeddings, last_norm, newline = 512 * 64, 64, 64 * (name == "llava")
    assert cost.vision == rest - cost.llm - embeddings - last_norm - newline


def test_operations_of_a_batch_are_those_counted_by_hand():
    cost = Cost(llm=1000, head=200, vision=30, width=8, patch=7)
    batch = batch_of((10, 6), (3, 2))
    text = 4 * 1000 * 16 + 6 * 8 * (100 + 36) + 4 * 200 * 5
    assert cost.flops(batch) == text
    tiles = batch_of((10, 6), (3, 2), pixel_values=torch.zeros(3, 3, 28, 28))
    assert cost.flops(tiles) == text + 2 * 30 * 3 * 16
    flat = batch_of((10, 6), (3, 2), pixel_values=torch.zeros(24, 3 * 2 * 7 * 7))
    assert cost.flops(flat) == text + 2 * 30 * 24
    padded = batch_of((10, 6, 1), (3, 2, 0))
    assert cost.flops(padded) == text + 4 * 1000 + 6 * 8


def test_packed_conversations_cost_what_separate_ones_do():
    cost = Cost(llm=1000, head=200, vision=30, width=8, patch=7)
    labels = torch.full((1, 16), IGNORED)
    labels[0, 7:10] = labels[0, 14:] = 7
    packed = MicroBatch(0, True, {}, labels, ("a", "b"), ("t", "t"), 16, lengths=(10, 6))
    assert cost.flops(packed) == cost.flops(batch_of((10, 6), (3, 2)))


@pytest.mark.parametrize("name", ["internvl", "qwen3"])
def test_half_of_the_operations_are_those_of_a_forward_pass(request, name):
    folder, length = request.getfixturevalue(f"tiny_{name}"), 96
    _, cost = cost_of(folder)
    # torch does not count what its fused kernels for CPUs do
    base = load_model(ModelConfig(path=str(folder), dtype="float32", attention="eager"), CPU).eval()
    ids = torch.arange(length)[None] % 50 + 20
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        base(input_ids=ids, attention_mask=torch.ones_like(ids))
    batch = batch_of((length,), (length,))
    # torch counts whole squares of attention, of which a causal mask leaves half
    attention = 6 * cost.width * length**2  # forward and backward, of half a square
    forward = (cost.flops(batch) - attention) / 2 + 2 * attention / 3
    assert counter.get_total_flops() == pytest.approx(forward, rel=0.01)


def test_peaks_are_told_apart_by_the_most_particular_name(monkeypatch):
    cuda = torch.device("cuda")
    for name, peak in [
        ("NVIDIA H100 80GB HBM3", 989e12),
        ("NVIDIA H100 PCIe", 756e12),
        ("NVIDIA A100-SXM4-80GB", 312e12),
        ("NVIDIA RTX A6000", 155e12),
        ("NVIDIA A10G", 70e12),
        ("NVIDIA A10", 125e12),
        ("NVIDIA L40", 181e12),
        ("NVIDIA L40S", 362e12),
        ("NVIDIA L4", 121e12),
        ("NVIDIA GeForce RTX 4090", 165e12),
        ("Unheard of", None),
    ]:
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda _, name=name: name)
        assert peak_flops(cuda) == peak
    assert peak_flops(CPU) is None


def test_clocks_tell_of_waiting_and_of_work(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(meters.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(meters, "peak_flops", lambda _: 500.0)

    def slow():
        for item in (1, 2):
            now[0] += 1.5
            yield item

    meter = Meter(Cost(1, 1, 1, 1, 1), CPU, processes=2)
    for _ in meter.waiting(slow()):
        now[0] += 2.5
    read = meter.read(tokens=1600.0, flops=4000.0)
    assert (read["seconds"], read["tokens_per_s"], read["wait"]) == (8.0, 200.0, 3 / 8)
    assert (read["tflops_per_device"], read["utilisation"]) == (250e-12, 0.5)
    assert 0.05 < read["memory_gib"] < 100
    meter.start()
    now[0] += 4
    assert meter.read(100.0, 0.0)["wait"] == 0.0
    assert meter.read(100.0, 0.0)["tokens_per_s"] == 25.0


class Told:
    """Stands in for accelerate: keeps what trackers would get."""

    is_main_process = True

    def __init__(self):
        self.logged, self.ended = [], False

    def log(self, values, step):
        self.logged.append((step, values))

    def end_training(self):
        self.ended = True


METRICS = {"loss": 1.25, "lr": 4e-5, "tokens_per_s": 1234.0, "wait": 0.125, "memory_gib": 2.0, "dropped": 0}
EVALUATION = {"all": {"loss": 0.5, "exact": 0.25, "conversations": 4, "dropped": 0}}


def tell(folder, *, steps=3, done=0, **options):
    accelerator = Told()
    report = Report(accelerator, folder, steps=steps, done=done, **{"quiet": False, **options})
    report.say("begin")
    for step in range(done + 1, steps + 1):
        report.step(step, METRICS)
    report.evaluation(steps, EVALUATION)
    report.close()
    return accelerator


def lines(folder):
    return [json.loads(line) for line in (folder / LOG).read_text().splitlines()]


def test_a_resumed_run_tells_later_steps_again_and_earlier_ones_once(tmp_path):
    tell(tmp_path)
    with (tmp_path / LOG).open("a") as file:
        file.write('{"step": 4, "los')  # as it was being written when the run was killed
    tell(tmp_path, done=2)
    told = [(line["step"], "evaluation" in line) for line in lines(tmp_path)]
    assert told == [(1, False), (2, False), (3, False), (3, True)]
    assert not list(tmp_path.glob(".*"))


def test_trackers_get_every_figure(tmp_path):
    accelerator = tell(tmp_path)
    assert accelerator.ended
    assert accelerator.logged[0] == (1, {f"train/{name}": value for name, value in METRICS.items()})
    assert accelerator.logged[-1] == (
        3,
        {f"evaluation/all/{name}": value for name, value in EVALUATION["all"].items()},
    )


def test_without_a_terminal_there_are_plain_lines_of_the_first_and_last_step(tmp_path, capsys):
    tell(tmp_path)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "begin",
        "step 1 of 3: loss 1.2500, lr 4.00e-05, 1,234 tokens/s, waiting 12%, 2.0 GiB",
        "step 3 of 3: loss 1.2500, lr 4.00e-05, 1,234 tokens/s, waiting 12%, 2.0 GiB",
        "evaluation after 3 steps: loss 0.5000, exact 25.0%",
    ]


def test_what_is_dropped_and_the_share_of_the_peak_are_told(tmp_path, capsys):
    report = Report(Told(), tmp_path, steps=1, done=0, quiet=False)
    report.step(1, METRICS | {"dropped": 1200, "utilisation": 0.456})
    assert "46% of peak" in (said := capsys.readouterr().err)
    assert said.endswith("dropped 1,200\n")


@pytest.mark.parametrize("quiet", [True, False])
def test_quiet_runs_and_other_processes_say_nothing(tmp_path, capsys, monkeypatch, quiet):
    monkeypatch.setattr(Told, "is_main_process", quiet)
    tell(tmp_path, quiet=quiet)
    assert capsys.readouterr() == ("", "")
    assert (tmp_path / LOG).is_file() == quiet


def test_a_terminal_gets_a_bar_that_begins_where_the_run_does(tmp_path, monkeypatch):
    main, side = pty.openpty()
    termios.tcsetwinsize(side, (24, 120))
    with os.fdopen(side, "w") as terminal:
        monkeypatch.setattr("sys.stderr", terminal)
        tell(tmp_path, steps=4, done=2)
    said = SimpleNamespace(text=os.read(main, 1 << 16).decode())
    os.close(main)
    assert "2/4" in said.text
    assert "4/4" in said.text
    assert "loss 1.2500, lr 4.00e-05" in said.text
    assert "step 3 of 4" not in said.text
