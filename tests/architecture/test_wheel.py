"""What a wheel holds: the library and the applications under one name, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGED = ["setup.py", "pyproject.toml", "README.md", "LICENSE", "src", "apps"]


@pytest.mark.slow
def test_the_wheel_holds_every_module_and_nothing_else(tmp_path):
    source = tmp_path / "source"
    files = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *PACKAGED],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    for name in files:
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "-w", str(tmp_path), str(source)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    there = [name for name in files if (ROOT / name).is_file()]
    expected = {name.removeprefix("src/") for name in there if name.startswith("src/")}
    expected |= {f"spatialgeom/{name}" for name in there if name.startswith("apps/")}
    assert held == expected
    assert "spatialgeom/apps/cli.py" in held
    assert "spatialgeom/py.typed" in held
