"""Tiny checkpoints, written once for all tests of training."""

import sys

import pytest

from spatialgeom.apps.train.testing.tiny import write_tiny


@pytest.fixture(scope="session")
def tiny_internvl(tmp_path_factory):
    return write_tiny("internvl", tmp_path_factory.mktemp("internvl"))


@pytest.fixture(scope="session")
def tiny_qwen2_5(tmp_path_factory):
    return write_tiny("qwen2_5_vl", tmp_path_factory.mktemp("qwen2_5_vl"))


@pytest.fixture(scope="session")
def tiny_qwen3(tmp_path_factory):
    return write_tiny("qwen3_vl", tmp_path_factory.mktemp("qwen3_vl"))


@pytest.fixture(scope="session")
def tiny_llava(tmp_path_factory):
    return write_tiny("llava_onevision", tmp_path_factory.mktemp("llava_onevision"))


@pytest.fixture(autouse=True)
def _fresh_accelerate():
    """Let each test choose its precision: accelerate keeps that of a process' first run."""
    yield
    if "accelerate" in sys.modules:
        from accelerate.state import AcceleratorState

        AcceleratorState._reset_state(reset_partial_state=True)
