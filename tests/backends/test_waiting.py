"""No implementation that runs on a GPU asks for a value on the way, which would wait: shown on the CPU."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from spatialgeom._dispatch import why_unavailable
from spatialgeom._operation import OPERATIONS
from spatialgeom.testing import example_calls

CALLS = example_calls()
PROMPT = [name for name in CALLS if not OPERATIONS[name.partition("/")[0]].waits]
READS = {"_local_scalar_dense", "nonzero", "masked_select", "_unique2", "unique_dim", "item", "is_nonzero"}


class Recorded(TorchDispatchMode):
    """Keep the operators that are called, with their arguments."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.calls.append((func, args))
        return func(*args, **(kwargs or {}))


def reads_a_value(func, args):
    """Would this operator wait for a GPU? So does an index by a mask, whose result has no shape before."""
    name = func.overloadpacket.__name__
    masked = name in {"index", "index_put_", "index_put"} and any(
        index is not None and index.dtype in (torch.bool, torch.uint8) for index in args[1]
    )
    return masked or name in READS


@pytest.mark.parametrize("name", PROMPT)
def test_the_default_on_a_gpu_reads_no_value(name):
    with Recorded() as public:
        CALLS[name]()
    operator, arguments = next(call for call in public.calls if call[0].namespace == "spatialgeom")
    operation = OPERATIONS[operator.overloadpacket.__name__]
    backend = "triton" if "triton" in operation.backends else "reference"
    if reason := why_unavailable(backend, "cpu"):
        pytest.skip(reason)
    with Recorded() as inside:
        operation.implementation(backend)(*arguments[:-1])
    assert not [func for func, args in inside.calls if reads_a_value(func, args)]
    assert not [func for func, args in public.calls if reads_a_value(func, args)]


def test_a_read_is_seen():
    with Recorded() as recorded:
        torch.ones(3)[torch.ones(3) > 0].sum().item()
    assert sum(reads_a_value(func, args) for func, args in recorded.calls) == 2
