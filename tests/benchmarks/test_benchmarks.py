"""Benchmarks measure what they say: loops are right, each operation has a case, nothing wrong is timed."""

import importlib
import pkgutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import spatialgeom.ops
from benchmarks import child, inputs, measure, parity, run, table, worker
from benchmarks.cases import load_case, load_cases, operation_names
from benchmarks.naive.visibility import visible_points
from spatialgeom._operation import OPERATIONS

ROOT = Path(__file__).resolve().parents[2]
LIGHT = {"heading_and_pitch"}  # a dozen operations per frame: nothing to gain
CASES = [case for name in operation_names() for case in load_cases(name)]
OPTIONS = worker.Options(repeats=1)
TINY = {"frames": 6, "points": 400, "rows": 3, "steps": 5}

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(scope="session")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture
def room(monkeypatch, tmp_path):
    """Let scenes be made up even where the real one is present."""
    monkeypatch.setenv("SPATIALGEOM_TEST_DATA", str(tmp_path))


@pytest.fixture
def in_process(monkeypatch):
    """Let measurements run in this process, on the threads that it has."""
    monkeypatch.setattr(child, "in_child", lambda work, *arguments: work(*arguments))
    monkeypatch.setattr(measure, "use_threads", lambda count: None)
    monkeypatch.setattr(measure, "copy_bandwidth", lambda device: 1e10)


def tiny(case):
    return {name: TINY[name] for name in case.sizes}


def corrupted(result):
    """Return a copy of a result of loops with one entry changed, in every part of it."""
    if isinstance(result, tuple):
        return tuple(corrupted(part) for part in result)
    if isinstance(result, list):
        return [found[:-1] for found in result]
    changed = result.copy()
    place = tuple(np.argwhere(np.isfinite(changed))[-1])
    changed[place] = not changed[place] if changed.dtype == bool else changed[place] + 1
    return changed


def test_there_is_a_case_for_every_heavy_operation():
    for module in pkgutil.iter_modules(spatialgeom.ops.__path__):
        importlib.import_module(f"spatialgeom.ops.{module.name}")
    assert set(OPERATIONS) - set(operation_names()) == LIGHT


def test_a_case_is_named_after_its_module_and_found_by_its_name():
    for name in operation_names():
        assert {case.operation for case in load_cases(name)} == {name}
    assert len({case.name for case in CASES}) == len(CASES)
    assert all(load_case(case.name).name == case.name for case in CASES)


@every_case
def test_loops_agree_with_every_backend(case, scratch, room):
    made = case.inputs(tiny(case), scratch)
    backends = worker.runnable_backends(case, OPTIONS)
    assert backends
    worker.check_results(case, made, made, backends, "cpu")


@every_case
def test_a_comparison_sees_a_single_wrong_entry(case, scratch, room):
    arguments = case.inputs(tiny(case), scratch).arguments
    expected = case.naive(*case.naive_arguments(arguments))
    case.compare(arguments, expected, expected)
    with pytest.raises(AssertionError):
        case.compare(arguments, expected, corrupted(expected))


@every_case
def test_sizes_units_and_bytes_grow(case):
    sizes = case.swept()
    for smaller, larger in ((sizes[0], sizes[-1]), (tiny(case), sizes[-1])):
        assert 0 < case.units(smaller) < case.units(larger)
        assert 0 < case.least_bytes(smaller) < case.least_bytes(larger)
    assert all(list(values) == sorted(set(values)) for values in case.sizes.values())


def test_nothing_wrong_is_timed(monkeypatch, scratch):
    monkeypatch.setattr(measure, "time_interleaved", lambda *_: pytest.fail("timed a wrong result"))
    case = replace(load_case("count_bits"), call=lambda values, backend: values[0].sum(1))
    with pytest.raises(AssertionError, match="count_bits: backend 'reference' is wrong, not timed"):
        worker.time_checked(case, tiny(case), OPTIONS, scratch)


def test_where_loops_do_less_the_whole_is_compared_with_the_reference(scratch):
    sound = load_case("count_bits")

    def wrong_beyond_three_rows(values, backend):
        count = sound.call(values, backend)
        return count + (count.shape[0] > 3) * (backend == "cpu")

    case = replace(sound, call=wrong_beyond_three_rows, naive_at_most={"rows": 3})
    with pytest.raises(AssertionError, match="backend 'cpu' is wrong"):
        worker.time_checked(case, {"rows": 8, "points": 100}, OPTIONS, scratch)


def test_a_wrong_result_is_reported_and_fails_the_run(monkeypatch, capsys, in_process):
    def refuse(*_):
        raise AssertionError("count_bits: backend 'cpu' is wrong")

    monkeypatch.setattr(worker, "time_case", refuse)
    assert run.main(["--op", "count_bits", "--smallest"]) == 1
    assert "error: count_bits: backend 'cpu' is wrong" in capsys.readouterr().err


def test_what_does_not_fit_in_memory_gets_a_row(monkeypatch, capsys, in_process):
    def exhaust(*_):
        raise MemoryError

    monkeypatch.setattr(worker, "time_case", exhaust)
    assert run.main(["--op", "count_bits", "--smallest"]) == 0
    assert "does not fit in memory" in capsys.readouterr().out


def test_rows_carry_the_goal_its_verdict_and_the_loops_own_size(monkeypatch, capsys, tmp_path, in_process):
    size, less = {"frames": 200, "points": 150_000}, {"frames": 40, "points": 150_000}
    times = {"naive": (less, 1.23e9), "reference": (size, 1e9), "cpu": (size, 6e6)}
    timed = [
        worker.Timed(who, of, "synthetic", "float32", measure.Spread(ns, ns, ns, 3))
        for who, (of, ns) in times.items()
    ]
    monkeypatch.setattr(worker, "time_case", lambda *_: timed)
    monkeypatch.setattr(worker, "weigh_case", lambda *_: 3 << 20)
    file = tmp_path / "rows.csv"
    assert run.main(["--op", "minimal_covers", "--out", str(file)]) == 0
    assert ">= 1000x met" in capsys.readouterr().out

    loops, reference, ours = table.read_csv(file)
    assert (loops["met"], reference["met"], ours["met"]) == ("", "", "true")
    assert float(ours["ratio_to_naive"]) == pytest.approx(1.23e9 / 820 * 20100 / 6e6, rel=1e-5)
    assert ours["note"] == 'loops timed at {"frames": 40, "points": 150000}, scaled per set of images'
    assert ours["peak_bytes"] == str(3 << 20)
    assert len(ours["commit"]) == 12
    assert ours["torch"] == torch.__version__

    assert run.main(["--markdown", str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].startswith(
        "| `minimal_covers` (cpu) | 200 frames, 150k points, synthetic | 500 us / set of"
    )
    assert ">= 1000x met" in lines[2]


@pytest.mark.slow
def test_the_command_measures_in_processes_of_its_own(tmp_path):
    file = tmp_path / "rows.csv"
    command = "-m benchmarks.run --op count_bits --backend cpu --smallest --repeats 2 --out"
    done = subprocess.run(
        [sys.executable, *command.split(), str(file)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    rows = table.read_csv(file)
    assert [row["backend"] for row in rows] == ["naive", "cpu"]
    assert all(float(row["p20"]) <= float(row["median"]) <= float(row["p80"]) for row in rows)
    # unpacked, the loops' bits are a byte each
    assert int(rows[0]["peak_bytes"]) >= 20 * 20_000
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["operation", "count_bits", "count_bits"]


def test_help_has_examples_and_an_unknown_operation_is_refused(capsys):
    with pytest.raises(SystemExit, match="0"):
        run.main(["--help"])
    assert "examples:" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="2"):
        run.main(["--op", "nothing"])


def test_samples_are_taken_in_turn():
    order = []
    calls = {name: lambda name=name: order.append(name) for name in ("a", "b")}
    measure.time_interleaved(calls, "cpu", repeats=3)
    assert [name for i, name in enumerate(order) if i == 0 or order[i - 1] != name] == ["a", "b"] * 4


def test_peak_memory_is_that_of_the_call():
    held = np.ones(8 << 20)
    peak = measure.peak_bytes(lambda: held + 1.0, "cpu")
    assert held.nbytes <= peak <= held.nbytes * 1.1


def test_a_float32_projection_stays_within_its_bound(room, scratch):
    view = inputs.scene(2, 2000, scratch)
    found = spatialgeom.project_points(*view[:1], view.cam_from_world, view.intrinsics, (480, 640))
    for frame in range(2):
        arrays = (view.points, view.cam_from_world[frame], view.intrinsics[frame])
        shot = parity.project(*(array.double().numpy() for array in arrays))
        valid = found.valid[frame].numpy()
        parity.assert_within(shot.uv[valid], found.uv[frame].numpy()[valid], shot.uv_error[valid])
        # a bound worth having: a hundredth of a pixel
        assert shot.uv_error[valid].max() < 0.01


def test_the_room_is_seen(room, scratch):
    view = inputs.scene(5, 5000, scratch)
    assert view.source == "synthetic"
    arrays = [tensor.numpy() for tensor in (view.points, view.cam_from_world, view.intrinsics, view.depth)]
    share = visible_points(*arrays, inputs.DEPTH_SCALE).mean(axis=1)
    assert ((share > 0.02) & (share < 0.6)).all()


def test_the_kitchen_is_taken_where_it_is(redkitchen, scratch):
    shot = inputs.recording(2, scratch)
    assert shot.source == "redkitchen"
    assert shot.depth.shape == (2, 480, 640)
    # gravity points down: the camera's y axis has a negative world z
    assert (shot.world_from_cam[:, 2, 1] < -0.5).all()
