"""The run on a GPU, without one: its stages end as they should, and its experiments compute what they say."""

import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from benchmarks import ceilings as ceilings_module
from benchmarks import gpu, gpu_machine, gpu_report, gpu_stages, run
from benchmarks.ceilings import Ceilings
from benchmarks.gpu_stages import ALL, Stage

ROOT = Path(__file__).resolve().parents[2]
RATES = Ceilings(4e12, int8_ops_per_s=1e15, gathers_per_s=2e11)


def stage(name, code, seconds=30.0, **options):
    """Return a stage that runs a line of Python in its folder; ``found.json`` there is what it found."""

    def collect(folder):
        return json.loads((folder / "found.json").read_text())

    return Stage(name, seconds, lambda folder: [sys.executable, "-c", code, str(folder)], collect, **options)


def finds(**found):
    return f"import pathlib, sys; pathlib.Path(sys.argv[1], 'found.json').write_text({json.dumps(found)!r})"


def statuses(results):
    return [each["status"] for each in results["stages"]]


def test_without_a_gpu_one_sentence_says_so(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(gpu, "find_card", lambda: ("", ""))
    assert gpu.main(["--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        "gpu: no CUDA device; this needs an NVIDIA GPU of compute capability 8.0 or newer\n"
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_the_gpu_is_looked_for():
    assert gpu.find_card() == ("", "")


def test_a_stage_that_fails_does_not_stop_the_next(tmp_path):
    stages = [
        stage("first", finds(ceilings={"a": 1}, words="one")),
        stage("broken", "raise RuntimeError('no such kernel')"),
        stage("last", finds(ceilings={"b": 2})),
    ]
    results = gpu.run(stages, "NVIDIA X1 80GB", tmp_path, 90)
    assert statuses(results) == ["done", "failed", "done"]
    assert results["stages"][0]["words"] == "one"
    # stages share a folder, so what the first one left is read; its own failure is told all the same
    assert results["stages"][1]["words"].endswith("RuntimeError: no such kernel")
    assert results["ceilings"] == {"a": 1, "b": 2}
    assert json.loads((tmp_path / "gpu-nvidia-x1-80gb.json").read_text()) == results
    assert "no such kernel" in (tmp_path / "gpu-nvidia-x1-80gb.md").read_text()


def test_a_stage_without_results_is_told_in_words(tmp_path):
    results = gpu.run([stage("silent", "pass")], "x", tmp_path, 30)
    assert statuses(results) == ["failed"]
    assert "its results cannot be read" in results["stages"][0]["words"]


def test_a_stage_out_of_time_ends_with_all_that_it_started(monkeypatch, tmp_path):
    monkeypatch.setattr(gpu, "_GRACE_S", 0.2)
    monkeypatch.setattr(gpu, "_LEAST_S", 0.0)
    child = f"import subprocess, sys; print(subprocess.Popen(['sleep', '60']).pid); {finds(kept=1)}"
    hangs = stage("hangs", f"{child}; sys.stdout.flush(); import time; time.sleep(60)", seconds=3)
    start = time.monotonic()
    results = gpu.run([hangs, stage("next", finds(tests_after={}), seconds=10)], "x", tmp_path, 13)
    assert time.monotonic() - start < 12
    assert statuses(results) == ["out of time", "done"]
    # it was stopped, but what it had found is kept
    assert results["kept"] == 1
    grandchild = next(int(line) for line in results["stages"][0]["log"] if line.isdigit())
    for _ in range(50):
        state = Path(f"/proc/{grandchild}/stat")
        if not state.exists() or state.read_text().split()[2] == "Z":
            break
        time.sleep(0.05)
    else:
        pytest.fail("a process that the stage started still runs")


def test_what_a_stage_leaves_goes_to_the_next_and_nothing_to_one_without_time(monkeypatch, tmp_path):
    limits = {}

    def pretend(stage, folder, limit, results):
        limits[stage.name] = limit
        return {"name": stage.name, "status": "done", "seconds": 0.0, "words": ""}

    monkeypatch.setattr(gpu, "run_stage", pretend)
    gpu.run([stage("a", "", 10), stage("b", "", 20), stage("c", "", 0)], "x", tmp_path, 40)
    assert limits == pytest.approx({"a": 20, "b": 40, "c": 40}, abs=1)
    monkeypatch.undo()
    outcome = gpu.run_stage(stage("late", "raise SystemExit(3)"), tmp_path, 1.0, {})
    assert (outcome["status"], outcome["words"]) == ("skipped", "no time was left")


def test_a_run_that_is_stopped_keeps_what_it_had(monkeypatch, tmp_path):
    def stop(*_):
        raise KeyboardInterrupt

    stages = [stage("first", finds(tests={"counts": {"passed": 2}, "failures": [], "skipped": []}))]
    stages.append(Stage("second", 10, stop, stop))
    with pytest.raises(KeyboardInterrupt):
        gpu.run(stages, "x", tmp_path, 60)
    assert json.loads((tmp_path / "gpu-x.json").read_text())["tests"]["counts"] == {"passed": 2}
    assert "2 passed." in (tmp_path / "gpu-x.md").read_text()
    assert {file.name for file in tmp_path.iterdir()} == {"gpu-x.json", "gpu-x.md"}


def test_a_missing_package_skips_a_stage_in_words(tmp_path):
    needy = stage("needy", "raise SystemExit(3)", needs=("no_such_package", "json", "nor_this"))
    results = gpu.run([needy], "x", tmp_path, 60)
    assert statuses(results) == ["skipped"]
    assert results["stages"][0]["words"] == "no_such_package and nor_this are not installed"


@pytest.mark.parametrize(("status", "code"), [("done", 0), ("skipped", 0), ("failed", 1), ("out of time", 1)])
def test_the_exit_code_tells_whether_all_went_well(monkeypatch, capsys, tmp_path, status, code):
    monkeypatch.setattr(gpu, "find_card", lambda: ("X", ""))
    monkeypatch.setattr(gpu, "run", lambda *_: {"stages": [{"name": "tests", "status": status}]})
    assert gpu.main(["--out", str(tmp_path), "--stages", "tests"]) == code
    assert ("not all went well: tests" in capsys.readouterr().err) is bool(code)


def test_the_stages_fit_the_time_and_can_be_started(tmp_path):
    assert sum(each.seconds for each in ALL) <= gpu._SECONDS <= 470
    assert [each.name for each in ALL][:2] == ["environment", "ceilings"]
    for each in ALL:
        command = each.command(tmp_path)
        assert command[:2] == [sys.executable, "-m"]
        assert importlib.util.find_spec(command[2]) is not None


def test_the_benchmarks_take_the_measured_ceilings(tmp_path):
    RATES.to_json(tmp_path / "ceilings.json")
    benchmarks = next(each for each in ALL if each.name == "benchmarks")
    asked = run._parser().parse_args(benchmarks.command(tmp_path)[3:])
    assert (asked.device, asked.out, asked.ceilings) == (
        "cuda",
        tmp_path / "rows.csv",
        tmp_path / "ceilings.json",
    )


def test_an_experiment_adds_its_ceiling_to_the_file(tmp_path):
    RATES.to_json(tmp_path / "ceilings.json")
    rate = {"name": "x", "per_second": 3e16, "unit": "operations", "note": ""}
    found = {"rates": [rate], "ceilings": {"one_bit_ops_per_s": 3e16}}
    (tmp_path / "matrix_instructions.json").write_text(json.dumps(found))
    experiment = next(each for each in ALL if each.name == "matrix_instructions")
    assert experiment.collect(tmp_path)["experiments"] == {"matrix_instructions": [rate]}
    rates = Ceilings.from_json(tmp_path / "ceilings.json")
    assert (rates.one_bit_ops_per_s, rates.copy_bytes_per_s, rates.atomics_per_s) == (3e16, 4e12, None)


def test_ceilings_are_measured_and_checked(monkeypatch):
    monkeypatch.setattr(ceilings_module, "_COPY_ON_CPU", 1 << 20)
    rates = ceilings_module.measure_ceilings("cpu")
    assert rates == Ceilings(rates.copy_bytes_per_s)
    assert rates.copy_bytes_per_s > 1e8
    assert ceilings_module._int8_rate(64, "cpu") > 0
    assert ceilings_module._fp16_rate(64, "cpu") > 0
    multiply = torch._int_mm
    monkeypatch.setattr(torch, "_int_mm", lambda a, b: multiply(a, b) + 1)
    with pytest.raises(AssertionError, match="int8 product is wrong"):
        ceilings_module._int8_rate(64, "cpu")


@pytest.mark.slow
def test_outcomes_of_tests_are_kept_as_they_come(tmp_path):
    (tmp_path / "test_some.py").write_text(
        "import pytest\n"
        "from hypothesis import Phase, given, settings, strategies as st\n"
        "def test_cuda_good(): pass\n"
        "def test_cuda_bad(): assert 1 == 2\n"
        "def test_other(): raise OSError\n"
        "def test_cuda_late(): pytest.skip('needs more')\n"
        "@given(st.integers())\n"
        "@settings(max_examples=7)\n"
        "def test_cuda_profile(n): assert Phase.shrink not in settings().phases\n"
        "@pytest.fixture\n"
        "def broken(): raise OSError('no room')\n"
        "def test_cuda_needs(broken): pass\n"
    )
    (command,) = (each.command(tmp_path) for each in ALL if each.name == "tests")
    command = [word for word in command if word not in gpu_stages._TESTS]
    done = subprocess.run(
        [*command, str(tmp_path), "-c", str(ROOT / "pyproject.toml")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    summary = gpu_stages._outcomes(tmp_path)["tests"]
    assert summary["counts"] == {"passed": 2, "failed": 2, "skipped": 1}
    assert summary["failures"][0]["test"].endswith("test_cuda_bad")
    assert "assert 1 == 2" in summary["failures"][0]["message"]
    assert "no room" in summary["failures"][1]["message"]
    assert summary["skipped"] == ["Skipped: needs more"]


def test_the_report_names_what_was_missed():
    row = {"operation": "visible_points", "sizes": '{"frames": 370}', "backend": "triton", "metric": "device"}
    row |= {"median": "180000", "of_floor": "0.47", "bound_by": "gathers", "ratio_to_eager": "23.4"}
    row |= {"goal": "<= 180 us; >= 50% of floor", "met": "true; false"}
    called = row | {"metric": "call", "median": "999000"}
    rate = {"name": "scattered", "per_second": 1.7e11, "unit": "gathers", "note": "1.00 sectors each"}
    failure = {"test": "tests/ops/test_x.py::test_y", "message": "AssertionError: off\nby one"}
    results = {
        "card": "NVIDIA X1",
        "started": "2026-01-02T00:00:00",
        "environment": {"torch": "2.11.0", "missing": ["kornia cannot be imported."]},
        "stages": [{"name": "tests", "status": "failed", "seconds": 3.0, "words": "1 failed."}],
        "benchmarks": [called, row],
        "ceilings": {"copy_bytes_per_s": 4.3e12, "one_bit_ops_per_s": None},
        "experiments": {"gathers": [rate]},
        "tests": {"counts": {"failed": 1}, "failures": [failure], "skipped": []},
    }
    page = gpu_report.markdown(results)
    line = (
        "| `visible_points` | 370 frames | triton | 180 us | 47% | gathers | 23.4 "
        "| <= 180 us; >= 50% of floor | met; NOT MET |  |"
    )
    assert line in page
    assert "999" not in page
    assert "- kornia cannot be imported." in page
    assert "| copy, bytes read and written | 4.3 T |" in page
    assert "| one-bit matrix instruction | not measured |" in page
    assert "| gathers | scattered | 170 G gathers | 1.00 sectors each |" in page
    assert "- failed: `tests/ops/test_x.py::test_y`: AssertionError: off\n" in page


def test_what_is_missing_is_told_with_its_cost(monkeypatch):
    monkeypatch.setattr(gpu_machine, "_COSTS", {"json": "no results", "no_such_package": "nothing runs"})
    monkeypatch.setattr(gpu_machine, "kitchen_folder", lambda: None)
    assert gpu_machine.missing() == [
        "no_such_package cannot be imported (No module named 'no_such_package'): nothing runs.",
        "There is no recording: made-up rooms serve instead.",
    ]


experiments = pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="needs triton")
device = "cuda" if torch.cuda.is_available() else "cpu"


@experiments
@pytest.mark.parametrize("name", ["ONE_BIT", "INT8"])
def test_matrix_instructions_are_what_they_are_counted_as(monkeypatch, name):
    from benchmarks.experiments import matrix_instructions as experiment

    monkeypatch.setattr(experiment, "_A", 1)
    monkeypatch.setattr(experiment, "_B", 2)
    instruction = getattr(experiment, name)
    a, b = experiment.random_operands(seed=1)
    experiment.check(instruction, (a, b), device, programs=1, steps=2)
    assert instruction.operations == 2 * 16 * 8 * instruction.values(a).shape[-1]
    fragments = experiment._fragments

    def transposed(operands, device):
        first, second = fragments(operands, device)
        return first.roll(1, 1), second

    monkeypatch.setattr(experiment, "_fragments", transposed)
    with pytest.raises(AssertionError, match="sums are wrong"):
        experiment.check(instruction, (a, b), device, programs=1, steps=2)


@experiments
def test_gathers_read_where_they_should(monkeypatch):
    from benchmarks.experiments import gathers, patterns

    for make, sectors in ((patterns.scattered, 1.0), (patterns.neighbours, 0.617)):
        pattern = make(2, 256)
        maps = gathers.random_maps(2, device)
        assert gathers.check(pattern, maps) == pytest.approx(sectors, abs=0.02)
        positions = pattern.positions(pattern.states(500))
        assert positions.min() >= 0
        assert maps.numel() * 0.99 < positions.max() < maps.numel()
    monkeypatch.setattr(gathers, "_sums", lambda *_: torch.zeros(256, dtype=torch.int32))
    with pytest.raises(AssertionError, match="sums are wrong"):
        gathers.check(pattern, maps)


@experiments
def test_minima_land_where_they_should(monkeypatch):
    from benchmarks.experiments import atomics, patterns

    scattered, near = patterns.scattered(1, 256), patterns.neighbours(1, 256)
    together = patterns.colliding(1, 256, lanes=32)
    for pattern, sectors in ((scattered, 1.0), (near, 1.0), (together, 1 / 32)):
        assert atomics.check(pattern, 1, device) == pytest.approx(sectors, abs=0.01)
    monkeypatch.setattr(atomics, "_lower", lambda *_: None)
    with pytest.raises(AssertionError, match="are wrong"):
        atomics.check(scattered, 1, device)


@experiments
def test_products_of_sets_are_compared_with_the_cpu(monkeypatch):
    from benchmarks.experiments import overlap_products

    monkeypatch.setattr(overlap_products, "_COPIES", 1)
    monkeypatch.setattr(overlap_products, "median_seconds", lambda call, device: 1e-3)
    found = overlap_products.run(device, sizes=((21, 1000),))
    assert [rate.name.split(",")[0] for rate in found.rates] == [
        product.name for product in overlap_products.products()
    ]
    exact, wrong = torch.tensor([[1, 2], [3, 4]]), torch.tensor([[1, 2], [3, 5]])
    with pytest.raises(AssertionError, match="one-bit kernel: 1 of 4 counts are wrong"):
        overlap_products.check(overlap_products.products()[0], wrong, exact)


_COMPILE = """
import sys
from itertools import product

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from benchmarks.experiments import atomics, gathers, matrix_instructions as matrix

unrolled, multiplied = {"LANES": 128, "UNROLL": 8}, {"A": 2, "B": 4, "LANES": 128, "EMULATE": False}
kernels = [
    (matrix._instruction_kernel, multiplied | {"ASM": each.asm, "ONE_BIT": each.one_bit}, each.asm.split()[0])
    for each in (matrix.ONE_BIT, matrix.INT8)
]
kernels += [
    (gathers._gather_kernel, unrolled, "ld.global.b16"),
    (atomics._minimum_kernel, unrolled, ".relaxed.min.s32"),
]
for capability, (kernel, constants, instruction) in product((80, 90, 100), kernels):
    signature = {
        name: "*u16" if name == "maps_ptr" else "*i32" if name.endswith("_ptr") else "i32"
        for name in kernel.arg_names
    } | dict.fromkeys(constants, "constexpr")
    source = ASTSource(kernel, signature=signature, constexprs=constants)
    target = GPUTarget("cuda", capability, 32)
    compiled = triton.compile(source, target=target, options={"num_warps": 4})
    code = [line.strip() for line in compiled.asm["ptx"].splitlines()]
    found = sum(instruction in line for line in code)
    if found != 8 or not compiled.asm["cubin"]:
        sys.exit(f"{kernel.__name__} for {capability} has {found} times {instruction}")
"""


@experiments
@pytest.mark.slow
def test_experiments_compile_into_what_they_measure(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    environment |= {"TRITON_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", _COMPILE],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
