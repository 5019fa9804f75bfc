"""What is imported when: the library needs torch and numpy alone, and help needs neither."""

import subprocess
import sys

import pytest

HEAVY = ("numba", "scipy", "kornia", "h5py", "pyarrow", "PIL", "jsonargparse", "triton", "tqdm", "isal")


def loaded(code):
    """Return the modules that a fresh interpreter holds after ``code``."""
    script = f"import sys\n{code}\nprint(*sorted(name for name in sys.modules if '.' not in name))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_the_library_imports_torch_and_numpy_alone():
    blocked = f"for name in {HEAVY}: sys.modules[name] = None"
    found = loaded(
        f"{blocked}\nimport torch, spatialgeom\n"
        "with spatialgeom.use_backend('reference'):\n"
        "    assert spatialgeom.count_bits(torch.tensor([[7]])).item() == 3\n"
        "[getattr(spatialgeom, name) for name in spatialgeom.__all__]"
    )
    assert "spatialgeom" in found


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["datagen", "--help"]])
def test_help_does_not_import_what_it_does_not_need(arguments):
    found = loaded(
        f"from spatialgeom.apps.cli import main\ntry: main({arguments!r})\nexcept SystemExit: pass"
    )
    assert "spatialgeom" in found
    assert not found & {"torch", "numba", "pyarrow", "scipy", "kornia"}


def test_info_tells_backends_and_reasons():
    done = subprocess.run(
        [sys.executable, "-m", "spatialgeom.apps.cli", "info"], capture_output=True, text=True, check=True
    )
    assert "backend cpu on cpu: runs" in done.stdout
    assert "backend reference on cpu: runs" in done.stdout
