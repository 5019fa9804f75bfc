"""Dependencies point one way: apps to library, public to private, nothing sideways."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# folder, what its files may not import, and why
RULES = [
    (
        "src/spatialgeom",
        ("spatialgeom.apps", "apps", "benchmarks", "tests"),
        "the library knows nobody above it",
    ),
    ("src/spatialgeom/backends", ("spatialgeom.ops", "spatialgeom._check"), "arguments are checked above"),
    (
        "src/spatialgeom/ops",
        ("triton", "numba", "spatialgeom.backends"),
        "backends are imported on first use",
    ),
    (
        "apps",
        ("spatialgeom.backends", "spatialgeom._", "triton", "benchmarks"),
        "applications use public operations",
    ),
    (
        "apps/datagen",
        ("spatialgeom.apps.train", "spatialgeom.apps.bench"),
        "applications share apps/*.py alone",
    ),
    ("benchmarks", ("tests",), "benchmarks do not lean on tests"),
]


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


@pytest.mark.parametrize(("folder", "forbidden", "why"), RULES, ids=[rule[0] for rule in RULES])
def test_nothing_points_back(folder, forbidden, why):
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files
    bad = [
        f"{path.relative_to(ROOT)}:{line}: imports {name}, but {why}"
        for path in files
        for line, name in imports(path)
        if any(
            name == prefix or name.startswith(prefix if prefix.endswith("_") else f"{prefix}.")
            for prefix in forbidden
        )
    ]
    assert not bad, "\n".join(bad)


def test_every_file_stays_small():
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in ("src", "apps", "benchmarks", "tests")
        for path in (ROOT / folder).rglob("*.py")
        if (lines := len(path.read_text().splitlines())) > 400
    }
    assert not long


def test_no_assert_outside_tests():
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for folder in ("src", "apps")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Assert)
    ]
    assert not found
