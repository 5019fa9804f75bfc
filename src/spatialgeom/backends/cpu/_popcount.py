"""What Numba does not offer of LLVM: the processor's bit count, and its widest vectors."""

from collections.abc import Callable
from typing import Any, cast

from numba import types
from numba.extending import intrinsic


def _popcount(typing_context: Any, word: Any) -> tuple[Any, Callable[..., Any]]:
    """Return the number of set bits of a uint64, as a uint64."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        function = builder.module.declare_intrinsic("llvm.ctpop", [arguments[0].type])
        return builder.call(function, arguments)

    return types.uint64(types.uint64), emit


popcount = cast("Callable[[Any], Any]", intrinsic(_popcount))


def _widest_vectors(typing_context: Any) -> tuple[Any, Callable[..., Any]]:
    """Let the calling function be compiled with the widest vectors that the processor has."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        attributes = builder.function.attributes
        attributes.add("noinline")  # inlined, it would take the caller's preference
        # past llvmlite's list, which has no attributes with values
        set.add(attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.void(), emit


widest_vectors = cast("Callable[[], None]", intrinsic(_widest_vectors))
