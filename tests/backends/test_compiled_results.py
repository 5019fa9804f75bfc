"""What is compiled for a card computes what the operations' own tests ask for: PTX, run without a GPU.

Triton's interpreter takes other branches where kernels have instructions of their own (EMULATE), and has no
threads, votes, tensor cores or wide loads. Here some tests of every operation that has a kernel run once
more, in a process that emulates the card; ``ptx.py`` says what is not modelled. Hopper's and Blackwell's
products of bytes are left out.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

pytest.importorskip("triton")

_TESTS = Path(__file__).parents[1]
_FEW = {  # of each file, tests that take little time and meet most branches between them
    "ops/test_project_points.py": "test_agrees_with_the_reference test_takes_any_strides",
    "ops/test_unproject_depth.py": "test_agrees_with_the_reference test_known_points",
    "ops/test_visible_points.py": "test_float test_the_paper_rule test_reads_the_nearest",
    "ops/test_render_depth.py": "test_every_pixel test_the_smallest test_the_near_plane",
    "ops/test_overlap_matrix.py": "test_agrees_with_boolean_loops",
    "ops/test_count_bits.py": "test_agrees_with_the_sum",
    "ops/test_union_bits.py": "test_agrees_with_python",
    "ops/test_fuse_depth.py": "test_which_uint16 test_the_table_grows",
    "ops/test_distance_change.py": "test_a_gap test_agrees_with_dense",
    "ops/test_relative_poses.py": "test_agrees_with_numpy test_bad_poses",
    "ops/test_axis_extents.py": "test_known_values test_backends_are_equal",
    "backends/test_triton_projection.py": "test_quotients test_rays",
    "backends/test_triton_overlap.py": "test_counts_the_upper_triangle",
    "backends/test_skew.py": "test_the_frame_sees test_nothing_is_drawn",
}


def _run(folder: Path, number: int, files: list[str]) -> str:
    """Run the chosen tests of some files in a process of its own, and return its report."""
    names = " or ".join(name for file in files for name in _FEW[file].split())
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join((str(Path(__file__).parent), os.environ.get("PYTHONPATH", ""))),
        "TRITON_CACHE_DIR": str(folder / f"cache{number}"),
        "TRITON_INTERPRET": "0",
        "CUDA_VISIBLE_DEVICES": "",
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "pytest", "-p", "ptx_launches", "-p", "no:cacheprovider", "--tb=short"]
    command += [f"--junitxml={folder / f'{number}.xml'}", "-k", f"triton and ({names})"]
    command += [str(_TESTS / file) for file in files]
    child = subprocess.run(command, capture_output=True, text=True, env=environment)
    return child.stdout[-5000:] + child.stderr[-5000:]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    """Return for each file its number of tests, what failed, and what the processes printed."""
    folder = tmp_path_factory.mktemp("emulated")
    files = list(_FEW)
    with ThreadPoolExecutor(2) as pool:
        printed = "".join(pool.map(_run, [folder] * 2, range(2), [files[::2], files[1::2]]))
    cases = [case for report in folder.glob("*.xml") for case in ElementTree.parse(report).iter("testcase")]
    found = {}
    for case in cases:
        count, failed = found.setdefault(case.get("classname").split(".")[-1], (0, []))
        if case.find("skipped") is None:
            wrong = case.find("failure") is not None or case.find("error") is not None
            found[case.get("classname").split(".")[-1]] = (count + 1, failed + [case.get("name")] * wrong)
    return found, printed


@pytest.mark.slow
@pytest.mark.parametrize("file", _FEW, ids=lambda file: Path(file).stem.removeprefix("test_"))
def test_compiled_kernels_pass(outcome, file):
    found, printed = outcome
    count, failed = found.get(Path(file).stem, (0, []))
    assert count, printed
    assert not failed, printed


@pytest.fixture
def emulator(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    import ptx_values
    import ptx_warps

    return ptx_values, ptx_warps


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_emulator_rounds_a_fused_sum_once(emulator, dtype):
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal(3000).astype(dtype) for _ in range(2))
    c = (-a * b * rng.choice([1, 1 + 1e-7, 0.5, 2.0**-40, 3e8], 3000)).astype(dtype)
    found = emulator[0].fused(a, b, c)
    terms = ([Fraction(float(x)) for x in numbers] for numbers in (a, b, c))
    exact = [x * y + z for x, y, z in zip(*terms, strict=True)]
    for number, result in zip(exact, found, strict=True):
        distance = abs(number - Fraction(float(result)))
        for near in (np.nextafter(result, dtype(-np.inf)), np.nextafter(result, dtype(np.inf))):
            assert distance <= abs(number - Fraction(float(near)))


def test_the_emulator_multiplies_matrices(emulator):
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 2**32, (2, 16, 8), dtype=np.uint32)
    b = b[:8]  # as columns
    lane = np.arange(32)
    g, t = lane // 4, lane % 4
    fragments = [a[g, t], a[g + 8, t], a[g, t + 4], a[g + 8, t + 4]], [b[g, t], b[g, t + 4]]
    for one_bit in (True, False):
        sums = emulator[1].multiply(*fragments, [np.full(32, 5, np.uint32)] * 4, one_bit)
        for i, (row, column) in enumerate([(g, 2 * t), (g, 2 * t + 1), (g + 8, 2 * t), (g + 8, 2 * t + 1)]):
            if one_bit:
                both = (a[row] & b[column]).view(np.uint8)
                expected = np.unpackbits(both, 1).sum(1, dtype=int)
            else:
                expected = (a[row].view(np.int8).astype(int) * b[column].view(np.int8)).sum(1)
            assert np.array_equal(sums[i].view(np.int32), expected + 5)
