"""Calls of tensors on a GPU: their stream, their device, no waiting, little memory."""

from functools import cache

import pytest
import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from spatialgeom._operation import OPERATIONS
from spatialgeom.testing import example_calls

if not torch.cuda.is_available():
    pytest.skip("needs a GPU", allow_module_level=True)

CALLS = example_calls()
PROMPT = [name for name in CALLS if not OPERATIONS[name.partition("/")[0]].waits]
WITH_KERNEL = [name for name in PROMPT if "triton" in OPERATIONS[name.partition("/")[0]].backends]


@cache
def large_calls():
    return example_calls(points=200_000, frames=64)


def tensors(value):
    return [leaf for leaf in tree_leaves(value) if isinstance(leaf, Tensor)]


def assert_same(actual, expected):
    for one, other in zip(tensors(actual), tensors(expected), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("name", PROMPT)
def test_no_call_waits_for_the_device(name):
    call = CALLS[name].to("cuda")
    call()  # compiles
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error")
    try:
        call()
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize("name", CALLS)
def test_work_is_queued_on_the_current_stream(name):
    call = CALLS[name].to("cuda")
    expected = call()
    late = [value.clone() for value in tensors(call.arguments)]
    stream = torch.cuda.Stream()
    for value in tensors(call.arguments):
        value.zero_()
    torch.cuda.synchronize()
    with torch.cuda.stream(stream):
        # long enough that a kernel on any other stream would read the zeros
        torch.cuda._sleep(50_000_000)
        for value, content in zip(tensors(call.arguments), late, strict=True):
            value.copy_(content)
        actual = call()
    stream.synchronize()
    assert_same(actual, expected)


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs a second GPU")
@pytest.mark.parametrize("name", CALLS)
def test_work_is_done_on_the_device_of_the_tensors(name):
    actual = CALLS[name].to("cuda:1")()
    assert all(value.device == torch.device("cuda:1") for value in tensors(actual))
    assert_same(
        [value.cpu() for value in tensors(actual)], [v.cpu() for v in tensors(CALLS[name].to("cuda:0")())]
    )


@pytest.mark.parametrize("name", WITH_KERNEL)
def test_a_call_can_be_captured_in_a_graph(name):
    call = CALLS[name].to("cuda")
    expected = call()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        actual = call()
    for value in tensors(actual):
        value.zero_()
    graph.replay()
    torch.cuda.synchronize()
    assert_same(actual, expected)


@pytest.mark.parametrize("name", WITH_KERNEL)
def test_memory_stays_within_a_fifth_of_inputs_and_outputs(name):
    call = large_calls()[name].to("cuda")
    call()
    torch.cuda.synchronize()
    held = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    result = call()
    peak = torch.cuda.max_memory_allocated() - held
    needed = sum(value.nbytes for value in tensors((call.arguments, result)))
    # the allocator rounds each tensor up to 512 bytes
    rounding = 512 * len(tensors(result))
    assert peak - sum(v.nbytes for v in tensors(result)) <= 0.2 * needed + rounding
