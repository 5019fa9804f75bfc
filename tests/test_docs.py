"""What the pages say is so: examples run, links lead somewhere, commands exist, lists are whole."""

import ast
import contextlib
import doctest
import importlib
import io
import pkgutil
import re
import shlex
import textwrap
from functools import cache
from pathlib import Path

import pytest

import spatialgeom.ops
from spatialgeom.apps.cli import main
from spatialgeom.apps.datagen.readers import load_readers
from spatialgeom.apps.datagen.tasks import load_tasks
from spatialgeom.apps.records import PER_SOURCE, SCHEMA
from spatialgeom.apps.train.data.collate import UNDRAWABLE, UNREADABLE

ROOT = Path(__file__).resolve().parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
MODULES = [f"spatialgeom.ops.{m.name}" for m in pkgutil.iter_modules(spatialgeom.ops.__path__)]
MODULES += ["spatialgeom.sampling", "spatialgeom._dispatch"]

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.S | re.M)
_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
_COMMAND = re.compile(r"^(?:\$ )?(?:\.venv/bin/)?spatialgeom(?: .*)?$", re.M)
_OPTION = re.compile(r"--[a-z][\w.-]*")
_READERS_FILES = {f"--{reader}" for reader in load_readers()}  # jsonargparse's own: files of options

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def without_fences(text):
    return _FENCE.sub("", text)


def blocks(text, *languages):
    return [body for _, language, body in _FENCE.findall(text) if language in languages]


@cache
def help_of(*command):
    """Return what ``--help`` prints, or None where there is no such command."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
            main([*command, "--help"])
    except SystemExit as stop:
        return said.getvalue() if stop.code == 0 else None
    return said.getvalue()


def options_of(*command):
    text = help_of(*command)
    assert text is not None, f"there is no command {' '.join(command)}"
    return set(_OPTION.findall(text.partition("examples:")[0])) - {"--help"}


def commands(page):
    """Return the command lines of a page's shell blocks, continuation lines joined, comments gone."""
    text = "\n".join(blocks(page.read_text(), "sh", "bash", "console", "shell")).replace("\\\n", " ")
    return [shlex.split(line.lstrip("$ "), comments=True) for line in _COMMAND.findall(text)]


def headings(page):
    """Return the anchors that GitHub makes of a page's headings."""
    titles = re.findall(r"^#+ (.+)$", without_fences(page.read_text()), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def table_cells(page, column=0):
    """Return the words in backticks of one column of all tables of a page."""
    rows = [line.split(" | ") for line in page.read_text().splitlines() if line.startswith("| ")]
    return {word for row in rows for word in re.findall(r"`([^`]+)`", row[column])}


# CONTRIBUTING.md shows whole files, which run only once they are in place
@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name != "CONTRIBUTING.md"], ids=lambda p: p.name
)
def test_examples_of_a_page_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        result = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert not result.failed, said.getvalue()
    assert result.attempted or page.parent == ROOT


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_a_module_run(name):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        result = doctest.testmod(importlib.import_module(name))
    assert not result.failed, said.getvalue()
    assert result.attempted


def example_files():
    """Return the files that CONTRIBUTING.md shows whole, by path."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    shown = re.findall(r"^   `([\w/.]+\.py)`\n   ```python\n(.*?)^   ```", text, re.S | re.M)
    return {path: textwrap.dedent(code) for path, code in shown}


@each_page
def test_python_blocks_are_python(page):
    for indent, language, body in _FENCE.findall(page.read_text()):
        if language == "python" and ">>>" not in body:
            code = "\n".join(line.removeprefix(indent) for line in body.splitlines())
            compile(code + "\n", str(page), "exec")


@each_page
def test_links_lead_somewhere(page):
    for target in _LINK.findall(without_fences(page.read_text())):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name}: {target} leads nowhere"
        assert not anchor or anchor in headings(file), f"{page.name}: {target} has no such heading"


@each_page
def test_commands_and_their_options_exist(page):
    for words in commands(page):
        arguments = [word for word in words[1:] if not word.startswith("-")]
        named = arguments[:1] == ["datagen"] or arguments[:2] in (["train", "check"], ["train", "merge"])
        depth = 2 if named else 1
        command = arguments[:depth]
        known = options_of(*command)
        used = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert used - {"--help"} <= known, f"{page.name}: {' '.join(words)}"
        for file in [arguments for arguments in words if arguments.startswith("configs/")]:
            assert (ROOT / file).is_file(), f"{page.name}: {file} is missing"


@each_page
def test_make_targets_exist(page):
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.M))
    shell = "\n".join(blocks(page.read_text(), "sh", "bash", "console", "shell"))
    assert set(re.findall(r"^(?:\$ )?make (\w+)", shell, re.M)) <= targets


def test_a_wrong_command_is_noticed():
    assert help_of("datagen", "rnu") is None
    assert "--max-per-task" in options_of("datagen", "run")
    assert "--max-per-tsk" not in options_of("datagen", "run")


def test_the_page_on_the_data_engine_has_every_option_and_no_other():
    documented = {word for word in table_cells(ROOT / "docs" / "datagen.md") if word.startswith("--")}
    documented = {word for word in documented if _OPTION.fullmatch(word)}
    known = {word for word in options_of("datagen", "run") if word not in _READERS_FILES}
    assert documented == known - {"--print_config"}


def test_the_page_on_training_has_every_option_and_no_other():
    documented = {word for word in table_cells(ROOT / "docs" / "training.md") if _OPTION.fullmatch(word)}
    groups = {"--model", "--lora", "--images", "--data", "--optimizer", "--evaluation", "--checkpoint"}
    asked = {word for word in options_of("train") if not word.endswith((".help", "+"))}
    assert documented == asked - groups - {"--print_config", "--config"}


def test_the_page_on_training_has_every_reason_for_dropping():
    said = table_cells(ROOT / "docs" / "training.md", column=1)
    code = "".join(path.read_text() for path in (ROOT / "apps" / "train").rglob("*.py"))
    raised = re.findall(r'DroppedError\("([^"]+)"\)', code)
    assert len(set(raised)) > 6
    assert {*raised, UNREADABLE, UNDRAWABLE} <= said


def test_the_page_on_the_data_engine_has_every_column_of_a_row():
    assert set(SCHEMA.names) <= table_cells(ROOT / "docs" / "datagen.md")


def test_the_page_on_labels_has_every_task_its_scoring_and_its_number():
    page = ROOT / "docs" / "labels.md"
    rows = dict(re.findall(r"^\| `(\w+)` \|.*\| (\w+) \|$", page.read_text(), re.M))
    assert rows == {name: task.scoring.kind for name, task in load_tasks().items()}
    of_paper = [task for task in load_tasks().values() if task.in_paper]
    motion = sum(task.family in PER_SOURCE for task in of_paper)
    assert f"There are {len(of_paper) + motion} subtasks" in page.read_text()


def test_the_files_of_contributing_import_what_exists():
    new = {Path(path).stem for path in example_files()}
    wanted = {
        (node.module, alias.name)
        for path, code in example_files().items()
        for node in ast.walk(ast.parse(code, path))
        if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] in ("spatialgeom", "benchmarks")
        for alias in node.names
        if not {alias.name, node.module.split(".")[-1]} & new
    }
    assert len(wanted) > 10
    assert [(m, name) for m, name in wanted if not hasattr(importlib.import_module(m), name)] == []


def test_contributors_are_sent_to_files_that_exist():
    text, new = (ROOT / "CONTRIBUTING.md").read_text(), set(example_files())
    assert len(new) >= 8
    assert all((ROOT / path).parent.is_dir() and not (ROOT / path).exists() for path in new)
    named = set(re.findall(r"`((?:src|apps|tests|benchmarks|docs)/[\w/.]+)`", text)) - new
    assert named
    assert not [path for path in named if "NAME" not in path and not (ROOT / path).exists()]
