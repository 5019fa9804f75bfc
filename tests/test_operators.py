"""Operations as PyTorch operators: they pass its own checks, and compile into one graph without a break."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import spatialgeom as sg
from spatialgeom._operation import OPERATIONS
from spatialgeom.errors import BackendError
from spatialgeom.testing import Call, example_calls

CALLS = example_calls()
POSED, LABELS = CALLS["project_points"].arguments, CALLS["axis_extents/labels"].arguments[2]
WORDS = CALLS["count_bits"].arguments[0]
DEPTH = torch.rand(3, 48, 64, generator=torch.Generator().manual_seed(0))
EYES = (torch.eye(4).repeat(2, 1, 1), torch.eye(3).repeat(2, 1, 1))

WITHOUT_OPERATOR = {
    "morton_order": Call(sg.morton_order, (POSED.points,), {}),
    "invert_poses": Call(sg.invert_poses, (POSED.cam_from_world,), {}),
    "resize_intrinsics": Call(sg.resize_intrinsics, (POSED.intrinsics, (48, 64), (24, 32)), {}),
    "crop_intrinsics": Call(sg.crop_intrinsics, (POSED.intrinsics, 2, 3), {}),
}
# the checks of torch take no NaN for equal: what is seen of these is valid
VALID = {
    "project_points": Call(sg.project_points, (torch.rand(9, 3) + 1, *EYES, (480, 640)), {}),
    "unproject_depth": Call(sg.unproject_depth, (torch.rand(2, 3, 4) + 1, EYES[1], EYES[0]), {}),
    "distance_change/path": Call(sg.distance_change, (torch.rand(4, 9, 3),), {"measure": "path"}),
}
every_call = pytest.mark.parametrize("name", CALLS)


class Recorded(TorchDispatchMode):
    """Keep the operators of this library that are called."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func.namespace == "spatialgeom":
            self.calls.append((func, args))
        return func(*args, **(kwargs or {}))


def test_every_operation_is_called_here():
    assert {name.partition("/")[0] for name in CALLS} == set(OPERATIONS)


@every_call
def test_the_operator_passes_the_checks_of_torch(name):
    with Recorded() as recorded:
        VALID.get(name, CALLS[name])()
    assert recorded.calls
    for operator, given in recorded.calls:
        torch.library.opcheck(operator, given)


@pytest.mark.parametrize("name", CALLS | WITHOUT_OPERATOR)
@pytest.mark.parametrize("dynamic", [False, True])
def test_compiles_into_one_graph(name, dynamic):
    call = (CALLS | WITHOUT_OPERATOR)[name]
    torch._dynamo.reset()
    compiled = torch.compile(
        lambda *values: call.function(*values, **call.options),
        fullgraph=True,
        backend="aot_eager",
        dynamic=dynamic,
    )
    torch.testing.assert_close(compiled(*call.arguments), call(), rtol=0, atol=0, equal_nan=True)


# torch's compiler instantiates autograd functions, against its own advice
@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")
@pytest.mark.parametrize("dynamic", [False, True])
def test_gradients_compile_too(dynamic):
    torch._dynamo.reset()

    def reprojection_error(points, poses, cameras, depth):
        seen = sg.project_points(points, poses, cameras, (48, 64))
        world = sg.unproject_depth(depth, cameras, poses)
        pixels = seen.uv.where(seen.valid[..., None], 0).square().sum()
        return pixels + world.points.where(world.valid[..., None], 0).square().sum()

    def gradients(function):
        tensors = [tensor.clone().requires_grad_() for tensor in (*POSED[:3], DEPTH)]
        function(*tensors).backward()
        return [tensor.grad for tensor in tensors]

    compiled = torch.compile(reprojection_error, fullgraph=True, backend="aot_eager", dynamic=dynamic)
    expected = gradients(reprojection_error)
    assert all(gradient.any() for gradient in expected)
    torch.testing.assert_close(gradients(compiled), expected)


def test_values_are_refused_when_the_compiled_graph_runs():
    compiled = torch.compile(sg.select_bits, fullgraph=True, backend="aot_eager")
    with pytest.raises(ValueError, match=r"select_bits: index must be in 0\.\.319; got 0\.\.320"):
        compiled(WORDS, torch.tensor([0, 320]))


def test_the_choice_of_a_backend_is_made_when_the_compiled_graph_runs():
    compiled = torch.compile(sg.pack_bits, fullgraph=True, backend="aot_eager")
    message = "pack_bits has no 'triton' backend"
    with pytest.raises(BackendError, match=message), sg.use_backend("triton"):
        compiled(LABELS > 0)
    assert torch.equal(compiled(LABELS > 0), sg.pack_bits(LABELS > 0))
