"""Comparing results: what is matched, what counts as slower, which machines; measuring two in turn."""

import subprocess
from pathlib import Path

import pytest

from benchmarks import compare, rerun, run, table

SIZES = '{"frames": 20, "points": 20000}'


def row(median, spread=0.05, **changes):
    blank = dict.fromkeys(table.COLUMNS, "")
    blank |= {"operation": "count_bits", "backend": "cpu", "device": "cpu", "metric": "time", "threads": "1"}
    blank |= {
        "sizes": SIZES,
        "inputs": "synthetic",
        "dtype": "int64",
        "machine": "a",
        "commit": "1",
        "dirty": "false",
    }
    blank |= {"p20": str(median * (1 - spread)), "median": str(median), "p80": str(median * (1 + spread))}
    return blank | {"units": "100", "unit_of_work": "bit", "ns_per_unit": "1", "repeats": "7"} | changes


def file(path, *rows):
    table.write_csv(rows, path)
    return str(path)


@pytest.mark.parametrize(
    ("old", "new", "spread", "verdict"),
    [
        (100, 150, 0.05, "slower"),
        (100, 70, 0.05, "faster"),
        (100, 108, 0.01, "same"),  # beyond the spread, within the tolerance
        (100, 140, 0.25, "same"),  # beyond the tolerance, within the spread
        (100, 75, 0.25, "same"),
    ],
)
def test_a_verdict_needs_the_median_and_the_spread(old, new, spread, verdict):
    assert compare.Change(row(old, spread), row(new, spread), 0.1).verdict == verdict


def test_a_slower_row_fails_and_the_table_says_why(tmp_path, capsys):
    old = file(tmp_path / "old.csv", row(100), row(100, backend="naive"))
    new = file(tmp_path / "new.csv", row(150), row(103, backend="naive"))
    assert compare.main([old, new]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0].split() == [
        "operation",
        "size",
        "backend",
        "old",
        "new",
        "ratio",
        "old",
        "spread",
        "new",
        "spread",
    ]
    words = " ".join(said[1].split())
    assert words == "count_bits 20 frames, 20k points cpu 100 ns 150 ns 1.50x -5% +5% -5% +5% SLOWER"
    assert said[-1] == "1 slower, 0 faster, 1 same; the loops, which nothing changed: 1.03x"
    assert compare.main([old, new, "--tolerance", "0.6"]) == 0
    assert compare.main([old, old]) == 0


@pytest.mark.parametrize(
    "column", ["operation", "variant", "backend", "metric", "device", "threads", "inputs"]
)
def test_rows_that_differ_in_kind_are_not_compared(column):
    with pytest.raises(ValueError, match="no row of one is in the other"):
        compare.changes_of([row(100)], [row(100, **{column: "other"})], 0.1, False)


def test_other_machines_are_refused_unless_asked_for(tmp_path, capsys):
    old, new = file(tmp_path / "old.csv", row(100)), file(tmp_path / "new.csv", row(300, machine="b"))
    with pytest.raises(SystemExit, match="2"):
        compare.main([old, new])
    assert "measured on different machines, a and b" in capsys.readouterr().err
    assert compare.main([old, new, "--across-machines"]) == 1


def git(root, *arguments):
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run(["git", "-C", str(root), *who, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """Return a repository with results in a commit, in place of this one."""
    root = tmp_path / "repository"
    (root / "benchmarks" / "results").mkdir(parents=True)
    git(tmp_path, "init", "-q", str(root))
    file(root / "benchmarks" / "results" / "cpu.csv", row(100))
    (root / "benchmarks" / "results" / "jobs.csv").write_text("job,median\nscene pass,3\n")
    git(root, "add", ".")
    git(root, "commit", "-qm", "results")
    monkeypatch.setattr(compare, "_ROOT", root)
    monkeypatch.setattr(rerun, "_ROOT", root)
    return root


def test_a_commit_stands_for_its_results(repository, tmp_path):
    assert [found["median"] for found in compare.load("HEAD")] == ["100"]
    assert compare.main(["HEAD", file(tmp_path / "new.csv", row(130))]) == 1


@pytest.mark.parametrize(
    ("name", "message"), [("nothing.csv", "there is no file"), ("nothing", "no file and no commit 'nothing'")]
)
def test_what_is_neither_is_refused(repository, name, message):
    with pytest.raises(ValueError, match=message):
        compare.load(name)


def test_a_commit_without_results_is_refused(repository):
    git(repository, "rm", "-rq", "benchmarks")
    git(repository, "commit", "-qm", "none")
    with pytest.raises(ValueError, match="commit HEAD has no results"):
        compare.load("HEAD")


def test_a_run_can_be_compared(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(run, "run", lambda asked: ([row(200)], []))
    before = file(tmp_path / "old.csv", row(100))
    assert run.main(["--op", "count_bits", "--compare", before]) == 1
    assert "SLOWER" in capsys.readouterr().out
    assert run.main(["--op", "count_bits", "--compare", before, "--tolerance", "1.5"]) == 0


def test_both_are_measured_in_turn_and_pooled(monkeypatch, repository, tmp_path, capsys):
    roots = []
    medians = {"checkout": iter((100, 104)), "repository": iter((150, 146))}

    def measure(name, asked, root, target):
        assert (root / "benchmarks" / "results" / "cpu.csv").is_file()
        roots.append(root)
        file(target, row(next(medians[root.name])))
        return False

    monkeypatch.setattr(rerun, "_measure", measure)
    command = ["--op", "count_bits", "--compare", "HEAD", "--rerun", "--out", str(tmp_path / "out.csv")]
    assert run.main(command) == 1
    assert [root.name for root in roots] == ["checkout", "repository"] * 2
    assert "1.45x" in capsys.readouterr().out
    (pooled,) = table.read_csv(tmp_path / "out.csv")
    assert (float(pooled["p20"]), float(pooled["median"])) == (146 * 0.95, 148)
    assert not roots[0].exists()
    listed = subprocess.run(
        ["git", "-C", str(repository), "worktree", "list"], capture_output=True, text=True
    )
    assert len(listed.stdout.splitlines()) == 1


def test_each_checkout_is_measured_by_its_own_benchmarks(monkeypatch, tmp_path):
    seen = {}

    def start(command, cwd, env, **_):
        seen.update(command=command, cwd=cwd, path=env["PYTHONPATH"])
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", start)
    command = "--compare HEAD --rerun --sizes frames=3,4 --repeats 5"
    asked = run._parser().parse_args(command.split())
    assert rerun._measure("count_bits", asked, tmp_path, tmp_path / "rows.csv") is False
    assert (seen["cwd"], seen["path"]) == (tmp_path, str(tmp_path / "src"))
    assert "--op count_bits" in " ".join(seen["command"])
    assert " ".join(seen["command"]).endswith("--no-memory --repeats 5 --sizes frames=3,4")


def test_an_older_benchmark_that_knows_less_is_told(monkeypatch, repository, capsys):
    monkeypatch.setattr(rerun, "_measure", lambda *_: (_ for _ in ()).throw(ValueError("knows no such size")))
    assert run.main(["--op", "count_bits", "--compare", "HEAD", "--rerun"]) == 2
    assert "error: knows no such size" in capsys.readouterr().err


def test_an_unknown_commit_is_told(repository, capsys):
    assert run.main(["--op", "count_bits", "--compare", "nothing", "--rerun"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_results_of_this_repository_can_be_read():
    results = Path(compare.__file__).parent / "results" / "cpu.csv"
    rows = table.read_csv(results)
    assert len(compare.changes_of(rows, rows, 0.1, False)) > 40
