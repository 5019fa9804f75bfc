"""Run each test that asks for a backend once per implementation that this machine can run."""

import functools
import os

# before torch starts its threads: where cores are shared, waiting threads that spin take them from the others
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from pathlib import Path

import pytest
import torch

# before Triton's kernels are defined: without a GPU its interpreter runs them, on the CPU
if not torch.cuda.is_available():
    os.environ.setdefault("TRITON_INTERPRET", "1")

import spatialgeom
from spatialgeom._dispatch import why_unavailable
from spatialgeom._operation import OPERATIONS

# oracles of tests use these, and the first call in a process is inexact where MKL starts its threads on it
# (PyTorch issue 188792)
for _dtype in (torch.float32, torch.float64):
    for _function in (torch.sqrt, torch.sin, torch.cos, torch.acos, torch.exp, torch.log):
        _function(torch.ones(1, dtype=_dtype))


def _one_at_a_time(method):
    """Let one process at a time into the files of a kernel's cache."""
    from filelock import FileLock

    @functools.wraps(method)
    def guarded(cache, *arguments):
        with FileLock(f"{cache._index_path}.lock"):
            return method(cache, *arguments)

    return guarded


if "PYTEST_XDIST_WORKER" in os.environ:
    # Numba takes a file's number from an index that two processes may read before either writes it: one
    # kernel's code for some types would then be loaded for others
    from numba.core.caching import IndexDataCacheFile

    IndexDataCacheFile.load = _one_at_a_time(IndexDataCacheFile.load)
    IndexDataCacheFile.save = _one_at_a_time(IndexDataCacheFile.save)

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
TEST_DATA = Path(os.environ.get("SPATIALGEOM_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


def pytest_generate_tests(metafunc):
    if "backend" in metafunc.fixturenames:
        getattr(spatialgeom, metafunc.module.OPERATION)  # its module registers the operation
        operation = OPERATIONS[metafunc.module.OPERATION]
        runnable = [(b, d) for d in DEVICES for b in operation.backends if why_unavailable(b, d) is None]
        metafunc.parametrize(("backend", "device"), runnable, ids=[f"{b}-{d}" for b, d in runnable])


@pytest.fixture(scope="session")
def redkitchen() -> Path:
    """Return the folder of a real posed RGB-D sequence, or skip where it is absent."""
    folder = TEST_DATA / "redkitchen"
    if not folder.is_dir():
        pytest.skip(f"needs real data in {folder}; set SPATIALGEOM_TEST_DATA")
    return folder


@pytest.fixture(scope="session")
def panoptic() -> Path:
    """Return the file of 47 real joint tracks of three people, or skip where it is absent."""
    file = TEST_DATA / "panoptic" / "160906_band1.npz"
    if not file.is_file():
        pytest.skip(f"needs real data in {file}; set SPATIALGEOM_TEST_DATA")
    return file
