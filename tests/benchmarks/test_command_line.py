"""Sizes of the command line, figures, traces, and what pages say of the commands."""

import importlib
import json
import re
import shlex
import sys
from pathlib import Path

import pytest

from benchmarks import plot, run, table
from benchmarks.cases import load_case
from benchmarks.sizes import chosen_sizes

ROOT = Path(__file__).resolve().parents[2]
MODULES = ("run", "compare", "plot", "profile")
COMMAND = re.compile(r"^(?:\$ )?(?:\.venv/bin/)?python -m benchmarks\.(\w+)(.*)$", re.M)


def sizes(case, *arguments):
    return chosen_sizes(load_case(case), run._parser().parse_args(arguments))


def test_sizes_are_every_combination_of_what_is_given():
    given = sizes("overlap_matrix", "--sizes", "frames=370,1000", "points=150000,500000")
    assert given == [{"frames": f, "points": p} for f in (370, 1000) for p in (150_000, 500_000)]


def test_a_size_that_is_not_given_is_that_of_the_goal():
    assert sizes("overlap_matrix", "--sizes", "frames=5") == [{"frames": 5, "points": 150_000}]
    given = sizes("overlap_matrix", "--sizes", "frames=5", "--device", "cuda")
    assert given == [{"frames": 5, "points": 500_000}]


def test_without_sizes_the_options_decide():
    assert sizes("overlap_matrix") == [{"frames": 200, "points": 150_000}]
    assert sizes("overlap_matrix", "--smallest") == [{"frames": 20, "points": 20_000}]
    assert len(sizes("overlap_matrix", "--full")) == 4
    assert len(sizes("overlap_matrix", "--device", "cuda")) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--op overlap_matrix --sizes rows=3", "overlap_matrix has no size 'rows'; there are frames, points"),
        ("--op overlap_matrix count_bits --sizes steps=3", "none of these operations has a size 'steps'"),
        ("--op overlap_matrix --sizes frames", "'frames' is not of the form name=value,value"),
        ("--op overlap_matrix --sizes frames=0", "'frames=0' is not of the form"),
        ("--op overlap_matrix --backend triton", "backend 'triton' cannot be timed on cpu: "),
        ("--op overlap_matrix --ceilings nothing.json", "there is no file nothing.json"),
        ("--op overlap_matrix --rerun", "--rerun needs --compare COMMIT"),
        ("--op overlap_matrix --compare nothing.csv", "there is no file nothing.csv"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(arguments, message, capsys):
    with pytest.raises(SystemExit, match="2"):
        run.main(arguments.split())
    assert f"error: {message}" in capsys.readouterr().err.replace("argument --sizes: ", "")


@pytest.mark.parametrize("name", MODULES)
def test_help_has_examples(name, capsys):
    with pytest.raises(SystemExit, match="0"):
        importlib.import_module(f"benchmarks.{name}").main(["--help"])
    assert f"python -m benchmarks.{name}" in capsys.readouterr().out.partition("examples:")[2]


def result(backend, frames, median, commit="abcdef0123", **changes):
    blank = dict.fromkeys(table.COLUMNS, "")
    blank |= {
        "operation": "overlap_matrix",
        "backend": backend,
        "device": "cpu",
        "metric": "time",
        "threads": "1",
    }
    blank |= {"sizes": json.dumps({"frames": frames}), "units": str(frames**2), "unit_of_work": "pair"}
    blank |= {"p20": str(median), "median": str(median), "p80": str(median), "inputs": "synthetic"}
    return blank | {"machine": "paper", "commit": commit, "dirty": "true"} | changes


def test_ours_is_drawn_last_and_the_others_once():
    old = [result(backend, 10, 100, "1111111") for backend in ("naive", "reference", "cpu")]
    new = [result(backend, 10, 90, "2222222") for backend in ("naive", "cpu", "reference")]
    names = [line.label for line in plot.lines_of([new])]
    assert names == ["NumPy loops", "eager PyTorch", "Numba"]
    names = [line.label for line in plot.lines_of([old, new])]
    assert names == ["NumPy loops", "eager PyTorch", "Numba at 1111111+", "Numba at 2222222+"]


def test_speed_is_units_per_second_and_of_two_clocks_the_devices():
    rows = [result("triton", 10, 100, metric="device"), result("triton", 10, 900, metric="call")]
    (line,) = plot.lines_of([rows])
    assert line.points == [(100.0, 1e9, 1e9, 1e9)]


def test_the_roofline_is_the_floor_also_of_older_files():
    assert plot.roofline([result("cpu", 10, 100, floor_ns="50")]) == [(100.0, 2e9)]
    assert plot.roofline([result("cpu", 10, 100, fraction_of_bandwidth="0.5")]) == [(100.0, 2e9)]
    assert plot.roofline([result("naive", 10, 100)]) == []


@pytest.mark.parametrize("frames", [(10,), (10, 100, 1000)])
def test_a_figure_for_each_operation(frames, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    rows = [
        result(backend, f, f**2 * ns, floor_ns=str(f**2))
        for backend, ns in (("naive", 90), ("cpu", 3))
        for f in frames
    ]
    table.write_csv([*rows, result("cpu", 10, 5, variant="20 objects")], tmp_path / "rows.csv")
    assert plot.main([str(tmp_path / "rows.csv"), "--out", str(tmp_path / "plots")]) == 0
    drawn = sorted(file.name for file in (tmp_path / "plots").iterdir())
    assert drawn == ["overlap_matrix.png", "overlap_matrix_20_objects.png"]
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.parametrize(
    ("unit", "plural"),
    [
        ("pair", "pairs"),
        ("set of images", "sets of images"),
        ("(frame, point)", "(frame, point) pairs"),
        ("selected bit", "selected bits"),
    ],
)
def test_units_have_plurals(unit, plural):
    assert plot._plural(unit) == plural


def test_without_matplotlib_a_sentence_says_what_to_install(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    table.write_csv([result("cpu", 10, 100)], tmp_path / "rows.csv")
    assert plot.main([str(tmp_path / "rows.csv"), "--out", str(tmp_path)]) == 2
    assert "pip install -e '.[bench]'" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        plot.main([str(tmp_path / "none.csv"), "--out", str(tmp_path)])


def test_a_profile_is_a_trace_and_a_table(tmp_path, capsys, monkeypatch):
    from benchmarks import measure, profile

    monkeypatch.setattr(measure, "use_threads", lambda count: None)
    trace = tmp_path / "traces" / "trace.json"
    given = "--op count_bits --backend reference --sizes rows=3 points=500 --calls 2 --out"
    assert profile.main([*given.split(), str(trace)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("count_bits, backend reference, cpu, {'rows': 3, 'points': 500}: 2 calls")
    assert "Self CPU" in said
    assert "perfetto" in said.splitlines()[-1]
    names = [event.get("name") for event in json.loads(trace.read_text())["traceEvents"]]
    assert names.count("count_bits (reference)") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--variant nothing", "visible_points has no variant 'nothing'"),
        ("--backend triton", "backend 'triton' cannot be profiled on cpu"),
        ("--sizes rows=2", "visible_points has no size 'rows'"),
    ],
)
def test_a_profile_of_nothing_is_refused(arguments, message, capsys):
    from benchmarks import profile

    with pytest.raises(SystemExit, match="2"):
        profile.main(["--op", "visible_points", "--out", "trace.json", *arguments.split()])
    assert message in capsys.readouterr().err


def test_commands_on_the_page_exist_with_their_options(capsys):
    text = (ROOT / "docs" / "benchmarks.md").read_text().replace("\\\n", " ")
    found = COMMAND.findall(text)
    assert {name for name, _ in found} >= set(MODULES)
    for name, rest in found:
        if name not in MODULES:
            continue
        with pytest.raises(SystemExit, match="0"):
            importlib.import_module(f"benchmarks.{name}").main(["--help"])
        known = set(re.findall(r"--[a-z][\w-]*", capsys.readouterr().out.partition("examples:")[0]))
        used = {word for word in shlex.split(rest, comments=True) if word.startswith("--")}
        assert used <= known, (name, rest)
