"""Every kernel compiles for every architecture into the instructions it was written for.

No GPU is needed: Triton compiles for a card that is not there, and its own disassembler shows the result.
"""

import importlib.metadata
import importlib.util
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_ARCHITECTURES = (80, 90, 100)  # Ampere, Hopper, Blackwell
# of Triton; another one allots registers otherwise, and a few kernels spill on some card
_COUNTED_WITH = "3.9."


def _load(file):
    spec = importlib.util.spec_from_file_location(file, _HERE / f"{file}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


aot, calls = _load("aot"), _load("calls")


@dataclass(frozen=True)
class Row:
    """What one kernel of one call may cost, and the instructions it must have, or not have in its loop.

    Blank-separated regular expressions say which; a table where they depend on the architecture.
    """

    registers: int
    must: str | dict[int, str] = ""
    never_in_loop: str = ""


_MULTIPLY_BITS = {80: "BMMA.*", 90: "BMMA.*"}
_MULTIPLY_BYTES = {80: "IMMA.*", 90: "IGMMA.*", 100: "IMMA.*|UTCIMMA.*|UTCQMMA.*"}
_LEAST = r"(RED|REDG|ATOMG)\..*MIN.*"
_SUM = r"(RED|REDG|ATOMG)\..*ADD\.64.*"
_EITHER = r"(RED|REDG|ATOMG)\..*OR.*"

# a call of calls.py and a kernel that it launches
ROWS: dict[tuple[str, str], Row] = {
    ("project_points", "_project_kernel"): Row(80, "STG.E.128", "CALL|SHFL|BAR"),
    ("project_points float64", "_project_kernel"): Row(144, "STG.E.128", "SHFL|BAR"),
    ("unproject_depth", "_unproject_kernel"): Row(128, "STG.E.128"),
    ("unproject_depth float64", "_unproject_kernel"): Row(144, "STG.E.128"),
    ("visible_points", "_view_kernel"): Row(80),
    ("visible_points", "_box_kernel"): Row(48),
    ("visible_points", "_visible_kernel"): Row(80, "VOTE.* LDG.E.U16.*", "SHFL|BAR"),
    ("visible_points float32", "_view_kernel"): Row(80),
    ("visible_points float32", "_box_kernel"): Row(48),
    ("visible_points float32", "_visible_kernel"): Row(96, "VOTE.*", "SHFL|BAR"),
    ("visible_points float64", "_view_kernel"): Row(80),
    ("visible_points float64", "_box_kernel"): Row(80),
    ("visible_points float64", "_visible_kernel"): Row(144, "VOTE.*", "SHFL|BAR"),
    ("render_depth", "_view_kernel"): Row(80),
    ("render_depth", "_box_kernel"): Row(48),
    ("render_depth", "_scatter_kernel"): Row(80, _LEAST, "SHFL|BAR"),
    ("render_depth", "_square_kernel"): Row(48, "LDG.E.128.* STG.E.128"),
    ("render_depth of wide squares", "_view_kernel"): Row(80),
    ("render_depth of wide squares", "_box_kernel"): Row(48),
    ("render_depth of wide squares", "_scatter_kernel"): Row(80, _LEAST, "SHFL|BAR"),
    ("render_depth of wide squares", "_along_rows_kernel"): Row(48, "LDG.E.128.* STG.E.128", "BAR"),
    ("render_depth of wide squares", "_along_columns_kernel"): Row(40, "LDG.E.128.* STG.E.128", "BAR"),
    ("render_depth float64", "_view_kernel"): Row(80),
    ("render_depth float64", "_box_kernel"): Row(80),
    ("render_depth float64", "_scatter_kernel"): Row(128, _LEAST, "SHFL|BAR"),
    ("render_depth float64", "_square_kernel"): Row(48, "STG.E.128"),
    ("fuse_depth", "_fuse_kernel"): Row(112, rf"{_SUM} {_EITHER} ATOMG?\..*CAS.* LDG.E.U16.*", "SHFL|BAR"),
    ("fuse_depth", "_rehash_kernel"): Row(40, r"ATOMG?\..*CAS.*", "SHFL|BAR"),
    ("fuse_depth float64", "_fuse_kernel"): Row(112, _SUM, "SHFL|BAR"),
    ("fuse_depth float64", "_rehash_kernel"): Row(40, never_in_loop="SHFL|BAR"),
    ("overlap_matrix", "_one_bit_kernel"): Row(255, _MULTIPLY_BITS, "SHFL|BAR|LDS|STS"),
    ("overlap_matrix", "_int8_kernel"): Row(255, _MULTIPLY_BYTES, "SHFL"),
    ("overlap_matrix", "_complete_kernel"): Row(112),
    ("overlap_matrix of two", "_one_bit_kernel"): Row(240, _MULTIPLY_BITS, "SHFL|BAR|LDS|STS"),
    ("overlap_matrix of two", "_int8_kernel"): Row(255, _MULTIPLY_BYTES, "SHFL"),
    ("overlap_matrix of two", "_count_kernel"): Row(64, "POPC", "SHFL|BAR"),
    ("overlap_matrix of two", "_complete_kernel"): Row(80),
    ("overlap_matrix of few", "_one_bit_kernel"): Row(255, _MULTIPLY_BITS, "SHFL|BAR|LDS|STS"),
    ("overlap_matrix of few", "_complete_kernel"): Row(112),
    ("overlap_matrix int8", "_int8_kernel"): Row(255, _MULTIPLY_BYTES, "SHFL"),
    ("overlap_matrix of few int8", "_int8_kernel"): Row(176, _MULTIPLY_BYTES, "SHFL"),
    ("overlap_matrix of few int8", "_complete_kernel"): Row(112),
    ("overlap_matrix int8", "_complete_kernel"): Row(112),
    ("union_bits", "_union_kernel"): Row(80, _EITHER, "CALL|SHFL|BAR"),
    ("distance_change range", "_distance_change_kernel"): Row(232, never_in_loop="CALL|SHFL"),
    ("distance_change path", "_distance_change_kernel"): Row(240, never_in_loop="CALL|SHFL"),
    ("distance_change float64", "_distance_change_kernel"): Row(144, never_in_loop="SHFL"),
    ("relative_poses", "_frame_kernel"): Row(72, never_in_loop="CALL"),
    ("relative_poses", "_pair_kernel"): Row(136),
    ("relative_poses float64", "_frame_kernel"): Row(104),
    ("relative_poses float64", "_pair_kernel"): Row(72),
    ("axis_extents", "_word_kernel"): Row(40),
    ("axis_extents", "_extents_kernel"): Row(80, never_in_loop="CALL|BAR"),
    ("axis_extents groups", "_word_kernel"): Row(40),
    ("axis_extents groups", "_extents_kernel"): Row(80, never_in_loop="CALL|BAR"),
    ("axis_extents float64", "_word_kernel"): Row(40),
    ("axis_extents float64", "_extents_kernel"): Row(80, never_in_loop="CALL|BAR"),
}


def _version() -> str:
    return importlib.metadata.version("triton")


def _why_not() -> str | None:
    if importlib.util.find_spec("triton") is None:
        return "triton is not installed"
    if not aot.disassembler().is_file():
        return "this build of triton has no cuobjdump"
    return None


pytestmark = pytest.mark.skipif((_reason := _why_not()) is not None, reason=_reason or "")


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """Return for each architecture what compiling every call gave."""
    environment = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"}
    # one thread each: what the calls do in PyTorch has no data to work on
    environment |= {"TRITON_CACHE_DIR": str(tmp_path_factory.mktemp("triton")), "OMP_NUM_THREADS": "1"}

    def compile_for(architecture):
        command = [sys.executable, str(_HERE / "aot.py"), str(architecture)]
        child = subprocess.run(command, capture_output=True, text=True, env=environment)
        return json.loads(child.stdout) if child.returncode == 0 else child.stderr

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(_ARCHITECTURES, pool.map(compile_for, _ARCHITECTURES), strict=True))


def _result(compiled, architecture):
    found = compiled[architecture]
    if isinstance(found, str):
        pytest.fail(found)
    return found


def _rows(architecture):
    """Return the rows of the kernels that are launched on ``architecture``."""
    made = calls.compiled(architecture)
    # without one-bit tensor cores, bytes are multiplied
    absent = "_int8_kernel" if architecture < 100 else "_one_bit_kernel"
    return [
        (call, kernel)
        for call, kernel in ROWS
        if call in made and (kernel != absent or call.endswith("int8"))
    ]


@pytest.mark.parametrize("architecture", _ARCHITECTURES)
def test_every_kernel_of_every_call_has_a_row(compiled, architecture):
    found = _result(compiled, architecture)
    assert {(r["call"], r["kernel"]) for r in found["records"]} == set(_rows(architecture))
    assert set(found["kernels"]) == {kernel for _, kernel in ROWS}


@pytest.mark.parametrize(
    ("architecture", "call", "kernel"),
    [(architecture, *row) for architecture in _ARCHITECTURES for row in _rows(architecture)],
    ids=lambda part: f"sm_{part}" if isinstance(part, int) else part.strip("_"),
)
def test_instructions(compiled, architecture, call, kernel):
    row = ROWS[call, kernel]
    must = row.must.get(architecture, "") if isinstance(row.must, dict) else row.must
    records = _result(compiled, architecture)["records"]
    for record in (r for r in records if (r["call"], r["kernel"]) == (call, kernel)):
        resources, operations = record["resources"], record["instructions"]
        assert resources["LOCAL"] == 0
        if _version().startswith(_COUNTED_WITH):
            assert resources["STACK"] == 0, "registers are spilled"
            assert resources["REG"] <= row.registers
        assert not record["long_division"]
        for pattern in must.split():
            assert any(re.fullmatch(pattern, o) for o in operations), (pattern, operations)
        never = "LDL|STL" + (f"|{row.never_in_loop}" if row.never_in_loop else "")
        # for Ampere a harmless call closes some loops
        loop = [o for o in record["loop"] if architecture > 80 or not o.startswith("CALL")]
        assert not [o for o in loop if re.match(never, o)]
