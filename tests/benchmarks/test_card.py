"""Measuring on a GPU, with a card of numbers in place of one: what is compared, timed, weighed and judged."""

import os
from dataclasses import replace
from functools import partial

import pytest
import torch

from benchmarks import card, card_worker, child, floor, rows, run, runners, table, worker
from benchmarks.cases import load_case, load_cases
from benchmarks.ceilings import Ceilings

LIMITS = floor.Limits(Ceilings(copy_bytes_per_s=4e12), 3e13)
SMALL = {"rows": 5, "points": 300}


class PaperCard:
    """Runs on the CPU; a call takes as long as it is told."""

    device = "cpu"
    cache_bytes = 1000
    captures = True

    def __init__(self):
        self.took = []

    def captured(self, call):
        return call if self.captures else None

    def elapsed_ns(self, call):
        call()
        self.took.append(call)
        return 40_000.0

    def peak_bytes(self, call):
        return 2 * call().nbytes

    def give_back(self):
        pass


@pytest.fixture
def options(monkeypatch):
    """Let the CPU's own backend stand in for the kernels."""
    monkeypatch.setattr(
        worker, "why_not_timed", lambda backend, device: "absent" if backend == "triton" else None
    )
    return worker.Options(device="cuda", repeats=3)


def timed(options, tmp_path, case="count_bits", size=SMALL, **changes):
    case = replace(load_case(case), **changes)
    return card_worker.time_checked(case, size, options, tmp_path, PaperCard())


def test_each_is_timed_by_both_clocks_beside_eager(options, tmp_path):
    found = timed(options, tmp_path)
    assert [(each.implementation, each.metric) for each in found] == [
        *(("reference", "call"), ("reference", "device")),
        *(("cpu", "call"), ("cpu", "device")),
    ]
    # three calls fill a sample of 100 us
    assert found[1].spread.median == pytest.approx(40_000 / 3)
    assert found[1].note == ""
    held, results = 5 * 5 * 8, 5 * 8
    assert found[2].peak_bytes == 2 * results
    assert found[2].memory_ratio == pytest.approx((held + 2 * results) / (held + results))


def test_a_call_that_waits_is_timed_with_its_launches_and_says_so(options, tmp_path, monkeypatch):
    monkeypatch.setattr(PaperCard, "captures", False)
    assert timed(options, tmp_path)[1].note == "waits for the device: launches are in its time"


def test_inputs_are_rotated_until_none_is_in_the_cache():
    arguments = (torch.zeros(100), 3)  # 400 bytes
    sets = card_worker._rotated(arguments, PaperCard())
    assert len(sets) == 5
    assert len({each[0].data_ptr() for each in sets}) == 5
    assert len(card_worker._rotated((torch.zeros(10_000),), PaperCard())) == 1


def test_a_wrong_kernel_is_not_timed(options, tmp_path):
    sound = load_case("count_bits")

    def wrong(values, backend):
        return sound.call(values, backend) + (backend == "cpu")

    with pytest.raises(AssertionError, match="count_bits: backend 'cpu' is wrong, not timed"):
        timed(options, tmp_path, call=wrong)


@pytest.mark.parametrize("name", ["visible_points", "project_points", "render_depth", "unproject_depth"])
def test_a_large_result_is_compared_in_the_first_and_last_frame_too(name, options, tmp_path, monkeypatch):
    monkeypatch.setenv("SPATIALGEOM_TEST_DATA", str(tmp_path))
    monkeypatch.setattr(card_worker, "_FRAMES_COMPARED", 2)
    sound = load_case(name)
    size = {each: {"frames": 4, "points": 200}[each] for each in sound.sizes}

    def wrong(values, backend, frame):
        found = sound.call(values, backend)
        if backend == "cpu":
            array = found if isinstance(found, torch.Tensor) else found[0]
            array[frame] = array[frame].flip(-1)
        return found

    for frame in (0, -1):
        with pytest.raises(AssertionError, match="backend 'cpu' is wrong"):
            timed(options, tmp_path, name, size, call=partial(wrong, frame=frame))


def test_tracks_are_compared_in_pairs_of_some(options, tmp_path):
    assert len(timed(options, tmp_path, "distance_change/path", {"steps": 4, "points": 300})) == 4


def test_eager_that_does_not_fit_is_timed_at_half_the_size_and_scaled(options, tmp_path):
    sound = load_case("count_bits")

    def heavy(values, backend):
        if backend == "reference" and len(values[0]) > 4:
            raise torch.OutOfMemoryError
        return sound.call(values, backend)

    case = replace(
        sound, call=heavy, part=lambda arguments, number: ((arguments[0][:2],), lambda found: found[:2])
    )
    found = card_worker.time_checked(case, {"rows": 8, "points": 64}, options, tmp_path, PaperCard())
    sizes = {each.implementation: each.size["rows"] for each in found}
    assert sizes == {"reference": 4, "cpu": 8}
    ours = list(rows.rows_of(case, found, options, LIMITS))[-1]
    # as fast for twice the rows
    assert float(ours["ratio_to_eager"]) == pytest.approx(2)
    assert 'eager PyTorch timed at {"rows": 4, "points": 64}, scaled per bit' in ours["note"]


def figures(metric, who, ns, size):
    return worker.Timed(
        who, size, "synthetic", "float32", worker.measure.Spread(ns, ns, ns, 30), metric, 1 << 20, 1.0
    )


def test_goals_of_a_size_are_judged_by_the_device_clock(options):
    case = load_case("overlap_matrix")
    goal = case.gpu_goals[0]
    both = [
        figures(metric, who, ns, dict(goal.size))
        for metric in ("call", "device")
        for who, ns in (("reference", 60_000), ("triton", 18_000))
    ]
    found = list(rows.rows_of(case, both, options, LIMITS))
    assert [row["met"] for row in found if row.get("met")] == ["true; false"]
    row = found[-1]
    assert row["goal"] == "<= 20 us; >= 5x eager"
    shown = table.text_table([dict.fromkeys(table.COLUMNS, "") | row])
    assert "<= 20 us met, >= 5x eager NOT MET" in shown
    assert "3.33x eager" in shown
    assert "triton device" in shown
    assert "(1.00x)" in shown


def test_the_table_of_a_gpu_has_the_device_time_beside_the_calls(options):
    case = load_case("overlap_matrix")
    size = dict(case.gpu_goals[0].size)
    both = [
        figures(m, who, ns, size)
        for m, ns in (("call", 9e4), ("device", 2e4))
        for who in ("reference", "triton")
    ]
    blank = dict.fromkeys(table.COLUMNS, "")
    lines = table.markdown_table(
        [blank | row for row in rows.rows_of(case, both, options, LIMITS)]
    ).splitlines()
    assert lines[2].startswith(
        "| `overlap_matrix` (triton) | 370 frames, 150k points, synthetic | 1x eager | 20 us | 90 us |"
    )
    assert len([line for line in lines if line.startswith("| `")]) == 1


class Recorder:
    """A lasting child that runs nothing and remembers."""

    def __init__(self, answers):
        self.asked, self.answers = [], answers

    def __call__(self, work, name, *arguments):
        self.asked.append((work.__name__, name))
        answer = self.answers.get(work.__name__, [])
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self):
        self.asked.append(("closed", ""))


@pytest.fixture
def on_card(monkeypatch, tmp_path):
    """Return what runs a case on a card that gives these answers."""

    def runner(**answers):
        made = Recorder(answers)
        monkeypatch.setattr(child, "LastingChild", lambda: made)
        return runners.CardRunner(worker.Options(device="cuda"), tmp_path, LIMITS), made

    return runner


def test_loops_are_compared_with_once_before_a_cases_sizes(on_card):
    runner, made = on_card()
    for rows_ in (3, 5):
        runner(load_case("count_bits"), {"rows": rows_, "points": 100})
    assert [name for name, _ in made.asked] == ["check_loops", "time_case", "time_case"]


def test_what_a_card_cannot_hold_or_do_is_told(on_card):
    (row,) = on_card(time_case=MemoryError())[0](load_case("count_bits"), SMALL)
    assert "does not fit in memory" in row["note"]
    with pytest.raises(AssertionError, match="count_bits: failed, not timed: CUDA error: illegal address"):
        on_card(time_case=RuntimeError("CUDA error: illegal address\nmore"))[0](
            load_case("count_bits"), SMALL
        )


@pytest.mark.slow
def test_a_child_that_failed_is_replaced():
    lasting = child.LastingChild()
    try:
        first = lasting(os.getpid)
        assert lasting(os.getpid) == first
        with pytest.raises(ZeroDivisionError):
            lasting(divmod, 1, 0)
        assert lasting(os.getpid) != first
    finally:
        lasting.close()


def test_on_a_gpu_the_operations_with_a_kernel_are_timed_at_every_size_of_a_goal():
    asked = run._parser().parse_args(["--device", "cuda"])
    names = run.operations(asked)
    assert {"visible_points", "overlap_matrix", "render_depth"} <= set(names)
    assert "rigid_clusters" not in names
    planned = [(case.name, size) for case, size in run._planned(asked)]
    assert planned.count(("overlap_matrix", {"frames": 1000, "points": 500_000})) == 1
    for name in names:
        for case in load_cases(name):
            sizes = case.swept("cuda")
            assert all(dict(goal.size) in sizes for goal in case.gpu_goals), case.name


def test_interpreted_kernels_are_never_timed(monkeypatch):
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    assert "triton" not in worker.runnable_backends(load_case("overlap_matrix"), worker.Options())
    assert "interpret" in worker.why_not_timed("triton", "cpu")
    monkeypatch.delenv("TRITON_INTERPRET")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_real_card_measures(tmp_path):
    found = card_worker.time_case(
        "count_bits", {"rows": 20, "points": 20_000}, worker.Options("cuda"), tmp_path
    )
    assert {each.metric for each in found} == {"call", "device"}
    assert all(each.spread.p20 > 0 for each in found)
    assert card.instructions_per_s() > 1e12
